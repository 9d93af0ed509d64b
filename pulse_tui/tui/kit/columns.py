"""Which columns a table shows and which one orders its rows: as it is chosen, kept and read back. No widget, no terminal."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from string import ascii_uppercase
from typing import Final, NamedTuple

from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, fit
from pulse_tui.tui.kit.rows import Column

UP: Final = "↑"
DOWN: Final = "↓"
_OWN: Final = frozenset({"off", "none", "own", "default"})
_UPWARD: Final = frozenset({"asc", "up", "ascending"})
_DOWNWARD: Final = frozenset({"desc", "down", "descending"})


class BadColumn(ValueError):
    """A column that is not there, or an arrangement that shows nothing; the message says what there is."""


class Arrangement(NamedTuple):
    """How an operator has arranged a table. The default one is the table's own."""

    sort: str = ""
    """The column that orders the rows; empty: the order they come in."""
    turned: bool = False
    """Against the direction that the column is sorted in first."""
    shown: frozenset[str] = frozenset()
    """Columns that are hidden until somebody asks for them, and shown here."""
    hidden: frozenset[str] = frozenset()
    """Columns that are shown elsewhere, and hidden here."""

    def shows(self, column: Column) -> bool:
        """Whether the column is drawn."""
        return column.called in self.shown if column.hidden else column.called not in self.hidden

    def sorted_by(self, name: str) -> Arrangement:
        """The next step of a column's key: sorted by it, the other way round, in the rows' own order."""
        if self.sort != name:
            return self._replace(sort=name, turned=False)
        return self._replace(turned=True) if not self.turned else self._replace(sort="", turned=False)

    def toggled(self, name: str, columns: Sequence[Column]) -> Arrangement:
        """With the column hidden that was shown, or shown that was hidden. Raises BadColumn for the last one."""
        column = next(c for c in columns if c.called == name)
        made = self._with_other(column)
        if not any(made.shows(c) for c in columns):
            raise BadColumn(f"{name} is the last column that is shown; show another one first")
        return made

    def widened(self, columns: Sequence[Column]) -> Arrangement:
        """With every column shown; where all are, with those that the table shows by itself."""
        if all(map(self.shows, columns)):
            return self._replace(shown=frozenset(), hidden=frozenset())
        return self._replace(shown=frozenset(c.called for c in columns if c.hidden), hidden=frozenset())

    def _with_other(self, column: Column) -> Arrangement:
        name = {column.called}
        return self._replace(shown=self.shown ^ name) if column.hidden else self._replace(hidden=self.hidden ^ name)

    @property
    def sort_text(self) -> str:
        """``age``, ``-age``, or nothing: as :func:`sorted_as` reads it."""
        return f"{'-' if self.turned else ''}{self.sort}" if self.sort else ""

    @property
    def columns_text(self) -> str:
        """``+owner -env``, or nothing: as :func:`showing` reads it."""
        return " ".join([*(f"+{name}" for name in sorted(self.shown)), *(f"-{name}" for name in sorted(self.hidden))])


def sorted_as(arrangement: Arrangement, text: str, columns: Sequence[Column]) -> Arrangement:
    """Sorted as the words say: ``age``, ``-age`` (the other way round), ``age desc``, ``off``. Raises BadColumn."""
    words = text.casefold().split()
    if not words or (len(words) == 1 and words[0] in _OWN and words[0] not in {c.called for c in columns}):
        return arrangement._replace(sort="", turned=False)
    turned = words[0].startswith("-")
    column = found(words[0].removeprefix("-"), columns)
    if len(words) > 1:
        if len(words) > 2 or words[1] not in _UPWARD | _DOWNWARD:
            raise BadColumn(f"{' '.join(words[1:])} is no direction: write for example {column.called} desc")
        turned = (words[1] in _DOWNWARD) is not column.most_first
    return arrangement._replace(sort=column.called, turned=turned)


