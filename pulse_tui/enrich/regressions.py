"""A run of a suite compared with its pinned baseline: signals for what got worse, names of what no longer holds."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from pulse_tui.domain.evals import EvalRun, Gate, Score, Task
from pulse_tui.domain.evidence import MetricEvidence, SuiteEvidence
from pulse_tui.domain.signal import Signal, fingerprint, signal_id
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment, Recommended, Severity, SignalType

Tasks = Mapping[tuple[str, str], Task]
"""The tasks of a suite by (task, metric)."""


def by_metric(tasks: Iterable[Task]) -> dict[tuple[str, str], Task]:
    """Tasks by the pair under which a run reports them."""
    return {(task.name, task.metric): task for task in tasks}


def condition(run: EvalRun, environment: Environment | None, score: Score) -> str:
    """The fingerprint of "this metric of this asset there is worse than the baseline"."""
    return fingerprint("regression", run.asset_id, environment, run.suite, score.task, score.metric)


def compare(
    run: EvalRun,
    baseline: EvalRun,
    tasks: Tasks,
    environment: Environment | None,
    now: datetime,
    owner: str | None,
) -> list[Signal]:
    """One signal for each listed metric that is worse than the baseline, by however little: policy has the margin.

    A metric that the suite does not list, or that one of the two runs does not have, is not
    compared (see :func:`missing`). When the suite's content is not the same in both runs, a
    ``suite_changed`` signal comes first and the comparisons carry half the confidence.
    """
    same = _same_suite(run, baseline)
    out = [] if same else [_suite_changed(run, baseline, environment, now, owner)]
    for task, score, evidence in _pairs(run, baseline, tasks):
        if evidence.worse_pp > 0:
            out.append(
                _regression(run, baseline, task, score, evidence, environment, now, owner, trust=1.0 if same else 0.5)
            )
    return out


def cleared(run: EvalRun, baseline: EvalRun, tasks: Tasks, environment: Environment | None) -> list[str]:
    """Fingerprints of conditions that no longer hold: metrics at least as good as the baseline.

    Nothing is cleared by a run of another suite content. A metric that is worse but within a
    rule's margin is for the rule to clear: its decision on the new signal is ``not_fired``.
    """
    if not _same_suite(run, baseline):
        return []
    out = [condition(run, environment, score) for _, score, e in _pairs(run, baseline, tasks) if e.worse_pp <= 0]
    if run.suite_digest is not None and baseline.suite_digest is not None:
        out.append(fingerprint("suite", run.asset_id, environment, run.suite))
    return out


def missing(run: EvalRun, tasks: Tasks) -> list[str]:
    """``task metric`` of every must-pass task that the run has no finite value for."""
    out = []
    for (name, metric), task in tasks.items():
        score = run.score(name, metric)
        if task.must_pass and (score is None or not math.isfinite(score.value)):
            out.append(f"{name} {metric}")
    return out


def _same_suite(run: EvalRun, baseline: EvalRun) -> bool:
    return None in (run.suite_digest, baseline.suite_digest) or run.suite_digest == baseline.suite_digest


def _pairs(run: EvalRun, baseline: EvalRun, tasks: Tasks) -> Iterator[tuple[Task, Score, MetricEvidence]]:
    for score in run.scores:
        task = tasks.get((score.task, score.metric))
        before = baseline.score(score.task, score.metric)
        if task is None or before is None or not (math.isfinite(score.value) and math.isfinite(before.value)):
            continue
        better = task.higher_is_better if task.higher_is_better is not None else score.higher_is_better
        yield (
            task,
            score,
            MetricEvidence(
                suite=run.suite,
                task=score.task,
                metric=score.metric,
                baseline=before.value,
                current=score.value,
                higher_is_better=better,
                must_pass=task.must_pass,
                n=score.n,
                scale=task.scale,
                baseline_run=baseline.id,
                candidate_run=run.id,
            ),
        )


def _severity(task: Task, worse_pp: float) -> Severity:
    if task.gate is Gate.DIAGNOSTIC:
        return Severity.LOW
    serious = task.gate is Gate.SAFETY or task.must_pass or worse_pp >= 5.0
    return Severity.HIGH if serious else Severity.MEDIUM


def _recommended(task: Task) -> Recommended:
    if task.gate is Gate.SAFETY:
        return Recommended.PAUSE
    return Recommended.MONITOR if task.gate is Gate.DIAGNOSTIC else Recommended.BLOCK


def _confidence(n: int | None) -> float:
    """Few items tell little; an unknown number tells less than many."""
    if n is None:
        return 0.7
    return 0.9 if n >= 100 else 0.6


def _regression(
    run: EvalRun,
    baseline: EvalRun,
    task: Task,
    score: Score,
    evidence: MetricEvidence,
    environment: Environment | None,
    now: datetime,
    owner: str | None,
    *,
    trust: float,
) -> Signal:
    safety = task.gate is Gate.SAFETY
    place = f"{run.asset_id} {environment.short}" if environment else run.asset_id
    return Signal(
        id=signal_id(run.source or "evals", "regression", run.id, baseline.id, score.task, score.metric, environment),
        source=run.source or "evals",
        signal_type=SignalType.SAFETY_REGRESSION if safety else SignalType.BENCHMARK_REGRESSION,
        asset_id=run.asset_id,
        environment=environment,
        baseline_version=baseline.version,
        current_version=run.version,
        severity=_severity(task, evidence.worse_pp),
        confidence=_confidence(score.n) * trust,
        recommended_action=_recommended(task),
        owner_team=owner,
        occurred_at=run.at,
        observed_at=now,
        title=clean(f"{score.task} {score.metric} {evidence.delta_pp:+.1f} pp on {place} {run.version}", 300),
        summary=(
            f"suite {run.suite}: {evidence.baseline:g} in {baseline.version} (run {baseline.id})"
            f" -> {evidence.current:g} in {run.version} (run {run.id})"
        ),
        evidence=evidence,
        fingerprint=condition(run, environment, score),
    )


def _suite_changed(
    run: EvalRun, baseline: EvalRun, environment: Environment | None, now: datetime, owner: str | None
) -> Signal:
    return Signal(
        id=signal_id(run.source or "evals", "suite", run.id, baseline.id, environment),
        source=run.source or "evals",
        signal_type=SignalType.SUITE_CHANGED,
        asset_id=run.asset_id,
        environment=environment,
        baseline_version=baseline.version,
        current_version=run.version,
        severity=Severity.HIGH,
        confidence=1.0,
        recommended_action=Recommended.REVIEW,
        owner_team=owner,
        occurred_at=run.at,
        observed_at=now,
        title=clean(f"suite {run.suite} is not what the baseline of {run.asset_id} ran", 300),
        summary="The numbers of the two runs are of different content: freeze the suite or pin a new baseline.",
        evidence=SuiteEvidence(
            suite=run.suite, expected_digest=baseline.suite_digest or "", digest=run.suite_digest or ""
        ),
        fingerprint=fingerprint("suite", run.asset_id, environment, run.suite),
    )
