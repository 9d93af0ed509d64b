"""``pulse-tui compare BASE CANDIDATE``: the runs of two result files compared."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from pulse_tui.cli.output import emit
from pulse_tui.domain.errors import Nameless, SourceError, WrongUse
from pulse_tui.domain.evals import Comparison, EvalRun, Gate, Measure, Task, TaskVerdict, Verdict
from pulse_tui.domain.metrics import bounds_of, guards_safety, is_amount
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.domain.text import clean
from pulse_tui.enrich.evals.sentences import line_words
from pulse_tui.kinds import Kinds
from pulse_tui.ports import Peek
from pulse_tui.services.signals.files import About, detect, file_formats, read_result
from pulse_tui.settings.check import nearest
from pulse_tui.wiring import find_config, now, outside

if TYPE_CHECKING:
    from pulse_tui.settings.shapes import SuiteShape

SHOWN = 5
"""Metrics that are named of those that have one reason."""
HERE = "file"
"""The asset of a file that names none."""
_UNBOUNDED = "no scale of 0 to 1: name the loss that is accepted"


class Compared(NamedTuple):
    """Two runs of one suite and how they compare."""

    suite: str
    baseline: str
    candidate: str
    comparison: Comparison
    left_out: tuple[str, ...]
    """Metrics that are not judged, for want of a margin."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """What to compare and how."""
    parser.add_argument(
        "files",
        nargs="*",
        metavar="BASE CANDIDATE",
        help="two result files; FILE#VERSION picks a run of one with several",
    )
    parser.add_argument("--kind", help="the format of both files; detected from each when left out")
    parser.add_argument("--task", help="only this task")
    parser.add_argument("--metric", help="only this metric")
    parser.add_argument(
        "--margin", type=float, help="the loss still accepted, in the metric's unit (default 0.02 for shares)"
    )
    parser.add_argument("--slo", type=float, metavar="MS", help="judge p95 latency against 1.15 times this objective")
    way = parser.add_mutually_exclusive_group()
    way.add_argument(
        "--higher-is-better", dest="up", action="store_true", default=None, help="of the metric that is named"
    )
    way.add_argument("--lower-is-better", dest="up", action="store_false", help="of the metric that is named")
    parser.add_argument("--suite", metavar="ID", help="ask what this suite of the configuration asks")
    parser.add_argument("--config", metavar="PATH", help="the configuration of --suite")


def run(options: argparse.Namespace) -> int:
    """0 when everything passes, 1 when not, 2 when there is nothing to compare."""
    if len(options.files) != 2:
        raise WrongUse(
            f"compare takes two result files, {len(options.files)} were given",
            todo="pulse-tui compare BASE CANDIDATE, or --batch FILE",
        )
    if options.margin is not None and not 0 <= options.margin < float("inf"):
        raise WrongUse(f"--margin {options.margin:g} is no loss", todo="Give a number from 0 up, like 0.02")
    if options.slo is not None and not 0 < options.slo < float("inf"):
        raise WrongUse(f"--slo {options.slo:g} is no objective", todo="Give milliseconds above zero, like 800")
    if options.up is not None and options.metric is None:
        raise WrongUse("a direction is of one metric", todo="Name it with --metric")
    suite = _suite(options)
    (before, odd), (after, more) = (_runs(name, options) for name in options.files)
    found = [_compared(b, c, options, suite) for b, c in _pairs(before, after, options.files)]
    judged = [v for one in found for v in one.comparison.verdicts]
    if not judged and not any(one.comparison.refused for one in found):
        if left := [name for one in found for name in one.left_out]:
            raise WrongUse(f"nothing can be compared: {_unbounded(left)}", todo="--margin is the loss that is accepted")
        there = sorted({s.metric for r in before for s in r.scores} & {s.metric for r in after for s in r.scores})
        named = f"; they have {', '.join(there)}" if there else ""
        raise WrongUse(f"nothing can be compared: the files have no such metric in common{named}")
    unused = [f"  not used: {told}" for told in dict.fromkeys(str(r.problem) for r in (*odd, *more))]
    emit(options, [_plain(one) for one in found], [*(line for one in found for line in _lines(one)), *unused])
    refused = any(one.comparison.refused for one in found)
    return 0 if not refused and all(v.verdict is Verdict.PASS for v in judged) else 1


# --------------------------------------------------------------------------- reading


def _runs(name: str, options: argparse.Namespace) -> tuple[list[EvalRun], tuple[Rejected, ...]]:
    """The runs of a file, all or the one named behind ``#``, and what of it was refused. A refused run is an error here:
    it was asked for."""
    path, _, wanted = name.partition("#") if not Path(name).exists() else (name, "", "")
    shown = clean(path, 200)
    kinds = {k: m for k, m in file_formats(Kinds("collectors")).items() if options.kind in (None, k)}
    if not kinds:
        raise WrongUse(
            f"there is no format {options.kind!r}", todo=nearest(options.kind, file_formats(Kinds("collectors")))
        )
    if Path(path).is_dir():
        path = _only_result(Path(path), kinds)
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
        raise WrongUse(f"{shown} cannot be read: {reason}") from None
    read = _read(path, data, kinds, options.kind)
    runs = [o for o in read.observations if isinstance(o, EvalRun)]
    found = [r for r in runs if wanted in ("", r.version)]
    if found:
        return found, read.rejected
    if runs:
        raise WrongUse(f"{shown} has no run of {clean(wanted, 80)!r}", todo=nearest(wanted, {r.version for r in runs}))
    if read.rejected:
        raise SourceError(str(read.rejected[0].problem))
    raise WrongUse(f"{shown} holds no benchmark result")


def _read(path: str, data: bytes, kinds: dict[str, Any], kind: str | None) -> Collected:
    """The file under the asset it names; else under none, with its models or its name as versions."""
    world = outside(_NoNetwork(), Path.cwd(), now)  # type: ignore[arg-type]
    context = world.collecting("compare", now(), folder=Path(path).resolve().parent)
    guesses = [About(path=path), About(asset=HERE, path=path), About(asset=HERE, version=Path(path).stem, path=path)]
    problem: SourceError | None = None
    first: Collected | None = None
    for about in guesses:
        try:
            read = read_result(kinds, kind, path, data, about, context, naming="Name it with --kind")
        except Nameless as error:
            problem = problem or error
            continue
        if any(isinstance(o, EvalRun) for o in read.observations):
            return read
        first = first or read
        if not any(r.nameless for r in read.rejected):
            return read
    if first is not None:
        return first
    assert problem is not None
    raise problem


def _only_result(folder: Path, kinds: dict[str, Any]) -> str:
    """The one result file of a folder. Raises WrongUse with those that there are."""
    found = []
    for file in sorted(f for f in folder.iterdir() if f.is_file() and not f.name.startswith(("samples_", "."))):
        if detect(kinds, file.name, Peek(file.read_bytes())) is not None:
            found.append(file)
    if len(found) != 1:
        names = ", ".join(f.name for f in found[:5]) or "no result file"
        raise WrongUse(f"{clean(str(folder), 200)} is a folder with {names}", todo="Name the file")
    return str(found[0])


class _NoNetwork:
    """Two files are read from disk; nothing may ask anybody."""

    def within(self, _seconds: float) -> _NoNetwork:
        return self


def _pairs(before: Sequence[EvalRun], after: Sequence[EvalRun], names: Sequence[str]) -> list[tuple[EvalRun, EvalRun]]:
    """Runs of one suite belong together; a suite that only one file has is reported by comparing it to nothing."""
    for name, runs in zip(names, (before, after), strict=True):
        versions = sorted({r.version for r in runs})
        if len(versions) > 1:
            shown = ", ".join(versions[:8]) + (", …" if len(versions) > 8 else "")
            raise WrongUse(
                f"{clean(name, 200)} has runs of {len(versions)} versions: {shown}",
                todo=f"Pick one: {name}#{versions[0]}",
            )
    if len(before) == len(after) == 1:
        return [(before[0], after[0])]
    mine = {r.suite: r for r in before}
    both = [(mine[r.suite], r) for r in after if r.suite in mine]
    if not both:
        raise WrongUse(
            f"the files have no suite in common: {', '.join(sorted(mine))} against {', '.join(sorted(r.suite for r in after))}"
        )
    return both


def _suite(options: argparse.Namespace) -> SuiteShape | None:
    if options.suite is None:
        return None
    from pulse_tui.kinds import options_of  # noqa: PLC0415
    from pulse_tui.settings.load import load  # noqa: PLC0415

    config = find_config(options.config)
    if config is None:
        raise WrongUse("--suite needs a configuration", todo="Name it with --config")
    suites = {s.id: s for s in load(config, options_of).suites}
    if options.suite not in suites:
        raise WrongUse(f"there is no suite {options.suite!r}", todo=nearest(options.suite, suites))
    return suites[options.suite]


# --------------------------------------------------------------------------- comparing


def _compared(base: EvalRun, cand: EvalRun, options: argparse.Namespace, suite: SuiteShape | None) -> Compared:
    from pulse_tui.evaluate.compare.comparing import compare  # noqa: PLC0415  brings SciPy
    from pulse_tui.evaluate.definition import Question  # noqa: PLC0415

    left_out: list[str] = []
    if suite is not None:
        question = Question(suite.tasks, None, suite.margin)
        base, cand = (msgspec.structs.replace(r, suite=suite.id) for r in (base, cand))
    else:
        question = Question(tuple(_tasks(base, cand, options, left_out)))
    comparison = compare(base, cand, question)
    return Compared(
        cand.suite, f"{base.asset_id} {base.version}", f"{cand.asset_id} {cand.version}", comparison, tuple(left_out)
    )


def _tasks(base: EvalRun, cand: EvalRun, options: argparse.Namespace, left_out: list[str]) -> Iterator[Task]:
    """A task for every metric that both have."""
    mine = {(s.task, s.metric): s for s in base.scores}
    for score in cand.scores:
        name = f"{score.task} {score.metric}"
        if (
            (score.task, score.metric) not in mine
            or options.task not in (None, score.task)
            or options.metric not in (None, score.metric)
        ):
            continue
        if (
            options.margin is None
            and bounds_of(score.metric) != (0.0, 1.0)
            and not _shares(base, cand, score.task, score.metric)
        ):
            left_out.append(name)
            continue
        # No weight: whether the metrics share their items, and so may be averaged, only a suite can say.
        if options.margin is not None and options.margin >= 1 and bounds_of(score.metric) == (0.0, 1.0):
            what = f"a margin of {options.margin:g} is the whole scale of {name} and would pass anything"
            raise WrongUse(what, todo=f"Points are hundredths here: did you mean {options.margin / 100:g}?")
        gate = Gate.SAFETY if guards_safety(score.metric) else Gate.FUNCTIONAL
        yield Task(
            name=score.task,
            metric=score.metric,
            margin=options.margin,
            weight=0.0,
            gate=gate,
            higher_is_better=options.up,
        )
    if options.slo is not None:
        for sheet in cand.sheets:
            if sheet.latencies and options.task in (None, sheet.task):
                yield Task(name=sheet.task, metric="p95_latency", slo=options.slo)
    if options.metric == "cost":
        yield from (Task(name=s.task, metric="cost", margin=options.margin) for s in cand.sheets if s.costs)


def _shares(base: EvalRun, cand: EvalRun, task: str, metric: str) -> bool:
    """Whether every score of both sides lies within 0 and 1: then it is taken for a share, unless its name says not."""
    if is_amount(metric):
        return False
    for run in (base, cand):
        sheet = run.sheet(task)
        if sheet is None or not all(0.0 <= s <= 1.0 for row in sheet.scores.get(metric, ()) for s in row):
            return False
    return True


# --------------------------------------------------------------------------- reporting


def _lines(one: Compared) -> Iterator[str]:
    comparison = one.comparison
    yield f"{one.suite}: {one.baseline} -> {one.candidate}"
    if comparison.refused:
        yield f"  REFUSED: {comparison.refused}"
    for line in sorted(comparison.verdicts, key=_worst_first):
        yield f"  {line.verdict.value:<13} {line_words(line)}" + (
            f"; {line.note}" if line.note and line.note not in line_words(line) else ""
        )
    for measure in comparison.measures:
        yield f"  {_measured(measure)}"
    if one.left_out:
        yield f"  not judged: {_unbounded(one.left_out)}: --margin"


def _unbounded(names: Sequence[str]) -> str:
    """The reason once, however many metrics it is of."""
    shown = ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
    return f"{shown} {'has' if len(names) == 1 else 'have'} {_UNBOUNDED}"


def _worst_first(line: TaskVerdict) -> int:
    return (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS).index(line.verdict)


def _measured(measure: Measure) -> str:
    before = "" if measure.baseline is None else f"{measure.baseline:.4g} -> "
    note = f" ({measure.note})" if measure.note else ""
    return f"{measure.task} {measure.name} {before}{measure.current:.4g} {measure.unit}".rstrip() + note


def _plain(one: Compared) -> dict[str, Any]:
    comparison = msgspec.to_builtins(one.comparison)
    word = one.comparison.verdict()
    return {
        "suite": one.suite,
        "baseline": one.baseline,
        "candidate": one.candidate,
        "verdict": "REFUSED" if one.comparison.refused else word.value if word is not None else None,
        "refused": one.comparison.refused,
        "lines": comparison.get("verdicts", []),
        "measures": comparison.get("measures", []),
        "not_judged": [_unbounded([name]) for name in one.left_out],
    }
