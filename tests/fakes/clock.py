"""A clock that stands still until somebody moves it; sleeping moves it."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.fakes.nouns import NOW


class Clock:
    """Call it for the time."""

    def __init__(self, start: datetime = NOW) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        """Pass some time."""
        self.now += timedelta(seconds=seconds)

    def pass_(self, **span: float) -> datetime:
        """Pass a timedelta; returns the new time."""
        self.now += timedelta(**span)
        return self.now
