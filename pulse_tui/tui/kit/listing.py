"""A page with a table: a title, some sentences above, the rows, and below them what the row under the cursor says in full."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic

from rich.cells import cell_len
from textual.binding import BindingType
from textual.geometry import Size
from textual.widget import Widget

from pulse_tui.tui.asks.common import Copy
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Canvas, Span, fit
from pulse_tui.tui.kit.crumbs import crumb
from pulse_tui.tui.kit.document import tint, wrap
from pulse_tui.tui.kit.filter_line import MARKS, FilterScreen
from pulse_tui.tui.kit.keys import EVERYWHERE, MOVES, Key, bind
from pulse_tui.tui.kit.manners import clocked, manners
from pulse_tui.tui.kit.page import TitleLine
from pulse_tui.tui.kit.rows import RowT, Spec
from pulse_tui.tui.kit.screen import Head
from pulse_tui.tui.kit.table import Table

if TYPE_CHECKING:
    from pulse_tui.domain.each import Target
    from pulse_tui.domain.ref import Ref

DETAIL_LINES = 3


class Sentences(Canvas):
    """Sentences above the table, as many lines as they need (four at most)."""

    DEFAULT_CSS = "Sentences { height: auto; max-height: 4; }"

    def __init__(self, sentences: Sequence[str]) -> None:
        """Each begins a line."""
        super().__init__()
        self.sentences = tuple(sentences)

    def _lines(self, width: int) -> list[str]:
        zone = manners(self.app).zone
        return [part for text in self.sentences for part in wrap(clocked(text, zone), max(8, width - 2))]

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines(width))

    def draw_line(self, y: int, width: int, height: int) -> Sequence[Span]:
        lines = self._lines(width)
        if y == height - 1 and len(lines) > height:
            last = fit(lines[y], max(1, width - 3))
            return [(f" {last}", styles.PLAIN), ("" if last.endswith("…") else "…", styles.DIM)]
        return [(" ", styles.PLAIN), *tint(lines[y], styles.PLAIN)] if y < len(lines) else ()

    def show(self, sentences: Sequence[str]) -> None:
        """Other sentences."""
        if tuple(sentences) != self.sentences:
            before = len(self._lines(self.size.width))
            self.sentences = tuple(sentences)
            if len(self._lines(self.size.width)) != before:
                self.refresh(layout=True)
            self.redraw()


class Detail(Canvas):
    """What the row under the cursor says in full. Its height never changes, so that a cursor key moves nothing else."""

    DEFAULT_CSS = f"Detail {{ height: {DETAIL_LINES}; }}"

    def __init__(self) -> None:
        """Empty until a row is there."""
        super().__init__()
        self.spans: Sequence[Span] = ()

    def show(self, spans: Sequence[Span]) -> None:
        """The row's detail."""
        self.spans = spans
        self.redraw()

    def draw_line(self, y: int, width: int, height: int) -> Sequence[Span]:
        zone = manners(self.app).zone
        lines = flow([(clocked(text, zone), style) for text, style in self.spans], max(8, width - 2))
        if y == height - 1 and len(lines) > height:
            return [(" ", styles.PLAIN), *lines[y], ("…", styles.DIM)]
        return [(" ", styles.PLAIN), *lines[y]] if y < len(lines) else ()


def flow(spans: Sequence[Span], width: int) -> list[list[Span]]:
    """Spans as lines of at most ``width`` cells, each in its style, broken between words."""
    lines: list[list[Span]] = [[]]
    room = width
    for text, style in spans:
        for part in wrap(text, room) if cell_len(text) <= room else _pieces(text, room, width):
            if cell_len(part) > room and lines[-1]:
                lines.append([])
                room = width
                part = part.lstrip()  # noqa: PLW2901  a line does not begin with a gap
            lines[-1].append((part, style))
            room -= cell_len(part)
    return lines


def _pieces(text: str, room: int, width: int) -> list[str]:
    """The text's words with the gap before each; a word that is wider than a line is broken."""
    pieces: list[str] = []
    for n, word in enumerate(text.split(" ")):
        parts = wrap(word, width - 1) if word else [""]
        pieces += [(" " if n and not k else "") + part for k, part in enumerate(parts)]
    del room
    return pieces


class ListScreen(FilterScreen, Generic[RowT]):
    """A page over one table. Subclasses say what a row's detail is and what Enter does."""

    LIST_KEYS: ClassVar[list[BindingType]] = [
        bind("slash", "filter", "filter", "filter rows: text, !text, column=value, column:part", show=True),
        bind("n", "attention(1)", "next", "next that wants attention", show=True),
        bind("N", "attention(-1)", "previous", "previous that wants attention"),
        *MARKS,
        bind(
            "escape,q", "back", "back", "take marks away, clear the filter, else back to where you came from", show=True
        ),
        *MOVES,
        *EVERYWHERE,
    ]
    BINDINGS: ClassVar[list[BindingType]] = LIST_KEYS
    EXAMPLES = "text  !text  column=value  column:part"

    def __init_subclass__(cls, **options: Any) -> None:
        """A key of the page's own is not one of every list as well."""
        if "BINDINGS" in vars(cls):
            common = {id(key) for key in ListScreen.LIST_KEYS}
            own = {one for key in cls.BINDINGS if id(key) not in common for one in _keys_of(key)}
            cls.BINDINGS = [key for key in cls.BINDINGS if id(key) not in common or not own & _keys_of(key)]
        super().__init_subclass__(**options)

    def __init__(
        self, head: Head, title: Sequence[Span], spec: Spec[RowT], sentences: Sequence[str], now_us: int
    ) -> None:
        """``spec`` draws the rows that :meth:`show_rows` brings."""
        super().__init__(head)
        self.bottom.leave = ""
        self.title_line = TitleLine(title)
        self.sentences = Sentences(sentences)
        self.table: Table[RowT] = Table(spec, id="table")
        self.table.focused_pane = True
        self.detail_lines = Detail()
        self.now_us = now_us

    def body(self) -> Sequence[Widget]:
        return (self.title_line, self.sentences, self.table, self.detail_lines)

    def the_table(self) -> Table[Any]:
        return self.table

    def ref(self) -> Ref | None:
        return self.table.ref()

    def crumb(self) -> str:
        return crumb(self.title_line.words)

    def detail(self, row: RowT) -> Sequence[Span]:
        """What the row says in full."""
        raise NotImplementedError

    def show_rows(self, rows: Sequence[RowT]) -> None:
        """The rows, or the same ones with news; cursor and filter stay."""
        self.table.update_rows(rows, self.now_us)
        self.moved()

    def on_mount(self) -> None:
        """First arrangement."""
        super().on_mount()
        self.moved()

    def moved(self) -> None:
        row = self.table.row
        self.detail_lines.show(self.detail(row) if row is not None else ())
        self.show_keys()

    def filtered(self) -> None:
        self.moved()

    def applies(self, action: str) -> bool:
        return action not in ("open", "copy") or self.table.row is not None

    def tick(self, now_us: int) -> None:
        self.now_us = now_us
        self.table.tick(now_us)

    def targets(self, make: Callable[[RowT], Target]) -> tuple[Target, ...]:
        """What an action is about: the marked rows, else the one under the cursor."""
        return tuple(map(make, self.table.chosen))

    def action_back(self) -> None:
        if not self.unmark() and not self.clear_filter():
            self.app.pop_screen()

    def action_copy(self) -> None:
        if self.table.row is not None:
            self.post_message(Copy(self.table.copied_text))


def _keys_of(key: BindingType) -> set[str]:
    return set(key.key.split(",")) if isinstance(key, Key) else set()
