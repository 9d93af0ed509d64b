"""A watched service level: the state of its last points, and what is reported.

A breach is reported when all of the last points are beyond the limit, again once a window while it lasts, and when
all of them are within the limit again. It is resolved when their median is within the objective itself: a policy may
be stricter than the limit, and its alert must not stay open. In between, and where there are no points, the last
report stays valid: silence is neither a breach nor health.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from enum import Enum, auto
from typing import NamedTuple

import msgspec

from pulse_tui.collectors.prometheus.ask import Grid, Point
from pulse_tui.domain.words import SignalType

CHANCE = 0.05
"""How often chance alone may give the counted errors, for a service that is at its limit."""
_DECIMALS = 4
_ENOUGH = 1_000_000
"""More requests than these decide nothing that these do not."""


class Level(NamedTuple):
    """One number of one deployment with its objective, in ``unit``; the query's numbers times ``factor`` are in it."""

    metric: str
    words: str
    signal_type: SignalType
    query: str
    factor: float
    unit: str
    objective: float
    limit: float
    """Times the objective."""
    most: float
    """A number over this is not plausible, in ``unit``."""


class Standing(Enum):
    """The state of the last points."""

    BREACH = auto()
    WITHIN = auto()
    OPEN = auto()
    """They disagree, or are too few to decide."""
    MISSING = auto()
    """No series."""
    IDLE = auto()
    """No number (no traffic), or fewer requests than can be judged."""


BLIND = frozenset({Standing.MISSING, Standing.IDLE})


class Seen(NamedTuple):
    """``value`` is the median of the points that agree (NaN when they do not), ``why`` gives what is not seen."""

    standing: Standing
    value: float = math.nan
    requests: int | None = None
    why: str = ""


class Nonsense(ValueError):
    """A number that cannot be what it is configured to be; the text gives the reason."""


def look(level: Level, values: Sequence[Point], requests: Sequence[Point] | None, least: int) -> Seen:
    """The state of the points, oldest first; ``requests`` are counted over the window of each, None: unknown.

    With fewer requests than ``least`` at any point it is IDLE. Raises Nonsense for a negative latency, a
    share over 1, or a negative count.
    """
    stated = [round(v * level.factor, _DECIMALS) for v in values if v is not None and math.isfinite(v)]
    for value in stated:
        if not 0 <= value <= level.most:
            raise Nonsense(f"{value:g} {level.unit} cannot be: {_hint(level)}")
    if all(v is None for v in values):
        return Seen(Standing.MISSING, why="the query yields no series")
    if not stated:
        return Seen(Standing.IDLE, why="every point is NaN or infinite: there is no traffic")
    counted: list[int] | None = None
    if requests is not None:
        if all(r is None for r in requests):
            return Seen(Standing.MISSING, why="'requests' yields no series")
        counted = [_count(r) for r in requests]
        if min(counted) < least:
            return Seen(Standing.IDLE, why=f"fewer than {least} requests a window")
    latest = counted[-1] if counted else None
    if len(stated) < len(values):
        return Seen(Standing.OPEN)
    bad = [over(level, value) for value in stated]
    if not any(bad):
        return Seen(Standing.WITHIN, _median(stated), latest)
    if not all(bad) or (counted and not _beyond_chance(level, stated, counted)):
        return Seen(Standing.OPEN)
    return Seen(Standing.BREACH, _median(stated), latest)


def over(level: Level, value: float) -> bool:
    """Whether the value is beyond the limit, by the very quotient that policy sees."""
    return value / level.objective > level.limit


def chance(count: int, n: int, share: float) -> float:
    """The probability of ``count`` or more in ``n`` when each comes with probability ``share`` (binomial, exact)."""
    if count <= 0:
        return 1.0
    if count > n * share:
        return min(1.0, _tail(count, n, share, up=True))
    return max(0.0, 1.0 - _tail(count - 1, n, share, up=False))


