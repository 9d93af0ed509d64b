"""Which runs of suites' commands are due: new releases, and what a schedule asks for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.evals import SuiteRun, SuiteRunState
from pulse_tui.domain.moments import iso
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.settings.shapes import SuiteShape

BASELINE = "baseline"
NEW_RELEASE = "new release"
SCHEDULE = "schedule"
RETEST = "retest"
"""An event around what serves: a vendor's note, a dependency that moved."""
NEWEST = 3
"""Newest releases of an asset that are run automatically; older ones only while they serve somewhere."""
PAUSES = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
"""Pauses before a failed run is retried: three times, then an operator must act."""
_LOOKED_AT = 200
_NO_ROUND = (SuiteRunState.INTERRUPTED, SuiteRunState.STOPPED)
"""A scheduled run that ended so counts as not run."""
_SERVING = tuple(e for e in reversed(Environment) if e is not Environment.REPLICA)
"""Production first."""


class Due(NamedTuple):
    """A run that should begin."""

    suite: str
    asset_id: str
    version: str
    why: str


def due(tx: Transaction, parts: JudgeParts, now: datetime, suite_id: str) -> list[Due]:
    """What should run now, the most important first: baselines without a run, new releases, then the schedule.

    A run that is under way is not due. A schedule counts from when it was first seen (:func:`notice`).
    """
    suite = parts.suites.get(suite_id)
    if suite is None or not suite.command:
        return []
    found: list[Due] = []
    for asset in suite.baselines:
        runs = tx.evals.suite_runs(suite.id, asset, _LOOKED_AT)
        if any(r.state is SuiteRunState.RUNNING for r in runs):
            continue
        if suite.on_release:
            found += _new_releases(tx, suite, asset, runs, now)
        found += _retests(tx, suite, asset, runs, now)
        found += _scheduled(tx, parts, suite, asset, runs, now)
    first: dict[tuple[str, str], Due] = {}
    for one in sorted(found, key=lambda d: (BASELINE, NEW_RELEASE, RETEST, SCHEDULE).index(d.why)):
        first.setdefault((one.asset_id, one.version), one)
    return list(first.values())


def notice(tx: Transaction, suite: SuiteShape, now: datetime) -> None:
    """Record a new or changed schedule: times before it are not caught up."""
    seen = _seen(tx, suite)
    if suite.schedule is not None and seen is None:
        tx.plumbing.put_value(_key(suite), f"{iso(now)} {suite.schedule}")


def noticed(tx: Transaction, suite: SuiteShape) -> bool:
    """Whether there is nothing for :func:`notice` to write."""
    return suite.schedule is None or _seen(tx, suite) is not None


def _key(suite: SuiteShape) -> str:
    return f"suite.schedule:{suite.id}"


def _seen(tx: Transaction, suite: SuiteShape) -> datetime | None:
    since, _, expression = (tx.plumbing.get_value(_key(suite)) or "").partition(" ")
    return datetime.fromisoformat(since) if since and expression == suite.schedule else None


def _new_releases(
    tx: Transaction, suite: SuiteShape, asset: str, runs: Sequence[SuiteRun], now: datetime
) -> Iterator[Due]:
    releases = {r.version: r for r in tx.estate.releases(asset)}
    pinned = tx.evals.baseline(asset, suite.id)
    baseline = pinned.version if pinned is not None else suite.baselines[asset]
    measured = tx.evals.versions(asset, suite.id)
    serves = serving(tx, asset)
    there = releases[baseline].usable if baseline in releases else baseline in serves
    if there and baseline not in measured:
        yield from _tried(suite, asset, baseline, BASELINE, runs, now)
    since = releases[baseline].iteration if baseline in releases else None
    if since is None and pinned is not None:
        since = tx.evals.iteration(pinned.id)
    newer = sorted(
        (r for r in releases.values() if since is not None and r.iteration > since), key=lambda r: -r.iteration
    )
    wanted = [r.version for r in newer[:NEWEST]] + list(serves)
    for version in dict.fromkeys(wanted):
        known = releases.get(version)
        if version not in measured and version != baseline and (known is None or known.usable):
            yield from _tried(suite, asset, version, NEW_RELEASE, runs, now)


def _retests(tx: Transaction, suite: SuiteShape, asset: str, runs: Sequence[SuiteRun], now: datetime) -> Iterator[Due]:
    """Open retests of what serves: one run of each such version, begun after the cause.

    An undecided measurement is not repeated automatically until it decides: that would repeat until it passes by chance.
    """
    asked = [
        r.asked_at
        for r in tx.judgements.retests()
        if r.asset_id == asset and r.asked_at is not None and r.asked_at <= now and r.version is None
    ]
    if not asked:
        return
    for version in serving(tx, asset):
        mine = [r for r in runs if r.version == version and r.started_at > max(asked)]
        if all(r.state.lost for r in mine) and may_try_again(mine, now):
            yield Due(suite.id, asset, version, RETEST)


def serving(tx: Transaction, asset: str) -> dict[str, datetime]:
    """The versions of an asset that serve, and since when; the replica of drills serves nobody."""
    found: dict[str, datetime] = {}
    for environment in _SERVING:
        there = tx.estate.deployment(asset, environment)
        if there is not None:
            found[there.version] = min(found.get(there.version, there.since), there.since)
    return found


def _tried(
    suite: SuiteShape, asset: str, version: str, why: str, runs: Sequence[SuiteRun], now: datetime
) -> Iterator[Due]:
    mine = [r for r in runs if r.version == version and r.why in (BASELINE, NEW_RELEASE)]
    if all(r.state.lost for r in mine) and may_try_again(mine, now):
        yield Due(suite.id, asset, version, why)


def may_try_again(failed: Sequence[SuiteRun], now: datetime) -> bool:
    """Whether the pause after that many failures is over; ``failed`` is newest first, stopped runs are not failures."""
    counted = [r for r in failed if r.state is not SuiteRunState.STOPPED]
    if not counted:
        return True
    if len(counted) > len(PAUSES):
        return False
    return now >= (counted[0].ended_at or counted[0].started_at) + PAUSES[len(counted) - 1]


def _scheduled(
    tx: Transaction, parts: JudgeParts, suite: SuiteShape, asset: str, runs: Sequence[SuiteRun], now: datetime
) -> Iterator[Due]:
    seen = _seen(tx, suite)
    if suite.schedule is None or seen is None:
        return
    for version, since in serving(tx, asset).items():
        mine = [r for r in runs if r.version == version and r.why == SCHEDULE]
        over = next((r for r in mine if r.state not in _NO_ROUND), None)
        after = max([seen, since, *([over.started_at] if over is not None else [])])
        fire = parts.outside.cron(suite.schedule, after)
        lost = [r for r in mine if fire is not None and r.started_at >= fire]
        if fire is not None and fire <= now and may_try_again(lost, now):
            yield Due(suite.id, asset, version, SCHEDULE)
