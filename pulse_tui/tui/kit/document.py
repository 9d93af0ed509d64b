"""A page of labelled paragraphs (label on the left, text wrapped beside it), laid out by a pure function, and its view."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.style import Style

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Canvas, Line, Span, fit, safe
from pulse_tui.tui.kit.manners import addresses, clocked, linked, manners

Lines = Sequence[tuple[str, str]]
"""A page as the desk gives it: (label, text) lines."""


class Block(NamedTuple):
    """One label and the lines beside it. An empty label continues the one above."""

    label: str
    lines: tuple[str, ...]
    style: Style = styles.PLAIN
    label_style: Style = styles.BOLD
    tight: bool = False
    """No empty line above."""


def story_blocks(lines: Lines) -> list[Block]:
    """(label, text) lines as blocks; lines of one label stand together."""
    blocks: list[Block] = []
    for label, text in lines:
        if blocks and (not label or blocks[-1].label == label.upper()):
            blocks[-1] = blocks[-1]._replace(lines=(*blocks[-1].lines, *text.split("\n")))
        else:
            blocks.append(Block(label.upper(), tuple(text.split("\n"))))
    return blocks


_COLUMN = re.compile(r"(?:\S+ )*\S* {2,}|\d+\. ")
_PIECES = re.compile(r" *\S+ ?")
_WORDS = re.compile(
    r"\b(FAIL|PASS|INCONCLUSIVE|READ-ONLY|GO|BLOCKED|P1|P2|verified|failed|halted|undone)\b|(?<= )(true|false)\b|(?:^|(?<= ))[●▲✖■◆✓○](?= )"
)
_TINTS = {
    "FAIL": styles.BAD, "PASS": styles.GOOD, "INCONCLUSIVE": styles.UNDECIDED, "GO": styles.GOOD, "BLOCKED": styles.BAD, "P1": styles.BAD, "P2": styles.BAD, "verified": styles.GOOD,
    "failed": styles.BAD, "halted": styles.BAD, "undone": styles.INFO, "true": styles.GOOD, "false": styles.WARN,
    "●": styles.GOOD, "✓": styles.GOOD, "▲": styles.WARN, "✖": styles.BAD, "■": styles.HELD, "◆": styles.INFO,
}  # fmt: skip


def tint(text: str, style: Style) -> list[Span]:
    """Verdict words stand out of a sentence."""
    spans: list[Span] = []
    at = 0
    for found in _WORDS.finditer(text):
        if found.start() > at:
            spans.append((text[at : found.start()], style))
        spans.append((found[0], _TINTS.get(found[0], style)))
        at = found.end()
    if at < len(text):
        spans.append((text[at:], style))
    return spans


def wrap(text: str, width: int) -> list[str]:
    """``text`` in lines of at most ``width`` cells.

    Columns made with two or more spaces stay, and what goes on is indented to where the last of them began; a word that is
    too long is broken.
    """
    text = safe(text)
    if cell_len(text) <= width:
        return [text]
    columns = _COLUMN.match(text)
    hang = " " * (cell_len(columns[0]) if columns and cell_len(columns[0]) <= width // 2 else 0)
    lines, line = [], ""
    for piece in _PIECES.findall(text):
        if cell_len(line) + cell_len(piece.rstrip()) <= width:
            line += piece
            continue
        if line.strip():
            lines.append(line.rstrip())
            line = hang
        rest = piece
        while cell_len(line) + cell_len(rest.rstrip()) > width:
            head = set_cell_size(rest, width - cell_len(line)).rstrip()
            lines.append(line + head)
            rest, line = rest[max(1, len(head)) :], hang
        line += rest
    return [*lines, line.rstrip()] if line.strip() else lines


FOLDED = 8
"""So many lines of the first two questions stand above the fold in any case: what to do makes no sense without them."""
QUESTIONS = ("WHAT CHANGED", "WHAT IS THE RISK", "WHAT TO DO NOW")
"""Where a page begins with these, the last of them is seen without scrolling."""


def lay_out(blocks: Sequence[Block], width: int, height: int = 0, links: bool = False) -> list[Line]:
    """The page as lines. The label column is as wide as the widest label, or above the text on a narrow screen.

    ``height``: lines that are seen at once. A page that begins with the three questions and has more is folded: what is
    too long of the first two goes on below the third, under ``… CHANGED`` and ``… RISK``. Nothing is left out.
    """
    labels = max((cell_len(block.label) for block in blocks), default=0)
    beside = labels + 3 if labels + 3 <= width // 3 else 3
    parts = [_laid(block, width, beside, links) for block in blocks]
    apart = [bool(number and block.label and not block.tight) for number, block in enumerate(blocks)]
    if height and beside > 3 and tuple(block.label for block in blocks[:3]) == QUESTIONS:
        kept = _seen_at_once([len(part) for part in parts[:3]], height - 3)
        below: list[list[Line]] = []
        for place, block in enumerate(blocks[:2]):
            whole, most = parts[place], kept[place]
            if len(whole) > most:
                label = (fit(f" … {block.label.split()[-1]}", beside), block.label_style)
                parts[place] = [*whole[: most - 1], (*whole[most - 1], ("…", styles.DIM))]
                below.append([(label, *whole[most][1:]), *whole[most + 1 :]])
        parts[3:3], apart[3:3] = below, [True] * len(below)
    lines: list[Line] = []
    for part, space in zip(parts, apart, strict=True):
        lines += [(), *part] if space else part
    return lines


def _laid(block: Block, width: int, beside: int, links: bool = False) -> list[Line]:
    lines: list[Line] = []
    label = f" {safe(block.label)}"
    if block.label and beside == 3:
        lines.append(((label, block.label_style),))
        label = ""
    for text in block.lines or ("",):
        known = addresses(text) if links else frozenset[str]()
        for part in wrap(text, max(8, width - beside - 1)):
            spans = linked(tint(part, block.style), known)
            lines.append(((fit(label, beside), block.label_style), *spans))
            label = ""
    return lines


def _seen_at_once(long: Sequence[int], room: int) -> list[int]:
    """How many lines of each of three parts stand above the fold of ``room`` lines; all, where they fit."""
    changed, risk, todo = long
    if changed + risk + todo <= room:
        return [changed, risk, todo]
    left = max(room - todo, min(changed + risk, FOLDED))
    kept_risk = max(2, min(risk, left - min(changed, left // 2)))
    return [max(2, min(changed, left - kept_risk)), kept_risk, todo]


def lit(line: Line, words: str) -> Line:
    """The line with every place of the words reversed."""
    places = [found.span() for found in re.finditer(re.escape(words), "".join(text for text, _ in line), re.IGNORECASE)]
    spans: list[Span] = []
    at = 0
    for text, style in line:
        cuts = sorted({0, len(text), *(min(max(edge - at, 0), len(text)) for place in places for edge in place)})
        for start, end in itertools.pairwise(cuts):
            inside = any(first <= at + start < last for first, last in places)
            spans.append((text[start:end], style + styles.REVERSE if inside else style))
        at += len(text)
    return tuple(spans)


class Document(Canvas):
    """Shows a page, scrolls it, and keeps its place when the page changes."""

    local = True
    """Whether the operator's own clock stands beside the moments of the page, where they chose one."""

    def __init__(self, blocks: Sequence[Block] = (), *, id: str | None = None) -> None:
        """The page to start with."""
        super().__init__(id=id)
        self._blocks = tuple(blocks)
        self._lines: list[Line] = []
        self._laid_for = (-1, -1)
        self._top = 0
        self.sought = ""
        """The words that are looked for; empty: none."""
        self.hits: list[int] = []
        """The lines that have them."""
        self._hit = 0
        """Which of these was gone to last."""

    @property
    def blocks(self) -> tuple[Block, ...]:
        """What is shown."""
        return self._blocks

    def show(self, blocks: Sequence[Block]) -> None:
        """Another page, or the same one with news."""
        if tuple(blocks) != self._blocks:
            self._blocks = tuple(blocks)
            self._laid_for = (-1, -1)
            self.redraw()

    def prepare(self, width: int, height: int) -> None:
        if self._laid_for != (width, height):
            of = manners(self.app)
            zone = of.zone if self.local else None
            shown = [b._replace(lines=tuple(clocked(line, zone) for line in b.lines)) for b in self._blocks]
            self._lines = lay_out(shown if zone is not None else self._blocks, width, height, of.links)
            self._laid_for = (width, height)
            self._find()
        self._top = max(0, min(self._top, len(self._lines) - height))

    def draw_line(self, y: int, width: int, height: int) -> Sequence[Span]:
        index = self._top + y
        if y == height - 1 and index < len(self._lines) - 1:
            return [(f"   … {len(self._lines) - index} more lines, j or ctrl-d", styles.DIM)]
        if index >= len(self._lines):
            return ()
        return lit(self._lines[index], self.sought) if self.sought else self._lines[index]

    # ------------------------------------------------------------------ search

    @property
    def where(self) -> str:
        """``/words 3 of 17``; empty while nothing is looked for."""
        if not self.sought:
            return ""
        return f"/{self.sought} " + (f"{self._hit + 1} of {len(self.hits)}" if self.hits else "nowhere")

    def seek(self, words: str) -> None:
        """Look for the words, and go to the first line from here on that has them. Empty: for nothing any more."""
        self.sought = words
        self._find()
        self._hit = next((n for n, line in enumerate(self.hits) if line >= self._top), 0)
        self._show_hit()

    def move_to_hit(self, by: int) -> None:
        """To the next (1) line that has them, or the one before (-1), round the end."""
        if self.hits:
            self._hit = (self._hit + by) % len(self.hits)
            self._show_hit()

    def _find(self) -> None:
        """Words that a line break divides are of the line that they begin in."""
        words = self.sought.casefold()
        if not words:
            self.hits = []
            return
        texts = ["".join(text for text, _ in line).casefold() for line in self._lines]
        self.hits = [n for n, text in enumerate(texts) if words in text]
        if " " in words:
            whole = set(self.hits)
            pairs = (f"{one.rstrip()} {two.lstrip()}" for one, two in itertools.pairwise(texts))
            broken = {n for n, pair in enumerate(pairs) if words in pair} - whole - {n - 1 for n in whole}
            self.hits = sorted(whole | broken)
        self._hit = min(self._hit, max(0, len(self.hits) - 1))

    def _show_hit(self) -> None:
        if self.hits and not self._top <= self.hits[self._hit] < self._top + self.size.height - 1:
            self._top = self.hits[self._hit] - self.size.height // 3
        self.redraw()

    # ------------------------------------------------------------------ moving

    def move(self, by: int) -> None:
        """Scroll by lines."""
        self._top += by
        self.redraw()

    def move_pages(self, by: float) -> None:
        """Scroll by pages."""
        self.move(round(by * self.size.height) or (1 if by > 0 else -1))

    def move_to_edge(self, last: bool) -> None:
        """To the first or last line."""
        self._top = len(self._lines) if last else 0
        self.redraw()

    def text(self) -> str:
        """The whole page as plain text, for copying."""
        return "\n".join("\n".join(f"{b.label}\t{line}" if b.label else line for line in b.lines) for b in self._blocks)
