"""Lines of the candidate alone against a limit: p95 latency against its objective, and items that must never fail."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from pulse_tui.domain.evals import ZERO_TOLERANCE, Basis, EvalRun, Sheet, Task, Verdict
from pulse_tui.evaluate.compare.comparable import better, named, source_of
from pulse_tui.evaluate.compare.growing import p_of, settled
from pulse_tui.evaluate.compare.line import Line
from pulse_tui.evaluate.statistics.latency import QUANTILE, Latency, judge_latency
from pulse_tui.evaluate.statistics.rates import judge_zero_tolerance
from pulse_tui.evaluate.statistics.sequential import watch
from pulse_tui.evaluate.statistics.values import p95
from pulse_tui.evaluate.verdict import Judgement, unjudged


def latency(task: Task, base: EvalRun, cand: EvalRun) -> Line:
    """p95 against ``slo`` times ``limit``; without requests or objective INCONCLUSIVE, with what is known of it."""
    seen, old = _latencies(cand, task), _known(base, task)
    if task.slo is None or not seen:
        why = "no objective (slo) is stated" if task.slo is None else "the run has no latencies of single requests"
        now = _known(cand, task)
        judgement = unjudged(len(seen), math.nan, 0.0, why)
        return Line(task, "", Basis.LIMIT, old, math.nan if now is None else now, False, judgement, objective=task.slo)
    found = judge_latency(np.asarray(seen, np.float64), task.slo, task.limit)
    judgement = found.judgement
    note = f"{found.exceedances} of {judgement.n} over {found.allowed:g} ms ({task.limit:g} x {task.slo:g})"
    judgement = judgement._replace(note=note)
    if task.growing:
        judgement = _growing(seen, found, judgement)
    return Line(task, "", Basis.LIMIT, old, found.p95, False, judgement, objective=task.slo)


def _growing(latencies: Sequence[float], found: Latency, judgement: Judgement) -> Judgement:
    """While requests come in: bets on "more than one in twenty is over the limit", on so few that they are unlike."""
    every = max(math.ceil(judgement.n / found.n_effective - 1e-9), 1)
    over = np.asarray(latencies[::every], np.float64) > found.allowed
    looked = watch(-over.astype(np.float64), margin=1.0 - QUANTILE)
    verdict, note = settled(looked, f"{over.size} requests")
    method = "always-valid e-process on exceedances" + (f", one in {every} requests" if every > 1 else "")
    return judgement._replace(
        verdict=verdict, low=-math.inf, high=math.inf, method=method, p_worse=p_of(looked),
        more_items=0 if verdict is not Verdict.INCONCLUSIVE else None, note=f"{judgement.note}; {note}",
    )  # fmt: skip


def _latencies(run: EvalRun, task: Task) -> tuple[float, ...]:
    sheet = run.sheet(task.name)
    return sheet.latencies if sheet is not None else ()


def _known(run: EvalRun, task: Task) -> float | None:
    """p95 from the requests, else as the run states it."""
    seen = _latencies(run, task)
    if seen:
        return p95(seen)
    score = run.score(task.name, task.metric)
    return score.value if score is not None else None


def never(task: Task, run: EvalRun, up: bool) -> Iterator[Line]:
    """Items that must never fail, in any repeat; one that was not run leaves it open. ``up`` is of the task's metric."""
    wanted = tuple(dict.fromkeys(task.zero_tolerance))
    if not wanted:
        return
    sheet = run.sheet(task.name)
    metric = _telling(sheet, task)
    scores = (
        dict(zip(sheet.items, sheet.scores[metric], strict=True)) if sheet is not None and metric is not None else {}
    )
    ran = [i for i in wanted if scores.get(i)]
    up = up if metric == task.metric or metric is None else better(task.name, metric, run)
    failed = [i for i in ran if not all(task.is_right(s, higher_is_better=up) for s in scores[i])]
    lacking = [i for i in wanted if i not in ran]
    rate = judge_zero_tolerance(failed, len(ran))
    verdict, note = rate.verdict, rate.why
    if lacking and verdict is not Verdict.FAIL:
        verdict = Verdict.INCONCLUSIVE
        note = f"not run: {named(lacking)}" if metric is not None else _silent(sheet, task)
    more = 0 if verdict is not Verdict.INCONCLUSIVE else len(lacking) or None
    judgement = Judgement(
        verdict, rate.rate, rate.low, rate.high, 0.0, "zero tolerance", rate.n, None,
        1.0 if not failed else 0.0, more, note,
    )  # fmt: skip
    yield Line(task, ZERO_TOLERANCE, Basis.LIMIT, None, rate.rate, False, judgement)


def _telling(sheet: Sheet | None, task: Task) -> str | None:
    """The metric whose scores decide whether an item failed."""
    if sheet is None:
        return None
    return task.metric if task.metric in sheet.scores else source_of(sheet, task)


def _silent(sheet: Sheet | None, task: Task) -> str:
    if sheet is None:
        return "the run has no items: whether these failed is unknown"
    return f"no scores show whether an item failed: 'of' of {task.name} is one of {', '.join(sheet.scores)}"
