"""Calendars that are somewhere else: read now and then, kept in the database, believed while they are fresh."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec

from pulse_tui.domain.errors import ConfigError, PulseError
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.oncall import OnCall, Schedule
from pulse_tui.domain.text import address, clean
from pulse_tui.enrich.oncall.calendar import LARGEST, events_of
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts

EVERY = timedelta(minutes=15)
"""How often a calendar is asked for."""
_LEASE_S = 60.0


class _Kept(msgspec.Struct, frozen=True):
    """What was read of a calendar last, and when it was asked for last."""

    where: str
    asked_us: int
    text: str = ""
    read_us: int | None = None
    problem: str = ""
    etag: str = ""


def known(tx: Transaction, oncall: OnCall) -> OnCall:
    """With what was read of the calendars that are somewhere else."""
    found = {s.id: _with(tx, s) for s in oncall.schedules.values() if s.fetched}
    return msgspec.structs.replace(oncall, schedules={**oncall.schedules, **found}) if found else oncall


def read_calendars(parts: JudgeParts, holder: str) -> list[str]:
    """Ask for every calendar that is due; returns a sentence for each that could not be read. One process does at a time."""
    now = parts.clock()
    with parts.store.read() as tx:
        due = [s for s in parts.oncall.schedules.values() if s.fetched and _due(_kept(tx, s), s, now)]
    return [problem for schedule in due if (problem := _read(parts, schedule, holder))]


def _due(kept: _Kept | None, schedule: Schedule, now: datetime) -> bool:
    return kept is None or kept.where != schedule.ical or now - from_us(kept.asked_us) >= EVERY


def _read(parts: JudgeParts, schedule: Schedule, holder: str) -> str:
    now, lease = parts.clock(), f"calendar:{schedule.id}"
    with parts.store.write() as tx:
        if tx.plumbing.claim(lease, holder, now, _LEASE_S, parts.outside.dead) is None:
            return ""
        before = _kept(tx, schedule)
        if not _due(before, schedule, now):
            return ""
    if before is None or before.where != schedule.ical:
        before = _Kept(schedule.ical, 0)
    after = _asked(parts, schedule, before, now)
    with parts.store.write() as tx:
        tx.plumbing.put_value(_key(schedule), msgspec.json.encode(after).decode())
        tx.plumbing.release(lease, holder)
        if bool(after.problem) != bool(before.problem):
            detail = {"why": after.problem or "it can be read again"}
            tx.log.append(now, SYSTEM, "calendar.failed" if after.problem else "calendar.read", schedule.id, detail)
    return f"the calendar of schedule {schedule.id}: {after.problem}" if after.problem else ""


def _asked(parts: JudgeParts, schedule: Schedule, before: _Kept, now: datetime) -> _Kept:
    """What an answer means: a calendar that cannot be understood does not replace the one that could."""
    failed = msgspec.structs.replace(before, asked_us=to_us(now))
    headers: Mapping[str, str] = {"If-None-Match": before.etag} if before.etag and before.text else {}
    try:
        whole = parts.outside.secret(schedule.ical)
        answer: Any = parts.outside.collecting(f"calendar {schedule.id}", now).http.send(
            "GET", whole, headers=headers, timeout_s=20.0
        )
        if answer.status == 304 and before.text:
            return msgspec.structs.replace(before, asked_us=to_us(now), read_us=to_us(now), problem="")
        if answer.status != 200:
            return msgspec.structs.replace(failed, problem=f"{address(schedule.ical)} answered {answer.status}")
        if len(answer.body) > LARGEST:
            return msgspec.structs.replace(
                failed, problem=f"{address(schedule.ical)} sent more than {LARGEST >> 20} MB"
            )
        text = answer.body.decode("utf-8", "replace")
        events_of(text, schedule.zone)
    except ConfigError as error:
        return msgspec.structs.replace(failed, problem=clean(error.problems[0].what, 200))
    except PulseError as error:
        return msgspec.structs.replace(failed, problem=clean(str(error), 200))
    etag = clean(answer.headers.get("etag", ""), 200)
    return _Kept(schedule.ical, to_us(now), text, to_us(now), "", etag)


def _with(tx: Transaction, schedule: Schedule) -> Schedule:
    kept = _kept(tx, schedule)
    if kept is None or kept.where != schedule.ical:
        return schedule
    read_at = from_us(kept.read_us) if kept.read_us is not None else None
    return msgspec.structs.replace(schedule, text=kept.text, read_at=read_at, problem=kept.problem)


def _kept(tx: Transaction, schedule: Schedule) -> _Kept | None:
    value = tx.plumbing.get_value(_key(schedule))
    try:
        return msgspec.json.decode(value, type=_Kept) if value else None
    except (msgspec.DecodeError, msgspec.ValidationError):
        return None


def _key(schedule: Schedule) -> str:
    return f"calendar/{schedule.id}"
