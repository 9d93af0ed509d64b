"""Pictures of the board, the towers and agents that share the database, what was pruned."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pulse_tui.domain.frame import Frame, Weight
from pulse_tui.domain.member import Member
from pulse_tui.domain.pruned import Kept, Pruned


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


class Prunings(Protocol):
    """How far each class was pruned."""

    def put(self, pruned: Pruned) -> None: ...
    def all(self) -> dict[Kept, Pruned]: ...
