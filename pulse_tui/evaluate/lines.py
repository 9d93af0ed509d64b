"""One metric of one task of two runs as judgements: a line for all items, one for each slice, one for what must never fail."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pulse_tui.domain.evals import Basis, EvalRun, Sheet, Task, Verdict
from pulse_tui.domain.metrics import Made, bounds_of, higher_is_better, k_of, made_of
from pulse_tui.evaluate.calibration import judge_brier
from pulse_tui.evaluate.comparable import named, source_of
from pulse_tui.evaluate.consistency import agreements
from pulse_tui.evaluate.cost import judge_cost
from pulse_tui.evaluate.inputs import Unusable
from pulse_tui.evaluate.judge import judge
from pulse_tui.evaluate.latency import judge_latency
from pulse_tui.evaluate.needed import more_repeats
from pulse_tui.evaluate.passk import pass_at_k
from pulse_tui.evaluate.rates import judge_zero_tolerance
from pulse_tui.evaluate.sequential import watch
from pulse_tui.evaluate.spread import judge_spread
from pulse_tui.evaluate.totals import judge_totals
from pulse_tui.evaluate.verdict import Judgement, unjudged

ZERO_TOLERANCE = "zero tolerance"
"""The slice under which items that must never fail are told."""
Floats = NDArray[np.float64]


class Line(NamedTuple):
    """A judgement of a task, with what a table shows beside it."""

    task: Task
    slice: str
    basis: Basis
    baseline: float | None
    current: float
    higher_is_better: bool
    said: Judgement
    repeats: int = 1
    more_repeats: int | None = None
    objective: float | None = None


class Pair(NamedTuple):
    """The items of both sides, entry i of each is item i."""

    before: Sheet
    after: Sheet
    old: tuple[int, ...]
    """Places of the items in ``before``."""
    new: tuple[int, ...]


def pair(before: Sheet, after: Sheet, order: Sequence[Sequence[str]] = ()) -> Pair:
    """The items that both have; ``order`` puts the items of earlier looks first."""
    places = {item: n for n, item in enumerate(before.items)}
    mine = {item: n for n, item in enumerate(after.items)}
    first = dict.fromkeys(item for look in order for item in look if item in mine)
    shared = [i for i in dict.fromkeys((*first, *after.items)) if i in places]
    return Pair(before, after, tuple(places[i] for i in shared), tuple(mine[i] for i in shared))


def lines(task: Task, base: EvalRun, cand: EvalRun, looks: Sequence[Sequence[str]] = ()) -> Iterator[Line]:
    """Every line of a task. What cannot be judged is a line too, INCONCLUSIVE with the reason."""
    before, after = base.sheet(task.name), cand.sheet(task.name)
    up = direction(task, base, cand)
    if before is None or after is None:
        if made_of(task.metric) is Made.LATENCY and after is not None and after.latencies:
            yield _latency(task, before, after)
        else:
            yield _totals(task, base, cand, up)
        if after is not None:
            yield from _never(task, after, up)
        return
    made = Made.SCORES if task.metric in after.scores else made_of(task.metric)
    if made is Made.LATENCY:
        yield _latency(task, before, after)
        return
    if made is Made.SCORES and not (task.metric in before.scores and task.metric in after.scores):
        yield _totals(task, base, cand, up)
        return
    both = pair(before, after, looks if task.growing else ())
    for name, places in _parts(task, both):
        try:
            yield _MADE[made](task, name, both, places, up)
        except Unusable as error:
            yield _unsaid(task, name, up, len(places), str(error))
    yield from _never(task, after, up)


def direction(task: Task, base: EvalRun, cand: EvalRun) -> bool:
    """Whether higher is better: as the suite says, else as the results say, else by the metric's name."""
    if task.higher_is_better is not None:
        return task.higher_is_better
    score = cand.score(task.name, task.metric) or base.score(task.name, task.metric)
    return score.higher_is_better if score is not None else higher_is_better(task.metric)


