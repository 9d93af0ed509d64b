"""What the suites say of a release: compared with the baseline, and judged by what policy decided of the run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from pulse_tui.domain.evals import EvalRun, Gate, Task, Verdict
from pulse_tui.domain.moments import EPOCH
from pulse_tui.domain.release import Release
from pulse_tui.domain.words import Environment, Outcome
from pulse_tui.enrich.regressions import by_metric, compare, missing
from pulse_tui.policy.gate import GateStatus
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.settings.shapes import SuiteShape


class SuiteWord(NamedTuple):
    """What one suite says of a release, for one kind of gate."""

    status: GateStatus
    detail: str
    todo: str = ""
    run: EvalRun | None = None


class MetricWord(NamedTuple):
    """One metric of a run against the baseline's."""

    task: Task
    value: float
    baseline: float
    delta_pp: float
    verdict: Verdict


def suite_words(tx: Transaction, parts: JudgeParts, release: Release, kind: Gate) -> list[SuiteWord]:
    """A word of each suite that guards ``kind`` and names the asset: as a baseline, or by a run of this release."""
    words = []
    for suite in parts.suites.values():
        if any(t.gate is kind for t in suite.tasks):
            run, baseline = runs_of(tx, suite, release)
            if run is not None or baseline is not None or release.asset_id in suite.baselines:
                words.append(_word(tx, suite, release, kind, run, baseline))
    if words:
        return words
    todo = f"Name {release.asset_id} in the baselines of a {kind.value} suite and run it"
    return [SuiteWord(GateStatus.UNCONFIGURED, f"no {kind.value} suite names {release.asset_id}", todo)]


def runs_of(tx: Transaction, suite: SuiteShape, release: Release) -> tuple[EvalRun | None, EvalRun | None]:
    """(the newest run of the suite on this release, the asset's baseline)."""
    runs = [run for _, run in tx.evals.runs(release.asset_id, suite.id) if run.version == release.version]
    return (runs[-1] if runs else None), tx.evals.baseline(release.asset_id, suite.id)


def metric_words(tx: Transaction, suite: SuiteShape, run: EvalRun, baseline: EvalRun) -> Iterator[MetricWord]:
    """Each metric that both runs have. Worse is FAIL when a rule fired on it, INCONCLUSIVE when none could judge."""
    tasks = by_metric(suite.tasks)
    outcomes = _outcomes(tx, suite, run, baseline)
    for (name, metric), task in tasks.items():
        now, then = run.score(name, metric), baseline.score(name, metric)
        if now is None or then is None or not (math.isfinite(now.value) and math.isfinite(then.value)):
            continue
        better = task.higher_is_better if task.higher_is_better is not None else now.higher_is_better
        delta = round((now.value - then.value) * task.scale, 6)
        worse = -delta if better else delta
        verdict = _verdict(worse, outcomes.get((name, metric), set()))
        yield MetricWord(task, now.value, then.value, delta, verdict)


def _word(
    tx: Transaction, suite: SuiteShape, release: Release, kind: Gate, run: EvalRun | None, baseline: EvalRun | None
) -> SuiteWord:
    if run is None:
        detail = f"{suite.id} was not run on {release.version}"
        return SuiteWord(GateStatus.MISSING, detail, f"Run {suite.id} on {release.version} and ingest the result")
    if baseline is None:
        named = suite.baselines.get(release.asset_id)
        detail = f"run {run.id} was not compared: baseline {named or '(none)'} has no run of {suite.id}"
        return SuiteWord(GateStatus.FAILED, detail, f"Run {suite.id} on {named or 'a good release'} first", run)
    if baseline.id == run.id:
        return SuiteWord(GateStatus.OK, f"run {run.id} is the baseline of {suite.id} itself", run=run)
    if None not in (run.suite_digest, baseline.suite_digest) and run.suite_digest != baseline.suite_digest:
        detail = f"run {run.id} was of another content of {suite.id} than the baseline {baseline.id}"
        return SuiteWord(GateStatus.FAILED, detail, "Freeze the suite, or pin a baseline of its new content", run)
    bare = missing(run, {k: t for k, t in by_metric(suite.tasks).items() if t.gate is kind})
    if bare:
        detail = f"run {run.id} of {suite.id} has no value for {', '.join(bare[:5])}"
        return SuiteWord(GateStatus.FAILED, detail, f"Run {suite.id} to its end", run)
    mine = [m for m in metric_words(tx, suite, run, baseline) if m.task.gate is kind]
    uncompared = [f"{t.name} {t.metric}" for t in suite.tasks if t.gate is kind and t.must_pass]
    uncompared = [u for u in uncompared if u not in {f"{m.task.name} {m.task.metric}" for m in mine}]
    if uncompared:
        detail = f"run {run.id} was not compared: the baseline {baseline.id} has no {', '.join(uncompared[:5])}"
        return SuiteWord(GateStatus.FAILED, detail, f"Run {suite.id} on {baseline.version} again", run)
    return _judged(suite, run, baseline, [m for m in mine if m.task.must_pass])


def _judged(suite: SuiteShape, run: EvalRun, baseline: EvalRun, metrics: list[MetricWord]) -> SuiteWord:
    bad = [m for m in metrics if m.verdict is not Verdict.PASS]
    if bad:
        told = "; ".join(
            f"{m.task.name} {m.task.metric} {m.baseline:g} -> {m.value:g}: {m.delta_pp:+.1f} pp, {m.verdict.value}"
            for m in bad[:5]
        )
        detail = f"run {run.id} of {suite.id} against {baseline.version}: {told}"
        return SuiteWord(GateStatus.FAILED, detail, "Fix what got worse and measure again", run)
    detail = f"run {run.id} of {suite.id} was compared with {baseline.version}: PASS (raw delta, no statistics)"
    return SuiteWord(GateStatus.OK, detail, run=run)


def _verdict(worse: float, outcomes: set[Outcome]) -> Verdict:
    if worse <= 0 or outcomes == {Outcome.NOT_FIRED}:
        return Verdict.PASS
    return Verdict.FAIL if Outcome.FIRED in outcomes else Verdict.INCONCLUSIVE


def _outcomes(
    tx: Transaction, suite: SuiteShape, run: EvalRun, baseline: EvalRun
) -> dict[tuple[str, str], set[Outcome]]:
    """What the rules said of each metric of the run that is worse, wherever the release served when it came in."""
    found: dict[tuple[str, str], set[Outcome]] = {}
    for environment in (None, *Environment):
        for signal in compare(run, baseline, by_metric(suite.tasks), environment, EPOCH, None):
            about = (getattr(signal.evidence, "task", ""), getattr(signal.evidence, "metric", ""))
            for decision in tx.judgements.decisions(signal_id=signal.id):
                found.setdefault(about, set()).add(decision.outcome)
    return found
