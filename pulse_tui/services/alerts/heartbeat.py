"""The heartbeat: a dead-man service outside knows that the tower lives, and only while it really does its work.

It is sent when the last housekeeping did all its chores, the database takes a write, and every source is asked in time. A
service that expects it calls somebody when it stays away: nothing here has to work for that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from pulse_tui.domain.errors import PulseError, SourceError
from pulse_tui.domain.health import late_after_s
from pulse_tui.domain.moments import iso
from pulse_tui.domain.source import SourceStatus
from pulse_tui.domain.text import address, clean
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.settings.shapes import HeartbeatShape

LATE_S = 300.0
"""A source that is not asked for so long after its time, and for three of its intervals, has nobody who asks."""
_KEY = "heartbeat"


class BeatState(StrEnum):
    """What became of the last one."""

    SENT = "sent"
    FAILED = "failed"
    WITHHELD = "withheld"


class Beat(msgspec.Struct, frozen=True, kw_only=True):
    """The heartbeat as it stands."""

    state: BeatState
    at: datetime
    since: datetime
    """Since when it is so."""
    why: str = ""
    sent_at: datetime | None = None
    """When one arrived last."""

    def words(self) -> str:
        """In a sentence."""
        last = f"the last one arrived at {iso(self.sent_at)}" if self.sent_at is not None else "none arrived yet"
        if self.state is BeatState.SENT:
            return f"arrived at {iso(self.at)}"
        verb = "does not arrive" if self.state is BeatState.FAILED else "is withheld"
        return f"{verb} since {iso(self.since)}: {self.why}; {last}"


def beat(shape: HeartbeatShape, parts: JudgeParts, broken: Sequence[str]) -> Beat | None:
    """Send it when it is due and all is well; ``broken``: what of the last housekeeping did not work.

    None when none is due. What became of it is kept, for every tower. Raises StorageError when it cannot be kept: then it was
    not sent.
    """
    now = parts.clock()
    with parts.store.write() as tx:  # a database that takes no write sends no heartbeat
        before = read(tx)
        if before is not None and before.state is BeatState.SENT:
            soonest = before.at + timedelta(seconds=float(shape.every)) - _SLACK
            if before.at <= now < soonest:  # a moment that is yet to come was written by a clock that has been set back
                return None
        why = unhealthy(tx.plumbing.sources().values(), broken, now)
        if why:
            return _keep(tx, before, BeatState.WITHHELD, why, now)
        # Written first: whoever else looks meanwhile sends none besides.
        _keep(tx, before, BeatState.SENT, "", now)
    failure = _ping(shape, parts)
    if not failure:
        return Beat(state=BeatState.SENT, at=now, since=now, sent_at=now)
    with parts.store.write() as tx:
        return _keep(tx, before, BeatState.FAILED, failure, now)


_SLACK = timedelta(seconds=5)
"""The housekeeping comes every ten seconds: rather a little early than a whole round late."""


def unhealthy(sources: Iterable[SourceStatus], broken: Sequence[str], now: datetime) -> str:
    """Why nobody should believe that all is well; empty when all is."""
    if broken:
        return f"the housekeeping did not work: {clean(broken[0], 200)}"
    overdue = [
        status
        for status in sources
        if status.next_at is not None
        and now - status.next_at > timedelta(seconds=max(late_after_s(status.every_s), LATE_S))
    ]
    if overdue:
        eldest = min(overdue, key=lambda status: status.next_at or now)
        return f"nobody asks source {eldest.id}, which was due at {iso(eldest.next_at or now)}"
    return ""


def _ping(shape: HeartbeatShape, parts: JudgeParts) -> str:
    """What went wrong; empty when it arrived."""
    shown = address(shape.url)
    try:
        url = parts.outside.secret(shape.url)
        http = parts.outside.http.within(float(shape.timeout)).upto(1 << 16)
        answer = http.send(shape.method.value, url, timeout_s=float(shape.timeout))
    except SourceError as error:
        if error.status is not None and 200 <= error.status < 300:
            return ""
        return clean(error.what.replace(url, shown).replace(address(url), shown), 200)
    except PulseError as error:
        return clean(str(error), 200)
    return "" if 200 <= answer.status < 300 else f"{shown} answered {answer.status}"


def read(tx: Transaction) -> Beat | None:
    """The heartbeat as it stands; None before the first."""
    value = tx.plumbing.get_value(_KEY)
    try:
        return msgspec.json.decode(value, type=Beat) if value is not None else None
    except msgspec.DecodeError:
        return None


def _keep(tx: Transaction, before: Beat | None, state: BeatState, why: str, now: datetime) -> Beat:
    same = before is not None and before.state is state
    sent_at = now if state is BeatState.SENT else before.sent_at if before is not None else None
    since = before.since if before is not None and same else now
    made = Beat(state=state, at=now, since=since, why=why, sent_at=sent_at)
    tx.plumbing.put_value(_KEY, msgspec.json.encode(made).decode())
    return made


def standing(shape: HeartbeatShape, parts: JudgeParts) -> tuple[bool | None, str]:
    """For ``status`` and ``doctor``: whether it arrives (None: not known yet), in words."""
    now = parts.clock()
    with parts.store.read() as tx:
        last = read(tx)
    where = f"to {address(shape.url)} every {float(shape.every):g} s"
    if last is None:
        return None, f"{where}: none was sent yet; an agent or a tower sends it"
    if last.state is BeatState.SENT and now - last.at > timedelta(seconds=3 * float(shape.every)) + _SLACK:
        return False, f"{where}: nobody sends it since {iso(last.at)}, no agent or tower runs"
    return last.state is BeatState.SENT, f"{where}: {last.words()}"
