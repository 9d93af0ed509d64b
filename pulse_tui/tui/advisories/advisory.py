"""An advisory opened: the three questions, what it reaches, and the keys to its alert and its asset."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.views.advisories import AdvisoryStory
from pulse_tui.tui.asks.alerts import OpenAlert
from pulse_tui.tui.asks.registry import OpenAsset
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import safe
from pulse_tui.tui.kit.document import story_blocks
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.screen import Head


class AdvisoryScreen(PageScreen):
    """What an advisory is, whom it reaches and what to do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind(
            "o", "open_alert", "alert", "open its most urgent alert: acknowledge, silence or waive it there", show=True
        ),
        bind("e", "open_asset", "asset", "open what it reaches, of several the most urgent", show=True),
        *PageScreen.PAGE_KEYS,
    ]

    def __init__(self, head: Head, name: str, story: AdvisoryStory) -> None:
        """``name`` is the id people use."""
        super().__init__(head, [(" Advisory  ", styles.DIM), (safe(name), styles.BOLD)], story_blocks(story.lines))
        self.story = story

    def show_story(self, story: AdvisoryStory) -> None:
        """The advisory with news."""
        self.story = story
        self.document.show(story_blocks(story.lines))
        self.show_keys()

    def applies(self, action: str) -> bool:
        return {"open_alert": bool(self.story.alert), "open_asset": bool(self.story.asset)}.get(action, True)

    def action_open_alert(self) -> None:
        self.post_message(OpenAlert(self.story.alert))

    def action_open_asset(self) -> None:
        self.post_message(OpenAsset(self.story.asset))
