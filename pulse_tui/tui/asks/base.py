"""The base of everything that panes and screens ask for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeVar, dataclass_transform

from textual.message import Message

AskT = TypeVar("AskT", bound="Ask")


class Ask(Message):
    """Posted by a pane or a screen; the app looks its type up in the tables of the wings."""

    opens: ClassVar[bool] = True
    """Whether the operator sees another screen, dialog or content after it. Until then keys are dropped."""


@dataclass_transform(eq_default=False)
def with_fields(ask: type[AskT]) -> type[AskT]:
    """A dataclass of the fields. Two asks are never equal; what nobody calls is not made: the first frame waits for it."""
    return dataclass(eq=False, repr=False, match_args=False)(ask)
