"""A metric over an asset's releases, in plain SQL that both databases understand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pulse_tui.domain.metrics import unit_of
from pulse_tui.domain.views.evals import Serving, Trend, TrendPoint
from pulse_tui.domain.words import ENVIRONMENT_RANK

Execute = Callable[[str, Mapping[str, Any]], Sequence[Sequence[Any]]]
"""Runs one statement with ``:name`` parameters and returns all rows."""

_RUNS = "SELECT suite, id, iteration FROM eval_runs WHERE asset_id = :asset ORDER BY iteration, id"
_TREND = """
SELECT s.task, s.metric, s.higher_is_better, e.version, r.iteration, s.value, s.stderr, e.id
FROM eval_runs e JOIN eval_scores s ON s.run_id = e.id
LEFT JOIN releases r ON r.asset_id = e.asset_id AND r.version = e.version
WHERE e.asset_id = :asset AND e.suite = :suite AND e.iteration >= :since ORDER BY e.at, e.iteration
"""
_BASELINES = """
SELECT b.suite, s.task, s.metric, s.value, e.version, e.id
FROM baselines b JOIN eval_runs e ON e.id = b.run_id JOIN eval_scores s ON s.run_id = e.id
WHERE b.asset_id = :asset
"""
_JUDGED = """
SELECT v.task, v.metric, v.verdict, v.delta, v.low, v.high, v.margin, v.scale, v.higher_is_better, v.n, v.method,
       v.note, v.more_items, v.more_repeats
FROM task_verdicts v WHERE v.run_id = :run AND v.slice = ''
"""
_SLICES = "SELECT task, metric, slice, verdict FROM task_verdicts WHERE run_id = :run AND slice <> '' ORDER BY place"
_COMPARED = "SELECT refused, baseline_id FROM comparisons WHERE run_id = :run"
_LISTED = """
SELECT DISTINCT v.task, v.metric FROM eval_runs e JOIN task_verdicts v ON v.run_id = e.id
WHERE e.asset_id = :asset AND e.suite = :suite AND e.iteration >= :since AND v.slice = ''
"""
_SERVING = "SELECT environment, version FROM deployments WHERE asset_id = :asset"
_OF_VERSION = """
SELECT e.suite, s.task, s.metric, s.value, e.id
FROM eval_runs e JOIN eval_scores s ON s.run_id = e.id
WHERE e.asset_id = :asset AND e.version = :version ORDER BY e.at, e.iteration
"""
_Z90 = 1.6449
_MANY_POINTS = 40
"""Runs that a trend looks back."""
REFUSED = "refused"
WORST_FIRST = ("FAIL", "INCONCLUSIVE", REFUSED, "PASS")


class Judged(NamedTuple):
    """A stored verdict on all items of a task, as far as a row or a chart shows it."""

    verdict: str
    delta: float | None
    low: float | None
    high: float | None
    margin: float
    scale: float
    higher_is_better: bool | int
    """As the suite defines it, which may differ from the file. SQLite's own are numbers."""
    n: int
    method: str
    note: str
    more_items: int | None
    more_repeats: int | None


class Known(NamedTuple):
    """The verdicts of one run."""

    baseline: str | None
    """With which run it was compared; None when it was not."""
    refused: str
    lines: Mapping[tuple[str, str], Judged]
    slices: Mapping[tuple[str, str], Sequence[tuple[str, str]]] = {}
    """(slice, verdict) of the parts of each metric's items."""


def read_trends(execute: Execute, asset: str) -> tuple[Trend, ...]:
    """The trends of one asset over the newest runs of each suite; first those that failed, then those not decided, then
    by how much worse they are."""
    pinned = {(r[0], r[1], r[2]): (r[3], r[4], r[5]) for r in execute(_BASELINES, {"asset": asset})}
    iterations: dict[str, list[int]] = {}
    for suite, _, iteration in execute(_RUNS, {"asset": asset}):
        iterations.setdefault(suite, []).append(iteration)
    serving = _serving(execute, asset)
    trends = []
    for suite, numbers in iterations.items():
        about = {"asset": asset, "suite": suite, "since": numbers[-_MANY_POINTS:][0]}
        series: dict[tuple[str, str], list[Sequence[Any]]] = {}
        for row in execute(_TREND, about):
            series.setdefault((row[0], row[1]), []).append(row)
        known = {run: _known(execute, run) for run in {rows[-1][7] for rows in series.values()}}
        listed = {(r[0], r[1]) for r in execute(_LISTED, about)} if series else set()
        for (task, metric), rows in series.items():
            last = rows[-1]
            value, version, run_id = pinned.get((suite, task, metric), (None, None, None))
            points = tuple(_point(row) for row in rows)
            here = tuple(s.of((suite, task, metric), run_id) for s in serving)
            bare = Trend(
                asset, suite, task, metric, bool(last[2]), value, version, points, "", "", serving=here, run=last[7]
            )
            trend = _said(bare, last[7], run_id, known[last[7]], listed=(task, metric) in listed)
            worse = 0.0 if value is None else (value - last[5]) * (1 if trend.higher_is_better else -1)
            trends.append((_rank(trend.verdict), -worse, trend))
    trends.sort(key=lambda item: item[:2])
    return tuple(trend for _, _, trend in trends)


