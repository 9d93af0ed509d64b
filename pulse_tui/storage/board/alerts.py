"""Pane 4's read model: the open alerts, and the incidents that they belong to.

Every open alert is read each time, as it is stored; a row is made again only where that differs from before, or where a
moment came at which it reads otherwise. What a signal proved is read once: signals never change.
"""

from __future__ import annotations

import json
from bisect import insort
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain import countdown
from pulse_tui.domain.alert import ESCALATED, AlertState, missed_at
from pulse_tui.domain.incident import Incident, Tally
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.views.alerts import AlertRow
from pulse_tui.domain.views.incidents import IncidentRow
from pulse_tui.domain.words import JUDGED, PRIORITY_RANK, Priority
from pulse_tui.enrich.alerts.rows import incident_row, urgency
from pulse_tui.storage.board.touched import Touched
from pulse_tui.storage.board.trends import Execute

MAX_INCIDENTS = 500
_NEVER_US = 2**63
_FEW = 200
"""Rows that are put in their place one by one; with more of them all are sorted."""

_ALERTS = """
SELECT a.id, a.priority, a.state, a.title, a.owner, a.asset_id, a.environment, a.first_at, a.count, a.rule_id,
       a.deadline, a.version, a.suppressed_by, a.suppressed_until, a.acknowledged_by, a.acknowledged_until, a.waived,
       a.escalations, a.signal_id, m.incident_id
FROM alerts a LEFT JOIN incident_alerts m ON m.alert_id = a.id
WHERE a.open_key IS NOT NULL
"""
_SIGNALS = f"""
SELECT id, signal_type, CASE WHEN signal_type IN ('{"', '".join(sorted(JUDGED))}') THEN evidence END FROM signals
"""  # noqa: S608  closed lists of our own
_EVERY_SIGNAL = f"{_SIGNALS} WHERE id IN (SELECT signal_id FROM alerts WHERE open_key IS NOT NULL)"  # noqa: S608
_SOME_SIGNALS = f"{_SIGNALS} WHERE id {{some}}"
_ESCALATED = f"""
SELECT subject, detail FROM audit WHERE action = '{ESCALATED}'
   AND subject IN (SELECT id FROM alerts WHERE open_key IS NOT NULL AND escalations > 0) ORDER BY seq
"""  # noqa: S608  a word of our own
_INCIDENTS = "SELECT id, body FROM incidents WHERE state = 'open' ORDER BY opened_at DESC LIMIT :limit"
_STATES = {AlertState.FIRING.value: 0, AlertState.ACKNOWLEDGED.value: 1, AlertState.SUPPRESSED.value: 2}
_INCIDENT = msgspec.json.Decoder(Incident).decode

_Stored = tuple[Any, ...]
"""An alert's columns, in the order of the statement."""


class _Proof(msgspec.Struct):
    """Of a signal's evidence, what a row shows."""

    verdict: Any = None


_PROOF = msgspec.json.Decoder(_Proof).decode


class Ahead(NamedTuple):
    """The next moment of the open alerts at which a deadline is missed, a silence and an acknowledgement end."""

    deadline: int | None
    silenced: int | None
    acknowledged: int | None


class Alerts(NamedTuple):
    """The rows with what the next ones are made from."""

    rows: tuple[AlertRow, ...]
    """The most urgent first; each names its incident."""
    incidents: tuple[IncidentRow, ...]
    """The open ones, the most urgent first."""
    ahead: Ahead
    stored: Mapping[str, _Stored]
    """By alert."""
    kinds: Mapping[str, tuple[str, str]]
    """By signal, its type and its verdict."""
    bodies: Mapping[str, tuple[str, Tally, IncidentRow]]
    """By incident, as it was stored, its alerts, and what they came to."""


def read_alerts(
    execute: Execute,
    now: datetime,
    touched: Touched | None = None,
    before: Alerts | None = None,
    still: bool = False,
) -> Alerts:
    """The open alerts. ``still``: no moment came since ``before`` at which a row reads otherwise though nobody wrote."""
    words: dict[str, str] = {}
    known = before.stored if before is not None else {}
    stored: dict[str, _Stored] = {}
    for row in execute(_ALERTS, {}):
        old = known.get(row[0])
        stored[row[0]] = old if old is not None and old == row else _shared(row, words)
    bodies = _bodies(execute, stored.values(), before.bodies if before is not None else {})
    kinds = _kinds(execute, {row[18] for row in stored.values()}, touched, before)
    rows_before = before.rows if before is not None else ()
    drawn = {row.id: row for row in rows_before}
    made: list[AlertRow] = []
    last: Mapping[str, str] | None = None
    for ident, row in stored.items():
        was = drawn.get(ident)
        incident = row[19] if row[19] in bodies else ""
        signal = kinds.get(row[18], ("", ""))
        same = was is not None and (was.signal_type, was.verdict, was.incident) == (*signal, incident)
        if still and same and known[ident] is row:
            continue
        if row[17] and last is None:
            last = {each[0]: each[1] for each in execute(_ESCALATED, {})}  # of several the last
        new = _alert(row, signal, (last or {}).get(ident, ""), incident, now)
        if new != was:
            made.append(new)
    changed = {row.id for row in made}
    stayed = [row for row in rows_before if row.id in stored and row.id not in changed]
    if not made and len(stayed) == len(rows_before):
        rows = rows_before
    elif len(made) > _FEW:
        rows = tuple(sorted((*stayed, *made), key=alert_urgency))
    else:
        for each in made:
            insort(stayed, each, key=alert_urgency)
        rows = tuple(stayed)
    incidents = tuple(sorted((row for _, _, row in bodies.values()), key=urgency))
    return Alerts(rows, incidents, _ahead(stored.values(), to_us(now)), stored, kinds, bodies)


