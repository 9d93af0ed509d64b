"""Whether the release to go back to is really still there, when that was last looked at, and what was found."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.rollback import Check
from pulse_tui.domain.words import Environment


class PointerCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The rollback pointer of a deployment, looked at."""

    asset_id: str
    environment: Environment
    serving: str
    """The release that serves, which the pointer belongs to."""
    version: str | None
    """Where it points; None: there is nowhere to go back to."""
    at: datetime
    checks: tuple[Check, ...]

    @property
    def valid(self) -> bool:
        """Whether nothing that blocks was found."""
        return self.version is not None and all(c.ok or not c.blocking for c in self.checks)

    @property
    def reason(self) -> str:
        """The first thing that blocks, or an empty text."""
        if self.version is None and not self.checks:
            return "there is no release to go back to"
        return next((f"{c.name}: {c.detail}" for c in self.checks if c.blocking and not c.ok), "")
