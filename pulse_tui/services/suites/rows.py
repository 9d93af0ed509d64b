"""The state of suites: frozen or not, what they are compared with, when they ran and will run."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.errors import NotFound, SourceError
from pulse_tui.domain.evals import EvalRun, Gate
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.suites.content import ContentCheck, State, assets_of, check_content, frozen_digest
from pulse_tui.settings.check import nearest
from pulse_tui.settings.shapes import SuiteShape

RUNS = 5
"""Executions, and measured runs of each asset, that a row shows."""


class BaselineRow(msgspec.Struct, frozen=True, kw_only=True):
    """What an asset is compared with on a suite, and what was measured of it last."""

    asset: str
    version: str | None
    """None: no baseline is pinned or configured."""
    run: str | None
    """None: that version has no run yet."""
    measured: tuple[tuple[str, str, int | None], ...]
    """(version, run, the release's iteration or None) of its last runs, newest first."""


class SuiteRow(msgspec.Struct, frozen=True, kw_only=True):
    """One suite."""

    id: str
    state: str
    digest: str | None
    why: str
    path: str | None
    tasks: int
    must_pass: int
    baselines: tuple[BaselineRow, ...]
    command: bool
    schedule: str | None
    next_at: datetime | None
    executions: tuple[str, ...]
    """The last runs of its command as sentences, newest first."""


def suite_rows(parts: JudgeParts, now: datetime) -> list[SuiteRow]:
    """Every suite of the configuration."""
    with parts.store.read() as tx:
        return [_row(suite, tx, parts, now) for suite in parts.suites.values()]


def statuses(parts: JudgeParts, names: list[str]) -> list[ContentCheck]:
    """The state of the named suites, or of all. Raises NotFound with the nearest name."""
    for name in names:
        if name not in parts.suites:
            raise NotFound(f"there is no suite {name!r}", todo=nearest(name, parts.suites))
    with parts.store.read() as tx:
        return [_look(parts.suites[name], tx, parts) for name in names or parts.suites]


def run_named(parts: JudgeParts, suite_id: str, asset_id: str, name: str) -> str:
    """The id of a run: ``name`` is one, the beginning of one, or a version, whose newest run it is. Raises NotFound."""
    with parts.store.read() as tx:
        runs = [run for _, run in reversed(tx.evals.runs(asset_id, suite_id))]
    exact = [r.id for r in runs if name in (r.id, r.version)]
    begun = [r.id for r in runs if len(name) >= 6 and r.id.startswith((name, f"suite:{name}"))]
    if exact or len(begun) == 1:
        return (exact or begun)[0]
    if not runs:
        raise NotFound(f"{asset_id} has no run of {suite_id}", todo=f"pulse-tui suite run {suite_id}, or ingest one")
    known = [r.version for r in runs] + [r.id for r in runs]
    raise NotFound(f"{asset_id} has no run {name!r} of {suite_id}", todo=nearest(name, known))


def _look(suite: SuiteShape, tx: Transaction, parts: JudgeParts) -> ContentCheck:
    try:
        return check_content(suite, tx, parts)
    except SourceError as error:
        return ContentCheck(suite.id, State.CHANGED, frozen_digest(suite, parts), None, str(error))


def _row(suite: SuiteShape, tx: Transaction, parts: JudgeParts, now: datetime) -> SuiteRow:
    seen = _look(suite, tx, parts)
    executions = tx.evals.suite_runs(suite.id, limit=RUNS)
    return SuiteRow(
        id=suite.id,
        state=seen.state.value,
        digest=seen.expected,
        why=seen.why,
        path=suite.path,
        tasks=len(suite.tasks),
        must_pass=sum(t.must_pass and t.gate is not Gate.DIAGNOSTIC for t in suite.tasks),
        baselines=tuple(_baseline(suite, asset, tx) for asset in assets_of(suite, tx)),
        command=bool(suite.command),
        schedule=suite.schedule,
        next_at=parts.outside.cron(suite.schedule, now) if suite.schedule else None,
        executions=tuple(
            f"{r.asset_id} {r.version} ({r.why}) {r.state.value} {(r.ended_at or r.started_at):%Y-%m-%d %H:%M}"
            + (f": {r.detail.partition(chr(10))[0]}" if r.state.lost else "")
            for r in executions
        ),
    )


def _baseline(suite: SuiteShape, asset: str, tx: Transaction) -> BaselineRow:
    pinned: EvalRun | None = tx.evals.baseline(asset, suite.id)
    iterations = {r.version: r.iteration for r in tx.estate.releases(asset)}
    runs = (run for _, run in reversed(tx.evals.runs(asset, suite.id, RUNS)))
    measured = tuple((run.version, run.id, iterations.get(run.version)) for run in runs)
    return BaselineRow(
        asset=asset,
        version=pinned.version if pinned is not None else suite.baselines.get(asset),
        run=pinned.id if pinned is not None else None,
        measured=measured,
    )
