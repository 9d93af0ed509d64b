"""Which rung of the ladder an alert has reached, and which is next: each is climbed once while nobody responds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.moments import age, iso, to_us
from pulse_tui.domain.oncall import OnCall, Rung
from pulse_tui.domain.words import SignalType
from pulse_tui.enrich.oncall.hours import next_hours, wakes
from pulse_tui.enrich.oncall.parties import About, rung_words
from pulse_tui.enrich.oncall.parties import rung as parties_of


class Clock(NamedTuple):
    """Since when nobody responds, how often it had been reported then, and what was climbed since."""

    begun: datetime
    reports: int = 0
    climbed: frozenset[int] = frozenset()
    waiting: bool = False
    """Nobody has been called yet: its rule lets it last for a while, for it may end by itself."""


class Climb(NamedTuple):
    """A rung that is due, or will be."""

    number: int
    """Of the ladder of its priority: 0 is the first."""
    rung: Rung
    at: datetime | None
    """When time alone has it climbed; None: it waits for reports, or for more alerts."""
    why: str
    """What it waits for, or what it has waited for."""


def ladder_of(alert: Alert, oncall: OnCall) -> tuple[Rung, ...]:
    """The rungs of its priority; none where no ladder is configured for it."""
    return oncall.ladders.get(alert.priority, ())


def first_rungs(alert: Alert, oncall: OnCall) -> list[tuple[int, Rung]]:
    """The rungs that are climbed when the alert opens; none: it goes to whoever answers for it, as without a ladder."""
    return [(n, rung) for n, rung in enumerate(ladder_of(alert, oncall)) if rung.first]


def due(alert: Alert, oncall: OnCall, now: datetime, clock: Clock, opened: Callable[[timedelta], int]) -> list[Climb]:
    """The rungs that are climbed now. ``opened``: how many alerts of its owner opened within a time.

    Nobody climbs for an alert that somebody acknowledged, that is muted, or that is over.
    """
    if alert.state is not AlertState.FIRING or clock.waiting:
        return []
    found = []
    for number, rung in _left(alert, oncall, clock):
        if rung.more_than:
            count = opened(rung.within)
            if count > rung.more_than:
                found.append(Climb(number, rung, now, f"{count} alerts of {alert.owner or 'nobody'} {rung.words}"))
        elif rung.cycles:
            if alert.count - clock.reports >= rung.cycles:
                found.append(
                    Climb(number, rung, now, f"reported {alert.count - clock.reports} times, nobody responded")
                )
        elif clock.begun + rung.after <= now:
            waited = age(to_us(clock.begun), to_us(now))
            found.append(Climb(number, rung, clock.begun + rung.after, f"nobody responded for {waited}"))
    return found


def next_rung(alert: Alert, oncall: OnCall, now: datetime, clock: Clock | None = None) -> Climb | None:
    """The rung that is climbed next if nobody responds: the first that time brings, else one that waits for a count.

    None: nobody else is called. Without a ``clock`` it began when the alert opened.
    """
    if alert.state is not AlertState.FIRING:
        return None
    clock = clock or Clock(alert.first_at)
    left = _left(alert, oncall, clock)
    timed = [Climb(n, r, clock.begun + r.after, r.words) for n, r in left if not r.cycles and not r.more_than]
    if timed:
        return min(timed, key=lambda c: (c.at, c.number))
    return next((Climb(n, r, None, r.words) for n, r in left), None)


def preview(alert: Alert, kind: SignalType, oncall: OnCall, now: datetime, clock: Clock | None = None) -> str:
    """``in 12m this pages ben (platform-ai, next)``: what comes if nobody responds. Empty where no ladder is configured."""
    if not ladder_of(alert, oncall) or not alert.open:
        return ""
    if alert.state is not AlertState.FIRING:
        until = alert.acknowledged_until if alert.state is AlertState.ACKNOWLEDGED else alert.suppressed_until
        ends = f" until {iso(until)}; then its clock starts afresh" if until is not None else ""
        return f"nobody else is called while it is {alert.word}{ends}"
    if clock is not None and clock.waiting:
        return "nobody has been called yet: it may end by itself; the ladder begins when somebody is"
    climb = next_rung(alert, oncall, now, clock)
    if climb is None:
        return "nobody else is called: every rung of the ladder was climbed"
    about = About(kind, alert.priority, alert.owner)
    at = max(climb.at or now, now)
    awake = wakes(alert.priority, oncall, at)
    verb = "pages" if climb.rung.page and awake else "notifies"
    who = rung_words(climb.rung.to, about, oncall, climb.at or now)
    called = parties_of(climb.rung.to, about, oncall, climb.at or now).called
    if called and climb.rung.page and not awake and (begins := next_hours(oncall, at)) is not None:
        who += f"; it pages at {iso(begins)}, when working hours begin"
    if climb.at is None:
        return f"at {climb.why} this {verb} {who}"
    left = "now" if climb.at <= now else f"in {age(to_us(now), to_us(climb.at))}"
    return f"{left} this {verb} {who}"


def _left(alert: Alert, oncall: OnCall, clock: Clock) -> list[tuple[int, Rung]]:
    return [(n, r) for n, r in enumerate(ladder_of(alert, oncall)) if n not in clock.climbed and not r.first]
