"""The suites' verdicts on a release, for the gate: from the comparisons that were stored when its run came in."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.evals import (
    Acceptance,
    Comparison,
    EvalRun,
    Gate,
    SuiteRun,
    SuiteRunState,
    Task,
    TaskVerdict,
    Verdict,
)
from pulse_tui.domain.release import Release
from pulse_tui.domain.words import Environment
from pulse_tui.enrich.evals.sentences import line_words
from pulse_tui.policy.gate import GateStatus
from pulse_tui.ports import Transaction
from pulse_tui.services.evals.compared import held, newest
from pulse_tui.services.evals.unread import standing_refusal
from pulse_tui.services.parts import JudgeParts, SuiteVerdict
from pulse_tui.services.suites.content import changed_content
from pulse_tui.settings.shapes import SuiteShape

SHOWN = 5
"""Lines that are named in one sentence."""


class SuiteWord(NamedTuple):
    """One suite's verdict on a release, for one kind of gate."""

    status: GateStatus
    detail: str
    todo: str = ""
    run: EvalRun | None = None


class Subject(NamedTuple):
    """The question to a suite about a release: for one kind of gate, one environment (None: none), at one moment."""

    suite: SuiteShape
    release: Release
    kind: Gate
    environment: Environment | None
    now: datetime


def suite_words(
    tx: Transaction, parts: JudgeParts, release: Release, kind: Gate, environment: Environment | None = None
) -> list[SuiteWord]:
    """The verdict of each suite that guards ``kind`` and names the asset: as a baseline, or by a run of this release."""
    words = []
    for suite in parts.suites.values():
        if any(t.gate is kind for t in suite.tasks):
            run, baseline = runs_of(tx, suite, release)
            if run is not None or baseline is not None or release.asset_id in suite.baselines:
                about = Subject(suite, release, kind, environment, parts.clock())
                words.append(_word(tx, about, run, baseline))
    if words:
        return words
    todo = f"Name {release.asset_id} in the baselines of a {kind.value} suite and run it"
    return [SuiteWord(GateStatus.UNCONFIGURED, f"no {kind.value} suite names {release.asset_id}", todo)]


def verdicts(tx: Transaction, parts: JudgeParts, release: Release, environment: Environment) -> list[SuiteVerdict]:
    """The verdicts of every kind of gate; what no suite is configured for is left out."""
    return [
        SuiteVerdict(kind.value, word.status, word.detail)
        for kind in (Gate.FUNCTIONAL, Gate.SAFETY)
        for word in suite_words(tx, parts, release, kind, environment)
        if word.status is not GateStatus.UNCONFIGURED
    ]


def suite_says(tx: Transaction, parts: JudgeParts, suite: SuiteShape, release: Release) -> list[SuiteWord]:
    """One suite's verdicts on a release, one for each kind of gate that it guards."""
    run, baseline = runs_of(tx, suite, release)
    kinds = dict.fromkeys(t.gate for t in suite.tasks)
    return [_word(tx, Subject(suite, release, kind, None, parts.clock()), run, baseline) for kind in kinds]


def runs_of(tx: Transaction, suite: SuiteShape, release: Release) -> tuple[EvalRun | None, EvalRun | None]:
    """(the newest run of the suite on this release, the asset's baseline)."""
    found = newest(tx, release.asset_id, suite.id, release.version)
    return (tx.evals.get(found) if found else None), tx.evals.baseline(release.asset_id, suite.id)


