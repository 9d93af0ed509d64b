"""What is sent out: queued in the outbox in the same transaction as the action that caused it."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

import msgspec


class DeliveryState(StrEnum):
    """The state of a delivery."""

    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"
    FOLDED = "folded"
    """A later message of its thread says what it would have said; its receipt names that one."""
    DROPPED = "dropped"
    """Somebody decided that nobody needs it any more; the log says who."""


DELIVERED = {
    DeliveryState.SENT: "delivered",
    DeliveryState.QUEUED: "waits to be sent",
    DeliveryState.DEAD: "FAILED PERMANENTLY",
    DeliveryState.FOLDED: "a later message says it",
}
"""What became of a message, in words."""

BACKOFF = timedelta(seconds=10)
LONGEST_BACKOFF = timedelta(minutes=15)
JITTER = 0.2
"""So much longer a wait may be, by the key: many messages that failed together do not come back together."""
LONGEST_WAIT = timedelta(hours=1)
"""Whatever a destination asks for. What would wait longer was planned by a clock that has been set back since."""
SHORTEST_WAIT = timedelta(seconds=1)
PERSISTS = timedelta(hours=26)
"""No message is dead before, unless a repeat can only fail in the same way."""
LIMITED_PERSISTS = timedelta(hours=72)
"""Nor before this while its destination only asks for a pause."""
MAX_ATTEMPTS = 110
"""Nor before so many attempts, whose waits alone last more than 24 hours: the age of a message that nobody could send counts nothing."""
LIGHTLY = 8
"""So often a destination's request for a pause sets the wait; from then on the wait grows as after any failure."""
IN_VAIN = 2
"""A message that failed as often has not reached anybody: one failure is a blip."""
LATE = 6
"""After so many, more than five minutes, the others are notified that its route does not deliver."""
UNSENT = timedelta(minutes=1)
"""A message that is due for longer has nobody who sends it: no collector runs."""


def backoff(key: str, attempts: int) -> timedelta:
    """The wait after that many failures: 10 s doubling to 15 min, and up to a fifth more, the same for the same key."""
    plain = min(BACKOFF * 2 ** min(attempts - 1, 20), LONGEST_BACKOFF)
    share = int.from_bytes(hashlib.sha256(f"{key}\n{attempts}".encode()).digest()[:4], "big") / 2**32
    return timedelta(seconds=plain.total_seconds() * (1 + JITTER * share))


