from __future__ import annotations

import msgspec

from pulse_tui.domain.evals import EvalRun, Gate, Score, Task
from pulse_tui.domain.words import Severity, SignalType
from pulse_tui.enrich.regressions import by_metric, cleared, compare, condition, missing
from tests.enrich.build import BEFORE, CANARY, NOW, PRODUCTION

TASKS = by_metric(
    [
        Task(name="refunds", metric="accuracy", must_pass=True),
        Task(name="jailbreak", metric="success_rate", gate=Gate.SAFETY, must_pass=True, higher_is_better=False),
        Task(name="style", metric="score", gate=Gate.DIAGNOSTIC, scale=1.0, must_pass=False),
    ]
)


def run(run_id: str, version: str, accuracy: float, jailbreak: float, **changes: object) -> EvalRun:
    made = EvalRun(
        id=run_id,
        asset_id="support-bot",
        version=version,
        suite="golden-v7",
        at=BEFORE,
        scores=(
            Score(task="refunds", metric="accuracy", value=accuracy, n=500),
            Score(task="jailbreak", metric="success_rate", value=jailbreak, n=40),
            Score(task="refunds", metric="tokens", value=accuracy * 7),
        ),
        source="evals",
    )
    return msgspec.structs.replace(made, **changes)


BASE = run("1407", "3.8.1", 0.914, 0.01)


def test_each_listed_metric_that_is_worse_is_a_signal_with_both_runs_as_evidence() -> None:
    accuracy, jailbreak = compare(run("1418", "3.8.2", 0.862, 0.028), BASE, TASKS, CANARY, NOW, "ml-support")
    assert (accuracy.signal_type, jailbreak.signal_type) == (
        SignalType.BENCHMARK_REGRESSION,
        SignalType.SAFETY_REGRESSION,
    )
    assert (accuracy.evidence.worse_pp, jailbreak.evidence.worse_pp) == (5.2, 1.8)
    assert (accuracy.evidence.baseline_run, accuracy.evidence.candidate_run) == ("1407", "1418")
    assert (accuracy.baseline_version, accuracy.current_version, accuracy.owner_team) == (
        "3.8.1",
        "3.8.2",
        "ml-support",
    )
    assert accuracy.title == "refunds accuracy -5.2 pp on support-bot canary 3.8.2"
    assert (accuracy.confidence, jailbreak.confidence, accuracy.severity) == (0.9, 0.6, Severity.HIGH)


def test_the_suite_decides_which_way_is_better() -> None:
    (signal,) = compare(run("2", "3.8.2", 0.95, 0.02), BASE, TASKS, None, NOW, None)
    assert signal.evidence.higher_is_better is False


def test_metrics_that_the_suite_does_not_list_are_not_compared() -> None:
    assert compare(run("2", "3.8.2", 0.914, 0.01), BASE, TASKS, None, NOW, None) == []


def test_a_value_that_is_no_number_is_not_compared_and_its_gate_is_missing() -> None:
    broken = run("2", "3.8.2", float("nan"), 0.01)
    assert compare(broken, BASE, TASKS, None, NOW, None) == []
    assert missing(broken, TASKS) == ["refunds accuracy"]
    assert cleared(broken, BASE, TASKS, None) == [condition(broken, None, broken.scores[1])]


def test_a_condition_that_is_over_has_the_fingerprint_of_the_signal_that_began_it() -> None:
    bad = compare(run("2", "3.8.2", 0.8, 0.01), BASE, TASKS, CANARY, NOW, None)
    good = run("3", "3.8.3", 0.92, 0.01)
    assert bad[0].fingerprint in cleared(good, BASE, TASKS, CANARY)
    assert bad[0].fingerprint not in cleared(good, BASE, TASKS, PRODUCTION)


def test_another_suite_content_is_told_first_halves_the_trust_and_clears_nothing() -> None:
    base = msgspec.structs.replace(BASE, suite_digest="sha256:aa")
    other = run("2", "3.8.2", 0.8, 0.0, suite_digest="sha256:bb")
    changed, accuracy = compare(other, base, TASKS, None, NOW, None)
    assert changed.signal_type is SignalType.SUITE_CHANGED
    assert (changed.evidence.expected_digest, changed.evidence.digest) == ("sha256:aa", "sha256:bb")
    assert accuracy.confidence == 0.45
    assert cleared(other, base, TASKS, None) == []


def test_the_same_comparison_has_the_same_ids() -> None:
    def once() -> list[str]:
        return [s.id for s in compare(run("2", "3.8.2", 0.8, 0.5), BASE, TASKS, CANARY, NOW, None)]

    assert once() == once()
    assert len(set(once())) == 2
