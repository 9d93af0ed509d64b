"""Vendors compared by operational risk: what each announced, how long before, and what it changed without a word. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.catalogue import EventType, StoredEvent
from pulse_tui.domain.countdown import days_left
from pulse_tui.domain.evidence import NoteEvidence, ShiftEvidence
from pulse_tui.domain.lifecycle import StoredLifecycle
from pulse_tui.domain.note import Label, NoteKind, StoredNote
from pulse_tui.domain.scorecard import VendorScore
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.text import many
from pulse_tui.domain.vendor_task import TaskKind, VendorTask
from pulse_tui.domain.words import Severity
from pulse_tui.enrich.vendors.platforms import place, platform

BACK_DATED = timedelta(days=2)
SHORT_NOTICE_D = 60
"""Days: what several vendors promise at least."""
MANY_INCIDENTS = 3
"""In a span of 90 days, and in proportion in another."""
OFTEN_BACK_DATED = 0.1
ENOUGH_NOTES = 10
_MOVED = {EventType.LIMIT_CHANGED, EventType.RATE_LIMIT_CHANGED}


class Seen(NamedTuple):
    """All that was read over the span, whatever vendor it is of."""

    since: datetime
    until: datetime
    notes: Sequence[StoredNote]
    lifecycles: Sequence[StoredLifecycle]
    events: Sequence[StoredEvent]
    signals: Sequence[Signal]
    """Those of the span about vendors, by note or by tripwire."""
    alerts: Sequence[tuple[Alert, Signal]]
    """Alerts of the span, with the signal that opened each."""
    tasks: Sequence[VendorTask]
    uses: Mapping[str, Sequence[str]]
    """Our assets by the id of the component that each uses."""
    wires: Sequence[str]
    """The ids of the components that a tripwire watches."""


def scorecard(seen: Seen) -> tuple[VendorScore, ...]:
    """One line a vendor that anything is known of, the riskiest first."""
    found = {name: _score(name, seen) for name in sorted(_vendors(seen))}
    days = max(1.0, (seen.until - seen.since) / timedelta(days=1))
    scores = [score._replace(concerns=tuple(_concerns(score, days))) for score in found.values()]
    return tuple(sorted(scores, key=_risk))


def vendor_of(signal: Signal) -> str | None:
    """Whose behaviour a signal is about; None: no vendor's."""
    if isinstance(signal.evidence, NoteEvidence):
        if signal.evidence.ours:
            return None
        return platform(signal.evidence.platform or signal.evidence.vendor)
    if isinstance(signal.evidence, ShiftEvidence):
        there = place(signal.evidence.component)
        return there[0] if there else None
    return None


def _vendors(seen: Seen) -> set[str]:
    names = {platform(n.note.vendor) for n in seen.notes}
    names |= {platform(one.item.platform) for one in seen.lifecycles if _used(one, seen)}
    names |= {there[0] for component in (*seen.uses, *seen.wires) if (there := place(component)) is not None}
    return names


def _used(one: StoredLifecycle, seen: Seen) -> bool:
    """A public list names hundreds of platforms: those count that somebody here is on."""
    return any(there[0] == platform(one.item.platform) for c in seen.uses if (there := place(c)) is not None)


