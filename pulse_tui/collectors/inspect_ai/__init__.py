"""Logs of inspect-ai, ``.eval`` and ``.json``: one run, its samples the items and its epochs their repeats.

The metric of the only scorer is ``accuracy`` when the log reports that of it, else it bears the scorer's name. Of several
scorers it is ``<scorer>/accuracy`` or ``<scorer>``; a score of many values is one metric each, ``<scorer>/<key>``. C, I, P
and N count 1, 0, 0.5 and 0. Of an accuracy more is better, whatever its scorer is called; else the name decides. Latency
is the time of a whole sample (its working time, where the log has it), cost that of all its calls.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence

import msgspec

from pulse_tui.collectors._shared.fields import canonical, moment, plain_text, slices_of
from pulse_tui.collectors._shared.files import FILE_CAP, collect_files, refuse
from pulse_tui.collectors._shared.members import first_name
from pulse_tui.collectors._shared.runs import PATTERN, refusing, run_id, whose
from pulse_tui.collectors._shared.sheets import Answer, digest, gather, number, refusal, short, shown, totals
from pulse_tui.collectors.inspect_ai.log import REMOVED, Header, Log, Sample, conditions
from pulse_tui.collectors.inspect_ai.scores import Column, Grades, grades_of, reported
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import EvalRun, Sheet
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext, Peek


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the logs are, and the asset and version they are about.

    ``path``: file, folder or glob. ``suite``: its name here (default: the task's). ``asset`` and ``version``: else the
    log's metadata of these names, else a ``pattern`` with these groups that is searched in its metadata, its tags, the
    folder's name and the model. ``metrics``: other names for metrics (``{accuracy: refusal_quality}``). ``cluster``: the
    key of a sample's metadata that groups the samples that belong together. ``slices``: keys that make slices, named
    ``topic=geo``, beside those in ``slice`` (a text or a list). ``max_bytes``: cap of one file, ``max_unpacked`` of what
    is read from a zip.
    """

    path: str = ""
    suite: str = ""
    asset: str | None = None
    version: str | None = None
    pattern: str = PATTERN
    metrics: dict[str, str] = {}
    cluster: str = "cluster"
    slices: tuple[str, ...] = ()
    max_bytes: int = FILE_CAP
    max_unpacked: int = 2**29


_BESIDE = frozenset({"logs.json", "eval-set.json", "listing.json"})
"""Manifests that inspect-ai writes into its folder of logs."""
_FIELDS = frozenset({"version", "status", "eval"})
_BEGIN = re.compile(rb'(?:\xef\xbb\xbf)?\s*\{\s*"version"\s*:\s*\d+\s*,\s*"status"\s*:\s*"\w+"\s*,\s*"eval"\s*:\s*\{')
"""How a log begins as it is written: also one that is cut off, whose fields cannot be read."""
_MEMBERS = ("_journal/", "samples/", "summaries.json", "reductions.json", "header.json")


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the logs that are new or changed since the last round; manifests among them are skipped."""

    def one(name: str, data: bytes, at: CollectContext) -> Collected:
        if _base(name) in _BESIDE:
            return Collected(cursor=at.cursor)
        return parse(name, data, options, at)

    return collect_files(options.path, ("*.eval", "*.json"), options.max_bytes, context, one)


def accepts(name: str, head: Peek) -> bool:
    """A file named ``*.eval``, a zip that begins with a member of one, or JSON with a log's fields."""
    if name.endswith(".eval"):
        return True
    if first_name(head).startswith(_MEMBERS):
        return True
    return name.endswith(".json") and (head.top.keys() >= _FIELDS or _BEGIN.match(head) is not None)


