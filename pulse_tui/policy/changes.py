"""Whether a change may be made now: embargoes, windows and approved change requests. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.change import ChangeRequest
from pulse_tui.domain.moments import iso
from pulse_tui.domain.words import Environment
from pulse_tui.policy.gate import GateStatus
from pulse_tui.settings.changes import ChangesShape, WindowShape

NextFire = Callable[[str, datetime], datetime | None]
"""When a schedule fires next after a moment."""


class Word(NamedTuple):
    """One finding."""

    status: GateStatus
    detail: str
    todo: str = ""


class Question(NamedTuple):
    """What is asked, and what is known."""

    asset_id: str
    environment: Environment
    now: datetime
    requests: Sequence[ChangeRequest]
    doubt: str = ""
    """Why the change requests may be another by now; empty when they were read just now."""


def embargoed(changes: ChangesShape, asked: Question) -> Iterator[Word]:
    """A finding for each embargo that stands now."""
    for embargo in changes.embargoes:
        if embargo.covers(asked.asset_id, asked.environment) and embargo.starts <= asked.now < embargo.until:
            until = iso(embargo.until)
            yield Word(GateStatus.FAILED, f"embargo until {until}: {embargo.why}", f"Wait until {until}")


def permitted(changes: ChangesShape, asked: Question, next_fire: NextFire) -> Word:
    """Whether a window is open, where one is demanded."""
    if asked.environment not in changes.require:
        word = "no change window is demanded" if changes.require else "no change window or embargo is configured"
        return Word(GateStatus.OK, f"{word} for {asked.environment.value}")
    mine = [r for r in asked.requests if r.about(asked.asset_id, asked.environment) and not r.ended]
    good = [r for r in mine if r.approved and r.during(asked.now)]
    windows = [w for w in changes.windows if w.covers(asked.asset_id, asked.environment)]
    for window in windows:
        if (until := open_until(window, asked.now, next_fire)) is not None:
            why = f": {window.why}" if window.why else ""
            return Word(GateStatus.OK, f"a change window is open until {iso(until)}{why}")
    if good:
        one = good[0]
        assert one.ends is not None
        if asked.doubt:
            doubt = f"{one.number} was approved and its window is open until {iso(one.ends)}, but {asked.doubt}"
            return Word(GateStatus.UNDECIDED, doubt, "See to its source: pulse-tui refresh")
        return Word(GateStatus.OK, f"{one.number} ({one.title}) is approved, its window is open until {iso(one.ends)}")
    return _closed(mine, windows, asked, next_fire)


def _closed(
    mine: Sequence[ChangeRequest], windows: Sequence[WindowShape], asked: Question, next_fire: NextFire
) -> Word:
    where = f"{asked.asset_id} in {asked.environment.value}"
    found = [_why_not(r, asked.now) for r in mine]
    opens = sorted(at for w in windows if (at := opens_at(w, asked.now, next_fire)) is not None)
    if opens:
        found.append(f"the next change window opens at {iso(opens[0])}")
    doubt = f"; {asked.doubt}" if asked.doubt else ""
    detail = "; ".join(found[:3]) or f"no change request of {where} is approved and no window is configured for it"
    todo = f"Have a change request of {asked.asset_id} approved whose window is open"
    if opens:
        todo = f"Wait until {iso(opens[0])}, or have a change request of {asked.asset_id} approved for now"
    return Word(GateStatus.FAILED, f"no change window is open for {where}: {detail}{doubt}", todo)


def _why_not(request: ChangeRequest, now: datetime) -> str:
    if not request.approved:
        return f"{request.number} is not approved ({request.state})"
    if request.starts is None or request.ends is None:
        return f"{request.number} is approved and has no planned window"
    if now < request.starts:
        return f"{request.number} is approved, its window opens at {iso(request.starts)}"
    return f"{request.number} is approved, its window ended at {iso(request.ends)}"


def open_until(window: WindowShape, now: datetime, next_fire: NextFire) -> datetime | None:
    """When an open window closes; None while it is closed."""
    if window.starts is not None and window.until is not None:
        return window.until if window.starts <= now < window.until else None
    assert window.cron is not None
    assert window.lasts is not None
    lasts = timedelta(seconds=float(window.lasts))
    began = next_fire(window.cron, now - lasts)
    last = None
    while began is not None and began <= now and last != began:
        last, began = began, next_fire(window.cron, began)
    return last + lasts if last is not None else None


def opens_at(window: WindowShape, now: datetime, next_fire: NextFire) -> datetime | None:
    """When it opens next."""
    if window.starts is not None:
        return window.starts if window.starts > now else None
    return next_fire(window.cron, now) if window.cron is not None else None
