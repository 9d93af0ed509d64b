"""A page of HTML to blocks, by lexbor. What is around its content (navigation, forms, scripts) is left out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from pulse_tui.collectors._shared.blocks import Block, Span, What
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.text import clean

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser, LexborNode

ELEMENTS = 200_000
"""Beginnings and ends of elements that are read: a changelog of ten years has a fifth of them."""
DEEPEST = 1_500
"""Elements one in the other: who parses HTML takes the square of it."""
COLUMNS = 40
_LONGEST = 20_000
_TAGS = re.compile(r"<(/?)([a-z][\w-]{0,40})", re.IGNORECASE)
_OPEN_ENDED = frozenset(
    {
        "area",
        "base",
        "body",
        "br",
        "col",
        "dd",
        "dt",
        "embed",
        "head",
        "hr",
        "html",
        "img",
        "input",
        "li",
        "link",
        "meta",
    }
    | {"option", "p", "param", "path", "source", "tbody", "td", "th", "thead", "tr", "track", "wbr"}
)
"""Elements that need not be closed, or have nothing in them."""
_SILENT = frozenset(
    {"script", "style", "template", "noscript", "svg", "iframe", "object", "nav", "footer", "form", "button", "sup"}
    | {"select", "head", "dialog", "math"}
)
_HEADINGS = {f"h{n}": n for n in range(1, 7)}
_BLOCKS = frozenset(
    {"address", "article", "aside", "blockquote", "dd", "details", "div", "dl", "dt", "figure", "figcaption", "header"}
    | {"hr", "main", "ol", "p", "section", "summary", "ul", "body", "td", "th", "tr", "table", "tbody", "thead", "li"}
)


def html_blocks(text: str) -> list[Block]:
    """The blocks of the page's content. Raises SourceError for one of far too many elements."""
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415  late: 20 ms

    if text.count("<") > ELEMENTS:
        raise SourceError(f"the page has over {ELEMENTS:,} elements", todo="Give the page of what is new")
    if _depth(text)[1] > DEEPEST:
        raise SourceError("the page is nested too deeply to be read", todo="Give the page of what is new")
    root = _content(LexborHTMLParser(text))
    return _Walker().walk(root) if root is not None else []


def page_title(text: str) -> str:
    """The title of a page, for a message; empty when it has none."""
    at = text.lower().find("<title", 0, 20_000)
    inner = text.find(">", at) + 1 if at >= 0 else 0
    return clean(text[inner : text.find("<", inner)], 80) if inner > 0 else ""


def is_cut(text: str) -> bool:
    """Whether a page of HTML ends before its end: what must be closed is open, and the page itself is not closed."""
    return "</html" not in text[-2_000:].lower() and "</body" not in text[-2_000:].lower() and _depth(text)[0] > 0


def _depth(text: str) -> tuple[int, int]:
    """How many of the elements that must be closed are open at the end, and at most; before it is parsed, so about."""
    depth = deepest = 0
    for match in _TAGS.finditer(text):
        if match[2].lower() in _OPEN_ENDED:
            continue
        depth = max(depth - 1, 0) if match[1] else depth + 1
        deepest = max(deepest, depth)
    return depth, deepest


def _content(tree: LexborHTMLParser) -> LexborNode | None:
    for place in ("main", "article", "[role=main]"):
        found = tree.css_first(place)
        if found is not None and found.css_first("h1, h2, h3, h4, table, li") is not None:
            return found
    return tree.body


