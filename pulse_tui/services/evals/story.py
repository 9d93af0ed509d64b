"""The page of a run: the three questions, the gate table, and what it is based on."""

from __future__ import annotations

from collections.abc import Iterator

from pulse_tui.domain.alert import OPEN
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.estate import Deployment
from pulse_tui.domain.evals import (
    ZERO_TOLERANCE,
    Basis,
    Comparison,
    EvalRun,
    Measure,
    TaskVerdict,
    Verdict,
)
from pulse_tui.domain.evidence import MetricEvidence
from pulse_tui.domain.moments import iso, to_us
from pulse_tui.domain.release import numbered
from pulse_tui.domain.views.evals import BenchStory, GateRow, RunRow
from pulse_tui.domain.words import Environment
from pulse_tui.enrich.evals.sentences import line_words, more_words, unit_of_line
from pulse_tui.ports import Transaction
from pulse_tui.services.evals.compared import compared
from pulse_tui.services.evals.verdicts import covers
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry.known_good import rollback_target
from pulse_tui.services.vendors.candidates import causes_of_run
from pulse_tui.settings.check import nearest
from pulse_tui.settings.shapes import SuiteShape

RUNS = 100
"""The newest runs that are listed."""
BASELINE, REFUSED = "baseline", "refused"
_WORST = {Verdict.FAIL: 0, Verdict.INCONCLUSIVE: 1, Verdict.PASS: 2}


def bench_story(parts: JudgeParts, asset_id: str, suite_id: str, run_id: str | None = None) -> BenchStory:
    """The page of a run against the pinned baseline; the newest run when none is named. Raises NotFound.

    A run that is named needs no asset and no suite.
    """
    with parts.store.read() as tx:
        if run_id is not None and not suite_id:
            named = tx.evals.get(run_id)
            if named is None:
                raise NotFound(f"there is no run {run_id!r}", todo="pulse-tui suite list names the last of each suite")
            asset_id, suite_id = named.asset_id, named.suite
        runs = tx.evals.runs(asset_id, suite_id, RUNS)
        if not runs:
            known = tx.evals.suites_of(asset_id)
            hint = nearest(suite_id, known) if known else "Ingest a result first: pulse-tui ingest FILE"
            raise NotFound(f"{asset_id} has no run of {suite_id}", todo=hint)
        runs.sort(key=lambda r: (r[1].at, r[0]))  # as the gate takes them: measured last, not come last
        run = next((r for _, r in runs if r.id == run_id), runs[-1][1])
        if run_id is not None and run.id != run_id:
            older = tx.evals.get(run_id)
            if older is None or (older.asset_id, older.suite) != (asset_id, suite_id):
                raise NotFound(f"there is no run {run_id!r} of {suite_id} on {asset_id}")
            run = older
        suite = parts.suites.get(suite_id)
        baseline = tx.evals.baseline(asset_id, suite_id)
        comparison = compared(tx, suite, run, baseline)
        word = _word(run, baseline, comparison)
        iterations = {r.version: r.iteration for r in tx.estate.releases(asset_id)}
        return BenchStory(
            asset=asset_id,
            suite=suite_id,
            run=run.id,
            version=run.version,
            at_us=to_us(run.at),
            baseline_run=baseline.id if baseline else "",
            baseline_version=baseline.version if baseline else "",
            verdict=word,
            changed=tuple(_changed(tx, run, baseline, comparison)),
            risk=tuple(_risk(tx, run, comparison)),
            todo=tuple(_todo(tx, parts, suite, run, baseline, comparison)),
            rows=tuple(sorted((_row(v) for v in comparison.verdicts), key=_rank)) if comparison else (),
            facts=tuple(_facts(tx, parts, suite, run, baseline, comparison)),
            measures=tuple(_measure(m) for m in comparison.measures) if comparison else (),
            runs=tuple(_run(tx, suite, iterations.get(r.version), r, baseline) for _, r in reversed(runs)),
        )


def _word(run: EvalRun, baseline: EvalRun | None, comparison: Comparison | None) -> str:
    if baseline is not None and baseline.id == run.id:
        return BASELINE
    if comparison is None:
        return ""
    if comparison.refused:
        return REFUSED
    word = comparison.verdict()
    return word.value if word is not None else ""


def _changed(tx: Transaction, run: EvalRun, baseline: EvalRun | None, comparison: Comparison | None) -> Iterator[str]:
    """The change itself first: a small screen cuts what comes after."""
    if comparison is not None and comparison.refused:
        yield f"it was not compared: {comparison.refused}"
    if baseline is not None and baseline.id != run.id:
        yield from _moved(tx, run, baseline)
    release = tx.estate.release(run.asset_id, run.version)
    version = numbered(run.version, release.iteration if release is not None else None)
    yield f"{run.asset_id} {version} was measured on {run.suite} {iso(run.at)} (run {run.id})"


