"""A run compared with its baseline: refused with the reason, or a verdict for each task, slice and must-not-fail item."""

from __future__ import annotations

import math

from pulse_tui.domain.evals import ZERO_TOLERANCE, Comparison, EvalRun, Gate, Task, TaskVerdict, Verdict
from pulse_tui.evaluate.compare.comparable import refusal
from pulse_tui.evaluate.compare.line import Line
from pulse_tui.evaluate.compare.lines import lines
from pulse_tui.evaluate.compare.mean import mean_line
from pulse_tui.evaluate.compare.measures import measures
from pulse_tui.evaluate.definition import Looks, Question
from pulse_tui.evaluate.statistics.family import as_family
from pulse_tui.evaluate.verdict import Judgement


def compare(base: EvalRun, cand: EvalRun, question: Question, looks: Looks | None = None) -> Comparison:
    """Every verdict of the candidate against the baseline. Pure; both runs bring their items.

    Must-pass lines each keep their own error rate; the others share a family (Benjamini and Hochberg), so that a release
    with sixty diagnostics does not fail one by chance. ``looks`` are the items of earlier looks at a growing candidate.
    """
    why = refusal(base, cand, question)
    shown = tuple(measures(base, cand, question.tasks))
    if why:
        return Comparison(
            run_id=cand.id, baseline_id=base.id, definition=question.definition, refused=why, measures=shown
        )
    found = [line for task in question.tasks for line in lines(task, base, cand, (looks or {}).get(task.name, ()))]
    shared = [n for n, line in enumerate(found) if _in_family(line)]
    for n, judgement in zip(shared, as_family([found[n].judgement for n in shared]), strict=True):
        found[n] = found[n]._replace(judgement=judgement)
    found += mean_line(found, question.margin)
    return Comparison(
        run_id=cand.id,
        baseline_id=base.id,
        definition=question.definition,
        verdicts=tuple(verdict_of(line) for line in found),
        measures=shown,
    )


def _in_family(line: Line) -> bool:
    """Diagnostics and their slices, as far as a test was made. Items that must never fail are counted, not tested."""
    tested = line.judgement.p_worse < 1.0 or math.isfinite(line.judgement.low) or math.isfinite(line.judgement.high)
    return _diagnostic(line.task) and tested and line.slice != ZERO_TOLERANCE


def _diagnostic(task: Task) -> bool:
    return task.gate is Gate.DIAGNOSTIC or not task.must_pass


def verdict_of(line: Line) -> TaskVerdict:
    """A line as it is stored: bounds that are infinite are none."""
    judgement, task = line.judgement, line.task
    return TaskVerdict(
        task=task.name,
        metric=task.metric,
        slice=line.slice,
        gate=task.gate,
        must_pass=not _diagnostic(task),
        weight=task.weight,
        scale=task.scale,
        higher_is_better=line.higher_is_better,
        verdict=judgement.verdict,
        basis=line.basis,
        baseline=_finite(line.baseline),
        current=_finite(line.current),
        delta=_finite(judgement.delta),
        low=_finite(judgement.low),
        high=_finite(judgement.high),
        margin=judgement.margin,
        method=judgement.method,
        n=judgement.n,
        repeats=line.repeats,
        clusters=judgement.clusters_effective,
        p_worse=judgement.p_worse if math.isfinite(judgement.p_worse) else 1.0,
        more_items=judgement.more_items,
        more_repeats=line.more_repeats,
        note=_reason(judgement, line),
        objective=line.objective,
    )


def _reason(judgement: Judgement, line: Line) -> str:
    """The note; a line that no number of items could decide states that."""
    if judgement.note or judgement.verdict is not Verdict.INCONCLUSIVE or judgement.more_items or line.more_repeats:
        return judgement.note
    return "the estimate lies on the margin: how many items would decide is unknown"


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
