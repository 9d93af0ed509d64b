"""Markdown and MDX to blocks, line by line, in time that is linear in their length.

Read is what changelogs are made of: headings, nested lists, paragraphs, tables, fenced code, quotes, front matter. Everything else
is text. What a line cannot be decided by alone (a list without blanks before it, an indented code block) is taken as its readers
would see it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from pulse_tui.collectors._shared.blocks import Block, Span, What
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.text import clean

LINES = 100_000
"""Lines of a page that are read."""
_LONGEST = 20_000
_RUN = re.compile("`+")
_IMAGE = re.compile(r"!\[[^\[\]]{0,300}\]\([^()\s]{0,2000}[^()]{0,300}\)")
BLOCKS = 50_000
"""Headings, paragraphs, items, rows of a page that are read: the largest changelog that is known has a tenth."""
_QUOTED = re.compile(r"(?:\s*+>)++")
_LINK = re.compile(r"\[([^\[\]]{0,1000})\]\(\s{0,3}<?([^()\s<>]{0,2000})>?[^()]{0,300}\)")
_REFERENCE = re.compile(r"\[([^\[\]]{1,300})\]\[[^\[\]]{0,100}\]")
_FOOTNOTE = re.compile(r"\[\^[^\[\]]{1,40}\]|<sup>[^<>]{0,40}</sup>", re.IGNORECASE)
_DEFINED = re.compile(r"\s{0,3}\[[^\[\]]{1,200}\]:\s")
_AUTOLINK = re.compile(r"<(https?://[^<>\s]{1,2000})>")
_TAGGED = re.compile(r"<Tag\s+([\w-]{1,40})[^<>]{0,200}>")
_BREAK = re.compile(r"<br\s{0,3}/?>", re.IGNORECASE)
_ANY_TAG = re.compile(r"</?[A-Za-z][^<>]{0,2000}>")
_STRONG = re.compile(r"\*\*([^*]{1,2000})\*\*|(?<!\w)__([^_]{1,2000})__(?!\w)")
_EMPHASIS = re.compile(r"\*([^*\s][^*]{0,1000})\*|(?<!\w)_([^_\s][^_]{0,1000})_(?!\w)")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_HELD = re.compile("\ue000(\\d{1,6})\ue001")
_UPDATE = re.compile(r"\s*<Update\b[^<>]{0,500}?\blabel\s?=\s?[\"']([^\"'<>]{1,120})[\"']")
_HTML_HEADING = re.compile(r"\s{0,3}<h([1-6])\b[^<>]{0,500}>(.{0,500})", re.IGNORECASE)
_HEADING_ID = re.compile(r"\s{0,3}\{\s?#([\w.-]{1,120})\s?\}\Z")
_CALLOUT = re.compile(r"\[!(?:\w{1,20}\]|INCLUDE\b)", re.IGNORECASE)


class Document(NamedTuple):
    """A page of Markdown."""

    front: dict[str, str]
    """What stands before it as ``key: value``."""
    blocks: list[Block]


def read_markdown(text: str) -> Document:
    """The front matter and the blocks of a page. Raises SourceError for one of far too many."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[:LINES]
    front, start = _front(lines)
    reader = _Reader(_without_comments(lines[start:]))
    blocks = list(islice(reader.blocks(), BLOCKS + 1))
    if len(blocks) > BLOCKS:
        raise SourceError(f"the page has over {BLOCKS:,} blocks", todo="Give the page of what is new")
    return Document(front, blocks)


def inline(text: str) -> Span:
    """A piece of Markdown as a line of safe text, with its code and its addresses."""
    text = text[:_LONGEST].replace("\ue000", "").replace("\ue001", "")
    codes: list[str] = []
    links: list[str] = []
    if "`" in text:
        text = _held(text, codes)

    def address(match: re.Match[str]) -> str:
        links.append(match[2])
        return match[1]

    if "[" in text or "<" in text:
        text = _FOOTNOTE.sub("", _IMAGE.sub("", text))
        text = _REFERENCE.sub(r"\1", _LINK.sub(address, text))
        text = _AUTOLINK.sub(r"\1", text)
        text = _ANY_TAG.sub("", _BREAK.sub(" ", text))
    if "*" in text or "_" in text:
        text = _STRONG.sub(lambda m: m[1] or m[2], text)
        text = _EMPHASIS.sub(lambda m: m[1] or m[2], text)
    if "\\" in text:
        text = _ESCAPED.sub(r"\1", text)
    if "&" in text:
        with suppress(ValueError):  # a number of many thousand digits names no character
            text = html.unescape(text)
    text = _HELD.sub(lambda m: codes[int(m[1])], text)
    return Span(clean(text, _LONGEST), tuple(c for code in codes if (c := clean(code, 300))), tuple(links))


