"""Vendors compared by operational risk."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.scorecard import Scorecard
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import safe
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.screen import Head


def score_blocks(found: Scorecard) -> list[Block]:
    """The span, then a block a vendor, the riskiest first."""
    head = Block("VENDORS", (f"{found.span}; those that assets here run on first, the riskiest on top",))
    blocks = [
        Block(safe(score.vendor.upper()), tuple(map(safe, score.lines())), label_style=styles.BOLD)
        for score in found.vendors
    ]
    empty = Block("", ("no vendor is known: add a source of one, or declare the hosted models that assets use",))
    return [head, *(blocks or [empty])]


class ScorecardScreen(PageScreen):
    """One block a vendor."""

    BINDINGS: ClassVar[list[BindingType]] = PageScreen.PAGE_KEYS

    def __init__(self, head: Head, found: Scorecard) -> None:
        """The scorecard as the desk gives it."""
        super().__init__(head, [(" Vendor scorecard", styles.BOLD)], score_blocks(found))

    def show_scorecard(self, found: Scorecard) -> None:
        """The scorecard with news."""
        self.document.show(score_blocks(found))
        self.show_keys()