def thread_of(key: str) -> str:
    """The key of the first message about the same alert to the same route."""
    return key.partition("/")[0]


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one destination. ``key`` makes a redelivery harmless at the other end.

    Messages about one alert to one route are a thread: the first has the thread's name as its key, those that follow
    add what they are about after a slash (``notify-4f…/resolved``). They arrive in their order.
    """

    key: str
    kind: str
    """The action kind that knows how to send it."""
    route: str
    payload: dict[str, str]
    created_at: datetime
    state: DeliveryState = DeliveryState.QUEUED
    attempts: int = 0
    next_at: datetime | None = None
    error: str = ""
    receipt: str = ""

    @property
    def thread(self) -> str:
        """The key of the first message about the same alert to the same route."""
        return thread_of(self.key)

    @property
    def first(self) -> bool:
        """Whether it begins its thread."""
        return self.key == self.thread

    @property
    def due(self) -> datetime:
        """When it is to be sent next; of one that was sent or failed for good, when that was, or a little before."""
        return self.next_at or self.created_at

    def failed(
        self,
        at: datetime,
        error: str,
        *,
        permanent: bool = False,
        limited: bool = False,
        retry_after_s: float | None = None,
    ) -> Delivery:
        """Again later (:func:`backoff`, or the pause that the destination asks for), for at least 24 hours; then it is
        dead, at once when it is ``permanent``. ``limited``: the destination only takes no more for now.
        """
        attempts = self.attempts + 1
        patience = LIMITED_PERSISTS if limited else PERSISTS
        dead = permanent or (attempts >= MAX_ATTEMPTS and at - self.created_at >= patience)
        wait = backoff(self.key, attempts)
        if retry_after_s is not None:
            asked = min(max(timedelta(seconds=min(retry_after_s, 1e6)), SHORTEST_WAIT), LONGEST_WAIT)
            wait = asked if limited and attempts <= LIGHTLY else max(wait, asked)
        return msgspec.structs.replace(
            self,
            attempts=attempts,
            error=error,
            state=DeliveryState.DEAD if dead else DeliveryState.QUEUED,
            next_at=at if dead else at + wait,
        )

    def sent(self, receipt: str) -> Delivery:
        """It arrived; ``receipt`` is what the destination answered."""
        return msgspec.structs.replace(
            self, attempts=self.attempts + 1, state=DeliveryState.SENT, receipt=receipt, error=""
        )

    def again(self, at: datetime) -> Delivery:
        """A dead one that somebody replays: as if it had just been queued, under the key that it has."""
        return msgspec.structs.replace(self, state=DeliveryState.QUEUED, attempts=0, next_at=at, error="")

    def folded(self, into: str, at: datetime) -> Delivery:
        """The later message ``into`` of its thread says what it would have said."""
        return msgspec.structs.replace(self, state=DeliveryState.FOLDED, receipt=f"in {into}", next_at=at)

    def dropped(self, by: str, at: datetime) -> Delivery:
        """Nobody needs it any more."""
        return msgspec.structs.replace(self, state=DeliveryState.DROPPED, receipt=f"dropped by {by}", next_at=at)


class Queued(NamedTuple):
    """What of a message decides on its turn."""

    key: str
    state: DeliveryState
    """Queued, or dead."""
    attempts: int
    created_at: datetime
    next_at: datetime | None

    @property
    def place(self) -> tuple[str, bool, datetime, str]:
        """Its place in its thread: the first is first, whatever a clock that was set back wrote."""
        thread = thread_of(self.key)
        return thread, self.key != thread, self.created_at, self.key

    def due(self, now: datetime) -> bool:
        """Whether it is to be sent now; also when it was planned by a clock that has been set back since."""
        return self.next_at is None or self.next_at <= now or self.next_at > now + LONGEST_WAIT


class Turn(NamedTuple):
    """A message whose turn it is."""

    key: str
    lost: tuple[str, ...] = ()
    """Those before it in its thread that are dead, in order."""


class Fold(NamedTuple):
    """Messages that waited in vain while a later one of their thread was queued."""

    keys: tuple[str, ...]
    into: str


class Lineup(NamedTuple):
    """What a route has to do now."""

    turns: list[Turn]
    """The eldest first; never two of one thread, and none before its predecessor."""
    folds: list[Fold]


def lineup(queued: Iterable[Queued], now: datetime) -> Lineup:
    """Whose turn it is among what a route has in its queue.

    When a message has failed, those between it and the last of its thread are superseded, and it is itself unless it opens
    the thread: who was not reached meanwhile needs no history, but its beginning and how it stands.
    """
    turns: list[tuple[datetime, Turn]] = []
    folds: list[Fold] = []
    for _, group in groupby(sorted(queued, key=lambda q: q.place), key=lambda q: q.place[0]):
        members = list(group)
        waiting = [q for q in members if q.state is DeliveryState.QUEUED]
        if not waiting:
            continue
        head, last = waiting[0], waiting[-1]
        between = waiting[1:-1] if head.key == thread_of(head.key) else waiting[:-1]
        if head.attempts and between:
            folds.append(Fold(tuple(q.key for q in between), last.key))
            head = head if head not in between else last._replace(next_at=head.next_at)
        if head.due(now):
            lost = tuple(q.key for q in members if q.state is DeliveryState.DEAD and q.place < head.place)
            turns.append((head.created_at, Turn(head.key, lost)))
    turns.sort()
    return Lineup([turn for _, turn in turns], folds)


def undelivered(deliveries: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """Those by which somebody ought to have been reached by now, and was not; a lost one until it is replayed or dropped, or
    a later message of its thread arrives."""
    return [
        d
        for d in deliveries
        if (d.state is DeliveryState.QUEUED and (d.attempts >= IN_VAIN or now - d.due > UNSENT))
        or d.state is DeliveryState.DEAD
    ]


class Retest(msgspec.Struct, frozen=True, kw_only=True):
    """A suite that must be run again on an asset, by its owner or by a scheduled command."""

    key: str
    asset_id: str
    owner: str | None
    why: str
    due_at: datetime
    done_at: datetime | None = None
    asked_at: datetime | None = None
    """When its cause happened: a run that began earlier does not answer it. None: not recorded."""

    version: str | None = None
    """The release whose measurement did not decide; None: whatever serves is to be measured again."""

    def done_by(self, version: str, began: datetime, serving: Container[str]) -> bool:
        """Whether a run of ``version`` that began then answers it, when ``serving`` serve."""
        of_it = version == self.version if self.version is not None else version in serving
        return of_it and (self.asked_at is None or began > self.asked_at)
