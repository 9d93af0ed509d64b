"""The page of an alert: the three questions answered in plain lines with their evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pulse_tui.domain import countdown
from pulse_tui.domain.advice import Advice
from pulse_tui.domain.alert import ESCALATED, Alert, AlertState, missed_at
from pulse_tui.domain.decision import Decision
from pulse_tui.domain.delivery import DeliveryState
from pulse_tui.domain.effect import Did
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.estate import Asset, Estate
from pulse_tui.domain.evidence import (
    AdvisoryEvidence,
    CostEvidence,
    HealthEvidence,
    MetricEvidence,
    NoteEvidence,
    ServiceEvidence,
    ShiftEvidence,
    SuiteEvidence,
    VersionEvidence,
)
from pulse_tui.domain.hold import HoldKind
from pulse_tui.domain.moments import age, iso, to_us
from pulse_tui.domain.notice import Use
from pulse_tui.domain.rollback import PlanState
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.vendor_task import TaskKind, VendorTask
from pulse_tui.domain.views.alerts import AlertRow, AlertStory
from pulse_tui.domain.words import Environment, SignalType
from pulse_tui.enrich.evals.sentences import metric_words
from pulse_tui.enrich.healing import healing
from pulse_tui.enrich.vendors.sentences import note_lines
from pulse_tui.enrich.vendors.shifts import shift_words
from pulse_tui.enrich.vendors.tasks import TRIPWIRE
from pulse_tui.ports import Transaction
from pulse_tui.services.alerts.advised import done_by_itself
from pulse_tui.services.alerts.feedback import missed_lines, of_alert, verdict_words
from pulse_tui.services.alerts.incidents.story import incident_lines
from pulse_tui.services.alerts.notified import called_lines
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.registry.reach import reached
from pulse_tui.services.signals import flapping
from pulse_tui.services.vendors.candidates import correlated
from pulse_tui.services.vendors.tasks import task_lines

_WINDOW = timedelta(hours=24)
_NEAR = 5
"""Alerts of the same time that a page names."""
_ASKED = 6
_ANSWERS = 500
"""The newest plans of an asset, in which those that answer the alert are searched for."""
_DONE, _NOT_DONE = "done already", "not done"
_DELIVERY = {
    DeliveryState.SENT: (_DONE, "delivered"),
    DeliveryState.QUEUED: ("under way", "queued"),
    DeliveryState.DEAD: (_NOT_DONE, "FAILED PERMANENTLY"),
    DeliveryState.FOLDED: (_NOT_DONE, "a later message says it"),
    DeliveryState.DROPPED: (_NOT_DONE, "dropped"),
}
"""How a message stands, and the word for it."""
_KEPT = (Use.TICKET.value, Use.REVIEW.value)


def alert_story(parts: RollbackParts, alert_id: str) -> AlertStory:
    """The page of one alert. Raises NotFound."""
    now = parts.clock()
    with parts.store.read() as tx:
        alert = tx.judgements.alert(alert_id)
        if alert is None:
            raise NotFound(f"there is no alert {alert_id!r}", todo="see the open ones: pulse-tui status")
        alert = alert.lapse(now)  # what ran out mutes nothing, also where nobody is there to record that
        signal = tx.signals.get(alert.signal_id)
        decision = tx.judgements.decision(alert.decision_id)
        if signal is None or decision is None:
            raise NotFound(f"alert {alert_id} has lost its signal or decision", todo="pulse-tui audit verify")
        estate = tx.estate.load()
        asset = estate.assets.get(alert.asset_id or "")
        advice = parts.judging.advise(tx, parts.judging, alert, signal, now)
        done = done_lines(tx, alert)
        plan = next(
            (
                p.hash
                for p, state in tx.rollbacks.plans(alert.asset_id)
                if p.alert_id == alert.id and not p.purpose.routes and (state is PlanState.USED or p.expires_at > now)
            ),
            None,
        )
        missed = _missed(tx, alert, now)
        incident, together = incident_lines(tx, alert)
        by_itself = done_by_itself(tx, alert)
        return AlertStory(
            alert=_row(alert, missed, now)._replace(signal_type=signal.signal_type.value),
            changed=tuple(_changed(tx, alert, signal, advice)),
            risk=tuple(_risk(tx, alert, signal, asset, estate, now)),
            todo=(*by_itself, *_todo(alert, advice, done, missed, now), *_asked(tx, alert, signal, advice, now)),
            why=(
                *_flapping(tx, parts.judging, alert),
                *((healing(signal),) if alert.open else ()),
                *why_lines(decision, signal, tx.judgements.variables(decision.id)),
            ),
            incident=incident,
            correlated=(*together, *correlated(tx, signal), *_correlated(tx, alert, now), *missed_lines(tx, alert)),
            timeline=tuple(_timeline(tx, alert, signal)),
            rollback_possible=advice.rollback and alert.open,
            plan_hash=plan,
            advice=(*by_itself, *advice.lines) if alert.open else (),
            by_itself=by_itself,
            verdict=verdict_words(of_alert(tx, alert.id)),
            called=called_lines(tx, parts.judging, alert, now),
            note=_note(tx, signal),
            suite=signal.evidence.suite if isinstance(signal.evidence, (MetricEvidence, SuiteEvidence)) else "",
        )


def _flapping(tx: Transaction, parts: JudgeParts, alert: Alert) -> tuple[str, ...]:
    """That it comes and goes, and whether it is there now."""
    if not alert.flapping:
        return ()
    ended = alert.open and alert.cleared_at is not None
    gone = (
        f"; it ended at {iso(alert.cleared_at)}, and stays open until it is steady"
        if ended and alert.cleared_at
        else ""
    )
    return (flapping.words(tx, parts.policy, alert) + gone,)


def _note(tx: Transaction, signal: Signal) -> tuple[str, str]:
    """The note that the signal was made of, where one is stored: an end that a list states has none."""
    evidence = signal.evidence
    if not isinstance(evidence, NoteEvidence) or tx.vendors.note(signal.source, evidence.note) is None:
        return "", ""
    return signal.source, evidence.note


def _asked(tx: Transaction, alert: Alert, signal: Signal, advice: Advice, now: datetime) -> list[str]:
    """What a vendor's signal asked of the owner, and what came of it."""
    evidence = signal.evidence
    if alert.asset_id is None or not isinstance(evidence, (NoteEvidence, ShiftEvidence)):
        return []
    about = evidence.components if isinstance(evidence, NoteEvidence) else [evidence.component]
    asks = evidence.note if isinstance(evidence, NoteEvidence) else TRIPWIRE
    ends = signal.signal_type is SignalType.DEPRECATION  # several sources announce one end: its tasks are of the first

    def of_it(task: VendorTask) -> bool:
        return (task.source == signal.source and task.note.startswith(asks)) or (
            ends and task.kind is not TaskKind.RETEST
        )

    found = task_lines(tx, alert.asset_id, now, about, of_it) if about else ()
    return [line for line in dict.fromkeys(found) if line not in advice.lines][:_ASKED]


