"""One metric of one task of two runs as judgements: a line for all items, one for each slice, one for what must never fail."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from pulse_tui.domain.evals import ZERO_TOLERANCE, Basis, EvalRun, Sheet, Task
from pulse_tui.domain.metrics import Made, made_of
from pulse_tui.evaluate.compare.comparable import better, undirected
from pulse_tui.evaluate.compare.limits import latency, never
from pulse_tui.evaluate.compare.line import Line, undecided_line
from pulse_tui.evaluate.compare.pairing import pair, parts
from pulse_tui.evaluate.compare.scored import MAKERS, Asked
from pulse_tui.evaluate.compare.totals import total_line
from pulse_tui.evaluate.inputs import Unusable


def lines(task: Task, base: EvalRun, cand: EvalRun, looks: Sequence[Sequence[str]] = ()) -> Iterator[Line]:
    """Every line of a task. What cannot be judged is a line too, INCONCLUSIVE with the reason.

    ``looks`` are the items of earlier looks at a growing candidate, oldest first.
    """
    before, after = base.sheet(task.name), cand.sheet(task.name)
    made = _made(task, before, after)
    up = direction(task, made, base, cand)
    if made is Made.SCORES and (why := undirected(task, task.metric, cand, base)):
        yield from _undirected(task, base, cand, up, why)
        return
    if made is Made.LATENCY:
        yield latency(task, base, cand)
        yield from _sliceless(task, up, "latencies are of requests, not of items")
    elif before is None or after is None or (made is Made.SCORES and not _both_have(task, before, after)):
        yield total_line(task, made, base, cand, up)
        yield from _sliceless(task, up, f"{_lacking(task, before, after)}: its slices are unknown")
    else:
        both = pair(before, after, looks, growing=task.growing)
        for name, places in parts(task, both):
            try:
                yield MAKERS[made](Asked(task, name, both, places, up, (cand, base)))
            except Unusable as error:
                yield undecided_line(task, name, up, len(places), str(error))
    yield from never(task, cand, up)


def _undirected(task: Task, base: EvalRun, cand: EvalRun, up: bool, why: str) -> Iterator[Line]:
    """Both numbers without a verdict: judged by a guess, half of such metrics would pass when they get worse."""
    then, now = base.score(task.name, task.metric), cand.score(task.name, task.metric)
    differences = f"{then.value:.4g} -> {now.value:.4g}; {why}" if then is not None and now is not None else why
    line = undecided_line(task, "", up, (now.n or 0) if now is not None else 0, differences)
    yield line._replace(basis=Basis.RAW, current=now.value if now is not None else math.nan)
    yield from _sliceless(task, up, why)
    if task.zero_tolerance:
        yield undecided_line(task, ZERO_TOLERANCE, False, 0, why)


def direction(task: Task, made: Made, base: EvalRun, cand: EvalRun) -> bool:
    """Whether higher is better: by the suite, else by the results, else by the metric's name.

    Of latency, cost, spread and calibration less is better, whatever is stated.
    """
    if made in (Made.LATENCY, Made.COST, Made.SPREAD, Made.BRIER):
        return False
    if task.higher_is_better is not None:
        return task.higher_is_better
    return better(task.name, task.metric, base, cand)


def _made(task: Task, before: Sheet | None, after: Sheet | None) -> Made:
    """Scores of the very name on both sides come before what could be made; an objective before either."""
    made = made_of(task.metric)
    if made is Made.LATENCY and task.slo is not None:
        return made
    return Made.SCORES if _both_have(task, before, after) else made


def _both_have(task: Task, *sheets: Sheet | None) -> bool:
    return all(s is not None and task.metric in s.scores for s in sheets)


def _lacking(task: Task, before: Sheet | None, after: Sheet | None) -> str:
    sides = {"baseline": before, "candidate": after}
    lacking = [side for side, sheet in sides.items() if sheet is None or task.metric not in sheet.scores]
    items = "items" if before is None or after is None else f"items with {task.metric}"
    return f"the {' and the '.join(lacking)} {'have' if len(lacking) > 1 else 'has'} no {items}"


def _sliceless(task: Task, up: bool, why: str) -> Iterator[Line]:
    """Slices that a suite wants judged and these results lack: left out they would be taken for passed."""
    for name in task.slices:
        yield undecided_line(task, name, up, 0, why)
