"""Rates and latencies against a pinned baseline, looked at after every round."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest

from pulse_tui.domain.tripwire import Count
from pulse_tui.evaluate.tripwire.sequential import (
    BACK,
    NEEDED,
    SPANS,
    level,
    rank_chance,
    returned,
    shift,
    slower,
)

PINNED = Count(12, 240)


def drawn(rate: float, rounds: int, seed: int, trials: int = 24) -> list[Count]:
    """Rounds at a rate."""
    rng = random.Random(seed)
    return [Count(sum(rng.random() < rate for _ in range(trials)), trials) for _ in range(rounds)]


def found_in(before: Count, rounds: Sequence[Count]) -> int | None:
    """The round after which it is a shift."""
    for number in range(1, len(rounds) + 1):
        seen = shift(before, rounds[:number])
        if seen is not None and seen.shifted:
            return number
    return None


@pytest.mark.parametrize("rate", [0.0, 0.01, 0.05, 0.2, 0.5, 0.95])
def test_an_unchanged_rate_is_no_shift_in_a_thousand_rounds(rate: float) -> None:
    for seed in range(3):
        learned = drawn(rate, 10, seed)
        before = Count(sum(c.hits for c in learned), sum(c.of for c in learned))
        assert found_in(before, drawn(rate, 1_000, 100 + seed)) is None


@pytest.mark.parametrize(("rate", "most"), [(0.5, 2), (0.25, 15)])
def test_another_rate_is_found_within_the_stated_rounds(rate: float, most: int) -> None:
    numbers = [found_in(PINNED, drawn(rate, most, seed)) for seed in range(20)]
    assert sum(n is not None for n in numbers) >= 19


def test_a_rate_that_falls_is_a_shift_too() -> None:
    assert found_in(Count(228, 240), drawn(0.6, 5, 1)) is not None


def test_the_window_begins_where_the_change_speaks_most() -> None:
    before = drawn(0.05, 30, 2)
    seen = shift(PINNED, [*before, *drawn(0.5, 2, 3)])
    assert seen is not None
    assert (seen.shifted, seen.rounds) == (True, 2)


def test_a_small_baseline_decides_less_than_a_large_one() -> None:
    rounds = [Count(6, 24)] * 4
    small, large = shift(Count(3, 60), rounds), shift(Count(12, 240), rounds)
    assert small is not None
    assert large is not None
    assert small.evidence < large.evidence < NEEDED + 3


def test_without_a_baseline_or_a_trial_nothing_is_compared() -> None:
    assert shift(Count(), [Count(5, 24)]) is None
    assert shift(PINNED, [Count(), Count()]) is None
    assert shift(PINNED, []) is None


def test_a_shift_returns_after_five_rounds_within_and_not_before() -> None:
    shifted, back = Count(36, 72), [Count(1, 24)] * BACK
    assert not returned(PINNED, shifted, back[:-1])
    assert returned(PINNED, shifted, back)
    assert not returned(PINNED, shifted, [Count(12, 24)] * 20)


def test_rounds_that_show_nothing_return_nothing() -> None:
    assert not returned(PINNED, Count(36, 72), [Count()] * 20)


def test_ranks_are_as_likely_as_the_exact_test_has_it() -> None:
    scipy = pytest.importorskip("scipy.stats")
    rng = random.Random(1)
    for size in (5, 12, 24):
        one, other = [rng.gauss(0, 1) for _ in range(10)], [rng.gauss(0.7, 1) for _ in range(size)]
        assert rank_chance(one, other) == pytest.approx(scipy.mannwhitneyu(one, other, method="exact").pvalue)


def test_equal_latencies_are_no_evidence() -> None:
    assert rank_chance([5.0] * 10, [5.0] * 12) == 1.0


def latencies(median_ms: float, rounds: int, seed: int, spread: float = 0.15) -> list[float]:
    rng = random.Random(seed)
    return [median_ms * math.exp(rng.gauss(0, spread)) for _ in range(rounds)]


def test_latency_is_judged_over_three_days_at_least() -> None:
    before = latencies(400, 10, 1)
    assert slower(before, latencies(4_000, SPANS[0] - 1, 2)) is None
    seen = slower(before, latencies(4_000, SPANS[0], 2))
    assert seen is not None
    assert seen.rounds == SPANS[0]


def test_a_difference_that_is_sure_and_small_is_no_shift() -> None:
    assert slower(latencies(400, 10, 1, 0.001), latencies(440, 48, 2, 0.001)) is None


def test_latency_returns_with_the_last_rounds() -> None:
    before = latencies(400, 10, 1)
    assert level(before, latencies(410, BACK, 2, 0.05))
    assert not level(before, latencies(900, BACK, 2, 0.05))
    assert not level(before, latencies(400, BACK - 1, 2))