def _missed(tx: Transaction, alert: Alert, now: datetime) -> datetime | None:
    """The first deadline that passed with nobody responding, since its clock began."""
    raised = [e.detail for e in tx.log.entries(subject=alert.id) if e.action == ESCALATED] if alert.escalations else []
    first = missed_at(raised[-1], alert.deadline) if raised else None
    if first is None and alert.state is AlertState.FIRING and alert.deadline is not None and alert.deadline < now:
        return alert.deadline
    return first


def _row(alert: Alert, missed: datetime | None, now: datetime) -> AlertRow:
    return AlertRow(
        alert.id,
        alert.priority.value,
        alert.state.value,
        countdown.as_of(alert.title, now),
        alert.owner or "",
        alert.asset_id or "",
        alert.environment.value if alert.environment else "",
        to_us(alert.first_at),
        alert.count,
        alert.rule_id,
        missed is not None and alert.state is AlertState.FIRING,
        alert.version or "",
        due_us=to_us(alert.deadline) if alert.deadline is not None else None,
        escalations=alert.escalations,
        missed_us=to_us(missed) if missed is not None else None,
        waived=alert.waived and alert.state is AlertState.SUPPRESSED,
    )


def _changed(tx: Transaction, alert: Alert, signal: Signal, advice: Advice) -> list[str]:
    lines = [signal.title]
    if alert.asset_id and alert.environment:
        deployment = tx.estate.deployment(alert.asset_id, alert.environment)
        stays = tx.estate.stays(alert.asset_id, alert.environment)
        if deployment is not None:
            release = tx.estate.release(alert.asset_id, deployment.version)
            before = next((s.version for s in stays if s.version != deployment.version), None)
            move = f"{before} -> {deployment.version}" if before else deployment.version
            number = f" (iteration {release.iteration})" if release else ""
            lines.append(
                f"{alert.asset_id} {alert.environment.value} serves {move}{number} since {iso(deployment.since)}"
            )
            older = tx.estate.release(alert.asset_id, before or _production(tx, alert.asset_id) or "")
            if release is not None and older is not None and older.version != release.version:
                changed = release.lineage.difference(older.lineage)
                lines.append("; ".join(changed) if changed else f"same lineage as {older.version}, as far as recorded")
    if signal.summary and (first := signal.summary.splitlines()[0]) not in (*advice.lines, signal.title):
        lines.append(first)  # what a concern says to do is no news
    lines.extend(signal.links[:2])
    return lines


