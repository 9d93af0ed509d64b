"""Two totals of which the items are not known: each one's own error bounds their difference.

Without items nothing can be paired. As the two sides answered the same questions, their errors mostly go together, and
the interval of unrelated samples is then too wide: it seldom decides wrongly, and often decides nothing.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy import special  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Basis, EvalRun, Score, Task, Verdict
from pulse_tui.domain.metrics import Made, bounds_of
from pulse_tui.evaluate.compare.comparable import stated_alone
from pulse_tui.evaluate.compare.line import Line
from pulse_tui.evaluate.statistics.needed import smallest
from pulse_tui.evaluate.statistics.paired import FEWEST, Z
from pulse_tui.evaluate.verdict import TIE, Judgement, decide, oriented, unjudged
from pulse_tui.evaluate.verdict import Interval as Bounds

_METHOD = "unpaired z of two totals"
_NO_ITEMS = "the results have no items to pair: with them the interval would be narrower"


def total_line(task: Task, made: Made, base: EvalRun, cand: EvalRun, up: bool) -> Line:
    """The line of a metric of which only totals can be compared. Of a cost it is the relative change, as with items."""
    then, now = base.score(task.name, task.metric), cand.score(task.name, task.metric)
    if now is None or then is None:
        sides = [side for side, score in (("baseline", then), ("candidate", now)) if score is None]
        why = f"the {' and the '.join(sides)} {'have' if len(sides) > 1 else 'has'} no {task.metric} of {task.name}"
        judgement = unjudged(0, math.nan, task.allowed(), why)
        return Line(task, "", Basis.RAW, then.value if then else None, now.value if now else math.nan, up, judgement)
    span = 100.0 / task.scale if bounds_of(task.metric) == (0.0, 1.0) else None
    if task.growing:
        judgement = unjudged(0, now.value - then.value, task.allowed(), "a total cannot be watched while items come in")
        basis = Basis.RAW
    elif made is Made.COST:
        judgement, basis = _relative(then, now, task.allowed())
    else:
        judgement, basis = judge_totals(then, now, task.allowed(), higher_is_better=up, span=span)
    if alone := stated_alone(task.name, base, cand):
        judgement = judgement._replace(note="; ".join(filter(None, [alone, judgement.note])))
    return Line(task, "", basis, then.value, now.value, up, judgement)


def _relative(base: Score, cand: Score, margin: float) -> tuple[Judgement, Basis]:
    """The change of a cost in parts of the baseline's, whose error then goes to the candidate's in that proportion."""
    if not 0.0 < base.value < math.inf or not math.isfinite(ratio := cand.value / base.value):
        why = "the baseline cost nothing: no ratio can be formed"
        return unjudged(0, math.nan, margin, why), Basis.RAW
    left = None if base.stderr is None else base.stderr / base.value * ratio
    right = None if cand.stderr is None else cand.stderr / base.value
    one = Score(task=base.task, metric=base.metric, value=1.0, stderr=left, n=base.n)
    two = Score(task=cand.task, metric=cand.metric, value=ratio, stderr=right, n=cand.n)
    return judge_totals(one, two, margin, higher_is_better=False, span=None)


class _Sample(NamedTuple):
    """Where a total's interval is centred, and its variance."""

    centre: float
    variance: float


def judge_totals(
    base: Score, cand: Score, margin: float, *, higher_is_better: bool, span: float | None
) -> tuple[Judgement, Basis]:
    """The verdict on two totals. ``span`` is the length of the scale of a share, None of anything else.

    RAW and INCONCLUSIVE when a side states neither its standard error nor, for a share, how many items are behind it.
    """
    sign = 1.0 if higher_is_better else -1.0
    gain = sign * (cand.value - base.value)
    known = [s.n for s in (base, cand) if s.n is not None]
    n = min(known) if len(known) == 2 else 0

    def nothing(why: str) -> tuple[Judgement, Basis]:
        return oriented(unjudged(n, gain, margin, why), higher_is_better=higher_is_better), Basis.RAW

    left, right = _sample(base, span), _sample(cand, span)
    if left is None or right is None:
        sides = [side for side, found in (("baseline", left), ("candidate", right)) if found is None]
        verb = "have totals without their errors" if len(sides) > 1 else "has a total without its error"
        return nothing(f"the {' and the '.join(sides)} {verb}: their noise is unknown")
    if known and min(known) < FEWEST:
        return nothing(f"{min(known)} items are too few: at least {FEWEST} are needed")
    error = math.sqrt(left.variance + right.variance)
    if not math.isfinite(error):
        return nothing("the errors are too large to calculate with")
    if error <= 1e-12 * max(abs(base.value), abs(cand.value), 1e-300):
        return nothing("the totals state an error of zero: unseen items have no bound")
    centre = sign * (right.centre - left.centre)
    most = math.inf if span is None else span
    bounds = Bounds(gain, max(centre - Z * error, -most), min(centre + Z * error, most))
    verdict = decide(bounds, margin)
    p = float(special.ndtr((centre + margin) / error))
    judgement = Judgement(
        verdict, *bounds, margin, _METHOD, n, None, p, _more(verdict, centre + margin, error, n), _NO_ITEMS
    )
    return oriented(judgement, higher_is_better=higher_is_better), Basis.UNPAIRED


def _more(verdict: Verdict, gap: float, error: float, n: int) -> int | None:
    """More items on either side until the interval leaves the margin."""
    if verdict is not Verdict.INCONCLUSIVE:
        return 0
    if not n or abs(gap) <= TIE:
        return None
    found = smallest(lambda m: Z * error * math.sqrt(n / m) < abs(gap), n)
    return None if found is None else found - n


def _sample(score: Score, span: float | None) -> _Sample | None:
    """A share is taken as that of so many yes and no answers as have its stated error, one of either kind added.

    That is the interval of Agresti and Caffo (2000, The American Statistician 54:280): the plain one passes up to 30 %
    of candidates that lie at the margin when the shares are near 0 or 1.
    """
    stated = score.stderr * score.stderr if score.stderr is not None else None
    if span is None or not 0.0 <= score.value <= span:
        return None if stated is None else _Sample(score.value, stated)
    share = score.value / span
    if stated and 0.0 < share < 1.0:
        answers = share * (1.0 - share) * span * span / stated
    elif stated:
        return _Sample(score.value, stated)
    elif score.n:
        answers = float(score.n)
    else:
        return None
    share = (share * answers + 1.0) / (answers + 2.0)
    return _Sample(share * span, share * (1.0 - share) / (answers + 2.0) * span * span)
