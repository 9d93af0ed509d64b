"""The causes of an incident, ranked again as signals come in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.evidence import NoteEvidence, VersionEvidence
from pulse_tui.domain.incident import CauseVerdict, Footing, Incident, IncidentState
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import SignalType
from pulse_tui.enrich.alerts.causes import Ranking, rank
from pulse_tui.enrich.alerts.kinds import CANDIDATES, OF_SERVICE, SYMPTOMS, cause_kind
from pulse_tui.enrich.alerts.priors import ANNOUNCED, LOOKBACK
from pulse_tui.enrich.alerts.reach import World, candidate, reach
from pulse_tui.ports import Transaction
from pulse_tui.services.alerts.incidents.memory import memory_of
from pulse_tui.services.alerts.incidents.surroundings import assets_of, used_by_all
from pulse_tui.services.parts import SYSTEM, JudgeParts

AFTER = timedelta(hours=24)
"""How long after its onset a signal that comes late still counts."""
_OURS = CANDIDATES - OF_SERVICE | {SignalType.INCIDENT}
_DATED = frozenset({SignalType.DEPRECATION, SignalType.PRICING_CHANGE, SignalType.RATE_LIMIT_CHANGE})
_ANNOUNCED_FOR = timedelta(days=120)
_ALL = 100
"""Open incidents that new signals are compared with, the newest first."""
STATED = "stated by "
"""How the reason of an onset begins that an operator stated."""


def weigh(tx: Transaction, parts: JudgeParts, signals: Sequence[Signal], now: datetime) -> None:
    """Rank the causes of every incident that one of the new signals may have led to, also one that ended today."""
    del parts
    fresh = [one for s in signals if s.signal_type in _OURS and (one := candidate(s)) is not None]
    if not fresh:
        return
    for incident in tx.incidents.all(since=now - LOOKBACK, limit=_ALL):
        if incident.state is IncidentState.MERGED:
            continue
        if any(reach(one, f) for f in incident.footings if f.kind in SYMPTOMS for one in fresh):
            after = ranked(tx, incident, now)
            if after != incident:
                memory_of(tx).put(tx, after)


def ranked(tx: Transaction, incident: Incident, now: datetime) -> Incident:
    """The incident with its causes and its onset as the evidence is now. What an operator confirmed or stated stays."""
    symptoms = [f for f in incident.footings if f.kind in SYMPTOMS]
    if not symptoms:
        return incident
    began = min(symptoms, key=lambda f: (f.at, f.signal_id))
    ranking = _ranking(tx, incident, symptoms)
    verdict = CauseVerdict.CONFIRMED if incident.cause is not None else ranking.verdict
    after = msgspec.structs.replace(incident, causes=ranking.causes, verdict=verdict)
    if not incident.onset_why.startswith(STATED) and incident.cause is None:
        after = msgspec.structs.replace(after, onset_at=began.at, onset_why=f"signal {began.signal_id}")
    first = after.causes[0].signal_id if after.causes else ""
    was = incident.causes[0].signal_id if incident.causes else ""
    if (first, after.verdict) != (was, incident.verdict):
        detail = {"verdict": after.verdict.value, "first": first}
        detail |= {"score": str(after.causes[0].score)} if after.causes else {}
        tx.log.append(now, SYSTEM, "incident.cause", incident.id, detail)
    return after


def _ranking(tx: Transaction, incident: Incident, symptoms: Sequence[Footing]) -> Ranking:
    first, last = min(f.at for f in symptoms), max(f.last_at for f in symptoms)
    assets = assets_of(symptoms)
    signals = tx.signals.around(first - LOOKBACK, last + AFTER, _OURS, assets)
    signals += [
        s
        for s in tx.signals.around(first - _ANNOUNCED_FOR, first - LOOKBACK, _DATED, assets, 100)
        if isinstance(s.evidence, NoteEvidence)
        and s.evidence.effective_at is not None
        and first - LOOKBACK <= s.evidence.effective_at <= last
    ]
    standing = memory_of(tx).standing(tx)[:_ALL]
    others = [f for i in standing if i.id != incident.id for f in i.footings]
    upstream = {a for f in symptoms for a in f.upstream}
    known = {s.id for s in signals}
    for footing in (*incident.footings, *others):
        if footing.asset_id in upstream and footing.kind in OF_SERVICE and footing.signal_id not in known:
            signal = tx.signals.get(footing.signal_id)
            if signal is not None:
                known.add(signal.id)
                signals.append(signal)
    return rank(symptoms, signals, _world(tx, signals, symptoms, others))


def _world(tx: Transaction, signals: Sequence[Signal], symptoms: Sequence[Footing], others: Sequence[Footing]) -> World:
    changed: dict[tuple[str, ...], set[str]] = {}
    vendors = False
    for signal in signals:
        if signal.signal_type is SignalType.DEPENDENCY_CHANGE and isinstance(signal.evidence, VersionEvidence):
            if signal.asset_id is not None:
                changed.setdefault(tuple(signal.evidence.changed), set()).add(signal.asset_id)
        elif cause_kind(signal) in ANNOUNCED or signal.signal_type in (SignalType.INCIDENT, SignalType.SILENT_CHANGE):
            vendors = True
    failing = {(f.asset_id, f.kind) for f in (*symptoms, *others) if f.asset_id is not None and f.kind in SYMPTOMS}
    uses = used_by_all(tx) if vendors else {}
    kinds = {f.kind for f in symptoms}
    measured = set()
    if vendors and len(uses) > 1:
        first = min(f.at for f in symptoms)
        measured = {
            (s.asset_id, s.signal_type)
            for s in tx.signals.around(first - timedelta(hours=3), first + AFTER, kinds, list(uses)[:500])
            if s.asset_id is not None
        }
    return World(uses=uses, failing=failing, measured=measured, changed=changed)
