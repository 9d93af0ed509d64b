"""Levels that moved over many runs of a suite: reported once confirmed, with the releases between which it happened."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.evals import Basis, EvalRun, Gate, Task
from pulse_tui.domain.evidence import MetricEvidence
from pulse_tui.domain.moments import iso
from pulse_tui.domain.release import PushedChange, numbered
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Recommended, Severity, SignalType
from pulse_tui.ports import Transaction
from pulse_tui.settings.shapes import SuiteShape

FEWEST = 10
"""Runs under which no change can be confirmed."""
MOST = 400
"""The newest runs that are searched."""


class Moved(NamedTuple):
    """A confirmed change of a metric's level."""

    task: Task
    before: float
    after: float
    size: float
    """In standard deviations of the noise, signed."""
    last: EvalRun
    """The last run at the old level."""
    first: EvalRun
    """The first run at the new level."""
    between: str
    n: int
    up: bool
    """Whether higher is better."""

    @property
    def worse(self) -> bool:
        """Whether the level moved the wrong way."""
        return self.after < self.before if self.up else self.after > self.before


class Drifts(NamedTuple):
    """Signals to ingest, and conditions that are resolved."""

    signals: list[Signal]
    cleared: list[str]


def drifts(tx: Transaction, suite: SuiteShape, asset_id: str, now: datetime, owner: str | None) -> Drifts:
    """Each level of the suite that fell, and those that are back. Imports the statistics when there are enough runs."""
    runs = tx.evals.runs(asset_id, suite.id, MOST)
    out, over = list[Signal](), list[str]()
    if len(runs) < FEWEST:
        return Drifts(out, over)
    iterations = {r.version: r.iteration for r in tx.estate.releases(asset_id)}
    pushed = tx.estate.pushed_changes(asset_id)
    for task in suite.tasks:
        moved = list(moves(runs, task, iterations, pushed))
        if not moved:
            continue
        if moved[-1].worse:
            out.append(_signal(moved[-1], suite, asset_id, now, owner))
        elif len(moved) > 1:
            over.append(_condition(suite, asset_id, task))
    return Drifts(out, over)


def moves(
    runs: list[tuple[int, EvalRun]], task: Task, iterations: Mapping[str, int], pushed: Sequence[PushedChange]
) -> Iterator[Moved]:
    """The confirmed changes of a task's metric over the runs, oldest first."""
    found = [(run, s) for _, run in runs if (s := run.score(task.name, task.metric)) is not None]
    if len(found) < FEWEST:
        return
    from pulse_tui.evaluate.drift import drift  # noqa: PLC0415  brings numpy and SciPy

    last_score = found[-1][1]
    if task.higher_is_better is None and not last_score.directed:
        return  # the direction is unknown: a level that moved is neither better nor worse
    up = task.higher_is_better if task.higher_is_better is not None else last_score.higher_is_better
    for change in drift([s.value for _, s in found]).changes:
        if not change.confirmed:
            continue
        last, first = found[change.index - 1][0], found[change.index][0]
        old, new = (numbered(run.version, iterations.get(run.version)) for run in (last, first))
        changed = [c.sentence for c in pushed if c.version in (None, first.version) and last.at <= c.at <= first.at]
        if last.version == first.version:
            why = "; ".join(changed) or "no release of ours in between"
            between = f"within {new}, between its runs of {iso(last.at)} and {iso(first.at)}: {why}"
        else:
            between = f"between {old} and {new}"
        yield Moved(task, change.before, change.after, change.size, last, first, between, len(found), up)


def _condition(suite: SuiteShape, asset_id: str, task: Task) -> str:
    """Of "this level fell": without the run at which it did, as further runs may move it to a neighbour."""
    return fingerprint("drift", asset_id, suite.id, task.name, task.metric)


def _signal(moved: Moved, suite: SuiteShape, asset_id: str, now: datetime, owner: str | None) -> Signal:
    task, first = moved.task, moved.first
    evidence = MetricEvidence(
        suite=suite.id,
        task=task.name,
        metric=task.metric,
        baseline=moved.before,
        current=moved.after,
        higher_is_better=moved.up,
        must_pass=task.must_pass,
        n=moved.n,
        scale=task.scale,
        baseline_run=moved.last.id,
        candidate_run=first.id,
        gate=task.gate,
        basis=Basis.DRIFT,
        method="change point",
        between=clean(moved.between, 300),
    )
    return observed(
        SignalType.SAFETY_REGRESSION if task.gate is Gate.SAFETY else SignalType.BENCHMARK_REGRESSION,
        source=first.source or "evals",
        id_source="evals",
        event=("drift", asset_id, suite.id, task.name, task.metric, first.id),
        fingerprint=_condition(suite, asset_id, task),
        asset_id=asset_id,
        baseline_version=moved.last.version,
        current_version=first.version,
        owner_team=owner,
        severity=Severity.MEDIUM,
        confidence=0.8,
        recommended=Recommended.REVIEW,
        at=first.at,
        now=now,
        title=f"{task.name} {task.metric} level moved {evidence.moved} on {asset_id}, {moved.between}",
        summary=(
            f"suite {suite.id}: the level went from {moved.before:.4g} to {moved.after:.4g}"
            f" ({moved.size:+.1f} standard deviations of the noise over {moved.n} runs)"
        ),
        evidence=evidence,
    )
