"""``POST /signals``: what senders push is answered once it is stored, and who is too quick waits.

Requests that wait share a transaction: one thread stores and judges, and takes all that came meanwhile at once. A long
request is taken in pieces, so that short ones pass. What cannot be taken now is answered at once: 429 with the seconds to wait (503
to systems that never come again after a 429).
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus
from typing import Any, NamedTuple, Protocol

import msgspec

from pulse_tui.domain.errors import Busy, PulseError
from pulse_tui.domain.happening import Happening, Level
from pulse_tui.domain.push import Landed, Part, Push, Unreadable, counted, whole_status
from pulse_tui.domain.text import many
from pulse_tui.hooks.receiver import Asked, Head, Receiver, Reply, Served, Stop

PATH = "/signals"
CAP = 10 << 20
"""Bytes of a request."""
AT_ONCE = 1_000
"""Records of one transaction: other writers wait meanwhile."""
PIECE = 250
"""Records of one request in one transaction."""
FEW = 100
GATHER_S = 0.01
"""A transaction of fewer than :data:`FEW` records begins no sooner than this after the last one: each costs about as much as
five records."""
WAITING = 20_000
"""Records that wait to be stored; more are asked to come later."""
WAITING_BYTES = 32 << 20
"""The same in bytes as they came, unpacked: what is made of them takes about three times as much."""
WAITING_S = 10.0
"""The same in time, by how long the last transactions took: who sends has stopped to listen by then."""
IN_LOOP = 32 << 10
"""Bytes that are read at once; reading more goes to a thread."""
BURST_S = 10.0
"""So many seconds' worth of records a sender may send at once."""
FLUSH_S = 1.0
_DATABASE, _NOBODY = "the database", ""
EVERY_S = 60.0
"""At most one sentence about refused requests in this time."""
PAUSE_S = 2.0
"""How long senders are asked to wait while the database is locked or slow."""
FULL_S = 30.0
"""The same while it cannot be written at all."""


class Sender(Protocol):
    """Who sends, as far as it matters here."""

    @property
    def id(self) -> str: ...
    @property
    def rate_s(self) -> float: ...
    @property
    def form(self) -> Any: ...


class Desk(Protocol):
    """What knows the senders and takes what they send. :meth:`take` and :meth:`flush` are called by one thread."""

    def who(self, token: str) -> Any | None:
        """Whose token it is."""
        ...

    def read(self, sender: Any, headers: Mapping[str, str], body: bytes) -> Push:
        """The records of a request. Raises Unreadable."""
        ...

    def take(self, parts: Sequence[Part]) -> list[list[Landed]]:
        """Store them, all or none. Raises Busy, or another PulseError when the database cannot be written."""
        ...

    def flush(self, *, everything: bool = False) -> None:
        """Write what has waited long enough, or all that waits. Raises PulseError."""
        ...


class Traffic(NamedTuple):
    """What came to ``/signals`` since the start."""

    accepted: int = 0
    repeated: int = 0
    refused: int = 0
    requests: int = 0
    unknown: int = 0
    """Requests without a token that is known."""
    limited: int = 0
    """Requests that were asked to come later."""
    waiting: int = 0
    """Records that wait now."""


class _Bucket:
    """A sender's allowance: what it sends is paid afterwards, and whoever owes waits."""

    def __init__(self, rate_s: float, now: float) -> None:
        self._rate, self._at = rate_s, now
        self._left = self._most = max(rate_s * BURST_S, 1.0)

    def wait_s(self, now: float) -> float:
        """Seconds until it may send again; 0: now."""
        self._left = min(self._left + (now - self._at) * self._rate, self._most)
        self._at = now
        return 0.0 if self._left >= 1.0 else (1.0 - self._left) / self._rate

    def pay(self, records: int) -> None:
        self._left -= records


