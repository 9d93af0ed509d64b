"""A table of items: one row for each item, model and repeat, as CSV or JSON Lines, also gzipped (``.gz``).

Columns: ``item_id`` and ``score``; and if wanted suite, suite_digest, task, metric, model, asset, version, repeat,
cluster, slice, prompt, answer, latency_ms, cost, probability. Others are ignored. One file may have many runs: each suite and model
is one. ``model`` is an asset and its version (``support-bot@3.8.1``); where the options name the asset, it is a version.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import msgspec

from pulse_tui.collectors._shared.files import FILE_CAP, collect_files, refuse
from pulse_tui.collectors._shared.runs import PATTERN, SEARCHED, compiled, refusing, whose
from pulse_tui.collectors._shared.sheets import Answer, counted, gather, labels, refusal, short, totals
from pulse_tui.collectors.items.rows import Row, head_of, is_table, rows
from pulse_tui.domain.errors import Nameless, ResultOf, SourceError
from pulse_tui.domain.evals import EvalRun
from pulse_tui.domain.metrics import direction_of
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the files are, and the asset and version they are about.

    ``path``: file, folder or glob. ``suite``: the suite of all rows, whose own suites are then its tasks (default: as
    the rows state, else the file's name). ``metric``: what the scores are of, where no column states it. ``asset`` and
    ``version``, or a ``pattern`` with these groups that is searched in ``model`` and the folder's name. ``cluster``: the
    column that groups the items that belong together. ``slices``: columns that make slices, named ``difficulty=hard``,
    beside those in ``slice`` (several are separated by ``|``). ``max_bytes``: cap of one file, also unpacked.
    """

    path: str = ""
    suite: str = ""
    metric: str = "score"
    asset: str | None = None
    version: str | None = None
    pattern: str = PATTERN
    cluster: str = "cluster"
    slices: tuple[str, ...] = ()
    max_bytes: int = FILE_CAP


ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson")


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the files that are new or changed since the last round."""
    patterns = tuple(f"*{ending}{packed}" for ending in ENDINGS for packed in ("", ".gz"))
    return collect_files(
        options.path, patterns, options.max_bytes, context, lambda name, data, at: parse(name, data, options, at)
    )


def accepts(name: str, head: bytes) -> bool:
    """A CSV whose header has item_id and score, or JSON Lines whose first object has."""
    return name.removesuffix(".gz").endswith(ENDINGS) and is_table(head_of(head))


@refusing
def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """A run for each suite and model. Of one with a bad row the row's task is Rejected with its line, the others are stored.

    Bad are a score that is missing, not finite or outside its metric's scale, an item twice (in one repeat), and, of
    the whole run, a wrong number of cells. A negative latency or cost is left out, and reported. Raises SourceError when that is the only run, for a file that is damaged
    or lacks a column, for a bad row whose run is unknown, and for two models that are one
    version.
    """
    runs: list[EvalRun] = []
    rejected: list[Rejected] = []
    problems: list[SourceError] = []
    for group in _groups(name, data, options, context):
        try:
            run, odd = _run(name, group, context)
            runs.append(run)
            rejected += odd
        except SourceError as error:
            problems.append(error)
            nameless, where = isinstance(error, Nameless), f"{name}: {group.shown}"
            rejected.append(refuse(context.source, where, str(error), about=group.about, nameless=nameless))
    if not runs and len(problems) == 1:
        problems[0].about = rejected[0].about
        raise problems[0]
    return Collected(observations=tuple(runs), rejected=tuple(rejected), cursor=context.cursor)


class _Whose(NamedTuple):
    """The run that a row belongs to, as the row states it."""

    suite: str
    model: str
    asset: str
    version: str


class _Group:
    """The rows of one run."""

    def __init__(self, stated: _Whose, suite: str) -> None:
        self.stated = stated
        self.suite = suite
        self.asset = self.version = ""
        self.problem: SourceError | None = None
        self.digests: set[str] = set()
        self.odd: list[str] = []
        """Rows that cannot be read, with their places."""
        self.answers: list[Answer] = []
        self.seal = hashlib.sha256()

    @property
    def about(self) -> tuple[ResultOf, ...]:
        """The release of the result, where it is known."""
        return (ResultOf(self.asset, self.version, self.suite),) if self.asset and self.version else ()

    @property
    def shown(self) -> str:
        """The run in a few words."""
        who = f"{self.asset} {self.version}" if self.asset else self.stated.model
        return clean(f"{who} on {self.suite}".strip(), 200)


def _groups(name: str, data: bytes, options: Options, context: CollectContext) -> list[_Group]:
    """The rows of each run. Raises SourceError for an error that makes all of them unreliable."""
    pattern = compiled(options.pattern)
    groups: dict[_Whose, _Group] = {}
    odd: list[Row] = []
    for row in counted(name, rows(name, data, options.max_bytes)):
        if row.odd:
            odd.append(row)
            continue
        cells = row.cells
        stated = _Whose(*(_text(cells.get(column)) for column in _Whose._fields))
        group = groups.get(stated)
        if group is None:
            group = groups[stated] = _Group(stated, options.suite or stated.suite or _stem(name))
            _name(name, row, group, options, pattern, context)
        group.seal.update(row.raw + b"\n")
        group.digests.add(_text(cells.get("suite_digest")))
        group.answers.append(_answer(f"{name}:{row.line}", cells, group, options))
    found = list(groups.values())
    _blame(name, odd, found)
    return _joined(name, found)


def _name(
    name: str, row: Row, group: _Group, options: Options, pattern: re.Pattern[str], context: CollectContext
) -> None:
    """The release of the run. A model without its asset is a version of the asset that the options name, or the other way round."""
    model, asset, version = (
        group.stated.model,
        group.stated.asset or options.asset,
        group.stated.version or options.version,
    )
    if model and not pattern.search(model[:SEARCHED]):
        asset, version = (asset or (model if version else None), version or (model if asset else None))
    folder = context.folder.name if context.folder is not None else ""
    try:
        group.asset, group.version = whose(name, asset, version, options.pattern, [model, folder])
    except Nameless:
        what = f"the model {clean(model, 100)!r}" if model else "the row"
        group.problem = Nameless(
            f"{name}:{row.line}: {what} does not name the release of its run",
            todo="Set 'asset' (the model is then its version), or write asset@version",
        )


def _blame(name: str, odd: list[Row], groups: list[_Group]) -> None:
    """Rows whose cells do not match the columns: the run whose suite and model are among them is refused, or all."""
    by_model: dict[str, list[_Group]] = {}
    for group in groups:
        by_model.setdefault(group.stated.model, []).append(group)
    by_model.pop("", None)
    for row in odd:
        cells = {str(cell).strip() for cell in row.cells.values()}
        mine = [g for cell in cells for g in by_model.get(cell, ()) if g.stated.suite in cells or not g.stated.suite]
        if not mine:
            what = f"{name}:{row.line}: {row.odd}"
            raise SourceError(f"{what}: its run is unknown", todo="Quote cells that hold the separator")
        for group in mine:
            group.odd.append(f"{name}:{row.line}: {row.odd}")


def _joined(name: str, groups: list[_Group]) -> list[_Group]:
    """Groups of one suite, asset and version as one. Raises SourceError when they are of different models."""
    runs: dict[tuple[str, str, str], _Group] = {}
    rest = [g for g in groups if g.problem is not None]
    for nameless in rest:
        if not nameless.stated.model and len(groups) > 1 and nameless.problem is not None:
            raise nameless.problem  # it may be missing from any of the others
    for group in (g for g in groups if g.problem is None):
        first = runs.setdefault((group.suite, group.asset, group.version), group)
        if first is group:
            continue
        if first.stated.model != group.stated.model:
            one, two = clean(first.stated.model, 60), clean(group.stated.model, 60)
            raise SourceError(
                f"{name}: the models {one!r} and {two!r} are both {group.asset} {group.version}",
                todo="Set only 'asset': each model is then a version of it",
            )
        first.answers += group.answers
        first.odd += group.odd
        first.digests |= group.digests
        first.seal.update(group.seal.digest())
    return [*runs.values(), *rest]


def _answer(where: str, cells: dict[str, Any], group: _Group, options: Options) -> Answer:
    metric = _text(cells.get("metric")) or options.metric
    answer = cells.get("answer")
    return Answer(
        task=_text(cells.get("task")) or group.stated.suite or group.suite,
        item=_text(cells.get("item_id")),
        scores={metric: cells.get("score")},
        repeat=_text(cells.get("repeat")),
        cluster=_text(cells.get(options.cluster)) if options.cluster else "",
        slices=tuple(_slices(cells, options.slices)),
        prompt=_text(cells.get("prompt")),
        latency_ms=cells.get("latency_ms"),
        cost=cells.get("cost"),
        probability=cells.get("probability"),
        answer=None if answer is None else str(answer),
        where=where,
    )


def _slices(cells: dict[str, Any], columns: Iterable[str]) -> Iterator[str]:
    own = cells.get("slice")
    for text in own if isinstance(own, list) else (own,):
        yield from (part.strip() for part in _text(text).split("|") if part.strip())
    for column in columns:
        value = cells.get(column)
        stated = value.lower() if isinstance(value, str) else ""
        yield from labels(column, stated == "true" if stated in ("true", "false") else value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value.strip()
    return "" if value is None or isinstance(value, bool | list | dict) else str(value)


def _run(name: str, group: _Group, context: CollectContext) -> tuple[EvalRun, list[Rejected]]:
    """The run, and the tasks and values that were left out. Raises SourceError, naming the first bad row and how many
    there are, when no task is whole."""
    if group.problem is not None:
        raise group.problem
    if group.odd:
        more = f", and {len(group.odd) - 1} more such" if len(group.odd) > 1 else ""
        raise SourceError(f"{group.shown} is refused: {group.odd[0]}{more}", todo="Quote cells that hold the separator")
    if len(group.digests) > 1:
        raise SourceError(
            f"{group.shown} is refused: its rows are of several suite_digests", todo="Run it again, whole"
        )
    gathered = gather(group.answers)
    if not gathered.sheets:
        raise SourceError(refusal(group.shown, gathered), todo="Correct it, or run it again")
    found = gathered.sheets
    base = name.replace("\\", "/").rpartition("/")[2]
    stated = "\0".join((base, group.suite, group.asset, group.version)).encode("utf-8", "replace")
    run = EvalRun(
        # Of its own rows alone: a file that grows by another model does not change the others.
        id=f"items:{hashlib.sha256(stated + group.seal.digest()).hexdigest()[:20]}",
        asset_id=group.asset,
        version=group.version,
        suite=short(group.suite),
        at=context.now,
        suite_digest=clean(next(iter(group.digests)), 200) or None,
        scores=tuple(totals(found, lambda _task, metric: direction_of(metric))),
        source=context.source,
        format="items",
        sheets=found,
        refused=gathered.refused,
    )
    return run, gathered.rejects(context.source, f"{name}: {group.shown}")


def _stem(name: str) -> str:
    base = name.replace("\\", "/").rpartition("/")[2].removesuffix(".gz")
    stem, dot, _ = base.rpartition(".")
    return stem if dot else "items"
