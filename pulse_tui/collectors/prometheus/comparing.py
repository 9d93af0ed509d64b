"""One look at a canary beside what serves with it: what both sides counted since the last look, and what that decides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from pulse_tui.collectors.prometheus.ask import Grid, Server
from pulse_tui.collectors.prometheus.beside import Comparison, Measure, sided
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import Basis, Gate, Verdict
from pulse_tui.domain.evidence import CostEvidence, Evidence, HealthEvidence, MetricEvidence
from pulse_tui.domain.moments import from_us
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.words import Recommended, Severity, SignalType
from pulse_tui.evaluate.statistics.beside import (
    Beside,
    Judged,
    MeanRound,
    Means,
    Round,
    judged,
    judged_mean,
    look,
    look_at_mean,
)
from pulse_tui.ports import CollectContext

LONGEST_S = 3_600.0
"""After a longer pause only this much is looked back on: the rest is not counted, on neither side."""
_SLACK = 1.1
"""increase() extrapolates: so many times the requests may seem to be events."""
_METHOD = "always-valid e-process on what both sides counted in the same rounds"


class Compared(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is kept of a measure between rounds; moments in milliseconds by the server's clock."""

    at: int = 0
    """The last look, from which the next one counts; 0: none yet."""
    version: str = ""
    """What served as the canary then: another one begins anew."""
    shares: Beside = Beside()
    means: Means = Means()
    stated: str = ""
    """The verdict that was reported last."""
    blind_at: int | None = None
    alarm: bool = False
    """That nothing is seen was reported."""
    since: int = 0
    """From when on is counted; 0: an older version kept no record of it."""
    looks: int = 0
    """Rounds that counted."""
    why: str = ""
    """Why counting began then, where it is not the first look."""
    unseen: str = ""
    """What of it is not seen since ``blind_at``."""
    other: str = ""
    """The release that served beside it as it was counted; empty: not known."""


def compare(
    comparison: Comparison,
    measure: Measure,
    before: Compared,
    *,
    server: Server,
    end_ms: int,
    silent_s: float,
    ahead: timedelta,
    context: CollectContext,
) -> tuple[Compared, list[Signal]]:
    """What is kept, and what is reported: a verdict when it becomes another one, and that nothing can be seen.

    Raises SourceError for a query that cannot be answered, or numbers that cannot be.
    """
    version = context.serving(comparison.asset, comparison.environment) or ""
    other = context.serving(comparison.asset, comparison.beside) or ""
    # A canary that failed is no better for what serves beside it now.
    moved = "" not in (before.other, other) and other != before.other and before.stated != Verdict.FAIL.value
    if not before.at or version != before.version or end_ms < before.at or moved:
        # A first look, another release on either side, or another clock: what was counted until now may be of the one before.
        return Compared(at=end_ms, version=version, other=other, since=end_ms, why=_began(before, version, other)), []
    before = msgspec.structs.replace(before, other=before.other or other)
    since_s = (end_ms - before.at) / 1_000
    if not since_s:
        return before, []
    counted = _counted(comparison, measure, server, end_ms, min(since_s, LONGEST_S))
    say = _Say(comparison, measure, version, end_ms, ahead, context)
    if isinstance(counted, str):
        return _unseen(before, counted, end_ms, silent_s, say)
    out = [say.sight(lost=False)] if before.alarm else []
    after = msgspec.structs.replace(before, at=end_ms, blind_at=None, unseen="", alarm=False, looks=before.looks + 1)
    try:
        after, now = _judged(after, measure, counted)
    except ValueError as error:
        raise SourceError(f"{say.where}: {error}", todo="Count events among the requests of the same window") from None
    if now.verdict.value != before.stated and now.verdict is not Verdict.INCONCLUSIVE:
        out.append(say.verdict(now, after))
        after = msgspec.structs.replace(after, stated=now.verdict.value)
    return after, out


def _began(before: Compared, version: str, other: str) -> str:
    if not before.at:
        return ""
    if version == before.version:
        moved = other != before.other and "" not in (other, before.other)
        return f"{other} began beside it in place of {before.other}" if moved else "the server's clock was set back"
    return f"{version or 'an unknown release'} began in place of {before.version or 'an unknown one'}"


def _judged(before: Compared, measure: Measure, counted: Sequence[float]) -> tuple[Compared, Judged]:
    if measure.total is not None:
        means = look_at_mean(before.means, MeanRound(*counted), measure.limit)
        return msgspec.structs.replace(before, means=means), judged_mean(means)
    events, requests, other_events, other_requests = (round(value) for value in counted)
    if events > requests * _SLACK + 1 or other_events > other_requests * _SLACK + 1:
        raise ValueError(f"{events} events of {requests} requests and {other_events} of {other_requests} cannot be")
    seen = Round(min(events, requests), requests, min(other_events, other_requests), other_requests)
    shares = look(before.shares, seen, measure.limit, measure.together)
    return msgspec.structs.replace(before, shares=shares), judged(shares)


def _counted(
    comparison: Comparison, measure: Measure, server: Server, end_ms: int, over_s: float
) -> tuple[float, ...] | str:
    """(value, requests) of the canary and of what serves beside it, or what of these is not seen.

    A missing one is not nothing: a metric that was renamed has no errors either.
    """
    found = []
    what = "events" if measure.events is not None else "total"
    for side, matchers in (
        (comparison.environment, comparison.sides.canary),
        (comparison.beside, comparison.sides.beside),
    ):
        for key, query in ((what, measure.events or measure.total or ""), ("of", measure.of)):
            points = server.points(sided(query, matchers, over_s), Grid(end_ms, 1_000, 1))
            value = points.values[0]
            if value is None:
                return f"'{key}' has no series in {side.value}"
            if not math.isfinite(value):
                return f"'{key}' has no number in {side.value}"
            if points.warnings:
                return f"'{key}' may be partial in {side.value}: {points.warnings[0]}"
            if value < 0:
                raise SourceError(f"{comparison.asset} {measure.name}: {value:g} cannot be a count")
            found.append(value)
    return tuple(found)


