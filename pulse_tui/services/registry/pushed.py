"""A version event that somebody pushes (a retraining, another adapter or prompt): it is a release, or a change of one."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.release import Release, ReleaseState
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Change, SignalType
from pulse_tui.ports import Transaction
from pulse_tui.services.registry.approvals import subject

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


def take_event(signal: Signal, tx: Transaction, now: datetime) -> Signal:
    """The event with its iteration. A version that nobody knew is a draft from now on; of a known one it is logged."""
    evidence = signal.evidence
    made = signal.signal_type is SignalType.VERSION_EVENT and signal.change in MADE
    if not made or signal.asset_id is None or not isinstance(evidence, VersionEvidence):
        return signal
    if tx.estate.asset(signal.asset_id) is None or tx.signals.get(signal.id) is not None:
        return signal
    version = signal.current_version
    if version is None and signal.environment is not None:
        serving = tx.estate.deployment(signal.asset_id, signal.environment)
        version = serving.version if serving is not None else None
    assert signal.change is not None
    if version is not None and tx.estate.release(signal.asset_id, version) is None:
        release = Release(
            asset_id=signal.asset_id,
            version=version,
            iteration=0,
            digest=evidence.to_digest,
            state=ReleaseState.DRAFT,
            created_at=signal.occurred_at,
            provenance={
                name: text
                for name, text in (
                    ("change", signal.change.value),
                    ("source", signal.source),
                    ("ref", evidence.ref),
                    ("actor", evidence.actor),
                    ("changed", ", ".join(evidence.changed)),
                )
                if text
            },
        )
        iteration = tx.estate.add_release(release).iteration
    else:
        iteration = tx.estate.next_iteration(signal.asset_id)
        about = subject(signal.asset_id, version) if version is not None else signal.asset_id
        detail = {"change": signal.change.value, "iteration": str(iteration), "why": signal.title}
        tx.log.append(now, signal.source, "release.changed", about, detail)
    return msgspec.structs.replace(signal, evidence=msgspec.structs.replace(evidence, iteration=iteration))
