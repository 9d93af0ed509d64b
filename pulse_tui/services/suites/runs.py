"""Run a suite's command on a release: one at a time over all hosts; results are ingested, failures reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from pulse_tui.domain.errors import PulseError, Refused, SourceError
from pulse_tui.domain.evals import SuiteRun, SuiteRunState
from pulse_tui.domain.evidence import HealthEvidence
from pulse_tui.domain.health import Health
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.text import clean, clean_block
from pulse_tui.domain.words import Recommended, Severity, SignalType
from pulse_tui.ports import Ended, Finished, Processes, Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.signals.ingest import Tally, absorb, ingest
from pulse_tui.services.signals.respond import Responder
from pulse_tui.services.suites.content import State, check_content
from pulse_tui.services.suites.due import Due, due, notice, noticed
from pulse_tui.services.suites.results import Read, read_results
from pulse_tui.settings.shapes import SuiteShape
from pulse_tui.settings.suites import fill

LATE_S = 120.0
"""How much longer than its time limit a run may keep its suite's lease: until its results are read and stored."""
LINES, CHARACTERS = 20, 4_000
"""Of a failed run's output: how many of the last lines, and characters, are kept."""


class Begun(NamedTuple):
    """A run that has its suite's lease."""

    run: SuiteRun
    holder: str
    epoch: int


class Over(NamedTuple):
    """A run that ended, and what its results led to."""

    run: SuiteRun
    tally: Tally

    @property
    def sentence(self) -> str:
        """``golden on my-bot 1.2.0 (new release): done, run 4f…; 3 signals, ...``."""
        run = self.run
        about = f"{run.suite} on {run.asset_id} {run.version} ({run.why})"
        if run.state.lost:
            return f"{about}: {run.state.value}: {run.detail.partition(chr(10))[0]}"
        return f"{about}: done, run {run.run_id}; {self.tally.sentence()}"


def begin(suite_id: str, parts: JudgeParts, holder: str, asked: Due | None = None) -> Begun | None:
    """Lease the suite and record that a run of it is under way: of ``asked``, else of what is due first.

    None when nothing is due, or another process runs the suite. A run whose process died is
    recorded as interrupted. A suite whose content differs from what was frozen is not run: its result would mean nothing.
    """
    suite, now = parts.suites[suite_id], parts.clock()
    with parts.store.read() as tx:
        under_way = [r for r in tx.evals.suite_runs(suite_id) if r.state is SuiteRunState.RUNNING]
        wanted = [asked] if asked else due(tx, parts, now, suite_id)
        if not (wanted or under_way) and noticed(tx, suite):
            return None
        changed = bool(wanted) and check_content(suite, tx, parts).state is State.CHANGED
        if changed and not under_way and noticed(tx, suite):
            return None
    # The folder tells two estates on one host apart: what is left of a run is found by its number.
    here = str(parts.outside.base)
    number = fingerprint("suite-run", suite_id, *(wanted[0] if wanted else ()), now.isoformat(), holder, here)[:16]
    mine = f"{holder}/{number}"
    with parts.store.write() as tx:
        notice(tx, suite, now)
        epoch = tx.plumbing.claim(_lease(suite_id), mine, now, suite.timeout + LATE_S, parts.outside.dead)
        if epoch is None:
            return None
        _recover(suite_id, tx, parts, now)
        wanted = [asked] if asked else due(tx, parts, now, suite_id)
        if not wanted or changed:
            tx.plumbing.release(_lease(suite_id), mine)
            return None
        run = SuiteRun(
            id=number,
            suite=suite_id,
            asset_id=wanted[0].asset_id,
            version=wanted[0].version,
            why=wanted[0].why,
            state=SuiteRunState.RUNNING,
            started_at=now,
        )
        tx.evals.put_suite_run(run)
    return Begun(run, mine, epoch)


_LEFT = "the program that ran it was stopped"


def _lease(suite_id: str) -> str:
    return f"suite:{suite_id}"


def _recover(suite_id: str, tx: Transaction, parts: JudgeParts, now: datetime) -> None:
    """Who has the suite's lease knows that no other process runs it: a run recorded as under way has died."""
    for run in tx.evals.suite_runs(suite_id):
        if run.state is not SuiteRunState.RUNNING:
            continue
        parts.outside.processes.end(run.id)
        parts.outside.files.sweep(run.id)
        first = tx.evals.iteration(f"suite:{run.id}")
        if first is not None:  # it had come as far as its results
            _done(run, f"suite:{run.id}", tx, parts, now)
        else:
            _failed(run, "the process that ran it is gone", None, tx, parts, now, SuiteRunState.INTERRUPTED)


