"""Two totals of which the items are not known: each one's own error bounds their difference.

Without items nothing can be paired. As the two sides answered the same questions, their errors mostly go together, and
the interval of unrelated samples is then too wide: it seldom decides wrongly, and often decides nothing.
"""

from __future__ import annotations

import math

from scipy import special  # type: ignore[import-untyped]

from pulse_tui.domain.evals import Basis, Score, Verdict
from pulse_tui.evaluate.needed import smallest
from pulse_tui.evaluate.paired import FEWEST, Z
from pulse_tui.evaluate.verdict import Interval, Judgement, decide, oriented, unjudged

_METHOD = "unpaired z of two totals"


def judge_totals(
    base: Score, cand: Score, margin: float, *, higher_is_better: bool, span: float | None
) -> tuple[Judgement, Basis]:
    """The verdict on two totals. ``span`` as in :func:`~pulse_tui.evaluate.paired.judge_t`; shares have 1.

    RAW and INCONCLUSIVE when a side states neither its standard error nor, for a share, how many items are behind it.
    """
    gain = cand.value - base.value if higher_is_better else base.value - cand.value
    n = min(base.n or 0, cand.n or 0)
    left, right = _variance(base, span), _variance(cand, span)
    if left is None or right is None or n < FEWEST:
        side = base.n is None or left is None
        why = f"only totals are known, without {'the error' if not side else 'items or the error'} of either"
        if left is not None and right is not None:
            why = f"{n} items say too little: at least {FEWEST} are needed"
        return oriented(unjudged(n, gain, margin, why), higher_is_better=higher_is_better), Basis.RAW
    error = math.sqrt(left + right)
    if error <= 0.0:
        why = "the totals state an error of zero: nothing bounds the items not seen"
        return oriented(unjudged(n, gain, margin, why), higher_is_better=higher_is_better), Basis.RAW
    estimate = Interval(gain, gain - Z * error, gain + Z * error)
    p = float(special.ndtr((gain + margin) / error))
    verdict = decide(estimate, margin)
    more: int | None = 0
    if verdict is Verdict.INCONCLUSIVE:
        distance = abs(gain + margin)
        found = smallest(lambda m: Z * error * math.sqrt(n / m) < distance, n) if distance > 1e-12 else None
        more = None if found is None else found - n
    note = "the results hold no items to pair: with them the interval would be narrower"
    said = Judgement(verdict, *estimate, margin, _METHOD, n, None, p, more, note)
    return oriented(said, higher_is_better=higher_is_better), Basis.UNPAIRED


def _variance(score: Score, span: float | None) -> float | None:
    """Of the total: from its stated error; a share has at least that of one changed item in n + 4 (Agresti and Caffo)."""
    stated = score.stderr**2 if score.stderr is not None else None
    if span != 1.0 or not score.n or not 0.0 <= score.value <= 1.0:
        return stated
    share = (score.value * score.n + 1.0) / (score.n + 2.0)
    binomial = share * (1.0 - share) / (score.n + 2.0)
    return binomial if stated is None or stated == 0.0 else stated
