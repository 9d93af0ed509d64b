"""The registry: its pane, its pages, its actions, and what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

from pulse_tui.tui.asks import registry as asks
from pulse_tui.tui.registry.actions import Actions
from pulse_tui.tui.registry.pages import Pages
from pulse_tui.tui.registry.pane import RegistryPane
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from pulse_tui.tui.asks.base import Ask
    from pulse_tui.tui.context import Context
    from pulse_tui.tui.kit.palette import Noun, Thing


class RegistryWing(Wing):
    """Assets, releases and what they are made of."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context
        self.panes = (RegistryPane(),)
        pages, actions = Pages(context), Actions(context)
        self.answers = {
            asks.OpenAsset: pages.asset,
            asks.OpenHistory: pages.history,
            asks.OpenRelease: pages.release,
            asks.OpenDiff: pages.diff,
            asks.OpenGate: pages.gate,
            asks.OpenTree: pages.tree,
            asks.OpenDependents: pages.dependents,
            asks.OpenCalendar: pages.calendar,
            asks.OpenInventory: pages.inventory,
            asks.OpenWorkflow: pages.workflow,
            asks.OpenReference: pages.reference,
            asks.Freeze: actions.freeze,
            asks.MoveRelease: actions.move,
            asks.Promote: actions.promote,
        }

    def nouns(self) -> Iterable[Noun]:
        from pulse_tui.tui.kit.palette import Noun  # noqa: PLC0415  nobody needs it before the first :

        yield Noun("tree", "what an asset depends on, and what changed there", lambda: self._each(asks.OpenTree))
        yield Noun("history", "the releases of an asset", lambda: self._each(asks.OpenHistory))

    def _each(self, ask: Callable[[str], Ask]) -> Iterator[Thing]:
        board = self._context.board
        for name in dict.fromkeys(row.asset for row in board.registry) if board else ():
            yield name, "", ask(name)