def _moved(tx: Transaction, run: EvalRun, baseline: EvalRun) -> Iterator[str]:
    """The lineage differences between the baseline's release and this one."""
    older = tx.estate.release(run.asset_id, baseline.version)
    newer = tx.estate.release(run.asset_id, run.version)
    if older is not None and newer is not None and older.version != newer.version:
        moved = newer.lineage.difference(older.lineage)
        what = "; ".join(moved) if moved else "the same lineage, as far as recorded"
        yield f"{older.version} -> {newer.version}: {what}"


def _risk(tx: Transaction, run: EvalRun, comparison: Comparison | None) -> Iterator[str]:
    lines = comparison.verdicts if comparison is not None else ()
    bad = [v for v in lines if v.verdict is Verdict.FAIL] or [
        v for v in lines if v.verdict is Verdict.INCONCLUSIVE and v.must_pass
    ]
    bad.sort(key=lambda v: not v.must_pass)
    yield from (line_words(v) for v in bad[:3])
    if len(bad) > 3:
        yield f"and {len(bad) - 3} more lines, see the table"
    if bad:
        yield from (f"perhaps {c.words(run.at)}" for c in causes_of_run(tx, run.asset_id, run.id)[:3])
    if comparison is None:
        yield "unknown: nothing was compared"
    elif comparison.refused:
        yield "unknown: numbers of different content cannot be compared"
    elif not bad:
        passed = sum(v.verdict is Verdict.PASS for v in lines)
        yield f"none was found: {passed} of {len(lines)} lines pass, none is proven worse"
    asset = tx.estate.asset(run.asset_id)
    if asset is not None:
        where = [
            f"{d.environment.value} ({d.traffic:g} % of traffic)" for d in _serving(tx, run)
        ]  # fmt: skip
        marks = [asset.tier.value, f"{asset.exposure.value} exposure", *asset.data.words()]
        yield " · ".join(marks) + (f" · serves in {', '.join(where)}" if where else " · serves nowhere yet")


def _todo(
    tx: Transaction, parts: JudgeParts, suite: SuiteShape | None, run: EvalRun,
    baseline: EvalRun | None, comparison: Comparison | None,
) -> Iterator[str]:  # fmt: skip
    if suite is None:
        yield f"configure the suite: {run.suite} is not in the configuration, so nothing is judged"
        return
    if baseline is None:
        yield f"run {suite.id} on {suite.baselines.get(run.asset_id) or 'a good release'}, or pin this run as the baseline"
        return
    if (
        baseline.id == run.id
        and comparison is not None
        and (comparison.refused or comparison.verdict() is Verdict.FAIL)
    ):
        yield "pin another run as the baseline: this one is not valid, whatever is compared with it"
        return
    if baseline.id == run.id:
        yield f"nothing: later runs are compared with this one; measure the next release with {suite.id}"
        return
    if comparison is None:
        yield "wait for the next round: it is not judged by the suite's present definition"
        return
    if comparison.refused:
        yield "run the same items on both, or pin a run of the new content as the baseline"
        return
    word = comparison.verdict()
    if word is Verdict.FAIL:
        yield from _failed(tx, parts, run)
    elif word is Verdict.INCONCLUSIVE:
        yield from _undecided(tx, parts, run, comparison)
    else:
        yield f"nothing: by {suite.id} it may be promoted; the gate has the other checks"


def _failed(tx: Transaction, parts: JudgeParts, run: EvalRun) -> Iterator[str]:
    """The advice of its alerts, and a target for where it serves without one."""
    advised = _advised(tx, parts, run)
    yield from advised
    for deployment in _serving(tx, run):
        if deployment.environment not in advised.values():
            back = rollback_target(tx, run.asset_id, deployment.environment, run.version).release
            there = deployment.environment.value
            yield f"roll {there} back to {back.version}" if back else f"no rollback target in {there}: fix forward"
    if not advised:
        yield "do not promote it: the gate is closed until it is fixed and measured again"


def _undecided(tx: Transaction, parts: JudgeParts, run: EvalRun, comparison: Comparison) -> Iterator[str]:
    """The advice of its alerts, else what would decide; and who took the risk."""
    advised = _advised(tx, parts, run)
    yield from advised
    if not advised:
        open_ = [v for v in comparison.verdicts if v.verdict is Verdict.INCONCLUSIVE and v.must_pass]
        wants = [f"{_named(v)}: {more}" for v in open_ if (more := more_words(v))]
        yield "measure more: " + "; ".join(wants[:3]) if wants else "measure more: how much is not known yet"
    known = tx.evals.acceptances(run.asset_id, run.version)
    accepted = [a for a in known if covers(a, comparison) and a.until > parts.clock()]
    if accepted:
        yield f"the risk is accepted until {accepted[0].until:%Y-%m-%d} by {accepted[0].accepted_by}"
    elif not advised:
        yield "until then the gate blocks; an operator may accept the risk for some days"


