"""The handover of a shift on one page."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.views.people import Handover
from pulse_tui.tui.asks.common import Copy
from pulse_tui.tui.asks.people import HandOver, OpenReviews
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import safe
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.screen import Head

_NEXT = ("OPEN", "WAITS FOR WHOM", "NOT DELIVERED", "SOURCES")
"""What somebody has to take up."""


def handover_blocks(made: Handover) -> list[Block]:
    """A block a section; what somebody has to take up stands out."""
    last = f"; handed over last: {made.last}" if made.last else ""
    blocks = [Block("SINCE", (safe(f"{made.since}, now {made.at}{last}"),))]
    for heading, lines in made.sections:
        style = styles.WARN + styles.BOLD if heading in _NEXT else styles.BOLD
        blocks.append(Block(safe(heading), tuple(map(safe, lines)), label_style=style))
    return blocks


class HandoverScreen(PageScreen):
    """What the next shift must know."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("T", "hand_over", "hand over", "record in the log who takes over", show=True, changes=True),
        bind("m", "copy_markdown", "Markdown", "copy it as Markdown, for a ticket", show=True),
        bind("o", "copy_json", "JSON", "copy it as JSON"),
        bind("r", "reviews", "reviews", "the list of reviews: take one, finish one", show=True),
        *PageScreen.PAGE_KEYS,
    ]

    def __init__(self, head: Head, made: Handover) -> None:
        """The handover as the desk gives it."""
        super().__init__(head, [(" Handover", styles.BOLD)], handover_blocks(made))
        self.made = made

    def show_handover(self, made: Handover) -> None:
        """With news."""
        self.made = made
        self.document.show(handover_blocks(made))
        self.show_keys()

    def action_hand_over(self) -> None:
        self.post_message(HandOver())

    def action_copy(self) -> None:
        self.post_message(Copy("\n".join(self.made.lines())))

    def action_copy_markdown(self) -> None:
        self.post_message(Copy("\n".join(self.made.markdown())))

    def action_copy_json(self) -> None:
        import json  # noqa: PLC0415  only when somebody copies it

        self.post_message(Copy(json.dumps(self.made.plain(), indent=1, ensure_ascii=False)))

    def action_reviews(self) -> None:
        self.post_message(OpenReviews())
