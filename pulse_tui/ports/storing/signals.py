"""What came in, and what was refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Protocol

from pulse_tui.domain.signal import Signal
from pulse_tui.domain.source import Rejected
from pulse_tui.domain.words import SignalType


class Signals(Protocol):
    """Append-only signals and the quarantine."""

    def add(self, signals: Sequence[tuple[Signal, bytes]]) -> list[Signal]:
        """Append signals with their raw payload; returns those whose id was not there yet."""
        ...

    def known(self, signal_ids: Iterable[str]) -> set[str]:
        """Those of the ids that are stored."""
        ...

    def get(self, signal_id: str) -> Signal | None: ...
    def recent(self, limit: int, asset_id: str | None = None) -> list[Signal]: ...
    def newest(self, since: datetime, types: Collection[SignalType] = ()) -> list[Signal]:
        """The newest signal of each fingerprint, of those observed since then; ``types``: only of these."""
        ...

    def count(self) -> int: ...
    def quarantine(self, rejected: Sequence[Rejected], at: datetime) -> None: ...
    def quarantined(self, limit: int) -> list[tuple[datetime, Rejected]]: ...