def _score(name: str, seen: Seen) -> VendorScore:
    notes = [n for n in seen.notes if platform(n.note.vendor) == name]
    labels = Counter(label for n in notes for label in n.reading.labels)
    fresh = [n for n in notes if not n.baseline]
    events = [e.event for e in seen.events if platform(e.event.platform) == name]
    kinds = Counter(e.type for e in events)
    alerts = [alert for alert, signal in seen.alerts if vendor_of(signal) == name]
    components = {c for c in seen.uses if (there := place(c)) is not None and there[0] == name}
    tasks = [t for t in seen.tasks if t.kind is TaskKind.RETEST and _on(t.component, name)]
    shifts = {what for s in seen.signals if (what := _silent(s)) is not None and vendor_of(s) == name}
    lists = {e.source for e in seen.events if platform(e.event.platform) == name}
    lists |= {one.item.source for one in seen.lifecycles if platform(one.item.platform) == name}
    return VendorScore(
        vendor=name,
        assets=tuple(sorted({asset for c in components for asset in seen.uses[c]})),
        sources=tuple(sorted({n.note.source for n in notes} | lists)),
        notes=len(notes),
        labels=tuple((str(label), labels[label]) for label in Label if labels[label]),
        back_dated=sum(n.note.dated and n.first_at - n.note.published_at > BACK_DATED for n in fresh),
        fresh=len(fresh),
        lead_days=tuple(sorted(_leads(notes, [o for o in seen.lifecycles if platform(o.item.platform) == name]))),
        incidents=sum(n.note.kind is NoteKind.STATUS or Label.INCIDENT in n.reading.labels for n in notes),
        price_moves=kinds[EventType.PRICE_CHANGED] + labels[Label.PRICING],
        limit_moves=sum(kinds[kind] for kind in _MOVED) + labels[Label.RATE_LIMIT],
        silent=len(shifts) + kinds[EventType.TARGET_CHANGED],
        watched=bool(lists) or any(_on(wire, name) for wire in seen.wires),
        asked=any(_on(wire, name) for wire in seen.wires),
        alerts=len(alerts),
        open_alerts=sum(alert.open for alert in alerts),
        verdicts=tuple(sorted(Counter(_verdict(task) for task in tasks).items())),
    )


def _on(component: str, name: str) -> bool:
    there = place(component)
    return there is not None and there[0] == name


def _silent(signal: Signal) -> tuple[str, str, str] | None:
    """What moved, however many assets it concerns. Latency and a fingerprint alone are no proof that a model answers otherwise."""
    evidence = signal.evidence
    if not isinstance(evidence, ShiftEvidence) or signal.severity is Severity.LOW:
        return None
    return signal.source, evidence.component, evidence.metric


def _verdict(task: VendorTask) -> str:
    if task.done_at is None:
        return "open"
    return task.verdict or ("not judged" if task.run_id is not None else "no longer asked")


def _leads(notes: Iterable[StoredNote], lifecycles: Iterable[StoredLifecycle]) -> Iterable[int]:
    """Notice of each end: by the model where a list states it, by the note where only a note does."""
    announced = defaultdict[str, list[int]](list)
    for one in lifecycles:
        item = one.item
        if item.ends_at is not None and item.announced_at is not None and not item.floor:
            announced[item.model].append(days_left(item.ends_at, item.announced_at))
    for stored in notes:
        reading, note = stored.reading, stored.note
        if Label.DEPRECATION not in reading.labels or reading.effective_at is None or reading.floor or not note.dated:
            continue
        if not announced.keys() & set(note.models):
            announced[f"{note.source}\0{note.key}"].append(days_left(reading.effective_at, note.published_at))
    return (min(days) for days in announced.values() if min(days) >= 0)


def _concerns(score: VendorScore, days: float) -> Iterable[str]:
    if score.silent:
        yield many(score.silent, "change") + " that nobody announced"
    if score.shortest is not None and score.shortest < SHORT_NOTICE_D:
        yield f"an end was announced {many(score.shortest, 'day')} before it"
    if score.incidents >= MANY_INCIDENTS * days / 90.0:
        yield many(score.incidents, "incident")
    if score.fresh >= ENOUGH_NOTES and score.back_dated >= OFTEN_BACK_DATED * score.fresh:
        yield f"{score.back_dated / score.fresh:.0%} of its notes bear a date before they could be read"
    if score.assets and not score.sources:
        yield "no source reads it: what it announces is not known"
    elif score.assets and not score.watched:
        yield "nothing watches for changes that it does not announce"


def _risk(score: VendorScore) -> tuple[bool, int, int, float, int, int, str]:
    """What we run on first; then changes without a word, short notice, incidents, moves."""
    shortest = float("inf") if score.shortest is None else score.shortest
    moves = score.price_moves + score.limit_moves
    return not score.assets, -score.silent, -len(score.concerns), shortest, -score.incidents, -moves, score.vendor
