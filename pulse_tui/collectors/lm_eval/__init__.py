"""Results of the LM Evaluation Harness: ``results_<timestamp>.json``, and the samples beside them.

The harness writes the totals first and ``samples_<task>_<timestamp>.jsonl`` after them, when it is asked to. A run is
the same run with and without its samples: they add the items behind each total.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec

from pulse_tui.collectors._shared.files import FILE_CAP, collect_files, read_capped, refuse
from pulse_tui.collectors._shared.plain import document as plain_document
from pulse_tui.collectors._shared.plain import finite
from pulse_tui.collectors._shared.runs import PATTERN, refusing, run_id, whose
from pulse_tui.collectors._shared.runs import refused as refusal
from pulse_tui.collectors._shared.sheets import short, totals
from pulse_tui.collectors.lm_eval.beside import base_of, beside, named, results_of, samples_of
from pulse_tui.collectors.lm_eval.conditions import conditions
from pulse_tui.collectors.lm_eval.samples import Fields, Part, Unread, lines_of, metric_name, sheet_of
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import EvalRun, Score, Sheet
from pulse_tui.domain.metrics import bounds_of, direction_of
from pulse_tui.domain.moments import from_us
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.ports import CollectContext, Peek


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the files are, and the asset and version they are about.

    ``path``: file, folder or glob. ``suite``: its name here (default: the only task's name, or "lm_eval").
    ``asset`` and ``version``, or a ``pattern`` with these groups that is searched in model_name, model_args
    and the folder's name. ``cluster`` and ``slices``: keys of a sample's document; a slice is named ``topic=geo``.
    ``max_bytes``: cap of a results file, ``max_sample_bytes`` of one of samples.
    """

    path: str = ""
    suite: str = ""
    asset: str | None = None
    version: str | None = None
    pattern: str = PATTERN
    cluster: str = "cluster"
    slices: tuple[str, ...] = ()
    max_bytes: int = FILE_CAP
    max_sample_bytes: int = 2**30


_SAME = 1e-4
"""How far the mean of the items may lie from what is reported, which some versions round to four digits."""
_SENTINEL = -1.0
_BYPASS = "bypass"
"""What the harness reports where it only kept the answers (``--predict_only``): a constant."""
_ITS_OWN = frozenset(
    {"n-shot", "versions", "configs", "higher_is_better", "task_hashes", "n-samples", "group_subtasks"}
)
_FOREIGN = frozenset({"evalId", "status", "bomFormat", "spdxVersion"})
"""Keys of other tools' files that have ``results`` too."""
_NOT_METRICS = frozenset({"alias", "name", "sample_len", "sample_count", "samples"})


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the result files that are new or changed since the last round, or whose samples are."""
    return collect_files(
        options.path,
        "results*.json",
        options.max_bytes,
        context,
        lambda name, data, at: parse(name, data, options, at),
        beside=beside(),
    )


def accepts(name: str, head: Peek) -> bool:
    """A JSON file with ``results`` and what else the harness writes, or that is named as it names it; JSON Lines of its
    samples."""
    base = base_of(name)
    if base.endswith(".jsonl"):
        return _begins_samples(head)
    if not base.endswith(".json"):
        return False
    results = bytes(head.top.get("results", b"")).lstrip()
    if results.startswith(b"{") and _FOREIGN.isdisjoint(head.top):
        its_own = not _ITS_OWN.isdisjoint(head.top) or b",none" in results or b"_stderr" in results
        return base.startswith("results") or its_own
    begin = bytes(head).removeprefix(b"\xef\xbb\xbf")  # one that is cut off: by how it begins
    start = b"".join(begin[:200].split())
    return start.startswith(b'{"results":{') and (
        base.startswith("results") or b",none" in begin or b"_stderr" in begin
    )


@refusing
def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One run, with the items of each task whose samples lie beside it in ``context.folder``.

    Samples that cannot be read or are not all there yet are Rejected: they may come later. So is a metric whose total is
    not finite or outside its scale, by its name, and the others are stored. Items whose mean is not the total that the
    file reports are not used. A file of samples is read as its run when the results are beside it, else alone. Raises
    SourceError for broken JSON, another shape, an unknown asset or version, no score at all, or a sample's score that is
    no finite number or outside its metric's scale.
    """
    base = base_of(name)
    if base.endswith(".jsonl") or _begins_samples(data[:4096]):
        whole = results_of(context.folder, base) if context.folder is not None else None
        if whole is None:
            return _alone(name, data, options, context)
        name = f"{name[: -len(base)]}{whole.name}"
        data = read_capped(whole, name, options.max_bytes, context.folder)
    document = _document(name, data)
    rejected: list[Rejected] = []
    refused: dict[str, str] = {}
    config = document.get("config")
    arguments = config.get("model_args") if isinstance(config, dict) else None
    texts = [str(document.get("model_name") or ""), json.dumps(arguments) if arguments else "", _folder(context)]
    asset, version = whose(name, options.asset, options.version, options.pattern, texts)
    scores = tuple(_scores(name, document, context.source, rejected, refused))
    found = tuple(_sheets(name, document, scores, options, context, rejected, refused))
    scores = tuple(score for score in scores if score.task not in refused)
    if not scores:
        raise refusal(_nothing(name, rejected), asset, version, options.suite, todo="Check the metrics and their units")
    tasks = list(dict.fromkeys(score.task for score in scores))
    suite = options.suite or (tasks[0] if len(tasks) == 1 else "lm_eval")
    run = EvalRun(
        id=run_id("lm_eval", name, data, asset, version, suite),
        asset_id=asset,
        version=version,
        suite=suite,
        at=_moment(document.get("date")) or context.now,
        scores=scores,
        suite_digest=_suite_digest(document, tasks),
        source=context.source,
        format="lm_eval",
        sheets=found,
        conditions=conditions(document, tasks),
        refused=refused,
    )
    return Collected(observations=(run,), rejected=tuple(rejected), cursor=context.cursor)


