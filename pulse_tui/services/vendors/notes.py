"""A vendor note comes in or is edited: whom it concerns, and which open incident or deprecation it goes on with."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.note import Label, Note, Reading
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.source import Standing
from pulse_tui.domain.words import ComponentKind, SignalType
from pulse_tui.enrich.vendors.classify import taken_back
from pulse_tui.enrich.vendors.incidents import SAME, same_incident
from pulse_tui.enrich.vendors.mentions import packages
from pulse_tui.enrich.vendors.notes import note_signals, resolved, whom
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import Made
from pulse_tui.services.signals.respond import end_retest
from pulse_tui.services.vendors.read import read_note
from pulse_tui.services.vendors.standing import standing


def take_note(
    item: Note,
    tx: Transaction,
    estate: Estate,
    now: datetime,
    *,
    quiet: bool = False,
    baseline: bool = False,
) -> Made:
    """Store the note and say what it means for each asset whose models or packages it names.

    ``quiet``: it is no news, what it ends is ended all the same; ``baseline``: it stood there when its source was read first.
    """
    reading = read_note(item, tx)
    kept = tx.vendors.note(item.source, item.key)
    if tx.vendors.put_note(item, reading, now, baseline=baseline) is None:
        return Made([], [], known=True)
    announced = kept is not None and Label.DEPRECATION in kept.reading.labels
    return consequences(item, reading, tx, estate, now, announced=announced, quiet=quiet)


def consequences(
    item: Note,
    reading: Reading,
    tx: Transaction,
    estate: Estate,
    now: datetime,
    *,
    announced: bool,
    quiet: bool = False,
) -> Made:
    """What the note, so read, means for each asset whose models or packages it names; ``announced``: as it was read before, it
    may have announced an end."""
    names = packages(item)
    pypi = [("pypi", name) for name in names]
    uses = tx.dependencies.using(kinds=[ComponentKind.HOSTED_MODEL], packages=pypi, components=names)
    estate = msgspec.structs.replace(estate, dependencies=uses)
    floating = [d.component.id for d in uses if d.component.kind is ComponentKind.HOSTED_MODEL]
    heads = {ident: head.version for ident, head in tx.dependencies.heads(floating).items()}
    signals = [] if quiet else note_signals(item, reading, estate, now, heads)
    over = resolved(item, reading, estate)
    if Label.INCIDENT in reading.labels:
        goes_on = _standing(item, tx)
        signals = [_goes_on(s, goes_on) for s in signals]
        over = list(dict.fromkeys([*over, *goes_on.values()])) if over else []
    ends = Label.DEPRECATION not in reading.labels and (announced or taken_back(item))
    for alert in _off(item, estate, tx) if ends else ():
        over.append(alert.signal_fingerprint)
        end_retest(tx, alert, f"taken back by {item.key}", now)
    return Made([_dated(s, tx) for s in signals], over)


def gone_on(has: Standing, tx: Transaction) -> list[str]:
    """Incidents that their page lists no longer, where another incident of the same models took their place: pages
    change the title and the key of one at once. An incident that only left the page has not ended."""
    if not has.notes:
        return []
    incidents = (SignalType.INCIDENT, SignalType.VENDOR_NOTE)
    found = list[str]()
    later: list[Signal] | None = None
    for alert, signal, mine in standing(tx, SignalType.INCIDENT, source=has.source):
        if mine.note in has.notes:
            continue
        later = later if later is not None else tx.signals.newest(alert.first_at - SAME, incidents)
        if any(_takes_over(s, signal, mine, has) for s in later):
            found.append(alert.signal_fingerprint)
    return found


def _takes_over(signal: Signal, before: Signal, mine: NoteEvidence, has: Standing) -> bool:
    other = signal.evidence
    return (
        isinstance(other, NoteEvidence)
        and (signal.source, signal.asset_id) == (has.source, before.asset_id)
        and other.note in has.notes
        and str(Label.INCIDENT) in other.labels
        and set(mine.models) == set(other.models)
        and before.occurred_at <= signal.occurred_at <= before.occurred_at + SAME
    )


def _off(note: Note, estate: Estate, tx: Transaction) -> list[Alert]:
    """The alerts of announced ends of life that the note takes back, or that it announced before it was edited."""
    back = {asset: {c.name for c in used} for asset, used in whom(note, estate).items()} if taken_back(note) else {}
    found = list[Alert]()
    for alert, signal, evidence in standing(tx, SignalType.DEPRECATION):
        if evidence.vendor != note.vendor:
            continue
        edited = (signal.source, evidence.note) == (note.source, note.key)
        if edited or back.get(alert.asset_id or "", set()).issuperset(evidence.models or [""]):
            found.append(alert)
    return found


def _standing(note: Note, tx: Transaction) -> dict[str | None, str]:
    """The open incidents that the note goes on with: the signal's fingerprint by asset."""
    found = dict[str | None, str]()
    for alert, signal, evidence in standing(tx, SignalType.INCIDENT, source=note.source):
        if same_incident(note, signal.title, evidence.note, signal.occurred_at):
            found[alert.asset_id] = alert.signal_fingerprint
    return found


def _goes_on(signal: Signal, incidents: dict[str | None, str]) -> Signal:
    known = incidents.get(signal.asset_id) if signal.signal_type is SignalType.INCIDENT else None
    return signal if known is None else msgspec.structs.replace(signal, fingerprint=known)


def _dated(signal: Signal, tx: Transaction) -> Signal:
    """A reminder that repeats no date, or a note older than the one that stands, takes none away."""
    evidence = signal.evidence
    if signal.signal_type is not SignalType.DEPRECATION or not isinstance(evidence, NoteEvidence):
        return signal
    for alert in tx.judgements.open_alerts_about(signal.fingerprint):
        before = tx.signals.get(alert.signal_id)
        if before is None or not isinstance(before.evidence, NoteEvidence):
            continue
        announced = before.evidence.effective_at
        older = signal.occurred_at < before.occurred_at and evidence.note != before.evidence.note
        if announced is not None and (evidence.effective_at is None or older):
            kept = msgspec.structs.replace(evidence, effective_at=announced, floor=before.evidence.floor)
            return msgspec.structs.replace(signal, evidence=kept)
    return signal