def _shared(row: Sequence[Any], words: dict[str, str]) -> _Stored:
    """The row, with each word that others have too as the same object: thousands of alerts have few owners and rules."""
    return tuple([words.setdefault(value, value) if isinstance(value, str) else value for value in row])


def _kinds(
    execute: Execute, wanted: set[str], touched: Touched | None, before: Alerts | None
) -> Mapping[str, tuple[str, str]]:
    known = before.kinds if before is not None else {}
    missing = wanted - known.keys()
    if not missing and len(wanted) == len(known):
        return known
    if touched is None or len(missing) > _FEW:
        found = execute(_EVERY_SIGNAL, {})
    else:
        found = touched.some(_SOME_SIGNALS, sorted(missing)) if missing else ()
    kinds = {ident: known[ident] for ident in wanted & known.keys()}
    words: dict[str, str] = {}
    for ident, kind, proof in found:
        kinds.setdefault(ident, (words.setdefault(kind, kind), _verdict(proof) if proof else ""))
    return kinds


def _verdict(evidence: str) -> str:
    return str(_PROOF(evidence).verdict or "")


def _bodies(
    execute: Execute, alerts: Iterable[_Stored], known: Mapping[str, tuple[str, Tally, IncidentRow]]
) -> Mapping[str, tuple[str, Tally, IncidentRow]]:
    found = execute(_INCIDENTS, {"limit": MAX_INCIDENTS})
    if not found:
        return {}
    counts: Counter[str] = Counter()
    urgent: dict[str, str] = {}
    for row in alerts:
        if (ident := row[19]) is not None:
            counts[ident] += 1
            urgent[ident] = min(urgent.get(ident, row[1]), row[1], key=PRIORITY_RANK.__getitem__)
    bodies: dict[str, tuple[str, Tally, IncidentRow]] = {}
    for ident, body in found:
        was = known.get(ident)
        now = (counts[ident], Priority(urgent[ident]) if ident in urgent else None)
        if was is not None and was[0] == body and was[1][1:] == now:
            bodies[ident] = was
        else:
            incident = _INCIDENT(body)
            tally = Tally(max(incident.alerts, counts[ident]), *now)
            row = incident_row(incident, tally)
            bodies[ident] = body, tally, was[2] if was is not None and was[2] == row else row
    return bodies


def _ahead(alerts: Iterable[_Stored], now_us: int) -> Ahead:
    deadlines, silences, hands = [], [], []
    for row in alerts:
        if row[10] is not None and row[2] == "firing" and row[10] >= now_us:
            deadlines.append(row[10])
        if row[13] is not None and row[13] > now_us:
            silences.append(row[13])
        if row[15] is not None and row[15] > now_us:
            hands.append(row[15])
    return Ahead(min(deadlines, default=None), min(silences, default=None), min(hands, default=None))


def alert_urgency(row: AlertRow) -> tuple[int, int, bool, int, int, str]:
    """Sort key: by priority, firing before what somebody has in hand, missed deadlines first, then by deadline, the newest first."""
    due = row.missed_us if row.missed_us is not None else row.due_us
    late = _STATES[row.state], not row.overdue, due if due is not None else _NEVER_US
    return PRIORITY_RANK[row.priority], *late, -row.since_us, row.id


def _alert(row: _Stored, signal: tuple[str, str], escalation: str, incident: str, now: datetime) -> AlertRow:
    ident, priority, state, title, owner, asset, environment, since, count, rule, deadline, version = row[:12]
    suppressed_by, suppressed_until, acknowledged_by, acknowledged_until, waived, escalations = row[12:18]
    mutes = {"suppressed": (suppressed_by, suppressed_until), "acknowledged": (acknowledged_by, acknowledged_until)}
    if state != "firing" and not _lasts(mutes[state][1], now):
        # It ran out, also where nobody is there to record that: what outlasts it stands, else its clock begins again.
        state = next((other for other, (_, until) in mutes.items() if _lasts(until, now)), "firing")
        deadline = None if state == "firing" else deadline
    by, until = mutes.get(state, ("", None))
    missed = missed_at(json.loads(escalation), from_us(deadline)) if escalation and deadline is not None else None
    if missed is None and deadline is not None and deadline < to_us(now) and state == "firing":
        missed = from_us(deadline)
    return AlertRow(
        ident,
        priority,
        state,
        countdown.as_of(title, now),
        owner or "",
        asset or "",
        environment or "",
        int(since),
        int(count),
        rule,
        overdue=missed is not None and state == "firing",
        version=version or "",
        signal_type=signal[0],
        verdict=signal[1],
        by=by or "",
        until_us=until,
        waived=bool(waived) and state == "suppressed",
        due_us=deadline,
        escalations=int(escalations),
        missed_us=to_us(missed) if missed is not None else None,
        incident=incident,
    )


def _lasts(until_us: int | None, now: datetime) -> bool:
    return until_us is not None and until_us > to_us(now)