def _parts(task: Task, both: Pair) -> Iterator[tuple[str, list[int]]]:
    """(slice, places in the pair): all items first."""
    yield "", list(range(len(both.new)))
    for name in task.slices:
        inside = set(both.after.slices.get(name, ()))
        yield name, [n for n, place in enumerate(both.new) if place in inside]


def _unsaid(task: Task, part: str, up: bool, n: int, why: str) -> Line:
    return Line(task, part, Basis.PAIRED, None, math.nan, up, unjudged(n, math.nan, task.allowed(), why))


def _clusters(both: Pair, places: Sequence[int]) -> list[str] | None:
    """Labels of the candidate's items; an item without one is a cluster of its own."""
    labels = both.after.clusters or both.before.clusters
    if not labels:
        return None
    index = both.new if both.after.clusters else both.old
    return [labels[index[n]] or f"\0{n}" for n in places]


def _columns(scores: Sequence[Sequence[float]], index: Sequence[int], places: Sequence[int]) -> list[Sequence[float]]:
    return [scores[index[n]] for n in places]


def _matrix(rows: Sequence[Sequence[float]]) -> Floats | None:
    """Shape (items, repeats); None when items have different numbers of repeats."""
    if len({len(r) for r in rows}) > 1:
        return None
    return np.asarray(rows, np.float64)


def _means(rows: Sequence[Sequence[float]]) -> Floats:
    matrix = _matrix(rows)
    if matrix is not None:
        means: Floats = matrix.mean(axis=1)
        return means
    return np.array([math.fsum(r) / len(r) for r in rows], np.float64)


def _span(metric: str) -> float | None:
    return 1.0 if bounds_of(metric) == (0.0, 1.0) else None


def _scores(task: Task, part: str, both: Pair, places: Sequence[int], up: bool) -> Line:
    old, new = both.before.scores[task.metric], both.after.scores[task.metric]
    places = [n for n in places if old[both.old[n]] and new[both.new[n]]]
    if not places:
        raise Unusable(f"no item of {part or task.name} has {task.metric} in both runs")
    left, right = _columns(old, both.old, places), _columns(new, both.new, places)
    base, cand = _means(left), _means(right)
    if task.growing:
        return _sequential(task, part, base, cand, up)
    said = judge(
        base,
        cand,
        margin=task.allowed(),
        higher_is_better=up,
        clusters=_clusters(both, places),
        span=_span(task.metric),
    )
    return _paired(task, part, base, cand, up, said, left, right)


def _paired(
    task: Task, part: str, base: Floats, cand: Floats, up: bool, said: Judgement,
    left: Sequence[Sequence[float]], right: Sequence[Sequence[float]],
) -> Line:  # fmt: skip
    repeats, more = min(len(r) for r in (*left, *right)), None
    first, second = _matrix(left), _matrix(right)
    if said.verdict is Verdict.INCONCLUSIVE and repeats > 1 and first is not None and second is not None:
        sign = 1.0 if up else -1.0
        more = more_repeats(sign * first, sign * second, task.allowed())
    return Line(task, part, Basis.PAIRED, float(base.mean()), float(cand.mean()), up, said, repeats, more or None)


def _sequential(task: Task, part: str, base: Floats, cand: Floats, up: bool) -> Line:
    gain = cand - base if up else base - cand
    span = max(1.0, float(np.abs(gain).max()))
    seen = watch(gain, margin=task.allowed(), span=span)
    delta, low, high = (seen.delta, seen.low, seen.high) if up else (-seen.delta, -seen.high, -seen.low)
    more = 0 if seen.verdict is not Verdict.INCONCLUSIVE else None
    p = min(1.0, 1.0 / seen.e_worse) if seen.e_worse > 0 else 1.0
    said = Judgement(
        seen.verdict, delta, low, high, task.allowed(), "always-valid e-process", gain.size, None, p, more,
        "holds at every look; it is decided as soon as the evidence suffices",
    )  # fmt: skip
    return Line(task, part, Basis.PAIRED, float(base.mean()), float(cand.mean()), up, said)


