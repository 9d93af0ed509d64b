"""Output of promptfoo, JSON and JSON Lines: one run for each provider and prompt.

Metrics are ``score``, ``pass_rate`` and every named score. A test is named by its description, else by a hash of its
variables; what it contains several times (``--repeat``) is its repeats, but for copies that its cache gave out.
Without rows the sums of each prompt are read, as totals without items. promptfoo's XML is not a JUnit and is refused.
"""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Literal, NamedTuple

import msgspec

from pulse_tui.collectors._shared.fields import canonical, moment, plain_text, slices_of
from pulse_tui.collectors._shared.files import FILE_CAP, collect_files, refuse
from pulse_tui.collectors._shared.runs import PATTERN, compiled, refusing, run_id, whose
from pulse_tui.collectors._shared.sheets import Answer, gather, refusal, short, totals
from pulse_tui.collectors.promptfoo.rows import Output, Row, Summed, Tests
from pulse_tui.collectors.promptfoo.sums import Sums, scores_of
from pulse_tui.domain.errors import Nameless, ResultOf, SourceError
from pulse_tui.domain.evals import EvalRun
from pulse_tui.domain.metrics import direction_of
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.domain.text import clean
from pulse_tui.ports import CollectContext, Peek


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the files are, and the asset and version they are about.

    ``path``: file, folder or glob. ``suite``: its name here (default: the configuration's description, else
    "promptfoo"). ``asset`` and ``version``, or a ``pattern`` with these groups that is searched in the provider's label,
    the prompt's label (when it is one word) and the folder's name; where only one is set, a label without the pattern is
    the other. ``provider`` and ``prompt``: only runs with these labels. ``releases_differ_in``: of a ``prompt``
    that is released the variables are what is asked; else the whole prompt is. ``task``, ``cluster`` and ``slices``: keys
    of a test's metadata that name its task (default: the suite), what it belongs together with, and its slices, named
    ``topic=geo``, beside those in ``slice``. ``ignore_vars``: variables that are another in each run (a session id).
    ``max_bytes``: cap of one file.
    """

    path: str = ""
    suite: str = ""
    asset: str | None = None
    version: str | None = None
    pattern: str = PATTERN
    provider: str = ""
    prompt: str = ""
    releases_differ_in: Literal["model", "prompt"] = "model"
    task: str = "task"
    cluster: str = "cluster"
    slices: tuple[str, ...] = ()
    ignore_vars: tuple[str, ...] = ()
    max_bytes: int = FILE_CAP


_OWN = frozenset({"score", "pass_rate"})
"""Metrics of every row: of both more is better."""
_BEGIN = re.compile(rb'\s*\{\s*"evalId"\s*:\s*("[^"]*"|null)\s*,\s*"results"\s*:\s*\{\s*"version"\s*:')
_ROW = re.compile(rb'\s*\{"cost":[-+\d.eE]+,"(error|gradingResult|description)":')
_XML = re.compile(rb"(\xef\xbb\xbf)?\s*(<\?xml[^>]*>\s*)?<promptfoo>")


def collect(options: Options, context: CollectContext) -> Collected:
    """Read the files that are new or changed since the last round."""
    return collect_files(
        options.path,
        ("*.json", "*.jsonl"),
        options.max_bytes,
        context,
        lambda name, data, at: parse(name, data, options, at),
    )


def accepts(name: str, head: Peek) -> bool:
    """JSON with ``evalId`` and ``results``, JSON Lines of its rows; its XML, to say what to give instead."""
    if name.endswith(".xml"):
        return _XML.match(head) is not None
    start = head.removeprefix(b"\xef\xbb\xbf")
    if name.endswith(".jsonl"):
        return _ROW.match(start) is not None or (b'"promptIdx":' in start and b'"testIdx":' in start)
    return name.endswith(".json") and (head.top.keys() >= {"evalId", "results"} or _BEGIN.match(start) is not None)


@refusing
def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """A run for each provider and prompt. One with an error or a bad score is Rejected by its label, the others land.

    So are runs that would all be one version of one asset. Raises SourceError when none lands, and for what is no such
    file, broken or cut off.
    """
    if _XML.match(data[:4096]):
        raise SourceError(f"{name} is promptfoo's own XML, no JUnit", todo="Give the JSON: promptfoo eval -o out.json")
    compiled(options.pattern)
    output = Output(name, data)
    groups = _groups(output.rows, options) or list(_summed(output.prompts, options))
    if not groups:
        what = "of this 'provider' and 'prompt'" if output.rows or output.prompts else "at all"
        raise SourceError(f"{name} has no results {what}", todo="See what promptfoo wrote: promptfoo eval -o out.json")
    of = _Of(
        name=name,
        suite=options.suite or short(output.description) or "promptfoo",
        at=moment(output.timestamp) or context.now,
        tests=Tests(output.rows, frozenset(options.ignore_vars)),
    )
    for group in groups:
        group.find_name(name, options, context)
    _tell_apart(name, groups)
    runs: list[EvalRun] = []
    problems: list[SourceError] = []
    rejected: list[Rejected] = []
    for group in groups:
        try:
            run, odd = (
                _run(group, of, options, context) if group.sums is None else (_total(group, of, data, context), [])
            )
            runs.append(run)
            rejected += odd
        except SourceError as error:
            problems.append(error)
            what = error.what.removeprefix(f"{name}: {group.shown} ").removeprefix(f"{name} ")
            error.about = (ResultOf(group.asset, group.version, of.suite),) if group.asset and group.version else ()
            nameless, where = isinstance(error, Nameless), f"{name}: {group.shown}"
            rejected.append(refuse(context.source, where, what, hint=error.todo, about=error.about, nameless=nameless))
    if not runs:
        raise problems[0]
    return Collected(observations=tuple(runs), rejected=tuple(rejected), cursor=context.cursor)


class _Of(NamedTuple):
    """What all runs of a file share."""

    name: str
    suite: str
    at: datetime
    tests: Tests


class _Group:
    """The rows of one provider and prompt."""

    def __init__(self, first: Row, shown: str, sums: Sums | None = None) -> None:
        self.first = first
        self.sums = sums
        """In place of its rows."""
        self.shown = shown
        """Who it is, in a few words."""
        self.rows: list[Row] = []
        self.asset = self.version = ""
        self.problem: SourceError | None = None

    def find_name(self, name: str, options: Options, context: CollectContext) -> None:
        """Whose run it is, or the problem that nothing says it.

        The provider's id comes last: some write ``model@date``, which is not an asset here.
        """
        label, prompt = self.first.label(), _prompt(self.first)
        asset, version = options.asset, options.version
        if label and not compiled(options.pattern).search(label):
            asset, version = asset or (label if version else None), version or (label if asset else None)
        folder = context.folder.name if context.folder is not None else ""
        given = isinstance(self.first.provider, str) or self.first.provider.label == label
        texts = [label if given else "", prompt if " " not in prompt else "", folder, label]
        try:
            self.asset, self.version = whose(name, asset, version, options.pattern, texts)
        except SourceError as error:
            self.problem = error


def _groups(rows: Sequence[Row], options: Options) -> list[_Group]:
    """In the order of the file."""
    found: dict[tuple[int, str], _Group] = {}
    prompts: dict[str, set[int]] = {}
    for row in rows:
        prompts.setdefault(row.label(), set()).add(row.prompt_idx)
    for row in rows:
        label = row.label()
        if options.provider not in ("", label) or options.prompt not in ("", _prompt(row)):
            continue
        shown = short(f"{label} · {_prompt(row)}" if len(prompts[label]) > 1 else label) or f"prompt {row.prompt_idx}"
        found.setdefault((row.prompt_idx, label), _Group(row, shown)).rows.append(row)
    return list(found.values())


def _summed(prompts: Sequence[Summed], options: Options) -> Iterator[_Group]:
    """In the order of the file."""
    for place, prompt in enumerate(prompts):
        provider = prompt.provider if isinstance(prompt.provider, str) else ""
        row = Row(test_idx=0, prompt_idx=place, provider=provider, prompt=prompt)
        if options.provider in ("", provider) and options.prompt in ("", _prompt(row)):
            yield _Group(row, short(f"{provider} · {_prompt(row)}".strip(" ·")) or f"prompt {place}", prompt.metrics)


def _tell_apart(name: str, groups: Sequence[_Group]) -> None:
    """Runs that would be one version of one asset: nobody can say which of them counts."""
    same: dict[tuple[str, str], list[_Group]] = {}
    for group in groups:
        if group.problem is None:
            same.setdefault((group.asset, group.version), []).append(group)
    for (asset, version), several in same.items():
        if len(several) > 1:
            stated = " and ".join(repr(clean(group.shown, 60)) for group in several[:2])
            for group in several:
                what = f"{name}: {stated} are both {asset} {version}"
                group.problem = SourceError(what, todo=_which(several))


def _which(same: Sequence[_Group]) -> str:
    """What to do about runs that would be one: by what they differ in."""
    by_provider = len({group.first.label() for group in same}) == len(same)
    option, label = ("provider", same[0].first.label()) if by_provider else ("prompt", _prompt(same[0].first))
    rest = "give no version: each provider is then one" if by_provider else "label the prompts asset@version"
    return f"Choose one, --set {option}={shlex.quote(clean(label, 60))} or '{option}:' of the source, or {rest}"


def _run(group: _Group, of: _Of, options: Options, context: CollectContext) -> tuple[EvalRun, list[Rejected]]:
    """The run, and the tasks and values that were left out. Raises SourceError for a row that ended with an error, and
    when of every task a score is missing or no finite number."""
    if group.problem is not None:
        raise group.problem
    shown = f"{of.name}: {group.shown}"
    failed = [row for row in group.rows if row.failed()]
    if failed:
        lines = str(failed[0].error or "").strip().splitlines() or ["?"]
        what = f"{len(failed)} of {len(group.rows)} answers ended with an error: {_place(failed[0])}: {lines[0]}"
        raise SourceError(f"{shown} is refused: {clean(what, 300)}", todo="Run them again: --retry-errors")
    answers = list(_answers(group.rows, of, options))
    gathered = gather(answers)
    if not gathered.sheets:
        raise SourceError(refusal(shown, gathered), todo="Correct it, or run it again")
    found = gathered.sheets
    asserted = {short(metric) for row in group.rows for metric in row.asserted()} | _OWN
    tests = sorted({of.tests.digest(row) for row in group.rows})
    marks = sorted(str(row.id) for row in group.rows)
    stated = canonical([of.suite, group.asset, group.version, marks]) + msgspec.json.encode(found, order="sorted")
    run = EvalRun(
        # Of the answers' own ids: the same evaluation as JSON and as JSON Lines is one run.
        id=f"promptfoo:{hashlib.sha256(stated).hexdigest()[:20]}",
        asset_id=group.asset,
        version=group.version,
        suite=of.suite,
        at=of.at,
        scores=tuple(totals(found, lambda _task, metric: metric in asserted or direction_of(metric))),
        suite_digest=hashlib.sha256("".join(tests).encode()).hexdigest(),
        source=context.source,
        format="promptfoo",
        sheets=found,
        refused=gathered.refused,
    )
    rejected = gathered.rejects(context.source, shown)
    if copies := len(group.rows) - len(answers):
        what = (
            f"{copies} of {len(group.rows)} answers are copies from promptfoo's cache: they are not counted as repeats"
        )
        rejected.append(refuse(context.source, shown, what, hint="promptfoo eval --no-cache makes repeats"))
    return run, rejected


def _total(group: _Group, of: _Of, data: bytes, context: CollectContext) -> EvalRun:
    """A run of totals alone: nothing can be paired. Raises SourceError as :func:`scores_of`."""
    if group.problem is not None:
        raise group.problem
    assert group.sums is not None
    return EvalRun(
        id=run_id("promptfoo", of.name, data, group.asset, group.version, of.suite),
        asset_id=group.asset,
        version=group.version,
        suite=of.suite,
        at=of.at,
        scores=tuple(scores_of(f"{of.name}: {group.shown}", of.suite, group.sums)),
        source=context.source,
        format="promptfoo",
    )


def _answers(rows: Sequence[Row], of: _Of, options: Options) -> Iterator[Answer]:
    priced = any(row.cost for row in rows)  # 0 is also what a provider without prices says
    seen: dict[str, int] = {}
    for row in _without_copies(rows, of.tests):
        metadata = row.test_case.metadata or {}
        item = of.tests.id(row)
        seen[item] = repeat = seen.get(item, 0) + 1
        asked = row.prompt.raw if options.releases_differ_in == "model" else of.tests.vars(row)
        output = row.response.output if row.response is not None else None
        yield Answer(
            task=plain_text(metadata.get(options.task)) or of.suite,
            item=item,
            scores=row.scores(),
            repeat=repeat,
            cluster=plain_text(metadata.get(options.cluster)),
            slices=tuple(slices_of(metadata, options.slices)),
            prompt=plain_text(asked),
            latency_ms=None if row.cached() else row.latency_ms,
            cost=row.cost if priced and not row.cached() else None,
            answer=None if output is None else plain_text(output),
            name=of.tests.name(row) if item.startswith("#") else "",
            where=_place(row),
        )


def _without_copies(rows: Sequence[Row], tests: Tests) -> Iterator[Row]:
    """Rows without the repeats that the cache answered with what an earlier repeat had got: five copies of one answer
    are one observation, and prove no consistency."""
    answered: dict[str, set[str]] = {}
    for row in rows:
        stated = answered.setdefault(tests.id(row), set())
        output = canonical(row.response.output if row.response is not None else None).decode()
        if not (row.cached() and output in stated):
            yield row
        stated.add(output)


def _place(row: Row) -> str:
    stated = row.test_case.description
    return (
        f"test {row.test_idx} ({clean(stated, 80)})" if isinstance(stated, str) and stated else f"test {row.test_idx}"
    )


def _prompt(row: Row) -> str:
    return row.prompt.label if isinstance(row.prompt.label, str) else ""
