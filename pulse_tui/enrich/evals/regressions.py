"""A comparison as signals: one for each line that is worse or undecided, and which conditions are resolved."""

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
from pulse_tui.enrich.evals.sentences import interval_words

_TYPES: dict[Made, SignalType] = {
    Made.CONSISTENCY: SignalType.CONSISTENCY_DROP,
    Made.SPREAD: SignalType.SPREAD_WIDENING,
    Made.BRIER: SignalType.CALIBRATION_DRIFT,
    Made.LATENCY: SignalType.LATENCY_BREACH,
    Made.COST: SignalType.COST_CHANGE,
}


class Compared(NamedTuple):
    """A run compared with its baseline, where it serves, and when that became known."""

    run: EvalRun
    baseline: EvalRun
    comparison: Comparison
    environment: Environment | None
    now: datetime
    owner: str | None


def condition(run: EvalRun, environment: Environment | None, line: TaskVerdict) -> str:
    """The fingerprint of "this metric of this asset there is worse than the baseline"."""
    part = (line.slice,) if line.slice else ()
    return fingerprint(
        "regression", run.asset_id, _location(run, environment), run.suite, line.task, line.metric, *part
    )


def undecided(run: EvalRun, environment: Environment | None, line: TaskVerdict) -> str:
    """The fingerprint of "it is not decided whether it is worse": it neither opens nor resolves "it is worse"."""
    about = (run.suite, line.task, line.metric, line.slice)
    return fingerprint("undecided", run.asset_id, _location(run, environment), *about)


def _location(run: EvalRun, environment: Environment | None) -> str:
    """Where it serves; a release that serves nowhere is its own location, apart from others that do not serve."""
    return environment.value if environment is not None else f"@{run.version}"


def incomparable(run: EvalRun, environment: Environment | None) -> str:
    """The fingerprint of "this suite differs from what the baseline was asked"."""
    return fingerprint("suite", run.asset_id, _location(run, environment), run.suite)


def signals(compared: Compared) -> list[Signal]:
    """That the two cannot be compared, or each line that is worse, by however little, or undecided.

    Policy decides: a rule may use the verdict, or the raw difference. When a must-pass line failed, no
    signal asks for more measurements to decide another line of the same gate.
    """
    if compared.comparison.refused:
        return [_incomparable(compared)]
    lines = [v for v in compared.comparison.verdicts if not _moot(compared.comparison, v)]
    return [s for line in lines if (s := _signal(compared, line)) is not None]


def cleared(compared: Compared) -> list[str]:
    """Fingerprints of conditions that are resolved. A run that could not be compared resolves nothing.

    A line that is worse but passes is cleared by its rule: the decision on the new signal is ``not_fired``. An
    undecided line clears nothing.
    """
    run, where = compared.run, compared.environment
    if compared.comparison.refused:
        return []
    over = [incomparable(run, where)]
    for line in compared.comparison.verdicts:
        if line.verdict is not Verdict.INCONCLUSIVE or _moot(compared.comparison, line):
            over.append(undecided(run, where, line))
        if line.verdict is Verdict.PASS and (line.worse <= 0 or _made(line) in (Made.LATENCY, Made.COST)):
            over.append(condition(run, where, line))
    return over


def _moot(comparison: Comparison, line: TaskVerdict) -> bool:
    """Whether it no longer matters that the line is undecided. Bare numbers are for the rules: no statistic judged them."""
    undecided_ = line.verdict is Verdict.INCONCLUSIVE and line.basis is not Basis.RAW
    return undecided_ and comparison.verdict(line.gate) is Verdict.FAIL


def everywhere(run: EvalRun, verdicts: Iterable[TaskVerdict]) -> list[str]:
    """Conditions of the run before it served anywhere: from now on they are reported by environment."""
    lines = (f for line in verdicts for f in (condition(run, None, line), undecided(run, None, line)))
    return [incomparable(run, None), *lines]


def content(run: EvalRun) -> str:
    """The content that a run was asked: the digest it states, else one over its items and prompts, else its name."""
    if run.suite_digest is not None:
        return run.suite_digest
    if not run.sheets:
        return f"run:{run.id}"
    asked = [[s.task, list(zip(s.items, s.prompts or [""] * len(s.items), strict=True))] for s in run.sheets]
    return "items:" + hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def _made(line: TaskVerdict) -> Made:
    return made_of(line.metric)


