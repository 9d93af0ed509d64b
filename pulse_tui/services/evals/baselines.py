"""The run that later ones are compared with is pinned by an operator with a reason; verdicts are then re-evaluated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.evals import Acceptance, Comparison, EvalRun, Gate, Verdict
from pulse_tui.domain.moments import iso
from pulse_tui.domain.signal import fingerprint
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment
from pulse_tui.enrich.evals.regressions import condition, incomparable, undecided
from pulse_tui.ports import Transaction
from pulse_tui.services.evals.compared import held, judge, newest, question_of
from pulse_tui.services.evals.take import where_it_serves
from pulse_tui.services.evals.unread import lacking
from pulse_tui.services.evals.verdicts import runs_of
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.reasons import reason_of
from pulse_tui.services.registry.approvals import subject
from pulse_tui.services.registry.find import find_release
from pulse_tui.services.signals.concerns import report
from pulse_tui.services.signals.ingest import absorb
from pulse_tui.services.signals.respond import Responder

LONGEST = 90
"""Days for which a risk can be accepted."""
NEWEST = 20
"""Runs of a suite on an asset that are judged again; older ones do not count for a gate."""

LEASE, LEASE_S = "rejudge", 3_600.0
"""The lease: one of several processes judges again what the configuration changed."""


def pin_baseline(parts: JudgeParts, run_id: str, by: str, why: str, *, judge_now: bool = True) -> str:
    """Later runs of the suite are compared with this one. Raises NotFound, Refused for the one that is pinned.

    Without ``judge_now`` that is left to the next housekeeping: the screen's process does no statistics.
    """
    reason, now = reason_of(why), parts.clock()
    with parts.store.write() as tx:
        run = find_run(tx, run_id)
        before = tx.evals.baseline(run.asset_id, run.suite)
        if before is not None and before.id == run.id:
            raise Refused(f"run {run.id} is the baseline of {run.asset_id} on {run.suite} already")
        tx.evals.pin(run.asset_id, run.suite, run.id)
        detail = {"run": run.id, "version": run.version, "before": before.id if before else "", "why": reason}
        tx.log.append(now, by, "baseline.pinned", f"{run.asset_id}/{run.suite}", detail)
        _no_longer_asked(tx, parts, run, now)
    count = rejudge(parts, run.asset_id) if judge_now else None
    was = f" (was {before.version}, run {before.id})" if before else ""
    then = (
        "the others are judged again in a moment"
        if count is None
        else f"{count} run{'' if count == 1 else 's'} judged again"
    )
    return f"pinned by {by}: {run.asset_id} on {run.suite} is compared with {run.version}, run {run.id}{was}; {then}"


def _no_longer_asked(tx: Transaction, parts: JudgeParts, run: EvalRun, now: datetime) -> None:
    """A baseline has no conditions "cannot be compared" or "not decided". That it was worse than the one
    before stays open until an operator resolves it, or a later run of its version passes."""
    comparison = tx.evals.comparison(run.id)
    lines = comparison.verdicts if comparison is not None else ()
    if comparison is not None:  # when another one is pinned again it is reported again
        tx.evals.put_comparison(msgspec.structs.replace(comparison, definition=""))
    responder = Responder(tx, parts, now)
    for where in _places(run, tx.estate.load()):
        for over in (incomparable(run, where), *(undecided(run, where, line) for line in lines)):
            responder.clear(over, f"run {run.id} is the baseline now", run.version)


def _places(run: EvalRun, estate: Estate) -> Sequence[Environment | None]:
    """The environments where the run's release serves; (None,) when it serves nowhere."""
    return [d.environment for d in estate.deployments if (d.asset_id, d.version) == (run.asset_id, run.version)] or [
        None
    ]


def rejudge(
    parts: JudgeParts, asset_id: str | None = None, *, holder: str | None = None, most: int | None = None
) -> int:
    """Judge runs that are not judged by the suites' present definition: after a margin, a slice or a statistic changed.

    Returns how many runs were judged, at most ``most``. Costs one statement when nothing is to be done; each run has a
    transaction of its own, so that others can write in between. With a ``holder`` only one process does it: two that
    were started with different configurations would judge each other's runs again for ever.
    """
    definitions = {suite.id: question_of(suite).definition for suite in parts.suites.values()}
    with parts.store.read() as tx:
        stale = tx.evals.unjudged(definitions, NEWEST, asset_id)
    if stale and holder is not None:
        with parts.store.write() as tx:
            if tx.plumbing.claim(LEASE, holder, parts.clock(), LEASE_S, parts.outside.dead) is None:
                return 0
    count = 0
    for asset, suite, run in stale[:most]:
        with parts.store.write() as tx:
            count += _rejudge(tx, parts, asset, suite, run)
    return count


def judge_for_gate(parts: JudgeParts, asset_id: str, version: str) -> None:
    """Have the runs judged that the gate asks about, however old they are. Imports the statistics when one is not."""
    with parts.store.read() as tx:
        wanted = []
        for suite in parts.suites.values():
            run, baseline = newest(tx, asset_id, suite.id, version), tx.evals.baseline(asset_id, suite.id)
            if run is not None and baseline is not None and held(tx, suite, run, baseline.id) is None:
                wanted.append((suite.id, run))
    for suite_id, run in wanted:
        with parts.store.write() as tx:
            _rejudge(tx, parts, asset_id, suite_id, run)


