"""Blocks of a changelog to entries: one a bullet under a day, one a title under a month, one a paragraph with its tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from pulse_tui.collectors._shared.blocks import Block, Span, What
from pulse_tui.collectors._shared.days import Day, day_at_start, year_alone
from pulse_tui.collectors.changelog.headings import Dated, dated, is_open, is_section

_TYPES = frozenset(
    {"feature", "update", "announcement", "announcements", "fix", "deprecation", "deprecated", "change", "removed"}
    | {"new", "improvement", "breaking change", "security", "pricing", "model", "api", "beta", "preview", "release"}
)
_GIVEN = re.compile(r"models?\s*:\s*(.{1,200})\Z", re.IGNORECASE)
_KEYED = re.compile(r"(?:models?|api|apis|endpoints?|type|products?)\s*:", re.IGNORECASE)
_MODEL_ID = re.compile(r"[a-z][\w.:]*(?:-[\w.:]+)+\Z", re.IGNORECASE)
_COMPARISON = re.compile(r"full changelog\b.{0,200}\Z", re.IGNORECASE)
"""A link to what changed between two versions, as tools write it."""
_LABEL_WORDS = 3


class Entry(NamedTuple):
    """An entry before it is a note."""

    of: Dated
    section: tuple[str, ...]
    title: str
    blocks: tuple[Block, ...]
    models: tuple[str, ...] = ()
    anchor: str = ""


class _Group(NamedTuple):
    """The headings above some blocks, and the blocks."""

    path: tuple[tuple[int, int, str, str], ...]
    """(number of the heading on the page, level, text, anchor), outermost first."""
    blocks: list[Block]


def entries(blocks: Sequence[Block]) -> list[Entry]:
    """The entries of a page, as they stand. Where no heading is of a day, a line that is nothing but a day is one."""
    return _entries(blocks) or _entries([_as_heading(block) for block in blocks])


def _entries(blocks: Sequence[Block]) -> list[Entry]:
    groups = list(_groups(blocks))
    marks: dict[int, Dated] = {}
    for group in groups:
        _mark(group, marks)
    levels = {level for group in groups for number, level, _, _ in group.path if number in marks}
    found: list[Entry] = []
    whole: dict[int, int] = {}
    for group in groups:
        _take(group, marks, levels, found, whole)
    return [one for one in found if one.title or one.blocks]


def _as_heading(block: Block) -> Block:
    """A paragraph that is only a day as a heading above those of titles."""
    if block.what is not What.TEXT or block.level or len(block.text) > 40:
        return block
    day = day_at_start(block.text)
    alone = day is not None and day.year and not block.text[day.end :].strip(" .:")
    return block._replace(what=What.HEADING, level=2) if alone else block


def loose(blocks: Sequence[Block], of: Dated) -> list[Entry]:
    """The entries of a page that is of one day as a whole."""
    plain = [b for b in blocks if b.what is not What.HEADING]
    return list(_split(plain, of, ()))


def _groups(blocks: Sequence[Block]) -> Iterator[_Group]:
    path: list[tuple[int, int, str, str]] = []
    group = _Group((), [])
    for number, block in enumerate(blocks):
        if block.what is not What.HEADING:
            group.blocks.append(block)
            continue
        if group.path or group.blocks:
            yield group
        while path and path[-1][1] >= block.level:
            path.pop()
        path.append((number, block.level, block.text, block.anchor))
        group = _Group(tuple(path), [])
    yield group


def _mark(group: _Group, marks: dict[int, Dated]) -> None:
    """Find out which of the headings are of a day or a version."""
    year: int | None = None
    above: Day | None = None
    for number, _, text, _ in group.path:
        if (alone := year_alone(text)) is not None:
            year = alone
            continue
        if number not in marks and (found := dated(text, year)) is not None:
            marks[number] = found
        if number not in marks:
            continue
        if marks[number].day is None and above is not None:  # a version below the day on which it came
            marks[number] = marks[number]._replace(day=above)
        above = marks[number].day
        year = above.at.year if above is not None else year


def _take(group: _Group, marks: dict[int, Dated], levels: set[int], found: list[Entry], whole: dict[int, int]) -> None:
    """Add the entries of a group; ``whole``: where the entry of a heading with a title stands in ``found``."""
    inner = max((i for i, (number, *_) in enumerate(group.path) if number in marks), default=-1)
    if inner < 0:
        at = next((i for i, (_, level, text, _) in enumerate(group.path) if level in levels and is_open(text)), None)
        if at is None:
            found.extend(_undivided(group.blocks))
            return
        number, _, text, _ = group.path[at]
        inner, of = at, Dated(None, title=text)
    else:
        number, of = group.path[inner][0], marks[group.path[inner][0]]
    outer = tuple(
        text for n, level, text, _ in group.path[:inner] if level > 1 and n not in marks and year_alone(text) is None
    )
    section = (*outer, of.shown)
    below = group.path[inner + 1 :]
    anchor = group.path[inner][3]
    if of.day is not None and of.title and not of.version:
        _join(number, Entry(of, section, of.title, tuple(_flat(group, inner)), anchor=anchor), found, whole)
        return
    if not below:
        found.extend(_split(group.blocks, of, section, anchor))
        return
    head, _, text, own = below[0]
    items = bool(group.blocks) and group.blocks[0].what is What.ITEM
    month = of.day is not None and of.day.month_only
    if of.version or is_section(text) or (items and not month and head not in whole):
        found.extend(_split(group.blocks, of, (*section, *(t for _, _, t, _ in below)), own or anchor))
        return
    _join(head, Entry(of, section, text, tuple(_flat(group, inner + 1)), anchor=own or anchor), found, whole)


def _flat(group: _Group, index: int) -> Iterator[Block]:
    """The blocks, behind the headings between them and the one at ``index`` as lines of text."""
    for _, _, text, _ in group.path[index + 1 :][-1:]:
        yield Block(What.TEXT, Span(text))
    yield from group.blocks


def _join(number: int, entry: Entry, found: list[Entry], whole: dict[int, int]) -> None:
    """An entry under a title: what stands under a heading below it belongs to it."""
    if number in whole:
        before = found[whole[number]]
        found[whole[number]] = before._replace(blocks=(*before.blocks, *entry.blocks))
        return
    whole[number] = len(found)
    models, rest = _tag_line(entry.blocks[0]) if entry.blocks else (None, ())
    if models is not None:
        entry = entry._replace(blocks=entry.blocks[1:], models=models, section=(*entry.section, *rest))
    found.append(entry)


def _split(blocks: Sequence[Block], of: Dated, section: tuple[str, ...], anchor: str = "") -> Iterator[Entry]:
    """Entries of blocks without headings: each outermost item, or each paragraph with what follows it."""
    blocks = [block for block in blocks if not _COMPARISON.match(block.text)]
    current: list[Block] = []
    models: tuple[str, ...] | None = None
    """What a line of tags gave: all that follows it is one entry."""
    label: tuple[str, ...] = ()

    def made() -> Iterator[Entry]:
        if current:
            yield Entry(of, (*section, *label), "", tuple(current), models or _tagged(current), _own(current) or anchor)

    for index, block in enumerate(blocks):
        given, types = _tag_line(block)
        if given is not None:
            yield from made()
            current, models, label = [], given, types
        elif models is not None:
            current.append(block)
        elif not _holds_lists(current) and _is_label(block, blocks[index + 1 : index + 2]):
            yield from made()
            current, label = [], (block.text.strip(" :"),)
        elif _begins(block, current):
            yield from made()
            current = [block]
        else:
            current.append(block)
    yield from made()


def _begins(block: Block, current: Sequence[Block]) -> bool:
    """Whether an entry begins here: at an outermost item, at a paragraph behind a list."""
    if block.what is What.ITEM:
        return block.level == 1 and not _holds_lists(current)
    return block.what is What.TEXT and not block.level and bool(current) and current[0].what is What.ITEM


def _holds_lists(current: Sequence[Block]) -> bool:
    """A paragraph keeps the list behind it."""
    return bool(current) and current[0].what is not What.ITEM


def _is_label(block: Block, following: Sequence[Block]) -> bool:
    """``API updates:`` before a list: what kind of change its items are."""
    if block.what is not What.TEXT or block.level or not following or following[0].what is not What.ITEM:
        return False
    return len(block.text.split()) <= _LABEL_WORDS and (block.text.endswith(":") or is_section(block.text))


def _tag_line(block: Block) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """The models and the kinds that ``Feature · Model: x · API: y`` gives; None where the block is no such line."""
    if block.what is not What.TEXT or block.level or len(block.text) > 2_000:
        return None, ()
    parts = [part.strip() for part in block.text.split("\u00b7")]
    first = parts[0].lower().rstrip(".:")
    if first not in _TYPES and not (_KEYED.match(parts[0]) and len(parts) > 1):
        return None, ()
    if any(part.lower() not in _TYPES and not _KEYED.match(part) for part in parts[1:]):
        return None, ()
    given = (match[1] for part in parts if (match := _GIVEN.match(part)) is not None)
    models = (name.strip(" `") for one in given for name in one.split(","))
    return tuple(dict.fromkeys(m for m in models if m)), tuple(p for p in parts if not _KEYED.match(p))


def _tagged(blocks: Sequence[Block]) -> tuple[str, ...]:
    """The models of an entry that is marked as of models: its code that looks like a name of one."""
    if not any("model" in block.tags for block in blocks):
        return ()
    codes = (code for block in blocks for code in block.span.codes)
    return tuple(dict.fromkeys(code for code in codes if _MODEL_ID.match(code) and len(code) <= 120))


def _own(blocks: Sequence[Block]) -> str:
    return blocks[0].anchor if blocks[0].what is What.ITEM else ""


def _undivided(blocks: Sequence[Block]) -> Iterator[Entry]:
    """Entries where no heading is of a day: rows and items that bear their own."""
    for index, block in enumerate(blocks):
        if block.what is What.TABLE and len(block.rows) > 1:
            yield from _of_table(block)
        elif (
            block.what is What.ITEM and block.level == 1 and (day := day_at_start(block.text)) is not None and day.year
        ):
            below = list(takewhile(lambda b: b.level > 1 or (b.level and b.what is not What.ITEM), blocks[index + 1 :]))
            text = block.text[day.end :].lstrip(" :-\u2013\u2014|)]")
            of = Dated(day)
            yield Entry(
                of, (of.shown,), "", (block._replace(span=block.span._replace(text=text)), *below), _tagged([block])
            )


def _of_table(block: Block) -> Iterator[Entry]:
    """A history as a table: each row with a day is an entry."""
    heads = [cell.text.lower() for cell in block.rows[0]]
    column = next((i for i, head in enumerate(heads) if head in ("date", "day", "released", "change date")), None)
    for row in block.rows[1:] if column is not None else ():
        day = day_at_start(row[column].text) if column is not None and column < len(row) else None
        if day is not None:
            of = Dated(day)
            cells = (cell for i, cell in enumerate(row) if i != column and cell.text)
            yield Entry(of, (of.shown,), "", tuple(Block(What.TEXT, cell) for cell in cells))
