"""What a team's own systems send here: who sends, what of it can be read, and what became of each record."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from http import HTTPStatus
from typing import NamedTuple

from pulse_tui.domain.elsewhere import ListedElsewhere
from pulse_tui.domain.errors import Problem
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.text import many

SILENT_S = 366 * 86_400.0
"""The interval of a sender of which nobody stated one: it is never late."""


class Form(StrEnum):
    """What a sender sends."""

    SIGNAL = "signal"
    """``pulse.signal/1`` or CloudEvents, as the request says."""
    CLOUDEVENTS = "cloudevents"
    ALERTMANAGER = "alertmanager"
    GRAFANA = "grafana"

    @property
    def relays_alerts(self) -> bool:
        """Whether it is another system's list of its own alerts."""
        return self in (Form.ALERTMANAGER, Form.GRAFANA)


class Item(NamedTuple):
    """One record of a push, read as far as it can be."""

    number: int
    """Its place among the records, from 0."""
    where: str
    """Its place in words: ``record 3``, ``line 7``."""
    raw: bytes
    what: Signal | ListedElsewhere | None = None
    problem: Problem | None = None
    """Why it is refused; None: nothing speaks against it so far."""
    status: HTTPStatus = HTTPStatus.ACCEPTED
    """What a problem means to its sender."""
    named: str = ""
    """What its sender calls it."""


class Push(NamedTuple):
    """The records of one request."""

    sender: str
    items: tuple[Item, ...]
    remarks: tuple[str, ...] = ()
    """What is to be known of it beside its records."""


class Part(NamedTuple):
    """Some records of one request."""

    sender: str
    items: Sequence[Item]
    remarks: Sequence[str] = ()
    begun: bool = False
    """Whether others of the same request were taken before."""


class Landed(NamedTuple):
    """What became of one record."""

    number: int
    status: HTTPStatus
    """ACCEPTED: stored now; OK: it was stored before; any other: refused, and why."""
    id: str = ""
    field: str = ""
    reason: str = ""
    hint: str = ""

    @property
    def refused(self) -> bool:
        """Whether it is not stored."""
        return self.status >= HTTPStatus.BAD_REQUEST


class Counts(NamedTuple):
    """Records of one sender, since it was configured."""

    accepted: int = 0
    repeated: int = 0
    refused: int = 0

    def plus(self, other: Counts) -> Counts:
        """The sum."""
        return Counts(*(a + b for a, b in zip(self, other, strict=True)))

    def words(self) -> str:
        """``1,204 accepted, 3 repeated, 2 refused``."""
        parts = [f"{self.accepted:,} accepted"]
        parts += [f"{self.repeated:,} repeated"] if self.repeated else []
        parts += [f"{self.refused:,} refused"] if self.refused else []
        return ", ".join(parts)


class Unreadable(Exception):
    """A request of which no record can be read."""

    def __init__(self, status: HTTPStatus, what: str, where: str = "") -> None:
        """``what`` is a sentence for its sender, ``where`` a line or an offset."""
        self.status, self.what, self.where = status, what, where
        super().__init__(what)


def counted(landed: list[Landed]) -> Counts:
    """How many of each."""
    refused = sum(one.refused for one in landed)
    repeated = sum(one.status is HTTPStatus.OK for one in landed)
    return Counts(len(landed) - refused - repeated, repeated, refused)


def whole_status(landed: list[Landed]) -> HTTPStatus:
    """The status of a request with these records: 202 where any is stored, else what all of them have in common."""
    if not landed or any(not one.refused for one in landed):
        return HTTPStatus.ACCEPTED
    found = {one.status for one in landed}
    return found.pop() if len(found) == 1 else HTTPStatus.UNPROCESSABLE_ENTITY


def standing(landed: list[Landed]) -> str:
    """What of a push stands refused, for the panel of the sources; empty: nothing does."""
    refused = [one for one in landed if one.refused]
    if not refused:
        return ""
    first = f"{refused[0].field}: {refused[0].reason}" if refused[0].field else refused[0].reason
    return f"{many(len(refused), 'record')} of the last push refused, the first for {first}"