def _word(tx: Transaction, about: Subject, run: EvalRun | None, baseline: EvalRun | None) -> SuiteWord:
    suite, version = about.suite, about.release.version
    refused = standing_refusal(tx, about.release.asset_id, suite.id, version)
    if run is None and refused is not None:
        return SuiteWord(GateStatus.FAILED, refused.what, refused.todo)
    if run is None and (broken := _failed_run(tx, about)) is not None:
        detail = f"{suite.id} was started on {version} and failed: {broken.detail.partition(chr(10))[0]}"
        return SuiteWord(GateStatus.MISSING, detail, f"Run {suite.id} on {version} again")
    if run is None:
        detail = f"{suite.id} was not run on {version}"
        return SuiteWord(GateStatus.MISSING, detail, f"Run {suite.id} on {version} and ingest the result")
    other = changed_content(tx, suite, run)
    if other:
        return SuiteWord(
            GateStatus.FAILED, other, f"Restore the content, or freeze it: pulse-tui suite freeze {suite.id}", run
        )
    if baseline is None:
        named = suite.baselines.get(about.release.asset_id)
        detail = f"run {run.id} was not compared: baseline {named or '(none)'} has no run of {suite.id}"
        return SuiteWord(GateStatus.FAILED, detail, f"Run {suite.id} on {named or 'a good release'} first", run)
    if baseline.id == run.id:
        return _baseline_itself(tx, about, run)
    comparison = held(tx, suite, run.id, baseline.id)
    if comparison is None:
        detail = f"run {run.id} of {suite.id} is not judged by the suite's present definition"
        return SuiteWord(GateStatus.MISSING, detail, "The next round judges it: pulse-tui refresh", run)
    if comparison.refused:
        detail = f"run {run.id} was not compared with {baseline.version}: {comparison.refused}"
        return SuiteWord(
            GateStatus.FAILED, detail, "Run the same items on both, or pin a baseline of the new content", run
        )
    unknown = comparison.unknown(about.kind)
    if unknown:
        detail = f"run {run.id} of {suite.id} has no value for {', '.join(_why(run, u) for u in unknown[:SHOWN])}"
        return SuiteWord(GateStatus.FAILED, detail, f"Run {suite.id} to its end, on the baseline as well", run)
    return _aged(about, baseline, _judged(tx, about, run, baseline, comparison))


def _why(run: EvalRun, unknown: str) -> str:
    """A task and metric, with the reason where the file had a value and it was refused."""
    why = run.refused.get(unknown) or run.refused.get(unknown.rpartition(" ")[0])
    return f"{unknown} (refused: {why})" if why else unknown


def _failed_run(tx: Transaction, about: Subject) -> SuiteRun | None:
    """The last run of the suite's own command on the release, when it failed."""
    mine = [
        r for r in tx.evals.suite_runs(about.suite.id, about.release.asset_id) if r.version == about.release.version
    ]
    last = max(mine, key=lambda r: r.started_at, default=None)
    return last if last is not None and last.state is SuiteRunState.FAILED else None


def _baseline_itself(tx: Transaction, about: Subject, run: EvalRun) -> SuiteWord:
    """A baseline has nothing to compare with; but items that must never fail must not fail in it either."""
    comparison = held(tx, about.suite, run.id, run.id)
    if comparison is None:
        detail = (
            f"run {run.id}, the baseline of {about.suite.id} itself, is not judged by the suite's present definition"
        )
        return SuiteWord(GateStatus.MISSING, detail, "The next round judges it: pulse-tui refresh", run)
    if comparison.refused:
        detail = f"the baseline of {about.suite.id} itself is not valid: {comparison.refused}"
        return SuiteWord(GateStatus.FAILED, detail, "Pin a run of the content that is frozen", run)
    bare = [t for t in about.suite.tasks if t.gate is about.kind and t.must_pass and not _has(run, t)]
    if bare:
        names = ", ".join(f"{t.name} {t.metric}" for t in bare[:SHOWN])
        detail = f"run {run.id}, the baseline of {about.suite.id} itself, has no value for {names}"
        return SuiteWord(GateStatus.FAILED, detail, f"Run {about.suite.id} to its end", run)
    alone = [v for v in comparison.verdicts if v.gate is about.kind and v.must_pass]
    if any(v.verdict is not Verdict.PASS for v in alone):
        return _judged(tx, about, run, run, comparison)
    return SuiteWord(GateStatus.OK, f"run {run.id} is the baseline of {about.suite.id} itself", run=run)


