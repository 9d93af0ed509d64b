"""Everything that is muted, waived or held, in one list: nothing is out of sight, and a key takes it back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import BindingType

from pulse_tui.domain.each import Target
from pulse_tui.domain.moments import age
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.alerts import QuietRow
from pulse_tui.tui.asks import alerts as asks
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.rows import Cells, Column, Spec
from pulse_tui.tui.kit.screen import Head


def quiet_cells(row: QuietRow, now_us: int) -> Cells:
    """KIND SUBJECT WHAT BY LEFT."""
    left = f"in {age(now_us, row.until_us)}" if row.until_us is not None else "-"
    return (
        (f"■ {row.kind}" if row.hold else f"○ {row.kind}", styles.HELD if row.hold else styles.WARN),
        (safe(row.subject), styles.BOLD),
        (safe(row.what), styles.PLAIN),
        (safe(row.by), styles.DIM),
        (left, styles.DIM),
    )


def quiet_fields(row: QuietRow) -> Fields:
    """Names for the filter."""
    return {"kind": row.kind, "asset": row.asset, "by": row.by, "what": row.what, "why": row.why}


QUIET: Final[Spec[QuietRow]] = Spec(
    title="Muted, waived, held",
    columns=(
        Column("KIND", 10, 14, by=lambda row: row.kind),
        Column("SUBJECT", 10, 22, by=lambda row: values.words(row.subject)),
        Column("WHAT", 14, 0, wish=40, by=lambda row: values.words(row.what)),
        Column("BY", 5, 14, drop=1, by=lambda row: values.words(row.by)),
        Column("ENDS", 6, 6, right=True, by=lambda row: row.until_us),
    ),
    cells=quiet_cells,
    key=lambda row: f"{row.kind}/{row.id}",
    fields=quiet_fields,
    names=("kind", "asset", "by", "what", "why"),
    wants_attention=lambda row: row.until_us is not None,
    copied=lambda row: row.line(),
    empty="nothing is muted, waived or held",
    ref=lambda row: Ref(RefKind.HOLD if row.hold else RefKind.SILENCE if row.silence else RefKind.ALERT, row.id),
)


class MutedScreen(ListScreen[QuietRow]):
    """Who is not called, and what may not be promoted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "open", "open the alert", show=True),
        bind(
            "u",
            "take_back",
            "take back",
            "unmute the alert, end the silence or window, or lift the hold, with a reason",
            show=True,
            changes=True,
        ),
        bind(
            "v",
            "review",
            "review",
            "let releases pass a freeze for some days, with a reason: it stands all the same",
            show=True,
            changes=True,
        ),
        *ListScreen.LIST_KEYS,
    ]

    def __init__(self, head: Head, rows: Sequence[QuietRow], now_us: int) -> None:
        """The rows as the desk gives them."""
        super().__init__(head, [(" Muted, waived and held", styles.BOLD)], QUIET, (), now_us)
        self.table.update_rows(rows, now_us)

    def detail(self, row: QuietRow) -> Sequence[Span]:
        return [
            ("BY ", styles.DIM),
            (safe(row.by or "nobody"), styles.BOLD),
            ("  WHY ", styles.DIM),
            (safe(row.why), styles.PLAIN),
        ]

    def applies(self, action: str) -> bool:
        if action == "open":
            return self.table.row is not None and not self.table.row.hold and not self.table.row.silence
        if action == "review":
            return self.table.row is not None and self.table.row.kind == "freeze"
        return super().applies(action)

    def action_open(self) -> None:
        if (row := self.table.row) is not None:
            self.post_message(asks.OpenAlert(row.id))

    def action_review(self) -> None:
        if (row := self.table.one()) is not None:
            self.post_message(asks.ReviewHold(row.id, f"{row.subject}: {row.what}"))

    def action_take_back(self) -> None:
        if targets := self.targets(_target):
            self.post_message(asks.OnAlerts("take_back", targets))


def _target(row: QuietRow) -> Target:
    kind = "hold" if row.hold else "silence" if row.silence else "alert"
    return Target(row.id, f"{row.kind}: {row.what}", mark=QUIET.key(row), detail=kind)
