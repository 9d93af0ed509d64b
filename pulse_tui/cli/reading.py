"""A page of Markdown as plain text for a terminal: paragraphs, lists and tables wrapped to its width, code as it is.

Only what the pages of ``pulse_tui/docs`` use is known. There is no pager: the text goes to standard output.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence

WIDEST = 110
NARROWEST = 40
LEAST_COLUMN = 12
"""A column of a table is not made narrower than this: words would be cut in pieces."""
_INDENT = "    "
"""Examples in docstrings are indented instead of fenced."""
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_EMPHASIS = re.compile(r"(?<!\w)(\*\*?)(?=\S)(.+?)(?<=\S)\1(?!\w)")
_ITEM = re.compile(r"( *)([-*]|\d+\.) (.*)")
_RULE = re.compile(r"\|[\s:|-]+\|\s*")


def plain(markdown: str, width: int) -> str:
    """The page as text of at most ``width`` columns; code blocks and words longer than that stay whole."""
    room = max(NARROWEST, min(width, WIDEST))
    text, before = "", None
    for block in blocks(markdown):
        item = bool(_ITEM.match(block[0]))
        text += ("" if before is None else "\n" if item and before else "\n\n") + _block(block, room)
        before = item
    return text + "\n"


def blocks(markdown: str) -> Iterator[list[str]]:
    """The page as headings, paragraphs, list items, tables and code blocks, each a list of lines."""
    current: list[str] = []
    fence = False
    for line in markdown.splitlines():
        if line.startswith("```"):
            if not fence and current:
                yield current
                current = []
            current.append(line)
            if fence:
                yield current
                current = []
            fence = not fence
        elif fence or (line.startswith(_INDENT) and (not current or current[0].startswith(_INDENT))):
            current.append(line)
        elif not line.strip() or line.startswith("#") or _starts(line, current):
            if current:
                yield current
            current = [line] if line.strip() else []
            if line.startswith("#"):
                yield current
                current = []
        else:
            current.append(line)
    if current:
        yield current


def _starts(line: str, current: Sequence[str]) -> bool:
    """Whether a line opens a block of its own: an item of a list always, a table after anything else."""
    return bool(_ITEM.match(line)) or (line.startswith("|") and bool(current) and not current[0].startswith("|"))


def _block(lines: list[str], width: int) -> str:
    first = lines[0]
    if first.startswith("```"):
        return "\n".join(f"  {line}".rstrip() for line in lines[1:-1])
    if first.startswith(_INDENT):
        return "\n".join(lines)
    if first.startswith("#"):
        level, text = len(first) - len(first.lstrip("#")), spoken(first.lstrip("# "))
        return f"{text}\n{'=-~'[min(level, 3) - 1] * len(text)}"
    if first.startswith("|"):
        rows = [[spoken(cell) for cell in _cells(line)] for line in lines if not _RULE.fullmatch(line)]
        return "\n".join(table(rows, width))
    item = _ITEM.match(first)
    if item:
        text = " ".join([item[3], *(line.strip() for line in lines[1:])])
        lead = f"{item[1]}{item[2]} "
        return _wrapped(spoken(text), width, lead, " " * len(lead))
    return _wrapped(spoken(" ".join(line.strip() for line in lines)), width)


def _wrapped(text: str, width: int, first: str = "", rest: str = "") -> str:
    return textwrap.fill(
        text, width, initial_indent=first, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False
    )


def spoken(text: str) -> str:
    """Markup as a reader without a browser wants it: links as the command that opens them."""

    def link(match: re.Match[str]) -> str:
        label, target = match[1], match[2]
        if target.startswith(("http:", "https:")):
            return label if label == target else f"{label} ({target})"
        page = target.rpartition("/")[2].partition("#")[0]
        return f"{label} (pulse-tui help {page.removesuffix('.md')})" if page.endswith(".md") else label

    parts = _LINK.sub(link, text).split("`")  # every other part is code, where a star is a star
    return "`".join(part if i % 2 else _EMPHASIS.sub(r"\2", part) for i, part in enumerate(parts))


def _cells(line: str) -> list[str]:
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]


def table(rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """Columns side by side, the widest ones wrapped until all fit; a column without a word is left out."""
    most = max(len(row) for row in rows)
    padded = [[*row, *[""] * (most - len(row))] for row in rows]
    kept = [i for i in range(most) if any(row[i] for row in padded)]
    cells = [[row[i] for i in kept] for row in padded]
    columns = len(kept)
    widths = _fit([max(len(row[i]) for row in cells) for i in range(columns)], width - 2 * (columns - 1))
    for number, row in enumerate(cells):
        wrapped = [textwrap.wrap(cell, w, break_on_hyphens=False) or [""] for cell, w in zip(row, widths, strict=True)]
        for i in range(max(len(part) for part in wrapped)):
            parts = [(p[i] if i < len(p) else "").ljust(w) for p, w in zip(wrapped, widths, strict=True)]
            yield "  ".join(parts).rstrip()
        if number == 0:
            yield "  ".join("-" * w for w in widths)


def _fit(widths: list[int], room: int) -> list[int]:
    while sum(widths) > room and max(widths) > LEAST_COLUMN:
        widths[widths.index(max(widths))] -= 1
    return widths
