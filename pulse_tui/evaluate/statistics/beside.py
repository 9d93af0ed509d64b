"""A canary beside what serves the same traffic, looked at after every round: e-processes on counts, valid at every look.

Each round counts events among requests on both sides. Given how many events there were together, how many fall to the
canary has a known distribution at a known ratio of the two rates, whatever the rates themselves do meanwhile: what hits
both sides at once cancels out. A bet against "the canary's rate is at most ``limit`` times the other" at those odds
cannot multiply its stake by 20 with a chance of more than 1 in 20, however often anyone looks (Ville 1939); that a
request has at most one event makes it safer still (Hoeffding 1963, theorem 4). Bets on several sizes of effect are mixed.

Requests of one session fail together: ``together`` of them count as one, by the root of the stake, which stays fair.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from pulse_tui.domain.evals import Verdict

CHANCE = 0.05
"""Of a false verdict on each side, over all looks together."""
_NEEDED = -math.log(CHANCE)
_EFFECTS = (1.15, 1.4, 1.8, 2.5, 4.0, 8.0)
"""How many times the ratio in question the canary may do: a bet on each."""
_RATIOS = tuple(0.125 * 2 ** (n / 3) for n in range(22))
"""The ratios that the interval rules out or not: 1/8 to 16, three to a doubling."""
_FAR = 1e9
"""Steps after which nobody waits for a decision."""
_SHARES = (0.2, 0.4, 0.6, 0.8)
"""Of the stake, put on one more round in which the canary's mean is worse."""


class Round(NamedTuple):
    """What was counted since the look before."""

    events: int
    requests: int
    other_events: int
    other_requests: int
    """Of what serves beside the canary."""


