"""How the tripwires stand: the baseline of each, its metrics with their statistics, and its last rounds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from statistics import median

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.health import Health
from pulse_tui.domain.moments import iso
from pulse_tui.domain.tripwire import RATES, Metric, ProbeBaseline, ProbeRound
from pulse_tui.domain.views.tripwire import MetricLine, RoundLine, WireState, WireView
from pulse_tui.evaluate.tripwire import WINDOW, standing
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.vendors.tripwire import concerned, of_baseline, progress
from pulse_tui.settings.check import nearest

KIND = "tripwire"
SHOWN = 10
"""Rounds that are listed."""
_DAY_S = 86_400.0


def wires(tx: Transaction, parts: JudgeParts, now: datetime) -> list[WireView]:
    """Every tripwire that is configured or has a baseline, by name."""
    kept = {b.source: b for b in tx.vendors.baselines()}
    configured = {s.id for s in parts.sources.values() if s.kind == KIND}
    return [_view(name, kept.get(name), tx, parts, now) for name in sorted(kept.keys() | configured)]


def wire(name: str, tx: Transaction, parts: JudgeParts, now: datetime) -> WireView:
    """One of them. Raises NotFound with the nearest."""
    found = {w.source: w for w in wires(tx, parts, now)}
    if name not in found:
        raise NotFound(f"there is no tripwire {name!r}", todo=nearest(name, found))
    return found[name]


def watching(asset_id: str, tx: Transaction, parts: JudgeParts, now: datetime) -> Iterator[str]:
    """A line for each tripwire that watches a model of the asset."""
    for one in wires(tx, parts, now):
        if asset_id in one.assets:
            shifted = [f"{m.metric} {m.before} -> {m.now}" for m in one.metrics if m.state == "shifted"]
            more = "; ".join([*shifted, one.trouble or one.progress])
            yield f"{one.source} ({one.model}) {one.state.value}: {more}"


def _view(name: str, base: ProbeBaseline | None, tx: Transaction, parts: JudgeParts, now: datetime) -> WireView:
    source = parts.sources.get(name)
    source = source if source is not None and source.kind == KIND else None
    rounds = tx.vendors.rounds(name, WINDOW + 1)
    trouble = _trouble(name, tx, now) if source is not None else "it is not configured any more"
    if base is not None and source is not None and source.options.model != base.model:
        trouble = trouble or f"{source.options.model} is to be asked instead: its first round begins a new baseline"
    known = [] if base is None else [r for r in reversed(rounds) if of_baseline(base, r)]
    costs = [r.tokens for r in rounds[:SHOWN] if r.tokens is not None]
    every = source.every if source is not None else None
    return WireView(
        source=name,
        model=base.model if base is not None else source.options.model if source is not None else "",
        component=base.component if base is not None else "",
        vendor=base.vendor if base is not None else "",
        state=_state(base, trouble),
        progress=progress(base) if base is not None else "no round yet",
        pinned_by=base.pinned_by if base is not None else "",
        why=base.why if base is not None else "",
        trouble=trouble,
        assets=tuple(a for a in concerned(rounds[0], tx) if a) if rounds else (),
        metrics=_metrics(base, known),
        rounds=tuple(_round(r) for r in rounds[:SHOWN]),
        every_s=every,
        tokens_a_day=round(median(costs) * _DAY_S / every) if costs and every else None,
    )


def _trouble(name: str, tx: Transaction, now: datetime) -> str:
    status = tx.plumbing.sources().get(name)
    if status is None:
        return ""
    health = status.health(now)
    last = f"; the last good round was {iso(status.last_good_at)}" if status.last_good_at is not None else ""
    if health is Health.FAILING:
        return f"its last {status.failures} rounds failed: {status.reason}{last}".replace("last 1 rounds", "last round")
    return f"it is late{last}" if health is Health.LATE else ""


def _state(base: ProbeBaseline | None, trouble: str) -> WireState:
    if base is not None and base.shifts:
        return WireState.SHIFTED
    if trouble:
        return WireState.FAILING
    if base is None:
        return WireState.NEVER
    return WireState.WITHIN if base.pinned else WireState.LEARNING


def _metrics(base: ProbeBaseline | None, rounds: Sequence[ProbeRound]) -> tuple[MetricLine, ...]:
    if base is None or not rounds:
        return ()
    return tuple(
        MetricLine(
            metric=s.metric.value,
            before=s.before,
            now=s.now,
            state=s.state,
            statistic=s.statistic,
            limit=s.limit,
            method=s.method,
            since=s.since,
        )
        for s in standing(base, rounds)
    )


def _round(item: ProbeRound) -> RoundLine:
    counts = {metric: item.count(metric) for metric in RATES}
    words = {metric: f"{count.hits} of {count.of}" if count.of else "unknown" for metric, count in counts.items()}
    return RoundLine(
        at=item.at,
        answered=item.answered,
        sent=item.sent,
        refusals=words[Metric.REFUSALS],
        format=words[Metric.FORMAT],
        answers=words[Metric.ANSWERS],
        latency_ms=item.latency_ms,
        tokens=item.tokens,
        models=item.models,
        fingerprints=item.fingerprints,
        why=item.why,
    )
