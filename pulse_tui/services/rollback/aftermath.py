"""What a verified rollback means for the estate: what serves, what is quarantined, which alerts are over."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.claim import DEEDS
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.rollback import Plan, Run
from pulse_tui.domain.signal import Signal, fingerprint, signal_id
from pulse_tui.domain.words import UNHEALTHY, Change, Recommended, Severity, SignalType
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry.claims import place
from pulse_tui.services.signals.concerns import tell
from pulse_tui.services.signals.ingest import absorb
from pulse_tui.services.signals.respond import close_alert

_OPEN = (AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.SUPPRESSED)


def rolled_back(tx: Transaction, parts: JudgeParts, plan: Plan, run: Run, now: datetime) -> None:
    """Record that ``plan.to_version`` serves, in the transaction that ends the run."""
    before = tx.estate.deployment(plan.asset_id, plan.environment)
    share = before.traffic if before is not None and before.traffic != 100.0 else None
    settled = place(tx, parts, plan.asset_id, plan.environment, plan.to_version, DEEDS, now, share, since=now)
    tell(tx, parts, settled.told, "it no longer holds after the rollback", now)
    _quarantine(tx, plan)
    tx.estate.record_promotion(
        plan.asset_id,
        plan.to_version,
        plan.environment,
        by=run.started_by,
        at=now,
        decision_id=None,
        why=plan.reason,
    )
    absorb([_event(plan, run)], tx, parts, now)
    if plan.undoes is None:
        _close_alerts(tx, plan, run, now)


def _close_alerts(tx: Transaction, plan: Plan, run: Run, now: datetime) -> None:
    """What was open about the release that no longer serves here is over; what holds that release back stays."""
    for alert in tx.judgements.alerts(_OPEN, 100_000, plan.asset_id):
        here = (alert.asset_id, alert.environment, alert.version) == (
            plan.asset_id,
            plan.environment,
            plan.from_version,
        )
        if alert.id == plan.alert_id or (here and _of_release(tx, alert.signal_id)):
            why = f"{plan.from_version} no longer serves here: rolled back to {plan.to_version} by run {run.id}"
            close_alert(tx, alert, run.started_by, why, now, lift=False)


def _of_release(tx: Transaction, signal_id: str) -> bool:
    """A regression or a breach belongs to the release; a CVE or a vendor note does not go with it."""
    signal = tx.signals.get(signal_id)
    return signal is not None and signal.signal_type in UNHEALTHY


def _quarantine(tx: Transaction, plan: Plan) -> None:
    """What was rolled away from is kept out of every environment; an undo takes that back."""
    release = tx.estate.release(plan.asset_id, plan.from_version)
    if plan.undoes is not None:
        back = tx.estate.release(plan.asset_id, plan.to_version)
        if back is not None and back.state is ReleaseState.QUARANTINED:
            tx.estate.set_release_state(back.asset_id, back.version, back.move(ReleaseState.EVALUATED).state)
        return
    elsewhere = [
        d
        for d in tx.estate.load().deployments
        if (d.asset_id, d.version) == (plan.asset_id, plan.from_version) and d.environment != plan.environment
    ]
    if release is not None and release.usable and not elsewhere:
        tx.estate.set_release_state(release.asset_id, release.version, release.move(ReleaseState.QUARANTINED).state)


def _event(plan: Plan, run: Run) -> Signal:
    return Signal(
        id=signal_id("pulse-tui", "rollback", run.id),
        source="pulse-tui",
        signal_type=SignalType.VERSION_EVENT,
        change=Change.ROLLBACK,
        asset_id=plan.asset_id,
        environment=plan.environment,
        baseline_version=plan.from_version,
        current_version=plan.to_version,
        severity=Severity.MEDIUM,
        confidence=1.0,
        recommended_action=Recommended.MONITOR,
        occurred_at=run.started_at,
        observed_at=run.ended_at or run.started_at,
        title=f"{plan.asset_id} {plan.environment.value} was rolled back from {plan.from_version} to {plan.to_version}",
        evidence=VersionEvidence(
            ref=run.id, actor=run.started_by, from_digest=plan.from_digest, to_digest=plan.to_digest
        ),
        fingerprint=fingerprint("rollback", plan.asset_id, plan.environment, run.id),
    )
