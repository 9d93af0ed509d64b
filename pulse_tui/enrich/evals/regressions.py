"""What a comparison means as signals: one for each line that is worse or not decided, and what is over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec

from pulse_tui.domain.evals import Basis, Comparison, EvalRun, Gate, TaskVerdict, Verdict
from pulse_tui.domain.evidence import CostEvidence, Evidence, MetricEvidence, ServiceEvidence, SuiteEvidence
from pulse_tui.domain.metrics import Made, made_of
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment, Recommended, Severity, SignalType
from pulse_tui.enrich.evals.said import interval_words

_TYPES: dict[Made, SignalType] = {
    Made.CONSISTENCY: SignalType.CONSISTENCY_DROP,
    Made.SPREAD: SignalType.SPREAD_WIDENING,
    Made.BRIER: SignalType.CALIBRATION_DRIFT,
    Made.LATENCY: SignalType.LATENCY_BREACH,
    Made.COST: SignalType.COST_CHANGE,
}


class Held(NamedTuple):
    """A run held against its baseline, where it serves, and when that became known."""

    run: EvalRun
    baseline: EvalRun
    comparison: Comparison
    environment: Environment | None
    now: datetime
    owner: str | None


def condition(run: EvalRun, environment: Environment | None, line: TaskVerdict) -> str:
    """The fingerprint of "this metric of this asset there is worse than the baseline"."""
    part = (line.slice,) if line.slice else ()
    return fingerprint("regression", run.asset_id, _place(run, environment), run.suite, line.task, line.metric, *part)


def undecided(run: EvalRun, environment: Environment | None, line: TaskVerdict) -> str:
    """The fingerprint of "nobody can say yet whether it is worse": it neither opens nor closes that it is worse."""
    about = (run.suite, line.task, line.metric, line.slice)
    return fingerprint("undecided", run.asset_id, _place(run, environment), *about)


def _place(run: EvalRun, environment: Environment | None) -> str:
    """Where it serves; a release that serves nowhere stands for itself, beside others that do not serve either."""
    return environment.value if environment is not None else f"@{run.version}"


def incomparable(run: EvalRun, environment: Environment | None) -> str:
    """The fingerprint of "what this asset's suite asks is not what the baseline was asked"."""
    return fingerprint("suite", run.asset_id, _place(run, environment), run.suite)


def signals(held: Held) -> list[Signal]:
    """What to tell: that the two cannot be compared, or each line that is worse, by however little, or not decided.

    Policy has the last word: a rule may ask for the verdict, or for the raw difference. Beside a must-pass line that
    failed, nobody is asked to measure more so that another of its kind is decided.
    """
    if held.comparison.refused:
        return [_incomparable(held)]
    lines = [v for v in held.comparison.verdicts if not _moot(held.comparison, v)]
    return [s for line in lines if (s := _signal(held, line)) is not None]


def cleared(held: Held) -> list[str]:
    """Fingerprints of conditions that are over. Nothing is over by a run that could not be compared.

    A line that is worse but passes is for the rule to clear: its decision on the new signal is ``not_fired``. A line
    that is not decided clears nothing.
    """
    run, where = held.run, held.environment
    if held.comparison.refused:
        return []
    over = [incomparable(run, where)]
    for line in held.comparison.verdicts:
        if line.verdict is not Verdict.INCONCLUSIVE or _moot(held.comparison, line):
            over.append(undecided(run, where, line))
        if line.verdict is Verdict.PASS and (line.worse <= 0 or _made(line) in (Made.LATENCY, Made.COST)):
            over.append(condition(run, where, line))
    return over


def _moot(comparison: Comparison, line: TaskVerdict) -> bool:
    """Whether it no longer matters that the line is not decided. Bare numbers are for the rules: a statistic said nothing."""
    undecided_ = line.verdict is Verdict.INCONCLUSIVE and line.basis is not Basis.RAW
    return undecided_ and comparison.verdict(line.gate) is Verdict.FAIL


def everywhere(run: EvalRun, verdicts: Iterable[TaskVerdict]) -> list[str]:
    """Conditions of the run before it served anywhere: from now on they are told of the places where it serves."""
    lines = (f for line in verdicts for f in (condition(run, None, line), undecided(run, None, line)))
    return [incomparable(run, None), *lines]


def content(run: EvalRun) -> str:
    """What a run was asked: the digest that it states, else one over its items and prompts, else its name."""
    if run.suite_digest is not None:
        return run.suite_digest
    if not run.sheets:
        return f"run:{run.id}"
    asked = [[s.task, list(zip(s.items, s.prompts or [""] * len(s.items), strict=True))] for s in run.sheets]
    return "items:" + hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _made(line: TaskVerdict) -> Made:
    return made_of(line.metric)


def _signal(held: Held, line: TaskVerdict) -> Signal | None:
    if line.verdict is Verdict.PASS and line.worse <= 0:
        return None
    evidence = _evidence(held, line)
    if evidence is None:
        return None
    run = held.run
    open_ = line.verdict is Verdict.INCONCLUSIVE
    place = f"{run.asset_id} {held.environment.short}" if held.environment else run.asset_id
    part = f" ({line.slice})" if line.slice else ""
    return observed(
        _type(line),
        source=run.source or "evals",
        event=("regression", *_telling(held), msgspec.json.encode(line).decode()),
        fingerprint=undecided(run, held.environment, line) if open_ else condition(run, held.environment, line),
        asset_id=run.asset_id,
        environment=held.environment,
        baseline_version=held.baseline.version,
        current_version=run.version,
        owner_team=held.owner,
        severity=_severity(line),
        confidence=_confidence(line),
        recommended=_recommended(line),
        at=run.at,
        now=held.now,
        title=f"{line.task} {line.metric}{part} {interval_words(line)} on {place} {run.version}",
        summary=(
            f"suite {run.suite}: {_number(line.baseline)} in {held.baseline.version} (run {held.baseline.id})"
            f" -> {_number(line.current)} in {run.version} (run {run.id}); {line.verdict.value} by {line.method}"
            + (f"; {line.note}" if line.note else "")
        ),
        evidence=evidence,
    )


def _evidence(held: Held, line: TaskVerdict) -> Evidence | None:
    """None where there is nothing to tell as a signal: the gate still says that it was not decided."""
    made = _made(line)
    if made in (Made.LATENCY, Made.COST):
        return _limit(line, made) if line.verdict is Verdict.FAIL else None
    if line.current is None or (line.baseline is None and line.basis is not Basis.LIMIT):
        return None
    return MetricEvidence(
        suite=held.run.suite,
        task=line.task,
        metric=line.metric,
        baseline=line.baseline if line.baseline is not None else 0.0,
        current=line.current,
        higher_is_better=line.higher_is_better,
        must_pass=line.must_pass,
        n=line.n,
        scale=line.scale,
        baseline_run=held.baseline.id,
        candidate_run=held.run.id,
        gate=line.gate,
        verdict=line.verdict,
        basis=line.basis,
        slice=line.slice or None,
        low=line.low,
        high=line.high,
        margin=line.margin,
        method=line.method,
        clusters=line.clusters,
        more_items=line.more_items or None,
        more_repeats=line.more_repeats,
    )


def _limit(line: TaskVerdict, made: Made) -> Evidence | None:
    if line.current is None:
        return None
    if made is Made.COST:
        if line.baseline is None:
            return None
        return CostEvidence(metric=f"cost of {line.task}", baseline=line.baseline, current=line.current)
    if line.objective is None:
        return None
    return ServiceEvidence(metric=line.metric, value=line.current, objective=line.objective, unit="ms", requests=line.n)


def _type(line: TaskVerdict) -> SignalType:
    made = _TYPES.get(_made(line))
    if made is not None:
        return made
    return SignalType.SAFETY_REGRESSION if line.gate is Gate.SAFETY else SignalType.BENCHMARK_REGRESSION


def _severity(line: TaskVerdict) -> Severity:
    if line.gate is Gate.DIAGNOSTIC or not line.must_pass:
        return Severity.LOW
    return Severity.LOW if line.verdict is Verdict.INCONCLUSIVE else Severity.HIGH


def _recommended(line: TaskVerdict) -> Recommended:
    if line.verdict is Verdict.INCONCLUSIVE:
        return Recommended.RETEST
    if line.gate is Gate.SAFETY:
        return Recommended.PAUSE
    return Recommended.MONITOR if line.gate is Gate.DIAGNOSTIC else Recommended.BLOCK


def _telling(held: Held) -> tuple[str | None, ...]:
    """What makes it news: items that came after their totals, or a baseline that is moved there and back, tell anew."""
    return held.run.id, held.baseline.id, held.comparison.definition, held.environment, held.now.isoformat()


_CONFIDENCE = {Basis.PAIRED: 0.95, Basis.LIMIT: 0.95, Basis.UNPAIRED: 0.8, Basis.DRIFT: 0.8, Basis.RAW: 0.5}
"""How the fact was obtained: from the items of both sides, from two totals, or from two bare numbers."""


def _confidence(line: TaskVerdict) -> float:
    return _CONFIDENCE[line.basis]


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"


def _incomparable(held: Held) -> Signal:
    run, baseline = held.run, held.baseline
    expected, found = content(baseline), content(run)
    if expected == found:  # they state the same, and differ from what is frozen, or in what they do not state
        expected, found = f"run:{baseline.id}", f"run:{run.id}"
    title = f"suite {run.suite} is not what the baseline of {run.asset_id} ran"
    if run.id == baseline.id:
        expected, title = (
            f"suite:{held.comparison.definition}",
            f"the baseline of {run.asset_id} is not what {run.suite} is",
        )
    return observed(
        SignalType.SUITE_CHANGED,
        source=run.source or "evals",
        event=("suite", *_telling(held), held.comparison.refused),
        fingerprint=incomparable(run, held.environment),
        asset_id=run.asset_id,
        environment=held.environment,
        baseline_version=baseline.version,
        current_version=run.version,
        owner_team=held.owner,
        severity=Severity.HIGH,
        recommended=Recommended.REVIEW,
        at=run.at,
        now=held.now,
        title=title,
        summary=clean(
            f"{held.comparison.refused}. Run the same items on both, or pin a run of the new content as baseline.",
            2_000,
        ),
        evidence=SuiteEvidence(suite=run.suite, expected_digest=expected, digest=found),
    )
