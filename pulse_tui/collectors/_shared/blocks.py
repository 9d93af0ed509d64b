"""A page as a row of blocks, whatever it is written in: headings, items of lists, paragraphs, tables, code."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from pulse_tui.domain.text import clean_block

BODY = 20_000
"""Characters of an entry that are kept."""


class Span(NamedTuple):
    """A line of safe text, with the code and the addresses that stood in it."""

    text: str
    codes: tuple[str, ...] = ()
    links: tuple[str, ...] = ()


class What(StrEnum):
    """What a block is."""

    HEADING = "heading"
    ITEM = "item"
    TEXT = "text"
    CODE = "code"
    TABLE = "table"


class Block(NamedTuple):
    """``level`` of a heading is its rank, of an item how deep it stands (1 is outermost), of the rest the item it belongs to (0:
    none)."""

    what: What
    span: Span = Span("")
    level: int = 0
    anchor: str = ""
    rows: tuple[tuple[Span, ...], ...] = ()
    tags: tuple[str, ...] = ()
    """Marks beside the text: ``model`` of ``<Tag model/>``."""

    @property
    def text(self) -> str:
        """Its line of text."""
        return self.span.text


def rendered(blocks: Iterable[Block], limit: int = BODY) -> str:
    """The blocks as plain text: a line each, nested items behind "- ", the cells of a row between bars."""
    lines: list[str] = []
    left = limit
    for block in blocks:
        if left <= 0:
            break
        if block.what is What.TABLE:
            made = "\n".join(" | ".join(cell.text for cell in row) for row in block.rows)
        elif block.what is What.ITEM and lines:
            made = f"- {block.text}"
        else:
            made = block.text
        if made:
            lines.append(made)
            left -= len(made)
    return clean_block("\n".join(lines), limit)
