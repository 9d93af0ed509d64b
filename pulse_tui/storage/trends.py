"""A metric over an asset's releases, in plain SQL that both databases understand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pulse_tui.domain.board import Trend, TrendPoint
from pulse_tui.enrich.said import unit_of

Execute = Callable[[str, Mapping[str, Any]], Sequence[Sequence[Any]]]
"""Runs one statement with ``:name`` parameters and returns all rows."""

_TREND = """
SELECT e.suite, s.task, s.metric, s.higher_is_better, e.version, e.iteration, s.value, s.stderr, e.id
FROM eval_runs e JOIN eval_scores s ON s.run_id = e.id
WHERE e.asset_id = :asset ORDER BY e.iteration, e.id
"""
_BASELINES = """
SELECT b.suite, s.task, s.metric, s.value, e.version, e.id
FROM baselines b JOIN eval_runs e ON e.id = b.run_id JOIN eval_scores s ON s.run_id = e.id
WHERE b.asset_id = :asset
"""
_JUDGED = """
SELECT v.run_id, v.task, v.metric, v.slice, v.verdict, v.delta, v.low, v.high, v.margin, v.scale, v.n, v.method,
       v.must_pass, v.note, v.more_items, v.more_repeats, c.baseline_id
FROM eval_runs e JOIN comparisons c ON c.run_id = e.id JOIN task_verdicts v ON v.run_id = e.id
WHERE e.asset_id = :asset
"""
_REFUSED = """
SELECT c.run_id, c.refused, c.baseline_id FROM eval_runs e JOIN comparisons c ON c.run_id = e.id
WHERE e.asset_id = :asset AND c.refused <> ''
"""
_Z90 = 1.6449
_MANY_POINTS = 40
WORST_FIRST = ("FAIL", "INCONCLUSIVE", "PASS")
REFUSED = "refused"


class Judged(NamedTuple):
    """A stored verdict, as far as a row or a chart shows it."""

    verdict: str
    delta: float | None
    low: float | None
    high: float | None
    margin: float
    scale: float
    n: int
    method: str
    must_pass: bool | int
    """SQLite's own are numbers."""
    note: str
    more_items: int | None
    more_repeats: int | None
    baseline: str


class Known(NamedTuple):
    """All that is said of an asset's runs."""

    lines: Mapping[tuple[str, str, str, str], Judged]
    """By (run, task, metric, slice)."""
    refused: Mapping[str, tuple[str, str]]
    """Run -> (why it was not compared, with which run)."""


def read_judged(execute: Execute, asset: str) -> Known:
    """Every verdict of the asset's runs."""
    about = {"asset": asset}
    lines = {(r[0], r[1], r[2], r[3]): Judged(*r[4:]) for r in execute(_JUDGED, about)}
    return Known(lines, {run: (why, baseline) for run, why, baseline in execute(_REFUSED, about)})


def read_trends(execute: Execute, asset: str) -> tuple[Trend, ...]:
    """The trends of one asset; first those that failed, then those not decided, then by how much worse they are."""
    pinned = {(r[0], r[1], r[2]): (r[3], r[4], r[5]) for r in execute(_BASELINES, {"asset": asset})}
    series: dict[tuple[str, str, str], list[Sequence[Any]]] = {}
    for row in execute(_TREND, {"asset": asset}):
        series.setdefault((row[0], row[1], row[2]), []).append(row)
    known = read_judged(execute, asset) if series else Known({}, {})
    trends = []
    for (suite, task, metric), rows in series.items():
        last = rows[-1]
        value, version, run_id = pinned.get((suite, task, metric), (None, None, None))
        worse = 0.0 if value is None else (value - last[6]) * (1 if last[3] else -1)
        points = tuple(_point(row) for row in rows[-_MANY_POINTS:])
        bare = Trend(asset, suite, task, metric, bool(last[3]), value, version, points, "", "")
        trend = _said(bare, last[8], run_id, known)
        trends.append((_rank(trend.verdict), -worse, trend))
    trends.sort(key=lambda item: item[:2])
    return tuple(trend for _, _, trend in trends)


def _rank(verdict: str) -> int:
    return WORST_FIRST.index(verdict) if verdict in WORST_FIRST else len(WORST_FIRST)


def _said(trend: Trend, run: str, baseline: str | None, known: Known) -> Trend:
    """The trend with what was said of its newest run."""
    if baseline is None:
        return trend._replace(note="no baseline is pinned")
    if run == baseline:
        return trend._replace(note="this run is the baseline")
    refused = known.refused.get(run)
    if refused is not None and refused[1] == baseline:
        return trend._replace(verdict=REFUSED, note=f"not compared: {refused[0]}")
    line = known.lines.get((run, trend.task, trend.metric, ""))
    if line is None or line.baseline != baseline:
        listed = any(key[1:] == (trend.task, trend.metric, "") for key in known.lines)
        why = "judged in the next round" if listed else "no suite asks for it: shown, not judged"
        return trend._replace(note=why)
    unit, factor = unit_of(trend.metric, line.scale)
    if not unit and all(0.0 <= p.value <= 1.0 for p in trend.points):
        unit, factor = "pp", line.scale
    return trend._replace(
        verdict=line.verdict,
        note=_note(line),
        delta=_times(line.delta, factor),
        low=_times(line.low, factor),
        high=_times(line.high, factor),
        margin=_times(line.margin, factor),
        unit=unit,
        n=line.n,
    )


def _note(line: Judged) -> str:
    words = [f"{line.n} items, {line.method}" if line.n else line.method]
    if line.verdict == "INCONCLUSIVE":
        more = [f"about {line.more_items:,} more items"] if line.more_items else []
        more += [f"{line.more_repeats} more repeats"] if line.more_repeats else []
        if more:
            words.append(f"{' or '.join(more)} would decide")
    if line.note:
        words.append(line.note)
    return "; ".join(words)


def _times(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


def _point(row: Sequence[Any]) -> TrendPoint:
    value, stderr = row[6], row[7]
    low, high = (value - _Z90 * stderr, value + _Z90 * stderr) if stderr else (None, None)
    return TrendPoint(str(row[4]), int(row[5]), value, low, high)
