"""A pane of the main screen: all that the screen asks it, and the pane that is one table.

The main screen knows its panes only through :class:`Pane`. What a pane shows, what Enter opens, what its row is about,
its own keys, its tab and what it remembers until the next start stand on the pane and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from pulse_tui.tui.kit.bad import BadFilter
from pulse_tui.tui.kit.canvas import Canvas
from pulse_tui.tui.kit.columns import kept, restored
from pulse_tui.tui.kit.opening import Asking
from pulse_tui.tui.kit.rows import RowT
from pulse_tui.tui.kit.table import Table
from pulse_tui.tui.session import Session

if TYPE_CHECKING:
    from pulse_tui.domain.ref import Ref
    from pulse_tui.domain.views.board import Board
    from pulse_tui.tui.asks.base import Ask
    from pulse_tui.tui.kit.keys import Key


class Subject(NamedTuple):
    """What the row under the cursor is about, for the keys that work in every pane."""

    asset: str
    environment: str | None = None
    """None where it is about no single environment: nothing can be frozen or rolled back from there."""
    alert: str | None = None
    """The alert that it is about, if it is one."""


class Pane(Asking, Canvas):
    """One of the panes. The defaults are those of a pane that shows something and offers nothing."""

    TAB: ClassVar[str]
    """Its name in the tab strip, the help and the palette."""
    KEYS: ClassVar[Sequence[Key]] = ()
    """Keys that work while the pane has the keys. ``action_NAME`` of the pane answers."""
    ANYWHERE: ClassVar[Sequence[Key]] = ()
    """Keys of the pane that work while another one has them."""
    number = 0
    """Its place among the panes, from 1; set by the main screen."""
    focused_pane = False

    @property
    def table(self) -> Table[Any] | None:
        """The table that the moves and the filter are about."""
        return None

    @property
    def count(self) -> str:
        """What the tab says beside the name."""
        return ""

    @property
    def lead(self) -> str | None:
        """The asset that other panes follow."""
        return None

    @property
    def waiting(self) -> bool:
        """Whether a part of it is still being drawn."""
        return False

    async def drawn(self) -> None:
        """Until nothing of it is waiting."""

    def show_board(self, board: Board, now_us: int, lead: str | None) -> None:
        """Draw what the board holds for it. ``lead``: the asset that a pane before it leads with."""
        raise NotImplementedError

    def tick(self, now_us: int) -> None:
        """Time went on."""

    def set_focused(self, focused: bool) -> None:
        """It gets the keys, or gives them back."""
        raise NotImplementedError

    def move(self, by: int) -> bool:
        """j and k. False when nothing moved."""
        del by
        return False

    def moved(self) -> None:
        """The cursor stands on another row."""

    # ------------------------------------------------------------------ what it offers

    def open(self) -> Ask | None:
        """What Enter asks for; None when there is nothing to open."""
        return None

    def subject(self) -> Subject | None:
        """What the row under the cursor is about."""
        return None

    def ref(self) -> Ref | None:
        """What the row under the cursor is; None where that has no name."""
        return None

    def applies(self, action: str) -> bool:
        """Whether one of its own keys makes sense now."""
        del action
        return True

    def copied(self) -> str:
        """What ``y`` copies."""
        return ""

    # ------------------------------------------------------------------ session

    def remembered(self) -> Session:
        """Its part of the session."""
        return Session()

    def restore(self, saved: Session) -> list[str]:
        """Be as it was left; returns what could not be used."""
        del saved
        return []


class TablePane(Table[RowT], Pane):
    """A pane that is one table. It is remembered under its id."""

    @property
    def table(self) -> Table[Any]:
        return self

    @property
    def count(self) -> str:
        return f"{len(self.rows)}/{self.total}" if self.filter.terms else str(self.total or "")

    @property
    def heading(self) -> str:
        return f"{self.number} {super().heading}" if self.number else super().heading

    def open(self) -> Ask | None:
        row = self.row
        return self.opens(row) if row is not None else None

    def opens(self, row: RowT) -> Ask:
        """What Enter asks for on this row."""
        raise NotImplementedError

    def copied(self) -> str:
        return self.copied_text

    def remembered(self) -> Session:
        name, key = str(self.id), self.cursor_key
        filters = {name: self.filter.text} if self.filter.terms else {}
        return Session(
            cursors={name: key} if key else {}, filters=filters, shown=kept(self.arrangement, self.spec.called)
        )

    def restore(self, saved: Session) -> list[str]:
        name = str(self.id)
        arrangement, complaints = restored(saved.shown, self.spec.called, self.spec.columns)
        self.show_as(arrangement)
        if text := saved.filters.get(name):
            try:
                self.set_filter(text)
            except BadFilter as error:
                complaints.append(f"the saved filter of {name} was dropped: {error}")
        if key := saved.cursors.get(name):
            self.want(key)
        return complaints