@refusing
def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One run. A scorer that gives labels and no scores is Rejected by its name, the others are stored.

    So are samples that ended with an error or were not scored, which a run may allow (``fail_on_error=False``): they are
    items without a value. A log without samples gives its own totals. Raises SourceError for what is not a complete log, for a
    run that did not succeed or was invalidated, and for a sample whose score is not a number or that occurs twice in one
    epoch; also when the log reports another accuracy than its samples have.
    """
    log = Log(name, data, options.max_unpacked)
    _succeeded(name, log.header)
    asset, version = whose(name, *_own(log.header, options), options.pattern, _texts(log.header, context))
    samples = _in_time(list(log.samples()))
    if not samples:
        return _totals_alone(name, data, log.header, asset, version, options, context)
    _whole(name, log.header, samples)
    grades = grades_of(name, log.header, samples, options.metrics)
    task = log.header.eval.task
    gathered = gather(_answers(name, task, samples, grades, options))
    if not gathered.sheets:
        raise SourceError(refusal(name, gathered), todo="Correct it, or run it again")
    found = gathered.sheets
    grades.compare(name, found[0], log.header)
    labelled = [
        refuse(context.source, f"{name}: scorer {label}", "its values are labels: there is nothing to average")
        for label in grades.labels
    ]
    suite = options.suite or short(task)
    run = EvalRun(
        id=_id(log.header, suite, asset, version, found),
        asset_id=asset,
        version=version,
        suite=suite,
        at=moment(log.header.stats.completed_at) or moment(log.header.eval.created) or context.now,
        scores=(*totals(found, lambda _task, metric: grades.better[metric]), *grades.reduced(found[0])),
        suite_digest=_suite_digest(log.header, samples, grades.columns),
        source=context.source,
        format="inspect_ai",
        conditions=conditions(log.header.eval),
        sheets=found,
    )
    return Collected(
        observations=(run,),
        rejected=(*labelled, *_unscored(name, samples, grades, context), *gathered.rejects(context.source, name)),
        cursor=context.cursor,
    )


# --------------------------------------------------------------------------- the run


def _succeeded(name: str, header: Header) -> None:
    if header.status != "success":
        lines = (header.error.message if header.error is not None else "").strip().splitlines()
        why = f": {clean(lines[0], 200)}" if lines else ""
        raise SourceError(f"{name} is refused: its status is {shown(header.status)}{why}", todo="Run it again")
    if header.invalidated:
        raise SourceError(f"{name} is refused: samples of it were invalidated", todo="Run it again")
    if header.results is None:
        raise SourceError(f"{name} is refused: it has no results", todo="Score it: inspect score")


def _whole(name: str, header: Header, samples: Sequence[Sample]) -> None:
    """Raises SourceError unless every sample is there and was not invalidated, and some ended without error."""
    ended = [s for s in samples if s.error is not None]
    if len(ended) == len(samples):
        raise SourceError(
            f"{name} is refused: {_place(ended[0])} ended with an error: {_error(ended[0])}{_more(ended)}",
            todo="Run it again: inspect eval-retry",
        )
    taken = [s for s in samples if s.invalidation is not None]
    if taken:
        raise SourceError(f"{name} is refused: {_place(taken[0])} was invalidated{_more(taken)}", todo="Run it again")
    results = header.results
    if results is not None and results.total_samples and results.early_stopping is None:
        missing = results.total_samples - len(samples)
        if missing > 0:
            what = f"{missing} of its {results.total_samples} samples are missing"
            raise SourceError(f"{name} is refused: {what}", todo="Run it again: inspect eval-retry")


def _error(sample: Sample) -> str:
    message = sample.error if isinstance(sample.error, str) else getattr(sample.error, "message", "")
    return clean((message.strip().splitlines() or [""])[0], 200)


def _unscored(name: str, samples: Sequence[Sample], grades: Grades, context: CollectContext) -> Iterator[Rejected]:
    """Samples that have no value, in a run that allowed it: reported together, the first by its position."""
    ended = [s for s in samples if s.error is not None]
    bare = [s for s in samples if s.error is None and len(grades.of(s)) < len(grades.columns)]
    for mine, what in ((ended, f"ended with an error: {_error(ended[0])}" if ended else ""), (bare, "was not scored")):
        if mine:
            hint = f"{len(samples) - len(mine)} of {len(samples)} samples are used; compared with a run that has them, nothing is decided"
            yield refuse(context.source, f"{name}: {_place(mine[0])}", f"{what}{_more(mine)}", hint=hint)


def _totals_alone(
    name: str, data: bytes, header: Header, asset: str, version: str, options: Options, context: CollectContext
) -> Collected:
    """A log whose samples were not kept. Raises SourceError when it reports nothing either."""
    scores = tuple(reported(header, options.metrics))
    if not scores:
        raise SourceError(f"{name} is refused: it has no samples", todo="Log them: inspect eval --log-samples")
    suite = options.suite or short(header.eval.task)
    run = EvalRun(
        id=run_id("inspect_ai", name, data, asset, version, suite),
        asset_id=asset,
        version=version,
        suite=suite,
        at=moment(header.stats.completed_at) or moment(header.eval.created) or context.now,
        scores=scores,
        source=context.source,
        format="inspect_ai",
        conditions=conditions(header.eval),
    )
    return Collected(observations=(run,), cursor=context.cursor)


def _own(header: Header, options: Options) -> tuple[str | None, str | None]:
    """Asset and version from the options, else the log's metadata."""
    stated = {**(header.metadata or {}), **(header.eval.metadata or {})}
    asset, version = (plain_text(stated.get(key)) or None for key in ("asset", "version"))
    return options.asset or asset, options.version or version


