"""The waivers of the estate: what stands and until when, what ended and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import BindingType

from pulse_tui.domain.moments import age
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.advisories import WaiverRow
from pulse_tui.tui.asks.advisories import EndWaiver, OpenAdvisory
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.rows import Cells, Column, Spec
from pulse_tui.tui.kit.screen import Head


def waiver_cells(row: WaiverRow, now_us: int) -> Cells:
    """ADVISORY SCOPE STATES OWNER COVERS ENDS."""
    faint = styles.PLAIN if row.standing else styles.DIM
    ends = f"in {age(now_us, row.review_us)}" if row.standing else "ended"
    return (
        (f"{'○' if row.standing else '·'} {safe(row.advisory)}", styles.WARN if row.standing else styles.DIM),
        (safe(row.scope), faint),
        (row.status.replace("_", " "), faint),
        (safe(row.owner), styles.DIM),
        (str(row.covers) if row.standing else "", styles.DIM),
        (ends, styles.DIM),
    )


def waiver_fields(row: WaiverRow) -> Fields:
    """Names for the filter."""
    return {
        "id": row.advisory,
        "asset": row.asset,
        "component": row.component,
        "status": row.status,
        "owner": row.owner,
        "state": "standing" if row.standing else "ended",
        "why": row.rationale,
    }


WAIVERS: Final[Spec[WaiverRow]] = Spec(
    title="Waivers",
    columns=(
        Column("ADVISORY", 12, 22, by=lambda row: values.words(row.advisory)),
        Column("SCOPE", 16, 0, wish=34, by=lambda row: values.words(row.scope)),
        Column("STATES", 8, 14, by=lambda row: values.words(row.status)),
        Column("OWNER", 5, 14, drop=1, by=lambda row: values.words(row.owner)),
        Column(
            "COVERS", 6, 6, drop=2, right=True, by=lambda row: row.covers if row.standing else None, most_first=True
        ),
        Column("ENDS", 6, 7, right=True, by=lambda row: row.review_us if row.standing else None),
    ),
    cells=waiver_cells,
    key=lambda row: row.id,
    fields=waiver_fields,
    names=("id", "asset", "component", "status", "owner", "state", "why"),
    wants_attention=lambda row: row.standing and not row.covers,
    copied=lambda row: row.line(),
    empty="nothing is waived",
    ref=lambda row: Ref(RefKind.WAIVER, row.id),
    moment=lambda row: row.placed_us,
)


class WaiversScreen(ListScreen[WaiverRow]):
    """What ends first on top, then what ended; ``n`` goes to the next that covers nothing any more."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "open", "open the advisory", show=True),
        bind(
            "u",
            "end_waiver",
            "end",
            "end the waiver now, with a reason: what it covered fires again",
            show=True,
            changes=True,
        ),
        *ListScreen.LIST_KEYS,
    ]

    def __init__(self, head: Head, rows: Sequence[WaiverRow], now_us: int) -> None:
        """The rows as the desk gives them."""
        super().__init__(head, [(" Waivers", styles.BOLD)], WAIVERS, (), now_us)
        self.table.update_rows(rows, now_us)

    def detail(self, row: WaiverRow) -> Sequence[Span]:
        why = f"{row.justification.replace('_', ' ')}: " if row.justification else ""
        ended = f"  ended: {row.ended}" if row.ended else ""
        where = f"  from {row.source}" if row.source else f"  by {row.placed_by}"
        return [("WHY ", styles.DIM), (safe(f"{why}{row.rationale}{where}{ended}"), styles.PLAIN)]

    def applies(self, action: str) -> bool:
        if action == "end_waiver":
            return self.table.row is not None and self.table.row.standing
        return super().applies(action)

    def action_open(self) -> None:
        if (row := self.table.row) is not None:
            self.post_message(OpenAdvisory(row.advisory))

    def action_end_waiver(self) -> None:
        if (row := self.table.one()) is not None:
            self.post_message(EndWaiver(row.id, f"{row.advisory} in {row.scope}"))
