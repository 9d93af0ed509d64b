"""A run came in: recorded, compared with its baseline, and reported where its release serves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import msgspec

from pulse_tui.domain.alert import OPEN
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.evals import Comparison, EvalRun
from pulse_tui.domain.evidence import VersionEvidence
from pulse_tui.domain.metrics import Made, made_of
from pulse_tui.domain.release import Release, ReleaseState
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.words import Change, Environment, Recommended, Severity, SignalType
from pulse_tui.enrich.evals.regressions import Compared, cleared, everywhere, signals
from pulse_tui.ports import Transaction
from pulse_tui.services.evals.compared import judge, newest
from pulse_tui.services.evals.drifts import drifts
from pulse_tui.services.evals.unread import lacking, landed
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.suites.due import serving
from pulse_tui.services.vendors.tasks import answer_retest, answer_successors, link_verdict
from pulse_tui.settings.check import nearest
from pulse_tui.settings.shapes import SuiteShape


class Changes(NamedTuple):
    """Signals to ingest, conditions that are resolved, and remarks for whoever brought the run in."""

    signals: list[Signal]
    cleared: list[str]
    remarks: tuple[str, ...] = ()


def take_run(run: EvalRun, tx: Transaction, parts: JudgeParts, estate: Estate, now: datetime) -> Changes:
    """Record a run and return its consequences. A known run has none, unless it brings the items that it lacked."""
    run = _with_made(run, parts.suites.get(run.suite))
    # A clock that runs ahead, or a local time taken for UTC, must not make it the newest for hours.
    run = msgspec.structs.replace(run, at=min(run.at, now))
    if tx.evals.has(run.id):
        if not tx.evals.attach(run):
            return Changes([], [])
        return _again(run, tx, parts, estate, now)
    asset = estate.assets.get(run.asset_id)
    iteration = tx.estate.next_iteration(run.asset_id)
    tx.evals.add(run, iteration)
    release = tx.estate.release(run.asset_id, run.version)
    if release is not None and release.state is ReleaseState.DRAFT:
        tx.estate.set_release_state(run.asset_id, run.version, ReleaseState.EVALUATED)
    _retested(run, tx, now)
    answer_successors(run, tx, now)
    owner = asset.owner_team if asset else None
    event = _evaluation(run, iteration, owner, release, now)
    unknown = tuple(_unknown(run, estate, release))
    over = [*landed(run, tx), *_dependents_tested(run, tx)]
    suite = parts.suites.get(run.suite)
    if suite is None:
        hint = nearest(run.suite, parts.suites)
        remark = f"{run.asset_id} {run.version} was recorded, not judged: suite {run.suite!r} is not configured"
        return Changes([event], over, (f"{remark} ({hint})" if hint else remark, *unknown))
    changes = _against_baseline(run, tx, suite, estate, now, owner)
    link_verdict(run.id, run.asset_id, tx)
    more = drifts(tx, suite, run.asset_id, now, owner)
    lacks = lacking(run, suite, tx, now)
    return Changes(
        [event, *changes.signals, *more.signals, *lacks.signals],
        [*over, *changes.cleared, *more.cleared, *lacks.cleared],
        (*changes.remarks, *(s.title for s in lacks.signals), *unknown),
    )


def _retested(run: EvalRun, tx: Transaction, now: datetime) -> None:
    """A retest asks how a release behaves after its cause: another release, or an earlier run, does not answer it."""
    there = serving(tx, run.asset_id)
    for retest in tx.judgements.retests():
        mine = retest.asset_id == run.asset_id and retest.done_by(run.version, run.at, there)
        if mine and tx.judgements.finish_retest(retest.key, now):
            answer_retest(retest.key, run, tx, now)
            tx.log.append(now, SYSTEM, "retest.done", retest.key, {"run": run.id, "version": run.version})


def _dependents_tested(run: EvalRun, tx: Transaction) -> Iterator[str]:
    """Conditions that ask for a test of what depends on a change, and that this run of what serves answers."""
    if run.version not in serving(tx, run.asset_id):
        return
    for alert in tx.judgements.alerts(list(OPEN), 10_000, asset_id=run.asset_id):
        signal = tx.signals.get(alert.signal_id)
        asked = signal is not None and signal.signal_type is SignalType.DEPENDENCY_CHANGE
        if (
            signal is not None
            and asked
            and signal.recommended_action is Recommended.RETEST
            and run.at > signal.occurred_at
        ):
            yield signal.fingerprint


def _unknown(run: EvalRun, estate: Estate, release: Release | None) -> Iterator[str]:
    """A run of an unknown asset or release: a misspelt name does not count for the release that was meant."""
    if run.asset_id not in estate.assets:
        yield f"there is no asset {run.asset_id!r}: {nearest(run.asset_id, estate.assets)}".rstrip(": ")
    elif release is None:
        yield f"{run.asset_id} has no release {run.version!r} yet: the run waits for it"


def _with_made(run: EvalRun, suite: SuiteShape | None) -> EvalRun:
    """With the metrics that the suite asks for and only items give. Imports the statistics when there are any."""
    if suite is None or not run.sheets or all(made_of(t.metric) is Made.SCORES for t in suite.tasks):
        return run
    from pulse_tui.evaluate.compare.made import made_scores  # noqa: PLC0415  brings numpy

    return msgspec.structs.replace(run, scores=(*run.scores, *made_scores(run, suite.tasks)))


def _again(run: EvalRun, tx: Transaction, parts: JudgeParts, estate: Estate, now: datetime) -> Changes:
    """The items came after the totals: the comparison without them is re-evaluated."""
    suite = parts.suites.get(run.suite)
    if suite is None:
        return Changes([], [])
    asset = estate.assets.get(run.asset_id)
    owner = asset.owner_team if asset else None
    baseline = tx.evals.baseline(run.asset_id, run.suite)
    if baseline is not None and baseline.id == run.id:
        count = tx.evals.reopen(run.id)  # which takes a while, and is done run by run: see rejudge
        remark = (
            f"the items of the baseline {run.asset_id} {run.version} came: {count} runs are judged again in a moment"
        )
        return Changes([], [], (remark,) if count else ())
    return _against_baseline(run, tx, suite, estate, now, owner)


def _against_baseline(
    run: EvalRun, tx: Transaction, suite: SuiteShape, estate: Estate, now: datetime, owner: str | None
) -> Changes:
    baseline = tx.evals.baseline(run.asset_id, run.suite)
    if baseline is None:
        return _first(run, tx, suite, estate, now, owner)
    comparison = judge(tx, suite, run.id, baseline.id)
    if comparison is None:
        return Changes([], [])
    remarks = (f"{run.asset_id} {run.version} was not compared: {comparison.refused}",) if comparison.refused else ()
    if newest(tx, run.asset_id, run.suite, run.version) != run.id:  # a later run of the version decides
        return Changes(
            [], [], (*remarks, f"a later run of {run.asset_id} {run.version} on {run.suite} counts, not this one")
        )
    changes = where_it_serves(run, baseline, comparison, estate, now, owner)
    return changes._replace(remarks=remarks)


def where_it_serves(
    run: EvalRun, baseline: EvalRun, comparison: Comparison, estate: Estate, now: datetime, owner: str | None
) -> Changes:
    """Signals and resolved conditions, for each environment where the run's release serves; None when it serves nowhere."""
    serving = list(_serving(estate, run))
    out, over = list[Signal](), list[str]()
    for environment in serving or [None]:
        compared = Compared(run, baseline, comparison, environment, now, owner)
        out.extend(signals(compared))
        over.extend(cleared(compared))
    if serving:
        over.extend(everywhere(run, comparison.verdicts))
    return Changes(out, over)


