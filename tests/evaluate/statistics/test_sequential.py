from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.evals import Verdict
from pulse_tui.evaluate.inputs import Unusable
from pulse_tui.evaluate.statistics.sequential import evidence, watch


def canary(loss: float, noise: float, n: int, seed: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    drawn = np.random.default_rng(seed).random(n)
    return np.where(drawn < noise + loss, -1.0, np.where(drawn < 2 * noise + loss, 1.0, 0.0))


@pytest.mark.parametrize("mean", [0.0, -0.02, 0.3])
def test_the_stake_expects_no_growth_when_nothing_is_worse(mean: float) -> None:
    """Exactly: over all outcomes of four items at the hypothesis, the expectation of the e-process is 1."""
    up, down = 0.3 + max(mean, 0.0), 0.3 - min(mean, 0.0)
    chances = {1.0: up, -1.0: down, 0.0: 1 - up - down}
    expected = 0.0
    for outcome in itertools.product(chances, repeat=4):
        weight = math.prod(chances[x] for x in outcome)
        expected += weight * math.exp(float(evidence(np.array(outcome), mean)[-1]))
    assert expected == pytest.approx(1.0)


def test_looking_at_every_item_alarms_no_more_than_one_time_in_twenty() -> None:
    rounds = 300
    fails = sum(watch(canary(0.0, 0.08, 1_000, seed)).verdict is Verdict.FAIL for seed in range(rounds))
    assert fails / rounds <= 0.05


def test_four_points_lost_are_seen_within_two_thousand_items() -> None:
    found = [watch(canary(0.04, 0.05, 2_000, seed)) for seed in range(60)]
    assert sum(f.verdict is Verdict.FAIL for f in found) >= 57
    assert all(f.decided_at is not None and f.decided_at <= 2_000 for f in found if f.verdict is Verdict.FAIL)


def test_a_verdict_stands_whatever_comes_later() -> None:
    bad = canary(0.3, 0.05, 200, 1)
    good = canary(-0.05, 0.06, 800, 2)
    first, later = watch(bad), watch(np.concatenate([bad, good]))
    assert first.verdict is later.verdict is Verdict.FAIL
    assert first.decided_at == later.decided_at


def test_an_unchanged_canary_passes_with_a_margin_in_the_end() -> None:
    assert watch(np.zeros(2_000), margin=0.02).verdict is Verdict.PASS
    assert watch(np.zeros(20), margin=0.02).verdict is Verdict.INCONCLUSIVE


@given(st.lists(st.sampled_from([-1.0, -0.5, 0.0, 0.5, 1.0]), min_size=1, max_size=60))
def test_swapping_the_sides_turns_a_canary_around(gains: list[float]) -> None:
    there, back = watch(np.array(gains)), watch(-np.array(gains))
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low), abs=1e-9)
    assert (there.verdict is Verdict.FAIL) == (back.verdict is Verdict.PASS)


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), min_size=1, max_size=60), st.floats(0.1, 100))
def test_the_scale_of_the_scores_changes_nothing(gains: list[float], scale: float) -> None:
    one, two = watch(np.array(gains), margin=0.1), watch(np.array(gains) * scale, margin=0.1 * scale, span=scale)
    assert one.verdict is two.verdict
    assert two.e_worse == pytest.approx(one.e_worse, rel=1e-6)


def test_the_interval_holds_the_truth_at_every_look() -> None:
    missed = 0
    for seed in range(120):
        found = watch(canary(0.05, 0.1, 600, seed))
        missed += not found.low <= -0.05 <= found.high
    assert missed / 120 <= 0.10


def test_no_item_says_nothing_and_a_gain_off_the_scale_is_refused() -> None:
    empty = watch(np.zeros(0))
    assert (empty.verdict, empty.n) == (Verdict.INCONCLUSIVE, 0)
    with pytest.raises(Unusable, match="outside the scale"):
        watch(np.array([0.2, 3.0]))
