"""A registry's changes as signals."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.estate import Asset, Deployment
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.release import RegistrySnapshot, Release
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.words import Change, Environment, Recommended, Severity, SignalType
from pulse_tui.services.signals.concerns import condition


def event(
    snapshot: RegistrySnapshot,
    asset: Asset | None,
    now: datetime,
    change: Change,
    version: str,
    release: Release | None,
    before: Deployment | None,
    *,
    iteration: int,
    environment: Environment | None = None,
) -> Signal:
    """A release appeared (no environment), or serves in an environment now."""
    where = f" in {environment.value}" if environment else ""
    was = f" (was {before.version})" if before else ""
    verb = "now serves" if environment else "was registered"
    return observed(
        SignalType.VERSION_EVENT,
        source=snapshot.source,
        event=(change, snapshot.asset_id, environment, version, str(iteration)),
        fingerprint=fingerprint("version", snapshot.asset_id, environment, version),
        change=change,
        asset_id=snapshot.asset_id,
        asset=asset,
        environment=environment,
        baseline_version=before.version if before else None,
        current_version=version,
        severity=Severity.LOW,
        recommended=Recommended.NOTE,
        at=release.created_at if environment is None and release else now,
        now=now,
        title=f"{snapshot.asset_id} {version} {verb}{where}{was}",
        evidence=VersionEvidence(to_digest=release.digest if release else None, iteration=iteration),
    )


def digest_changed(
    snapshot: RegistrySnapshot, asset: Asset | None, now: datetime, release: Release, recorded: str, found: str
) -> Signal:
    """The same version has another content than when it was recorded."""
    return observed(
        SignalType.VERSION_EVENT,
        source=snapshot.source,
        event=("digest", release.asset_id, release.version, found),
        fingerprint=condition(release.asset_id, f"digest:{release.version}"),
        change=Change.DIGEST_CHANGED,
        asset_id=release.asset_id,
        asset=asset,
        current_version=release.version,
        severity=Severity.HIGH,
        recommended=Recommended.BLOCK,
        now=now,
        title=f"{release.asset_id} {release.version} has another digest than when it was recorded",
        evidence=VersionEvidence(from_digest=recorded, to_digest=found),
    )


def withdrawn(
    snapshot: RegistrySnapshot, asset: Asset | None, now: datetime, environment: Environment, was: str
) -> Signal:
    """The registry no longer names a version there."""
    return observed(
        SignalType.VERSION_EVENT,
        source=snapshot.source,
        event=("withdrawn", snapshot.asset_id, environment, was, now.isoformat()),
        fingerprint=fingerprint("withdrawn", snapshot.asset_id, environment),
        change=Change.CONFIG_CHANGE,
        asset_id=snapshot.asset_id,
        environment=environment,
        baseline_version=was,
        owner_team=asset.owner_team if asset else None,
        severity=Severity.LOW,
        confidence=0.9,
        recommended=Recommended.NOTE,
        now=now,
        title=f"{snapshot.asset_id} {environment.value} no longer points at a version (was {was})",
        evidence=VersionEvidence(changed=["alias removed"]),
    )


def past_hold(
    snapshot: RegistrySnapshot,
    asset: Asset | None,
    now: datetime,
    environment: Environment,
    serving: str,
    iteration: int,
    hold: Hold,
) -> Signal:
    """A release was deployed while promotions were held."""
    return observed(
        SignalType.VERSION_EVENT,
        source=snapshot.source,
        event=("past-hold", snapshot.asset_id, environment, serving, str(iteration)),
        fingerprint=fingerprint("past-hold", snapshot.asset_id, environment, serving),
        change=Change.CONFIG_CHANGE,
        asset_id=snapshot.asset_id,
        asset=asset,
        environment=environment,
        current_version=serving,
        severity=Severity.HIGH,
        recommended=Recommended.REVIEW,
        now=now,
        title=f"{snapshot.asset_id} {serving} was deployed to {environment.value} past a {hold.kind.value}: {hold.why}",
        summary=f"The hold is active until {hold.until_condition} (placed by {hold.placed_by}).",
        evidence=VersionEvidence(changed=[f"past a {hold.kind.value}"], iteration=iteration),
    )
