"""The base of everything that panes and screens ask for."""

from __future__ import annotations

from textual.message import Message


class Ask(Message):
    """Posted by a pane or a screen; the app looks its type up in the tables of the wings.

    Subclasses are ``@dataclass(eq=False)``: an ask is itself, never equal to another with the same fields.
    """
