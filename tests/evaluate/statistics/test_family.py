from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Verdict
from pulse_tui.evaluate.inputs import Unusable
from pulse_tui.evaluate.statistics.family import Part, adjusted, as_family, part, weighted
from pulse_tui.evaluate.statistics.judge import judge


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_the_adjustment_is_scipys(p: list[float]) -> None:
    assert adjusted(p) == pytest.approx(stats.false_discovery_control(p, method="bh"))


def test_the_adjustment_is_the_published_one() -> None:
    """The 15 p-values of Benjamini and Hochberg 1995, JRSS-B 57:289, section 3.2: four discoveries at 0.05."""
    p = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
    ]  # fmt: skip
    assert int((adjusted(p) <= 0.05).sum()) == 4


def test_a_diagnostic_fails_only_as_a_discovery_of_its_family() -> None:
    chance = np.random.default_rng(1)

    def said(loss: float) -> object:
        base = chance.normal(5, 1, 80)
        return judge(base, base + chance.normal(-loss, 1, 80), margin=0.0)

    lone = next(j for j in iter(lambda: said(0.2), None) if 0.01 < j.p_worse < 0.05)  # type: ignore[attr-defined]
    sure, calm = said(2.0), [said(0.0) for _ in range(40)]
    alone = as_family([lone])  # type: ignore[list-item]
    assert alone[0].verdict is Verdict.FAIL
    many = as_family([lone, sure, *calm])  # type: ignore[list-item]
    assert many[0].verdict is Verdict.INCONCLUSIVE
    assert "not among 42 diagnostics" in many[0].note
    assert many[1].verdict is Verdict.FAIL
    assert as_family([]) == []


def test_the_weighted_mean_carries_the_error_of_its_parts() -> None:
    parts = [Part(-0.02, 0.01, 1e9, 3.0), Part(0.01, 0.02, 1e9, 1.0)]
    said = weighted(parts, 0.02)
    error = math.sqrt((0.75 * 0.01) ** 2 + (0.25 * 0.02) ** 2)
    assert said.delta == pytest.approx(0.75 * -0.02 + 0.25 * 0.01)
    assert said.high - said.delta == pytest.approx(1.6448536 * error, rel=1e-6)


def test_two_parts_of_equal_weight_have_welchs_degrees_of_freedom() -> None:
    chance = np.random.default_rng(2)
    one, two = chance.normal(0, 1, 12), chance.normal(0.5, 3, 30)
    parts = [
        Part(float(one.mean()), float(stats.sem(one)), 11, 1.0),
        Part(-float(two.mean()), float(stats.sem(two)), 29, 1.0),
    ]
    said, reference = weighted(parts, 0.0), stats.ttest_ind(one, two, equal_var=False)
    interval = reference.confidence_interval(0.9)
    assert (2 * said.low, 2 * said.high) == pytest.approx((interval.low, interval.high))


@given(st.floats(0.01, 100))
def test_only_the_ratio_of_weights_counts(scale: float) -> None:
    parts = [Part(-0.1, 0.02, 20, 2.0), Part(0.05, 0.01, 30, 1.0)]
    one, two = weighted(parts, 0.02), weighted([p._replace(weight=p.weight * scale) for p in parts], 0.02)
    assert (one.low, one.high) == pytest.approx((two.low, two.high))
    assert one.verdict is two.verdict


def test_a_part_is_taken_from_a_judgement_in_the_direction_of_better() -> None:
    chance = np.random.default_rng(3)
    base, cand = chance.normal(100, 9, 50), chance.normal(110, 9, 50)
    taken = part(judge(base, cand, margin=1.0, higher_is_better=False), 2.0, higher_is_better=False)
    assert taken.gain == pytest.approx(-float((cand - base).mean()))
    assert taken.error == pytest.approx(float(stats.sem(cand - base)))


def test_a_part_without_bounds_leaves_the_mean_undecided_and_weights_must_weigh() -> None:
    assert weighted([Part(-1.0, math.inf, 5, 1.0), Part(0.0, 0.1, 5, 1.0)], 0.02).verdict is Verdict.INCONCLUSIVE
    for weights in ((0.0, 0.0), (1.0, -1.0)):
        with pytest.raises(Unusable, match="weights"):
            weighted([Part(0.0, 0.1, 5, w) for w in weights], 0.02)
