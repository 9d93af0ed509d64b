"""A round of a tripwire against the baseline: what is learned, what shifted, what returned."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from statistics import median
from typing import NamedTuple

import msgspec

from pulse_tui.domain.tripwire import RATES, Metric, ProbeBaseline, ProbeRound, Shift
from pulse_tui.evaluate.tripwire import sequential
from pulse_tui.evaluate.tripwire.exact import EXACT, Off
from pulse_tui.evaluate.tripwire.sequential import BACK, NEEDED, WINDOW

__all__ = ["BACK", "WINDOW", "Judged", "judge", "learned", "standing"]

_LISTED = 5
_ODDS = "log odds of a shift (Beta-binomial)"
_RANKS = "chance of ranks as uneven (Mann-Whitney)"


class Judged(NamedTuple):
    """What a round led to."""

    baseline: ProbeBaseline
    found: tuple[Shift, ...] = ()
    """Shifts that are new, or that another unknown value joined."""
    ended: tuple[Shift, ...] = ()


def learned(base: ProbeBaseline | None, item: ProbeRound, *, by: str = "", why: str = "") -> ProbeBaseline:
    """The baseline with one more good round in it; None begins one. It is pinned by the last that it needs."""
    if base is None:
        base = ProbeBaseline(
            source=item.source,
            vendor=item.vendor,
            model=item.model,
            component=item.component,
            probes_digest=item.probes_digest,
            rounds=0,
            learn=item.learn,
            since=item.at,
            pinned_by=by,
            why=why,
            stated=item.stated,
        )
    timed = item.latency_ms is not None and item.stated == base.stated
    rounds = base.rounds + 1
    return msgspec.structs.replace(
        base,
        component=item.component,
        rounds=rounds,
        learn=item.learn,
        pinned_at=item.at if rounds >= item.learn else None,
        models=tuple(dict.fromkeys((*base.models, *item.models))),
        fingerprints=tuple(dict.fromkeys((*base.fingerprints, *item.fingerprints))),
        prompt_tokens=_tokens(base, item),
        counts=tuple((m, base.count(m).plus(item.count(m))) for m in RATES),
        latency_ms=(*base.latency_ms, item.latency_ms) if timed and item.latency_ms is not None else base.latency_ms,
    )


def judge(base: ProbeBaseline, earlier: Sequence[ProbeRound], item: ProbeRound) -> Judged:
    """Hold a round against a pinned baseline. ``earlier`` are the rounds since it was pinned, oldest first, up to
    :data:`WINDOW` of them; a metric that the round does not show is neither within the baseline nor beyond it."""
    since, anew = base.pinned_at or base.since, dict(base.anew)
    shifts, found, ended = list[Shift](), list[Shift](), list[Shift]()
    for metric in Metric:
        before = base.shift(metric)
        rounds = [r for r in (*earlier, item) if r.at > max(since, anew.get(metric, since))]
        if metric in EXACT:
            after = _exact(base, metric, before, rounds)
        elif metric is Metric.LATENCY:
            after = _latency(base, before, rounds)
        else:
            after = _rate(base, metric, before, rounds)
        if after is not None:
            shifts.append(after)
            if before is None or after.values != before.values:
                found.append(after)
        elif before is not None:
            ended.append(before)
            anew[metric] = item.at
    left = msgspec.structs.replace(base, component=item.component, shifts=tuple(shifts), anew=tuple(anew.items()))
    return Judged(left, tuple(found), tuple(ended))


def _tokens(base: ProbeBaseline, item: ProbeRound) -> tuple[tuple[str, tuple[int, ...]], ...]:
    known = dict(base.prompt_tokens)
    for result in item.results:
        if result.prompt_tokens:
            seen = (*known.get(result.probe, ()), *(n for n, _ in result.prompt_tokens))
            known[result.probe] = tuple(sorted(set(seen)))
    return tuple(known.items())


def _exact(base: ProbeBaseline, metric: Metric, before: Shift | None, rounds: Sequence[ProbeRound]) -> Shift | None:
    look = EXACT[metric]
    item, off = rounds[-1], look(base, rounds)
    if off is None or (off.within and before is None):
        return before
    if off.within:
        assert before is not None
        within = before.within + 1
        return None if within >= BACK else msgspec.structs.replace(before, within=within)
    if before is not None:
        values = tuple(dict.fromkeys((*before.values, *off.values)))[:_LISTED]
        return msgspec.structs.replace(before, within=0, values=values, after=off.after)
    return _shift(metric, off, item.at, off.since or item.at, rounds)


def _shift(metric: Metric, off: Off, at: datetime, since: datetime, rounds: Sequence[ProbeRound]) -> Shift:
    return Shift(
        metric=metric,
        before=off.before,
        after=off.after,
        since=since,
        found_at=at,
        rounds=sum(r.at >= since for r in rounds),
        method=off.method,
        values=off.values[:_LISTED],
    )


def _rate(base: ProbeBaseline, metric: Metric, before: Shift | None, rounds: Sequence[ProbeRound]) -> Shift | None:
    pinned = base.count(metric)
    if before is not None:
        later = [r.count(metric) for r in rounds if r.at > before.found_at]
        return None if sequential.returned(pinned, before.count, later) else before
    found = sequential.shift(pinned, [r.count(metric) for r in rounds])
    if found is None or not found.shifted or not rounds[-1].count(metric).of:
        return None
    return Shift(
        metric=metric,
        before=pinned.words,
        after=found.after.words,
        since=rounds[-found.rounds].at,
        found_at=rounds[-1].at,
        rounds=found.rounds,
        method=_ODDS,
        statistic=round(found.evidence, 2),
        limit=round(NEEDED, 2),
        count=found.after,
    )


def _latency(base: ProbeBaseline, before: Shift | None, rounds: Sequence[ProbeRound]) -> Shift | None:
    shown = [r for r in rounds if r.latency_ms is not None and r.stated == base.stated]
    times = [r.latency_ms for r in shown if r.latency_ms is not None]
    if before is not None:
        later = [t for r, t in zip(shown, times, strict=True) if r.at > before.found_at]
        return None if sequential.level(base.latency_ms, later) else before
    found = sequential.slower(base.latency_ms, times)
    if found is None or shown[-1] is not rounds[-1]:
        return None
    return Shift(
        metric=Metric.LATENCY,
        before=f"{found.before:,.0f} ms",
        after=f"{found.after:,.0f} ms ({found.after / found.before:.2f} times)",
        since=shown[-found.rounds].at,
        found_at=rounds[-1].at,
        rounds=found.rounds,
        method=_RANKS,
        statistic=found.chance,
        limit=sequential.CHANCE,
    )


class Standing(NamedTuple):
    """How a metric stands beside the baseline."""

    metric: Metric
    before: str
    now: str
    state: str
    """``within``, ``shifted``, ``unknown`` or ``learning``."""
    statistic: float | None = None
    limit: float | None = None
    method: str = ""
    since: datetime | None = None


def standing(base: ProbeBaseline, rounds: Sequence[ProbeRound]) -> list[Standing]:
    """Each metric beside the baseline after the last of ``rounds`` (oldest first, at least one). What the last round does
    not show is unknown; a shift stands until it ended."""
    pinned, anew = base.pinned_at, dict(base.anew)
    found = list[Standing]()
    for metric in Metric:
        since = pinned or base.since
        later = [r for r in rounds if pinned is not None and r.at > max(since, anew.get(metric, since))]
        line = _stands(base, metric, later or rounds[-1:])
        if (shift := base.shift(metric)) is not None:
            line = line._replace(
                state="shifted", since=shift.since, statistic=shift.statistic, limit=shift.limit, method=shift.method,
                before=shift.before, now=shift.after,
            )  # fmt: skip
        elif not base.pinned:
            line = line._replace(state="learning", statistic=None, limit=None)
        found.append(line)
    return found


def _stands(base: ProbeBaseline, metric: Metric, rounds: Sequence[ProbeRound]) -> Standing:
    """Of a metric that is not shifted."""
    if metric in EXACT:
        off = EXACT[metric](base, rounds)
        if off is None:
            return Standing(metric, "unknown", "unknown", "unknown")
        return Standing(metric, off.before, off.after or off.before, "within", method=off.method)
    if metric is Metric.LATENCY:
        times = [r.latency_ms for r in rounds if r.latency_ms is not None and r.stated == base.stated]
        old = f"{median(base.latency_ms):,.0f} ms" if base.latency_ms else "unknown"
        if not times or not base.latency_ms or rounds[-1].latency_ms is None:
            return Standing(metric, old, "unknown", "unknown")
        chance, last = sequential.least_chance(base.latency_ms, times), times[-BACK:]
        return Standing(metric, old, f"{median(last):,.0f} ms", "within", chance, sequential.CHANCE, _RANKS)
    before, after = base.count(metric), rounds[-1].count(metric)
    if not before.of or not after.of:
        return Standing(metric, before.words, after.words, "unknown")
    best = sequential.shift(before, [r.count(metric) for r in rounds])
    recent = sequential.total([r.count(metric) for r in rounds[-BACK:]])
    odds = round(best.evidence, 2) if best is not None else None
    return Standing(metric, before.words, recent.words, "within", odds, round(NEEDED, 2), _ODDS)