class _Walker:
    """Goes over the nodes without recursion: a page may be nested however deep."""

    def __init__(self) -> None:
        self.made: list[Block] = []
        self._parts: list[str] = []
        self._codes: list[str] = []
        self._links: list[str] = []
        self._size = 0
        self._heading = ""
        self._anchor = ""
        self._items: list[bool] = []
        """Of each open item whether its mark is still to be made."""
        self._tables = 0
        self._rows: list[list[Span]] = []
        self._down: dict[int, tuple[int, int, Span]] = {}
        """Cells that go on in the rows below, by column: the row of the cell, the last row it is in, the cell."""

    def walk(self, root: LexborNode) -> list[Block]:
        """All blocks below ``root``."""
        for node, entering in _events(root):
            if entering:
                self._enter(node)
            else:
                self._leave(node)
        self._flush()
        return self.made

    def _enter(self, node: LexborNode) -> None:
        tag = node.tag
        if tag == "-text":
            self._say(node.text_content or "")
        elif tag == "br":
            self._say(" ")
        elif tag == "a":
            if href := node.attributes.get("href"):
                self._links.append(href[:2_000])
        elif self._tables:
            self._enter_in_table(tag or "")
        elif tag in _HEADINGS:
            self._flush()
            self._heading, self._anchor = tag, node.attributes.get("id") or ""
        elif tag == "li":
            self._flush()
            self._items.append(True)
            self._anchor = node.attributes.get("id") or ""
        elif tag == "table":
            self._flush()
            self._tables, self._rows, self._down = 1, [], {}
        elif tag == "pre" or (tag in _BLOCKS and not self._heading):
            self._flush()

    def _enter_in_table(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._taken()
            if not self._rows:
                self._rows.append([])
        elif tag == "tr":
            self._rows.append([])
        elif tag == "table":
            self._tables += 1
        elif tag in _BLOCKS:
            self._say(" ")

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag
        if tag in ("code", "kbd", "tt"):
            text = clean(node.text() or "", 300)
            if text and len(self._codes) < 1_000:
                self._codes.append(text)
        elif self._tables:
            if tag in ("td", "th"):
                self._cell(node)
            elif tag == "tr" and self._rows and self._rows[-1]:
                self._fill()
            elif tag == "table":
                self._tables -= 1
                if not self._tables:
                    self._table()
        elif tag in (self._heading, "pre") or (tag in _BLOCKS and not self._heading):
            self._flush(What.CODE if tag == "pre" else What.TEXT)
            if tag == "li" and self._items:
                self._items.pop()

    def _say(self, text: str) -> None:
        if self._size < _LONGEST and text:
            self._parts.append(text[: _LONGEST - self._size])
            self._size += len(text)

    def _taken(self) -> Span:
        span = Span(clean("".join(self._parts), _LONGEST), tuple(self._codes), tuple(self._links))
        self._parts, self._codes, self._links, self._size = [], [], [], 0
        return span

    def _flush(self, what: What = What.TEXT) -> None:
        """Finish the block that is open, if there is anything in it."""
        span = self._taken()
        heading, self._heading = self._heading, ""
        anchor, depth = self._anchor, len(self._items)
        if not span.text:
            return
        self._anchor = ""
        if heading:
            self.made.append(Block(What.HEADING, span, _HEADINGS[heading], anchor))
        elif self._items and self._items[-1]:
            self._items[-1] = False
            self.made.append(Block(What.ITEM, span, depth, anchor))
        else:
            self.made.append(Block(what, span, depth))

    def _cell(self, node: LexborNode) -> None:
        cell, row = self._taken(), self._rows[-1]
        self._fill()
        wide, high = (_number(node.attributes.get(name)) for name in ("colspan", "rowspan"))
        for _ in range(min(wide, COLUMNS - len(row))):
            if high > 1:
                self._down[len(row)] = (len(self._rows), len(self._rows) + high - 1, cell)
            row.append(cell)

    def _fill(self) -> None:
        """Put in the cells that come down from the rows above."""
        row, number = self._rows[-1], len(self._rows)
        while (down := self._down.get(len(row))) is not None and down[0] < number <= down[1]:
            row.append(down[2])

    def _table(self) -> None:
        self._taken()
        rows = tuple(tuple(row) for row in self._rows if any(cell.text for cell in row))
        self._rows = []
        if rows:
            self.made.append(Block(What.TABLE, level=len(self._items), rows=rows))


def _number(text: str | None) -> int:
    """A colspan or rowspan."""
    return min(max(int(text), 1), 100) if text and text.isascii() and text.isdigit() and len(text) < 4 else 1


def _events(root: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Every node below ``root`` when it begins and when it ends, without what is not content."""
    end = root.mem_id
    node = root.first_child
    while node is not None:
        silent = node.tag in _SILENT or node.attributes.get("aria-hidden") == "true" if node.is_element_node else False
        if not silent:
            yield node, True
            if (child := node.first_child) is not None:
                node = child
                continue
            yield node, False
        while (after := node.next) is None:
            parent = node.parent
            if parent is None or parent.mem_id == end:
                return
            node = parent
            yield node, False
        node = after
