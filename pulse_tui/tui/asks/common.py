"""What every screen asks for, whatever it shows."""

from __future__ import annotations

from collections.abc import Sequence

from textual.binding import Binding

from pulse_tui.domain.ref import Ref
from pulse_tui.tui.asks.base import Ask, OpenPage


class OpenMessages(OpenPage):
    """Open the log of messages."""


class OpenObject(OpenPage):
    """Open a thing as YAML: what its command prints with ``--json``."""

    ref: Ref


class Share(Ask):
    """Copy what shows a colleague the same thing: a command line, or an address."""

    ref: Ref


class OpenPalette(Ask):
    """Open the command palette."""


class OpenHelp(Ask):
    """Open the page that explains these keys."""

    keys: Sequence[Binding]


class Copy(Ask):
    """Put text on the operator's clipboard."""

    opens = False

    text: str


class Save(Ask):
    """Write text to a file of the operator's own."""

    opens = False

    name: str
    """What it is about, in a word or two."""
    text: str


class Say(Ask):
    """A sentence for the operator."""

    opens = False

    text: str
    bad: bool = False
    """Something did not work."""


class ShowPane(Ask):
    """Show the pane of that name."""

    tab: str
    words: str = ""
    """Its filter; empty: as it is."""


class Arrived(Ask):
    """A screen is on top now, the panes or a page; or the page on top went on to something else."""

    opens = False

    again: bool = False
    """It was there before, and what covered it has gone."""


class Step(Ask):
    """Back (-1) or forward (1) through the pages of this session."""

    by: int


class Jump(OpenPage):
    """Open what is related to it: at once where that is one thing, else as a list."""

    ref: Ref | None


class Toggle(Ask):
    """To the page before this one, and from there back to this one."""


class Arrange(Ask):
    """Choose what the table is sorted by and which of its columns are shown; or do as the words say."""

    sort: str | None = None
    """As after ``:sort``: ``age``, ``-age``, ``age desc``, ``off``."""
    columns: str | None = None
    """As after ``:columns``: ``+owner -env``, exactly ``asset state``, ``default``."""
