"""A metric over an asset's releases, in plain SQL that both databases understand."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pulse_tui.domain.board import Trend, TrendPoint

Execute = Callable[[str, Mapping[str, Any]], Sequence[Sequence[Any]]]
"""Runs one statement with ``:name`` parameters and returns all rows."""

_TREND = """
SELECT e.suite, s.task, s.metric, s.higher_is_better, e.version, e.iteration, s.value, s.stderr, e.id
FROM eval_runs e JOIN eval_scores s ON s.run_id = e.id
WHERE e.asset_id = :asset ORDER BY e.iteration
"""
_BASELINES = """
SELECT b.suite, s.task, s.metric, s.value, e.version, e.id
FROM baselines b JOIN eval_runs e ON e.id = b.run_id JOIN eval_scores s ON s.run_id = e.id
WHERE b.asset_id = :asset
"""
_JUDGED = """
SELECT s.evidence, d.outcome FROM signals s JOIN decisions d ON d.signal_id = s.id
WHERE s.asset_id = :asset AND s.signal_type IN ('benchmark_regression', 'safety_regression')
ORDER BY s.seq DESC LIMIT 1000
"""
_Z90 = 1.6449
_MANY_POINTS = 40
_RAW = "raw delta against the pinned baseline"


def read_trends(execute: Execute, asset: str) -> tuple[Trend, ...]:
    """The trends of one asset; first those that failed, then by how much worse than the baseline they are."""
    pinned = {(r[0], r[1], r[2]): (r[3], r[4], r[5]) for r in execute(_BASELINES, {"asset": asset})}
    judged = read_judged(execute, asset)
    series: dict[tuple[str, str, str], list[Sequence[Any]]] = {}
    for row in execute(_TREND, {"asset": asset}):
        series.setdefault((row[0], row[1], row[2]), []).append(row)
    trends = []
    for (suite, task, metric), rows in series.items():
        last = rows[-1]
        baseline, version, run_id = pinned.get((suite, task, metric), (None, None, None))
        higher = bool(last[3])
        worse = 0.0 if baseline is None else (baseline - last[6]) * (1 if higher else -1)
        if baseline is None:
            verdict, note = "", "no baseline is pinned"
        elif last[8] == run_id:
            verdict, note = "", "this run is the baseline"
        else:
            verdict, note = judge(worse, judged.get((last[8], task, metric), set()))
        points = tuple(_point(row) for row in rows[-_MANY_POINTS:])
        trend = Trend(asset, suite, task, metric, higher, baseline, version, points, verdict, note)
        trends.append((verdict != "FAIL", -worse, trend))
    trends.sort(key=lambda item: item[:2])
    return tuple(trend for _, _, trend in trends)


def judge(worse: float, outcomes: set[str]) -> tuple[str, str]:
    """What policy decided of this run; an alert that is closed since does not make a bad run good."""
    if worse <= 0:
        return "PASS", _RAW
    if "fired" in outcomes:
        return "FAIL", _RAW
    if "not_fired" in outcomes and "indeterminate" not in outcomes:
        return "PASS", f"{_RAW}, within the rules' margin"
    return "INCONCLUSIVE", f"{_RAW}, no rule could judge it" if outcomes else f"{_RAW}, no rule has judged it"


def read_judged(execute: Execute, asset: str) -> dict[tuple[str, str, str], set[str]]:
    """The outcomes of every rule about a run's metric, by (run, task, metric)."""
    found: dict[tuple[str, str, str], set[str]] = {}
    for evidence, outcome in execute(_JUDGED, {"asset": asset}):
        proof = json.loads(evidence)
        key = (proof.get("candidate_run", ""), proof.get("task", ""), proof.get("metric", ""))
        found.setdefault(key, set()).add(outcome)
    return found


def _point(row: Sequence[Any]) -> TrendPoint:
    value, stderr = row[6], row[7]
    low, high = (value - _Z90 * stderr, value + _Z90 * stderr) if stderr else (None, None)
    return TrendPoint(str(row[4]), int(row[5]), value, low, high)
