"""The dialog that sorts and chooses columns, and what is kept of it for pages and panes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.tui.asks.common import Arrange
from tests.tui.helpers import NARROW, WIDE, Pilot, check_snapshot, play, shown_text


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["120x36", "80x24"])
def test_the_chooser_lists_every_column(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("o")
        await pilot.press("j", "j", "enter")
        check_snapshot(f"arrange-{size[0]}x{size[1]}", pilot.text())
        assert "OWNER↑" in shown_text(pilot.alerts)[1]

    play(scenario, size=size)


def test_the_last_column_cannot_be_hidden_and_d_is_as_at_first() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("o")
        await pilot.press("space", "j", "space", "j", "space", "j", "space", "j", "space")
        assert "count is the last column that is shown" in pilot.text()
        await pilot.press("d", "escape")
        assert "PRIO WHAT" in shown_text(pilot.alerts)[1]

    play(scenario)


def test_a_page_is_arranged_as_it_was_left_when_it_opens_again_and_after_a_start(tmp_path: Path) -> None:
    file = tmp_path / "session.json"

    async def leave(pilot: Pilot) -> None:
        await pilot.press("i")
        pilot.tower.screen.post_message(Arrange(sort="-subject", columns="-source"))
        await pilot.settle()
        assert "SUBJECT↓" in pilot.text()
        await pilot.press("q", "i")
        assert "SUBJECT↓" in pilot.text()
        assert "SOURCE" not in pilot.text()

    async def come_back(pilot: Pilot) -> None:
        await pilot.press("i")
        assert "SUBJECT↓" in pilot.text()
        pilot.tower.screen.post_message(Arrange(sort="off", columns="default"))
        await pilot.settle()

    async def at_first(pilot: Pilot) -> None:
        await pilot.press("i")
        assert "SUBJECT↓" not in pilot.text()

    play(leave, session_file=file)
    play(come_back, session_file=file)
    play(at_first, session_file=file)


def test_a_column_that_is_not_there_is_refused_with_the_nearest() -> None:
    async def scenario(pilot: Pilot) -> None:
        for ask in (Arrange(sort="oner"), Arrange(columns="+oner")):
            pilot.main.post_message(ask)
            await pilot.settle()
            assert pilot.notices[-1] == "no column 'oner' here; did you mean owner?"
        await pilot.press("1", "t")
        pilot.tower.screen.post_message(Arrange(sort="version"))
        await pilot.settle()
        assert "a tree keeps its order" in pilot.notices[-1]

    play(scenario)
