"""What a comparison means as signals, and which conditions are over."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.evals import Basis, EvalRun, Gate, TaskVerdict, Verdict
from pulse_tui.domain.evidence import CostEvidence, ServiceEvidence
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Recommended, Severity, SignalType
from pulse_tui.enrich.evals.regressions import (
    Compared,
    cleared,
    condition,
    content,
    everywhere,
    incomparable,
    signals,
    undecided,
)
from tests.enrich.build import BEFORE, CANARY, NOW, PRODUCTION
from tests.fakes.runs import comparison, run_of_sheets, sheet, verdict_line

PASS, FAIL, INCONCLUSIVE = Verdict.PASS, Verdict.FAIL, Verdict.INCONCLUSIVE


def run(ident: str = "1418", version: str = "3.8.2", **changes: Any) -> EvalRun:
    made = EvalRun(
        id=ident, asset_id="support-bot", version=version, suite="golden-v7", at=BEFORE, scores=(), source="evals"
    )
    return msgspec.structs.replace(made, **changes)


BASE = run("1407", "3.8.1")


def line(verdict: Verdict = FAIL, **changes: Any) -> TaskVerdict:
    """500 paired items that lost 5.2 points, on a must-pass task."""
    return verdict_line(verdict, **{"task": "refunds", **changes})


def jailbreak(verdict: Verdict = FAIL, **changes: Any) -> TaskVerdict:
    """Jailbreaks that succeed 1.8 points more often."""
    values: dict[str, Any] = {"task": "jailbreak", "metric": "success_rate", "gate": Gate.SAFETY, "margin": 0.01}
    values |= {"higher_is_better": False, "baseline": 0.01, "current": 0.028, "delta": 0.018, "low": 0.012}
    return line(verdict, **{**values, "high": 0.024, **changes})


def compared(*lines: TaskVerdict, refused: str = "", environment: Any = CANARY, **changes: Any) -> Compared:
    said = comparison("1418", "1407", *lines, refused=refused)
    return Compared(run(), BASE, said, environment, NOW, "ml-support")._replace(**changes)


def only(found: list[Signal]) -> Signal:
    (one,) = found
    return one


def test_each_line_that_is_worse_is_a_signal_with_its_interval_and_both_runs_as_evidence() -> None:
    accuracy, attack = signals(compared(line(), jailbreak()))
    assert (accuracy.signal_type, attack.signal_type) == (
        SignalType.BENCHMARK_REGRESSION,
        SignalType.SAFETY_REGRESSION,
    )
    proof = accuracy.evidence
    assert (proof.worse_pp, attack.evidence.worse_pp) == (5.2, 1.8)
    assert (proof.baseline_run, proof.candidate_run, proof.suite) == ("1407", "1418", "golden-v7")
    assert (proof.verdict, proof.basis, proof.low_pp, proof.high_pp, proof.margin, proof.n) == (
        FAIL, Basis.PAIRED, -7.4, -3.1, 0.02, 500,
    )  # fmt: skip
    assert (accuracy.baseline_version, accuracy.current_version, accuracy.owner_team) == (
        "3.8.1",
        "3.8.2",
        "ml-support",
    )
    assert accuracy.title == "refunds accuracy -5.2 pp [-7.4, -3.1] on support-bot canary 3.8.2"
    assert attack.title == "jailbreak success_rate +1.8 pp [+1.2, +2.4] on support-bot canary 3.8.2"
    assert accuracy.summary == (
        "suite golden-v7: 0.914 in 3.8.1 (run 1407) -> 0.862 in 3.8.2 (run 1418); FAIL by tango score"
    )
    assert (accuracy.severity, accuracy.recommended_action) == (Severity.HIGH, Recommended.BLOCK)
    assert (attack.severity, attack.recommended_action) == (Severity.HIGH, Recommended.PAUSE)


def test_worse_that_passes_is_told_so_that_rules_can_clear_and_better_is_no_news() -> None:
    slight = only(signals(compared(line(PASS, current=0.909, delta=-0.005))))
    assert (slight.evidence.verdict, slight.evidence.worse_pp) == (PASS, 0.5)
    assert (
        signals(compared(line(PASS, current=0.92, delta=0.006), line(PASS, task="b", current=0.914, delta=0.0))) == []
    )


@pytest.mark.parametrize(
    ("delta", "told"),
    [(-0.006, False), (0.0, False), (0.004, True)],
)
def test_a_metric_that_should_be_low_is_worse_when_it_rises(delta: float, told: bool) -> None:
    said = compared(jailbreak(PASS, current=0.01 + delta, delta=delta))
    assert bool(signals(said)) is told
    assert (condition(run(), CANARY, jailbreak()) in cleared(said)) is not told


def test_what_is_not_decided_is_told_under_a_name_of_its_own_and_asks_for_a_retest() -> None:
    told = only(signals(compared(line(INCONCLUSIVE, low=-0.04, high=0.01, more_items=240))))
    assert told.fingerprint == undecided(run(), CANARY, line())
    assert told.fingerprint != condition(run(), CANARY, line())
    assert (told.recommended_action, told.severity) == (Recommended.RETEST, Severity.LOW)
    assert told.evidence.more_items == 240


def test_beside_a_loss_that_is_proven_nobody_is_asked_to_measure_another_line_of_its_kind() -> None:
    said = compared(line(), line(INCONCLUSIVE, slice="long context"), jailbreak(INCONCLUSIVE))
    assert [(s.evidence.task, s.evidence.verdict) for s in signals(said)] == [
        ("refunds", FAIL),
        ("jailbreak", INCONCLUSIVE),
    ]
    over = cleared(said)
    assert undecided(run(), CANARY, line(slice="long context")) in over
    assert undecided(run(), CANARY, jailbreak()) not in over


def test_bare_safety_numbers_are_told_whatever_else_failed() -> None:
    bare = {"gate": Gate.SAFETY, "basis": Basis.RAW, "low": None, "high": None}
    said = compared(jailbreak(), line(INCONCLUSIVE, task="toxicity", **bare))
    assert [s.evidence.task for s in signals(said)] == ["jailbreak", "toxicity"]


def test_trust_goes_by_how_a_verdict_was_obtained() -> None:
    bases = (Basis.PAIRED, Basis.LIMIT, Basis.UNPAIRED, Basis.RAW)
    trusted = [only(signals(compared(line(basis=b, current=0.8)))).confidence for b in bases]
    assert trusted == sorted(trusted, reverse=True)
    assert trusted[0] == 0.95


def test_diagnostics_are_told_quietly() -> None:
    told = only(signals(compared(line(gate=Gate.DIAGNOSTIC, must_pass=False))))
    assert (told.severity, told.recommended_action) == (Severity.LOW, Recommended.MONITOR)


@pytest.mark.parametrize(
    ("metric", "kind"),
    [
        ("consistency", SignalType.CONSISTENCY_DROP),
        ("spread", SignalType.SPREAD_WIDENING),
        ("brier", SignalType.CALIBRATION_DRIFT),
        ("pass@8", SignalType.BENCHMARK_REGRESSION),
    ],
)
def test_what_is_made_from_items_has_a_type_of_its_own(metric: str, kind: SignalType) -> None:
    assert only(signals(compared(line(metric=metric)))).signal_type is kind


def test_a_latency_over_its_limit_is_a_breach_of_its_objective_and_one_within_is_over() -> None:
    slow = line(
        metric="p95_latency", basis=Basis.LIMIT, higher_is_better=False, baseline=900.0, current=1310.0, delta=160.0,
        low=None, high=None, margin=0.0, objective=1000.0,
    )  # fmt: skip
    told = only(signals(compared(slow)))
    assert told.signal_type is SignalType.LATENCY_BREACH
    assert told.evidence == ServiceEvidence(
        metric="p95_latency", value=1310.0, objective=1000.0, unit="ms", requests=500
    )
    assert told.title == "refunds p95_latency +160.0 ms on support-bot canary 3.8.2"
    for verdict, over in ((PASS, True), (INCONCLUSIVE, False)):
        said = compared(msgspec.structs.replace(slow, verdict=verdict))
        assert signals(said) == []
        assert (condition(run(), CANARY, slow) in cleared(said)) is over


def test_a_cost_that_rose_is_told_as_one() -> None:
    dear = line(
        metric="cost", higher_is_better=False, baseline=0.01, current=0.014, delta=0.4, low=0.3, high=0.5, margin=0.1
    )  # fmt: skip
    told = only(signals(compared(dear)))
    assert told.evidence == CostEvidence(metric="cost of refunds", baseline=0.01, current=0.014)
    assert told.title == "refunds cost +40.0 % [+30.0, +50.0] on support-bot canary 3.8.2"


def test_a_line_without_a_number_is_for_the_gate_and_no_signal() -> None:
    assert signals(compared(line(INCONCLUSIVE, current=None, delta=None, low=None, high=None))) == []


def test_an_item_that_must_never_fail_needs_no_baseline() -> None:
    never = line(
        slice="zero tolerance", basis=Basis.LIMIT, higher_is_better=False, baseline=None, current=0.5, delta=0.5,
        low=0.1, high=0.9, margin=0.0, note="must never fail, but failed: refund-007",
    )  # fmt: skip
    told = only(signals(compared(never)))
    assert (told.evidence.slice, told.evidence.worse_pp) == ("zero tolerance", 50.0)
    assert str(told.summary).endswith("must never fail, but failed: refund-007")


def test_a_condition_that_is_over_has_the_fingerprint_of_the_signal_that_began_it() -> None:
    bad = only(signals(compared(line())))
    good = compared(line(PASS, current=0.92, delta=0.006))
    assert bad.fingerprint in cleared(good)
    assert bad.fingerprint not in cleared(good._replace(environment=PRODUCTION))
    assert bad.fingerprint not in cleared(compared(line(PASS, slice="refund edge", current=0.92, delta=0.006)))


def test_what_is_not_decided_closes_no_loss_and_a_decision_closes_the_doubt() -> None:
    loss, doubt = condition(run(), CANARY, line()), undecided(run(), CANARY, line())
    assert {loss, doubt}.isdisjoint(cleared(compared(line(INCONCLUSIVE))))
    assert doubt in cleared(compared(line()))
    assert loss not in cleared(compared(line()))
    assert {loss, doubt} <= set(cleared(compared(line(PASS, delta=0.0))))


def test_a_run_that_could_not_be_compared_is_one_signal_and_clears_nothing() -> None:
    said = compared(refused="the suite's content differs: aa in 3.8.1, bb in 3.8.2")
    said = said._replace(run=run(suite_digest="sha256:bb"), baseline=run("1407", "3.8.1", suite_digest="sha256:aa"))
    told = only(signals(said))
    assert told.signal_type is SignalType.SUITE_CHANGED
    assert (told.evidence.expected_digest, told.evidence.digest) == ("sha256:aa", "sha256:bb")
    assert str(told.summary).startswith("the suite's content differs: aa in 3.8.1, bb in 3.8.2. ")
    assert cleared(said) == []
    assert told.fingerprint in cleared(compared(line()))


@pytest.mark.parametrize("digest", [None, "sha256:aa"])
@pytest.mark.parametrize("items", [True, False])
def test_runs_that_cannot_be_compared_never_look_alike(digest: str | None, items: bool) -> None:
    """Both state what is not frozen, or their items are not at hand: the rule compares these two."""
    sheets = (sheet(0.9, 10),) if items else ()
    one, other = (run(i, v, suite_digest=digest, sheets=sheets) for i, v in (("1407", "3.8.1"), ("1418", "3.8.2")))
    proof = only(signals(compared(refused="frozen is cc", run=other, baseline=one))).evidence
    assert proof.expected_digest != proof.digest


def test_the_content_of_a_run_goes_by_its_items_and_prompts_and_not_by_its_answers() -> None:
    def of(*prompts: str, share: float = 0.5) -> str:
        return content(run_of_sheets("1", "1", [sheet(share, 2, prompts=prompts)]))

    assert of("p", "q") == of("p", "q", share=1.0)
    assert len({of(), of("p", "q"), of("p", "r")}) == 3


def test_before_it_served_is_over_once_it_serves() -> None:
    over = everywhere(run(), [line()])
    for begun in (compared(line()), compared(line(INCONCLUSIVE)), compared(refused="other items")):
        assert only(signals(begun._replace(environment=None))).fingerprint in over
    assert incomparable(run(), CANARY) not in over


def test_the_same_telling_has_the_same_ids_and_every_other_one_is_news() -> None:
    said = compared(line(), jailbreak())
    first = [s.id for s in signals(said)]
    assert first == [s.id for s in signals(said)]
    others = [
        said._replace(now=NOW + timedelta(microseconds=1)),  # a baseline that was moved there and back
        said._replace(environment=PRODUCTION),
        compared(line(n=400), jailbreak(n=400)),  # its items came after its totals, in the same round
        said._replace(baseline=run("1400", "3.8.0")),
    ]
    ids = [*first, *(s.id for other in others for s in signals(other))]
    assert len(set(ids)) == len(ids)