def _repeated(
    task: Task, both: Pair, places: Sequence[int]
) -> tuple[list[int], list[Sequence[float]], list[Sequence[float]]]:
    """(places, scores of either side) of the metric that a made one is made from."""
    name = source_of(both.after, task)
    if name is None or name not in both.before.scores:
        known = ", ".join(both.after.scores)
        raise Unusable(f"{task.metric} is made from the scores of one metric", todo=f"Name it: 'of' is one of {known}")
    old, new = both.before.scores[name], both.after.scores[name]
    places = [n for n in places if old[both.old[n]] and new[both.new[n]]]
    if not places:
        raise Unusable(f"no item has {name} in both runs")
    return places, _columns(old, both.old, places), _columns(new, both.new, places)


def _pass_at(task: Task, part: str, both: Pair, places: Sequence[int], up: bool) -> Line:
    places, left, right = _repeated(task, both, places)
    k = k_of(task.metric)

    def chance(rows: Sequence[Sequence[float]]) -> Floats:
        correct = [sum(task.is_right(s, higher_is_better=True) for s in row) for row in rows]
        return pass_at_k(correct, [len(row) for row in rows], k)

    base, cand = chance(left), chance(right)
    said = judge(base, cand, margin=task.allowed(), clusters=_clusters(both, places), span=1.0)
    return Line(task, part, Basis.PAIRED, float(base.mean()), float(cand.mean()), up, said, min(map(len, right)))


def _consistency(task: Task, part: str, both: Pair, places: Sequence[int], up: bool) -> Line:
    if both.before.answers and both.after.answers:
        left = [both.before.answers[both.old[n]] for n in places]
        right = [both.after.answers[both.new[n]] for n in places]
        base, cand, repeats = agreements(left), agreements(right), min(map(len, right), default=0)
    else:
        places, old, new = _repeated(task, both, places)
        base, cand, repeats = agreements(old), agreements(new), min(map(len, new))
    if not base.size:
        raise Unusable("there is no item")
    said = judge(base, cand, margin=task.allowed(), clusters=_clusters(both, places), span=1.0)
    return Line(task, part, Basis.PAIRED, float(base.mean()), float(cand.mean()), up, said, repeats)


def _spread(task: Task, part: str, both: Pair, places: Sequence[int], _up: bool) -> Line:
    _, left, right = _repeated(task, both, places)
    base, cand = _residuals(left), _residuals(right)
    found = judge_spread(base, cand, margin=task.margin or 0.0)
    n = min(base.size, cand.size)
    note = "" if found.verdict is not Verdict.INCONCLUSIVE or n >= 3 else "the spread needs two repeats an item"
    said = Judgement(
        found.verdict, found.cand - found.base, found.low, found.high, task.margin or 0.0, "brown-forsythe", n, None,
        found.p_wider, 0 if found.verdict is not Verdict.INCONCLUSIVE else None, note,
    )  # fmt: skip
    return Line(task, part, Basis.PAIRED, found.base, found.cand, False, said, min(map(len, right)))


def _residuals(rows: Sequence[Sequence[float]]) -> Floats:
    """Distances of an item's repeats from their median, without the one that is next to it: it is no news."""
    found = []
    for row in rows:
        values = np.asarray(row, np.float64)
        away = values - np.median(values)
        found.append(np.delete(away, int(np.argmin(np.abs(away)))))
    return np.concatenate(found) if found else np.zeros(0)


def _cost(task: Task, part: str, both: Pair, places: Sequence[int], _up: bool) -> Line:
    if not (both.before.costs and both.after.costs):
        raise Unusable("the results do not say what each item cost")
    base = np.array([both.before.costs[both.old[n]] for n in places], np.float64)
    cand = np.array([both.after.costs[both.new[n]] for n in places], np.float64)
    if not base.size:
        raise Unusable("there is no item")
    said = judge_cost(base, cand, margin=task.allowed())
    return Line(task, part, Basis.PAIRED, float(base.mean()), float(cand.mean()), False, said)