class Beside(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What all looks so far come to: sums, and the logarithm of each bet."""

    events: int = 0
    requests: int = 0
    other_events: int = 0
    other_requests: int = 0
    more: tuple[float, ...] = ()
    """Against "at most the limit", a bet for each effect."""
    less: tuple[float, ...] = ()
    """Against "more than the limit"."""
    above: tuple[tuple[float, ...], ...] = ()
    """Against "at most this ratio", for each ratio of the interval."""
    below: tuple[tuple[float, ...], ...] = ()
    worst: float = 0.0
    """The most evidence that there ever was that the canary is worse."""
    best: float = 0.0


class Judged(NamedTuple):
    """What stands after the newest look."""

    verdict: Verdict
    rate: float
    other: float
    low: float
    """Always-valid 90 % interval of the ratio of the rates; 0 and infinity where nothing is ruled out."""
    high: float
    evidence: float
    """How many times the stake was multiplied against "not worse", at most so far."""
    fine: float
    """The same against "worse"."""


class More(NamedTuple):
    """What would decide a comparison that goes on as it went so far."""

    verdict: Verdict
    more: int
    """Requests of the canary; of a mean, rounds."""


def look(before: Beside, seen: Round, limit: float, together: float = 1.0) -> Beside:
    """The state after one more round. ``limit``: how many times the other rate is still accepted, 1 or more.

    :raises ValueError: for a count below zero, more events than requests, or a limit or ``together`` below 1
    """
    if min(seen) < 0 or seen.events > seen.requests or seen.other_events > seen.other_requests:
        raise ValueError(f"{seen.events} of {seen.requests} and {seen.other_events} of {seen.other_requests} cannot be")
    if limit < 1 or together < 1:
        raise ValueError("a limit and a number of requests that go together are 1 or more")
    more = _bets(before.more, seen, limit, together)
    less = _bets(before.less, _turned(seen), 1 / limit, together)
    kept = before.above or ((),) * len(_RATIOS), before.below or ((),) * len(_RATIOS)
    return Beside(
        events=before.events + seen.events,
        requests=before.requests + seen.requests,
        other_events=before.other_events + seen.other_events,
        other_requests=before.other_requests + seen.other_requests,
        more=more,
        less=less,
        above=tuple(_bets(bets, seen, r, together) for bets, r in zip(kept[0], _RATIOS, strict=True)),
        below=tuple(_bets(bets, _turned(seen), 1 / r, together) for bets, r in zip(kept[1], _RATIOS, strict=True)),
        worst=max(before.worst, _mixed(more)),
        best=max(before.best, _mixed(less)),
    )


def judged(state: Beside) -> Judged:
    """What the looks so far say. Proof of a loss counts after a PASS too: it is as rare without one at any look."""
    low = max((r for r, bets in zip(_RATIOS, state.above, strict=False) if _mixed(bets) >= _NEEDED), default=0.0)
    high = min((r for r, bets in zip(_RATIOS, state.below, strict=False) if _mixed(bets) >= _NEEDED), default=math.inf)
    rate, other = _ratio(state.events, state.requests), _ratio(state.other_events, state.other_requests)
    return Judged(_verdict(state), rate, other, low, high, _grown(state.worst), _grown(state.best))


def more(state: Beside, limit: float, together: float = 1.0) -> More | None:
    """What decides it at the rates so far; None where it is decided, where nothing happened yet, and where the rates are so
    near the limit that neither bet grows. Arguments as of :func:`look`."""
    seen = Round(state.events, state.requests, state.other_events, state.other_requests)
    happened = seen.events + seen.other_events
    if not happened or not seen.requests or not seen.other_requests:
        return None
    each = [gain / happened for gain in _gains(seen, limit, together)]
    turned = [gain / happened for gain in _gains(_turned(seen), 1 / limit, together)]
    return _sooner(state, each, turned, seen.requests / happened)


def _verdict(state: Beside | Means) -> Verdict:
    if state.worst >= _NEEDED:
        return Verdict.FAIL
    return Verdict.PASS if state.best >= _NEEDED else Verdict.INCONCLUSIVE


def _grown(stake: float) -> float:
    return math.exp(min(stake, 700.0))


def _sooner(state: Beside | Means, each: Sequence[float], turned: Sequence[float], size: float) -> More | None:
    """``each`` and ``turned``: what each bet of a side gains by one step; ``size``: how much one step is."""
    if _verdict(state) is not Verdict.INCONCLUSIVE:
        return None
    found = [
        More(verdict, math.ceil(steps * size))
        for verdict, bets, gains in ((Verdict.FAIL, state.more, each), (Verdict.PASS, state.less, turned))
        if (steps := _steps(bets or (0.0,) * len(gains), gains)) is not None
    ]
    return min(found, key=lambda one: one.more, default=None)


def _steps(bets: Sequence[float], gains: Sequence[float]) -> int | None:
    """After how many steps the mixed stake decides; None: it never grows."""
    enough = [(_NEEDED + math.log(len(bets)) - bet) / gain for bet, gain in zip(bets, gains, strict=True) if gain > 0]
    if not enough or min(enough) > _FAR:
        return None
    low, high = 0, max(1, math.ceil(min(enough)))  # the stake is convex in the steps: it crosses the line once
    while high - low > 1:
        middle = (low + high) // 2
        reached = _mixed([bet + gain * middle for bet, gain in zip(bets, gains, strict=True)]) >= _NEEDED
        low, high = (low, middle) if reached else (middle, high)
    return high


def _ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _turned(seen: Round) -> Round:
    return Round(seen.other_events, seen.other_requests, seen.events, seen.requests)


def _bets(before: Sequence[float], seen: Round, ratio: float, together: float) -> tuple[float, ...]:
    """Each bet's logarithm after the round: the likelihood of the canary's share of the events at ``ratio`` times the
    effect, against that at ``ratio``."""
    before = before or (0.0,) * len(_EFFECTS)
    gains = _gains(seen, ratio, together)
    return tuple(round(bet + gain, 4) for bet, gain in zip(before, gains, strict=True)) if gains else tuple(before)


def _gains(seen: Round, ratio: float, together: float) -> list[float]:
    """What each bet's logarithm gains by the round; empty without events, or with one side alone: nothing is compared."""
    if not seen.events + seen.other_events or not seen.requests or not seen.other_requests:
        return []
    fair = _share(ratio, seen)
    gains = []
    for effect in _EFFECTS:
        mine = _share(ratio * effect, seen)
        gain = seen.events * math.log(mine / fair) + seen.other_events * math.log((1 - mine) / (1 - fair))
        gains.append(gain / together)
    return gains


def _share(ratio: float, seen: Round) -> float:
    return ratio * seen.requests / (ratio * seen.requests + seen.other_requests)


def _mixed(bets: Sequence[float]) -> float:
    """The logarithm of what one stake, spread over the bets, has become."""
    if not bets:
        return 0.0
    top = max(bets)
    return top + math.log(sum(math.exp(bet - top) for bet in bets) / len(bets))


# --------------------------------------------------------------------------- means


class Means(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The same of a mean, such as tokens a request: a round is worse, or it is not."""

    total: float = 0.0
    requests: float = 0.0
    other_total: float = 0.0
    other_requests: float = 0.0
    rounds: int = 0
    worse: int = 0
    more: tuple[float, ...] = ()
    less: tuple[float, ...] = ()
    worst: float = 0.0
    best: float = 0.0


class MeanRound(NamedTuple):
    """What was added up since the look before."""

    total: float
    requests: float
    other_total: float
    other_requests: float


def look_at_mean(before: Means, seen: MeanRound, limit: float) -> Means:
    """The state after one more round. A canary whose mean is at most ``limit`` times the other is beyond that in at most
    every second round: one bet a round, whatever the numbers' distribution, and an outlier counts once.

    :raises ValueError: for a number below zero or not finite, or a limit below 1
    """
    if not all(math.isfinite(value) and value >= 0 for value in seen):
        raise ValueError(
            f"{seen.total:g} over {seen.requests:g} and {seen.other_total:g} over {seen.other_requests:g} cannot be"
        )
    if limit < 1:
        raise ValueError("a limit is 1 or more")
    if not seen.requests or not seen.other_requests:
        return before
    worse = seen.total / seen.requests > limit * seen.other_total / seen.other_requests
    more, less = _rounds(before.more, won=worse), _rounds(before.less, won=not worse)
    return Means(
        total=before.total + seen.total,
        requests=before.requests + seen.requests,
        other_total=before.other_total + seen.other_total,
        other_requests=before.other_requests + seen.other_requests,
        rounds=before.rounds + 1,
        worse=before.worse + worse,
        more=more,
        less=less,
        worst=max(before.worst, _mixed(more)),
        best=max(before.best, _mixed(less)),
    )


def judged_mean(state: Means) -> Judged:
    """What the rounds so far say; a mean has no interval here."""
    mean, other = _ratio(state.total, state.requests), _ratio(state.other_total, state.other_requests)
    return Judged(_verdict(state), mean, other, 0.0, math.inf, _grown(state.worst), _grown(state.best))


def more_rounds(state: Means) -> More | None:
    """As :func:`more`, of a mean."""
    if not state.rounds:
        return None
    lost = state.worse / state.rounds
    gains = [(math.log(1 + share), math.log(1 - share)) for share in _SHARES]
    each = [lost * won + (1 - lost) * gone for won, gone in gains]
    turned = [(1 - lost) * won + lost * gone for won, gone in gains]
    return _sooner(state, each, turned, 1.0)


def _rounds(before: Sequence[float], *, won: bool) -> tuple[float, ...]:
    before = before or (0.0,) * len(_SHARES)
    return tuple(
        round(bet + math.log(1 + share if won else 1 - share), 4) for bet, share in zip(before, _SHARES, strict=True)
    )


LEAST_ROUNDS = _steps((0.0,) * len(_SHARES), [math.log(1 + share) for share in _SHARES]) or 1
"""Rounds that decide it if all go one way."""
