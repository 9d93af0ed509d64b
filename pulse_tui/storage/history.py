"""An asset's releases as rows: where each serves, who promoted it, what its runs said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pulse_tui.domain import semver
from pulse_tui.domain.views import ReleaseRow
from pulse_tui.domain.words import Environment
from pulse_tui.storage.registry import ENVIRONMENT_RANK
from pulse_tui.storage.trends import Execute, judge, read_judged

_RELEASES = """
SELECT version, iteration, branch, state, created_at, rollback_pointer, digest
FROM releases WHERE asset_id = :asset ORDER BY iteration DESC
"""
_SERVING = "SELECT version, environment FROM deployments WHERE asset_id = :asset"
_PROMOTIONS = 'SELECT version, environment, "by", at FROM promotions WHERE asset_id = :asset ORDER BY at, seq'
_CONCERNS = """
SELECT version, what FROM concerns WHERE asset_id = :asset AND version IS NOT NULL ORDER BY since, key
"""
_SCORES = """
SELECT e.version, e.suite, e.id, e.iteration, s.task, s.metric, s.value, s.higher_is_better
FROM eval_runs e JOIN eval_scores s ON s.run_id = e.id
WHERE e.asset_id = :asset ORDER BY e.iteration, e.id
"""
_BASELINES = """
SELECT b.suite, e.id, e.iteration, s.task, s.metric, s.value
FROM baselines b JOIN eval_runs e ON e.id = b.run_id JOIN eval_scores s ON s.run_id = e.id
WHERE b.asset_id = :asset
"""
_WORST_FIRST = ("FAIL", "INCONCLUSIVE", "PASS")


def read_history(execute: Execute, asset: str) -> tuple[ReleaseRow, ...]:
    """Newest iteration first."""
    about = {"asset": asset}
    serves: dict[str, list[str]] = {}
    for version, environment in execute(_SERVING, about):
        serves.setdefault(version, []).append(environment)
    promoted = {row[0]: (f"{Environment(row[1]).short} by {row[2]}", row[3]) for row in execute(_PROMOTIONS, about)}
    remarks: dict[str, list[str]] = {}
    for version, what in execute(_CONCERNS, about):
        remarks.setdefault(version, []).append(what)
    verdicts = _verdicts(execute, asset)
    rows = []
    for version, iteration, branch, state, created, pointer, digest in execute(_RELEASES, about):
        parsed = semver.parse(version)
        odd = [*remarks.get(version, ()), *(["not a semantic version"] if parsed is None else [])]
        words, when = promoted.get(version, ("", None))
        rows.append(
            ReleaseRow(
                version,
                int(iteration),
                branch or (parsed.line if parsed else ""),
                state,
                tuple(sorted(serves.get(version, ()), key=ENVIRONMENT_RANK.__getitem__)),
                created,
                words,
                when,
                pointer or "",
                verdicts.get(version, ""),
                digest or "",
                "; ".join(odd),
            )
        )
    return tuple(rows)


def _verdicts(execute: Execute, asset: str) -> dict[str, str]:
    """The worst that is said of a version's latest run of each suite; no entry when nothing was compared.

    A run that came after the pinned baseline is compared with it, as the trends are. One that came before it
    was compared with another baseline then: only what the rules said at the time counts.
    """
    about = {"asset": asset}
    pinned: dict[tuple[str, str, str], tuple[str, int, float]] = {
        (suite, task, metric): (run, iteration, value)
        for suite, run, iteration, task, metric, value in execute(_BASELINES, about)
    }
    latest: dict[tuple[str, str], list[Sequence[Any]]] = {}
    for row in execute(_SCORES, about):
        rows = latest.setdefault((row[0], row[1]), [])
        if rows and rows[0][2] != row[2]:
            rows.clear()
        rows.append(row)
    judged = read_judged(execute, asset) if latest else {}
    found: dict[str, set[str]] = {}
    for (version, suite), rows in latest.items():
        for _, _, run, iteration, task, metric, value, higher in rows:
            outcomes = judged.get((run, task, metric), set())
            baseline = pinned.get((suite, task, metric))
            if baseline is not None and iteration > baseline[1]:
                worse = (baseline[2] - value) * (1 if higher else -1)
                found.setdefault(version, set()).add(judge(worse, outcomes)[0])
            elif outcomes and (baseline is None or run != baseline[0]):
                found.setdefault(version, set()).add(judge(1.0, outcomes)[0])
    return {version: next(v for v in _WORST_FIRST if v in said) for version, said in found.items()}
