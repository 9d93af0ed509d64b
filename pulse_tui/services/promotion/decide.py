"""Operator decisions about a release: approve, promote, quarantine, retire. Each with its audit line."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.claim import ESTATE, OWN_ACTIONS, place_subject
from pulse_tui.domain.errors import Refused
from pulse_tui.domain.estate import Deployment
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.release import Release, ReleaseState
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.words import Change, Environment, Recommended, Severity, SignalType
from pulse_tui.enrich.oncall.rights import NEEDS
from pulse_tui.enrich.oncall.rights import may as has_right
from pulse_tui.ports import Transaction
from pulse_tui.services.alerts.operate import lapse
from pulse_tui.services.parts import SYSTEM, RollbackParts
from pulse_tui.services.promotion.gate import GateAnswer, assess
from pulse_tui.services.reasons import reason_of
from pulse_tui.services.registry.approvals import APPROVED, QUARANTINED, subject
from pulse_tui.services.registry.claims import place
from pulse_tui.services.registry.find import find_release
from pulse_tui.services.registry.held import thaw
from pulse_tui.services.registry.known_good import rollback_target
from pulse_tui.services.signals.concerns import report
from pulse_tui.services.signals.ingest import absorb

PRODUCTION = Environment.PRODUCTION
_BEFORE = (ReleaseState.DRAFT, ReleaseState.EVALUATED)


def approve(parts: RollbackParts, asset_id: str, version: str, by: str, why: str) -> str:
    """An operator approves the release; from now on changes of its dependencies are counted.

    The answer of production's gate at that moment is kept with it; the gate need not be open: releases of a frozen
    estate can still be approved. Raises Refused for a quarantined or retired release and for who may not approve.
    """
    reason, now = reason_of(why), parts.clock()
    may(parts, by)
    with parts.store.write() as tx:
        release = find_release(tx, asset_id, version)
        if not release.usable:
            raise Refused(f"release {asset_id} {version} is {release.state.value} and cannot be approved")
        answer = assess(tx, parts, release, PRODUCTION)
        if release.state in _BEFORE:
            tx.estate.set_release_state(asset_id, version, release.move(ReleaseState.APPROVED).state)
        _log(tx, now, by, APPROVED, release, reason, answer)
    closed = "" if answer.go else f"; the gate of production is closed: {'; '.join(answer.blocking)}"
    return f"approved by {by}: {asset_id} {version}{closed}"


def promote(parts: RollbackParts, asset_id: str, version: str, environment: Environment, by: str, why: str) -> str:
    """Record the promotion on the gate's answer; the gate must be open.

    Where no source but the configuration reports the deployment, the release serves there from now on. Else the
    source is believed as before: the deployment moves when the source reports it. Raises Refused with every reason
    that blocks.
    """
    reason, now = reason_of(why), parts.clock()
    may(parts, by, environment)
    lapse(parts.judging, now)  # a waiver that ran out lets nothing pass, also where no collector runs
    with parts.store.write() as tx:
        release = find_release(tx, asset_id, version)
        if release.state is ReleaseState.RETIRED or release.state is ReleaseState.QUARANTINED:
            raise Refused(f"release {asset_id} {version} is {release.state.value} and cannot be promoted")
        before = tx.estate.deployment(asset_id, environment)
        if _is_there(tx, release, environment, before):
            raise Refused(f"{asset_id} {version} serves in {environment.value} already, by a recorded promotion")
        answer = assess(tx, parts, release, environment)
        if not answer.go:
            what = f"the gate is closed: {asset_id} {version} may not go to {environment.value}"
            raise Refused(what, answer.blocking, todo=f"pulse-tui gate {asset_id} {version} --env {environment.value}")
        return _move(tx, parts, release, environment, before, answer, by, reason, now)


def quarantine(parts: RollbackParts, asset_id: str, version: str, by: str, why: str) -> str:
    """Keep the release out of every environment. Where it serves it goes on serving: the message gives the command."""
    reason, now = reason_of(why), parts.clock()
    may(parts, by)
    with parts.store.write() as tx:
        release = find_release(tx, asset_id, version)
        if release.state is ReleaseState.QUARANTINED:
            raise Refused(f"release {asset_id} {version} is quarantined already")
        serving = [d.environment for d in _serving(tx, release)]
        leads_here = _leads_here(tx, release)
        tx.estate.set_release_state(asset_id, version, release.move(ReleaseState.QUARANTINED).state)
        _log(tx, now, by, QUARANTINED, release, reason, None)
    todo = "".join(
        f"; it still serves in {e.value}: pulse-tui rollback plan {asset_id} --env {e.value}" for e in serving
    )
    return f"quarantined by {by}: {asset_id} {version}{todo}{_lost(leads_here)}"


def retire(parts: RollbackParts, asset_id: str, version: str, by: str, why: str) -> str:
    """Retire the release for good. Raises Refused while it serves anywhere."""
    reason, now = reason_of(why), parts.clock()
    may(parts, by)
    with parts.store.write() as tx:
        release = find_release(tx, asset_id, version)
        if release.state is ReleaseState.RETIRED:
            raise Refused(f"release {asset_id} {version} is retired already")
        serving = [f"it serves in {d.environment.value} ({d.traffic:g} % of traffic)" for d in _serving(tx, release)]
        if serving:
            raise Refused(
                f"release {asset_id} {version} cannot be retired", serving, todo="Move those deployments first"
            )
        leads_here = _leads_here(tx, release)
        tx.estate.set_release_state(asset_id, version, release.move(ReleaseState.RETIRED).state)
        _log(tx, now, by, "release.retired", release, reason, None)
    return f"retired by {by}: {asset_id} {version}{_lost(leads_here)}"


# --------------------------------------------------------------------------- what a promotion does


def _move(
    tx: Transaction,
    parts: RollbackParts,
    release: Release,
    environment: Environment,
    before: Deployment | None,
    answer: GateAnswer,
    by: str,
    reason: str,
    now: datetime,
) -> str:
    asset_id, version = release.asset_id, release.version
    speaks = _who_speaks(tx, asset_id, environment)
    iteration = tx.estate.next_iteration(asset_id)
    if release.rollback_pointer is None:
        back = rollback_target(tx, asset_id, environment, version)
        if back.release is not None:
            tx.estate.set_rollback_pointer(asset_id, version, back.release.version)
    if environment is PRODUCTION and release.state is not ReleaseState.PROMOTED:
        tx.estate.set_release_state(asset_id, version, release.move(ReleaseState.PROMOTED).state)
    entry = _log(tx, now, by, "release.promoted", release, reason, answer, environment=environment.value)
    tx.estate.record_promotion(asset_id, version, environment, by=by, at=now, decision_id=entry, why=reason)
    thaw(tx, release, environment, now)
    signals = [_event(release, environment, before, iteration, by, now)]
    if speaks is None:
        settled = place(tx, parts.judging, asset_id, environment, version, OWN_ACTIONS, now, since=now)
        report(tx, parts.judging, settled.changes, f"{version} serves there now", now)
    absorb(signals, tx, parts.judging, now)
    parts.judging.reassess(tx, parts.judging, now, [asset_id])
    done = f"promoted by {by}: {asset_id} {version} to {environment.value}, gate {answer.digest[:12]} GO"
    if speaks is None or (before is not None and before.version == version):
        return done
    return f"{done}; {speaks} reports what serves there: it shows here when that moves"


def _is_there(tx: Transaction, release: Release, environment: Environment, before: Deployment | None) -> bool:
    """Whether it serves there and the last promotion there was its own, by a recorded decision."""
    if before is None or before.version != release.version:
        return False
    last = next((p for p in tx.estate.promotions(release.asset_id) if p.environment is environment), None)
    return last is not None and last.version == release.version and last.decision_id is not None


def _who_speaks(tx: Transaction, asset_id: str, environment: Environment) -> str | None:
    """A source that observes what serves there; None when only the configuration and our own actions report it."""
    claims = tx.inventory.claims(place_subject(asset_id, environment), "version")
    return next((c.source for c in claims if c.source not in (ESTATE, OWN_ACTIONS)), None)


def _event(
    release: Release, environment: Environment, before: Deployment | None, iteration: int, by: str, now: datetime
) -> Signal:
    was = f" (was {before.version})" if before is not None and before.version != release.version else ""
    return observed(
        SignalType.VERSION_EVENT,
        source=SYSTEM,
        event=("promotion", release.asset_id, environment, release.version, str(iteration)),
        fingerprint=fingerprint("version", release.asset_id, environment, release.version),
        change=Change.PROMOTION if environment is PRODUCTION else Change.DEPLOYMENT,
        asset_id=release.asset_id,
        environment=environment,
        baseline_version=before.version if before is not None else None,
        current_version=release.version,
        severity=Severity.LOW,
        recommended=Recommended.NOTE,
        now=now,
        title=f"{release.asset_id} {release.version} was promoted to {environment.value}{was}",
        evidence=VersionEvidence(actor=by, to_digest=release.digest, iteration=iteration),
    )


# --------------------------------------------------------------------------- who may, and what is kept


def may(parts: RollbackParts, by: str, environment: Environment | None = None, what: str = "") -> None:
    """An estate with an operators' file lets only them decide; one without lets anybody. ``what``: the action, for which
    the configuration may ask for a role (``rights``)."""
    if (missing := has_right(parts.judging.oncall, by, NEEDS.get(what))) is not None:
        raise Refused(missing, todo="See rights, people and teams in the configuration")
    if not parts.operators:
        return
    operator = parts.operators.get(by)
    if operator is None:
        raise Refused(f"{by!r} is not in the operators' file", todo="$PULSE_OPERATOR names you")
    if environment is not None and environment not in operator.environments:
        raise Refused(f"{by} may not act in {environment.value}", todo="See the operators' file")


def _log(
    tx: Transaction,
    now: datetime,
    by: str,
    action: str,
    release: Release,
    reason: str,
    answer: GateAnswer | None,
    **more: str,
) -> str:
    """Write the audit line; returns what names it: ``audit:17``."""
    detail = {"why": reason, "state": release.state.value, "digest": release.digest or "", **more}
    if answer is not None:
        detail |= {
            "gate": answer.digest,
            "gate_environment": answer.environment,
            "gate_said": "GO" if answer.go else "BLOCKED",
            "policy": answer.policy,
            "not_ok": "; ".join(f"{r.name} {r.status}" for r in answer.reasons if not r.ok),
        }
    return f"audit:{tx.log.append(now, by, action, subject(release.asset_id, release.version), detail)}"


def _serving(tx: Transaction, release: Release) -> list[Deployment]:
    found = (tx.estate.deployment(release.asset_id, e) for e in sorted(Environment, key=lambda e: e.rank))
    return [d for d in found if d is not None and d.version == release.version]


def _leads_here(tx: Transaction, release: Release) -> list[Environment]:
    """Environments whose rollback target is this release."""
    out = []
    for environment in sorted(Environment, key=lambda e: e.rank):
        serving = tx.estate.deployment(release.asset_id, environment)
        if serving is not None and serving.version != release.version:
            back = rollback_target(tx, release.asset_id, environment, serving.version)
            if back.release is not None and back.release.version == release.version:
                out.append(environment)
    return out


def _lost(environments: list[Environment]) -> str:
    return "".join(f"; it was the rollback target of {e.value}" for e in environments)
