"""A run held against its baseline: refused with the reason, or a verdict for each task, slice and item that must not fail."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from pulse_tui.domain.evals import Basis, Comparison, EvalRun, Gate, Measure, Sheet, Task, TaskVerdict
from pulse_tui.domain.metrics import Made, bounds_of, made_of
from pulse_tui.evaluate.calibration import calibration_error
from pulse_tui.evaluate.comparable import refusal, source_of
from pulse_tui.evaluate.definition import Looks, Question
from pulse_tui.evaluate.family import as_family, part, weighted
from pulse_tui.evaluate.lines import Line, lines, right_share

MEAN = "weighted mean"
"""The task under which the mean over all tasks is told."""


def compare(base: EvalRun, cand: EvalRun, question: Question, looks: Looks | None = None) -> Comparison:
    """Every verdict of the candidate against the baseline. Pure; both runs bring their items.

    Must-pass lines each hold their own error; the others share a family (Benjamini and Hochberg), so that a release
    with sixty diagnostics does not fail one by chance. ``looks`` are the items of earlier looks at a growing candidate.
    """
    why = refusal(base, cand, question)
    measures = tuple(_measures(base, cand, question.tasks))
    if why:
        return Comparison(
            run_id=cand.id, baseline_id=base.id, definition=question.definition, refused=why, measures=measures
        )
    found = [line for task in question.tasks for line in lines(task, base, cand, (looks or {}).get(task.name, ()))]
    shared = [n for n, line in enumerate(found) if _diagnostic(line.task)]
    for n, said in zip(shared, as_family([found[n].said for n in shared]), strict=True):
        found[n] = found[n]._replace(said=said)
    verdicts = [verdict_of(line) for line in found]
    verdicts += _mean(found, question.margin)
    return Comparison(
        run_id=cand.id,
        baseline_id=base.id,
        definition=question.definition,
        verdicts=tuple(verdicts),
        measures=measures,
    )


def _diagnostic(task: Task) -> bool:
    return task.gate is Gate.DIAGNOSTIC or not task.must_pass


def verdict_of(line: Line) -> TaskVerdict:
    """A line as it is stored: bounds that are infinite are none."""
    said, task = line.said, line.task
    return TaskVerdict(
        task=task.name,
        metric=task.metric,
        slice=line.slice,
        gate=task.gate,
        must_pass=not _diagnostic(task),
        weight=task.weight,
        scale=task.scale,
        higher_is_better=line.higher_is_better,
        verdict=said.verdict,
        basis=line.basis,
        baseline=_finite(line.baseline),
        current=_finite(line.current),
        delta=_finite(said.delta),
        low=_finite(said.low),
        high=_finite(said.high),
        margin=said.margin,
        method=said.method,
        n=said.n,
        repeats=line.repeats,
        clusters=said.clusters_effective,
        p_worse=said.p_worse,
        more_items=said.more_items,
        more_repeats=line.more_repeats,
        note=said.note,
        objective=line.objective,
    )


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _mean(found: Sequence[Line], margin: float | None) -> list[TaskVerdict]:
    """The mean over the tasks by their weights: of whole tasks on a scale of 0 to 1, as other scales do not add up."""
    mine = [
        line
        for line in found
        if not line.slice
        and line.task.weight > 0
        and line.basis in (Basis.PAIRED, Basis.UNPAIRED)
        and made_of(line.task.metric) in (Made.SCORES, Made.PASS_AT_K, Made.CONSISTENCY)
        and bounds_of(line.task.metric) == (0.0, 1.0)
        and math.isfinite(line.said.low)
        and math.isfinite(line.said.high)
    ]
    if len(mine) < 2:
        return []
    parts = [part(line.said, line.task.weight, higher_is_better=line.higher_is_better) for line in mine]
    task = Task(
        name=MEAN, metric="score", must_pass=margin is not None,
        gate=Gate.FUNCTIONAL if margin is not None else Gate.DIAGNOSTIC, margin=margin,
    )  # fmt: skip
    said = weighted(parts, task.allowed())
    told = verdict_of(Line(task, "", Basis.PAIRED, None, said.delta, True, said))
    return [told]


def _measures(base: EvalRun, cand: EvalRun, tasks: Sequence[Task]) -> Iterator[Measure]:
    """What is shown and decides nothing: quantiles of latency, cost an item, the calibration error with its null band."""
    for name in dict.fromkeys(t.name for t in tasks):
        before, after = base.sheet(name), cand.sheet(name)
        if after is None:
            continue
        yield from _quantiles(name, before, after)
        if after.costs:
            old = float(np.mean(before.costs)) if before is not None and before.costs else None
            yield Measure(task=name, name="cost an item", unit="", baseline=old, current=float(np.mean(after.costs)))
        task = next((t for t in tasks if t.name == name and t.metric in after.scores), None)
        yield from _calibration(name, before, after, task or Task(name=name, metric=""))


def _quantiles(name: str, before: Sheet | None, after: Sheet) -> Iterator[Measure]:
    if not after.latencies:
        return
    for share, word in ((0.5, "p50 latency"), (0.95, "p95 latency"), (0.99, "p99 latency")):
        old = float(np.quantile(before.latencies, share)) if before is not None and before.latencies else None
        new = float(np.quantile(after.latencies, share))
        yield Measure(
            task=name, name=word, unit="ms", baseline=old, current=new, note=f"{len(after.latencies)} requests"
        )


def _calibration(name: str, before: Sheet | None, after: Sheet, task: Task) -> Iterator[Measure]:
    def error(sheet: Sheet | None) -> tuple[float | None, str]:
        metric = None if sheet is None else task.metric if task.metric in sheet.scores else source_of(sheet, task)
        if sheet is None or metric is None or not sheet.probabilities or not all(sheet.scores[metric]):
            return None, ""
        right = right_share(task, sheet.scores[metric])
        found = calibration_error(np.asarray(sheet.probabilities, np.float64), right)
        band = f"a calibrated model would show {found.null_low:.3f} to {found.null_high:.3f} with {found.n} items"
        return found.error, ("more than chance: " if found.notable else "within chance: ") + band

    now, note = error(after)
    if now is not None:
        yield Measure(task=name, name="calibration error", unit="", baseline=error(before)[0], current=now, note=note)
