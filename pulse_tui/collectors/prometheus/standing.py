"""Where the comparison of a measure stands after a round, decided or not: what an operator is shown of it."""

from __future__ import annotations

import math
from datetime import timedelta

from pulse_tui.collectors.prometheus.beside import Comparison, Measure
from pulse_tui.collectors.prometheus.comparing import Compared
from pulse_tui.domain.comparison import ComparisonState, LiveComparison
from pulse_tui.domain.evals import Verdict
from pulse_tui.domain.moments import from_us, iso, to_us
from pulse_tui.domain.text import clean
from pulse_tui.evaluate.statistics.beside import LEAST_ROUNDS, Judged, judged, judged_mean, more, more_rounds

_WHY = 300
_CLEAR = 2.0
"""Until a canary that does so many times the limit is ruled out, too little was counted to speak of no difference."""


def standing(
    comparison: Comparison, measure: Measure, kept: Compared, beside: str | None, ahead: timedelta, trouble: str = ""
) -> LiveComparison:
    """``beside``: the release on the other side now; ``ahead``: how far the server's clock is; ``trouble``: why it was not looked
    at in this round, empty where it was."""
    mean = measure.total is not None
    now = judged_mean(kept.means) if mean else judged(kept.shares)
    next_ = more_rounds(kept.means) if mean else more(kept.shares, measure.limit, measure.together)
    counted = kept.means if mean else kept.shares
    return LiveComparison(
        asset=comparison.asset,
        environment=comparison.environment.value,
        beside=comparison.beside.value,
        measure=measure.name,
        state=_state(measure, kept, now, trouble),
        at_us=_ours(kept.at, ahead),
        limit=measure.limit,
        share=not mean,
        unit=measure.currency if measure.cost else "",
        must_pass=measure.must_pass,
        version=kept.version,
        beside_version=kept.other or beside or "",
        since_us=_ours(kept.since, ahead) if kept.since else None,
        looks=kept.looks,
        total=kept.means.total if mean else kept.shares.events,
        requests=counted.requests,
        other_total=kept.means.other_total if mean else kept.shares.other_events,
        other_requests=counted.other_requests,
        low=now.low or None,
        high=now.high if math.isfinite(now.high) else None,
        worse=now.evidence,
        fine=now.fine,
        rounds=kept.means.rounds,
        rounds_worse=kept.means.worse,
        more=next_.more if next_ is not None else None,
        towards=next_.verdict.value if next_ is not None else "",
        why=_why(kept, ahead, trouble),
    )


def _state(measure: Measure, kept: Compared, now: Judged, trouble: str) -> ComparisonState:
    if now.verdict is Verdict.FAIL:  # what cannot be seen any more is not over
        return ComparisonState.FAIL
    if trouble:
        return ComparisonState.UNREAD
    if kept.blind_at is not None:
        return ComparisonState.UNSEEN
    if not kept.looks and not kept.shares.requests and not kept.means.rounds:
        return ComparisonState.BEGUN
    if now.verdict is Verdict.PASS:
        return ComparisonState.PASS
    few = now.high > _CLEAR * measure.limit if measure.total is None else kept.means.rounds < LEAST_ROUNDS
    return ComparisonState.COLLECTING if few else ComparisonState.OPEN


def _why(kept: Compared, ahead: timedelta, trouble: str) -> str:
    if trouble:
        lacks = trouble
    elif kept.blind_at is not None:
        lacks = f"{kept.unseen or 'a series is missing'} since {iso(from_us(_ours(kept.blind_at, ahead)))}"
    else:
        lacks = "" if kept.looks or kept.why else "first looked at"
    return clean("; ".join(filter(None, (lacks, kept.why))), _WHY)


def _ours(ms: int, ahead: timedelta) -> int:
    return to_us(from_us(ms * 1_000) - ahead)
