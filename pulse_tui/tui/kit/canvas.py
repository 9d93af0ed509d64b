"""The line canvas under every pane: it compares what is shown with what should be, and repaints the difference.

A line is a tuple of spans ``(text, style)``; texts are made by :func:`fit` and have exactly the cells they were
given, so that two drawings of a line can be compared span by span.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from pulse_tui.domain.lock import safe
from pulse_tui.tui.kit.styles import DIM, PLAIN

__all__ = [
    "Canvas",
    "Line",
    "Span",
    "difference",
    "fit",
    "frame_bottom",
    "frame_top",
    "notice",
    "pad",
    "safe",
    "width_of",
]

Span = tuple[str, Style]
Line = tuple[Span, ...]


def fit(text: str, width: int, *, right: bool = False) -> str:
    """``text`` in exactly ``width`` cells: padded, or cut with an ellipsis."""
    if width <= 0:
        return ""
    text = safe(text)
    length = len(text) if text.isascii() else cell_len(text)
    if length <= width:
        return " " * (width - length) + text if right else text + " " * (width - length)
    if width == 1:
        return "…"
    return set_cell_size(text, width - 1) + "…"


def width_of(line: Iterable[Span]) -> int:
    """Cells of a line."""
    return sum(len(text) if text.isascii() else cell_len(text) for text, _ in line)


def pad(line: Sequence[Span], width: int) -> Line:
    """The line in exactly ``width`` cells."""
    length = width_of(line)
    if length == width:
        return tuple(line)
    if length < width:
        return (*line, (" " * (width - length), PLAIN))
    room, kept = width, []
    for text, style in line:
        cells = cell_len(text)
        if cells > room:
            if room > 0:
                kept.append((fit(text, room), style))
            break
        kept.append((text, style))
        room -= cells
    return tuple(kept)


def difference(old: Line, new: Line) -> list[tuple[int, int]]:
    """(start, cells) of what differs between two drawings of a line, neighbours joined."""
    if old == new:
        return []
    if [cell_len(text) for text, _ in old] != [cell_len(text) for text, _ in new]:
        return [(0, max(width_of(old), width_of(new)))]
    found: list[tuple[int, int]] = []
    at = 0
    for before, after in zip(old, new, strict=True):
        cells = cell_len(after[0])
        if before != after and cells:
            if found and found[-1][0] + found[-1][1] == at:
                found[-1] = (found[-1][0], found[-1][1] + cells)
            else:
                found.append((at, cells))
        at += cells
    return found


class Canvas(Widget):
    """A widget made of lines. Subclasses say what line ``y`` is; :meth:`redraw` repaints what changed."""

    DEFAULT_CSS = "Canvas { width: 1fr; height: 1fr; }"

    def __init__(self, *, id: str | None = None) -> None:
        """``id`` is the widget's id."""
        super().__init__(id=id)
        self._shown: list[Line] = []
        self._shown_size = Size(0, 0)

    def draw_line(self, y: int, width: int, height: int) -> Sequence[Span]:
        """Line ``y`` of the drawing; it is padded or cut to ``width``."""
        raise NotImplementedError

    def prepare(self, width: int, height: int) -> None:
        """Called before the lines of a drawing are asked for."""

    def redraw(self, lines: Iterable[int] | None = None) -> None:
        """Draw again and repaint only the spans that differ. ``lines``: only these can have changed."""
        size = self.size
        if size != self._shown_size:  # a layout is under way; render_line draws everything
            return
        self.prepare(size.width, size.height)
        for y in range(size.height) if lines is None else lines:
            if not 0 <= y < size.height:
                continue
            new = pad(self.draw_line(y, size.width, size.height), size.width)
            changed = difference(self._shown[y], new)
            if changed:
                self._shown[y] = new
                self.refresh(*(Region(x, y, cells, 1) for x, cells in changed))

    def shown_text(self) -> str:
        """What is on the screen of it."""
        return "\n".join("".join(text for text, _ in line).rstrip() for line in self._shown) + "\n"

    def render_line(self, y: int) -> Strip:
        size = self.size
        if size != self._shown_size:
            self.prepare(size.width, size.height)
            self._shown = [pad(self.draw_line(n, size.width, size.height), size.width) for n in range(size.height)]
            self._shown_size = size
        if not 0 <= y < len(self._shown):
            return Strip.blank(size.width)
        strip = Strip([Segment(text, style) for text, style in _joined(self._shown[y])], size.width)
        return strip if self.app.native_ansi_color else strip.apply_style(self.rich_style)


def _joined(line: Line) -> list[Span]:
    """Neighbours of one style become one span: fewer style codes on the wire."""
    joined: list[Span] = []
    for text, style in line:
        if joined and (joined[-1][1] == style):
            joined[-1] = (joined[-1][0] + text, style)
        elif text:
            joined.append((text, style))
    return joined


def frame_top(title: str, right: str, width: int, *, focused: bool, title_style: Style, line_style: Style) -> Line:
    """``┌ title ──── right ┐``; the focused pane has a heavy line, which shows without colour too.

    Only this line shows which pane has the focus: heavy sides would cost five kilobytes at every Tab.
    """
    left_corner, bar, right_corner = ("┍", "━", "┑") if focused else ("┌", "─", "┐")
    title = fit(title, min(max(cell_len(safe(title)), 0), max(0, width - 4)))
    tail = f" {safe(right)} " if right and width - cell_len(title) - 6 > len(right) else ""
    room = max(0, width - 4 - cell_len(title) - cell_len(tail))
    return (
        (left_corner + " ", line_style),
        (title, title_style),
        (" " + bar * room, line_style),
        (tail, line_style),
        (right_corner, line_style),
    )


def frame_bottom(text: str, width: int, *, text_style: Style, line_style: Style) -> Line:
    """``└ text ───┘``."""
    label = f" {fit(text, min(cell_len(safe(text)), max(0, width - 4)))} " if text else ""
    room = max(0, width - 2 - cell_len(label))
    return (("└", line_style), (label, text_style), ("─" * room + "┘", line_style))


def notice(text: str, y: int, width: int) -> Span:
    """Line ``y`` of a sentence wrapped into the pane, with an empty line above it."""
    lines: list[str] = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width - 4:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return fit("  " + lines[y - 1] if 1 <= y <= len(lines) else "", width), DIM
