from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.evaluate.delta import Verdict, delta


@pytest.mark.parametrize(
    ("baseline", "current", "verdict"),
    [(0.914, 0.862, Verdict.FAIL), (0.92, 0.90, Verdict.PASS), (0.92, 0.8999, Verdict.FAIL), (0.9, 0.95, Verdict.PASS)],
)
def test_worse_by_more_than_the_margin_fails(baseline: float, current: float, verdict: Verdict) -> None:
    assert delta(baseline, current, margin_pp=2.0).verdict is verdict


def test_a_metric_that_should_be_low_fails_when_it_rises() -> None:
    said = delta(0.01, 0.028, margin_pp=1.0, higher_is_better=False)
    assert (said.verdict, said.worse_pp) == (Verdict.FAIL, 1.8)


def test_percentages_are_not_multiplied_again() -> None:
    assert delta(91.4, 86.2, margin_pp=2.0, scale=1.0).delta_pp == -5.2


def test_what_is_no_number_neither_passes_nor_fails() -> None:
    assert delta(math.nan, 0.5, margin_pp=2.0).verdict is Verdict.INCONCLUSIVE


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 10))
def test_turning_the_metric_around_turns_what_is_worse(baseline: float, current: float, margin: float) -> None:
    up = delta(baseline, current, margin_pp=margin)
    down = delta(baseline, current, margin_pp=margin, higher_is_better=False)
    assert up.worse_pp == -down.worse_pp
    assert not (up.verdict is Verdict.FAIL and down.verdict is Verdict.FAIL)
