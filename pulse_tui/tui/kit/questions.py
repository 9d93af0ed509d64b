"""The three questions in little room: each gets a line, and what is left goes to what needs it, the advice first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.style import Style
from textual.geometry import Size

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Canvas, Line, Span, fit
from pulse_tui.tui.kit.document import tint, wrap

_LABELS: Final[tuple[tuple[str, Style], ...]] = (
    ("WHAT CHANGED", styles.BOLD),
    ("WHAT IS THE RISK", styles.WARN + styles.BOLD),
    ("WHAT TO DO NOW", styles.GOOD + styles.BOLD),
)
_UNKNOWN: Final = ("not known", "not known: treat it as real", "review it and decide")
_BESIDE: Final = 19
"""Cells of the labels with the gap before the text."""
_IN_TURN: Final = (2, 1, 0)
"""Who gets the next line that is left."""


def shares(needed: Sequence[int], room: int) -> list[int]:
    """Lines for each question: at least one, at most what it needs, ``room`` in all where that is enough."""
    given = [min(1, n) for n in needed]
    while sum(given) < room and given != list(needed):
        for n in _IN_TURN:
            if given[n] < needed[n] and sum(given) < room:
                given[n] += 1
    return given


def question_lines(answers: Sequence[Sequence[str]], width: int, room: int, more: str) -> list[Line]:
    """(changed, risk, todo) as lines of at most ``width`` cells. A cut answer ends with ``… [more]``."""
    texts = [
        [part for text in lines or (_UNKNOWN[n],) for part in wrap(text, max(8, width - _BESIDE - 1))]
        for n, lines in enumerate(answers)
    ]
    found: list[Line] = []
    for (label, style), parts, share in zip(_LABELS, texts, shares([len(t) for t in texts], room), strict=True):
        for n in range(share):
            beside: Span = (fit(f" {label}" if n == 0 else "", _BESIDE), style)
            if n == share - 1 and share < len(parts):
                tail = f" … [{more}]"
                cut = wrap(parts[n].strip(), max(8, width - _BESIDE - len(tail) - 1))[0]
                found.append((beside, *tint(cut, styles.PLAIN), (tail, styles.DIM)))
            else:
                found.append((beside, *tint(parts[n], styles.PLAIN)))
    return found


class Questions(Canvas):
    """Three lines in a low terminal, six in one of 24 rows, ten where there is room."""

    DEFAULT_CSS = "Questions { height: auto; }"

    def __init__(self, answers: Sequence[Sequence[str]], more: str) -> None:
        """(changed, risk, todo); ``more`` names the key that shows it in full."""
        super().__init__()
        self.answers, self.more = tuple(tuple(lines) for lines in answers), more

    def _room(self, rows: int) -> int:
        return 3 if rows < 20 else 6 if rows < 30 else 10

    def _lines(self, width: int) -> list[Line]:
        return question_lines(self.answers, width, self._room(self.app.size.height), self.more)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def draw_line(self, y: int, width: int, height: int) -> Sequence[Span]:
        lines = self._lines(width)
        return lines[y] if y < len(lines) else ()

    def show(self, answers: Sequence[Sequence[str]]) -> None:
        """Other answers."""
        asked = tuple(tuple(lines) for lines in answers)
        if asked != self.answers:
            before = len(self._lines(self.size.width))
            self.answers = asked
            if len(self._lines(self.size.width)) != before:
                self.refresh(layout=True)
            self.redraw()