def _brier(task: Task, part: str, both: Pair, places: Sequence[int], _up: bool) -> Line:
    if not (both.before.probabilities and both.after.probabilities):
        raise Unusable("the answers state no probability of being right")
    places, left, right = _repeated(task, both, places)
    base = np.array([both.before.probabilities[both.old[n]] for n in places], np.float64)
    cand = np.array([both.after.probabilities[both.new[n]] for n in places], np.float64)
    was, now = right_share(task, left), right_share(task, right)
    said = judge_brier(base, cand, now, margin=task.allowed(), base_outcome=was, clusters=_clusters(both, places))
    before, after = float(((base - was) ** 2).mean()), float(((cand - now) ** 2).mean())
    return Line(task, part, Basis.PAIRED, before, after, False, said)


def right_share(task: Task, rows: Sequence[Sequence[float]]) -> Floats:
    """The share of right answers of each item."""
    return np.array([sum(task.is_right(s, higher_is_better=True) for s in r) / len(r) for r in rows], np.float64)


_Make = Callable[[Task, str, Pair, Sequence[int], bool], Line]
_MADE: dict[Made, _Make] = {
    Made.SCORES: _scores,
    Made.PASS_AT_K: _pass_at,
    Made.CONSISTENCY: _consistency,
    Made.SPREAD: _spread,
    Made.COST: _cost,
    Made.BRIER: _brier,
}


def _latency(task: Task, before: Sheet | None, after: Sheet) -> Line:
    old = float(np.quantile(before.latencies, 0.95)) if before is not None and before.latencies else None
    if task.slo is None or not after.latencies:
        why = "p95_latency has no objective (slo)" if task.slo is None else "the results hold no latencies"
        n = len(after.latencies)
        return Line(task, "", Basis.LIMIT, old, math.nan, False, unjudged(n, math.nan, 0.0, why))
    found = judge_latency(np.asarray(after.latencies, np.float64), task.slo, task.limit)
    note = f"{found.exceedances} of {found.judgement.n} over {found.allowed:g} ms ({task.limit:g} x {task.slo:g})"
    said = found.judgement._replace(note=note)
    return Line(task, "", Basis.LIMIT, old, found.p95, False, said, objective=task.slo)


def _never(task: Task, after: Sheet, up: bool) -> Iterator[Line]:
    """Items that must never fail, in any repeat; one that was not run leaves it open."""
    if not task.zero_tolerance:
        return
    metric = task.metric if task.metric in after.scores else source_of(after, task)
    scores = dict(zip(after.items, after.scores[metric], strict=True)) if metric is not None else {}
    run = [i for i in task.zero_tolerance if scores.get(i)]
    up = up if metric == task.metric else True
    failed = [i for i in run if not all(task.is_right(s, higher_is_better=up) for s in scores[i])]
    lacking = [i for i in task.zero_tolerance if i not in run]
    rate = judge_zero_tolerance(failed, len(run))
    verdict, note = rate.verdict, rate.why
    if lacking and verdict is not Verdict.FAIL:
        verdict, note = Verdict.INCONCLUSIVE, f"not run: {named(lacking)}"
    more = 0 if verdict is not Verdict.INCONCLUSIVE else len(lacking) or None
    said = Judgement(
        verdict, 0.0 if math.isnan(rate.rate) else rate.rate, rate.low, rate.high, 0.0, "zero tolerance", rate.n, None,
        1.0 if not failed else 0.0, more, note,
    )  # fmt: skip
    yield Line(task, ZERO_TOLERANCE, Basis.LIMIT, None, said.delta, False, said)


def _totals(task: Task, base: EvalRun, cand: EvalRun, up: bool) -> Line:
    """Two totals without items in common: their own errors bound the difference, as of two unrelated samples."""
    now, then = cand.score(task.name, task.metric), base.score(task.name, task.metric)
    if now is None or then is None:
        side = "baseline" if then is None else "candidate"
        said = unjudged(0, math.nan, task.allowed(), f"the {side} has no {task.metric} of {task.name}")
        return Line(task, "", Basis.RAW, then.value if then else None, now.value if now else math.nan, up, said)
    said, basis = judge_totals(then, now, task.allowed(), higher_is_better=up, span=_span(task.metric))
    return Line(task, "", basis, then.value, now.value, up, said)
