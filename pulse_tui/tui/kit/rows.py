"""What a table knows of its rows: pure renderers, a row in, cells (text, style) out. No widget, no clock, no terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.values import Value

if TYPE_CHECKING:
    from pulse_tui.domain.ref import Ref

Cells = tuple[Span, ...]
DEEPEST: Final = 12
"""Levels of a tree that are indented; what is deeper stands there too, so that its name stays in sight."""


class Column(NamedTuple):
    """A column of a table. It is as wide as its widest cell, within ``least`` and ``most``.

    ``most`` 0: it takes what the others leave. ``drop``: when there is no room, the column with the highest
    number goes first; 0 stays always.
    """

    title: str
    least: int
    most: int
    drop: int = 0
    right: bool = False
    wish: int = 0
    """A column with ``most`` 0 gets this many of the cells it needs before others have to give way for good."""
    shorten: Callable[[str, int], str] | None = None
    """(text, cells) -> a text that says the same in fewer cells; else it is cut at its end."""
    by: Callable[[Any], Value] | None = None
    """What a row is sorted by in this column, from the least; None is unknown. Left out: by the words of its cell."""
    most_first: bool = False
    """Whoever sorts by it wants to see the most first: counts."""
    hidden: bool = False
    """Not shown before somebody asks for it."""
    name: str = ""
    """What ``:sort`` and ``:columns`` call it, where that is not its title in small letters."""

    @property
    def called(self) -> str:
        """Its name."""
        return self.name or self.title.strip().casefold().replace(" ", "-")


RowT = TypeVar("RowT")


class Spec(NamedTuple, Generic[RowT]):
    """All a table needs to know about its rows."""

    title: str
    columns: tuple[Column, ...]
    cells: Callable[[RowT, int], Cells]
    """(row, now in microseconds) -> one cell a column."""
    key: Callable[[RowT], str]
    fields: Callable[[RowT], Fields]
    names: tuple[str, ...]
    """The columns a filter may name."""
    wants_attention: Callable[[RowT], bool]
    copied: Callable[[RowT], str]
    """What ``y`` copies."""
    empty: str
    """What to do when there is nothing to show."""
    widths: Callable[[RowT], tuple[int, ...]] | None = None
    """Cells of each text that ``cells`` makes (any number for a column of one width), where that is cheaper to compute."""
    ref: Callable[[RowT], Ref | None] | None = None
    """What a row is; None, or of some rows None: they have no name that opens anything."""
    name: str = ""
    """Under which an arrangement of the table is kept, where the title does not name it."""
    moment: Callable[[RowT], int | None] | None = None
    """When it happened (microseconds), for ``age<1h`` and ``since=03:00``; None: it has no moment."""
    fixed: bool = False
    """A tree: its order is what it says, and nothing else sorts it."""

    @property
    def called(self) -> str:
        """The table's name."""
        return self.name or "-".join(self.title.partition(" ─ ")[0].partition(",")[0].casefold().split())


def environment(word: str) -> Span:
    """``prod`` stands out: it is where customers are."""
    short = "prod" if word == "production" else word
    return short, styles.BOLD if short == "prod" else styles.PLAIN


def column_widths(columns: tuple[Column, ...], widest: list[int], room: int) -> tuple[int, ...]:
    """Cells of each column in ``room`` cells with one cell between columns; 0 hides a column.

    ``widest`` is the widest cell of each column (titles count too).
    """
    natural = [
        0 if column.most == 0 else max(column.least, min(column.most, max(wide, len(column.title))))
        for column, wide in zip(columns, widest, strict=True)
    ]
    flexible = next((n for n, column in enumerate(columns) if column.most == 0), None)
    shown = set(range(len(columns)))
    for n in (*sorted((n for n, c in enumerate(columns) if c.drop), key=lambda n: -columns[n].drop), None):
        fixed = sum(natural[i] for i in shown) + len(shown) - 1
        wanted = 0 if flexible is None else max(columns[flexible].least, min(widest[flexible], columns[flexible].wish))
        if fixed + wanted <= room or n is None:
            break
        shown.discard(n)
    over = fixed + wanted - room
    for i in (i for i in sorted(shown) if columns[i].shorten is not None and over > 0):
        given = min(over, natural[i] - columns[i].least)  # what has a short form gives way before a name is cut
        natural[i], over = natural[i] - given, over - given
    left = max(0, room - sum(natural[i] for i in shown) - (len(shown) - 1))
    return tuple((left if n == flexible else natural[n]) if n in shown else 0 for n in range(len(columns)))