def _rejudge(tx: Transaction, parts: JudgeParts, asset_id: str, suite_id: str, run_id: str) -> bool:
    """Judge a run again, unless another process did; for what serves, signals are emitted, so that alerts follow."""
    suite, baseline, run = parts.suites[suite_id], tx.evals.baseline(asset_id, suite_id), tx.evals.get(run_id)
    if baseline is None or run is None or held(tx, suite, run_id, baseline.id) is not None:
        return False
    before = tx.evals.comparison(run_id)
    comparison = judge(tx, suite, run_id, baseline.id)
    if comparison is None:
        return False
    estate, now = tx.estate.load(), parts.clock()
    heads = tx.evals.heads(asset_id, suite_id)
    since = next((h.iteration for h in heads if h.id == baseline.id), 0)
    # An old release that serves nowhere is judged for the trend; nothing is reported.
    present = any(h.version == run.version and h.iteration > since for h in heads)
    older, newer = tx.estate.release(asset_id, baseline.version), tx.estate.release(asset_id, run.version)
    present |= older is not None and newer is not None and newer.iteration > older.iteration
    present |= any(d.asset_id == asset_id and d.version == run.version for d in estate.deployments)
    if present and newest(tx, asset_id, suite_id, run.version) == run_id:
        report(tx, parts, lacking(run, suite, tx, now), f"suite {suite_id} asks for what was measured", now)
        asset = estate.assets.get(asset_id)
        changes = where_it_serves(run, baseline, comparison, estate, now, asset.owner_team if asset else None)
        absorb(changes.signals, tx, parts, now)
        responder = Responder(tx, parts, now)
        dropped = _dropped(run, before, comparison, estate) if run_id != baseline.id else ()
        for over in (*changes.cleared, *dropped):
            responder.clear(over, f"judged again against {baseline.version}", run.version)
    return True


def _dropped(run: EvalRun, before: Comparison | None, now: Comparison, estate: Estate) -> Iterator[str]:
    """Conditions of lines that the suite no longer asks for: no later run would ever resolve them."""
    if before is None or now.refused:
        return
    asked = {(v.task, v.metric, v.slice) for v in now.verdicts}
    for line in before.verdicts:
        if (line.task, line.metric, line.slice) not in asked:
            for where in _places(run, estate):
                yield condition(run, where, line)
                yield undecided(run, where, line)


def accept_risk(
    parts: JudgeParts, run_id: str, environment: Environment, gate: Gate, days: int, by: str, why: str
) -> str:
    """Lift the hold of a verdict that is not decided, for this run, there, for some days.

    Raises Refused when nothing is undecided, or something failed: a FAIL is not a risk, it is a measured loss.
    """
    reason, now = reason_of(why), parts.clock()
    if not 0 < days <= LONGEST:
        raise WrongUse(f"a risk cannot be accepted for {days} days", todo=f"Choose 1 to {LONGEST}")
    with parts.store.write() as tx:
        run = find_run(tx, run_id)
        suite, baseline = parts.suites.get(run.suite), tx.evals.baseline(run.asset_id, run.suite)
        comparison = held(tx, suite, run.id, baseline.id) if suite is not None and baseline is not None else None
        if comparison is None or comparison.refused:
            raise Refused(f"run {run.id} was not compared: there is no verdict whose risk could be accepted")
        word = comparison.verdict(gate)
        if word is not Verdict.INCONCLUSIVE:
            state = word.value if word is not None else "nothing"
            why_not = "a FAIL cannot be accepted" if word is Verdict.FAIL else "there is nothing to accept"
            raise Refused(f"the {gate.value} verdict of run {run.id} is {state}: {why_not}")
        if unmeasured := comparison.unmeasured(gate):
            named = ", ".join(unmeasured)
            raise Refused(f"run {run.id} has no value for {named}: nothing was measured whose risk could be accepted")
        until = now + timedelta(days=days)
        accepted = Acceptance(
            id=fingerprint("acceptance", run.id, environment, gate, iso(now))[:16],
            asset_id=run.asset_id,
            version=run.version,
            environment=environment.value,
            gate=gate,
            run_id=run.id,
            baseline_id=comparison.baseline_id,
            definition=comparison.definition,
            accepted_by=by,
            why=clean(reason, 1_000),
            at=now,
            until=until,
        )
        tx.evals.put_acceptance(accepted)
        detail = {
            "environment": environment.value,
            "gate": gate.value,
            "run": run.id,
            "until": iso(until),
            "why": reason,
        }
        tx.log.append(now, by, "risk.accepted", subject(run.asset_id, run.version), detail)
    return (
        f"risk accepted by {by} until {until:%Y-%m-%d}: {run.asset_id} {run.version} may go to {environment.value}"
        f" with its {gate.value} verdict undecided (run {run.id})"
    )


def find_run(tx: Transaction, run_id: str) -> EvalRun:
    """A run by its id. Raises NotFound."""
    run = tx.evals.get(run_id)
    if run is None:
        raise NotFound(
            f"there is no run {run_id!r}", todo="The runs of a suite are on its page, and in pulse-tui suite list"
        )
    return run


def undecided_runs(parts: JudgeParts, asset_id: str, version: str, gate: Gate) -> list[str]:
    """The newest run of each suite on the release whose verdict is not decided. Raises Refused when there is none."""
    found = []
    with parts.store.read() as tx:
        release = find_release(tx, asset_id, version)
        for suite in parts.suites.values():
            run, baseline = runs_of(tx, suite, release)
            if run is None or baseline is None:
                continue
            comparison = held(tx, suite, run.id, baseline.id)
            if comparison is not None and not comparison.refused and comparison.verdict(gate) is Verdict.INCONCLUSIVE:
                found.append(run.id)
    if not found:
        raise Refused(
            f"no {gate.value} verdict of {asset_id} {version} is undecided: there is no risk to accept",
            todo=f"see what blocks it: pulse-tui gate {asset_id} {version} --env production",
        )
    return found
