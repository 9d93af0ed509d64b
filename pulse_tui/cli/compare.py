"""``pulse-tui compare``: is the candidate worse than the baseline, and how sure is that?"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from pulse_tui.cli import compare_files
from pulse_tui.cli.output import put_json
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.metrics import bounds_of, direction_of
from pulse_tui.domain.text import clean

if TYPE_CHECKING:
    from pulse_tui.evaluate.verdict import Judgement

LATENCY = "p95_latency"
_LIMIT = 1.15


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """Two files, or a batch."""
    compare_files.arguments(parser)
    parser.add_argument("--batch", metavar="FILE", help="JSON Lines of comparisons, - for standard input")
    parser.epilog = (
        "Two files: every metric that both have, paired item by item where the files hold items. Runs of another suite\n"
        "content, other items or other prompts are refused with the difference named. --batch: one comparison a line, items paired by position; one line out per line, in the same order:\n"
        '  {"id", "metric", "higher_is_better": true, "margin": 0.02, "base": [..], "cand": [..], "cluster": [..]?}\n'
        '  {"id", "metric": "p95_latency", "slo": 800, "limit": 1.15, "cand": [..]}   latencies in order of time\n'
        "PASS: the whole 90 % interval is above -margin; FAIL: below it; INCONCLUSIVE: more_items more would decide.\n"
        "A line that cannot be judged is answered with its error. Empty lines are skipped.\n"
        "Exits with 0 when every line is PASS, 1 when one is not, 2 when no line can be judged."
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when all pass, 1 when not, 2 when nothing could be judged."""
    if options.batch is None:
        return compare_files.run(options)
    if options.files:
        raise WrongUse("compare takes two files or --batch FILE, not both")
    judged = refused = passed = 0
    with _lines(options.batch) as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            found = answer(line, number)
            if "error" in found:
                refused += 1
            else:
                judged += 1
                passed += found["verdict"] == "PASS"
            put_json(found)
            sys.stdout.flush()
    if not judged:
        what = f"none of the {refused} lines can be judged" if refused else "there is no comparison"
        raise WrongUse(f"{_named(options.batch)}: {what}", todo="pulse-tui compare --help shows the form of a line")
    return 0 if passed == judged and not refused else 1


@contextmanager
def _lines(path: str) -> Iterator[BinaryIO]:
    if path == "-":
        yield sys.stdin.buffer
        return
    try:
        file = open(path, "rb")  # noqa: SIM115  closed below; an error while judging is no error of the file
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise WrongUse(f"{_named(path)} cannot be read: {reason}") from None
    with file:
        try:
            yield file
        except IsADirectoryError:
            raise WrongUse(f"{_named(path)} is a directory") from None


def _named(path: str) -> str:
    return "standard input" if path == "-" else clean(path, 200)


def answer(line: bytes, number: int) -> dict[str, Any]:
    """The answer to one line: a verdict, or ``{"id", "error"}`` with the line's number."""
    from pulse_tui.evaluate.inputs import Unusable  # noqa: PLC0415  numpy and scipy only when they are needed

    case: dict[str, Any] = {}
    try:
        case = _decoded(line)
        return _judged(case)
    except (Unusable, ValueError) as error:
        return {"id": _id(case.get("id")), "error": f"line {number}: {clean(str(error), 300)}"}


def _decoded(line: bytes) -> dict[str, Any]:
    value = _plain(line)
    if not isinstance(value, dict):
        raise ValueError("not an object")  # noqa: TRY004  the value is wrong, not the program
    return value


def _plain(line: bytes) -> object:
    """Plain values. NaN and Infinity are no JSON but are written by many: they are read, to be refused by name."""
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        try:
            return json.loads(line)
        except (ValueError, RecursionError):
            raise ValueError(f"not JSON: {error}") from None
    except RecursionError:
        raise ValueError("not JSON of a comparison: nested too deep") from None


def _id(value: object) -> str | int | float | None:
    if isinstance(value, str):
        return clean(value, 200)
    if isinstance(value, float):
        return _finite(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value if abs(value) < 2**63 else str(value)  # the encoder stops there
    return None


def _judged(case: dict[str, Any]) -> dict[str, Any]:
    from pulse_tui.evaluate import inputs  # noqa: PLC0415
    from pulse_tui.evaluate.statistics.judge import judge, within_one  # noqa: PLC0415

    metric = case.get("metric", "")
    if not isinstance(metric, str):
        raise inputs.Unusable("metric is no text")
    if metric == LATENCY:
        return _latency(case)
    for key in ("base", "cand", "margin"):
        if key not in case:
            raise inputs.Unusable(f"{key} is missing")
    up = case.get("higher_is_better", direction_of(metric) if metric else True)
    if up is None:
        raise inputs.Unusable(f"nobody states which way {metric} is better", todo='Say it: "higher_is_better"')
    if not isinstance(up, bool):
        raise inputs.Unusable("higher_is_better is neither true nor false")
    bounds = bounds_of(metric)
    base, cand = inputs.paired(case["base"], case["cand"], bounds=bounds)
    span = 1.0 if bounds == (0.0, 1.0) or within_one(base, cand) else None
    margin = inputs.margin_of(case["margin"], span)
    labels = case.get("cluster")
    clusters = None if labels is None else inputs.labels(labels, base.size)
    found = judge(base, cand, margin=margin, higher_is_better=up, clusters=clusters, span=span)
    return _answer_of(case, found)


def _latency(case: dict[str, Any]) -> dict[str, Any]:
    from pulse_tui.evaluate import inputs  # noqa: PLC0415
    from pulse_tui.evaluate.statistics.latency import judge_latency  # noqa: PLC0415

    for key in ("slo", "cand"):
        if key not in case:
            raise inputs.Unusable(f"{key} is missing")
    slo = inputs.positive(case["slo"], "slo")
    limit = inputs.positive(case.get("limit", _LIMIT), "limit")
    found = judge_latency(inputs.numbers(case["cand"], "cand", bounds=(0.0, math.inf)), slo, limit)
    return {**_answer_of(case, found.judgement), "exceedances": found.exceedances}


def _answer_of(case: dict[str, Any], found: Judgement) -> dict[str, Any]:
    """The keys of an answer; an unbounded side is null."""
    return {
        "id": _id(case.get("id")),
        "verdict": found.verdict.value,
        "delta": _finite(found.delta),
        "low": _finite(found.low),
        "high": _finite(found.high),
        "method": found.method,
        "n": found.n,
        "clusters_effective": found.clusters_effective,
        "p_worse": _finite(found.p_worse),
        "more_items": found.more_items,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