# --------------------------------------------------------------------------- samples


def _sheets(
    name: str,
    document: dict[str, Any],
    scores: Sequence[Score],
    options: Options,
    context: CollectContext,
    rejected: list[Rejected],
    refused: dict[str, str],
) -> Iterator[Sheet]:
    """The items of the tasks of which there are samples."""
    if context.folder is None:
        return
    base = base_of(name)
    for task, file in samples_of(context.folder, base, document["results"]).items():
        mine = {score.metric: score.value for score in scores if score.task == short(task)}
        metrics = tuple(mine)
        shown = f"{name[: -len(base)]}{file.name}"
        part = Part(name, shown, task, metrics, _count(document, task))
        try:
            sheet = sheet_of(part, lines_of(file, shown, options.max_sample_bytes, context.folder), _fields(options))
        except Unread as error:
            hint = "the totals are used without these items"
            rejected.append(refuse(context.source, error.where, str(error), hint=hint))
            continue
        except SourceError as error:  # an invalid score: a total computed from it is invalid too
            why = error.what.removeprefix(f"{name} is refused: ")
            refused[short(task)] = why
            rejected.append(
                refuse(context.source, f"{name}: task {task}", f"is refused: {why}", hint="other tasks are used")
            )
            continue
        if sheet is not None:
            whole = _as_reported(shown, sheet, mine, context.source, rejected)
            if whole.scores:
                yield whole


def _as_reported(name: str, sheet: Sheet, totals_: dict[str, float], source: str, rejected: list[Rejected]) -> Sheet:
    """The items of the metrics whose mean is the total that the file reports; the others have their totals alone.

    -1 is what some tasks (RULER) give an item that a metric is not about: where the mean of the others is what is
    reported, these are the metric's items.
    """
    kept: dict[str, tuple[tuple[float, ...], ...]] = {}
    for metric, rows in sheet.scores.items():
        total = totals_.get(metric)
        about = tuple(() if _SENTINEL in row else row for row in rows)
        if total is None or _mean_is(total, rows):
            kept[metric] = rows
        elif _mean_is(total, about):
            kept[metric] = about
        else:
            means = [math.fsum(row) / len(row) for row in rows if row]
            given = math.fsum(means) / len(means)
            what = f"the items give {given:.6g} for {metric}, the results report {total:.6g}: they are not used"
            hint = "the reported total is used, which is not their mean"
            rejected.append(refuse(source, name, what, hint=hint))
    return msgspec.structs.replace(sheet, scores=kept)


def _mean_is(total: float, rows: Sequence[Sequence[float]]) -> bool:
    means = [math.fsum(row) / len(row) for row in rows if row]
    return bool(means) and math.isclose(math.fsum(means) / len(means), total, rel_tol=_SAME, abs_tol=_SAME)


