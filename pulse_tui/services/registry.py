"""What a registry says becomes releases, deployments and version events. Releases are immutable."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.estate import Asset, Deployment
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.release import RegistrySnapshot, RegistryVersion, Release, ReleaseState
from pulse_tui.domain.signal import Signal, fingerprint, signal_id
from pulse_tui.domain.words import Change, Environment, Recommended, Severity, SignalType
from pulse_tui.ports import Transaction
from pulse_tui.services.known_good import last_stays


def sync(snapshot: RegistrySnapshot, tx: Transaction, asset: Asset | None, now: datetime) -> list[Signal]:
    """Record a snapshot; returns a version event for each thing that changed, nothing when nothing did."""
    known = {r.version: r for r in tx.estate.releases(snapshot.asset_id)}
    signals: list[Signal] = []
    for version in snapshot.versions:
        release = known.get(version.version)
        if release is None:
            added = tx.estate.add_release(_release(version, snapshot))
            known[added.version] = added
            signals.append(_event(snapshot, asset, now, Change.BUILD, added, None))
        elif version.digest and release.digest and version.digest != release.digest:
            signals.append(_digest_changed(snapshot, asset, now, release, version))
    for environment, (serving, traffic) in sorted(snapshot.placements.items()):
        signal = _place(snapshot, tx, asset, known, environment, serving, traffic, now)
        if signal is not None:
            signals.append(signal)
    for environment in snapshot.managed:
        if environment not in snapshot.placements:
            gone = tx.estate.deployment(snapshot.asset_id, environment)
            if gone is not None and gone.source == snapshot.source:
                tx.estate.undeploy(snapshot.asset_id, environment, now)
                signals.append(_withdrawn(snapshot, asset, now, gone))
    return signals


def _release(version: RegistryVersion, snapshot: RegistrySnapshot) -> Release:
    return Release(
        asset_id=snapshot.asset_id,
        version=version.version,
        iteration=0,
        digest=version.digest,
        created_at=version.created_at,
        lineage=version.lineage,
        provenance={"source": snapshot.source, **version.provenance},
        registry_version=version.registry_version,
    )


def _place(
    snapshot: RegistrySnapshot,
    tx: Transaction,
    asset: Asset | None,
    known: dict[str, Release],
    environment: Environment,
    serving: str,
    traffic: float,
    now: datetime,
) -> Signal | None:
    before = tx.estate.deployment(snapshot.asset_id, environment)
    deployment = Deployment(
        asset_id=snapshot.asset_id,
        environment=environment,
        version=serving,
        since=now,
        traffic=traffic,
        production_critical=before.production_critical if before else False,
        source=snapshot.source,
    )
    moved = before is None or before.version != serving
    if not moved and before is not None:
        deployment = msgspec.structs.replace(deployment, since=before.since)
    tx.estate.deploy(deployment)
    if not moved:
        return None
    release = known.get(serving)
    iteration = tx.estate.next_iteration(snapshot.asset_id)
    if release is not None and release.state in (ReleaseState.DRAFT, ReleaseState.EVALUATED, ReleaseState.APPROVED):
        tx.estate.set_release_state(snapshot.asset_id, serving, ReleaseState.PROMOTED)
    if release is not None and before is not None and release.rollback_pointer is None:
        tx.estate.set_rollback_pointer(
            snapshot.asset_id, serving, _pointer(tx, snapshot.asset_id, environment, serving)
        )
    tx.estate.record_promotion(
        snapshot.asset_id, serving, environment, by=snapshot.source, at=now, decision_id=None, why="the registry moved"
    )
    change = Change.PROMOTION if environment is Environment.PRODUCTION else Change.DEPLOYMENT
    return _event(
        snapshot, asset, now, change, release, before, environment=environment, serving=serving, iteration=iteration
    )


def _pointer(tx: Transaction, asset_id: str, environment: Environment, serving: str) -> str | None:
    """The last release that was healthy there, not simply the one before."""
    for stay in last_stays(tx, asset_id, environment):
        if stay.version != serving and stay.healthy:
            return stay.version
    return None


def _event(
    snapshot: RegistrySnapshot,
    asset: Asset | None,
    now: datetime,
    change: Change,
    release: Release | None,
    before: Deployment | None,
    *,
    environment: Environment | None = None,
    serving: str | None = None,
    iteration: int | None = None,
) -> Signal:
    version = serving or (release.version if release else "")
    where = f" in {environment.value}" if environment else ""
    was = f" (was {before.version})" if before else ""
    verb = "was registered" if change is Change.BUILD else "now serves"
    number = iteration if iteration is not None else (release.iteration if release else None)
    return Signal(
        id=signal_id(snapshot.source, change, snapshot.asset_id, environment, version, str(number)),
        source=snapshot.source,
        signal_type=SignalType.VERSION_EVENT,
        change=change,
        asset_type=asset.asset_type if asset else None,
        asset_id=snapshot.asset_id,
        environment=environment,
        baseline_version=before.version if before else None,
        current_version=version,
        severity=Severity.LOW,
        confidence=1.0,
        recommended_action=Recommended.NOTE,
        owner_team=asset.owner_team if asset else None,
        occurred_at=release.created_at if change is Change.BUILD and release else now,
        observed_at=now,
        title=f"{snapshot.asset_id} {version} {verb}{where}{was}",
        evidence=VersionEvidence(to_digest=release.digest if release else None, iteration=number),
        fingerprint=fingerprint("version", snapshot.asset_id, environment, version),
    )


def _digest_changed(
    snapshot: RegistrySnapshot, asset: Asset | None, now: datetime, release: Release, version: RegistryVersion
) -> Signal:
    return Signal(
        id=signal_id(snapshot.source, "digest", release.asset_id, release.version, version.digest),
        source=snapshot.source,
        signal_type=SignalType.VERSION_EVENT,
        change=Change.DIGEST_CHANGED,
        asset_type=asset.asset_type if asset else None,
        asset_id=release.asset_id,
        current_version=release.version,
        severity=Severity.HIGH,
        confidence=1.0,
        recommended_action=Recommended.BLOCK,
        owner_team=asset.owner_team if asset else None,
        occurred_at=now,
        observed_at=now,
        title=f"{release.asset_id} {release.version} has another digest than when it was recorded",
        evidence=VersionEvidence(from_digest=release.digest, to_digest=version.digest),
        fingerprint=fingerprint("digest", release.asset_id, release.version),
    )


def _withdrawn(snapshot: RegistrySnapshot, asset: Asset | None, now: datetime, gone: Deployment) -> Signal:
    return Signal(
        id=signal_id(snapshot.source, "withdrawn", gone.asset_id, gone.environment, gone.version, now.isoformat()),
        source=snapshot.source,
        signal_type=SignalType.VERSION_EVENT,
        change=Change.CONFIG_CHANGE,
        asset_id=gone.asset_id,
        environment=gone.environment,
        baseline_version=gone.version,
        severity=Severity.MEDIUM,
        confidence=0.9,
        recommended_action=Recommended.REVIEW,
        owner_team=asset.owner_team if asset else None,
        occurred_at=now,
        observed_at=now,
        title=f"{gone.asset_id} {gone.environment.value} no longer points at a version (was {gone.version})",
        evidence=VersionEvidence(changed=["alias removed"]),
        fingerprint=fingerprint("withdrawn", gone.asset_id, gone.environment),
    )