def _held(text: str, codes: list[str]) -> str:
    """The text with a mark in the place of each code span: nothing in it is markup."""
    runs = list(_RUN.finditer(text))
    parts: list[str] = []
    at = index = 0
    while index < len(runs):
        run = runs[index]
        index += 1
        if run.start() < at:
            continue
        other = next((r for r in runs[index : index + 8] if len(r[0]) == len(run[0])), None)
        if other is None:
            continue
        parts.append(text[at : run.start()])
        parts.append(f"\ue000{len(codes)}\ue001")
        codes.append(text[run.end() : other.start()].strip())
        at = other.end()
    parts.append(text[at:])
    return "".join(parts)


def _front(lines: list[str]) -> tuple[dict[str, str], int]:
    """``key: value`` of the front matter, folded values included, and the line after it."""
    if not lines or lines[0].strip() != "---":
        return {}, 0
    end = next((i for i, line in enumerate(lines[1:400], 1) if line.strip() in ("---", "...")), 0)
    found: dict[str, str] = {}
    key = ""
    for line in lines[1:end]:
        name, colon, value = line.partition(":")
        if colon and name and not name[0].isspace() and len(name) < 60:
            key = name.strip()
            value = value.strip()
            found[key] = "" if value in (">", ">-", "|", "|-") else value.strip("\"'")
        elif key:
            found[key] = f"{found[key]} {line.strip()}".strip()
    return found, end + 1 if end else 0


def _without_comments(lines: list[str]) -> list[str]:
    """The lines without comments of HTML; one that does not end is text."""
    text = "\n".join(lines)
    if "<!--" not in text:
        return lines
    parts: list[str] = []
    at = 0
    while (begin := text.find("<!--", at)) >= 0:
        end = text.find("-->", begin)
        if end < 0:
            break
        parts.append(text[at:begin])
        at = end + 3
    parts.append(text[at:])
    return "".join(parts).split("\n")


