"""What the kinds share: names of effects, the three questions as text, and the condition that ends a hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.alert import AlertEvent
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect, Nothing, PlaceHold, Queue, effect_name
from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.evidence import AdvisoryEvidence, MetricEvidence, NoteEvidence, ServiceEvidence, VersionEvidence
from pulse_tui.domain.hold import Hold, HoldKind
from pulse_tui.domain.moments import iso, to_us
from pulse_tui.domain.notice import Use
from pulse_tui.domain.words import Environment
from pulse_tui.enrich.healing import healing
from pulse_tui.enrich.vendors.sentences import note_lines
from pulse_tui.ports import Case, Target


class NoOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A kind without a destination has no options."""


def no_delivery(kind: str, delivery: Delivery) -> str:
    """Raises TargetError: a kind without a destination is never asked to deliver."""
    raise TargetError(f"{kind} has no destination, delivery {delivery.key} is not for it", ambiguous=False)


def name(kind: str, case: Case, *more: str | None) -> str:
    """A deterministic id of an effect: the same case gives the same one, another episode another."""
    return effect_name(kind, case.decision.rule_id, case.alert.id, *more)


def once(case: Case, what: str) -> Sequence[Effect] | None:
    """What is left to do when the event does not ask for somebody: nothing, and why. None when it does."""
    if case.event.calls:
        return None
    if case.event.follows:
        return ()
    again = f"{what} when alert {case.alert.id} opened; it was reported again (x{case.alert.count})"
    return (Nothing(f"{again}, nobody is notified twice"),)


def place(case: Case) -> str:
    """``support-bot canary``."""
    asset = case.decision.asset_id or "an unknown asset"
    return f"{asset} {case.decision.environment.short}" if case.decision.environment else asset


# --------------------------------------------------------------------------- the three questions


def changed(case: Case) -> str:
    """What changed."""
    signal = case.fact.signal
    moved = " -> ".join(v for v in (signal.baseline_version, signal.current_version) if v)
    head = f"{place(case)}{' ' + moved if moved else ''}: {signal.title}"
    return f"{head}\n{signal.summary}" if signal.summary else head


def risk(case: Case) -> str:
    """What the risk is: the priority, what was measured, and what the asset handles."""
    decision, asset, deployment = case.decision, case.fact.asset, case.fact.deployment
    lines = [f"{decision.priority}, severity {decision.severity}: {decision.title}"]
    measured = _measured(case.fact.signal.evidence, case.now)
    if measured:
        lines.append(measured)
    if reasons := case.fact.variables.get("advisory.reasons"):
        lines.append(f"because: {', '.join(reasons)}")
    marks: list[str] = []
    if asset is not None:
        marks += [str(asset.tier), f"{asset.exposure} exposure", *asset.data.words()]
    if deployment is not None:
        marks.append(f"{deployment.traffic:g} % of traffic")
        marks += ["production-critical"] if deployment.production_critical else []
    if marks:
        lines.append(" · ".join(marks))
    return "\n".join(lines)


def _measured(evidence: object, now: datetime) -> str:
    if isinstance(evidence, MetricEvidence):
        items = f" ({evidence.n} items)" if evidence.n is not None else ""
        return f"{evidence.metric} {evidence.baseline:g} -> {evidence.current:g}: {evidence.moved}{items}"
    if isinstance(evidence, ServiceEvidence):
        unit = f" {evidence.unit}" if evidence.unit else ""
        return f"{evidence.metric} {evidence.value:g}{unit}, objective {evidence.objective:g}{unit}"
    if isinstance(evidence, AdvisoryEvidence):
        cvss = f", CVSS {evidence.cvss:g}" if evidence.cvss is not None else ""
        exploited = ", exploited in the wild" if evidence.known_exploited else ""
        return f"{evidence.advisory} in {evidence.component} {evidence.installed or ''}".rstrip() + cvss + exploited
    if isinstance(evidence, NoteEvidence):
        return "\n".join(note_lines(evidence, now))
    return ""


def todo(case: Case) -> str:
    """What to do now."""
    if case.event is AlertEvent.RESOLVED:
        return f"nothing more: {case.why or 'it is resolved'}"
    if case.event is AlertEvent.ACKNOWLEDGED:
        return f"nothing for others: {case.why}"
    text = "; ".join(case.advice()) or "read the alert and acknowledge it"
    if case.alert.deadline is not None:
        text += f"; respond by {iso(case.alert.deadline)}"
    return text


def headline(case: Case) -> str:
    """The alert's title, with what happened to it since it opened in front."""
    if case.event.follows:
        return f"{case.event.value}: {case.decision.title}"
    return f"{case.why}: {case.decision.title}" if case.why else case.decision.title


def payload(case: Case) -> dict[str, str]:
    """The message: what happened, the three questions and the ids, as texts."""
    decision, signal = case.decision, case.fact.signal
    values = {
        "event": case.event.value,
        "why": case.why or None,
        "title": headline(case),
        "what_changed": changed(case),
        "risk": risk(case),
        "what_to_do": todo(case),
        "ends": healing(signal) if case.event is not AlertEvent.RESOLVED else None,
        "priority": str(decision.priority),
        "severity": str(decision.severity),
        "asset": decision.asset_id,
        "environment": decision.environment,
        "version": decision.version,
        "owner": decision.owner,
        "alert": case.alert.id,
        "condition": effect_name("condition", decision.rule_id, case.alert.fingerprint),
        "decision": decision.id,
        "rule": decision.rule_id,
        "policy": decision.policy_digest,
        "signal": signal.id,
        "occurred_at": iso(signal.occurred_at),
        "links": " ".join(signal.links) or None,
    }
    return {key: str(value) for key, value in values.items() if value is not None} | dict(case.together())


