"""Whether the rollback target is still available, when that was last checked, and what was found."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.rollback import Check
from pulse_tui.domain.words import Environment


class PointerCheck(msgspec.Struct, frozen=True, kw_only=True):
    """The result of checking the rollback pointer of a deployment."""

    asset_id: str
    environment: Environment
    serving: str
    """The release that serves, which the pointer belongs to."""
    version: str | None
    """The rollback target; None: there is none."""
    at: datetime
    checks: tuple[Check, ...]

    @property
    def valid(self) -> bool:
        """Whether no blocking problem was found."""
        return self.version is not None and all(c.ok or not c.blocking for c in self.checks)

    @property
    def reason(self) -> str:
        """The first blocking problem, or an empty text."""
        if self.version is None and not self.checks:
            return "there is no rollback target"
        return next((f"{c.name}: {c.detail}" for c in self.checks if c.blocking and not c.ok), "")
