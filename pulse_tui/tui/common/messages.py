"""Every message of this session."""

from __future__ import annotations

from collections.abc import Sequence

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.screen import Head


class MessagesScreen(PageScreen):
    """Every message and error of this session in full, newest first."""

    def __init__(self, head: Head, entries: Sequence[tuple[str, str, bool]]) -> None:
        """(time, text, bad), oldest first."""
        blocks = [
            Block(at, tuple(text.split("\n")), styles.BAD if bad else styles.PLAIN, styles.DIM)
            for at, text, bad in entries
        ]
        super().__init__(head, [(" Messages", styles.BOLD)], blocks[::-1] or [Block("", ("no message yet",))])

    def applies(self, action: str) -> bool:
        return action != "messages"
