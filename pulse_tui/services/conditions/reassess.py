"""Whether the condition of an open alert still holds, by its own kind of evidence, for what serves now.

A move (a rollback, a promotion, an alias, a line removed from the configuration) ends nothing by itself: it is a
reason to check each open alert again. A condition that cannot be shown to have ended stays open.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.alert import OPEN, Alert
from pulse_tui.domain.evidence import AdvisoryEvidence, MetricEvidence, NoteEvidence
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Environment, SignalType
from pulse_tui.policy.gate import GateStatus
from pulse_tui.ports import Transaction
from pulse_tui.services.advisories.records import holders
from pulse_tui.services.advisories.standing import settle
from pulse_tui.services.evals.verdicts import suite_says
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.signals.events import Events
from pulse_tui.services.signals.respond import close_alert, end_retest
from pulse_tui.services.vendors.tasks import settle_tasks

_LIVE = frozenset({SignalType.LATENCY_BREACH, SignalType.ERROR_RATE_BREACH})
"""Measured while it serves: only the next window knows whether it ended."""
_ANNOUNCED = frozenset(
    {
        SignalType.DEPRECATION,
        SignalType.VENDOR_NOTE,
        SignalType.INCIDENT,
        SignalType.PRICING_CHANGE,
        SignalType.RATE_LIMIT_CHANGE,
        SignalType.CATALOGUE_CHANGE,
        SignalType.SILENT_CHANGE,
    }
)


def reassess(tx: Transaction, parts: JudgeParts, now: datetime, asset_ids: Collection[str] | None = None) -> int:
    """Resolve the open alerts whose condition has ended (of some assets, or all); returns how many.

    Then waivers are looked at: what they were placed in view of may have changed. ``asset_ids`` empty: that alone.
    """
    count = _resolve(tx, parts, now, asset_ids) if asset_ids is None or asset_ids else 0
    if asset_ids is None or asset_ids:
        settle_tasks(tx, now, asset_ids)
    settle(tx, parts, now)
    return count


def _resolve(tx: Transaction, parts: JudgeParts, now: datetime, asset_ids: Collection[str] | None) -> int:
    count, events = 0, Events(tx, parts, now)
    for alert in tx.judgements.alerts(list(OPEN), 100_000):
        if asset_ids is not None and alert.asset_id not in asset_ids:
            continue
        signal = tx.signals.get(alert.signal_id)
        why = ended(of_alert(alert), signal, tx, parts) if signal is not None else None
        if signal is not None and why is not None:
            # What holds a version back stays: the version did not get better by no longer serving.
            close_alert(tx, events, alert, SYSTEM, why, now, lift=not isinstance(signal.evidence, MetricEvidence))
            if isinstance(signal.evidence, NoteEvidence) or tx.estate.asset(alert.asset_id or "") is None:
                end_retest(tx, alert, why, now)
            count += 1
    return count


class About(NamedTuple):
    """What a condition is about."""

    asset_id: str | None
    environment: Environment | None
    version: str | None
    fingerprint: str
    """Of the signal."""


def of_alert(alert: Alert) -> About:
    """What the alert is about."""
    return About(alert.asset_id, alert.environment, alert.version, alert.signal_fingerprint)


def ended(alert: About, signal: Signal, tx: Transaction, parts: JudgeParts) -> str | None:
    """Why the condition has ended, in words for the log; None while it holds or is unknown."""
    evidence = signal.evidence
    if alert.asset_id is None:
        return None
    if tx.estate.asset(alert.asset_id) is None:
        return f"{alert.asset_id} is no longer in the estate"
    if isinstance(evidence, AdvisoryEvidence):
        return _advisory(alert, tx)
    if isinstance(evidence, NoteEvidence) and signal.signal_type in _ANNOUNCED:
        return _announced(alert, evidence, tx)
    if alert.environment is not None and tx.estate.deployment(alert.asset_id, alert.environment) is None:
        if signal.signal_type is SignalType.VERSION_EVENT:
            return None  # the alert may be about the very fact that nothing serves there
        return f"nothing of {alert.asset_id} serves in {alert.environment.value} any more"
    if signal.signal_type in _LIVE:
        return None
    if isinstance(evidence, MetricEvidence):
        return _measured(alert, evidence, tx, parts)
    return None


def _advisory(alert: About, tx: Transaction) -> str | None:
    """Findings are rebuilt whenever an advisory, a bill or a deployment changes: they are the evidence."""
    assert alert.asset_id is not None
    if alert.fingerprint in holders(tx, alert.asset_id):
        return None
    where = alert.environment.value if alert.environment else "any environment"
    return f"no stored advisory of this name reaches what {alert.asset_id} serves in {where}"


def _announced(alert: About, evidence: NoteEvidence, tx: Transaction) -> str | None:
    """A note concerns an asset through the models and packages it uses: those of the bills that apply now."""
    if not evidence.models:
        return None
    assert alert.asset_id is not None
    uses = tx.dependencies.using(assets={alert.asset_id})
    names = {d.component.name for d in uses}
    if names.intersection(evidence.models):
        return None
    return f"{alert.asset_id} no longer uses {', '.join(evidence.models)}"


def _measured(alert: About, evidence: MetricEvidence, tx: Transaction, parts: JudgeParts) -> str | None:
    """A regression is of a release: it ends when that one no longer serves and the one that does is good."""
    assert alert.asset_id is not None
    if alert.version is None:
        return None
    if alert.environment is None:
        release = tx.estate.release(alert.asset_id, alert.version)
        if release is not None and release.state is ReleaseState.RETIRED:
            return f"{alert.version} is retired"
        return None
    serving = tx.estate.deployment(alert.asset_id, alert.environment)
    if serving is None or serving.version == alert.version:
        return None
    good = _good(alert.asset_id, alert.environment, serving.version, evidence.suite, tx, parts)
    if good is None:
        return None
    return f"{alert.version} no longer serves in {alert.environment.value}; {serving.version} does, and {good}"


def _good(
    asset_id: str, environment: Environment, version: str, suite: str, tx: Transaction, parts: JudgeParts
) -> str | None:
    """The evidence that a release is good by this suite: its own verdict; without one, that it was healthy here."""
    release = tx.estate.release(asset_id, version)
    shape = parts.suites.get(suite)
    if release is not None and shape is not None:
        words = suite_says(tx, parts, shape, release)
        if words and all(w.status is GateStatus.OK for w in words):
            return f"passes {suite}"
        if any(w.status is not GateStatus.MISSING for w in words):
            return None
    was = next(
        (s for s in tx.estate.stays(asset_id, environment) if s.version == version and s.until is not None), None
    )
    if was is not None and was.healthy:
        return f"was healthy here before ({suite} was not run on it)"
    return None
