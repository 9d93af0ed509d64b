"""The watch on pages: what keeps one that answers from being good, and how often it used to bring news."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from math import ceil
from typing import NamedTuple

import msgspec

from pulse_tui.domain.health import PUSHED, Health, late_after_s
from pulse_tui.domain.note import NoteKind, PageState
from pulse_tui.domain.source import SourceStatus
from pulse_tui.domain.trust import Condition, Trust, TrustState

ARRIVALS = 8
"""Of fewer arrivals no tempo is known."""
QUANTILE = 0.95
BEYOND = 1.5
"""A page is silent after so many times the gap that only one in twenty of its gaps was longer than ..."""
USUALLY = 4.0
"""... and never before so many of its usual gaps ..."""
LEAST_S = 3 * 86_400.0
"""... or this time."""
TRIES = 3
"""A listing that is doubted is believed when it came again so often; of a page that is read seldom once is enough ..."""
SELDOM = timedelta(hours=24)
"""... after this time."""
_QUIET = frozenset({NoteKind.STATUS, NoteKind.BULLETIN})
"""Pages on which nothing new is good news."""
_HEALTH = {Health.FAILING: TrustState.FAILING, Health.LATE: TrustState.LATE, Health.NEVER: TrustState.NEVER}


class Tempo(NamedTuple):
    """Seconds between the news of a page, and after how many it is silent."""

    usual_s: float
    silent_after_s: float


def tempo(arrivals: Sequence[datetime]) -> Tempo | None:
    """Of when its news came; None when too few came to know. Pure."""
    moments = sorted(arrivals)
    gaps = sorted((b - a).total_seconds() for a, b in pairwise(moments))
    if len(moments) < ARRIVALS:
        return None
    long = gaps[max(0, ceil(QUANTILE * len(gaps)) - 1)]
    usual = (gaps[(len(gaps) - 1) // 2] + gaps[len(gaps) // 2]) / 2
    return Tempo(usual, max(BEYOND * long, USUALLY * usual, LEAST_S))


def conditions(page: PageState, now: datetime) -> tuple[Condition, ...]:
    """What keeps the page from being good, the worst first; of a page that fails or is late more is wrong than this."""
    found = list[Condition]()
    if page.suspect:
        since = page.suspect_since or now
        found.append(Condition(state=TrustState.SUSPECT, why=_doubt(page), since=since))
    if page.baseline_at is not None and not page.entries and page.kind is not NoteKind.STATUS:
        why = "it lists nothing: its address or its format may be another one"
        found.append(Condition(state=TrustState.EMPTY, why=why, since=page.news_at or page.baseline_at))
    pace, last = tempo(page.arrivals), page.news_at
    if page.kind not in _QUIET and pace is not None and last is not None:
        quiet = (now - last).total_seconds()
        if quiet > pace.silent_after_s:
            why = f"nothing new for {_long(quiet)}; it used to bring something every {_long(pace.usual_s)}"
            since = last + timedelta(seconds=pace.silent_after_s)
            found.append(Condition(state=TrustState.SILENT, why=why, since=since))
    return tuple(found)


def late(status: SourceStatus, now: datetime) -> Condition | None:
    """Of a source that nobody has asked for too long; one that was asked in vain fails."""
    asked, good = status.last_attempt_at, status.last_good_at
    if asked is None or good is None or status.health(now) is not Health.LATE:
        return None
    if (now - asked).total_seconds() <= late_after_s(status.every_s):
        return None
    silent, every = _long((now - asked).total_seconds()), _long(status.every_s)
    why = f"nobody asked it for {silent}; it is to be asked every {every}"
    if status.kind == PUSHED:
        why = f"it sent nothing for {silent}; something is to come every {every}"
    return Condition(state=TrustState.LATE, why=why, since=good)


def trust_of(status: SourceStatus, page: PageState | None, now: datetime) -> Trust:
    """A source as it stands at ``now``. It is never good while its page is doubted, empty or silent."""
    there = conditions(page, now) if page is not None else ()
    health = status.health(now)
    state, whys = _HEALTH.get(health), [c.why for c in there]
    since = there[0].since if there else None
    if health is Health.FAILING:
        state = TrustState.GONE if page is not None and page.missing else TrustState.FAILING
        since, whys = status.last_good_at, [status.reason, *whys]
    elif health is Health.LATE:
        what = "nothing came" if status.kind == PUSHED else "no round worked"
        since, whys = status.last_good_at, [f"{what} for longer than three intervals", *whys]
    if state is None:
        standing = page.standing if page is not None else status.reason
        state = there[0].state if there else TrustState.REFUSED if standing else TrustState.GOOD
        whys += [standing] if standing else []
    trust = Trust(
        source=status.id,
        kind=status.kind,
        state=state,
        why="; ".join(w for w in whys if w),
        since=since,
        last_good_at=status.last_good_at,
        next_at=status.next_at,
    )
    if page is None:
        return trust
    pace = tempo(page.arrivals) if page.kind not in _QUIET else None
    return msgspec.structs.replace(
        trust,
        vendor=page.vendor,
        baseline_at=page.baseline_at,
        news_at=page.news_at,
        entries=page.entries,
        usual_s=pace.usual_s if pace is not None else None,
        silent_after_s=pace.silent_after_s if pace is not None else None,
        arrivals=page.arrivals,
    )


def come_again(page: PageState, now: datetime) -> bool:
    """Whether the listing that is doubted came often enough to be believed."""
    since = now - (page.held_since or now)
    return page.tries >= TRIES or (page.tries >= 1 and since >= SELDOM)


def as_before(page: PageState) -> PageState:
    """It lists again what it listed when it was last believed."""
    return msgspec.structs.replace(
        page, suspect="", suspect_since=None, held="", held_marks=(), held_since=None, tries=0, believing=False
    )


def _doubt(page: PageState) -> str:
    if page.baseline_at is None:
        return page.suspect
    return f"{page.suspect}; nothing of it is stored or alerted before it stayed so for {TRIES} rounds"


def _long(seconds: float) -> str:
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds:.0f} s"