def _unseen(before: Compared, why: str, end_ms: int, silent_s: float, say: _Say) -> tuple[Compared, list[Signal]]:
    since = before.blind_at if before.blind_at is not None else end_ms
    after = msgspec.structs.replace(before, at=end_ms, blind_at=since, unseen=why)
    if before.alarm or end_ms - since < silent_s * 1_000:
        return after, []
    return msgspec.structs.replace(after, alarm=True), [say.sight(lost=True)]


class _Say:
    """The signals about one measure."""

    def __init__(
        self,
        comparison: Comparison,
        measure: Measure,
        version: str,
        end_ms: int,
        ahead: timedelta,
        context: CollectContext,
    ) -> None:
        self._comparison, self._measure, self._version = comparison, measure, version
        self._at = min(context.now, from_us(end_ms * 1_000) - ahead)
        self._context, self._end_ms = context, end_ms
        self.where = f"{measure.name} of {comparison.asset} {comparison.environment.value}"

    def verdict(self, now: Judged, state: Compared) -> Signal:
        """It is decided: worse, or not."""
        measure, beside = self._measure, self._comparison.beside.value
        failed = now.verdict is Verdict.FAIL
        numbers = f"{_number(measure, now.rate)} against {_number(measure, now.other)} in {beside}"
        sure = f"at least {now.low:.2g} times, " if failed and now.low else ""
        title = f"{self.where} is {numbers} ({sure}limit {measure.limit:g}): {now.verdict.value}"
        kind = (
            SignalType.SAFETY_REGRESSION
            if measure.safety
            else SignalType.COST_CHANGE
            if measure.cost
            else SignalType.BENCHMARK_REGRESSION
        )
        action = (
            Recommended.PAUSE if measure.safety else Recommended.ROLLBACK if measure.must_pass else Recommended.NOTIFY
        )
        return self._signal(
            kind,
            now.verdict.value,
            title,
            f"Looked at after every round, valid at each; {_METHOD}. Evidence against it so far: {now.evidence:.3g} (20 decides)",
            self._evidence(now, state, kind),
            severity=Severity.HIGH if failed and measure.must_pass else Severity.MEDIUM if failed else Severity.LOW,
            action=action if failed else Recommended.NOTE,
        )

    def _evidence(self, now: Judged, state: Compared, kind: SignalType) -> Evidence:
        measure = self._measure
        if kind is SignalType.COST_CHANGE:
            return CostEvidence(metric=measure.name, baseline=now.other, current=now.rate, currency=measure.currency)
        requests = state.shares.requests or round(state.means.requests)
        return MetricEvidence(
            suite="live",
            task=f"beside {self._comparison.beside.value}",
            metric=measure.name,
            baseline=now.other,
            current=now.rate,
            higher_is_better=False,
            must_pass=measure.must_pass,
            gate=Gate.SAFETY if measure.safety else Gate.FUNCTIONAL if measure.must_pass else Gate.DIAGNOSTIC,
            n=requests,
            scale=100.0 if measure.events is not None else 1.0,
            verdict=now.verdict,
            basis=Basis.UNPAIRED,
            low=(now.low - 1) * now.other if now.low else None,
            high=(now.high - 1) * now.other if math.isfinite(now.high) else None,
            margin=(measure.limit - 1) * now.other,
            method=_METHOD,
        )

    def sight(self, *, lost: bool) -> Signal:
        """Nothing can be seen of it, or it can again."""
        why = "a series of it is missing, has no number, or may be partial"
        return self._signal(
            SignalType.SOURCE_HEALTH,
            "lost" if lost else "back",
            f"{self.where} cannot be seen" if lost else f"{self.where} is seen again",
            f"{why}: nobody knows whether the canary does worse" if lost else None,
            HealthEvidence(
                subject=f"{self._context.source} ({self.where})",
                state="silent" if lost else "good",
                reason=why if lost else "",
            ),
            severity=Severity.MEDIUM if lost else Severity.LOW,
            action=Recommended.REVIEW if lost else Recommended.NOTE,
        )

    def _signal(
        self,
        kind: SignalType,
        word: str,
        title: str,
        summary: str | None,
        evidence: Evidence,
        *,
        severity: Severity,
        action: Recommended,
    ) -> Signal:
        place = self._comparison
        source = self._context.source
        condition = (kind.value, source, place.asset, place.environment.value, "beside", self._measure.name)
        return observed(
            kind,
            source=source,
            event=(*condition, word, str(self._end_ms)),
            fingerprint=fingerprint(*condition),
            asset_id=place.asset,
            environment=place.environment,
            current_version=self._version or None,
            baseline_version=self._context.serving(place.asset, place.beside),
            severity=severity,
            confidence=0.95,
            recommended=action,
            at=self._at,
            now=self._context.now,
            title=title,
            summary=summary,
            evidence=evidence,
        )


def _number(measure: Measure, value: float) -> str:
    if measure.events is not None:
        return f"{value * 100:.3g} %"
    return f"{value:.4g} {measure.currency} a request" if measure.cost else f"{value:.4g} a request"
