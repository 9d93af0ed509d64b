"""Lines from items that both sides answered: scores, and what is made from an item's repeats, cost or probability."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from pulse_tui.domain.evals import Basis, EvalRun, Task, Verdict
from pulse_tui.domain.metrics import Made, k_of
from pulse_tui.evaluate.compare.comparable import better, source_of, undirected
from pulse_tui.evaluate.compare.growing import watched
from pulse_tui.evaluate.compare.line import Line, span_of
from pulse_tui.evaluate.compare.pairing import Pair, Scored, scored
from pulse_tui.evaluate.inputs import Unusable
from pulse_tui.evaluate.statistics.calibration import brier
from pulse_tui.evaluate.statistics.clustered import FAIL_FROM, gathered, numbered
from pulse_tui.evaluate.statistics.consistency import agreements
from pulse_tui.evaluate.statistics.cost import judge_cost
from pulse_tui.evaluate.statistics.judge import judge
from pulse_tui.evaluate.statistics.needed import more_repeats
from pulse_tui.evaluate.statistics.spread import judge_spread
from pulse_tui.evaluate.statistics.values import Floats, chances, matrix, means, right_share, spreads
from pulse_tui.evaluate.verdict import Judgement, unjudged

_LARGEST = 1e100
_MOST_REPEATS = 100
"""More repeats than this are not run: then more items are needed."""


class Asked(NamedTuple):
    """A part of a task's items, and in which direction its metric is good."""

    task: Task
    part: str
    both: Pair
    places: list[int]
    up: bool
    runs: tuple[EvalRun, EvalRun]
    """The candidate and the baseline: whose totals say in which direction a source of a made metric is good."""


def scores(a: Asked) -> Line:
    """Of the scores themselves: the mean over an item's repeats."""
    found = scored(a.both, a.places, a.task.metric, a.task)
    base, cand = means(found.left), means(found.right)
    line = _judged(a, found.places, base, cand, span_of(a.task.metric, base, cand))
    more = _more_repeats(a, line.judgement, found)
    return line._replace(repeats=_fewest(found), more_repeats=more)


def pass_at(a: Asked) -> Line:
    """Of pass@k without bias; when less of it is better (attacks that work), what counts is a hit."""
    found, right_up = _source(a)
    _directed(a)
    k = k_of(a.task.metric)
    base, cand = (chances(a.task, rows, k, higher_is_better=right_up or not a.up) for rows in (found.left, found.right))
    return _judged(a, found.places, base, cand, 1.0)._replace(repeats=_fewest(found))


def consistency(a: Asked) -> Line:
    """Of the chance that two repeats agree: in their answer where both sides tell it, else in their score."""
    before, after = a.both.before.answers, a.both.after.answers
    if before and after:
        places = list(a.places)
        if not places:
            raise Unusable("it has no items")
        left, right = [before[a.both.old[n]] for n in places], [after[a.both.new[n]] for n in places]
        base, cand, repeats = agreements(left), agreements(right), min(map(len, (*left, *right)))
    else:
        found, _ = _source(a)
        places, repeats = found.places, _fewest(found)
        base, cand = agreements(found.left), agreements(found.right)
    return _judged(a, places, base, cand, 1.0)._replace(repeats=repeats)


def spread(a: Asked) -> Line:
    """Of the distances from each item's median, by the same items of both sides and equally many repeats of each.

    Thrown together, items with noise of their own would be taken for more than they are (false alarms of 18 % at 200
    items of ten repeats), and two repeats against five would always look narrower.
    """
    found, _ = _source(a)
    limits = [min(len(x), len(y)) for x, y in zip(found.left, found.right, strict=True)]
    base, cand = spreads(found.left, limits), spreads(found.right, limits)
    if len(limits) > 1 or a.task.growing:
        line = _judged(a, found.places, base, cand, span_of(source_of(a.both.after, a.task) or "", base, cand))
        return line._replace(repeats=min(limits))
    one = judge_spread(np.asarray(found.left[0]), np.asarray(found.right[0]), margin=a.task.allowed())
    why = "" if one.verdict is not Verdict.INCONCLUSIVE else "one item: more of its repeats, or more items"
    judgement = Judgement(
        one.verdict, float(cand[0] - base[0]), one.low, one.high, a.task.allowed(), "brown-forsythe", 1, None,
        one.p_wider, 0 if not why else None, why,
    )  # fmt: skip
    return Line(a.task, a.part, Basis.PAIRED, float(base[0]), float(cand[0]), False, judgement, min(limits))


def cost(a: Asked) -> Line:
    """Of the ratio of mean costs. What shares a cluster is summed first: the ratio of the sums is the same."""
    before, after = a.both.before.costs, a.both.after.costs
    if not (before and after):
        raise Unusable("the results do not state the cost of each item")
    if not a.places:
        raise Unusable("it has no items")
    if a.task.growing:
        raise Unusable("a cost has no scale, so it cannot be watched while items come in: judge it when all are there")
    base = np.array([before[a.both.old[n]] for n in a.places], np.float64)
    cand = np.array([after[a.both.new[n]] for n in a.places], np.float64)
    judgement = _ratio(base, cand, a.task.allowed(), a.both.clusters(a.places))
    return Line(a.task, a.part, Basis.PAIRED, float(base.mean()), float(cand.mean()), False, judgement)


