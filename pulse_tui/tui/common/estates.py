"""The estates that this tower can go to without a restart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import BindingType

from pulse_tui.tui.asks import estates as asks
from pulse_tui.tui.context import EstateLine
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.rows import Cells, Column, Spec
from pulse_tui.tui.kit.screen import Head


def estate_cells(row: EstateLine, _now_us: int) -> Cells:
    """NAME STATE WHERE."""
    state = (
        ("● this one", styles.GOOD) if row.current else ("✖ missing", styles.BAD) if row.problem else ("", styles.DIM)
    )
    return (safe(row.name), styles.BOLD), state, (safe(row.where), styles.PLAIN)


ESTATES: Final[Spec[EstateLine]] = Spec(
    title="Estates",
    columns=(
        Column("NAME", 8, 30),
        Column("STATE", 10, 12, by=lambda row: row.current),
        Column("WHERE", 14, 0, wish=30),
    ),
    cells=estate_cells,
    key=lambda row: row.name,
    fields=lambda row: {"name": row.name, "where": row.where},
    names=("name", "where"),
    wants_attention=lambda row: bool(row.problem),
    copied=lambda row: f"{row.name}  {row.where}",
    empty="none",
)


class EstatesScreen(ListScreen[EstateLine]):
    """Those of tower.yaml first, then those that were opened before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "go there", "close this estate and open the one under the cursor", show=True),
        *ListScreen.LIST_KEYS,
    ]
    EXAMPLES = "text  !text  name:prod"

    def __init__(self, head: Head, rows: Sequence[EstateLine], now_us: int) -> None:
        """The estates as they are known."""
        super().__init__(head, [(" Estates", styles.BOLD)], ESTATES, (), now_us)
        self.table.update_rows(rows, now_us)
        self.table.want(next((row.name for row in rows if row.current), ""))

    def detail(self, row: EstateLine) -> Sequence[Span]:
        return [
            (f"{safe(row.name)}  ", styles.BOLD),
            (safe(row.where), styles.PLAIN),
            (f"  {safe(row.problem)}", styles.BAD),
        ]

    def action_open(self) -> None:
        if self.table.row is not None:
            self.post_message(asks.SwitchEstate(self.table.row.name))
