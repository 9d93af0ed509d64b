"""The pane of the open alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pulse_tui.tui.alerts.rows import ALERTS
from pulse_tui.tui.asks.alerts import Acknowledge, OpenAlert, Resolve, Silence, Unmute, Waive
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.pane import Subject, TablePane

if TYPE_CHECKING:
    from pulse_tui.domain.views.alerts import AlertRow
    from pulse_tui.domain.views.board import Board


class AlertsPane(TablePane["AlertRow"]):
    """The alerts pane: open conditions, most urgent first."""

    TAB = "Alerts"
    KEYS: ClassVar = (
        bind("a", "acknowledge", "ack", "acknowledge the alert: you are working on it", show=True, changes=True),
        bind("s", "silence", "silence", "silence the alert for some hours, with a reason", show=True, changes=True),
        bind("w", "waive", "waive", "record an exception with a reason and a review date", show=True, changes=True),
        bind("u", "unmute", "unmute", "take back what mutes it: an acknowledgement, a silence, a waiver", changes=True),
        bind(
            "R", "resolve", "resolve", "close the alert by hand, with a reason: its condition has ended", changes=True
        ),
    )

    def __init__(self) -> None:
        """Empty until the first board."""
        super().__init__(ALERTS, id="alerts")

    def show_board(self, board: Board, now_us: int, lead: str | None) -> None:
        self.update_rows(board.alerts, now_us)

    def opens(self, row: AlertRow) -> OpenAlert:
        return OpenAlert(row.id)

    def subject(self) -> Subject | None:
        row = self.row
        return Subject(row.asset, row.environment, row.id) if row is not None and row.asset else None

    def applies(self, action: str) -> bool:
        if action == "unmute":
            return self.row is not None and bool(self.row.by)
        return self.row is not None

    def action_acknowledge(self) -> None:
        if self.row is not None:
            self.post_message(Acknowledge(self.row.id))

    def action_silence(self) -> None:
        if self.row is not None:
            self.post_message(Silence(self.row.id, self.row.title))

    def action_resolve(self) -> None:
        if self.row is not None:
            self.post_message(Resolve(self.row.id, self.row.title))

    def action_unmute(self) -> None:
        if self.row is not None:
            self.post_message(Unmute(self.row.id, self.row.title))

    def action_waive(self) -> None:
        if self.row is not None:
            self.post_message(Waive(self.row.id, self.row.title))