def _production(tx: Transaction, asset_id: str) -> str | None:
    deployment = tx.estate.deployment(asset_id, Environment.PRODUCTION)
    return deployment.version if deployment else None


def evidence_lines(signal: Signal, now: datetime) -> list[str]:
    """The numbers a signal brings, as sentences; days are counted from ``now``."""
    evidence = signal.evidence
    match evidence:
        case MetricEvidence():
            return [metric_words(evidence)]
        case ServiceEvidence():
            ratio = evidence.value / evidence.objective if evidence.objective else float("nan")
            seen = f" over {evidence.requests} requests" if evidence.requests else ""
            return [
                f"{evidence.metric} {evidence.value:g} {evidence.unit}, objective {evidence.objective:g}: {ratio:.2f} times{seen}"
            ]
        case AdvisoryEvidence():
            parts = [f"{evidence.advisory} reaches {evidence.component} {evidence.installed or '(version unknown)'}"]
            parts.append(f"CVSS {evidence.cvss:.1f}" if evidence.cvss is not None else "CVSS unknown")
            known = {True: "known to be exploited", False: "not known to be exploited", None: "exploitation unknown"}
            since = f" since {evidence.exploited_since}" if evidence.exploited_since is not None else ""
            parts.append(known[evidence.known_exploited] + since)
            parts.append(f"EPSS {evidence.epss:.2g}" if evidence.epss is not None else "EPSS unknown")
            parts.append(f"fixed in {', '.join(evidence.fixed)}" if evidence.fixed else "no fix is named")
            return ["; ".join(parts)]
        case NoteEvidence():
            return note_lines(evidence, now)
        case ShiftEvidence():
            return [shift_words(evidence)]
        case CostEvidence():
            return [f"{evidence.metric}: {evidence.baseline:g} -> {evidence.current:g} {evidence.currency}"]
        case VersionEvidence():
            moved = evidence.from_digest and evidence.to_digest and evidence.from_digest != evidence.to_digest
            return [f"digest {evidence.from_digest} -> {evidence.to_digest}"] if moved else []
        case SuiteEvidence():
            return [f"suite {evidence.suite}: digest {evidence.digest}, frozen as {evidence.expected_digest}"]
        case HealthEvidence():
            good = iso(evidence.last_good_at) if evidence.last_good_at else "never"
            return [f"{evidence.subject} is {evidence.state}: {evidence.reason} (last good {good})"]
    return []


def _risk(
    tx: Transaction, alert: Alert, signal: Signal, asset: Asset | None, estate: Estate, now: datetime
) -> list[str]:
    lines = evidence_lines(signal, now)
    if asset is None:
        return [*lines, "this signal matches no asset of the estate"]
    marks = [asset.tier.value, f"{asset.exposure.value} exposure", *asset.data.words()]
    deployment = estate.deployment(asset.id, alert.environment)
    if deployment is not None:
        marks.append(f"{deployment.traffic:g} % of traffic in {deployment.environment.value}")
        if deployment.production_critical:
            marks.append("production-critical")
    lines.append(" · ".join(marks))
    named = isinstance(signal.evidence, NoteEvidence) and bool(signal.evidence.endpoints)  # with its customers, above
    if not named and (reaches := reached(tx, asset.id, alert.environment)):
        lines.append("reaches " + ", ".join(reaches))
    lines.append(
        f"priority {alert.priority.value}, severity {alert.severity.value}, confidence {signal.confidence:.2f}"
    )
    return lines


def _todo(alert: Alert, advice: Advice, done: Sequence[str], missed: datetime | None, now: datetime) -> list[str]:
    if alert.open:
        lines = list(advice.lines)
    else:
        lines = [f"nothing: resolved {iso(alert.resolved_at) if alert.resolved_at else ''} ({alert.resolved_why})"]
    if alert.state is AlertState.FIRING and alert.deadline is not None:  # what was taken up or muted has no clock
        late = f"; overdue {age(to_us(missed), to_us(now))}" if missed is not None and missed < alert.deadline else ""
        late += f", escalated x{alert.escalations}" if alert.escalations else ""
        lines.append(f"respond by {_by(alert.deadline, now, 'overdue')}{late}; owner {alert.owner or 'nobody'}")
    if alert.acknowledged_by and alert.acknowledged_until:
        lines.append(f"acknowledged by {alert.acknowledged_by} until {_by(alert.acknowledged_until, now, 'lapsed')}")
    if alert.suppressed_by and alert.suppressed_until:
        word = "waived" if alert.waived else "quiet"
        lines.append(
            f"{word} until {_by(alert.suppressed_until, now, 'lapsed')}, by {alert.suppressed_by}: {alert.suppressed_why}"
        )
    lines.extend(done)
    return lines