def execute(begun: Begun, parts: JudgeParts, stop: Callable[[], bool]) -> Over:
    """Run the command to its end, ingest its results, release the lease. A failure is a result, not an exception.

    ``stop`` ends it early, with everything that it started; it is then due again.
    """
    run, suite = begun.run, parts.suites[begun.run.suite]
    try:
        read, code = _measure(run, suite, parts, stop)
    except _Stopped:
        return _end(begun, parts, _LEFT, None, SuiteRunState.STOPPED)
    except _Broken as broken:
        return _end(begun, parts, str(broken), broken.code)
    except PulseError as error:
        return _end(begun, parts, str(error), None)
    except Exception as error:  # a collector's bug; it is shown, not hidden
        return _end(begun, parts, f"{type(error).__name__}: {error}", None)
    except BaseException:  # Ctrl-C, SIGTERM
        _end(begun, parts, _LEFT, None, SuiteRunState.STOPPED)
        raise
    if not _holds(begun, parts):
        return Over(
            msgspec.structs.replace(run, state=SuiteRunState.FAILED, detail="another process took it over"), Tally()
        )
    try:
        tally = ingest(read.runs, read.rejected, parts, parts.clock())
    except Exception as error:  # a database that is gone, or a bug: the lease is released if that can be written
        return _end(begun, parts, f"its results could not be ingested: {type(error).__name__}: {error}", code)
    now = parts.clock()
    with parts.store.write() as tx:
        done = _done(run, read.runs[0].id, tx, parts, now, code, read.remark)
        tx.plumbing.release(_lease(run.suite), begun.holder)
    return Over(done, tally)


class _Stopped(Exception):
    """It was ended because the program that ran it is stopping."""


class _Broken(Exception):
    """It did not run to its end."""

    def __init__(self, what: str, code: int | None = None) -> None:
        self.code = code
        super().__init__(what)


def _measure(run: SuiteRun, suite: SuiteShape, parts: JudgeParts, stop: Callable[[], bool]) -> tuple[Read, int | None]:
    processes, files = parts.outside.processes, parts.outside.files
    content = parts.outside.base / suite.path if suite.path is not None else None
    digest = files.digest(content) if content is not None else None
    with files.scratch(run.id) as folder:
        finished = _command(run, suite, str(folder), processes, parts, stop)
        if finished.how is Ended.STOPPED:
            raise _Stopped
        results = files.results(folder)
        problem = _problem(finished, suite, bool(results))
        if problem is not None:
            raise _Broken(f"{problem}\n{_last(finished.output)}".strip(), finished.code)
        if content is not None and files.digest(content) != digest:
            raise _Broken(f"{suite.path} changed while it ran: it is unknown what was measured", finished.code)
        try:
            read = read_results(run, suite, results, digest, parts)
        except (SourceError, PulseError) as error:
            raise _Broken(f"{error}\n{_last(finished.output)}".strip(), finished.code) from None
    return read, finished.code


def _command(
    run: SuiteRun, suite: SuiteShape, output: str, processes: Processes, parts: JudgeParts, stop: Callable[[], bool]
) -> Finished:
    for name, value in (("asset", run.asset_id), ("version", run.version)):
        if value.startswith("-") or value != clean(value):
            why = "a command would take it as an option" if value.startswith("-") else "it contains control characters"
            raise Refused(f"the {name} {clean(value, 80)!r} is not passed to a command: {why}")
    values = {"asset": run.asset_id, "version": run.version, "suite": run.suite, "output": output}
    return processes.run(
        # Secrets first: a version may contain anything, and must not be able to name a secret.
        fill([parts.outside.secret(argument) for argument in suite.command], values),
        folder=parts.outside.base,
        environment={
            **{name: parts.outside.secret(f"${{{name}}}") for name in suite.env},  # known, so that no output shows it
            **{f"PULSE_{name.upper()}": value for name, value in values.items()},
        },
        mark=run.id,
        timeout_s=suite.timeout,
        stop=stop,
    )


