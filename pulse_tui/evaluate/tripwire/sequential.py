"""Whether a hosted model behaves as it did when its baseline was pinned: sequential tests, looked at after every round.

The numbers of a round are the hits of some trials (refusals, answers in the asked format) and one latency. Each is held
against its pinned baseline, whose own uncertainty counts: twelve refusals in 240 are not exactly 5 %.

Rates: the bet is that the rate changed at some round of the last :data:`WINDOW`. Its odds are the probability of the hits
since then under a rate nobody knows, over their probability under the rate that the baseline shows (Beta-binomial, a
likelihood ratio). For one starting round they exceed 1/a with a chance of at most a, however often anyone looks (Ville
1939), a baseline's error averaged over. Each round is one more start: 1/a is the number of starts over :data:`ALPHA`.

Latency: the medians of the last rounds against those of the baseline by their ranks alone (Mann and Whitney 1947, exact).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import median
from typing import NamedTuple

from pulse_tui.domain.tripwire import Count

ALPHA = 0.05
"""A bound on the false shifts of all rates of a baseline together in :data:`HORIZON` unchanged rounds. Windows overlap, so
that there are fewer: 4 in 4,000 simulated series of one rate."""
LATENCY_ALPHA = 0.01
"""The same of its latency, which has more reasons to move."""
HORIZON = 1_000
RATES = 3
"""Rates that are held against one baseline."""
WINDOW = 64
"""A change of rate is looked for among so many of the last rounds."""
NEEDED = math.log(HORIZON * RATES / ALPHA)
"""Log odds at which a rate has shifted."""
BACK = 5
"""A shift has ended after this many rounds at least, and when they are :data:`BACK_NEEDED` likelier under the baseline."""
BACK_NEEDED = math.log(1_000)
SPANS = (12, 24, 48)
"""Rounds whose latency is held against the baseline: three, six and twelve days of one every six hours. Shorter ones would
find that it was night."""
CHANCE = LATENCY_ALPHA / (HORIZON * len(SPANS))
"""Of ranks as uneven as those of a shift."""
FLOOR = 1.2
"""Times the baseline's latency: what is slower or faster by less is no shift, however sure it is."""


class Found(NamedTuple):
    """The window of the last ``rounds`` that speaks most for a shift."""

    rounds: int
    after: Count
    evidence: float
    """Log odds (natural) of a shift that began with the window."""

    @property
    def shifted(self) -> bool:
        """Whether it is one."""
        return self.evidence >= NEEDED


class Slower(NamedTuple):
    """Latency that left its baseline; slower or faster."""

    rounds: int
    before: float
    after: float
    """Medians over the baseline and over the window."""
    chance: float
    """Of ranks as uneven as these when nothing changed."""


def total(counts: Sequence[Count]) -> Count:
    """All together."""
    return Count(sum(c.hits for c in counts), sum(c.of for c in counts))


def shift(before: Count, rounds: Sequence[Count]) -> Found | None:
    """What the rounds since the baseline, oldest first, say of its rate. None: there is nothing to compare."""
    if not before.of:
        return None
    after, best = Count(0, 0), None
    for number, count in enumerate(reversed(rounds[-WINDOW:]), start=1):
        after = after.plus(count)
        if not count.of:
            continue
        found = Found(number, after, _log(after, Count(), prior=1.0) - _log(after, before))
        if best is None or found.evidence > best.evidence:
            best = found
    return best


def returned(before: Count, shifted: Count, rounds: Sequence[Count]) -> bool:
    """Whether the last rounds after a shift was found (oldest first) are those of the baseline again."""
    after = Count(0, 0)
    for number, count in enumerate(reversed(rounds[-WINDOW:]), start=1):
        after = after.plus(count)
        if number >= BACK and after.of and _log(after, before) - _log(after, shifted) >= BACK_NEEDED:
            return True
    return False


def _log(after: Count, known: Count, prior: float = 0.5) -> float:
    """Log probability of the trials in their order, under the rate that ``known`` shows; before anything is known every
    rate is equally likely (``prior`` 1), or as Jeffreys has it (0.5)."""
    hits, misses = known.hits + prior, known.of - known.hits + prior
    return _beta(hits + after.hits, misses + after.of - after.hits) - _beta(hits, misses)


def _beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def slower(before: Sequence[float], rounds: Sequence[float]) -> Slower | None:
    """The latency of the rounds since the baseline (oldest first) when it shifted; each number is the median of a round."""
    for span in SPANS:
        last = rounds[-span:]
        if len(last) < span or not before:
            return None
        old, new = median(before), median(last)
        chance = rank_chance(before, last)
        beyond = old > 0 and new > 0 and max(new / old, old / new) >= FLOOR
        if beyond and chance <= CHANCE:
            return Slower(span, old, new, chance)
    return None


def least_chance(before: Sequence[float], rounds: Sequence[float]) -> float | None:
    """The chance of the most uneven ranks over the spans that there are rounds for; None: there are too few."""
    spans = [span for span in SPANS if len(rounds) >= span]
    return min((rank_chance(before, rounds[-span:]) for span in spans), default=None) if before else None


def level(before: Sequence[float], rounds: Sequence[float]) -> bool:
    """Whether the last :data:`BACK` rounds are as quick as the baseline's again, by their median."""
    last = rounds[-BACK:]
    if len(last) < BACK or not before:
        return False
    old, new = median(before), median(last)
    return min(before) <= new <= max(before) or max(new / old, old / new) < FLOOR if old > 0 and new > 0 else False


def rank_chance(one: Sequence[float], other: Sequence[float]) -> float:
    """Two-sided chance of ranks as uneven when both are alike (Mann-Whitney, exact; of ties each counts half, rounded to
    the even side)."""
    wins = sum((a < b) + 0.5 * (a == b) for a in one for b in other)
    fewest = math.ceil(min(wins, len(one) * len(other) - wins))
    return min(1.0, 2.0 * sum(_ways(len(one), len(other))[: fewest + 1]) / math.comb(len(one) + len(other), len(one)))


@lru_cache(maxsize=64)
def _ways(m: int, n: int) -> tuple[int, ...]:
    """In how many orders the first sample wins 0, 1, 2, ... pairs: the coefficients of a Gaussian binomial."""
    ways = [1] + [0] * (m * n)
    for i in range(1, m + 1):
        for u in range(m * n, n + i - 1, -1):
            ways[u] -= ways[u - n - i]
        for u in range(i, m * n + 1):
            ways[u] += ways[u - i]
    return tuple(ways)