def _ratio(base: Floats, cand: Floats, margin: float, labels: list[str] | None) -> Judgement:
    n, unit = base.size, float(base.mean())
    if unit > 0.0:
        with np.errstate(over="ignore"):
            base, cand = base / unit, cand / unit  # a ratio has no unit, and squares of tiny ones would vanish
        if not float(max(base.max(), cand.max())) < _LARGEST:
            return unjudged(n, math.nan, margin, "the costs differ by more than can be calculated with")
    number, count = numbered(labels) if labels is not None else (np.arange(n), n)
    if count == n:
        return judge_cost(base, cand, margin=margin)
    effective = gathered(base, number, count).effective
    before, after = (np.bincount(number, x, count).astype(np.float64) for x in (base, cand))
    judgement = judge_cost(before, after, margin=margin)
    more = judgement.more_items and math.ceil(judgement.more_items * n / count)
    judgement = judgement._replace(
        n=n, clusters_effective=effective, more_items=more, method=f"{judgement.method} of clusters"
    )
    if judgement.verdict is Verdict.FAIL and effective < FAIL_FROM:
        note = f"{effective:.1f} effective clusters: under {FAIL_FROM:g} it cannot FAIL"
        more = math.ceil((FAIL_FROM - effective) * n / effective)
        judgement = judgement._replace(verdict=Verdict.INCONCLUSIVE, more_items=more, note=note)
    return judgement


def calibration(a: Asked) -> Line:
    """Of the Brier score of each side's own answers."""
    before, after = a.both.before.probabilities, a.both.after.probabilities
    if not (before and after):
        raise Unusable("the answers state no probability of being right")
    _directed(a)
    found, right_up = _source(a)
    losses = [
        brier(
            np.array([stated[index[n]] for n in found.places], np.float64),
            right_share(a.task, rows, higher_is_better=right_up),
        )
        for stated, index, rows in ((before, a.both.old, found.left), (after, a.both.new, found.right))
    ]
    return _judged(a, found.places, losses[0], losses[1], 1.0)._replace(repeats=_fewest(found))


Make = Callable[[Asked], Line]
MAKERS: dict[Made, Make] = {
    Made.SCORES: scores,
    Made.PASS_AT_K: pass_at,
    Made.CONSISTENCY: consistency,
    Made.SPREAD: spread,
    Made.COST: cost,
    Made.BRIER: calibration,
}
"""Of latencies no items are paired."""


def _source(a: Asked) -> tuple[Scored, bool]:
    """The scores that the metric is made from, and whether more of them is better."""
    name = source_of(a.both.after, a.task)
    if name is None or name not in a.both.before.scores:
        known = ", ".join(m for m in a.both.after.scores if m in a.both.before.scores) or "none that both runs have"
        raise Unusable(
            f"{a.task.metric} is computed from the scores of one metric", todo=f"Name it: 'of' is one of {known}"
        )
    return scored(a.both, a.places, name, a.task), better(a.task.name, name, *a.runs)


def _directed(a: Asked) -> None:
    """:raises Unusable: when it is unknown which scores of the source are right"""
    name = source_of(a.both.after, a.task)
    if name is not None and (why := undirected(a.task, name, *a.runs)):
        raise Unusable(why)


def _judged(a: Asked, places: Sequence[int], base: Floats, cand: Floats, span: float | None) -> Line:
    """The line on one number an item."""
    clusters, margin = a.both.clusters(places), a.task.allowed()
    if a.task.growing:
        return watched(a.task, a.part, base, cand, clusters, a.up, span)
    judgement = judge(base, cand, margin=margin, higher_is_better=a.up, clusters=clusters, span=span)
    if span is not None:  # with a cluster or two a t interval reaches beyond what shares can differ by
        low, high = (x if math.isinf(x) else min(max(x, -span), span) for x in (judgement.low, judgement.high))
        judgement = judgement._replace(low=low, high=high)
    return Line(a.task, a.part, Basis.PAIRED, float(base.mean()), float(cand.mean()), a.up, judgement)


def _fewest(found: Scored) -> int:
    return min(len(r) for r in (*found.left, *found.right))


def _more_repeats(a: Asked, judgement: Judgement, found: Scored) -> int | None:
    """Repeats that would decide; with clusters, of which each then counts as one item."""
    if judgement.verdict is not Verdict.INCONCLUSIVE or a.task.growing or _fewest(found) < 2:
        return None
    first, second = matrix(found.left), matrix(found.right)
    if first is None or second is None or first.shape != second.shape:
        return None
    few = judgement.clusters_effective is not None and judgement.clusters_effective < FAIL_FROM
    labels = a.both.clusters(found.places)
    if labels is not None:
        number, count = numbered(labels)
        first, second = (_summed(m, number, count) for m in (first, second))
    if not a.up:
        first, second = -first, -second
    if few and float(second.mean() - first.mean()) < -a.task.allowed():
        return None  # no number of repeats makes five clusters of them
    more = more_repeats(first, second, a.task.allowed())
    return more if more and more <= _MOST_REPEATS else None


def _summed(rows: Floats, number: np.ndarray[tuple[int], np.dtype[np.intp]], count: int) -> Floats:
    """Clusters as items, scaled so that their mean is the mean of all items."""
    out = np.zeros((count, rows.shape[1]))
    np.add.at(out, number, rows)
    scaled: Floats = out * (count / rows.shape[0])
    return scaled