def _has(run: EvalRun, task: Task) -> bool:
    """A derived metric is computed from items, which a run is stored with or not: its task counts for it."""
    return any(s.task == task.name for s in run.scores)


def _judged(tx: Transaction, about: Subject, run: EvalRun, baseline: EvalRun, comparison: Comparison) -> SuiteWord:
    lines = [v for v in comparison.verdicts if v.gate is about.kind and v.must_pass]
    head = f"run {run.id} of {about.suite.id} against {baseline.version}: "
    failed = [line for line in lines if line.verdict is Verdict.FAIL]
    if failed:
        return SuiteWord(GateStatus.FAILED, head + _lines(failed), "Fix what got worse and measure again", run)
    undecided = [line for line in lines if line.verdict is Verdict.INCONCLUSIVE]
    if undecided:
        accepted = standing(tx, about, run, comparison)
        if accepted is not None:
            until = f"{accepted.until:%Y-%m-%d}"
            acceptance = f"risk accepted by {accepted.accepted_by} until {until}: {accepted.why}"
            return SuiteWord(GateStatus.ACCEPTED, f"{head}{_lines(undecided)}; {acceptance}", run=run)
        todo = (
            f"Measure more, or accept the risk: pulse-tui release accept-risk {run.asset_id} {run.version} "
            f"--env {about.environment.value if about.environment else 'production'} --gate {about.kind.value} --days 7 --why REASON"
        )
        return SuiteWord(
            GateStatus.UNDECIDED, f"{head}{_lines(undecided)}{_expired(tx, about, run, comparison)}", todo, run
        )
    if not lines:
        return SuiteWord(GateStatus.OK, f"{head}only diagnostics, nothing must pass", run=run)
    return SuiteWord(GateStatus.OK, head + "PASS, " + _lines(lines), run=run)


def _lines(lines: list[TaskVerdict]) -> str:
    more = f"; and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    return "; ".join(line_words(line) for line in lines[:SHOWN]) + more


def _aged(about: Subject, baseline: EvalRun, word: SuiteWord) -> SuiteWord:
    """A verdict against a baseline that is too old blocks: the model's surroundings have changed since."""
    most = about.suite.max_age
    age = (about.now - baseline.at).total_seconds()
    if most is None or age <= most or word.status is GateStatus.FAILED:
        return word
    detail = (
        f"the baseline {baseline.version} of {about.suite.id} was run {age / 86_400:.0f} days ago,"
        f" more than the {most / 86_400:g} allowed; {word.detail}"
    )
    todo = f"Run {about.suite.id} on {baseline.version} again and pin that run: pulse-tui suite pin"
    return SuiteWord(GateStatus.FAILED, detail, todo, word.run)


def standing(tx: Transaction, about: Subject, run: EvalRun, comparison: Comparison) -> Acceptance | None:
    """The accepted risk that covers this run there now."""
    return next((a for a in _accepted(tx, about, run, comparison) if a.until > about.now), None)


def _expired(tx: Transaction, about: Subject, run: EvalRun, comparison: Comparison) -> str:
    """Of an accepted risk whose date has passed."""
    last = next(iter(_accepted(tx, about, run, comparison)), None)
    return "" if last is None else f"; the risk was accepted by {last.accepted_by} until {last.until:%Y-%m-%d}: expired"


def _accepted(tx: Transaction, about: Subject, run: EvalRun, comparison: Comparison) -> list[Acceptance]:
    """Of this comparison, there, newest first."""
    if about.environment is None:
        return []
    wanted = (about.environment.value, about.kind)
    found = tx.evals.acceptances(run.asset_id, run.version)
    return [a for a in found if (a.environment, a.gate) == wanted and covers(a, comparison)]


def covers(accepted: Acceptance, comparison: Comparison) -> bool:
    """Whether the risk was accepted for exactly this: the run, its baseline, and the question."""
    looked_at = (accepted.run_id, accepted.baseline_id, accepted.definition)
    return looked_at == (comparison.run_id, comparison.baseline_id, comparison.definition)
