"""Version events that somebody pushes (a retraining, another adapter or prompt): each is a release, or a change of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from pulse_tui.domain.estate import Estate
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.release import PushedChange, Release, ReleaseState
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Change, Environment, SignalType
from pulse_tui.ports import Transaction

MADE = frozenset(
    {
        Change.BUILD,
        Change.RETRAINING,
        Change.PROMPT_REVISION,
        Change.SYSTEM_PROMPT_CHANGE,
        Change.ADAPTER_UPDATE,
        Change.CONFIG_CHANGE,
    }
)
"""Events that make something: each takes the asset's next iteration."""


def take_events(signals: Sequence[Signal], tx: Transaction, estate: Estate) -> list[Signal]:
    """The same signals, each event that made something with its iteration. A version that nobody knew is a draft from
    now on; of a known one the change is kept.

    Every id stands there once. All are looked up at once: a question for each halves what is ingested in a second.
    """
    events = [s for s in signals if _made(s) and s.asset_id in estate.assets]
    stored = tx.signals.known(s.id for s in events)
    events = [s for s in events if s.id not in stored]
    if not events:
        return list(signals)
    versions = _versions(events, estate)
    known = tx.estate.known_versions({(a, v) for a, v in versions if v is not None})
    releases, changes = list[Release](), list[PushedChange]()
    numbered = dict[str, Signal]()
    numbers = tx.estate.next_iterations([asset for asset, _ in versions])
    for signal, (asset, version), iteration in zip(events, versions, numbers, strict=True):
        if version is None or (asset, version) in known:
            changes.append(_change(signal, asset, version, iteration))
        else:
            known.add((asset, version))
            releases.append(_draft(signal, asset, version, iteration))
        evidence = msgspec.structs.replace(signal.evidence, iteration=iteration)
        numbered[signal.id] = msgspec.structs.replace(signal, evidence=evidence)
    tx.estate.add_pushed(releases, changes)
    return [numbered.get(s.id, s) for s in signals]


def _made(signal: Signal) -> bool:
    return (
        signal.signal_type is SignalType.VERSION_EVENT
        and signal.change in MADE
        and isinstance(signal.evidence, VersionEvidence)
    )


def _versions(events: Iterable[Signal], estate: Estate) -> list[tuple[str, str | None]]:
    """(asset, version) of each; one that names no version is about what serves where it happened."""
    serving = dict[tuple[str, Environment | None], str]()
    found = []
    for event in events:
        assert event.asset_id is not None
        version = event.current_version
        if version is None and event.environment is not None:
            serving = serving or {(d.asset_id, d.environment): d.version for d in estate.deployments}
            version = serving.get((event.asset_id, event.environment))
        found.append((event.asset_id, version))
    return found


def _draft(signal: Signal, asset_id: str, version: str, iteration: int) -> Release:
    evidence = signal.evidence
    assert isinstance(evidence, VersionEvidence)
    assert signal.change is not None
    stated = {
        "change": signal.change.value,
        "source": signal.source,
        "ref": evidence.ref,
        "actor": evidence.actor,
        "changed": ", ".join(evidence.changed),
    }
    return Release(
        asset_id=asset_id,
        version=version,
        iteration=iteration,
        digest=evidence.to_digest,
        state=ReleaseState.DRAFT,
        created_at=signal.occurred_at,
        provenance={name: text for name, text in stated.items() if text},
    )


def _change(signal: Signal, asset_id: str, version: str | None, iteration: int) -> PushedChange:
    evidence = signal.evidence
    assert isinstance(evidence, VersionEvidence)
    assert signal.change is not None
    return PushedChange(
        asset_id=asset_id,
        iteration=iteration,
        change=signal.change,
        at=signal.occurred_at,
        by=evidence.actor or signal.source,
        what=signal.title + (f" ({', '.join(evidence.changed)})" if evidence.changed else ""),
        version=version,
        environment=signal.environment,
        digest=evidence.to_digest,
    )
