"""Results of the LM Evaluation Harness: ``results_*.json``. The ``samples_*.jsonl`` beside them are not read."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from pulse_tui.collectors._files import FILE_CAP, broken_json, collect_files, refuse
from pulse_tui.collectors._runs import PATTERN, run_id, whose
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import EvalRun, Score
from pulse_tui.domain.moments import from_us
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the files are and whose they are.

    ``path``: file, folder or glob. ``suite``: its name here (default: the only task's name, or "lm_eval").
    ``asset`` and ``version``, or a ``pattern`` with these groups that is searched in model_name, model_args
    and the folder's name. ``max_bytes``: cap of one file.
    """

    path: str = ""
    suite: str = ""
    asset: str | None = None
    version: str | None = None
    pattern: str = PATTERN
    max_bytes: int = FILE_CAP


#: Metrics that fall when the model gets better, for files that do not say so themselves.
_LOWER = frozenset(
    {"perplexity", "word_perplexity", "byte_perplexity", "bits_per_byte", "ppl", "loss", "brier_score"}
    | {"wer", "cer", "ter", "mse", "mae", "rmse"}
)
_NOT_METRICS = frozenset({"alias", "name", "sample_len", "sample_count", "samples"})


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the result files that are new or changed since the last round."""
    return collect_files(
        options.path,
        "results*.json",
        options.max_bytes,
        context,
        lambda name, data, at: parse(name, data, options, at),
    )


def accepts(name: str, head: bytes) -> bool:
    """A JSON file that begins with ``results``, or is named as the harness names it."""
    base = name.replace("\\", "/").rpartition("/")[2]
    if not base.endswith(".json") or not head.lstrip().startswith(b"{"):
        return False
    start = b"".join(head[:200].split())
    return start.startswith(b'{"results":{') and (base.startswith("results") or b",none" in head or b"_stderr" in head)


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One run. A score that is no finite number is Rejected by its name, the others land.

    Raises SourceError for broken JSON, another shape, an unknown asset or version, or no score at all.
    """
    document = _document(name, data)
    rejected: list[Rejected] = []
    scores = tuple(_scores(name, document, context.source, rejected))
    if not scores:
        raise SourceError(f"{name} has no score" + (f": {rejected[0].problem}" if rejected else ""))
    config = document.get("config")
    arguments = config.get("model_args") if isinstance(config, dict) else None
    texts = [str(document.get("model_name") or ""), json.dumps(arguments) if arguments else ""]
    asset, version = whose(name, options.asset, options.version, options.pattern, texts)
    tasks = list(dict.fromkeys(score.task for score in scores))
    run = EvalRun(
        id=run_id("lm_eval", name, data),
        asset_id=asset,
        version=version,
        suite=options.suite or (tasks[0] if len(tasks) == 1 else "lm_eval"),
        at=_moment(document.get("date")) or context.now,
        scores=scores,
        suite_digest=_suite_digest(document, tasks),
        source=context.source,
        format="lm_eval",
    )
    return Collected(observations=(run,), rejected=tuple(rejected), cursor=context.cursor, done=(name,))


def _document(name: str, data: bytes) -> dict[str, Any]:
    try:
        # The standard library: unlike msgspec it reads the NaN that the harness writes, so that we can name it.
        document = json.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except json.JSONDecodeError as error:
        cut = error.pos >= len(error.doc.rstrip()) or "Unterminated" in error.msg
        what = "the JSON ends too early" if cut else error.msg
        raise SourceError(f"{name}:{error.lineno}:{error.colno}: {what}", todo="Write it again, whole") from None
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        raise SourceError(broken_json(name, data, error), todo="Write it again, whole") from None
    if not isinstance(document, dict) or not isinstance(document.get("results"), dict):
        raise SourceError(f"{name} is no lm_eval result: it has no 'results'", todo="Give it the results_*.json")
    return document


def _scores(name: str, document: dict[str, Any], source: str, rejected: list[Rejected]) -> Iterator[Score]:
    for task, row in document["results"].items():
        if not isinstance(row, dict):
            rejected.append(refuse(source, f"{name}: results.{task}", "not a set of metrics"))
            continue
        filtered = any("," in key for key in row)
        for key, value in row.items():
            metric, _, used = key.partition(",")
            skip = key in _NOT_METRICS or metric.endswith("_stderr") or (filtered and not used)
            if skip or isinstance(value, str | dict | list) or value is None:
                continue
            number = _finite(value)
            if number is None:
                rejected.append(refuse(source, f"{name}: results.{task}.{key}", f"{value} is not a finite number"))
                continue
            stderr = _finite(row.get(f"{metric}_stderr,{used}" if used else f"{metric}_stderr"))
            yield Score(
                task=clean(task, 200),
                metric=clean(metric if used in ("", "none") else key, 200),
                value=number,
                higher_is_better=_direction(document, task, metric),
                stderr=stderr if stderr is not None and stderr >= 0 else None,
                n=_items(document, task),
            )


def _finite(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _section(document: dict[str, Any], section: str, task: str) -> Any:
    whole = document.get(section)
    return whole.get(task) if isinstance(whole, dict) else None


def _direction(document: dict[str, Any], task: str, metric: str) -> bool:
    told = _section(document, "higher_is_better", task)
    said = told.get(metric) if isinstance(told, dict) else None
    return said if isinstance(said, bool) else metric not in _LOWER


def _items(document: dict[str, Any], task: str) -> int | None:
    told = _section(document, "n-samples", task)
    count = told.get("effective") if isinstance(told, dict) else None
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
    seconds = _finite(stamp)
    try:
        return from_us(int(seconds * 1_000_000)) if seconds and seconds > 0 else None
    except OverflowError:
        return None
