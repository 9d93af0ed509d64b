"""A page that opens over the panes: a title line, labelled text that scrolls, and the keys every page has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.widget import Widget

from pulse_tui.tui.asks.common import Arrived, Copy, Say
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Canvas, Span, safe, width_of
from pulse_tui.tui.kit.crumbs import crumb, path_words
from pulse_tui.tui.kit.document import Block, Document
from pulse_tui.tui.kit.keys import EVERYWHERE, MOVES, bind
from pulse_tui.tui.kit.screen import BaseScreen, Head
from pulse_tui.tui.kit.typed import TypedScreen


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


class PageScreen(TypedScreen):
    """A page of labelled text that scrolls and is searched. Subclasses build the blocks and add keys."""

    PAGE_KEYS: ClassVar[list[BindingType]] = [
        bind("escape,q", "back", "back", "end the search, else back to where you came from", show=True),
        bind("slash", "search", "search", "search in this page; the words as they stand, capitals or not"),
        bind("n", "hit(1)", "next hit", "of a search: to the next place"),
        bind("N", "hit(-1)", "hit before", "of a search: to the place before"),
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

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "hit" and not self.document.sought:
            return False
        return super().check_action(action, parameters)

    # ------------------------------------------------------------------ search

    async def action_search(self) -> None:
        await self.open_line(
            self.document.sought, "words of this page", "Enter keeps the search, n N go on  Esc leaves the line"
        )

    def typed(self, text: str) -> None:
        self.document.seek(text.strip())
        self.show_keys()

    def entered(self, text: str) -> bool:
        """A line with nothing in it ends the search; what is nowhere is said."""
        self.typed(text)
        if self.document.sought and not self.document.hits:
            self.post_message(Say(self.not_found(self.document.sought)))
        return True

    def not_found(self, words: str) -> str:
        """What is said of words that are nowhere on the page."""
        return f"{words!r} is nowhere on this page"

    def marked(self) -> str:
        return self.document.where

    def action_hit(self, by: int) -> None:
        self.document.move_to_hit(by)
        self.show_keys()

    def action_back(self) -> None:
        if self.document.sought:
            self.document.seek("")
            self.show_keys()
        else:
            super().action_back()

    def whole(self) -> tuple[str, str] | None:
        return self.title_line.words.strip(), self.document.text() + "\n"

    # ------------------------------------------------------------------ moving and copying

    def action_move(self, by: int) -> None:
        self.document.move(by)

    def action_pages(self, by: float) -> None:
        self.document.move_pages(by)

    def action_edge(self, last: bool) -> None:
        self.document.move_to_edge(last)

    def action_copy(self) -> None:
        self.post_message(Copy(self.document.text()))
