"""What a thing is related to, as references that open: alert, asset, advisory, component, release, run, plan, note, incident, source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeVar

from pulse_tui.domain.alert import OPEN, Alert
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.evidence import AdvisoryEvidence, MetricEvidence, NoteEvidence, SuiteEvidence
from pulse_tui.domain.ref import Link, Ref, RefKind, note_ref, pair, release_ref
from pulse_tui.domain.rollback import Plan, PlanState
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Environment
from pulse_tui.enrich.alerts.rows import incident_row
from pulse_tui.ports import Store, Transaction
from pulse_tui.services.alerts.incidents.operate import find
from pulse_tui.services.components.tree import dependents

T = TypeVar("T")

Pair = tuple[Ref, str]

MOST: Final = 200
"""So many are listed."""
EACH: Final = 40
"""So many of one kind are looked up."""


def related(store: Store, ref: Ref) -> tuple[Link, ...]:
    """What leads on from it, each once, the nearest first; empty where nothing does. Raises NotFound where it is gone."""
    if ref.kind is RefKind.COMPONENT:
        return _each_once(_component(store, ref.id), ref)
    look = _LOOK.get(ref.kind)
    if look is None:
        return ()
    with store.read() as tx:
        return _each_once(look(tx, ref.id), ref)


def _each_once(links: Iterable[Pair], itself: Ref) -> tuple[Link, ...]:
    found: dict[Ref, str] = {}
    for ref, words in links:
        if ref != itself and ref.id and ref not in found:
            found[ref] = words
            if len(found) == MOST:
                break
    return tuple(Link(ref, words) for ref, words in found.items())


# --------------------------------------------------------------------------- kinds


def _alert(tx: Transaction, ident: str) -> Iterator[Pair]:
    alert = _found(tx.judgements.alert(ident), "alert", ident)
    signal = tx.signals.get(alert.signal_id)
    yield from _incidents(tx, [alert.id])
    if alert.asset_id:
        yield _asset(alert.asset_id, "it is about this asset")
        if alert.version:
            yield (
                release_ref(alert.asset_id, alert.version),
                f"{alert.asset_id} {alert.version}: the release it is about",
            )
    if signal is not None:
        yield from _evidence(tx, signal)
    for plan, state in tx.rollbacks.plans(alert.asset_id, EACH) if alert.asset_id else ():
        if plan.alert_id == alert.id:
            yield _plan_link(plan, state)
    if signal is not None:
        yield Ref(RefKind.SOURCE, signal.source), "the source that reported it"


def _asset_of(tx: Transaction, ident: str) -> Iterator[Pair]:
    alerts = _alerts(tx, ident)
    if tx.estate.asset(ident) is None and not alerts and not tx.estate.releases(ident):
        raise NotFound(f"there is no asset {ident!r}")
    yield from _incidents(tx, [a.id for a in alerts])
    yield from (_alert_link(a) for a in alerts[:EACH])
    findings = tx.advisories.findings_of(asset_ids=[ident])
    names = tx.advisories.named({f.advisory_id for f in findings})
    for f in sorted(findings, key=lambda f: f.priority.rank)[: 2 * EACH]:
        yield Ref(RefKind.ADVISORY, names.get(f.advisory_id, f.advisory_id)), f"{f.component}: {f.audit.value}"
        yield Ref(RefKind.COMPONENT, f.component_id or f.component), f"{f.component}: an advisory names it"
    yield from _serving(tx, ident)
    yield from _runs(tx, ident)
    yield from (_plan_link(plan, state) for plan, state in tx.rollbacks.plans(ident, 10))
    yield from ((Ref(RefKind.HOLD, hold.id), f"{hold.kind.value}: {hold.why}") for hold in tx.judgements.holds(ident))
    for dependency in tx.dependencies.using(assets=[ident])[:EACH]:
        yield Ref(RefKind.COMPONENT, dependency.component.id), f"{dependency.component.label}: it uses this"


def _advisory(tx: Transaction, ident: str) -> Iterator[Pair]:
    records = tx.advisories.groups([ident]).get(ident, [])
    findings = tx.advisories.findings_of([r.id for r in records]) if records else []
    if not records:
        raise NotFound(f"there is no advisory {ident!r} in the database")
    order = sorted(findings, key=lambda f: f.priority.rank)
    fingerprints = {f.fingerprint for f in order if f.fingerprint}
    for asset in dict.fromkeys(f.asset_id for f in order):
        yield from (_alert_link(a) for a in _alerts(tx, asset) if a.signal_fingerprint in fingerprints)
    for f in order:
        where = f" in {f.environment.value}" if f.environment else ""
        yield _asset(f.asset_id, f"it reaches {f.component}{where}")
        yield Ref(RefKind.COMPONENT, f.component_id or f.component), f"{f.component}: the component it is in"
    for waiver in tx.waivers.named([ident]):
        yield Ref(RefKind.WAIVER, waiver.id), f"a waiver of {waiver.asset_id or 'every asset'}"


def _component(store: Store, ident: str) -> Iterator[Pair]:
    found = dependents(store, ident)
    with store.read() as tx:
        assets = dict.fromkeys(row.asset for row in found.rows)
        same = {ident, found.provider, found.component}
        findings = [f for f in tx.advisories.findings_of(asset_ids=assets) if {f.component_id, f.component} & same]
        names = tx.advisories.named({f.advisory_id for f in findings})
        for f in sorted(findings, key=lambda f: f.priority.rank):
            yield Ref(RefKind.ADVISORY, names.get(f.advisory_id, f.advisory_id)), f"{f.component}: {f.audit.value}"
    for row in found.rows:
        yield _asset(row.asset, f"it uses {row.version or 'it'} {row.via}".strip())


def _release(tx: Transaction, ident: str) -> Iterator[Pair]:
    asset, version = pair(Ref(RefKind.RELEASE, ident))
    yield _asset(asset, "the asset that it is a release of")
    yield from (_alert_link(a) for a in _alerts(tx, asset) if a.version == version)
    yield from _runs(tx, asset, version)
    for plan, state in tx.rollbacks.plans(asset, EACH):
        if version in (plan.from_version, plan.to_version):
            yield _plan_link(plan, state)


def _run(tx: Transaction, ident: str) -> Iterator[Pair]:
    run = _found(tx.evals.get(ident), "benchmark run", ident)
    yield release_ref(run.asset_id, run.version), f"{run.asset_id} {run.version}: the release that it measured"
    yield _asset(run.asset_id, f"the asset, measured by {run.suite}")
    for alert in _alerts(tx, run.asset_id):
        signal = tx.signals.get(alert.signal_id)
        about = signal.evidence if signal is not None else None
        if isinstance(about, MetricEvidence | SuiteEvidence) and about.suite == run.suite:
            yield _alert_link(alert)
    baseline = tx.evals.baseline(run.asset_id, run.suite)
    if baseline is not None:
        yield Ref(RefKind.RUN, baseline.id), f"{baseline.version}: the pinned baseline of {run.suite}"


def _plan(tx: Transaction, ident: str) -> Iterator[Pair]:
    plan, _ = _found(tx.rollbacks.plan(ident), "plan", ident)
    if plan.alert_id is not None and (alert := tx.judgements.alert(plan.alert_id)) is not None:
        yield _alert_link(alert)
        yield from _incidents(tx, [alert.id])
    for asset, before, after in (
        (plan.asset_id, plan.from_version, plan.to_version),
        *((m.asset_id, m.from_version, m.to_version) for m in plan.members),
    ):
        yield _asset(asset, "the asset that it moves")
        yield release_ref(asset, before), f"{asset} {before}: what it moves away from"
        yield release_ref(asset, after), f"{asset} {after}: what it goes to"
    if plan.undoes:
        yield Ref(RefKind.PLAN, plan.undoes), "the plan that it undoes"


def _note(tx: Transaction, ident: str) -> Iterator[Pair]:
    source, key = pair(Ref(RefKind.NOTE, ident))
    stored = _found(tx.vendors.note(source, key), "note", ident)
    alerts = [
        alert
        for alert in tx.judgements.alerts(list(OPEN), 300)
        if (s := tx.signals.get(alert.signal_id)) is not None
        and s.source == source
        and isinstance(s.evidence, NoteEvidence)
        and s.evidence.note == stored.note.key
    ]
    yield from (_alert_link(a) for a in alerts)
    yield from _incidents(tx, [a.id for a in alerts])
    yield from (_asset(a.asset_id, "it reaches this asset") for a in alerts if a.asset_id)
    yield Ref(RefKind.SOURCE, source), "where it was read"


def _incident(tx: Transaction, ident: str) -> Iterator[Pair]:
    incident = find(tx, ident)
    alerts = [a for m in tx.incidents.members(incident.id, EACH) if (a := tx.judgements.alert(m.alert_id)) is not None]
    yield from (_alert_link(a) for a in sorted(alerts, key=lambda a: (a.priority.rank, a.id)))
    for cause in incident.causes:
        if (signal := tx.signals.get(cause.signal_id)) is not None:
            yield from ((ref, f"{words} (a cause: {cause.title})") for ref, words in _evidence(tx, signal))
            if signal.asset_id:
                yield _asset(signal.asset_id, f"a cause: {cause.title}")
    yield from (_asset(a.asset_id, "an alert of it is about this asset") for a in alerts if a.asset_id)


def _source(tx: Transaction, ident: str) -> Iterator[Pair]:
    for alert in tx.judgements.alerts(list(OPEN), 300):
        if (signal := tx.signals.get(alert.signal_id)) is not None and signal.source == ident:
            yield _alert_link(alert)
    for stored in tx.vendors.notes(ident, limit=EACH):
        yield note_ref(ident, stored.note.key), stored.note.title


def _waiver(tx: Transaction, ident: str) -> Iterator[Pair]:
    waiver = _found(tx.waivers.get(ident), "waiver", ident)
    yield Ref(RefKind.ADVISORY, waiver.advisory), "the vulnerability that it waives"
    if waiver.asset_id:
        yield _asset(waiver.asset_id, "the asset that it is for")
    if waiver.component_id:
        yield Ref(RefKind.COMPONENT, waiver.component_id), "the component that it is for"


def _hold(tx: Transaction, ident: str) -> Iterator[Pair]:
    hold = _found(next((h for h in tx.judgements.holds() if h.id == ident), None), "hold", ident)
    if hold.asset_id:
        yield _asset(hold.asset_id, "the asset that is held")
        yield from (_alert_link(a) for a in _alerts(tx, hold.asset_id))


def _rule(tx: Transaction, ident: str) -> Iterator[Pair]:
    yield from (_alert_link(a) for a in tx.judgements.alerts(list(OPEN)) if a.rule_id == ident)


def _workflow(tx: Transaction, ident: str) -> Iterator[Pair]:
    name, _ = pair(Ref(RefKind.WORKFLOW, ident))
    workflow = _found(next((w for w in tx.inventory.workflows() if w.id == name), None), "workflow", name)
    yield from (_asset(stage.asset_id, f"its stage {stage.name}") for stage in workflow.stages)


_LOOK: Final[Mapping[RefKind, Callable[[Transaction, str], Iterator[Pair]]]] = {
    RefKind.ALERT: _alert,
    RefKind.ASSET: _asset_of,
    RefKind.ADVISORY: _advisory,
    RefKind.RELEASE: _release,
    RefKind.RUN: _run,
    RefKind.PLAN: _plan,
    RefKind.NOTE: _note,
    RefKind.INCIDENT: _incident,
    RefKind.SOURCE: _source,
    RefKind.WAIVER: _waiver,
    RefKind.HOLD: _hold,
    RefKind.POLICY: _rule,
    RefKind.WORKFLOW: _workflow,
}


# --------------------------------------------------------------------------- parts


def _found(item: T | None, what: str, ident: str) -> T:
    if item is None:
        raise NotFound(f"there is no {what} {ident!r} any more")
    return item


def _asset(ident: str, words: str) -> Pair:
    return Ref(RefKind.ASSET, ident), words


def _alert_link(alert: Alert) -> Pair:
    return Ref(RefKind.ALERT, alert.id), f"{alert.priority.glyph} {alert.word}: {alert.title}"


def _plan_link(plan: Plan, state: PlanState) -> Pair:
    return Ref(RefKind.PLAN, plan.hash), f"{plan.purpose.value} {plan.from_version} -> {plan.to_version}, {state.value}"


def _alerts(tx: Transaction, asset: str) -> list[Alert]:
    """The open ones of an asset, the most urgent first."""
    return sorted(tx.judgements.alerts(list(OPEN), 10_000, asset), key=lambda a: a.order)


def _incidents(tx: Transaction, alerts: list[str]) -> Iterator[Pair]:
    for ident in dict.fromkeys(tx.incidents.of_alerts(alerts).values()):
        if (incident := tx.incidents.get(ident)) is not None:
            row = incident_row(incident, tx.incidents.tallies([ident]).get(ident))
            yield Ref(RefKind.INCIDENT, ident), f"{row.state}: {row.title}"


def _evidence(tx: Transaction, signal: Signal) -> Iterator[Pair]:
    """What a signal was made of."""
    evidence = signal.evidence
    if isinstance(evidence, AdvisoryEvidence):
        name = tx.advisories.named([evidence.advisory]).get(evidence.advisory, evidence.advisory)
        yield Ref(RefKind.ADVISORY, name), "the vulnerability"
        yield Ref(RefKind.COMPONENT, evidence.component), f"{evidence.component}: the component it is in"
    elif isinstance(evidence, NoteEvidence) and tx.vendors.note(signal.source, evidence.note) is not None:
        yield note_ref(signal.source, evidence.note), f"the note of {evidence.vendor}"
    elif isinstance(evidence, MetricEvidence):
        for run, what in ((evidence.candidate_run, "the run"), (evidence.baseline_run, "its baseline")):
            if run is not None and tx.evals.get(run) is not None:
                yield Ref(RefKind.RUN, run), f"{what}, {evidence.suite}"


def _serving(tx: Transaction, asset: str) -> Iterator[Pair]:
    for where in sorted(Environment, key=lambda e: e.rank):
        if (deployment := tx.estate.deployment(asset, where)) is not None:
            yield release_ref(asset, deployment.version), f"{asset} {deployment.version}: serves in {where.value}"


def _runs(tx: Transaction, asset: str, version: str | None = None) -> Iterator[Pair]:
    """The newest run of each suite (on one release)."""
    for suite in tx.evals.suites_of(asset):
        runs = [r for _, r in tx.evals.runs(asset, suite, EACH) if version in (None, r.version)]
        if runs:
            newest = max(runs, key=lambda r: r.at)
            yield Ref(RefKind.RUN, newest.id), f"{suite} on {newest.version}"