class Served(NamedTuple):
    """A release that serves, with the newest value of each of its metrics and the verdicts on the runs behind them."""

    environment: str
    version: str
    values: Mapping[tuple[str, str, str], tuple[float, str]]
    """(suite, task, metric): the value, and its run."""
    known: Mapping[str, Known]

    def of(self, name: tuple[str, str, str], baseline: str | None) -> Serving:
        """What one metric says of it; ``baseline``: the run that is pinned."""
        value, run = self.values.get(name, (None, ""))
        known = self.known.get(run)
        if run and run == baseline:
            verdict = "baseline"
        elif known is None or known.baseline != baseline:
            verdict = ""
        elif known.refused:
            verdict = REFUSED
        else:  # a slice that failed is not hidden by the whole
            said = [known.lines[name[1:]].verdict] if name[1:] in known.lines else []
            verdict = min((*said, *(v for _, v in known.slices.get(name[1:], ()) if said)), key=_rank, default="")
        return Serving(self.environment, self.version, value, verdict)


def _serving(execute: Execute, asset: str) -> list[Served]:
    """What serves where, production first."""
    rows = sorted(execute(_SERVING, {"asset": asset}), key=lambda row: ENVIRONMENT_RANK[row[0]])
    values: dict[str, dict[tuple[str, str, str], tuple[float, str]]] = {}
    for version in {row[1] for row in rows}:
        found = execute(_OF_VERSION, {"asset": asset, "version": version})
        values[version] = {(r[0], r[1], r[2]): (r[3], r[4]) for r in found}
    known = {run: _known(execute, run) for run in {run for each in values.values() for _, run in each.values()}}
    return [Served(environment, version, values[version], known) for environment, version in rows]


def _known(execute: Execute, run: str) -> Known:
    found = execute(_COMPARED, {"run": run})
    if not found:
        return Known(None, "", {})
    ((refused, baseline),) = found
    parts: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for task, metric, name, verdict in execute(_SLICES, {"run": run}):
        parts.setdefault((task, metric), []).append((name, verdict))
    lines = {(r[0], r[1]): Judged(*r[2:]) for r in execute(_JUDGED, {"run": run})}
    return Known(baseline, refused, lines, parts)


def _rank(verdict: str) -> int:
    return WORST_FIRST.index(verdict) if verdict in WORST_FIRST else len(WORST_FIRST)


def _said(trend: Trend, run: str, baseline: str | None, known: Known, *, listed: bool) -> Trend:
    """The trend with the verdict on its newest run; ``listed``: a suite asks for the metric."""
    if baseline is None:
        return trend._replace(note="no baseline is pinned")
    if run == baseline:
        return trend._replace(note="this run is the baseline")
    line = known.lines.get((trend.task, trend.metric)) if known.baseline == baseline else None
    if known.refused and known.baseline == baseline:
        return trend._replace(verdict=REFUSED, note=f"not compared: {known.refused}")
    if line is None:
        return trend._replace(note="judged in the next round" if listed else "no suite asks for it: shown, not judged")
    unit, factor = unit_of(trend.metric, line.scale, [p.value for p in trend.points])
    part, verdict = min(known.slices.get((trend.task, trend.metric), ()), key=lambda p: _rank(p[1]), default=("", ""))
    worse = bool(part) and _rank(verdict) < _rank(line.verdict)  # a slice that failed is not hidden by the whole
    return trend._replace(
        higher_is_better=bool(line.higher_is_better),
        verdict=verdict if worse else line.verdict,
        note=f"{part}: {verdict}; all items: {line.verdict}, {_note(line)}" if worse else _note(line),
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
    value, stderr = row[5], row[6]
    low, high = (value - _Z90 * stderr, value + _Z90 * stderr) if stderr else (None, None)
    return TrendPoint(str(row[3]), None if row[4] is None else int(row[4]), value, low, high)