def _tail(k: int, n: int, share: float, *, up: bool) -> float:
    """The probabilities of k, k + 1, ... (``up``) or k, k - 1, ... summed; away from the mean each is smaller."""
    ways = math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
    term = total = math.exp(ways + k * math.log(share) + (n - k) * math.log1p(-share))
    odds = share / (1 - share)
    while (k < n if up else k > 0) and term > 1e-12 * total:
        term *= (n - k) / (k + 1) * odds if up else k / (n - k + 1) / odds
        total += term
        k += 1 if up else -1
    return total


def _beyond_chance(level: Level, stated: Sequence[float], counted: Sequence[int]) -> bool:
    """One error in twenty requests is 5 %, and means nothing: windows overlap, so the next point has it again."""
    if level.signal_type is not SignalType.ERROR_RATE_BREACH:
        return True
    allowed = level.objective / 100 * level.limit
    pairs = ((value / 100, min(n, _ENOUGH)) for value, n in zip(stated, counted, strict=True))
    return all(chance(min(n, round(rate * n)), n, allowed) <= CHANCE for rate, n in pairs)


def _count(requests: Point) -> int:
    if requests is None or not math.isfinite(requests):
        return 0
    if requests < 0:
        raise Nonsense(f"{requests:g} requests cannot be: let 'requests' count them, as sum(increase(...[$window]))")
    return int(min(requests, 2.0**53))


def _median(values: Sequence[float]) -> float:
    return round(statistics.median(values), _DECIMALS)


def _hint(level: Level) -> str:
    if level.signal_type is SignalType.ERROR_RATE_BREACH:
        return "'rate' is the share of requests that failed, from 0 to 1: divide the errors by the requests"
    return "'p95' is a duration: check the query and 'unit'"


class Report(Enum):
    """What to report of a level now."""

    NOTHING = auto()
    BREACH = auto()
    EASED = auto()
    """Within the limit, but not within the objective."""
    OVER = auto()


class Followed(msgspec.Struct, frozen=True, omit_defaults=True):
    """What was reported of a level; moments in milliseconds by the server's clock."""

    breach_at: int | None = None
    """The last point of the breach that was reported last; None: none is open."""
    since: int = 0
    """The first point of that breach."""
    eased: bool = False
    blind_at: int | None = None
    """Since when there is nothing to see."""
    alarm_at: int | None = None
    """When that was reported last as an alert."""

    def next(self, seen: Seen, level: Level, grid: Grid, window: int, *, partial: bool) -> tuple[Followed, Report]:
        """What is kept and what is reported after this round. ``partial`` answers may open a breach, not end one."""
        stands = self.breach_at is not None and not self.eased
        if seen.standing is Standing.BREACH:
            if stands and _recent(self.breach_at, grid.end, window):
                return self, Report.NOTHING
            since = self.since if stands else grid.start
            return msgspec.structs.replace(self, breach_at=grid.end, since=since, eased=False), Report.BREACH
        if seen.standing is not Standing.WITHIN or self.breach_at is None or partial:
            return self, Report.NOTHING
        if seen.value <= level.objective:
            return msgspec.structs.replace(self, breach_at=None, since=0, eased=False), Report.OVER
        return msgspec.structs.replace(self, eased=True), Report.EASED if stands else Report.NOTHING

    def sight(self, seen: Seen, end: int, patience: int, again: int) -> tuple[Followed, bool | None]:
        """What is kept, and whether a change of visibility is reported: True it is lost, False it is back.

        It is lost at once while a breach stands. A series that is missing is lost after ``patience``; one without
        traffic is not. It is reported again every ``again`` milliseconds: an operator may have closed the first.
        """
        if seen.standing in BLIND:
            since = self.blind_at if self.blind_at is not None else end
            after = msgspec.structs.replace(self, blind_at=since)
            lost = self.breach_at is not None or (seen.standing is Standing.MISSING and end - since >= patience)
            if lost and not _recent(self.alarm_at, end, again):
                return msgspec.structs.replace(after, alarm_at=end), True
            return after, None
        if seen.standing is Standing.OPEN:
            return self, None  # a first point is no sight yet
        return msgspec.structs.replace(self, blind_at=None, alarm_at=None), None if self.alarm_at is None else False


def _recent(at: int | None, now: int, span: int) -> bool:
    """Less than ``span`` ago. A clock that was set back makes nothing recent for good."""
    return at is not None and 0 <= now - at < span
