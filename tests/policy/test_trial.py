"""Another threshold on stored facts: found where it stands in the text, as short as it can be, never lower than the present one."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.words import Outcome, Priority, SignalType
from pulse_tui.enrich.variables import VARIABLES
from pulse_tui.policy.conditions import engine
from pulse_tui.policy.rules import Rule
from pulse_tui.policy.trial import Threshold, Trial, between, thresholds


def rule(*conditions: str) -> Rule:
    return Rule(
        id="r",
        owner="o",
        review=date(2027, 1, 1),
        on=(SignalType.LATENCY_BREACH,),
        priority=Priority.P2,
        all=conditions,
    )


def found(text: str) -> list[Threshold]:
    return list(thresholds(rule(text)))


def test_a_threshold_is_found_inside_a_longer_condition_and_not_inside_a_text_or_a_sum() -> None:
    (one,) = found('asset.id != "service.ratio > 9.0" && service.ratio > 1.15')
    assert (one.variable, one.operator, one.value, one.rises) == ("service.ratio", ">", 1.15, True)
    assert one.moved(1.3) == 'asset.id != "service.ratio > 9.0" && service.ratio > 1.3'
    assert found("service.value > 1.15 * service.objective") == []
    assert found("1.15 < service.ratio") == []
    assert [t.moved(2) for t in found("note.days_left <= 14")] == ["note.days_left <= 2"]


@pytest.mark.parametrize(
    ("text", "dropped", "kept", "value"),
    [
        ("service.ratio > 1.15", [1.2, 1.31], [1.9], 1.4),
        ("service.ratio > 1.15", [1.2, 1.31], [1.32], 1.31),
        ("service.ratio >= 1.15", [1.2, 1.31], [1.4], 1.4),
        ("service.ratio > 1.15", [1.2], [], 2.0),
        ("service.ratio > 1.15", [1.5], [1.4], None),
        ("service.ratio > 1.15", [1.4], [1.4], None),
        ("service.ratio < 0.9", [0.8, 0.7], [0.2], 0.7),
        ("note.days_left <= 30", [29, 20], [5], 19),
        ("service.ratio > 1.15", [1.0], [], None),
        ("service.ratio > 1.15", [], [2.0], None),
    ],
)
def test_the_shortest_number_that_parts_noise_from_what_must_stay(
    text: str, dropped: list[float], kept: list[float], value: float | None
) -> None:
    (one,) = found(text)
    number = between(one, dropped, kept)
    assert number == pytest.approx(value) if value is not None else number is None


_RATIO = st.floats(1.16, 5).map(lambda v: round(v, 4))


@given(st.lists(_RATIO, min_size=1, max_size=6), st.lists(_RATIO, max_size=6))
def test_a_number_that_is_found_drops_all_that_it_should_and_nothing_else(
    dropped: list[float], kept: list[float]
) -> None:
    (one,) = found("service.ratio > 1.15")
    number = between(one, dropped, kept)
    if number is None:
        assert kept
        assert max(dropped) >= min(kept) - 1e-6
        return
    trial = Trial(engine(VARIABLES), rule(one.condition), {one.condition: one.moved(number)})
    outcomes = {v: trial.outcome({"service.ratio": v}) for v in (*dropped, *kept)}
    assert {v for v, o in outcomes.items() if o is Outcome.FIRED} == set(kept)


def test_a_fact_that_does_not_say_leaves_the_trial_undecided_and_bad_text_is_an_error() -> None:
    trial = Trial(engine(VARIABLES), rule("service.ratio > 1.15"))
    assert trial.outcome({}) is Outcome.INDETERMINATE
    with pytest.raises(ValueError, match="service"):
        Trial(engine(VARIABLES), rule("service.ratio > 1.15"), {"service.ratio > 1.15": "service.ratio > >"})
