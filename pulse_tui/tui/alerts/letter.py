"""One message opened: where it is, what it says, what was done about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.each import Target
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.tui.asks.deliveries import OnLetters
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import safe
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.screen import Head


def letter_blocks(story: Sequence[tuple[str, str]]) -> list[Block]:
    """A block for each label, in order; of several lines of the log one."""
    blocks: dict[str, list[str]] = {}
    for label, text in story:
        blocks.setdefault(label.upper(), []).extend(safe(line) for line in text.split("\n"))
    return [Block(label, tuple(lines)) for label, lines in blocks.items()]


class LetterScreen(PageScreen):
    """A message, as the outbox has it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("r", "replay", "replay", "send it again, under its key, if it is dead", show=True, changes=True),
        *PageScreen.PAGE_KEYS,
    ]

    def __init__(self, head: Head, key: str, story: Sequence[tuple[str, str]]) -> None:
        """``story`` as the desk gives it."""
        super().__init__(head, [(f" Message {safe(key)}", styles.BOLD)], letter_blocks(story))
        self._key = key

    def ref(self) -> Ref | None:
        return Ref(RefKind.DELIVERY, self._key)

    def show_story(self, story: Sequence[tuple[str, str]]) -> None:
        """The message with news."""
        self.document.show(letter_blocks(story))

    def action_replay(self) -> None:
        self.post_message(OnLetters("replay", (Target(self._key, self._key),)))