def showing(arrangement: Arrangement, text: str, columns: Sequence[Column]) -> Arrangement:
    """With columns shown and hidden as the words say: ``+owner -env``, exactly ``asset state``, or ``default``.

    Raises BadColumn.
    """
    words = text.casefold().replace(",", " ").split()
    if len(words) == 1 and words[0] in _OWN:
        return arrangement._replace(shown=frozenset(), hidden=frozenset())
    marked = [word for word in words if word[0] in "+-"]
    if marked and len(marked) != len(words):
        raise BadColumn("write all columns that are to be shown, or each with + or - before it: +owner -env")
    if not marked:
        wanted = {found(word, columns).called for word in words}
        made = arrangement._replace(
            shown=frozenset(c.called for c in columns if c.hidden and c.called in wanted),
            hidden=frozenset(c.called for c in columns if not c.hidden and c.called not in wanted),
        )
    else:
        made = arrangement
        for word in marked:
            column = found(word[1:], columns)
            if made.shows(column) is not (word[0] == "+"):
                made = made._with_other(column)
    if not any(made.shows(c) for c in columns):
        raise BadColumn("at least one column stays: name one that is shown")
    return made


def kept(arrangement: Arrangement, table: str) -> dict[str, str]:
    """What is remembered of a table's arrangement until the next start, by names of the session file."""
    texts = {f"{table}.sort": arrangement.sort_text, f"{table}.columns": arrangement.columns_text}
    return {name: text for name, text in texts.items() if text}


def restored(saved: Mapping[str, str], table: str, columns: Sequence[Column]) -> tuple[Arrangement, list[str]]:
    """The arrangement that was kept, and what of it could not be used."""
    arrangement, complaints = Arrangement(), []
    for what, read in (("sort", sorted_as), ("columns", showing)):
        if text := saved.get(f"{table}.{what}", ""):
            try:
                arrangement = read(arrangement, text, columns)
            except BadColumn as error:
                complaints.append(f"the saved {what} of {table} {'was' if what == 'sort' else 'were'} dropped: {error}")
    return arrangement, complaints


def found(name: str, columns: Sequence[Column]) -> Column:
    """The column of this name. Raises BadColumn with the nearest one, else with all there are."""
    for column in columns:
        if name == column.called:
            return column
    names = [column.called for column in columns]
    import difflib  # noqa: PLC0415  only for who mistyped

    near = next(iter(difflib.get_close_matches(name, names, 1)), "")
    raise BadColumn(
        f"no column {name!r} here; " + (f"did you mean {near}?" if near else f"there are {', '.join(names)}")
    )


def letters(columns: Sequence[Column], taken: Collection[str]) -> dict[str, str]:
    """By the name of a column, the capital letter that sorts by it: one of its title that is not ``taken``, else of its name,
    else the first that is left.

    A column gives its letter to another one that has no choice, where it has a second one itself.
    """
    given: dict[str, str] = {}  # letter -> column
    choices = {
        c.called: [
            u for letter in c.title if letter.isascii() and letter.isalpha() and (u := letter.upper()) not in taken
        ]
        for c in columns
    }

    def place(name: str, tried: set[str]) -> bool:
        for letter in choices[name]:
            if letter not in tried:
                tried.add(letter)
                if letter not in given or place(given[letter], tried):
                    given[letter] = name
                    return True
        return False

    for name in choices:
        place(name, set())
    found = {name: letter for letter, name in given.items()}
    for column in columns:
        if column.called not in found:
            left = (u for u in (*column.called.upper(), *ascii_uppercase) if u in ascii_uppercase and u not in taken)
            if letter := next((u for u in left if u not in given), ""):
                given[letter], found[column.called] = column.called, letter
    return found


def arrow(column: Column, arrangement: Arrangement) -> str:
    """``↑`` from the least to the most, ``↓`` the other way; nothing for a column that does not order the rows."""
    if arrangement.sort != column.called:
        return ""
    return UP if column.most_first is arrangement.turned else DOWN


def title_spans(column: Column, letter: str, pointing: str, width: int) -> list[Span]:
    """The title in ``width`` cells, always in as many spans: the letter that sorts is underlined, the arrow stays in sight.

    A letter that is not of the title stands behind it where there is room.
    """
    style = styles.BOLD if pointing else styles.DIM
    room = width - len(pointing)
    behind = bool(letter and column.title) and letter not in column.title.upper() and len(column.title) + 2 <= room
    title = f"{column.title} {letter}" if behind else column.title
    text = fit(title[: max(0, room)] if pointing else title, room)  # what is cut off gives way to the arrow
    if column.right:
        text = fit(text.rstrip() + pointing, width, right=True)
    else:
        kept = len(text.rstrip())
        text = text[:kept] + pointing + text[kept:]
    at = -1 if not letter else text.rfind(letter) if behind else text.upper().find(letter)
    if at < 0:
        return [(text, style)]
    return [(text[:at], style), (text[at], style + styles.UNDERLINE), (text[at + 1 :], style)]
