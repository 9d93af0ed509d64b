"""Screens with a table: the line that ``/`` opens, the moves, the marks, and what the rows are sorted by."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

from pulse_tui.tui.asks.common import Arrange, Say
from pulse_tui.tui.kit.bad import BadFilter
from pulse_tui.tui.kit.columns import kept, restored
from pulse_tui.tui.kit.filters import WANTED
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.screen import Head
from pulse_tui.tui.kit.typed import TypedScreen

if TYPE_CHECKING:
    from textual import events

    from pulse_tui.tui.kit.keys import Key
    from pulse_tui.tui.kit.table import Table


MARKS: Final = (
    bind("space", "mark", "mark", "mark the row for the next action, or take its mark away, and go on; a * stands beside it"),
    bind(
        "ctrl+@,ctrl+space", "mark_range", "mark to here",
        "mark every row from the one that was marked last to this one",
    ),
    bind("asterisk", "invert_marks", "invert", "mark what is not marked, of the rows that the filter lets through"),
    bind("ctrl+a", "mark_all", "mark all", "mark every row that the filter lets through; again: none"),
    bind("exclamation_mark", "wanted", "attention", "only what wants attention; again: all that the filter lets through"),
    bind("ctrl+w", "wide", "wide", "every column that has room; again: those of before"),
    bind(
        "o", "arrange", "sort",
        "sort by a column, show and hide columns; a capital letter underlined in a title sorts at once", show=True,
    ),
)  # fmt: skip
TIMES: Final = "  age<1h  since=03:00"
"""What the line adds to its examples where rows have a moment."""


class FilterScreen(TypedScreen):
    """The table follows what is typed after ``/``; what makes no sense is reported, not applied."""

    EXAMPLES = "text  !text  state=FAIL  owner:ml"

    def __init__(self, head: Head, keys: Sequence[Key] | None = None) -> None:
        """No line is open. ``keys`` as of :class:`BaseScreen`."""
        super().__init__(head, keys)
        self._filter_before = ""
        self.kept: dict[str, str] = {}
        """How tables of pages are arranged, by names of the session file; whoever opens a page gives it the tower's."""

    def the_table(self) -> Table[Any] | None:
        """The table that takes the keys."""
        raise NotImplementedError

    def filtered(self) -> None:
        """The table shows other rows than before."""

    def moved(self) -> None:
        """The cursor stands on another row."""

    def on_mount(self) -> None:
        """Arrange the table as it was left."""
        super().on_mount()
        self.arranged_as_left()

    def arranged_as_left(self) -> None:
        """The table as it was left, in this session or the last."""
        if (table := self.the_table()) is None:
            return
        table.take_letters(capitals(self.all_keys))
        arrangement, complaints = restored(self.kept, table.spec.called, table.spec.columns)
        if not table.spec.fixed or not arrangement.sort:
            table.show_as(arrangement)
        for complaint in complaints:
            self.post_message(Say(complaint, bad=True))

    def rearranged(self) -> None:
        """Somebody arranged the table otherwise: keep it."""
        if (table := self.the_table()) is not None:
            name = table.spec.called
            for what in ("sort", "columns"):
                self.kept.pop(f"{name}.{what}", None)
            self.kept.update(kept(table.arrangement, name))
            self.moved()

    # ------------------------------------------------------------------ the line

    async def action_filter(self) -> None:
        if (table := self.the_table()) is not None and not self.typing:
            self._filter_before = table.filter.text
            examples = self.EXAMPLES + (TIMES if table.spec.moment is not None else "")
            await self.open_line(table.filter.text, examples, "Enter keeps the filter  Esc leaves the line")

    def typed(self, text: str) -> None:
        """The table follows; a half-written comparison leaves it as it is."""
        self._filter(text, quiet=True)

    def entered(self, text: str) -> bool:
        return self._filter(text, quiet=False)

    def _filter(self, text: str, *, quiet: bool) -> bool:
        table = self.the_table()
        if table is None:
            return True
        try:
            table.set_filter(text)
        except BadFilter as error:
            table.set_filter(self._filter_before)
            if not quiet:
                self.post_message(Say(str(error), bad=True))
            return False
        self.filtered()
        return True

    def action_wanted(self) -> None:
        if (table := self.the_table()) is not None:
            self._filter(table.filter.toggled(WANTED), quiet=False)

    def clear_filter(self) -> bool:
        """All rows again. False when none were hidden."""
        table = self.the_table()
        if table is None or not table.filter.terms:
            return False
        table.set_filter("")
        self.filtered()
        return True

    def whole(self) -> tuple[str, str] | None:
        table = self.the_table()
        return (table.spec.called, table.as_text()) if table is not None and table.rows else None

    # ------------------------------------------------------------------ marks and order

    def marked(self) -> str:
        table = self.the_table()
        return table.marked_words() if table is not None else ""

    def _marks_changed(self) -> None:
        self.moved()
        self.show_keys()

    def action_mark(self) -> None:
        if (table := self.the_table()) is not None:
            table.mark()
            self._marks_changed()

    def action_mark_range(self) -> None:
        if (table := self.the_table()) is None:
            return
        if table.mark_range():
            self._marks_changed()
        else:
            self.post_message(
                Say("a range begins at a marked row that is seen: Space marks one, then go to its other end")
            )

    def action_invert_marks(self) -> None:
        if (table := self.the_table()) is not None:
            table.invert_marks()
            self._marks_changed()

    def action_mark_all(self) -> None:
        if (table := self.the_table()) is not None:
            table.mark_all()
            self._marks_changed()

    def unmark(self, keys: Collection[str] | None = None) -> bool:
        """These rows are not marked any more; None: none is. False when none of them was."""
        table = self.the_table()
        if table is None or not table.unmark(keys):
            return False
        self._marks_changed()
        return True

    def action_wide(self) -> None:
        if (table := self.the_table()) is None:
            return
        before, hidden = table.arrangement, table.widen()
        self.rearranged()
        if not hidden and table.arrangement == before:
            self.post_message(Say("every column of this table is shown already"))
        if hidden:
            self.post_message(Say(f"no room here for {', '.join(hidden)}: a wider terminal, or hide others (o)"))

    def action_arrange(self) -> None:
        if self.the_table() is not None:
            self.post_message(Arrange())

    def on_key(self, event: events.Key) -> None:
        """A capital letter that is no key of this screen sorts by the column whose title has it underlined."""
        table, letter = self.the_table(), event.character or ""
        if table is not None and not self.typing and letter.isupper() and table.sort_letter(letter):
            event.stop()
            self.rearranged()

    def explained_keys(self) -> list[Key]:
        """With the letters that sort the table."""
        return [*super().explained_keys(), *self.sorting_keys()]

    def sorting_keys(self) -> list[Key]:
        """The capital letters that sort the table which takes the keys."""
        letters = table.letters if (table := self.the_table()) is not None else {}
        return [bind(letter, "sort", f"sort by {name}") for name, letter in letters.items()]

    # ------------------------------------------------------------------ moving

    def action_move(self, by: int) -> None:
        table = self.the_table()
        if table is not None and table.move(by):
            self.moved()

    def action_pages(self, by: float) -> None:
        table = self.the_table()
        if table is not None and table.move_pages(by):
            self.moved()

    def action_edge(self, last: bool) -> None:
        table = self.the_table()
        if table is not None and table.move_to_edge(last):
            self.moved()

    def action_attention(self, by: int) -> None:
        table = self.the_table()
        if table is None:
            return
        if table.move_to_attention(by):
            self.moved()
        else:
            self.post_message(Say("nothing else here wants attention"))


def capitals(keys: Sequence[Key]) -> frozenset[str]:
    """The capital letters among the keys."""
    return frozenset(one for key in keys for one in key.key.split(",") if len(one) == 1 and one.isupper())