def _first(
    run: EvalRun, tx: Transaction, suite: SuiteShape, estate: Estate, now: datetime, owner: str | None
) -> Changes:
    pinned = suite.baselines.get(run.asset_id)
    if pinned not in (None, run.version):
        remark = (
            f"{run.asset_id} {run.version} was recorded, not judged: its baseline {pinned} has no run of {run.suite}"
        )
        return Changes([], [], (remark,))
    tx.evals.pin(run.asset_id, run.suite, run.id)
    why = "named in the suite" if pinned else "first run of the suite"
    detail = {"run": run.id, "version": run.version, "why": why}
    tx.log.append(now, SYSTEM, "baseline.pinned", f"{run.asset_id}/{run.suite}", detail)
    remark = f"run {run.id} is now the baseline of {run.asset_id} on {run.suite}"
    comparison = judge(tx, suite, run.id, run.id)
    assert comparison is not None  # it is there
    changes = where_it_serves(run, run, comparison, estate, now, owner)
    return changes._replace(remarks=(f"{remark}, but {comparison.refused}" if comparison.refused else remark,))


def _serving(estate: Estate, run: EvalRun) -> Iterator[Environment | None]:
    return (d.environment for d in estate.deployments if d.asset_id == run.asset_id and d.version == run.version)


def _evaluation(run: EvalRun, iteration: int, owner: str | None, release: Release | None, now: datetime) -> Signal:
    return observed(
        SignalType.VERSION_EVENT,
        source=run.source or "eval",
        event=("evaluation", run.id),
        fingerprint=fingerprint("evaluation", run.asset_id, run.version, run.suite),
        change=Change.EVALUATION,
        asset_id=run.asset_id,
        current_version=run.version,
        owner_team=owner,
        severity=Severity.LOW,
        recommended=Recommended.NOTE,
        at=run.at,
        now=now,
        title=f"{run.asset_id} {run.version} was evaluated on {run.suite}",
        # The content that was measured, as far as it was known then: the gate compares it with what is promoted.
        evidence=VersionEvidence(ref=run.id, iteration=iteration, to_digest=release.digest if release else None),
    )