def _signal(compared: Compared, line: TaskVerdict) -> Signal | None:
    if line.verdict is Verdict.PASS and line.worse <= 0:
        return None
    evidence = _evidence(compared, line)
    if evidence is None:
        return None
    run = compared.run
    open_ = line.verdict is Verdict.INCONCLUSIVE
    location = f"{run.asset_id} {compared.environment.short}" if compared.environment else run.asset_id
    part = f" ({line.slice})" if line.slice else ""
    return observed(
        _type(line),
        source=run.source or "evals",
        event=("regression", *_event_key(compared), msgspec.json.encode(line).decode()),
        fingerprint=undecided(run, compared.environment, line) if open_ else condition(run, compared.environment, line),
        asset_id=run.asset_id,
        environment=compared.environment,
        baseline_version=compared.baseline.version,
        current_version=run.version,
        owner_team=compared.owner,
        severity=_severity(line),
        confidence=_confidence(line),
        recommended=_recommended(line),
        at=run.at,
        now=compared.now,
        title=f"{line.task} {line.metric}{part} {interval_words(line)} on {location} {run.version}",
        summary=(
            f"suite {run.suite}: {_number(line.baseline)} in {compared.baseline.version} (run {compared.baseline.id})"
            f" -> {_number(line.current)} in {run.version} (run {run.id}); {line.verdict.value} by {line.method}"
            + (f"; {line.note}" if line.note else "")
        ),
        evidence=evidence,
    )


def _evidence(compared: Compared, line: TaskVerdict) -> Evidence | None:
    """None where no signal is due: the gate still shows that it was not decided."""
    made = _made(line)
    if made in (Made.LATENCY, Made.COST):
        return _limit(line, made) if line.verdict is Verdict.FAIL else None
    if line.current is None or (line.baseline is None and line.basis is not Basis.LIMIT):
        return None
    return MetricEvidence(
        suite=compared.run.suite,
        task=line.task,
        metric=line.metric,
        baseline=line.baseline if line.baseline is not None else 0.0,
        current=line.current,
        higher_is_better=line.higher_is_better,
        must_pass=line.must_pass,
        n=line.n,
        scale=line.scale,
        baseline_run=compared.baseline.id,
        candidate_run=compared.run.id,
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


def _event_key(compared: Compared) -> tuple[str | None, ...]:
    """What makes it a new event: items that came after their totals, or a baseline moved there and back."""
    return (
        compared.run.id,
        compared.baseline.id,
        compared.comparison.definition,
        compared.environment,
        compared.now.isoformat(),
    )


_CONFIDENCE = {Basis.PAIRED: 0.95, Basis.LIMIT: 0.95, Basis.UNPAIRED: 0.8, Basis.DRIFT: 0.8, Basis.RAW: 0.5}
"""How the fact was obtained: from the items of both sides, from two totals, or from two bare numbers."""


def _confidence(line: TaskVerdict) -> float:
    return _CONFIDENCE[line.basis]


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"


def _incomparable(compared: Compared) -> Signal:
    run, baseline = compared.run, compared.baseline
    expected, found = content(baseline), content(run)
    if expected == found:  # both state the same digest; they differ from the frozen suite, or in what they do not state
        expected, found = f"run:{baseline.id}", f"run:{run.id}"
    title = f"suite {run.suite} differs from what the baseline of {run.asset_id} ran"
    if run.id == baseline.id:
        expected, title = (
            f"suite:{compared.comparison.definition}",
            f"the baseline of {run.asset_id} differs from suite {run.suite}",
        )
    return observed(
        SignalType.SUITE_CHANGED,
        source=run.source or "evals",
        event=("suite", *_event_key(compared), compared.comparison.refused),
        fingerprint=incomparable(run, compared.environment),
        asset_id=run.asset_id,
        environment=compared.environment,
        baseline_version=baseline.version,
        current_version=run.version,
        owner_team=compared.owner,
        severity=Severity.HIGH,
        recommended=Recommended.REVIEW,
        at=run.at,
        now=compared.now,
        title=title,
        summary=clean(
            f"{compared.comparison.refused}. Run the same items on both, or pin a run of the new content as baseline.",
            2_000,
        ),
        evidence=SuiteEvidence(suite=run.suite, expected_digest=expected, digest=found),
    )
