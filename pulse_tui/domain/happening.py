"""A sentence about what happened, with what a log files it under: how bad, which event, what it is about."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Level(StrEnum):
    """How much it asks of whoever reads it."""

    DEBUG = "debug"
    """Each round that brought nothing."""
    INFO = "info"
    """What was done."""
    WARNING = "warning"
    """What did not work and is tried again."""
    ERROR = "error"
    """What does not get better until a person does something."""

    @property
    def rank(self) -> int:
        """The higher the worse."""
        return list(Level).index(self)

    @property
    def priority(self) -> int:
        """As syslog(3) counts."""
        return {Level.DEBUG: 7, Level.INFO: 6, Level.WARNING: 4, Level.ERROR: 3}[self]


class Happening(str):
    """The sentence. Whoever only shows it takes it for the text that it is; a log writes the rest beside it."""

    __slots__ = ("about", "event", "level")

    level: Level
    event: str
    """A name that stays, whatever becomes of the sentence."""
    about: dict[str, str | float]
    """What it is about: ``source``, ``asset``, ``alert``, ``route`` and the like."""

    def __new__(cls, text: str, event: str, level: Level = Level.INFO, **about: str | float) -> Self:
        """``about`` in the order in which it is written."""
        made = super().__new__(cls, text)
        made.level, made.event, made.about = level, event, about
        return made


def happening(text: str, event: str = "message", level: Level = Level.INFO) -> Happening:
    """``text`` as it is when it knows what it is, else as an event of this name."""
    return text if isinstance(text, Happening) else Happening(text, event, level)
