"""A wing of the tower: its panes, its pages, its actions, and the table of what it answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pulse_tui.tui.asks.base import Ask
from pulse_tui.tui.pane import Pane

if TYPE_CHECKING:
    from pulse_tui.tui.kit.palette import Command, Noun

Answers = Mapping[type[Ask], Callable[[Any], object]]
"""By the type of an ask, the method that takes it."""


class Wing:
    """Made once, when the tower starts, with the context that it may use."""

    panes: Sequence[Pane] = ()
    answers: Answers

    def commands(self) -> Iterable[Command]:
        """What the palette offers besides the actions of the screens."""
        return ()

    def nouns(self) -> Iterable[Noun]:
        """What can be named on the command line."""
        return ()


def table_of(wings: Sequence[Wing]) -> Answers:
    """All tables in one. Raises ValueError where two wings answer the same ask."""
    table: dict[type[Ask], Callable[[Any], object]] = {}
    for wing in wings:
        for ask, answer in wing.answers.items():
            if ask in table:
                raise ValueError(f"two wings answer {ask.__name__}")
            table[ask] = answer
    return table
