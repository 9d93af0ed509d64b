"""The JSON of pytest-benchmark: how long each benchmark takes, in milliseconds.

Each benchmark is a task of its own: the times of two functions are no two samples of one thing. Its rounds, when the
file keeps them, are repeats of one item and the latencies that p95 is judged by. Rounds that follow each other are
alike, so that the standard error of the mean, made from their number, is the least it can be.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import msgspec

from pulse_tui.collectors._shared.files import FILE_CAP, collect_files, refuse
from pulse_tui.collectors._shared.plain import document, finite
from pulse_tui.collectors._shared.runs import PATTERN, refusing, run_id, whose
from pulse_tui.collectors._shared.sheets import short, shown
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import EvalRun, Score, Sheet
from pulse_tui.domain.source import Collected
from pulse_tui.ports import CollectContext, Peek


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the files are, and the asset and version they are about.

    ``path``: file, folder or glob. ``suite``: its name here (default: "pytest_benchmark"). ``asset`` and ``version``:
    else the benchmarks' ``extra_info`` of these names, else a ``pattern`` with these groups that is searched in the
    folder's name. ``max_bytes``: cap of one file.
    """

    path: str = ""
    suite: str = "pytest_benchmark"
    asset: str | None = None
    version: str | None = None
    pattern: str = PATTERN
    max_bytes: int = FILE_CAP


DURATION = "duration_ms"
"""The metric of the rounds."""
_NUMBERS = ("mean", "median", "min", "stddev")


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the files that are new or changed since the last round."""
    return collect_files(
        options.path, "*.json", options.max_bytes, context, lambda name, data, at: parse(name, data, options, at)
    )


def accepts(name: str, head: Peek) -> bool:
    """A JSON file with ``machine_info`` of a Python and ``benchmarks``."""
    if not name.endswith(".json"):
        return False
    if "benchmarks" in head.top and "machine_info" in head.top:
        return b'"python_' in bytes(head.top["machine_info"])
    start = b"".join(head.removeprefix(b"\xef\xbb\xbf").split())  # one that is cut off has no fields that can be read
    return start.startswith(b'{"machine_info":{') and b'"python_' in start


@refusing
def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One run: for each benchmark mean (with its standard error), median, min and standard deviation of its rounds.

    A benchmark without ``stats`` (it failed), one with a number that is missing, negative or not finite, and one that
    occurs twice are Rejected by name, the others land. Raises SourceError for broken
    JSON, another shape, an unknown asset or version, or when no benchmark lands.
    """
    plain = document(name, data)
    benchmarks = plain.get("benchmarks") if isinstance(plain, dict) else None
    if not isinstance(benchmarks, list):
        raise SourceError(f"{name} is not a pytest-benchmark file: it has no 'benchmarks'", todo="Use --benchmark-json")
    measured = [b for b in benchmarks if isinstance(b, dict) and isinstance(b.get("stats"), dict)]
    if not measured:
        raise SourceError(f"{name} has no benchmark that was measured", todo="See why they failed")
    scores: list[Score] = []
    sheets: list[Sheet] = []
    problems: dict[str, SourceError] = {}
    tasks = Counter(_task(benchmark) for benchmark in measured)
    for benchmark in measured:
        task = _task(benchmark)
        try:
            _once(name, task, tasks[task])
            mine = list(_scores(f"{name}: {task}", task, benchmark["stats"]))
            rounds = _rounds(f"{name}: {task}", benchmark["stats"])
        except SourceError as error:
            problems.setdefault(task, error)
            continue
        scores += mine
        if rounds:
            sheets.append(Sheet(task=task, items=(task,), scores={DURATION: (rounds,)}, latencies=rounds))
    if not scores:
        raise next(iter(problems.values()))
    refused = {
        _task(b): "it was not measured: its test failed"
        for b in benchmarks
        if isinstance(b, dict) and b not in measured
    }
    refused |= {
        task: error.what.rpartition(f"{task} is refused: ")[2].removeprefix(f"{name} ")
        for task, error in problems.items()
    }
    asset = options.asset or _told(name, measured, "asset")
    version = options.version or _told(name, measured, "version")
    folder = context.folder.name if context.folder is not None else ""
    asset, version = whose(name, asset, version, options.pattern, [folder])
    run = EvalRun(
        id=run_id("pytest_benchmark", name, data, asset, version, options.suite),
        asset_id=asset,
        version=version,
        suite=options.suite,
        at=_moment(plain.get("datetime")) or context.now,
        scores=tuple(scores),
        source=context.source,
        format="pytest_benchmark",
        sheets=tuple(sheets),
        refused=refused,
    )
    rejected = tuple(
        refuse(context.source, f"{name}: {task}", why, hint="the other benchmarks stand")
        for task, why in refused.items()
    )
    return Collected(observations=(run,), rejected=rejected, cursor=context.cursor)


def _once(name: str, task: str, times: int) -> None:
    if times > 1:
        raise SourceError(f"{name} is refused: {task} occurs twice", todo="Run each benchmark once")


def _task(benchmark: dict[str, Any]) -> str:
    """The test's full name, with its parameters; a benchmark that is not a test has them beside it."""
    name = str(benchmark.get("fullname") or benchmark.get("name") or "benchmark")
    param = benchmark.get("param")
    return short(f"{name}[{param}]" if isinstance(param, str) and param and f"[{param}]" not in name else name)


def _scores(where: str, task: str, stats: dict[str, Any]) -> Iterator[Score]:
    rounds = stats.get("rounds")
    n = rounds if isinstance(rounds, int) and not isinstance(rounds, bool) and 0 < rounds < 2**53 else None
    found = {key: _seconds(where, key, stats.get(key)) for key in _NUMBERS}
    for key in _NUMBERS:
        yield Score(
            task=task,
            metric=f"{key}_ms",
            value=found[key] * 1_000.0,
            higher_is_better=False,
            stderr=found["stddev"] * 1_000.0 / math.sqrt(n) if key == "mean" and n and n > 1 else None,
            n=n,
        )


def _rounds(where: str, stats: dict[str, Any]) -> tuple[float, ...]:
    """Milliseconds of each round, in the order of time; empty when the file does not keep them."""
    data = stats.get("data")
    if not isinstance(data, list):
        return ()
    return tuple(_seconds(where, f"data[{at}]", value) * 1_000.0 for at, value in enumerate(data))


def _seconds(where: str, key: str, value: Any) -> float:
    number = finite(value)
    if number is None or number < 0.0:
        what = "not a finite number" if number is None else "negative"
        raise SourceError(f"{where} is refused: its {key} is {shown(value)}: {what}", todo="Run it again")
    return number


def _told(name: str, benchmarks: list[dict[str, Any]], key: str) -> str | None:
    """What the benchmarks say of themselves. Raises SourceError when they do not agree."""
    extras = (b.get("extra_info") for b in benchmarks)
    found = {
        str(v) for e in extras if isinstance(e, dict) and isinstance(v := e.get(key), str | int | float) and v != ""
    }
    if len(found) > 1:
        stated = " and ".join(shown(text) for text in sorted(found)[:2])
        raise SourceError(f"{name}: its benchmarks say {key} {stated}", todo=f"Write a file for each, or set '{key}'")
    return next(iter(found), None)


def _moment(text: Any) -> datetime | None:
    """``datetime``; one without an offset is taken as UTC, as it is written."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
