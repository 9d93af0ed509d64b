"""Everything that all operators and the program did, newest first; older lines are read when they are reached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import BindingType

from pulse_tui.domain.moments import age, from_us, iso
from pulse_tui.domain.views.learning import ActivityRow
from pulse_tui.tui.asks.learning import OlderActivity
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.rows import Cells, Column, Spec
from pulse_tui.tui.kit.screen import Head

NEAR_END: Final = 40
"""So many rows above the last one the next page is asked for."""


def activity_cells(row: ActivityRow, now_us: int) -> Cells:
    """AGE WHO ACTION SUBJECT WHAT."""
    program = row.who == "pulse-tui"
    return (
        (age(row.at_us, now_us), styles.DIM),
        (safe(row.who), styles.DIM if program else styles.BOLD),
        (safe(row.action), styles.PLAIN),
        (safe(row.subject), styles.INFO),
        (safe(row.detail), styles.DIM),
    )


def activity_fields(row: ActivityRow) -> Fields:
    """Names for the filter."""
    return {"who": row.who, "action": row.action, "subject": row.subject, "what": row.detail, "line": str(row.seq)}


ACTIVITY: Final[Spec[ActivityRow]] = Spec(
    title="Activity",
    columns=(
        Column("AGE", 3, 4, right=True, by=lambda row: values.age(row.at_us)),
        Column("WHO", 6, 18, by=lambda row: values.words(row.who)),
        Column("ACTION", 10, 26, by=lambda row: values.words(row.action)),
        Column("SUBJECT", 10, 30, drop=1, by=lambda row: values.words(row.subject)),
        Column("WHAT", 12, 0, wish=30, by=lambda row: values.words(row.detail)),
    ),
    cells=activity_cells,
    key=lambda row: str(row.seq),
    fields=activity_fields,
    names=("who", "action", "subject", "what", "line"),
    wants_attention=lambda row: row.who != "pulse-tui",
    copied=lambda row: row.line(),
    empty="nothing is on record yet",
    moment=lambda row: row.at_us,
)


class ActivityScreen(ListScreen[ActivityRow]):
    """The audit log as a list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("o", "older", "older", "read older lines now", show=True),
        *ListScreen.LIST_KEYS,
    ]
    EXAMPLES = "text  !text  who=ana  action:hold"

    def __init__(self, head: Head, rows: Sequence[ActivityRow], now_us: int) -> None:
        """The newest page."""
        words = ("n goes on to what a person did; older lines are read as you reach them",)
        super().__init__(head, [(" Activity", styles.BOLD)], ACTIVITY, words, now_us)
        self.every: tuple[ActivityRow, ...] = ()
        self.asked = False
        """An older page is on its way."""
        self.ended = False
        """There is none."""
        self.show_newest(rows)

    def show_newest(self, rows: Sequence[ActivityRow]) -> None:
        """The newest page again: what is new stands above what was there."""
        known = self.every[0].seq if self.every else -1
        fresh = tuple(row for row in rows if row.seq > known)
        joined = not self.every or not rows or rows[-1].seq <= known + 1
        self.every = (*fresh, *self.every) if joined else tuple(rows)  # a gap: more was written than a page holds
        self.ended = self.ended and joined
        self.show_rows(self.every)

    def show_older(self, rows: Sequence[ActivityRow]) -> None:
        """The next page, below."""
        self.asked, self.ended = False, not rows
        last = self.every[-1].seq if self.every else None
        self.every = (*self.every, *(row for row in rows if last is None or row.seq < last))
        self.show_rows(self.every)

    @property
    def before(self) -> int | None:
        """The number of the oldest line that is there."""
        return self.every[-1].seq if self.every else None

    def moved(self) -> None:
        super().moved()
        if self.is_running and self.table.cursor >= len(self.table.rows) - NEAR_END:
            self.action_older()

    def action_older(self) -> None:
        if not self.asked and not self.ended and self.every:
            self.asked = True
            self.post_message(OlderActivity())

    def detail(self, row: ActivityRow) -> Sequence[Span]:
        return [
            (f"LINE {row.seq} ", styles.DIM),
            (f"{iso(from_us(row.at_us))} ", styles.PLAIN),
            (safe(f"{row.who} {row.action} {row.subject} {row.detail}"), styles.PLAIN),
            (safe(f"  from {row.origin}") if row.origin else "", styles.DIM),
        ]
