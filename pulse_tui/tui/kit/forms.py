"""What a form or a dialog asks for, without the widgets: nobody needs those before the first of them opens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pulse_tui.domain.each import Target
    from pulse_tui.ports.tower import Desk


class Field(NamedTuple):
    """One line of the form. ``wrong`` says what is wrong with a value, or an empty string."""

    label: str
    value: str = ""
    wrong: Callable[[str], str] = lambda value: "" if value.strip() else "it must say something"
    known: tuple[str, ...] = ()
    """The words that it takes, shown while it has the focus; empty: any."""
    note: str = ""
    """What is shown with them."""

    def completed(self, value: str) -> str:
        """The only known word that has ``value`` in it, else ``value`` as it is."""
        word = value.strip().casefold()
        if not word or word in map(str.casefold, self.known):
            return value
        found = [known for known in self.known if word in known.casefold()]
        return found[0] if len(found) == 1 else value


def positive_number(value: str) -> str:
    """For hours."""
    try:
        good = 0 < float(value) <= 8760
    except ValueError:
        good = False
    return "" if good else "it must be a number above 0 (at most 8760)"


def positive_count(value: str) -> str:
    """For days."""
    return "" if value.isdigit() and 0 < int(value) <= 3650 else "it must be a whole number from 1 to 3650"


def environment_field() -> Field:
    """Where: one of the four environments, production unless another is typed."""
    from pulse_tui.domain.words import Environment  # noqa: PLC0415  asked for seldom

    names = [word.value for word in Environment]

    def wrong(value: str) -> str:
        return "" if value.strip() in names else f"it must be one of {', '.join(names)}"

    return Field("Environment", Environment.PRODUCTION.value, wrong)


class Bulk(NamedTuple):
    """An action on one or several things."""

    what: str
    """Of one: ``Silence this alert``."""
    of_all: str
    """Of several: ``Silence these alerts``."""
    noun: str
    done: str
    """What the answer says was done: ``silenced``."""
    call: Callable[[Desk, Target, tuple[str, ...]], str]
    """On one, with the values of the form; returns a sentence."""
    fields: tuple[Field, ...] = ()
    choices: Sequence[tuple[str, str, str]] = ()
    """Instead of fields: (key, word, what it means), of which one is chosen."""
    about: tuple[str, ...] = ()
    """Lines below what it is about."""
    plural: str = ""
    """Of the noun, where that is not the noun and an s."""


class Confirmation(NamedTuple):
    """What is asked: what the button says, what it is about, what happens after, and the name to type."""

    what: str
    about: str
    detail: str
    after: str
    name: str
    checks: str = ""
    """How the preflight checks came out, in one line."""
    needs_why: bool = False
    """A reason must be given."""
    least: int = 1
    """Characters of the reason, white space aside, where one must be given."""
    signs: str = ""
    """What signs it, or why nothing does; empty where nothing is signed."""
    signed: bool = True
    """Whether :attr:`signs` names a key."""
