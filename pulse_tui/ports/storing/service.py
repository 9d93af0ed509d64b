"""Pictures of the board, the towers and agents that share the database, what was pruned."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from pulse_tui.domain.frame import Frame
from pulse_tui.domain.member import Member
from pulse_tui.domain.pruned import Kept, Pruned


class Frames(Protocol):
    """What the board was, in the order in which it was written down."""

    def add(self, frame: Frame) -> None: ...
    def last(self) -> Frame | None: ...
    def since_whole(self, at: datetime) -> list[Frame]:
        """From the last whole frame at or before a moment to the last frame at or before it; empty before the first."""
        ...

    def moments(self, since: datetime, until: datetime) -> list[datetime]:
        """When something changed, both ends included."""
        ...

    def span(self) -> tuple[datetime, datetime] | None:
        """The first and the last moment of which there is a frame."""
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
