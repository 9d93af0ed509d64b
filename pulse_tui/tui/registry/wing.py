"""The registry: its pane, its pages, its actions, and what it answers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pulse_tui.tui.asks import registry as asks
from pulse_tui.tui.registry.actions import Actions
from pulse_tui.tui.registry.pages import Pages
from pulse_tui.tui.registry.pane import RegistryPane
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from pulse_tui.tui.context import Context
    from pulse_tui.tui.kit.palette import Command


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

    def commands(self) -> Iterable[Command]:
        from pulse_tui.tui.kit.palette import Command  # noqa: PLC0415  nobody needs it before the first :

        board = self._context.board
        assets = list(dict.fromkeys(row.asset for row in board.registry)) if board else []
        for name in assets:
            yield Command(f"asset {name}", "open it", asks.OpenAsset(name))
        for name in assets:
            yield Command(
                f"tree {name}", "what it depends on, and what changed there", asks.OpenTree(name), behind=True
            )
        for name in assets:
            yield Command(f"history {name}", "its releases", asks.OpenHistory(name), behind=True)
