"""What came in, and what was refused."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from pulse_tui.domain.signal import Signal
from pulse_tui.domain.source import RefusedCount, Rejected
from pulse_tui.domain.words import SignalType


class Glimpse(NamedTuple):
    """A signal without its evidence."""

    seq: int
    id: str
    signal_type: SignalType
    fingerprint: str
    title: str
    observed_at: datetime


class Signals(Protocol):
    """Append-only signals and the quarantine."""

    def add(self, signals: Sequence[tuple[Signal, bytes]]) -> list[Signal]:
        """Append signals with their raw payload; returns those whose id was not there yet."""
        ...

    def known(self, signal_ids: Iterable[str]) -> set[str]:
        """Those of the ids that came in before, also where they were pruned since and a rule had decided about them."""
        ...

    def stored(self, signal_ids: Iterable[str]) -> set[str]:
        """Those of the ids that are there."""
        ...

    def last(self, fingerprints: Iterable[str]) -> set[str]:
        """The id of the newest signal of each fingerprint."""
        ...

    def get(self, signal_id: str) -> Signal | None: ...
    def types(self, signal_ids: Iterable[str]) -> dict[str, SignalType]:
        """The type of each that is stored."""
        ...

    def named(self, name: str) -> Signal | None:
        """By id, or by a beginning of at least 4 characters that only one has."""
        ...

    def recent(self, limit: int, asset_id: str | None = None, types: Collection[SignalType] = ()) -> list[Signal]:
        """Newest first; of one asset when it is named, of these types when some are."""
        ...

    def around(
        self,
        since: datetime,
        until: datetime,
        types: Collection[SignalType],
        asset_ids: Collection[str],
        limit: int = 500,
    ) -> list[Signal]:
        """Signals of these types that occurred between the two moments, about one of the assets or about none, of the
        newest 20,000 that came in; the latest first, at most ``limit``."""
        ...

    def newest(self, since: datetime, types: Collection[SignalType] = ()) -> list[Signal]:
        """The newest signal of each fingerprint, of those observed since then; ``types``: only of these."""
        ...

    def glimpses(
        self, since: datetime, types: Collection[SignalType], *, before: int | None, limit: int
    ) -> list[Glimpse]:
        """Those observed since then, what came last first; ``before``: of a smaller ``seq`` than that."""
        ...

    def some(self, signal_ids: Iterable[str]) -> list[Signal]:
        """Those of the ids that are stored, in the order in which they came."""
        ...

    def count(self) -> int: ...
    def quarantine(self, rejected: Sequence[Rejected], at: datetime, *, again: bool = False) -> None:
        """Keep refused records; ``again``: each takes the place of an earlier one of its source, place and reason."""
        ...

    def refused(self) -> list[RefusedCount]:
        """What is kept of each source, the source that was refused last first."""
        ...

    def prune_quarantine(self, before: datetime, *, spared: int, of_source: int, in_all: int, at_once: int) -> int:
        """Take away the eldest: beyond ``of_source`` of one source; beyond ``in_all`` or older than ``before``, but not the
        newest ``spared`` of each source; beyond twice ``in_all`` all. Not more than ``at_once``; returns how many."""
        ...

    def quarantined(self, limit: int) -> list[tuple[datetime, Rejected]]: ...
