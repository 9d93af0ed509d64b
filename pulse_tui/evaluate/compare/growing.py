"""Lines of a candidate that is judged while its items come in: valid over all looks together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pulse_tui.domain.evals import Basis, Task, Verdict
from pulse_tui.evaluate.compare.line import Line
from pulse_tui.evaluate.inputs import Unusable
from pulse_tui.evaluate.statistics.clustered import numbered
from pulse_tui.evaluate.statistics.sequential import Looked, watch
from pulse_tui.evaluate.verdict import ALPHA, Interval, Judgement, oriented

Floats = NDArray[np.float64]
_METHOD = "always-valid e-process"


def watched(
    task: Task, part: str, base: Floats, cand: Floats, labels: Sequence[str] | None, up: bool, span: float | None
) -> Line:
    """The line on one number an item, in the order in which the items came.

    What shares a cluster is one bet, on its mean: items that go together would be bet on again and again (a false
    alarm in 22 % of 200 clusters of five). The numbers are then those of the mean cluster.

    :raises Unusable: without a scale the effect of the next item has no bound
    """
    if span is None:
        raise Unusable(
            f"{task.metric} has no scale of 0 to 1, so it cannot be watched while items come in",
            todo="Judge it when all are there: growing: false",
        )
    count, unit = base.size, "items"
    if labels is not None:
        number, clusters = numbered(labels)
        if clusters < count:
            size = np.bincount(number, minlength=clusters)
            base, cand = np.bincount(number, base) / size, np.bincount(number, cand) / size
            unit = "clusters, each counted once"
    gain = cand - base if up else base - cand
    seen = watch(gain, margin=task.allowed(), span=span)
    judgement = _said(seen, task.allowed(), count, f"{gain.size} {unit}")
    judgement = judgement._replace(clusters_effective=None if labels is None else float(gain.size))
    judgement = oriented(judgement, higher_is_better=up)
    return Line(task, part, Basis.PAIRED, float(base.mean()), float(cand.mean()), up, judgement)


def _said(seen: Looked, margin: float, n: int, of: str) -> Judgement:
    verdict, note = settled(seen, of)
    low, high = seen.low, seen.high
    if low > high:  # it passed or failed and then went the other way: no one mean fits all items
        low, high, note = high, low, f"{note}; the candidate changed while it grew"
    more = 0 if verdict is not Verdict.INCONCLUSIVE else None
    return Judgement(
        verdict, *Interval(seen.delta, low, high), margin, _METHOD, n, None, p_of(seen), more, note
    )  # fmt: skip


def settled(seen: Looked, of: str) -> tuple[Verdict, str]:
    """The verdict, and since when. Proof of a loss counts after a PASS too: it is as rare without one at any look."""
    if seen.e_worse >= 1.0 / ALPHA and seen.verdict is Verdict.PASS:
        return Verdict.FAIL, f"passed after {seen.decided_at}, and worse since, of {of}"
    if seen.verdict is Verdict.INCONCLUSIVE:
        return seen.verdict, f"not decided after {of}; it may be judged again at any time"
    return seen.verdict, f"decided after {seen.decided_at} of {of}"


def p_of(seen: Looked) -> float:
    """The p-value of the largest evidence so far, valid at every look."""
    return min(1.0, 1.0 / seen.e_worse) if seen.e_worse > 0 else 1.0