def _by(moment: datetime, now: datetime, past: str) -> str:
    """A moment and how far it is off: nobody reckons in UTC at night."""
    left, since = age(to_us(now), to_us(moment)), age(to_us(moment), to_us(now))
    return f"{iso(moment)} (in {left})" if moment > now else f"{iso(moment)} ({past} {since})"


def done_lines(tx: Transaction, alert: Alert) -> list[str]:
    """What was done about it, one line an act, the newest first: by which rule and when, and where each message is now."""
    acts: dict[str, datetime] = {}
    lifted = {kind.value for kind in HoldKind} - {h.kind.value for h in tx.judgements.holds(alert.asset_id)}
    for r in tx.judgements.responses(alert.decision_id):
        if r.did is not Did.QUEUED and r.at is not None:
            what = r.what if r.what.startswith(r.action) else f"{r.action}: {r.what.removeprefix('nothing done: ')}"
            what = f"{_NOT_DONE if r.did is Did.NOTHING else _DONE}: {what}, by rule {alert.rule_id}"
            if r.did is Did.DONE and r.action in lifted:
                what += " (lifted since)"
            acts[what] = max(r.at, acts.get(what, r.at))
    for item in tx.plumbing.deliveries(1_000):
        if item.payload.get("alert") == alert.id:
            how, state = _DELIVERY[item.state]
            about = item.key.partition("/")[2].partition("/")[0]
            what = f"{how}: {item.kind} to {item.route}" + (f" ({about})" if about else "")
            # Of a ticket the answer is what one looks for: its key and its address.
            kept = item.receipt if item.payload.get("use") in _KEPT and item.state is DeliveryState.SENT else ""
            what += f": {state}" + (f" ({item.error or kept})" if item.error or kept else "")
            acts[what] = max(item.created_at, acts.get(what, item.created_at))
    return [f"{what}, {iso(at)}" for what, at in sorted(acts.items(), key=lambda act: act[1], reverse=True)]


def why_lines(decision: Decision, signal: Signal, saw: Mapping[str, Any]) -> list[str]:
    """The rule and its comparisons; ``saw``: the variables that the policy decided on."""
    words = {True: "true", False: "false", None: "indeterminate"}
    lines = [
        f"rule {decision.rule_id} @ policy {decision.policy_digest[:12]}, {decision.outcome.value}, {decision.mode.value}"
    ]
    if reasons := saw.get("advisory.reasons"):
        lines.append(f"{decision.priority.glyph} because: {', '.join(reasons)}")
    for comparison in decision.comparisons:
        seen = ", ".join(f"{k} = {v}" for k, v in comparison.values.items())
        error = f": {comparison.error}" if comparison.error else ""
        lines.append(f"{comparison.text}  is {words[comparison.held]}{error}  [{seen}]")
    if decision.context:
        lines.append(f"context: {decision.context}")
    lines.append(f"signal {signal.id} from {signal.source}, seen {iso(signal.observed_at)}")
    if isinstance(signal.evidence, MetricEvidence) and signal.evidence.baseline_run:
        lines.append(f"baseline run {signal.evidence.baseline_run}, candidate run {signal.evidence.candidate_run}")
    return lines


def _correlated(tx: Transaction, alert: Alert, now: datetime) -> list[str]:
    """Other alerts of the same window: same asset first. Only nearness, no claim of cause."""
    near = []
    for other in tx.judgements.near(alert, _WINDOW, now - 7 * _WINDOW, limit=_NEAR):
        same = other.asset_id == alert.asset_id
        near.append(
            (
                not same,
                f"{other.priority.value} {countdown.as_of(other.title, now)} ({'same asset' if same else 'other asset'}, {other.word})",
            )
        )
    return [text for _, text in sorted(near)]


def _timeline(tx: Transaction, alert: Alert, signal: Signal) -> list[str]:
    events = [(signal.occurred_at, "happened"), (signal.observed_at, f"seen by {signal.source}")]
    for entry in tx.log.entries(subject=alert.id):
        said = (entry.detail.get("verdict"), entry.detail.get("why") or entry.detail.get("until"))
        detail = ", ".join(word for word in said if word)
        events.append((entry.at, f"{entry.action} by {entry.actor}" + (f": {detail}" if detail else "")))
    answers = [p for p, _ in tx.rollbacks.plans(alert.asset_id, _ANSWERS) if p.alert_id == alert.id]
    for plan in answers:
        for run in tx.rollbacks.runs(plan_hash=plan.hash):
            what = f"{plan.purpose.value} run {run.id}"
            events.append((run.started_at, f"{what} started by {run.started_by}"))
            if run.ended_at is not None:
                events.append((run.ended_at, f"{what} {run.state.value}: {run.detail}"))
    return [f"{iso(at)}  {what}" for at, what in sorted(events, key=lambda e: e[0])]
