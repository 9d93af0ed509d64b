"""A vulnerability opened: the three questions, what it reaches, the evidence, and the keys to act on it."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.advisories import AdvisoryStory
from pulse_tui.tui.asks.advisories import OpenRadius, OpenWaivers, WaiveAdvisory
from pulse_tui.tui.asks.alerts import OpenAlert
from pulse_tui.tui.asks.registry import Freeze, OpenAsset
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import safe
from pulse_tui.tui.kit.document import story_blocks
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.screen import Head


class AdvisoryScreen(PageScreen):
    """What an advisory is, whom it reaches and what to do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("o", "open_alert", "alert", "open its most urgent alert: acknowledge, silence or resolve it there", show=True),
        bind("e", "open_asset", "asset", "open what it reaches, of several the most urgent", show=True),
        bind("t", "radius", "blast radius", "everything that it can hurt: assets, environments, workflows", show=True, narrow="radius"),
        bind("w", "waive", "waive", "record an exception: status, justification, rationale, owner, review", show=True, changes=True),
        bind("f", "freeze", "freeze, lift", "freeze what it reaches, or lift a freeze; asks why", show=True, changes=True, narrow="freeze"),
        bind("W", "waivers", "waivers", "every waiver of the estate, those that ended too"),
        *PageScreen.PAGE_KEYS,
    ]  # fmt: skip

    def __init__(self, head: Head, name: str, story: AdvisoryStory) -> None:
        """``name`` is what it was opened by; the page shows the id people use."""
        title = [(" Advisory  ", styles.DIM), (safe(story.name or name), styles.BOLD)]
        super().__init__(head, title, story_blocks(story.lines))
        self.story = story

    def ref(self) -> Ref | None:
        return Ref(RefKind.ADVISORY, self.story.name) if self.story.name else None

    def show_story(self, story: AdvisoryStory) -> None:
        """The advisory with news."""
        self.story = story
        self.document.show(story_blocks(story.lines))
        self.show_keys()

    def applies(self, action: str) -> bool:
        story = self.story
        known = {
            "open_alert": bool(story.alert),
            "open_asset": bool(story.asset),
            "freeze": bool(story.asset),
            "radius": bool(story.name),
            "waive": bool(story.name and story.reached),
        }
        return known.get(action, True)

    def action_open_alert(self) -> None:
        self.post_message(OpenAlert(self.story.alert))

    def action_open_asset(self) -> None:
        self.post_message(OpenAsset(self.story.asset))

    def action_radius(self) -> None:
        self.post_message(OpenRadius(self.story.name))

    def action_waive(self) -> None:
        self.post_message(WaiveAdvisory(self.story.name, self.story.reached))

    def action_waivers(self) -> None:
        self.post_message(OpenWaivers())

    def action_freeze(self) -> None:
        self.post_message(Freeze(self.story.asset))