# --------------------------------------------------------------------------- routes


def notified(case: Case, use: Use, what: str, kind: str | None = None) -> Sequence[Effect]:
    """Messages to whoever is to be told when the event calls somebody, else to whom it called before.

    ``what`` says what was done for the owner when the alert opened; ``kind``: by routes of this kind alone.
    """
    if case.event.follows:
        return queue(case, [Target(r, use) for r in case.routes if use in r.uses and kind in (None, r.kind)])
    if (nothing := once(case, what)) is not None:
        return nothing
    owner = case.decision.owner
    chosen = [t for t in case.address(use, owner) if kind in (None, t.route.kind)]
    if not chosen:
        return (Nothing(f"no {kind or use.value} route serves owner {owner or '(none)'}: add one under routes"),)
    return queue(case, chosen)


_THREADS = {Use.PAGE: Use.NOTIFY}
"""A page and a message to one route are one thread."""


def queue(case: Case, chosen: Sequence[Target], **more: str) -> list[Effect]:
    """One delivery a route, in the thread of rule, alert and route: the same event again is the same delivery.

    Of an event that follows, only those routes get it that were notified before.
    """
    found: list[Effect] = []
    common = payload(case) if chosen else {}
    for target in chosen:
        route, use = target.route, target.use
        thread = name(_THREADS.get(use, use).value, case, route.id)
        body = {**common, "thread": thread, "use": use.value, **more}
        if target.person is not None:
            body["on_call"] = target.person
        if target.why:
            body["why"] = f"{body['why']}; {target.why}" if "why" in body else target.why
        key = thread + occurrence(case)
        made = Delivery(key=key, kind=route.kind, route=route.id, payload=body, created_at=case.now)
        found.append(
            Queue(
                made,
                follows=case.event.follows,
                use=use,
                team=target.team,
                role=target.role,
                person=target.person,
                rung=target.rung,
                why=target.why,
            )
        )
    return found


def occurrence(case: Case) -> str:
    """What distinguishes this event of the alert from its earlier ones, as the end of a key; empty when it opened."""
    alert = case.alert
    if case.event is AlertEvent.RAISED:
        return f"/{case.event.value}/{alert.priority.value}-{alert.escalations}" + (
            f"/{case.call}" if case.call else ""
        )
    if case.event is AlertEvent.RESOLVED:
        return f"/{case.event.value}"  # once: a new signal opens a new alert
    if case.event.follows:
        return f"/{case.event.value}/{to_us(case.now)}"
    return ""


# --------------------------------------------------------------------------- holds


def hold(case: Case, kind: HoldKind, *, version: str | None, environment: Environment | None) -> list[Effect]:
    """Place a hold on the decision's asset.

    It comes with the episode: while the alert stays open it is not placed again for the same
    version, because an operator may have lifted it on purpose.
    """
    if case.event.follows:
        return []  # it is lifted with the alert, by whoever resolves it
    decision = case.decision
    if decision.asset_id is None:
        return [Nothing(f"the signal matched no asset, there is nothing to {kind}: add the asset to the estate")]
    if case.event is not AlertEvent.OPENED and decision.version == case.alert.version:
        return [
            Nothing(f"the {kind} was placed when alert {case.alert.id} opened; it applies unless somebody lifted it")
        ]
    made = Hold(
        id=name(str(kind), case, decision.asset_id, environment, version),
        kind=kind,
        asset_id=decision.asset_id,
        environment=environment,
        version=version,
        why=decision.title,
        until_condition=until(case, version),
        placed_by=f"rule {decision.rule_id}",
        placed_at=case.now,
        decision_id=decision.id,
    )
    return [PlaceHold(made)]


def until(case: Case, version: str | None) -> str:
    """The condition that ends a hold, as a sentence."""
    evidence = case.fact.signal.evidence
    subject = f"{case.decision.asset_id} {version}" if version else str(case.decision.asset_id)
    if isinstance(evidence, MetricEvidence):
        text = f"a run of suite {evidence.suite} on {subject} is within the margin"
    elif isinstance(evidence, AdvisoryEvidence):
        fix = f" (fixed in {evidence.fixed[0]})" if evidence.fixed else ""
        text = f"{evidence.advisory} no longer reaches {subject}{fix}"
    elif isinstance(evidence, ServiceEvidence):
        text = f"{evidence.metric} of {subject} is back within its objective"
    elif isinstance(evidence, VersionEvidence) and evidence.from_digest is not None:
        text = f"{subject} has its former digest {evidence.from_digest} again"
    else:
        text = f"alert {case.alert.id} is resolved"
    return f"{text}, or an operator lifts it"


def due(case: Case, seconds: float, latest: datetime | None) -> datetime:
    """``seconds`` from now, but not after ``latest`` (and never in the past)."""
    planned = case.now + timedelta(seconds=seconds)
    return max(case.now, min(planned, latest)) if latest is not None else planned
