"""What people decided and others have to live with, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import BindingType

from pulse_tui.domain.moments import age, from_us, iso
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.learning import DecisionRow
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.rows import Cells, Column, Spec
from pulse_tui.tui.kit.screen import Head


def decision_cells(row: DecisionRow, now_us: int) -> Cells:
    """AGE KIND WHO ASSET WHAT."""
    return (
        (age(row.at_us, now_us), styles.DIM),
        (safe(row.kind), styles.HELD if row.kind in ("override", "accepted risk", "waiver") else styles.PLAIN),
        (safe(row.by), styles.BOLD),
        (safe(row.asset or "-"), styles.INFO),
        (safe(f"{row.what}: {row.why}" if row.why else row.what), styles.PLAIN),
    )


def decision_fields(row: DecisionRow) -> Fields:
    """Names for the filter."""
    return {"kind": row.kind, "by": row.by, "asset": row.asset, "what": row.what, "why": row.why}


DECISIONS: Final[Spec[DecisionRow]] = Spec(
    title="Decisions",
    columns=(
        Column("AGE", 3, 4, right=True, by=lambda row: values.age(row.at_us)),
        Column("KIND", 8, 14, by=lambda row: values.words(row.kind)),
        Column("WHO", 5, 18, by=lambda row: values.words(row.by)),
        Column("ASSET", 6, 22, drop=1, by=lambda row: values.words(row.asset)),
        Column("WHAT", 14, 0, wish=40, by=lambda row: values.words(row.what)),
    ),
    cells=decision_cells,
    key=lambda row: str(row.seq),
    fields=decision_fields,
    names=("kind", "by", "asset", "what", "why"),
    wants_attention=lambda row: row.kind in ("override", "accepted risk"),
    copied=lambda row: row.line(),
    moment=lambda row: row.at_us,
    empty="nobody waived, lifted, accepted, overrode, approved or changed anything yet",
    ref=lambda row: Ref(RefKind.ASSET, row.asset) if row.asset else None,
)


class DecisionsScreen(ListScreen[DecisionRow]):
    """The decision log."""

    BINDINGS: ClassVar[list[BindingType]] = ListScreen.LIST_KEYS
    EXAMPLES = "text  !text  by=ana  asset=my-bot  kind=waiver"

    def __init__(self, head: Head, rows: Sequence[DecisionRow], now_us: int) -> None:
        """The rows as the desk gives them."""
        super().__init__(head, [(" Decisions", styles.BOLD)], DECISIONS, (), now_us)
        self.table.update_rows(rows, now_us)

    def detail(self, row: DecisionRow) -> Sequence[Span]:
        return [
            (f"{iso(from_us(row.at_us))} ", styles.DIM),
            (safe(f"{row.by}: {row.what}"), styles.PLAIN),
            ("  WHY ", styles.DIM),
            (safe(row.why or "no reason was given"), styles.PLAIN),
        ]
