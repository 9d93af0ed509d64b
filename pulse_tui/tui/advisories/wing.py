"""Advisories: opened and kept live."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulse_tui.tui.advisories.pane import AdvisoriesPane
from pulse_tui.tui.asks.advisories import OpenAdvisory
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from pulse_tui.tui.context import Context


class AdvisoriesWing(Wing):
    """The pane of the advisories, and the page of one."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context
        self.panes = (AdvisoriesPane(),)
        self.answers = {OpenAdvisory: self.open}

    def open(self, ask: OpenAdvisory) -> None:
        """By any of its ids."""
        from pulse_tui.tui.advisories.advisory import AdvisoryScreen  # noqa: PLC0415  nobody needs it before

        key = ask.advisory_id
        self._context.open(
            lambda desk: desk.advisory_story(key),
            lambda story: AdvisoryScreen(self._context.head, key, story),
            AdvisoryScreen.show_story,
        )