def _alone(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """Samples without their results: the totals are made from them."""
    stated = named(base_of(name))
    task = stated.task or options.suite
    if not task:
        raise SourceError(f"{name} does not name its task", todo="Name it samples_<task>.jsonl, or set 'suite'")
    asset, version = whose(name, options.asset, options.version, options.pattern, [_folder(context)])
    try:
        sheet = sheet_of(Part(name, name, task), data.split(b"\n"), _fields(options))
    except Unread as error:
        raise SourceError(f"{error.where}: {error}", todo="Write it again, whole") from None
    if sheet is None:
        raise SourceError(f"{name} has no metric with a score for each item", todo="Give it the results_*.json")
    suite = options.suite or sheet.task
    run = EvalRun(
        id=run_id("lm_eval", name, data, asset, version, suite),
        asset_id=asset,
        version=version,
        suite=suite,
        at=min(stated.at or context.now, context.now),
        scores=tuple(totals([sheet], lambda _task, metric: direction_of(metric))),
        source=context.source,
        format="lm_eval",
        sheets=(sheet,),
    )
    return Collected(observations=(run,), cursor=context.cursor)


def _begins_samples(head: bytes) -> bool:
    start = b"".join(head.split())
    return start.startswith(b'{"doc_id":') and b'"doc":' in start


def _fields(options: Options) -> Fields:
    return Fields(options.cluster, options.slices)


def _folder(context: CollectContext) -> str:
    return context.folder.name if context.folder is not None else ""


# --------------------------------------------------------------------------- totals


def _document(name: str, data: bytes) -> dict[str, Any]:
    document = plain_document(name, data)
    if not isinstance(document, dict) or not isinstance(document.get("results"), dict):
        raise SourceError(f"{name} is not an lm_eval result: it has no 'results'", todo="Give it the results_*.json")
    return document


def _nothing(name: str, rejected: list[Rejected]) -> str:
    """Why a file has no score: what it has was refused, or nothing was scored."""
    if not rejected:
        return f"{name} has no score"
    more = f", and {len(rejected) - 1} more such" if len(rejected) > 1 else ""
    return f"{name} is refused: {rejected[0].problem.where.removeprefix(f'{name}: ')} {rejected[0].problem.what}{more}"


def _scores(
    name: str, document: dict[str, Any], source: str, rejected: list[Rejected], refused: dict[str, str]
) -> Iterator[Score]:
    for task, row in document["results"].items():
        if not isinstance(row, dict):
            rejected.append(refuse(source, f"{name}: results.{task}", "not a set of metrics"))
            continue
        filtered = any("," in key for key in row)
        percent = any(_is_percent(key.partition(",")[0], value) for key, value in row.items())
        for key, value in row.items():
            metric, _, used = key.partition(",")
            skip = key in _NOT_METRICS or metric.endswith("_stderr") or (filtered and not used)
            if skip or isinstance(value, str | dict | list) or value is None:
                continue
            number = finite(value)
            if number is None or (why := _odd(metric, number, percent=percent)):
                what = f"is {value}, not a finite number" if number is None else why
                rejected.append(
                    refuse(source, f"{name}: results.{task}.{key}", what, hint="the other metrics are used")
                )
                refused[f"{short(task)} {short(metric_name(metric, used))}"] = what
                continue
            stderr = finite(row.get(f"{metric}_stderr,{used}" if used else f"{metric}_stderr"))
            yield Score(
                task=short(task),
                metric=short(metric_name(metric, used)),
                value=number,
                higher_is_better=(up := _direction(document, task, metric)) is not False,
                directed=up is not None,
                stderr=stderr if stderr is not None and stderr >= 0 else None,
                n=_count(document, task),
            )


def _is_percent(metric: str, value: Any) -> bool:
    """Whether a share was written in hundredths."""
    number = finite(value)
    return number is not None and 1.0 < number <= 100.0 and bounds_of(metric) == (0.0, 1.0)


def _odd(metric: str, number: float, *, percent: bool) -> str:
    """Why a total is invalid; empty when it is valid. Beside percentages a 0.6 of the same task may well be 0.6 %."""
    if metric == _BYPASS:
        return "means that nothing was scored: the answers were only kept (predict_only)"
    low, high = bounds_of(metric)
    if low <= number <= high:
        return f"is {number:g} beside percentages: its unit is unknown" if percent and high == 1.0 else ""
    asked = ": a percentage? metrics of this name are parts of one" if _is_percent(metric, number) else ""
    return f"is {number:g}, outside {low:g} to {high:g}{asked}"


def _section(document: dict[str, Any], section: str, task: str) -> Any:
    whole = document.get(section)
    return whole.get(task) if isinstance(whole, dict) else None


def _direction(document: dict[str, Any], task: str, metric: str) -> bool | None:
    stated = _section(document, "higher_is_better", task)
    upward = stated.get(metric) if isinstance(stated, dict) else None
    return upward if isinstance(upward, bool) else direction_of(metric)


def _count(document: dict[str, Any], task: str) -> int | None:
    stated = _section(document, "n-samples", task)
    count = stated.get("effective") if isinstance(stated, dict) else None
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else None


def _suite_digest(document: dict[str, Any], tasks: list[str]) -> str | None:
    """Over the tasks' hashes, versions and shots; None when the harness did not write all hashes."""
    hashes = [_section(document, "task_hashes", task) for task in tasks]
    if not all(isinstance(h, str) and h for h in hashes):
        return None
    parts = [
        [task, digest, _section(document, "versions", task), _section(document, "n-shot", task)]
        for task, digest in zip(tasks, hashes, strict=True)
    ]
    return hashlib.sha256(json.dumps(sorted(parts, key=str)).encode()).hexdigest()


def _moment(stamp: Any) -> datetime | None:
    """``date`` is seconds since the epoch."""
    seconds = finite(stamp)
    try:
        return from_us(int(seconds * 1_000_000)) if seconds and seconds > 0 else None
    except OverflowError:
        return None
