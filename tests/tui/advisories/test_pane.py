"""The pane of the advisories: empty, it says what was asked, and never more."""

from __future__ import annotations

from pulse_tui.domain.views.signals import SourceRow
from tests.tui.helpers import Pilot, play


def test_an_empty_pane_names_the_sources_that_were_asked_where_there_are_any() -> None:
    async def scenario(pilot: Pilot) -> None:
        pane = next(p for p in pilot.main.panes if p.TAB == "Advisories")
        before = pilot.desk.board(None)
        osv = SourceRow("feed-of-osv", "osv", "good", "", 1)
        pane.show_board(before._replace(advisories=(), sources=(osv,)), 2, None)
        assert pane.table is not None
        assert pane.table.empty == "no advisory of feed-of-osv reaches what is known to run"
        pane.show_board(before._replace(advisories=(), sources=()), 2, None)
        assert pane.table.empty == ""

    play(scenario)