def _problem(finished: Finished, suite: SuiteShape, results: bool) -> str | None:
    if finished.how is Ended.TIMED_OUT:
        return f"not done after {suite.timeout:g} s (its timeout): it was ended"
    code = finished.code
    if code not in suite.exit_codes:
        what = f"killed by signal {-code}" if code is not None and code < 0 else f"exit code {code}"
        left = f"; it left results: exit_codes: [0, {code}] would accept them" if results and code and code > 0 else ""
        return f"{what}{left}"
    return None if results else "it left no result: results go to {output}, which is also $PULSE_OUTPUT"


def _last(output: str) -> str:
    return clean_block("\n".join(output.split("\n")[-LINES:])[-CHARACTERS:])


def _holds(begun: Begun, parts: JudgeParts) -> bool:
    with parts.store.read() as tx:
        return tx.plumbing.holds_lease(_lease(begun.run.suite), begun.holder, begun.epoch, parts.clock())


def _end(
    begun: Begun, parts: JudgeParts, detail: str, code: int | None, state: SuiteRunState = SuiteRunState.FAILED
) -> Over:
    """It gave no result. If another process took the suite over meanwhile, that one has recorded it already."""
    now, run = parts.clock(), begun.run
    with parts.store.write() as tx:
        if not tx.plumbing.holds_lease(_lease(run.suite), begun.holder, begun.epoch, now):
            return Over(msgspec.structs.replace(run, state=state, detail=detail), Tally())
        failed, tally = _failed(run, detail, code, tx, parts, now, state)
        tx.plumbing.release(_lease(run.suite), begun.holder)
    return Over(failed, tally)


def _failed(
    run: SuiteRun,
    detail: str,
    code: int | None,
    tx: Transaction,
    parts: JudgeParts,
    now: datetime,
    state: SuiteRunState,
) -> tuple[SuiteRun, Tally]:
    failed = msgspec.structs.replace(
        run, state=state, ended_at=now, exit_code=code, detail=clean_block(detail, CHARACTERS)
    )
    tx.evals.put_suite_run(failed)
    if state is SuiteRunState.STOPPED:
        return failed, Tally()
    return failed, absorb([_signal(failed, tx, now)], tx, parts, now)


def _done(
    run: SuiteRun,
    run_id: str,
    tx: Transaction,
    parts: JudgeParts,
    now: datetime,
    code: int | None = None,
    detail: str = "",
) -> SuiteRun:
    done = msgspec.structs.replace(
        run,
        state=SuiteRunState.DONE,
        ended_at=now,
        exit_code=code,
        detail=detail,
        run_id=run_id,
        iteration=tx.evals.iteration(run_id),
    )
    tx.evals.put_suite_run(done)
    responder = Responder(tx, parts, now)
    for version in _overtaken(run, tx):
        responder.clear(_condition(run.suite, run.asset_id, version), f"suite {run.suite} ran on {run.version}")
    return done


def _overtaken(run: SuiteRun, tx: Transaction) -> Sequence[str]:
    """The version that ran, and older ones: failures to measure those no longer matter."""
    known = {r.version: r.iteration for r in tx.estate.releases(run.asset_id)}
    tried = dict.fromkeys(r.version for r in tx.evals.suite_runs(run.suite, run.asset_id) if r.version != run.version)
    mine = known.get(run.version)
    older = [v for v in tried if mine is not None and known.get(v, mine) < mine]
    return [run.version, *older]


def _condition(suite_id: str, asset_id: str, version: str) -> str:
    return fingerprint("suite-run", suite_id, asset_id, version)


def _signal(run: SuiteRun, tx: Transaction, now: datetime) -> Signal:
    """The version is only in the text: one alert, wherever that version serves."""
    asset = tx.estate.asset(run.asset_id)
    subject = f"suite {run.suite} on {run.asset_id} {run.version}"
    return observed(
        SignalType.SOURCE_HEALTH,
        source=SYSTEM,
        event=("suite-run", run.id),
        fingerprint=_condition(run.suite, run.asset_id, run.version),
        asset_id=run.asset_id,
        owner_team=asset.owner_team if asset else None,
        severity=Severity.MEDIUM,
        recommended=Recommended.REVIEW,
        at=run.started_at,
        now=now,
        title=f"{subject} failed",
        summary=run.detail,
        evidence=HealthEvidence(
            subject=subject, state=Health.FAILING, reason=clean(run.detail.partition("\n")[0], 300)
        ),
    )
