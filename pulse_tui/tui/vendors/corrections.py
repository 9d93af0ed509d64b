"""The labels that persons corrected: what each is of, by whom, and taking one back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.views.vendors import CorrectionRow
from pulse_tui.tui.asks import vendors as asks
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.screen import Head
from pulse_tui.tui.vendors.rows import CORRECTIONS


class CorrectionsScreen(ListScreen[CorrectionRow]):
    """Each is a rule for notes of the same words, and a case that must go on being read so."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "open", "open the note that was corrected", show=True),
        bind("u", "withdraw", "take back", "take the correction back, with a reason", show=True, changes=True),
        *ListScreen.LIST_KEYS,
    ]

    def __init__(self, head: Head, rows: Sequence[CorrectionRow], now_us: int) -> None:
        """The rows as the desk gives them."""
        super().__init__(head, [(" Corrected labels", styles.BOLD)], CORRECTIONS, (), now_us)
        self.table.update_rows(rows, now_us)

    def detail(self, row: CorrectionRow) -> Sequence[Span]:
        return [("WHY ", styles.DIM), (row.why, styles.PLAIN), (f"  of: {row.title} ({row.source})", styles.DIM)]

    def applies(self, action: str) -> bool:
        if action == "withdraw":
            return self.table.row is not None
        if action == "open":
            return self.table.row is not None and bool(self.table.row.key)
        return super().applies(action)

    def action_open(self) -> None:
        if (row := self.table.row) is not None and row.key:
            self.post_message(asks.OpenNote(row.source, row.key))

    def action_withdraw(self) -> None:
        if (row := self.table.row) is not None:
            self.post_message(
                asks.WithdrawCorrection(row.id, f"{', '.join(row.labels)}: {row.title or ', '.join(row.words)}")
            )
