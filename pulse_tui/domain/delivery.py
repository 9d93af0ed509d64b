"""What is sent out: queued in the outbox in the same transaction as the action that caused it."""

from __future__ import annotations

from collections.abc import Container, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec


class DeliveryState(StrEnum):
    """The state of a delivery."""

    QUEUED = "queued"
    SENT = "sent"
    DEAD = "dead"


MAX_ATTEMPTS = 8
BACKOFF = timedelta(seconds=10)
LONGEST_BACKOFF = BACKOFF * 2 ** (MAX_ATTEMPTS - 2)
"""Before the last attempt. What would wait longer was planned by a clock that has been set back since."""
IN_VAIN = 2
"""A message that failed as often has not reached anybody: one failure is a blip."""
UNSENT = timedelta(minutes=1)
"""A message that is due for longer has nobody who sends it: no collector runs."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """One message to one destination. ``key`` makes a redelivery harmless at the other end.

    Messages about one alert to one route are a thread: the first has the thread's name as its key, those that follow
    add what they are about after a slash (``notify-4f…/resolved``).
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
        return self.key.partition("/")[0]

    @property
    def first(self) -> bool:
        """Whether it begins its thread."""
        return self.key == self.thread

    @property
    def due(self) -> datetime:
        """When it is to be sent next; of one that was sent or failed for good, when that was, or a little before."""
        return self.next_at or self.created_at

    def failed(self, at: datetime, error: str) -> Delivery:
        """Retry later (10 s doubling); after :data:`MAX_ATTEMPTS` it has failed permanently and is shown as dead."""
        attempts = self.attempts + 1
        dead = attempts >= MAX_ATTEMPTS
        return msgspec.structs.replace(
            self,
            attempts=attempts,
            error=error,
            state=DeliveryState.DEAD if dead else DeliveryState.QUEUED,
            next_at=at if dead else at + BACKOFF * 2 ** (attempts - 1),
        )

    def sent(self, receipt: str) -> Delivery:
        """It arrived; ``receipt`` is what the destination answered."""
        return msgspec.structs.replace(
            self, attempts=self.attempts + 1, state=DeliveryState.SENT, receipt=receipt, error=""
        )


def undelivered(deliveries: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """Those by which somebody ought to have been reached by now, and was not; a lost one until its route works again."""
    works: dict[str, datetime] = {}
    for one in deliveries:
        if one.state is DeliveryState.SENT:
            works[one.route] = max(one.due, works.get(one.route, one.due))
    return [
        d
        for d in deliveries
        if (d.state is DeliveryState.QUEUED and (d.attempts >= IN_VAIN or now - d.due > UNSENT))
        or (d.state is DeliveryState.DEAD and not (d.route in works and works[d.route] >= d.due))
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
