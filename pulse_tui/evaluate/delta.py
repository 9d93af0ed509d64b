"""The plain rule: a raw difference against a threshold, with no statement about noise."""

from __future__ import annotations

import math
from enum import StrEnum
from typing import NamedTuple


class Verdict(StrEnum):
    """What a gate says."""

    PASS = "PASS"  # noqa: S105  a verdict
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


class Delta(NamedTuple):
    """A difference in percentage points and what the threshold makes of it."""

    delta_pp: float
    """Current minus baseline."""
    worse_pp: float
    """Positive: worse."""
    margin_pp: float
    verdict: Verdict
    why: str


def delta(
    baseline: float, current: float, *, margin_pp: float, higher_is_better: bool = True, scale: float = 100.0
) -> Delta:
    """FAIL when the metric is worse by more than ``margin_pp`` percentage points, else PASS.

    ``scale`` is percentage points per unit (100 for ratios). A value that is not finite is
    INCONCLUSIVE: it neither passes nor fails. Differences are rounded to a millionth of a point,
    so that 0.92 - 0.90 is 2 and not a hair more.
    """
    if not (math.isfinite(baseline) and math.isfinite(current)):
        return Delta(math.nan, math.nan, margin_pp, Verdict.INCONCLUSIVE, "a value is not a finite number")
    change = round((current - baseline) * scale, 6)
    worse = -change if higher_is_better else change
    if worse > margin_pp:
        return Delta(change, worse, margin_pp, Verdict.FAIL, f"worse by {worse:g} pp, margin {margin_pp:g} pp")
    words = f"worse by {worse:g} pp, within the margin of {margin_pp:g} pp" if worse > 0 else "not worse"
    return Delta(change, worse, margin_pp, Verdict.PASS, words)
