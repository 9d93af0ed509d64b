"""Turn what is not a signal yet into records and signals: registry snapshots, runs, advisories, notes."""

from __future__ import annotations

from datetime import datetime
from functools import singledispatch
from typing import NamedTuple

import msgspec

from pulse_tui.domain.advisory import Advisory
from pulse_tui.domain.bill import Bill, Head
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.evals import EvalRun
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.note import Note
from pulse_tui.domain.release import Attestation, RegistrySnapshot, Release, ReleaseState
from pulse_tui.domain.signal import Signal, fingerprint, signal_id
from pulse_tui.domain.words import Change, ComponentKind, Environment, Recommended, Severity, SignalType
from pulse_tui.enrich.matching import advisory_fingerprint, advisory_signals, match
from pulse_tui.enrich.notes import classify, note_signals, resolved
from pulse_tui.enrich.places import package_key
from pulse_tui.enrich.regressions import by_metric, cleared, compare, condition
from pulse_tui.ports import Transaction
from pulse_tui.services.attest import named_releases, take_attestation
from pulse_tui.services.bills import bill_remark, take_bill, take_head
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.registry import sync
from pulse_tui.settings.check import nearest


class Made(NamedTuple):
    """Signals that an observation led to, conditions that are over, and whether the estate moved."""

    signals: list[Signal]
    cleared: list[str]
    estate_changed: bool = False
    remarks: tuple[str, ...] = ()
    """What whoever brought it in should hear."""


def signals_of(item: object, tx: Transaction, parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    """Record one observation and say what it means. Raises TypeError for a shape nobody knows."""
    return _made(item, tx, parts, estate, now)


@singledispatch
def _made(item: object, _tx: Transaction, _parts: JudgeParts, _estate: Estate, _now: datetime) -> Made:
    raise TypeError(f"no record is kept of {type(item).__name__}")


@_made.register
def _(item: RegistrySnapshot, tx: Transaction, parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    asset = estate.assets.get(item.asset_id)
    told = sync(item, tx, parts, asset, now)
    return Made(told.signals, told.cleared, estate_changed=bool(told.signals or told.cleared))


@_made.register
def _(item: Bill, tx: Transaction, _parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    known = any(b.origin == item.origin for b in tx.dependencies.bills(item.asset_id))
    told = take_bill(item, tx, estate, now)
    news = not known or bool(told.signals)
    return Made(*told, remarks=(bill_remark(item, estate),) if news else ())


@_made.register
def _(item: Head, tx: Transaction, _parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    return Made(*take_head(item, tx, estate, now))


@_made.register
def _(item: Attestation, tx: Transaction, parts: JudgeParts, _estate: Estate, now: datetime) -> Made:
    known = bool(named_releases(item, tx))
    about = f"{item.asset_id} {item.version}" if item.asset_id else item.digest
    told = () if known else (f"a statement about {about} matches no release yet: it waits for it",)
    return Made(*take_attestation(item, tx, parts, now), remarks=told)


@_made.register
def _(item: Advisory, tx: Transaction, _parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    if not tx.advisories.put([item]):
        return Made([], [])
    named = {package_key(a.ecosystem, a.name) for a in item.affected}
    estate = msgspec.structs.replace(estate, dependencies=tx.dependencies.using(packages=named))
    before = {(f.asset_id, f.environment) for f in tx.advisories.findings(item.id)}
    findings = match(item, estate)
    tx.advisories.drop_findings(advisory_id=item.id)
    tx.advisories.put_findings(findings)
    over = before - {(f.asset_id, f.environment) for f in findings}
    gone = [advisory_fingerprint(item, asset_id, environment) for asset_id, environment in over]
    return Made(advisory_signals(item, findings, estate, now), gone)


@_made.register
def _(item: Note, tx: Transaction, _parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    reading = classify(item)
    if not tx.advisories.put_note(item, reading):
        return Made([], [])
    models = tx.dependencies.using(kinds=[ComponentKind.HOSTED_MODEL])
    estate = msgspec.structs.replace(estate, dependencies=models)
    return Made(note_signals(item, reading, estate, now), resolved(item, reading, estate))


@_made.register
def _(item: EvalRun, tx: Transaction, parts: JudgeParts, estate: Estate, now: datetime) -> Made:
    if tx.evals.has(item.id):
        return Made([], [])
    asset = estate.assets.get(item.asset_id)
    iteration = tx.estate.next_iteration(item.asset_id)
    tx.evals.add(item, iteration)
    release = tx.estate.release(item.asset_id, item.version)
    if release is not None and release.state is ReleaseState.DRAFT:
        tx.estate.set_release_state(item.asset_id, item.version, ReleaseState.EVALUATED)
    tx.judgements.finish_retests(item.asset_id, now)
    owner = asset.owner_team if asset else None
    signals = [_evaluation(item, iteration, owner, release, now)]
    suite = parts.suites.get(item.suite)
    baseline = tx.evals.baseline(item.asset_id, item.suite)
    if suite is None:
        hint = nearest(item.suite, parts.suites)
        told = f"{item.asset_id} {item.version} was recorded, not judged: suite {item.suite!r} is not configured"
        return Made(signals, [], remarks=(f"{told} ({hint})" if hint else told,))
    if baseline is None:
        pinned = suite.baselines.get(item.asset_id)
        if pinned in (None, item.version):
            tx.evals.pin(item.asset_id, item.suite, item.id)
            tx.log.append(
                now,
                SYSTEM,
                "baseline.pinned",
                f"{item.asset_id}/{item.suite}",
                {
                    "run": item.id,
                    "version": item.version,
                    "why": "named in the suite" if pinned else "first run of the suite",
                },
            )
            return Made(signals, [], remarks=(f"run {item.id} is now the baseline of {item.asset_id} on {item.suite}",))
        told = (
            f"{item.asset_id} {item.version} was recorded, not judged: its baseline {pinned} has no run of {item.suite}"
        )
        return Made(signals, [], remarks=(told,))
    tasks = by_metric(suite.tasks)
    over: list[str] = []
    serving = _serving(estate, item)
    for environment in serving or [None]:
        signals.extend(compare(item, baseline, tasks, environment, now, owner))
        over.extend(cleared(item, baseline, tasks, environment))
    if serving:
        # What was said of it before it served anywhere is said of the places where it serves from now on.
        over.extend(condition(item, None, score) for score in item.scores)
    return Made(signals, over)


def _serving(estate: Estate, run: EvalRun) -> list[Environment | None]:
    return [d.environment for d in estate.deployments if d.asset_id == run.asset_id and d.version == run.version]


def _evaluation(run: EvalRun, iteration: int, owner: str | None, release: Release | None, now: datetime) -> Signal:
    return Signal(
        id=signal_id(run.source or "eval", "evaluation", run.id),
        source=run.source or "eval",
        signal_type=SignalType.VERSION_EVENT,
        change=Change.EVALUATION,
        asset_id=run.asset_id,
        current_version=run.version,
        severity=Severity.LOW,
        confidence=1.0,
        recommended_action=Recommended.NOTE,
        owner_team=owner,
        occurred_at=run.at,
        observed_at=now,
        title=f"{run.asset_id} {run.version} was evaluated on {run.suite}",
        # The content that was measured, as far as it was known then: the gate compares it with what is promoted.
        evidence=VersionEvidence(ref=run.id, iteration=iteration, to_digest=release.digest if release else None),
        fingerprint=fingerprint("evaluation", run.asset_id, run.version, run.suite),
    )
