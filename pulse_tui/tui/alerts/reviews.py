"""Reviews as work, in one list: a key takes one, another finishes it with what was found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import BindingType

from pulse_tui.domain.each import Target
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.people import ReviewTaskRow
from pulse_tui.tui.asks.people import OnReviews
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.rows import Cells, Column, Spec
from pulse_tui.tui.kit.screen import Head


def review_cells(row: ReviewTaskRow, now_us: int) -> Cells:
    """STATE WHAT OWNER DUE."""
    del now_us
    mark = "▲" if row.overdue else "○"
    return (
        (f"{mark} {safe(row.state)}", styles.BAD if row.overdue else styles.PLAIN),
        (safe(row.what), styles.PLAIN),
        (safe(row.owner or "nobody"), styles.DIM),
        (row.due[:16].replace("T", " "), styles.WARN if row.overdue else styles.DIM),
    )


def review_fields(row: ReviewTaskRow) -> Fields:
    """Names for the filter."""
    return {"state": row.state, "kind": row.kind, "what": row.what, "owner": row.owner}


REVIEWS: Final[Spec[ReviewTaskRow]] = Spec(
    title="Reviews",
    columns=(
        Column("STATE", 9, 24, by=lambda row: (not row.overdue, row.state)),
        Column("WHAT", 14, 0, wish=48, by=lambda row: values.words(row.what)),
        Column("OWNER", 6, 14, drop=1, by=lambda row: values.words(row.owner)),
        Column("DUE", 16, 16, drop=2, by=lambda row: row.due or None),
    ),
    cells=review_cells,
    key=lambda row: row.key,
    fields=review_fields,
    names=("state", "kind", "what", "owner"),
    wants_attention=lambda row: row.overdue,
    copied=lambda row: row.line(),
    empty="nothing waits for a review",
    ref=lambda row: Ref(RefKind.REVIEW, row.key),
)


class ReviewsScreen(ListScreen[ReviewTaskRow]):
    """What somebody has to look at, by whom, until when."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("t", "take", "take", "you work on it", show=True, changes=True),
        bind("d", "finish", "done", "it is done: say what was found", show=True, changes=True),
        *ListScreen.LIST_KEYS,
    ]

    def __init__(self, head: Head, rows: Sequence[ReviewTaskRow], now_us: int) -> None:
        """The rows as the desk gives them."""
        super().__init__(head, [(" Reviews", styles.BOLD)], REVIEWS, (), now_us)
        self.table.update_rows(rows, now_us)

    def detail(self, row: ReviewTaskRow) -> Sequence[Span]:
        return [("ENDS BY ", styles.DIM), (safe(row.todo), styles.PLAIN)]

    def applies(self, action: str) -> bool:
        if action in ("take", "finish"):
            return self.table.row is not None
        return super().applies(action)

    def action_take(self) -> None:
        self._post("take")

    def action_finish(self) -> None:
        self._post("finish")

    def _post(self, action: str) -> None:
        if targets := self.targets(lambda row: Target(row.key, row.what)):
            self.post_message(OnReviews(action, targets))
