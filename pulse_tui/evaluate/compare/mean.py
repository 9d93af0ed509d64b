"""The weighted mean over a suite's tasks, with the error of its parts."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pulse_tui.domain.evals import Basis, Gate, Task, Verdict
from pulse_tui.domain.metrics import Made, bounds_of, is_amount, made_of
from pulse_tui.evaluate.compare.comparable import named
from pulse_tui.evaluate.compare.line import Line
from pulse_tui.evaluate.statistics.family import Part, part, weighted
from pulse_tui.evaluate.verdict import Judgement, unjudged

MEAN = "weighted mean"
"""The task under which the mean over all tasks is reported."""
_WHOLE = 100.0
"""Percentage points of the whole scale."""


def mean_line(found: Sequence[Line], margin: float | None) -> list[Line]:
    """The mean over the tasks by their weights, of whole tasks on a scale of 0 to 1: other scales do not add up.

    A metric where less is better counts as its complement. A slice is in its task already. None with under two tasks;
    ``margin`` None: it is shown and decides nothing. One task without an interval leaves the mean without one: the
    mean of the others would be another number.
    """
    mine = [line for line in found if _counts(line)]
    if len(mine) < 2:
        return []
    task = Task(
        name=MEAN, metric="score", must_pass=margin is not None,
        gate=Gate.FUNCTIONAL if margin is not None else Gate.DIAGNOSTIC, margin=margin,
    )  # fmt: skip
    total = sum(line.task.weight for line in mine)
    shares = [line.task.weight / total for line in mine]
    old = [_good(line, line.baseline) for line in mine]
    before = None if None in old else math.fsum(s * v for s, v in zip(shares, old, strict=True) if v is not None)
    new = [_good(line, line.current) for line in mine]
    after = math.nan if None in new else math.fsum(s * v for s, v in zip(shares, new, strict=True) if v is not None)
    basis = Basis.PAIRED if all(line.basis is Basis.PAIRED for line in mine) else Basis.UNPAIRED
    return [Line(task, "", basis, before, after, True, _said(mine, task.allowed(), before, after))]


def _said(mine: Sequence[Line], margin: float, before: float | None, after: float) -> Judgement:
    n = sum({line.task.name: line.judgement.n for line in mine}.values())
    bare = [f"{line.task.name} {line.task.metric}" for line in mine if not _bounded(line)]
    if bare:
        delta = math.nan if before is None else after - before
        return unjudged(n, delta, margin, f"no interval is known for {named(bare)}")
    by_task: dict[str, list[Line]] = {}
    for line in mine:
        by_task.setdefault(line.task.name, []).append(line)
    parts = {name: _together(group) for name, group in by_task.items()}
    judgement = weighted(list(parts.values()), margin)._replace(n=n)
    note = f"{judgement.note}, over {len(parts)} tasks" if len(parts) > 1 else judgement.note
    if judgement.verdict is Verdict.INCONCLUSIVE:
        most = max(parts, key=lambda name: parts[name].weight * parts[name].error)
        note = f"{note}; most of it is of {most}: more items there would narrow it most"
    return judgement._replace(note=note.removeprefix("; "))


def _together(group: Sequence[Line]) -> Part:
    """Metrics of one task share their items: at worst their errors add up, and that is what is taken."""
    each = [part(line.judgement, line.task.weight, higher_is_better=line.higher_is_better) for line in group]
    total = sum(p.weight for p in each)
    sizes = [p.weight * line.task.scale / _WHOLE / total for p, line in zip(each, group, strict=True)]
    return Part(
        sum(s * p.gain for s, p in zip(sizes, each, strict=True)),
        sum(s * p.error for s, p in zip(sizes, each, strict=True)),
        min(p.freedom for p in each),
        total,
    )


def _counts(line: Line) -> bool:
    whole = not line.slice and line.task.weight > 0 and line.basis is not Basis.LIMIT
    return whole and made_of(line.task.metric) in (Made.SCORES, Made.PASS_AT_K, Made.CONSISTENCY) and _is_share(line)


def _is_share(line: Line) -> bool:
    """By the metric's name; one that is not known by where its means lie."""
    metric, unit = line.task.metric, line.task.scale / _WHOLE
    if bounds_of(metric) == (0.0, 1.0):
        return True
    return not is_amount(metric) and all(
        v is not None and 0.0 <= v * unit <= 1.0 for v in (line.baseline, line.current)
    )


def _good(line: Line, value: float | None) -> float | None:
    """The share that is as wanted."""
    if value is None or not math.isfinite(value):
        return None
    share = value * line.task.scale / _WHOLE
    return share if line.higher_is_better else 1.0 - share


def _bounded(line: Line) -> bool:
    return math.isfinite(line.judgement.low) and math.isfinite(line.judgement.high)
