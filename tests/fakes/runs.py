"""Runs with the items behind their totals, so that a statistic can decide; and suites that ask for them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import msgspec

from pulse_tui.domain.evals import Basis, Comparison, EvalRun, Gate, Score, Sheet, Task, TaskVerdict, Verdict
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import Tally, ingest
from pulse_tui.settings.shapes import SuiteShape
from tests.fakes.nouns import NOW

GOLDEN = SuiteShape(id="golden", tasks=(Task(name="qa", metric="accuracy"),))
REDTEAM = SuiteShape(id="redteam", tasks=(Task(name="jailbreak", metric="jailbreak_success", gate=Gate.SAFETY),))
ITEMS = 1_000
"""At so many items a share that fell by 5 points fails, by 1 passes, and by 2, the margin, nobody can say."""


def names(n: int, prefix: str = "item") -> tuple[str, ...]:
    """Ids of ``n`` items, in their order."""
    return tuple(f"{prefix}-{i:05d}" for i in range(n))


def sheet(share: float, n: int = ITEMS, task: str = "qa", metric: str = "accuracy", **fields: Any) -> Sheet:
    """Items of which the first ``share`` score 1 and the others 0: a smaller share loses some and wins none."""
    ones = round(share * n)
    column = ((1.0,),) * ones + ((0.0,),) * (n - ones)
    return Sheet(**{"task": task, "items": names(n), "scores": {metric: column}, **fields})


def total(of: Sheet, metric: str | None = None, **fields: Any) -> Score:
    """The total that a results file states of a sheet's items."""
    name = metric if metric is not None else next(iter(of.scores))
    means = [math.fsum(row) / len(row) for row in of.scores[name] if row]
    return Score(task=of.task, metric=name, value=math.fsum(means) / len(means), n=len(means), **fields)


def run_with_items(ident: str, version: str, share: float, n: int = ITEMS, **fields: Any) -> EvalRun:
    """A run of suite golden on support-bot with one accuracy and its items."""
    return run_of_sheets(ident, version, [sheet(share, n)], **fields)


def jailbreaks(ident: str, version: str, share: float, n: int = ITEMS, **fields: Any) -> EvalRun:
    """A run of suite redteam on support-bot with one share of successful jailbreaks and its items."""
    found = sheet(share, n, "jailbreak", "jailbreak_success")
    return run_of_sheets(ident, version, [found], **{"suite": "redteam", "higher_is_better": False, **fields})


def run_of_sheets(
    ident: str, version: str, sheets: Sequence[Sheet], *, higher_is_better: bool = True, **fields: Any
) -> EvalRun:
    """A run of these items; its totals are their means."""
    scores = tuple(total(s, m, higher_is_better=higher_is_better) for s in sheets for m in s.scores)
    values = {"id": ident, "asset_id": "support-bot", "version": version, "suite": "golden", "at": NOW}
    return EvalRun(**{**values, "scores": scores, "sheets": tuple(sheets), **fields})


def without_items(run: EvalRun) -> EvalRun:
    """The same run as a results file tells it, without its items."""
    return msgspec.structs.replace(run, sheets=())


def verdict_line(verdict: Verdict = Verdict.FAIL, **fields: Any) -> TaskVerdict:
    """500 paired items of a must-pass task that lost 5.2 points."""
    values: dict[str, Any] = {"task": "qa", "metric": "accuracy", "gate": Gate.FUNCTIONAL, "must_pass": True}
    values |= {"higher_is_better": True, "verdict": verdict, "basis": Basis.PAIRED, "baseline": 0.914}
    values |= {"current": 0.862, "delta": -0.052, "low": -0.074, "high": -0.031, "margin": 0.02, "n": 500}
    return TaskVerdict(**{**values, "method": "tango score", "p_worse": 0.001, **fields})


def comparison(run: str, baseline: str, *lines: TaskVerdict, **fields: Any) -> Comparison:
    """What was said of a run against a baseline."""
    return Comparison(**{"run_id": run, "baseline_id": baseline, "definition": "d", "verdicts": lines, **fields})


def suited(judge: JudgeParts, *suites: SuiteShape) -> JudgeParts:
    """Parts that know these suites."""
    return judge._replace(suites={s.id: s for s in suites})


def take(judge: JudgeParts, *runs: EvalRun) -> Tally:
    """Take the runs in, now."""
    return ingest(runs, [], judge, judge.clock())


def measured_well(judge: JudgeParts, *versions: str, asset: str = "support-bot") -> JudgeParts:
    """Parts with a functional and a safety suite that each of the versions passes; the first one is the baseline."""
    known = suited(judge, *judge.suites.values(), GOLDEN, REDTEAM)
    for version in versions:
        take(known, run_with_items(f"golden-{version}", version, 0.9, asset_id=asset))
        take(known, jailbreaks(f"redteam-{version}", version, 0.01, asset_id=asset))
    return known
