"""Silences and maintenance windows: whom they keep from being called, until when, and why."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.words import Priority

LONGEST = timedelta(days=7)
"""No silence and no window lasts longer; what should is a waiver."""
SET_BACK = timedelta(hours=1)
"""A silence that was placed this much later than now is of a clock that was wrong."""


class SilenceKind(StrEnum):
    """Why nobody is called."""

    SILENCE = "silence"
    MAINTENANCE = "maintenance"


class Silence(msgspec.Struct, frozen=True, kw_only=True):
    """Nobody is called for the alerts it matches while it stands. State, rows, counters and gates stay as they are.

    ``match`` is an expression over the facts of policy (``asset.id == "support-bot"``); it always ends.
    """

    id: str
    kind: SilenceKind
    match: str
    starts_at: datetime
    ends_at: datetime
    by: str
    why: str
    created_at: datetime
    ended_at: datetime | None = None
    """Taken back before its end."""
    ended_by: str | None = None
    ended_why: str = ""

    everything: bool = False
    """It covers P1 too, and what policy could not give a priority; without it both are shown and call somebody."""
    besides: tuple[str, ...] = ()
    """Fingerprints of alerts that were taken out of it."""
    begun_at: datetime | None = None
    """When it was applied to what was open then; from there on it stands until its end, wherever the clock is set."""
    zone: str = ""
    """Of the wall clock that its times were given in; empty: UTC."""
    entry: str = ""
    """The id of the entry in the configuration that it is an occurrence of."""

    def stands(self, now: datetime) -> bool:
        """Whether it keeps anybody from being called at ``now``.

        One that is over is recorded as ended, so that a clock that is set back does not bring it back.
        """
        if self.ended_at is not None or now >= self.ends_at or self.misplaced(now):
            return False
        return self.begun_at is not None or self.starts_at <= now

    def to_come(self, now: datetime) -> bool:
        """Whether it has not begun yet."""
        return self.ended_at is None and self.begun_at is None and now < self.starts_at and not self.misplaced(now)

    def misplaced(self, now: datetime) -> bool:
        """Whether the clock was set back, by more than a correction, since it was placed."""
        return self.created_at > now + SET_BACK

    def covers(self, alert: Alert) -> bool:
        """Whether it may cover an alert that it matches: none that is more urgent than it was meant for."""
        urgent = alert.priority in (Priority.P1, Priority.UNKNOWN)
        return (self.everything or not urgent) and alert.fingerprint not in self.besides

    @property
    def length(self) -> timedelta:
        """From its beginning to its end."""
        return self.ends_at - self.starts_at
