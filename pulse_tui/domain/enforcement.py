"""Holds where deploys happen: what a target was asked to enforce, and what it answers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Enforced(StrEnum):
    """How a target stands."""

    ASKED = "asked"
    """Sent, and not read back."""
    STANDS = "stands"
    """Read back: it enforces what it was asked to."""
    DIFFERS = "differs"
    """Read back: somebody changed it there."""
    LIFTED = "lifted"
    FAILED = "failed"


class Enforcement(msgspec.Struct, frozen=True, kw_only=True):
    """A hold at one target."""

    key: str
    route: str
    """The destination, by its id in the configuration."""
    hold_id: str
    scope: str
    """What is held there, as the target calls it."""
    state: Enforced
    asked_at: datetime
    seen_at: datetime | None = None
    """When it was last read back."""
    seen: str = ""
    """What it answered, in words."""
    asset_id: str | None = None
    """None: everything is held."""
    unread: str = ""
    """Why it could not be read back the last time; empty when it could."""
    lifting: datetime | None = None
    """When it was asked to lift it."""
    last: str = ""
    """The message that asked last, by its key; empty: the first one."""

    @property
    def message(self) -> str:
        """The key of the message that asked last."""
        return self.last or self.key

    @property
    def words(self) -> str:
        """How it stands, for a line: an answer that is missing is no answer."""
        if self.state is Enforced.ASKED and self.lifting is not None:
            return "asked to lift it, not confirmed there" + (f": {self.seen}" if self.seen else "")
        if self.state is Enforced.ASKED and self.seen_at is None:
            return "asked, not confirmed there" + (f": {self.unread or self.seen}" if self.unread or self.seen else "")
        if self.state is Enforced.LIFTED:
            return "lifted there" + (f" ({self.seen})" if self.seen else "")
        word = {Enforced.STANDS: "stands there", Enforced.DIFFERS: "DIFFERS THERE", Enforced.FAILED: "FAILED"}.get(
            self.state, "asked, not confirmed there"
        )
        text = f"{word}: {self.seen}" if self.seen else word
        return f"{text}; not read back since: {self.unread}" if self.unread else text

    @property
    def wrong(self) -> bool:
        """Whether somebody has to look: it is not there as it was asked for."""
        return self.state in (Enforced.DIFFERS, Enforced.FAILED)
