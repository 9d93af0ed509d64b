"""The signal of a hosted model that changed without a note: what moved, from what to what, and how sure that is."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.estate import Asset
from pulse_tui.domain.evidence import ShiftEvidence
from pulse_tui.domain.moments import iso
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.text import many
from pulse_tui.domain.tripwire import Metric, ProbeBaseline, Shift
from pulse_tui.domain.words import Recommended, Severity, SignalType

CONFIDENCE = {
    Metric.MODEL: 1.0,
    Metric.TOKENS: 0.95,
    Metric.REFUSALS: 0.9,
    Metric.FORMAT: 0.9,
    Metric.ANSWERS: 0.9,
    Metric.LATENCY: 0.5,
    Metric.FINGERPRINT: 0.4,
}
"""Fingerprints change with every roll-out of a provider, latency with its load: neither shows another behaviour."""
WEAK = frozenset({Metric.LATENCY, Metric.FINGERPRINT})
_SAYS = {
    Metric.MODEL: "another model answers under the same name",
    Metric.TOKENS: "the same prompts take other numbers of tokens: a template, a hidden system prompt or the tokenizer changed",
    Metric.REFUSALS: "harmless prompts are refused more or less often",
    Metric.FORMAT: "answers keep the form that was asked for more or less often",
    Metric.ANSWERS: "answers agree with the accepted ones more or less often",
    Metric.LATENCY: "answers take more or less time; alone it shows no other behaviour",
    Metric.FINGERPRINT: "an unknown build answers; alone it shows no other behaviour",
}


def condition(source: str, metric: Metric, asset_id: str | None) -> str:
    """The fingerprint of the condition: the same for as long as the shift lasts."""
    return fingerprint("tripwire", source, metric.value, asset_id)


def shift_signal(shift: Shift, base: ProbeBaseline, asset_id: str | None, asset: Asset | None, now: datetime) -> Signal:
    """The signal of a shift for an asset; ``asset_id`` None: no asset is known to use the model."""
    weak = shift.metric in WEAK
    return observed(
        SignalType.SILENT_CHANGE,
        source=base.source,
        event=("tripwire", shift.metric.value, asset_id, str(now)),
        fingerprint=condition(base.source, shift.metric, asset_id),
        title=f"{shift.metric.value} of {base.model} changed without a note: {shift.before} -> {shift.after}",
        summary=f"{_SAYS[shift.metric]}; {statistics(shift)}",
        evidence=ShiftEvidence(
            component=base.component,
            metric=shift.metric.value,
            before=shift.before,
            after=shift.after,
            rounds=shift.rounds,
            statistic=shift.statistic,
            limit=shift.limit,
            method=shift.method,
            since=shift.since,
        ),
        severity=Severity.LOW if weak else Severity.MEDIUM,
        recommended=Recommended.MONITOR if weak else Recommended.RETEST,
        confidence=CONFIDENCE[shift.metric],
        now=now,
        at=shift.since,
        asset_id=asset_id,
        asset=asset,
    )


def statistics(shift: Shift | ShiftEvidence) -> str:
    """``likelihood ratio ... 13.6, a shift from 11 on, over 6 rounds since 2026-11-23 03:00Z``."""
    since = f" since {iso(shift.since)}" if shift.since is not None else ""
    over, how = f"over {many(shift.rounds, 'round')}{since}", shift.method or "as stated"
    if shift.statistic is None or shift.limit is None:
        return f"{how}, {over}"
    side = f"from {shift.limit:g} on" if shift.statistic >= shift.limit else f"up to {shift.limit:.2g}"
    return f"{how} {shift.statistic:.3g}, a shift {side}, {over}"


def shift_words(evidence: ShiftEvidence) -> str:
    """The numbers of a shift, in a line."""
    return f"{evidence.component}: {evidence.metric} {evidence.before} -> {evidence.after}; {statistics(evidence)}"


def shift_todo(evidence: ShiftEvidence, source: str) -> tuple[str, ...]:
    """What to do about a shift, beside measuring the asset again."""
    pin = f"once it is accepted, pin it: pulse-tui tripwire pin {source} --why REASON"
    if evidence.metric in {m.value for m in WEAK}:
        return (f"watch the next rounds, alone it shows no other behaviour: pulse-tui tripwire {source}", pin)
    if evidence.metric == Metric.MODEL.value:
        ask = f"ask the vendor which model answers now, or request {evidence.before} by its exact id"
    else:
        ask = "compare what is measured now with the baseline, and ask the vendor what changed"
    return (f"{ask}; its rounds: pulse-tui tripwire {source}", pin)
