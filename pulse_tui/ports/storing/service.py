"""Pictures of the board, the towers and agents that share the database, what was pruned."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from pulse_tui.domain.frame import Frame, Weight
from pulse_tui.domain.member import Member
from pulse_tui.domain.pruned import Kept, Pruned
from pulse_tui.domain.words import SignalType


class Past(Protocol):
    """What is on record, wherever that is: a database, or a file."""

    def span(self) -> tuple[Frame, Frame] | None:
        """The first and the last frame."""
        ...

    def at(self, moment: datetime) -> Frame | None:
        """The last frame at or before the moment."""
        ...

    def chain(self, seq: int) -> list[Frame]:
        """What makes the picture of a frame: from the last whole one up to it. Empty where there is none."""
        ...

    def beside(self, seq: int, *, after: bool, news: bool = True) -> Frame | None:
        """The next frame after that one, or before it; ``news``: in which something changed."""
        ...


class Frames(Past, Protocol):
    """What the board was, in the order in which it was written down."""

    def add(self, frame: Frame) -> None: ...
    def weight(self) -> Weight:
        """How much is kept."""
        ...

    def prune(self, before: datetime, most: int = 500) -> int:
        """Drop the oldest frames, at most so many, and say how many: none that a frame of ``before`` or later needs."""
        ...


class Members(Protocol):
    """The towers and agents that share the database."""

    def put(self, member: Member) -> None: ...
    def all(self) -> list[Member]: ...
    def drop(self, ident: str) -> None: ...


class OldRow(NamedTuple):
    """A signal, or a decision about one, as far as it decides whether it may go."""

    seq: int
    signal_id: str
    fingerprint: str
    kind: SignalType | None
    """None of a decision."""
    at: datetime
    old: bool
    """Whether it is: rows came about roughly in the order of their moments, and no better."""


class OldLetter(NamedTuple):
    """A message, as far as it decides whether it may go."""

    key: str
    state: str
    created_at: datetime


class Prunings(Protocol):
    """How far each class was pruned, and what is old enough to go next."""

    def put(self, pruned: Pruned) -> None: ...
    def all(self) -> dict[Kept, Pruned]: ...
    def until(self, kind: Kept, before: datetime) -> int:
        """The number of the last row that is older, of signals or decisions; 0 when none is."""
        ...

    def old_signals(self, before: datetime, after: int, until: int, limit: int) -> list[OldRow]:
        """Rows with numbers above ``after``, up to ``until``, in their order."""
        ...

    def old_decisions(self, before: datetime, after: int, until: int, limit: int) -> list[OldRow]: ...
    def of_alerts(self, signal_ids: Iterable[str]) -> set[str]:
        """Those on which an alert rests, open or not."""
        ...

    def fired(self, signal_ids: Iterable[str]) -> set[str]:
        """Those on which some rule fired, or could not decide."""
        ...

    def drop(self, kind: Kept, numbers: Sequence[int]) -> int: ...
    def runs_with_items(self, before: datetime) -> list[str]:
        """Ids of older runs that still have their items, the eldest first."""
        ...

    def newest_runs(self) -> set[str]:
        """The last run of each suite on each asset."""
        ...

    def runs_of(self, releases: Collection[tuple[str, str]]) -> set[str]:
        """Runs of these (asset, version)."""
        ...

    def drop_items(self, run_id: str) -> int:
        """Take the items out of a run's sheets; the sheets stay, empty. How many there were."""
        ...

    def letters(self) -> list[OldLetter]: ...
    def alerts_of(self, keys: Sequence[str]) -> dict[str, str]:
        """The alert that each message is about; empty where it is about none."""
        ...

    def drop_letters(self, keys: Sequence[str]) -> int: ...