def _advised(tx: Transaction, parts: JudgeParts, run: EvalRun) -> dict[str, Environment | None]:
    """What the pages of the open alerts about this run advise and for where, the most urgent first, each once."""
    lines: dict[str, Environment | None] = {}
    for alert in sorted(tx.judgements.alerts(list(OPEN), asset_id=run.asset_id), key=lambda a: a.priority.rank):
        signal = tx.signals.get(alert.signal_id)
        if signal is None or not isinstance(signal.evidence, MetricEvidence):
            continue
        if (signal.evidence.suite, signal.evidence.candidate_run) == (run.suite, run.id):
            for line in parts.advise(tx, parts, alert, signal, parts.clock()).lines:
                lines.setdefault(line, alert.environment)
    return lines


def _named(line: TaskVerdict) -> str:
    return f"{line.task} {line.metric}" + (f" in {line.slice}" if line.slice else "")


def _serving(tx: Transaction, run: EvalRun) -> list[Deployment]:
    found = (tx.estate.deployment(run.asset_id, e) for e in sorted(Environment, key=lambda e: e.rank))
    return [d for d in found if d is not None and d.version == run.version]


def _row(line: TaskVerdict) -> GateRow:
    unit, factor = unit_of_line(line)
    never = line.slice == ZERO_TOLERANCE  # there is no difference to show: the note names what failed

    def scaled(value: float | None) -> float | None:
        return None if value is None or never else value * factor

    return GateRow(
        line.task,
        line.metric,
        line.slice,
        line.gate.value,
        line.must_pass,
        line.verdict.value,
        # A latency is compared with its objective: the baseline's value is among the measures.
        None if line.basis is Basis.LIMIT else line.baseline,
        None if never else line.current,
        scaled(line.delta),
        scaled(line.low),
        scaled(line.high),
        line.margin * factor,
        unit,
        line.higher_is_better,
        line.n,
        line.repeats,
        line.clusters,
        line.method,
        more_words(line),
        line.note,
    )


def _rank(row: GateRow) -> tuple[int, bool, str, str, str]:
    return _WORST[Verdict(row.verdict)], not row.must_pass, row.task, row.metric, row.slice


def _facts(
    tx: Transaction, parts: JudgeParts, suite: SuiteShape | None, run: EvalRun,
    baseline: EvalRun | None, comparison: Comparison | None,
) -> Iterator[tuple[str, str]]:  # fmt: skip
    if suite is None:
        yield "Suite", f"{run.suite} is not configured"
    else:
        frozen = f"frozen as {suite.digest}" if suite.digest else "not frozen: pulse-tui suite freeze"
        yield "Suite", f"{suite.id}, {len(suite.tasks)} tasks, {frozen}"
        if suite.command:
            yield "Runs itself", f"{' '.join(suite.command)}" + (f", {suite.schedule}" if suite.schedule else "")
    yield (
        "Run",
        f"{run.id} of {run.version}, {run.format} from {run.source}"
        + (f", content {run.suite_digest[:16]}" if run.suite_digest else ""),
    )
    if baseline is not None:
        yield "Baseline", f"{baseline.version}, run {baseline.id}, {iso(baseline.at)}"
        for entry in tx.log.entries(subject=f"{run.asset_id}/{run.suite}", limit=3):
            if entry.action == "baseline.pinned":
                yield "Pinned", f"{iso(entry.at)} by {entry.actor}: {entry.detail.get('why', '')}"
    for line in comparison.verdicts if comparison is not None else ():
        if line.metric == "score" and line.task == "weighted mean":
            sentence = line_words(line)
            yield "Weighted mean", sentence + (f"; {line.note}" if line.note and line.note not in sentence else "")
    for accepted in tx.evals.acceptances(run.asset_id, run.version):
        state = "" if accepted.until > parts.clock() else " (expired)"
        yield (
            "Accepted risk",
            f"{accepted.gate.value} in {accepted.environment} until {accepted.until:%Y-%m-%d}{state}"
            f" by {accepted.accepted_by}: {accepted.why}",
        )
    for done in tx.evals.suite_runs(run.suite, run.asset_id, limit=3):
        yield (
            "Own run",
            f"{iso(done.started_at)} on {done.version}, {done.why}: {done.state.value} {done.detail}".rstrip(),
        )


def _measure(measure: Measure) -> tuple[str, str]:
    def scaled(value: float | None) -> str:
        return "unknown" if value is None else f"{value:.4g} {measure.unit}".rstrip()

    move = (
        scaled(measure.current)
        if measure.baseline is None
        else f"{scaled(measure.baseline)} -> {scaled(measure.current)}"
    )
    return f"{measure.task} {measure.name}", move + (f"  ({measure.note})" if measure.note else "")


def _run(
    tx: Transaction, suite: SuiteShape | None, iteration: int | None, run: EvalRun, baseline: EvalRun | None
) -> RunRow:
    comparison = compared(tx, suite, run, baseline)
    detail = ", ".join(f"{s.task} {s.metric} {s.value:.4g}" for s in run.scores[:3])
    if comparison is not None and comparison.refused:
        detail = comparison.refused
    return RunRow(run.id, run.version, iteration, to_us(run.at), _word(run, baseline, comparison), detail)
