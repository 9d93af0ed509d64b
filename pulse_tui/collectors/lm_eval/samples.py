"""The ``samples_<task>_<timestamp>.jsonl`` of the LM Evaluation Harness: a line for each document and filter."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from pulse_tui.collectors._shared import plain as _plain
from pulse_tui.collectors._shared.files import opened
from pulse_tui.collectors._shared.sheets import Answer, labels, sheets, short
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import Sheet
from pulse_tui.domain.text import clean

LINE_CAP = 64 * 2**20
"""Bytes of one line: a sample with its prompts, requests and answers."""

_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_OWN = frozenset(
    {"doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics"}
    | {"doc_hash", "prompt_hash", "target_hash", "sample_len"}
)

_NAMES = ("id", "question_id", "qid", "name", "title")
"""Keys of a document with a readable name."""


class Unread(Exception):
    """An incomplete file of samples: still being written, cut off, or of something else."""

    def __init__(self, where: str, what: str) -> None:
        self.where = where
        super().__init__(what)


_NAMES = ("id", "question_id", "qid", "name", "title")
"""Keys of a document with a readable name."""


class Fields(NamedTuple):
    """Which keys of a document give its cluster and its slices."""

    cluster: str = "cluster"
    slices: tuple[str, ...] = ()


class _Row(NamedTuple):
    where: str
    doc: str
    """The document's hash."""
    doc_id: int | str
    filter: str
    prompt: str
    values: dict[str, Any]
    cluster: str
    slices: tuple[str, ...]
    answer: str | None
    name: str


def metric_name(metric: str, used: str) -> str:
    """How a metric behind a filter is called: ``acc`` without one, else ``exact_match,strict``."""
    return metric if used in ("", "none") else f"{metric},{used}"


class Part(NamedTuple):
    """A file of samples, and what its results state about it."""

    run: str
    """The file that the run is named after: the results, or this one."""
    name: str
    task: str
    metrics: tuple[str, ...] = ()
    """For lines that do not list their own."""
    documents: int | None = None
    """How many there are at least."""


def sheet_of(part: Part, lines: Iterable[bytes], fields: Fields) -> Sheet | None:
    """The items of one task; None when no metric has a score for each item (a perplexity over all of them).

    Items are named by the hash of their document. Suites hold a document twice at times: the second one in the order
    of ``doc_id`` is ``<hash>#2``, so that each has its partner in another run. Lines of the same document, id and
    filter are repeats. Raises SourceError for a score that is missing or no finite number, or a document with more
    lines than the others (that run is refused); Unread when a line is broken or documents are missing.
    """
    rows = list(_rows(part.name, lines, fields, part.metrics))
    if not rows:
        raise Unread(part.name, "it has no sample")
    _complete(part, rows)
    found = sheets(part.run, _answers(part.task, rows))
    return found[0] if found else None


def lines_of(path: Path, name: str, cap: int, root: Path) -> Iterator[bytes]:
    """The lines of a file of the folder ``root``, one at a time: such files outgrow the memory. Raises Unread over ``cap``
    bytes, and for a link out of the folder."""
    read = 0
    try:
        with opened(path, name, root) as file:
            while line := file.readline(LINE_CAP):
                read += len(line)
                if read > cap:
                    raise Unread(name, f"it is over the cap of {cap:,} bytes: raise max_sample_bytes")
                yield line
    except OSError as error:
        raise Unread(name, f"it cannot be read: {error.strerror}") from None
    except SourceError as error:
        raise Unread(name, error.what.replace(name, "it", 1)) from None


def _rows(name: str, lines: Iterable[bytes], fields: Fields, wanted: tuple[str, ...]) -> Iterator[_Row]:
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        where = f"{name}:{number}"
        try:
            yield _row(where, line, fields, wanted)
        except (ValueError, RecursionError) as error:
            why = "nested too deep" if isinstance(error, RecursionError) else clean(str(error), 120)
            raise Unread(where, f"no whole sample ({why})") from None


def _row(where: str, line: bytes, fields: Fields, wanted: tuple[str, ...]) -> _Row:
    keys, get = _reader(line.removeprefix(b"\xef\xbb\xbf"))
    doc = get("doc")
    used = get("filter")
    used = used if isinstance(used, str) else "none"
    own = get("metrics")
    names = [m for m in own if isinstance(m, str)] if isinstance(own, list) else _named(keys, get, used, wanted)
    doc_id = get("doc_id")
    answers = get("filtered_resps")
    known = doc if isinstance(doc, dict) else {}
    return _Row(
        where=where,
        doc=_hash_of(get("doc_hash"), doc),
        doc_id=doc_id if isinstance(doc_id, int | str) else 0,
        filter=used,
        prompt=_text(get("prompt_hash")),
        values={m: get(m) for m in names},
        cluster=_text(known.get(fields.cluster)) if fields.cluster else "",
        slices=tuple(label for key in fields.slices for label in labels(key, known.get(key))),
        answer=answers[0] if isinstance(answers, list) and answers and isinstance(answers[0], str) else None,
        name=next((text for key in _NAMES if (text := _text(known.get(key)))), f"doc {doc_id}"),
    )


