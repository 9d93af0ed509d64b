"""An advisory opened: what it is and whom it hits."""

from __future__ import annotations

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import safe
from pulse_tui.tui.kit.document import Lines, story_blocks
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.screen import Head


class AdvisoryScreen(PageScreen):
    """What an advisory is and whom it hits."""

    def __init__(self, head: Head, name: str, lines: Lines) -> None:
        """``name`` is the id people use."""
        super().__init__(head, [(" Advisory  ", styles.DIM), (safe(name), styles.BOLD)], story_blocks(lines))

    def show_story(self, lines: Lines) -> None:
        """The advisory with news."""
        self.document.show(story_blocks(lines))
