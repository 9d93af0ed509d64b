"""A page that opens over the panes: a title line, labelled text that scrolls, and the keys every page has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from pulse_tui.tui.asks.common import Arrived, Copy
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Canvas, Span, safe, width_of
from pulse_tui.tui.kit.crumbs import crumb, path_words
from pulse_tui.tui.kit.document import Block, Document
from pulse_tui.tui.kit.keys import EVERYWHERE, MOVES, bind
from pulse_tui.tui.kit.screen import BaseScreen, Head


class TitleLine(Canvas):
    """The line under the header that says which page this is."""

    DEFAULT_CSS = "TitleLine { height: 1; }"

    def __init__(self, spans: Sequence[Span]) -> None:
        """The line."""
        super().__init__()
        self.spans = spans

    def draw_line(self, y: int, width: int, height: int) -> Sequence[Span]:
        title = [(safe(text), style) for text, style in self.spans]
        path = self.screen.path if isinstance(self.screen, BaseScreen) else ()
        return [(path_words(path, width - width_of(title)), styles.DIM), *title]

    @property
    def words(self) -> str:
        """The title as text."""
        return "".join(safe(text) for text, _ in self.spans)

    def show(self, spans: Sequence[Span]) -> None:
        """Another title."""
        self.spans = spans
        self.redraw()


class PageScreen(BaseScreen):
    """A page of labelled text that scrolls. Subclasses build the blocks and add keys."""

    PAGE_KEYS: ClassVar[list[BindingType]] = [
        bind("escape,q", "back", "back", "back to where you came from", show=True),
        *MOVES,
        *EVERYWHERE,
    ]
    BINDINGS: ClassVar[list[BindingType]] = PAGE_KEYS

    def __init__(self, head: Head, title: Sequence[Span], blocks: Sequence[Block]) -> None:
        """The page to start with."""
        super().__init__(head)
        self.bottom.leave = ""
        self.title_line = TitleLine(title)
        self.document = Document(blocks, id="document")

    def body(self) -> Sequence[Widget]:
        return (self.title_line, self.document)

    def show_page(self, title: Sequence[Span], blocks: Sequence[Block]) -> None:
        """The page with news; the place stays."""
        self.title_line.show(title)
        self.document.show(blocks)
        self.show_keys()
        self.post_message(Arrived())

    def crumb(self) -> str:
        return crumb(self.title_line.words)

    def action_move(self, by: int) -> None:
        self.document.move(by)

    def action_pages(self, by: float) -> None:
        self.document.move_pages(by)

    def action_edge(self, last: bool) -> None:
        self.document.move_to_edge(last)

    def action_copy(self) -> None:
        self.post_message(Copy(self.document.text()))