def _reader(line: bytes) -> tuple[Iterable[str], Callable[[str], Any]]:
    """The keys of a line, and a function to read one: the long ones (requests, answers) mostly stay as they are."""
    try:
        raw = _FIELDS.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        plain = _plain.line(line)
        if not isinstance(plain, dict):
            raise ValueError("not an object") from None  # noqa: TRY004  the value is wrong, not the program
        return plain, plain.get
    return raw, lambda key: msgspec.json.decode(raw[key]) if key in raw else None


def _named(keys: Iterable[str], get: Callable[[str], Any], used: str, wanted: tuple[str, ...]) -> list[str]:
    """The metrics of a line that lists none, as old versions wrote it."""
    if wanted:
        return [m for name in wanted if metric_name(m := name.partition(",")[0], used) == name]
    return [key for key in keys if key not in _OWN and isinstance(get(key), int | float)]


def _hash_of(stated: Any, doc: Any) -> str:
    """As the harness writes it; old versions did not, and theirs is made in the same way."""
    if isinstance(stated, str) and stated:
        return stated
    if doc is None:
        raise ValueError("it has neither doc_hash nor doc")
    return hashlib.sha256(json.dumps(doc, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()


def _text(value: Any) -> str:
    return str(value) if isinstance(value, str | int | float) else ""


def _complete(part: Part, rows: list[_Row]) -> None:
    """Samples that are still being written must not count as all there are, nor a duplicate line as a repeat."""
    filters: dict[str, dict[tuple[str, int | str], list[str]]] = {}
    for row in rows:
        filters.setdefault(row.filter, {}).setdefault((row.doc, row.doc_id), []).append(row.where)
    expected = part.documents or max(len(found) for found in filters.values())
    for used, found in filters.items():
        if len(found) < expected:
            behind = "" if used == "none" else f" behind the filter {clean(used, 60)}"
            raise Unread(part.name, f"it has {len(found)} documents{behind}, not the {expected} of the run")
        least = min(len(places) for places in found.values())
        if odd := next((places for places in found.values() if len(places) != least), None):
            what = f"{odd[least]}: its document occurs {len(odd)} times, others {least} times"
            raise SourceError(f"{part.run} is refused: {what}", todo="Write the samples again")


def _answers(task: str, rows: list[_Row]) -> Iterator[Answer]:
    items = _items(rows)
    scored = _scored(rows)
    repeats: dict[tuple[str, str], int] = {}
    for row in rows:
        item = items[row.doc, row.doc_id]
        repeat = repeats[item, row.filter] = repeats.get((item, row.filter), 0) + 1
        scores = {
            metric_name(metric, row.filter): _number(value)
            for metric, value in row.values.items()
            if (row.filter, metric) in scored
        }
        if scores:
            yield Answer(
                task=task,
                item=item,
                scores=scores,
                repeat=repeat,
                cluster=row.cluster,
                slices=row.slices,
                prompt=row.prompt,
                answer=row.answer,
                name=row.name,
                where=row.where,
            )


def _items(rows: list[_Row]) -> Mapping[tuple[str, int | str], str]:
    """(hash, id) of a document -> the name of its item."""
    ids: dict[str, set[int | str]] = {}
    for row in rows:
        ids.setdefault(row.doc, set()).add(row.doc_id)
    return {
        (doc, doc_id): short(doc) if place == 1 else f"{short(doc)}#{place}"
        for doc, mine in ids.items()
        for place, doc_id in enumerate(sorted(mine, key=lambda i: (isinstance(i, str), i)), 1)
    }


def _scored(rows: list[_Row]) -> set[tuple[str, str]]:
    """(filter, metric) of what each item has a score of; the others keep lists or texts, made one number over all."""
    return {
        (row.filter, metric)
        for row in rows
        for metric, value in row.values.items()
        if value is None or isinstance(_number(value), int | float)
    }


def _number(value: Any) -> Any:
    """Numbers of numpy that are not JSON come as text: ``"0.25"``, ``"True"``."""
    if not isinstance(value, str) or len(value) > 30:
        return value
    if value in ("True", "False"):
        return value == "True"
    try:
        return float(value)
    except ValueError:
        return math.nan if value.lower() == "nan" else value
