"""The pane of the advisories."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pulse_tui.domain.each import Target
from pulse_tui.domain.views.advisories import UNNAMED
from pulse_tui.domain.views.signals import silent
from pulse_tui.tui.advisories.rows import ADVISORIES
from pulse_tui.tui.asks.advisories import OpenAdvisory, OpenLedger, WaiveAdvisories
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.pane import TablePane

if TYPE_CHECKING:
    from pulse_tui.domain.views.advisories import AdvisoryRow
    from pulse_tui.domain.views.board import Board


FEEDS = frozenset({"osv", "ghsa", "nvd", "csaf"})
"""Kinds of sources whose answers an empty pane rests on."""


class AdvisoriesPane(TablePane["AdvisoryRow"]):
    """The advisories pane: worst first; components by the one naming scheme or as their providers write them."""

    TAB = "Advisories"
    KEYS: ClassVar = (
        bind(
            "w", "waive", "waive",
            "advisories: accept the risk of the row, or of all that are marked, with an owner, a review date and a reason",
            changes=True,
        ),
        bind(
            "l", "ledger", "ledger", "advisories: what is matched, clean and not audited, and how new each feed is",
            show=True,
        ),
    )  # fmt: skip

    def __init__(self) -> None:
        """Empty until the first board."""
        super().__init__(ADVISORIES, id="advisories")

    def show_board(self, board: Board, now_us: int, lead: str | None) -> None:
        asked = [s.id for s in board.sources if s.kind in FEEDS]
        # Where advisories are collected an empty pane is an answer; it never says more than what was asked.
        late = [s for s in silent(board.sources) if s in asked]
        self.empty = f"no advisory of {', '.join(asked)} reaches what is known to run" if asked else ""
        if late:
            self.empty += f", as far as is known: nothing comes from {', '.join(late)} (S lists the sources)"
        self.update_rows(board.advisories, now_us)

    def opens(self, row: AdvisoryRow) -> OpenAdvisory | OpenLedger:
        return OpenLedger() if row.id == UNNAMED else OpenAdvisory(row.id)

    def applies(self, action: str) -> bool:
        return action != "waive" or any(row.id != UNNAMED for row in self.chosen)

    def action_waive(self) -> None:
        named = [row for row in self.chosen if row.id != UNNAMED]
        targets = tuple(Target(r.id, f"{r.id} {r.component}", r.priority, r.key, r.component) for r in named)
        if targets:
            self.post_message(WaiveAdvisories("waive", targets))

    def action_ledger(self) -> None:
        self.post_message(OpenLedger())