class _Waiting:
    """A request of which some records are not stored yet."""

    def __init__(self, push: Push) -> None:
        self.push = push
        self.bytes = sum(len(item.raw) for item in push.items)
        self.sent = 0
        """How many of its records were taken."""
        self.landed: list[Landed] = []
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class Pushes:
    """Answers what senders push."""

    def __init__(self, desk: Desk) -> None:
        """``desk`` stores it, in a thread of its own."""
        self._desk = desk
        self._pool = ThreadPoolExecutor(1, "signals")
        self._line: deque[_Waiting] = deque()
        self._waiting = self._waiting_bytes = 0
        self._buckets: dict[str, _Bucket] = {}
        self._pump: asyncio.Task[None] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._counts = Traffic()
        self._reported: dict[str, float] = {}
        self._ended = 0.0
        """When the last transaction did."""
        self._each_s = 0.0
        """How long a record took of late, where many were stored at once."""
        self._blocked_until = 0.0
        self._blocked = (HTTPStatus.TOO_MANY_REQUESTS, PAUSE_S)

    @property
    def served(self) -> Served:
        """Its entry in the table of a receiver."""
        return Served("POST", PATH, self.answer, CAP, self.admit)

    @property
    def traffic(self) -> Traffic:
        """What came so far."""
        return self._counts._replace(waiting=self._waiting)

    def counts(self) -> dict[str, int]:
        """The same by name."""
        return dict(self.traffic._asdict())

    async def close(self) -> None:
        """Write the numbers that are not written yet; nothing is stored from now on."""
        if self._idle is not None:
            self._idle.cancel()
        with contextlib.suppress(PulseError):
            await asyncio.get_running_loop().run_in_executor(self._pool, partial(self._desk.flush, everything=True))
        self._pool.shutdown(wait=False, cancel_futures=True)

    # ------------------------------------------------------------------ before the body

    def admit(self, head: Head, at: Receiver) -> None:
        """Whether the body is read at all. Raises Stop: no known token, too quick, or nothing can be stored now."""
        sender = self._sender(head, at)
        now = time.monotonic()
        bucket = self._buckets.get(sender.id)
        if bucket is None:
            bucket = self._buckets[sender.id] = _Bucket(sender.rate_s, now)
        if wait := bucket.wait_s(now):
            self._later(sender, HTTPStatus.TOO_MANY_REQUESTS, wait, "it sends more than its rate")
        if now < self._blocked_until:
            status, pause = self._blocked
            self._later(sender, status, pause, "the database takes nothing now")
        self._refuse_more(sender)

    def _refuse_more(self, sender: Any) -> None:
        lasts = self._waiting * self._each_s
        slow = lasts >= WAITING_S and self._waiting >= AT_ONCE
        if slow or self._waiting >= WAITING or self._waiting_bytes >= WAITING_BYTES:
            pause = max(PAUSE_S, lasts / 2)
            self._later(sender, HTTPStatus.TOO_MANY_REQUESTS, pause, "too many records wait to be stored")

    def _sender(self, head: Head, at: Receiver) -> Any:
        scheme, _, token = head.headers.get("authorization", "").partition(" ")
        sender = self._desk.who(token.strip()) if scheme.lower() == "bearer" else None
        if sender is None:
            self._counts = self._counts._replace(unknown=self._counts.unknown + 1)
            self._say(at, _NOBODY, f"a request to {PATH} from {head.peer} had no known token")
            body = _problem("the token is missing or not known: send Authorization: Bearer TOKEN")
            raise Stop(HTTPStatus.UNAUTHORIZED, ("www-authenticate", "Bearer"), body=body)
        return sender

    def _later(self, sender: Any, status: HTTPStatus, wait: float, why: str) -> None:
        self._counts = self._counts._replace(limited=self._counts.limited + 1)
        raise self._stop(sender, status, wait, why)

    @staticmethod
    def _stop(sender: Any, status: HTTPStatus, wait: float, why: str) -> Stop:
        # Alertmanager and Grafana send again after a 5xx, and never after a 429.
        if sender.form.relays_alerts:
            status = HTTPStatus.SERVICE_UNAVAILABLE
        return Stop(status, ("retry-after", str(max(1, math.ceil(wait)))), body=_problem(f"{why}: nothing was stored"))

    # ------------------------------------------------------------------ with the body

    async def answer(self, asked: Asked, at: Receiver) -> Reply:
        """The answer to a whole request, once its records are stored."""
        sender = self._sender(asked.head, at)
        self._counts = self._counts._replace(requests=self._counts.requests + 1)
        try:
            if len(asked.body) <= IN_LOOP and "content-encoding" not in asked.head.headers:
                push = self._desk.read(sender, asked.head.headers, asked.body)
            else:
                push = await at.aside(self._desk.read, sender, asked.head.headers, asked.body)
        except Unreadable as bad:
            self._say(at, sender.id, f"{bad.what}{f' ({bad.where})' if bad.where else ''}")
            return _reply(bad.status, _problem(bad.what, bad.where))
        del asked
        self._refuse_more(sender)  # a hundred long ones may have been let in while nothing waited
        self._buckets[sender.id].pay(len(push.items))
        waiting = _Waiting(push)
        self._line.append(waiting)
        self._waiting += len(push.items)
        self._waiting_bytes += waiting.bytes
        if not push.items:
            waiting.done.set_result(None)
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._store(at))
        try:
            await asyncio.shield(waiting.done)
        except PulseError as error:
            self._buckets[sender.id].pay(-len(push.items))  # what was not stored is sent once more
            raise self._cannot(sender, error, at) from None
        self._count(waiting.landed)
        if refused := [one for one in waiting.landed if one.refused]:
            first = refused[0]
            about = f"{first.field}: {first.reason}" if first.field else first.reason
            self._say(at, sender.id, f"{many(len(refused), 'record')} refused, the first for {about}")
        return _reply(whole_status(waiting.landed), _landed(waiting))

    async def _store(self, at: Receiver) -> None:
        """Store what waits until nothing does."""
        loop = asyncio.get_running_loop()
        if self._idle is not None:
            self._idle.cancel()
        while self._line:
            early = self._ended + GATHER_S - time.monotonic()
            if early > 0 and self._waiting < FEW:
                await asyncio.sleep(early)
            taken = self._next()
            parts = [
                Part(w.push.sender, w.push.items[w.sent : w.sent + n], w.push.remarks, w.sent > 0) for w, n in taken
            ]
            begun = time.monotonic()
            try:
                landed = await loop.run_in_executor(self._pool, self._desk.take, parts)
            except Exception as error:
                self._failed(taken, error, at)
                continue
            finally:
                self._ended = time.monotonic()
            self._blocked_until = 0.0
            # A small one costs as much to begin, and waited as long for a lock: it says nothing of the many that wait.
            if (stored := sum(count for _, count in taken)) >= min(PIECE, AT_ONCE):
                self._each_s = 0.8 * self._each_s + 0.2 * (self._ended - begun) / stored
            for (waiting, count), found in zip(taken, landed, strict=True):
                waiting.landed += found
                waiting.sent += count
                self._waiting -= count
                if waiting.sent < len(waiting.push.items):
                    self._line.append(waiting)
                    continue
                self._waiting_bytes -= waiting.bytes
                if not waiting.done.done():
                    waiting.done.set_result(None)
        self._idle = loop.call_later(FLUSH_S, self._flush, at)

    def _next(self) -> list[tuple[_Waiting, int]]:
        """Whose records are stored next, and how many of each: the first that came, none for long."""
        taken, room = [], AT_ONCE
        while self._line and room > 0:
            waiting = self._line.popleft()
            count = min(PIECE, room, len(waiting.push.items) - waiting.sent)
            taken.append((waiting, count))
            room -= count
        return taken

    def _failed(self, taken: Sequence[tuple[_Waiting, int]], error: Exception, at: Receiver) -> None:
        """Nothing of a transaction is stored: those in it get that answer, and others for a moment before they send much."""
        if not isinstance(error, PulseError):
            text = f"{at.name}: internal error: {type(error).__name__}: {error}"
            at.report(Happening(text, "internal_error", Level.ERROR))
            error = PulseError("internal error")
        self._blocked = (
            (HTTPStatus.TOO_MANY_REQUESTS, PAUSE_S)
            if isinstance(error, Busy)
            else (HTTPStatus.SERVICE_UNAVAILABLE, FULL_S)
        )
        self._blocked_until = time.monotonic() + PAUSE_S
        for waiting, _ in taken:
            self._waiting -= len(waiting.push.items) - waiting.sent
            self._waiting_bytes -= waiting.bytes
            if not waiting.done.done():
                waiting.done.set_exception(error)

    def _cannot(self, sender: Any, error: PulseError, at: Receiver) -> Stop:
        self._say(at, _DATABASE, str(error))
        if isinstance(error, Busy):
            return self._stop(sender, HTTPStatus.TOO_MANY_REQUESTS, PAUSE_S, "the database is busy")
        return self._stop(sender, HTTPStatus.SERVICE_UNAVAILABLE, FULL_S, "the database cannot be written")

    def _flush(self, at: Receiver) -> None:
        """Numbers that wait are written once nothing comes; and it is looked now and then who is late."""

        async def run() -> None:
            try:
                await asyncio.get_running_loop().run_in_executor(self._pool, self._desk.flush)
            except PulseError as error:
                self._say(at, _DATABASE, str(error))
            except RuntimeError:
                return  # the pool has ended
            if not self._line and at.address is not None:
                self._idle = asyncio.get_running_loop().call_later(FLUSH_S, self._flush, at)

        self._pump_flush = asyncio.create_task(run())

    def _count(self, landed: list[Landed]) -> None:
        found, before = counted(landed), self._counts
        self._counts = before._replace(
            accepted=before.accepted + found.accepted,
            repeated=before.repeated + found.repeated,
            refused=before.refused + found.refused,
        )

    def _say(self, at: Receiver, who: str, what: str) -> None:
        """What is refused must not go unseen, and a flood must not fill the log."""
        now = time.monotonic()
        if now - self._reported.get(who, -EVERY_S) >= EVERY_S:
            self._reported[who] = now
            nobody = who in (_DATABASE, _NOBODY)
            text = f"{at.name}: {what}" if nobody else f"{at.name}: signals of {who}: {what}"
            about = {} if nobody else {"source": who}
            event = "push_not_stored" if who == _DATABASE else "push_refused"
            at.report(Happening(text, event, Level.ERROR if who == _DATABASE else Level.WARNING, **about))


_JSON = "application/json"


def _reply(status: HTTPStatus, body: bytes) -> Reply:
    return Reply(status, body, _JSON)


def _problem(reason: str, where: str = "") -> bytes:
    return msgspec.json.encode({"reason": reason, **({"where": where} if where else {})}) + b"\n"


def _landed(waiting: _Waiting) -> bytes:
    """Numbers, the ids of what is stored, and of every other record why it is not."""
    landed = sorted(waiting.landed)
    found = counted(landed)
    records = [
        {
            "index": one.number,
            "status": int(one.status),
            **{
                k: v for k, v in (("id", one.id), ("field", one.field), ("reason", one.reason), ("hint", one.hint)) if v
            },
        }
        for one in landed
        if one.status is not HTTPStatus.ACCEPTED
    ]
    answer: dict[str, Any] = {
        "accepted": found.accepted,
        "repeated": found.repeated,
        "refused": found.refused,
        "ids": [one.id for one in landed if not one.refused],
    }
    if records:
        answer["records"] = records
    if waiting.push.remarks:
        answer["remarks"] = list(waiting.push.remarks)
    return msgspec.json.encode(answer) + b"\n"
