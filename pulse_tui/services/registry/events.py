"""What a registry's news are as signals."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.estate import Asset, Deployment
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.release import RegistrySnapshot, Release
from pulse_tui.domain.signal import Signal, fingerprint, signal_id
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Change, Environment, Recommended, Severity, SignalType
from pulse_tui.services.signals.concerns import condition


def event(
    said: RegistrySnapshot,
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
    return Signal(
        id=signal_id(said.source, change, said.asset_id, environment, version, str(iteration)),
        source=said.source,
        signal_type=SignalType.VERSION_EVENT,
        change=change,
        asset_type=asset.asset_type if asset else None,
        asset_id=said.asset_id,
        environment=environment,
        baseline_version=before.version if before else None,
        current_version=version,
        severity=Severity.LOW,
        confidence=1.0,
        recommended_action=Recommended.NOTE,
        owner_team=asset.owner_team if asset else None,
        occurred_at=release.created_at if environment is None and release else now,
        observed_at=now,
        title=f"{said.asset_id} {version} {verb}{where}{was}",
        evidence=VersionEvidence(to_digest=release.digest if release else None, iteration=iteration),
        fingerprint=fingerprint("version", said.asset_id, environment, version),
    )


def digest_changed(
    said: RegistrySnapshot, asset: Asset | None, now: datetime, release: Release, recorded: str, found: str
) -> Signal:
    """The same version has another content than when it was recorded."""
    return Signal(
        id=signal_id(said.source, "digest", release.asset_id, release.version, found),
        source=said.source,
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
        evidence=VersionEvidence(from_digest=recorded, to_digest=found),
        fingerprint=condition(release.asset_id, f"digest:{release.version}"),
    )


def withdrawn(said: RegistrySnapshot, asset: Asset | None, now: datetime, environment: Environment, was: str) -> Signal:
    """The registry names nothing there any more."""
    return Signal(
        id=signal_id(said.source, "withdrawn", said.asset_id, environment, was, now.isoformat()),
        source=said.source,
        signal_type=SignalType.VERSION_EVENT,
        change=Change.CONFIG_CHANGE,
        asset_id=said.asset_id,
        environment=environment,
        baseline_version=was,
        severity=Severity.LOW,
        confidence=0.9,
        recommended_action=Recommended.NOTE,
        owner_team=asset.owner_team if asset else None,
        occurred_at=now,
        observed_at=now,
        title=f"{said.asset_id} {environment.value} no longer points at a version (was {was})",
        evidence=VersionEvidence(changed=["alias removed"]),
        fingerprint=fingerprint("withdrawn", said.asset_id, environment),
    )


def past_hold(
    said: RegistrySnapshot,
    asset: Asset | None,
    now: datetime,
    environment: Environment,
    serving: str,
    iteration: int,
    hold: Hold,
) -> Signal:
    """A release was put somewhere while promotions were held."""
    return Signal(
        id=signal_id(said.source, "past-hold", said.asset_id, environment, serving, str(iteration)),
        source=said.source,
        signal_type=SignalType.VERSION_EVENT,
        change=Change.CONFIG_CHANGE,
        asset_type=asset.asset_type if asset else None,
        asset_id=said.asset_id,
        environment=environment,
        current_version=serving,
        severity=Severity.HIGH,
        confidence=1.0,
        recommended_action=Recommended.REVIEW,
        owner_team=asset.owner_team if asset else None,
        occurred_at=now,
        observed_at=now,
        title=clean(
            f"{said.asset_id} {serving} was put into {environment.value} past a {hold.kind.value}: {hold.why}", 300
        ),
        summary=f"The hold stands until {hold.until_condition} (placed by {hold.placed_by}).",
        evidence=VersionEvidence(changed=[f"past a {hold.kind.value}"], iteration=iteration),
        fingerprint=fingerprint("past-hold", said.asset_id, environment, serving),
    )