def _texts(header: Header, context: CollectContext) -> Iterator[str]:
    """Where a name may be. The model comes last: some platforms write ``model@date``, which is not an asset here."""
    for metadata in (header.eval.metadata, header.metadata):
        yield from (value for value in (metadata or {}).values() if isinstance(value, str))
    yield from (*(header.eval.tags or ()), *(header.tags or ()))
    yield context.folder.name if context.folder is not None else ""
    yield header.eval.model


def _id(header: Header, suite: str, asset: str, version: str, found: tuple[Sheet, ...]) -> str:
    """The same for both forms of one log, another when it is scored again."""
    spec = header.eval
    stated = [spec.eval_id, spec.run_id, spec.created, spec.task, suite, asset, version]
    seal = hashlib.sha256(canonical(stated) + msgspec.json.encode(found, order="sorted"))
    return f"inspect_ai:{seal.hexdigest()[:20]}"


def _suite_digest(header: Header, samples: Sequence[Sample], columns: Sequence[Column]) -> str:
    """Over the dataset, the task's version, the scorers, and the samples' ids and targets.

    The samples' inputs are compared sample by sample; the dataset's path differs on every machine.
    """
    spec = header.eval
    targets = sorted({str(s.id): digest(s.wanted()) for s in samples}.items())
    stated = [spec.task, str(spec.task_version), spec.dataset.name, sorted({c.scorer for c in columns}), targets]
    return hashlib.sha256(canonical(stated)).hexdigest()


# --------------------------------------------------------------------------- the items


def _in_time(samples: list[Sample]) -> list[Sample]:
    """In the order in which they were begun, where the log says it: the two forms keep them in different orders."""
    if all(s.started_at for s in samples):
        return sorted(samples, key=lambda s: (s.started_at or "", str(s.id), s.epoch))
    return samples


def _answers(name: str, task: str, samples: Sequence[Sample], grades: Grades, options: Options) -> Iterator[Answer]:
    for sample in samples:
        metadata = sample.metadata or {}
        for key in (options.cluster, "slice", *options.slices):
            if metadata.get(key) == REMOVED:
                raise SourceError(
                    f"{name} is refused: the metadata {clean(key, 60)!r} of {_place(sample)} is too long for a summary",
                    todo="Make it shorter than 1 kB, or give the log as .json: inspect log convert",
                )
        time = sample.total_time if sample.working_time is None else sample.working_time
        seconds = number(time)
        failed = sample.error is not None
        yield Answer(
            task=task,
            item=str(sample.id),
            scores={} if failed else grades.of(sample),
            unscored=True,
            repeat=sample.epoch,
            cluster=plain_text(metadata.get(options.cluster)),
            slices=tuple(slices_of(metadata, options.slices)),
            prompt=sample.asked(),
            latency_ms=None if failed else time if seconds is None else seconds * 1_000.0,
            cost=None if failed else sample.cost(),
            answer=None if failed else grades.answer(sample),
            where=_place(sample),
        )


def _place(sample: Sample) -> str:
    return f"sample {clean(str(sample.id), 80)} (epoch {sample.epoch})"


def _more(samples: Sequence[Sample]) -> str:
    return f", and {len(samples) - 1} more such" if len(samples) > 1 else ""


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]
