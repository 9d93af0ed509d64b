"""A line of a list that leads nowhere else, in full."""

from __future__ import annotations

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import safe
from pulse_tui.tui.kit.document import Lines, story_blocks
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.screen import Head


class EntryScreen(PageScreen):
    """A title and labelled lines."""

    def __init__(self, head: Head, title: str, lines: Lines) -> None:
        """What the line says."""
        super().__init__(head, [(" ", styles.PLAIN), (safe(title), styles.BOLD)], story_blocks(lines))