class _Reader:
    """Walks over the lines; ``_open`` are the lines of the block that is not finished."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._at = 0
        self._open: list[str] = []
        self._what = What.TEXT
        self._level = 0
        self._indents: list[int] = []
        self._blank = True
        self._tags: list[str] = []

    def blocks(self) -> Iterator[Block]:
        """All of them, in their order."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            yield from self._line(line.expandtabs(4))
        yield from self._flush()

    def _line(self, line: str) -> Iterator[Block]:
        if (quoted := _QUOTED.match(line)) is not None:
            line = line[quoted.end() :].removeprefix(" ")
        bare = line.lstrip()
        if _CALLOUT.match(bare):
            return
        indent = len(line) - len(bare)
        if not bare:
            yield from self._flush()
            self._blank = True
            return
        if bare.startswith(("```", "~~~")):
            yield from self._code(bare, indent)
        elif (heading := self._heading(line, bare, indent)) is not None:
            yield from self._flush()
            self._indents.clear()
            yield heading
        elif self._underlined(bare):
            yield Block(What.HEADING, inline(self._open[0]), 1 if bare[0] == "=" else 2)
            self._open = []
        elif len(set(bare.replace(" ", ""))) == 1 and bare[0] in "-*_" and bare.count(bare[0]) >= 3:
            yield from self._flush()
            self._indents.clear()
        elif (content := _item(bare)) is not None:
            yield from self._flush()
            self._nest(indent)
            self._indents.append(indent)
            self._what, self._level, self._open = What.ITEM, len(self._indents), [content]
        elif "|" in bare and self._at < len(self._lines) and _delimiter(self._lines[self._at]):
            yield from self._flush()
            self._nest(indent)
            yield self._table(line)
        elif bare[:6].lower() == "<table":
            yield from self._flush()
            yield from self._raw_table(line)
        elif bare.startswith((":::", "{/*")) or _DEFINED.match(line) or _import(bare):
            yield from self._flush()
        else:
            self._more(bare, indent)
        self._blank = False

    def _more(self, bare: str, indent: int) -> None:
        """A line of text: it goes on with the block that is open, or begins a paragraph."""
        if self._open:
            self._open.append(bare)
            return
        self._nest(indent)
        self._what, self._level, self._open = What.TEXT, len(self._indents), [bare]

    def _nest(self, indent: int) -> None:
        """Leave the items that something so far to the left does not belong to."""
        while self._indents and indent < self._indents[-1] + 2:
            self._indents.pop()

    def _flush(self) -> Iterator[Block]:
        if not self._open:
            return
        text = " ".join(self._open)
        tags = tuple(_TAGGED.findall(text)) if "<Tag" in text else ()
        span = inline(text)
        self._open = []
        if span.text:
            yield Block(self._what, span, self._level, tags=tags)

    def _heading(self, line: str, bare: str, indent: int) -> Block | None:
        if bare[0] == "#" and indent < 4:
            marks = len(bare) - len(bare.lstrip("#"))
            rest = bare[marks:]
            if marks > 6 or (rest and not rest[0].isspace()):
                return None
            rest = rest.strip()[:1_000]
            anchor = ""
            if (named := _HEADING_ID.search(rest[-130:])) is not None:
                anchor = named[1]
                rest = rest[: rest.rindex("{")]
            return Block(What.HEADING, inline(rest.rstrip("# ").strip()), marks, anchor)
        if bare[0] != "<":
            return None
        if (update := _UPDATE.match(line)) is not None:
            return Block(What.HEADING, inline(update[1]), 2)
        if (raw := _HTML_HEADING.match(line)) is not None:
            return Block(What.HEADING, inline(raw[2]), int(raw[1]))
        return None

    def _underlined(self, bare: str) -> bool:
        return len(self._open) == 1 and self._what is What.TEXT and not self._level and bare.rstrip() in _UNDERLINES

    def _code(self, bare: str, indent: int) -> Iterator[Block]:
        yield from self._flush()
        fence = bare[0] * (len(bare) - len(bare.lstrip(bare[0])))
        self._nest(indent)
        kept: list[str] = []
        while self._at < len(self._lines):
            line = self._lines[self._at]
            self._at += 1
            if line.lstrip().startswith(fence) and not line.strip().strip(fence[0]):
                break
            kept.append(line)
        text = clean("\n".join(kept)[:_LONGEST], 4_000)
        if text:
            yield Block(What.CODE, Span(text), len(self._indents))

    def _table(self, head: str) -> Block:
        rows = [_cells(head)]
        self._at += 1
        while self._at < len(self._lines) and "|" in self._lines[self._at]:
            rows.append(_cells(self._lines[self._at]))
            self._at += 1
        return Block(What.TABLE, level=len(self._indents), rows=tuple(rows))

    def _raw_table(self, line: str) -> Iterator[Block]:
        """A table that is written in HTML."""
        from pulse_tui.collectors._shared.html_page import html_blocks  # noqa: PLC0415  late: its parser takes 20 ms

        kept = [line]
        while "</table" not in kept[-1].lower() and self._at < len(self._lines):
            kept.append(self._lines[self._at])
            self._at += 1
        yield from html_blocks("\n".join(kept))


_UNDERLINES = frozenset(mark * n for mark in "=-" for n in range(3, 121))


def _item(bare: str) -> str | None:
    """What stands behind the mark of a list's item; None for a line that begins none."""
    if bare[0] in "-*+" and (len(bare) == 1 or bare[1] == " "):
        return bare[2:].strip()
    number = len(bare) - len(bare.lstrip("0123456789"))
    if 0 < number < 10 and bare[number : number + 2] in (". ", ") "):
        return bare[number + 2 :].strip()
    return None


def _delimiter(line: str) -> bool:
    bare = line.strip().lstrip("> ")
    return "-" in bare and "|" in bare and not set(bare) - set("|:- ")


def _cells(line: str) -> tuple[Span, ...]:
    bare = line.strip().lstrip("> ")
    bare = bare.removeprefix("|")
    if bare.endswith("|") and not bare.endswith("\\|"):
        bare = bare[:-1]
    parts = bare.replace("\\|", "\ue002").split("|")
    return tuple(inline(part.replace("\ue002", "|")) for part in parts[:40])


def _import(bare: str) -> bool:
    return bare.startswith(("import ", "export ")) and (" from " in bare or bare.rstrip().endswith(("{", "}", ";")))
