"""Pages of ends of models to rows: tables, lists of fields, and sections that name the models in words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import chain, islice
from typing import NamedTuple

from pulse_tui.collectors._shared.blocks import Block, Span, What, rendered
from pulse_tui.collectors._shared.days import Day, day_at_start, day_in, is_floor
from pulse_tui.collectors.deprecations.columns import Columns, columns, ids_in, is_nothing, with_version
from pulse_tui.domain.lifecycle import Stage

_STAGES: tuple[tuple[re.Pattern[str], Stage], ...] = (
    (
        re.compile(r"retired|eol\b|end[- ]of[- ]life|shut ?down|obsolete|removed|discontinued", re.IGNORECASE),
        Stage.RETIRED,
    ),
    (re.compile(r"deprecat", re.IGNORECASE), Stage.DEPRECATED),
    (re.compile(r"legacy", re.IGNORECASE), Stage.LEGACY),
    (re.compile(r"preview|beta|experiment", re.IGNORECASE), Stage.PREVIEW),
    (re.compile(r"active|\bga\b|generally available|stable|available|current", re.IGNORECASE), Stage.ACTIVE),
)
_OVER = re.compile(r"\bpast\b|\bretired\b|reached (?:eol|end)|no longer available|already shut", re.IGNORECASE)
_TUNED = re.compile(r"fine-?tun", re.IGNORECASE)
_EARLIEST = re.compile(
    r"earliest possible (?:shut ?down|retirement)|(?:shut ?down|retirement) dates?\b[^.]{0,80}\bearliest\b",
    re.IGNORECASE,
)
_TRIAL = re.compile(r"preview|-exp\b|experimental|-beta", re.IGNORECASE)
_ENDING = re.compile(
    r"retir|deprecat|shut|no longer (?:be )?(?:available|supported|served)|sunset|end[- ]of[- ]life|removed",
    re.IGNORECASE,
)
_GONE = re.compile(
    r"retir|shut|no longer (?:be )?(?:available|supported|served)|sunset|end[- ]of[- ]life|removed", re.IGNORECASE
)
_INSTEAD = re.compile(r"replac|alternativ|migrat|recommend|instead|upgrade|substitut|successor", re.IGNORECASE)
_TITLED = re.compile(r"\s*[:\u2013\u2014-]\s*")
ROWS = 3_000
"""Rows of a page that are read."""


class Row(NamedTuple):
    """What one row states."""

    shown: str
    """How it names the models."""
    models: tuple[str, ...]
    """Their exact ids; none: it is of an endpoint, or names them in words alone."""
    stage: Stage
    stated: bool
    """The page states the stage itself."""
    ends: Day | None
    floor: bool
    announced: datetime | None
    successor: str | None
    body: str
    section: str
    anchor: str
    of: str = ""
    """What tells it from other rows of the same models: the day of its announcement."""


class _Place(NamedTuple):
    """The headings above something."""

    names: tuple[str, ...] = ()
    anchor: str = ""
    announced: Day | None = None


def rows_of(blocks: Sequence[Block]) -> list[Row]:
    """The rows of a page, as they stand."""
    earliest = any(b.what is not What.TABLE and _EARLIEST.search(b.text) for b in blocks)
    found: list[Row] = []
    for place, below in _sections(blocks):
        if any(_TUNED.search(name) for name in place.names):
            continue
        tables = (row for block in below if block.what is What.TABLE for row in _of_table(block, place, earliest))
        listed = list(islice(chain(tables, _of_fields(below, place)), ROWS))
        found.extend(listed or _of_words(below, place))
        if len(found) >= ROWS:
            break
    return found[:ROWS]


def _sections(blocks: Sequence[Block]) -> Iterator[tuple[_Place, list[Block]]]:
    path: list[Block] = []
    below: list[Block] = []
    for block in blocks:
        if block.what is not What.HEADING:
            below.append(block)
            continue
        yield _place(path), below
        while path and path[-1].level >= block.level:
            path.pop()
        path.append(block)
        below = []
    yield _place(path), below


def _place(path: Sequence[Block]) -> _Place:
    names = tuple(b.text for b in path if b.level > 1)
    anchor = next((b.anchor for b in reversed(path) if b.anchor), "")
    day = day_at_start(path[-1].text) if path else None
    return _Place(names, anchor, day if day is not None and day.year and not day.month_only else None)


def _of_table(block: Block, place: _Place, earliest: bool) -> Iterator[Row]:
    if len(block.rows) < 2:
        return
    heads = [cell.text for cell in block.rows[0]]
    found = columns(heads)
    if found is None:
        return
    for cells in block.rows[1:]:
        row = (*cells, *[Span("")] * (len(heads) - len(cells)))
        if len({cell.text for cell in row if cell.text}) < 2:
            continue  # it divides the table
        if (made := _row(heads, row, found, place, earliest)) is not None:
            yield made


def _row(heads: Sequence[str], row: Sequence[Span], of: Columns, place: _Place, earliest: bool) -> Row | None:
    shown = row[of.model].text
    if is_nothing(shown):
        return None
    models = ids_in(row[of.model])
    if of.version is not None:
        models = tuple(with_version(model, row[of.version].text) for model in models)
        shown = ", ".join(models) or shown
    ends, floor = _end(row[of.ends] if of.ends is not None else Span(""))
    trial = any(_TRIAL.search(model) for model in models)
    floor = floor or (ends is not None and earliest and not trial)
    stage = _stage(row[of.state].text) if of.state is not None else None
    announced = (
        day_in(row[of.announced].text) if of.announced is not None and not is_floor(row[of.announced].text) else None
    )
    announced = announced or place.announced
    following = row[of.next] if of.next is not None else Span("")
    lines = [f"{head}: {cell.text}" for head, cell in zip(heads, row, strict=False) if not is_nothing(cell.text)]
    return Row(
        shown=shown,
        models=models,
        stage=stage or _inferred(ends, floor, place),
        stated=stage is not None,
        ends=ends,
        floor=floor,
        announced=announced.at if announced is not None else None,
        successor=_next(following, models),
        body="\n".join(lines),
        section=" > ".join(place.names),
        anchor=place.anchor,
        of=f"{place.announced.at:%Y-%m-%d}" if place.announced is not None else "",
    )


def _end(cell: Span) -> tuple[Day | None, bool]:
    day = day_in(cell.text)
    return day, day is not None and is_floor(cell.text)


def _stage(text: str) -> Stage | None:
    if is_nothing(text):
        return None
    return next((stage for form, stage in _STAGES if form.search(text)), None)


def _inferred(ends: Day | None, floor: bool, place: _Place) -> Stage:
    if any(_OVER.search(name) for name in place.names):
        return Stage.RETIRED
    return Stage.DEPRECATED if ends is not None and not floor else Stage.ACTIVE


def _next(cell: Span, models: Sequence[str]) -> str | None:
    return next((name for name in ids_in(cell) if name not in models), None)


def _of_fields(blocks: Sequence[Block], place: _Place) -> Iterator[Row]:
    """Rows that are written as lists: ``Model ID: x``, ``EOL date: y``, below each other or behind bars."""
    fields: dict[str, Span] = {}
    for block in blocks:
        if block.what is not What.ITEM:
            continue
        if block.level == 1:
            fields = {}
        ended = False
        for part in block.text.split(" / "):
            label, colon, value = part.partition(":")
            if colon and len(label) <= 60 and value.strip():
                codes = tuple(code for code in block.span.codes if code in value)
                fields[label.strip()] = Span(value.strip(), codes)
                ended |= _says_an_end(label)
        heads = list(fields)
        found = columns(heads) if ended else None
        if found is not None and (row := _row(heads, list(fields.values()), found, place, False)) is not None:
            yield row._replace(of=row.of or fields.get("Regions", Span("")).text[:40])


@lru_cache(maxsize=256)
def _says_an_end(label: str) -> bool:
    return columns(["model", label]) is not None


def _of_words(blocks: Sequence[Block], place: _Place) -> Iterator[Row]:
    """A dated section that says what ends, lists the models, and says what to use instead."""
    if place.announced is None:
        return
    models: list[str] = []
    following: list[str] = []
    ends: Day | None = None
    into: list[str] | None = None
    gone = False
    for block in blocks:
        if block.what not in (What.TEXT, What.ITEM):
            continue
        text, ids = block.text, ids_in(Span("", block.span.codes))
        if _INSTEAD.search(text):
            into = following
        elif block.what is What.TEXT and _ENDING.search(text):
            into = models
            gone = gone or _GONE.search(text) is not None
            ends = ends or (day_in(text) if _GONE.search(text) else None)
        if into is not None and (block.what is What.ITEM or into is following):
            into.extend(ids)
    if not models:
        return
    title = place.names[-1] if place.names else ""
    floor = False
    yield Row(
        shown=_TITLED.sub(" ", title[place.announced.end :], count=1).strip() or ", ".join(models[:3]),
        models=tuple(dict.fromkeys(models)),
        stage=Stage.DEPRECATED,
        stated=False,
        ends=ends,
        floor=floor,
        announced=place.announced.at,
        successor=next((name for name in following if name not in models), None),
        body=rendered(blocks),
        section=" > ".join(place.names),
        anchor=place.anchor,
        of=f"{place.announced.at:%Y-%m-%d}",
    )
