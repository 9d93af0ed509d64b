"""Which items a run answered differently from its baseline, by cluster."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence

from pulse_tui.domain.evals import Sheet
from pulse_tui.domain.metrics import higher_is_better
from pulse_tui.domain.views.evals import ClusterRow, Flip, Flips
from pulse_tui.services.evals.baselines import find_run
from pulse_tui.services.evals.compared import compared
from pulse_tui.services.parts import JudgeParts

SAME = 1e-9
"""Mean scores closer than this are the same."""


def flips(parts: JudgeParts, run_id: str, task: str, metric: str) -> Flips:
    """Which items the run answered differently from its baseline. Raises NotFound."""
    with parts.store.read() as tx:
        run = find_run(tx, run_id)
        baseline = tx.evals.baseline(run.asset_id, run.suite)
        whole = tx.evals.get(run.id, sheets=True)
        before = tx.evals.get(baseline.id, sheets=True) if baseline is not None else None
        pruned = {r.id for r in (run, baseline) if r is not None and tx.evals.items_pruned(r.id)}
        comparison = compared(tx, parts.suites.get(run.suite), run, baseline)
    new = whole.sheet(task) if whole is not None else None
    old = before.sheet(task) if before is not None else None
    empty = Flips(
        run.asset_id, run.suite, run.version, baseline.version if baseline else "", task, metric, "", (), (), run.id
    )
    if baseline is None:
        return empty._replace(headline="no baseline is pinned: there is nothing to compare it with")
    if baseline.id == run.id:
        return empty._replace(headline="this run is the baseline: there is nothing to compare it with")
    if comparison is not None and comparison.refused:
        return empty._replace(headline=f"not compared: {comparison.refused}")
    if old is None or new is None:
        side = f"run {run.id}" if new is None else f"the baseline {baseline.id}"
        if run.id in pruned if new is None else baseline.id in pruned:
            return empty._replace(headline=f"the items of {side} were pruned: only totals and verdicts are kept")
        return empty._replace(headline=f"{side} was stored without its items: only totals are known")
    used = next((m for m in (metric, *new.scores) if m in new.scores and m in old.scores), None)
    if used is None:
        return empty._replace(headline=f"no item has a score of {metric} in both runs")
    suite = parts.suites.get(run.suite)
    # Of the scores that are shown: a derived metric (a spread, a cost) has a direction of its own.
    asked = next((t for t in (suite.tasks if suite else ()) if (t.name, t.metric) == (task, used)), None)
    score = run.score(task, used)
    up = asked.higher_is_better if asked is not None and asked.higher_is_better is not None else None
    if up is None:
        up = score.higher_is_better if score is not None else higher_is_better(used)
    rows = tuple(
        sorted(_flipped(old, new, used, up), key=lambda f: (f.word != "lost", -abs(f.after - f.before), f.item))
    )
    sizes = Counter(_cluster(new, n) for n in range(len(new.items)))
    clusters = _clusters(rows, sizes)
    return empty._replace(headline=_headline(rows, clusters, len(new.items)), rows=rows, clusters=clusters)


def _flipped(old: Sheet, new: Sheet, metric: str, up: bool) -> Iterator[Flip]:
    places = {item: n for n, item in enumerate(old.items)}
    called = new.names if len(set(new.names)) == len(new.items) else new.items
    slices: dict[int, list[str]] = {}
    for name, inside in new.slices.items():
        for n in inside:
            slices.setdefault(n, []).append(name)
    for n, item in enumerate(new.items):
        m = places.get(item)
        was = old.scores[metric][m] if m is not None else ()
        now = new.scores[metric][n]
        if not was or not now:
            continue
        before, after = math.fsum(was) / len(was), math.fsum(now) / len(now)
        if abs(after - before) > SAME:
            word = "won" if (after > before) is up else "lost"
            yield Flip(called[n] or item, _cluster(new, n), tuple(slices.get(n, ())), before, after, word)


def _cluster(sheet: Sheet, n: int) -> str:
    return sheet.clusters[n] if sheet.clusters else ""


def _clusters(rows: Sequence[Flip], sizes: Counter[str]) -> tuple[ClusterRow, ...]:
    if len(sizes) < 2:
        return ()
    lost = Counter(f.cluster for f in rows if f.word == "lost")
    won = Counter(f.cluster for f in rows if f.word == "won")
    named = [ClusterRow(c, sizes[c], lost[c], won[c]) for c in {*lost, *won}]
    return tuple(sorted(named, key=lambda c: (c.won - c.lost, -c.lost, c.cluster)))


def _headline(rows: Sequence[Flip], clusters: Sequence[ClusterRow], n: int) -> str:
    lost = sum(f.word == "lost" for f in rows)
    head = f"{lost} lost, {len(rows) - lost} won of {n} items"
    worst = clusters[0] if clusters else None
    if worst is not None and lost and worst.lost > 1:
        return f"{head}; {worst.lost} of the {lost} in {worst.cluster or 'items without a cluster'}"
    return head
