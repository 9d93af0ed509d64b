"""The page of an asset: concerns first, then every field with its source, where it runs and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from pulse_tui.domain import countdown
from pulse_tui.domain.alert import OPEN, Alert
from pulse_tui.domain.claim import Claim, asset_subject, place_subject, settle
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.estate import Asset, Deployment
from pulse_tui.domain.moments import age, iso, to_us
from pulse_tui.domain.pointer import PointerCheck
from pulse_tui.domain.release import numbered
from pulse_tui.domain.rollback import PlanState
from pulse_tui.domain.words import Environment
from pulse_tui.enrich.vendors.tasks import task_words
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.audits import unaudited
from pulse_tui.services.advisories.reports import report_lines
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.registry.approvals import approval
from pulse_tui.services.registry.known_good import rollback_target
from pulse_tui.services.registry.overtaken import overtaken
from pulse_tui.services.signals.beside import compared, compared_lines
from pulse_tui.services.vendors.overdue import overdue_migrations
from pulse_tui.services.vendors.tasks import task_lines
from pulse_tui.services.vendors.wires import watching
from pulse_tui.settings.check import nearest

Line = tuple[str, str]

NEWS = 2
ALERTS = 5
ADVISED = 2
_WAITING = (PlanState.PROPOSED, PlanState.APPROVED)
RELEASES = 15
NOT_DECLARED = (
    "no asset of the estate is declared with this name: nobody owns it, its exposure and its data are not known"
)
CALM = "nothing urgent"
COMPONENTS = 30
_AUDITS = 5
"""Components that are not audited, named one by one."""
_FIELDS = ("asset_type", "owner_team", "tier", "exposure", "workflow")


def asset_story(parts: RollbackParts, asset_id: str) -> tuple[Line, ...]:
    """An asset with its claims, deployments, releases, holds and dependencies, as (label, text). Raises NotFound."""
    now = parts.clock()
    with parts.store.read() as tx:
        asset = tx.estate.asset(asset_id)
        if asset is None and not _serving(tx, asset_id):
            raise NotFound(f"there is no asset {asset_id!r}", todo=nearest(asset_id, tx.estate.load().assets))
        lines = [
            *_questions(tx, parts, asset_id, now),
            *(("Concern", f"{c.what}. {c.todo}") for c in tx.inventory.concerns(asset_id)),
            *(_declared(tx, parts, asset) if asset is not None else [("Asset", f"{asset_id}: {NOT_DECLARED}")]),
            *_places(tx, parts, asset_id, now),
            *_endpoints(tx, asset_id),
            *(("Beside", text) for text in compared_lines(tx, now, asset_id)),
            *(("Tripwire", text) for text in watching(asset_id, tx, parts.judging, now)),
        ]
        lines.extend(
            (h.kind.value.capitalize(), f"{h.why}; until {h.until_condition}") for h in tx.judgements.holds(asset_id)
        )
        lines.extend(
            ("Retest", f"{'OVERDUE since' if r.due_at < now else 'due'} {r.due_at:%Y-%m-%d}: {r.why}")
            for r in tx.judgements.retests()
            if r.asset_id == asset_id
        )
        lines.extend(("Vendors ask", words) for words in task_lines(tx, asset_id, now))
        lines.extend(_releases(tx, asset_id))
        lines.extend(_audits(tx, asset_id, now))
        lines.extend(_components(tx, asset_id))
        lines.extend(("Log", f"{iso(s.observed_at)} {s.title}") for s in tx.signals.recent(8, asset_id))
    return tuple(lines)


def _serving(tx: Transaction, asset_id: str) -> list[Deployment]:
    """Where it serves, production first."""
    found = [d for e in Environment if (d := tx.estate.deployment(asset_id, e)) is not None]
    return sorted(found, key=lambda d: d.environment.rank)


def _declared(tx: Transaction, parts: RollbackParts, asset: Asset) -> Iterator[Line]:
    yield "Asset", f"{asset.id}: {asset.asset_type.value}, {asset.tier.value}, {asset.exposure.value} exposure"
    yield "Owner", asset.owner_team or "nobody"
    yield "Data", ", ".join(asset.data.words()) or "stores nothing of its users"
    yield from _fields(tx, parts, asset)


def _audits(tx: Transaction, asset_id: str, now: datetime) -> Iterator[Line]:
    """How many of its components no advisory can judge, and some of them with the reason."""
    uses = (d.component for d in tx.dependencies.using(assets=[asset_id]))
    found = unaudited(tx, uses, tx.advisories.findings(asset_id=asset_id), now)
    refused = sum(b.refused for b in tx.dependencies.bills(asset_id))
    if found:
        noun = "component" if len(found) == 1 else "components"
        yield "Audit", f"{len(found)} {noun} not audited (pulse-tui components unaudited {asset_id})"
        for item in found[:_AUDITS]:
            yield "Audit", f"{item.component.label}: {item.reason}"
    yield from (("Scanner", text) for text in report_lines(tx, asset_id, now))
    if refused:
        yield "Audit", f"{refused} records of its bills were refused: what they name is not audited"


def _questions(tx: Transaction, parts: RollbackParts, asset_id: str, now: datetime) -> Iterator[Line]:
    """What changed, what is the risk, what to do now: before everything that is recorded."""
    changed, risk, todo = "What changed", "What is the risk", "What to do now"
    serving = _serving(tx, asset_id)
    for deployment in serving:
        release = tx.estate.release(asset_id, deployment.version)
        number = f" (iteration {release.iteration}, {release.state.value})" if release else " (not in the registry)"
        since = f"since {iso(deployment.since)}, {age(to_us(deployment.since), to_us(now))}"
        yield changed, f"{deployment.environment.value} serves {deployment.version}{number} {since}"
    if not serving:
        yield changed, "nothing of it serves anywhere"
    for signal in tx.signals.recent(NEWS, asset_id):
        yield changed, f"{age(to_us(signal.observed_at), to_us(now))} ago: {signal.title}"
    alerts = sorted(tx.judgements.alerts(list(OPEN), 10_000, asset_id), key=lambda a: a.order)
    for alert in alerts[:ALERTS]:
        where = f" in {alert.environment.value}" if alert.environment else ""
        yield (
            risk,
            f"{alert.priority.glyph} {countdown.as_of(alert.title, now)}{where}: {alert.word} ({alert.id})",
        )
    if len(alerts) > ALERTS:
        yield risk, f"and {len(alerts) - ALERTS} more open alerts"
    holds = tx.judgements.holds(asset_id)
    for hold in holds:
        yield risk, f"{hold.kind.value}: {hold.why}; until {hold.until_condition}"
    concerns = tx.inventory.concerns(asset_id)
    more = [c.what for c in concerns if c.what not in {a.title for a in alerts[:ALERTS]}]
    if more:
        yield risk, f"{len(more)} of what is known of it is inconsistent: {more[0]}"
    declared = tx.estate.asset(asset_id) is not None
    if not declared:
        yield risk, f"? {NOT_DECLARED}"
    late = [r for r in tx.judgements.retests(asset_id=asset_id) if r.due_at < now]
    for retest in late:
        yield risk, f"◆ retest overdue {age(to_us(retest.due_at), to_us(now))}: {retest.why}"
    beside = [row for row in compared(tx, now, asset_id) if row.undecided]
    yield from ((risk, f"? nothing decided of {row.measure}: {row.sides}, {row.word(to_us(now))}") for row in beside)
    left = overdue_migrations(tx, now, asset_id)
    yield from ((risk, f"◆ {task_words(task, now)}") for task in left)
    if not alerts and not holds and not concerns and declared and not late and not left and not beside:
        yield risk, "no alert is open, nothing holds it, nothing known of it is inconsistent"
    if not declared:
        yield todo, f"declare {asset_id} under estate.assets with its owner, exposure and data, or stop what serves it"
    if late and not alerts:
        yield (
            todo,
            f"run its suite on {serving[0].version if serving else 'what is to serve'} (pulse-tui suite run, or ingest its result)",
        )
    yield from (
        (todo, f"promote a release on {t.successor or 'its successor'}: nothing should use {t.component} any more")
        for t in left[:1]
    )
    yield from (
        (todo, line)
        for line in _steps(tx, parts, asset_id, alerts, now)
        if line != CALM or (declared and not late and not left)
    )


def _steps(
    tx: Transaction, parts: RollbackParts, asset_id: str, alerts: Sequence[Alert], now: datetime
) -> Iterator[str]:
    """What the most urgent alerts advise, each once. What a rollback waits for, the page adds with its keys."""
    waiting = [
        p
        for p, state in tx.rollbacks.plans(asset_id)
        if state in _WAITING and p.expires_at > now and not overtaken(tx, p)
    ]
    said = set[str]()
    for alert in alerts[:ADVISED]:
        signal = tx.signals.get(alert.signal_id)
        if signal is None:
            continue
        for line in parts.judging.advise(tx, parts.judging, alert, signal, now).lines:
            words = line.replace(alert.id, "")  # the same step for another alert is one step
            if words not in said:
                said.add(words)
                yield line
    if not said and not waiting:
        concern = next(iter(tx.inventory.concerns(asset_id)), None)
        yield concern.todo if concern is not None and concern.todo else CALM


def _fields(tx: Transaction, parts: RollbackParts, asset: Asset) -> Iterator[Line]:
    """Each claimed field: the source that is believed, since when, and the claims that contradict."""
    claims = tx.inventory.claims(asset_subject(asset.id))
    for field in [*_FIELDS, *sorted({c.field for c in claims} - set(_FIELDS))]:
        claimed = _settled([c for c in claims if c.field == field], parts)
        if claimed:
            yield "Field", f"{field.replace('_', ' ')} {claimed}"


def _settled(claims: list[Claim], parts: RollbackParts) -> str:
    """``ml-support (estate since 2026-11-01T00:00:00Z; registry says ml-x since ...)``; empty without a claim."""
    settled = settle(claims, parts.judging.precedence)
    if settled is None:
        return ""
    against = "".join(f"; {c.source} says {c.value} since {iso(c.since)}" for c in settled.against)
    agree = f", {', '.join(settled.agree)} too" if settled.agree else ""
    return f"{settled.value} ({settled.source} since {iso(settled.since)}{agree}{against})"


def _places(tx: Transaction, parts: RollbackParts, asset_id: str, now: datetime) -> Iterator[Line]:
    pointers = {c.environment: c for c in tx.inventory.pointers(asset_id)}
    promotions = tx.estate.promotions(asset_id)
    for environment in sorted(Environment, key=lambda e: e.rank):
        deployment = tx.estate.deployment(asset_id, environment)
        if deployment is None:
            continue
        critical = ", production-critical" if deployment.production_critical else ""
        since = iso(deployment.since)
        what = f"{deployment.version}, {deployment.traffic:g} % since {since} ({deployment.source}){critical}"
        yield "Serves", f"{environment.value}: {what}"
        claimed = _settled(tx.inventory.claims(place_subject(asset_id, environment), "version"), parts)
        if claimed:
            yield "Version", f"{environment.value}: {claimed}"
        here = next((p for p in promotions if (p.environment, p.version) == (environment, deployment.version)), None)
        if here is not None:
            decision = f" on {here.decision_id}" if here.decision_id else ", on no recorded decision"
            why = f": {here.why}" if here.why else ""
            yield "Promoted", f"{environment.value}: {here.version} by {here.by} {iso(here.at)}{decision}{why}"
        entry = approval(tx, asset_id, deployment.version)
        if entry is not None:
            yield "Approved", f"{deployment.version} by {entry.actor} {iso(entry.at)}: {entry.detail.get('why', '')}"
        yield "Rollback to", f"{environment.value}: {_pointer(tx, deployment, pointers.get(environment), now)}"


def _pointer(tx: Transaction, deployment: Deployment, check: PointerCheck | None, now: datetime) -> str:
    if check is None or check.serving != deployment.version:
        back = rollback_target(tx, deployment.asset_id, deployment.environment, deployment.version)
        if back.release is None:
            return "none: " + ("; ".join(back.tried) or "no other release has been healthy there")
        return f"{back.release.version}, {back.proof}; not checked yet"
    seen = f"checked {age(to_us(check.at), to_us(now))} ago"
    if check.valid:
        failed = [f"{c.name}: {c.detail}" for c in check.checks if not c.ok]
        return f"{check.version}, valid, {seen}" + (f" ({'; '.join(failed)})" if failed else "")
    if check.version is None:
        return f"none, {seen}: {check.reason}"
    return f"{check.version} FAILED its check, {seen}: {check.reason}"


def _endpoints(tx: Transaction, asset_id: str) -> Iterator[Line]:
    for endpoint in tx.inventory.endpoints(asset_id):
        marks = [f"for {', '.join(endpoint.segments)}"] if endpoint.segments else []
        if endpoint.production_critical:
            marks.append("production-critical")
        if endpoint.owner_team:
            marks.append(f"owned by {endpoint.owner_team}")
        more = f": {', '.join(marks)}" if marks else ""
        yield "Endpoint", f"{endpoint.id} in {endpoint.environment.value}{more} ({endpoint.source})"


def _releases(tx: Transaction, asset_id: str) -> Iterator[Line]:
    """The newest releases and the pushed changes of them, by iteration."""
    lines = list[tuple[int, Line]]()
    for release in tx.estate.releases(asset_id)[-RELEASES:]:
        back = f", back to {release.rollback_pointer}" if release.rollback_pointer else ""
        what = f"{numbered(release.version, release.iteration)}: {release.state.value}"
        lines.append((release.iteration, ("Release", f"{what}, {release.digest or 'no digest'}{back}")))
    for change in tx.estate.pushed_changes(asset_id, limit=RELEASES):
        what = f"{numbered(change.version or 'no version named', change.iteration)}: {change.sentence}"
        lines.append((change.iteration, ("Change", f"{what}, {iso(change.at)}")))
    yield from (line for _, line in sorted(lines, key=lambda found: -found[0])[:RELEASES])


def _components(tx: Transaction, asset_id: str) -> Iterator[Line]:
    """What the asset uses directly; the rest is on the tree."""
    own = dict.fromkeys((e.child, e.environments) for e in tx.dependencies.edges(asset_id) if e.parent is None)
    for component, environments in list(own)[:COMPONENTS]:
        where = ", ".join(e.value for e in environments) or "everywhere"
        yield "Depends on", f"{component.label} ({component.kind.value}, {where})"
    if len(own) > COMPONENTS:
        yield "Depends on", f"and {len(own) - COMPONENTS} more: pulse-tui components tree {asset_id}"
