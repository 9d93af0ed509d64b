"""The comparison of a run with its baseline, judged once and stored: panes and gates need no statistics library."""

from __future__ import annotations

import msgspec

from pulse_tui.domain.evals import Basis, Comparison, EvalRun
from pulse_tui.evaluate.definition import Looks, Question
from pulse_tui.ports import Transaction
from pulse_tui.settings.shapes import SuiteShape


def question_of(suite: SuiteShape) -> Question:
    """What a suite asks. A digest of its files does not apply to a run that states another kind of digest."""
    return Question(suite.tasks, None if suite.path else suite.digest, suite.margin)


def held(tx: Transaction, suite: SuiteShape, run_id: str, baseline_id: str) -> Comparison | None:
    """The stored comparison, if it is with this baseline and by the suite's present definition."""
    found = tx.evals.comparison(run_id)
    if found is None or found.baseline_id != baseline_id or found.definition != question_of(suite).definition:
        return None
    return found


def compared(tx: Transaction, suite: SuiteShape | None, run: EvalRun, baseline: EvalRun | None) -> Comparison | None:
    """The stored comparison of a run by the present definition; None without one, also for a baseline without limits."""
    if suite is None or baseline is None:
        return None
    found = held(tx, suite, run.id, baseline.id)
    # A baseline is compared with objectives and items that must never fail; without those nothing was compared.
    bare = found is not None and baseline.id == run.id and not found.verdicts and not found.refused
    return None if bare else found


def newest(tx: Transaction, asset_id: str, suite: str, version: str) -> str | None:
    """The run of a release that was measured last: one that is uploaded late does not replace it."""
    mine = [h for h in tx.evals.heads(asset_id, suite) if h.version == version]
    return max(mine, key=lambda h: (h.at, h.iteration)).id if mine else None


def judge(tx: Transaction, suite: SuiteShape, run_id: str, baseline_id: str) -> Comparison | None:
    """Judge a stored run and store the comparison. None when either run is missing. Imports the statistics.

    A baseline is compared only with what needs no other run: objectives, and items that must never fail.
    """
    from pulse_tui.evaluate.compare.comparing import compare  # noqa: PLC0415  brings SciPy

    run, baseline = tx.evals.get(run_id, sheets=True), tx.evals.get(baseline_id, sheets=True)
    if run is None or baseline is None:
        return None
    question = question_of(suite)
    if lacks := _pruned(tx, suite, run, baseline):
        comparison = Comparison(run_id=run_id, baseline_id=baseline_id, definition=question.definition, refused=lacks)
        tx.evals.put_comparison(comparison)
        return comparison
    comparison = compare(baseline, run, question, _looks(tx, suite, run))
    if run_id == baseline_id:
        alone = tuple(v for v in comparison.verdicts if v.basis is Basis.LIMIT)
        measures = tuple(msgspec.structs.replace(m, baseline=None) for m in comparison.measures)
        comparison = msgspec.structs.replace(comparison, verdicts=alone, measures=measures)
    tx.evals.put_comparison(comparison)
    return comparison


def _pruned(tx: Transaction, suite: SuiteShape, run: EvalRun, baseline: EvalRun) -> str:
    """Why they cannot be judged once more, where items of them were pruned: from totals alone it would be another verdict."""
    asked = [run.id, baseline.id]
    if any(t.growing for t in suite.tasks):
        asked += [r.id for _, r in tx.evals.runs(run.asset_id, run.suite) if r.version == run.version]
    gone = next((ident for ident in dict.fromkeys(asked) if tx.evals.items_pruned(ident)), None)
    return f"the items of run {gone} were pruned: run the suite again to judge it" if gone is not None else ""


def _looks(tx: Transaction, suite: SuiteShape, run: EvalRun) -> Looks:
    """The items of earlier looks at the same release, of tasks that are judged while they grow."""
    growing = {t.name for t in suite.tasks if t.growing}
    looks: Looks = {name: [] for name in growing}
    if not growing:
        return looks
    for _, earlier in tx.evals.runs(run.asset_id, run.suite):
        if earlier.id == run.id:
            break
        if earlier.version != run.version:
            continue
        whole = tx.evals.get(earlier.id, sheets=True)
        for sheet in whole.sheets if whole is not None else ():
            if sheet.task in growing:
                looks[sheet.task] = [*looks[sheet.task], sheet.items]
    return looks
