"""The pages of what is learnt and of who did what: what fails first, what is unknown as such, older lines as they are reached."""

from __future__ import annotations

from pulse_tui.tui.learning.activity import ActivityScreen
from pulse_tui.tui.learning.checklist import checklist_blocks
from tests.fakes.desk import FakeDesk
from tests.fakes.learning_desk import LINES, LIST, PAGE
from tests.tui.helpers import Pilot, play


async def command(pilot: Pilot, words: str) -> None:
    """Run a command of the palette."""
    await pilot.press("colon", *(("space" if c == " " else c) for c in words), "enter")


def test_l_opens_the_activity_and_older_lines_come_as_they_are_reached() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("A")
        screen = pilot.tower.screen
        assert isinstance(screen, ActivityScreen)
        assert (len(screen.every), screen.every[0].seq) == (PAGE, LINES)
        await pilot.press("G")
        assert len(screen.every) == 2 * PAGE
        await pilot.press("G", "o")
        await pilot.press("G")
        assert [row.seq for row in screen.every] == list(range(LINES, 0, -1))
        await pilot.press("G")
        assert screen.ended
        await pilot.press("g", "n")
        assert "LINE 240" in pilot.text()
        await pilot.press("escape")
        assert pilot.screen_name == "MainScreen"

    play(scenario)


def test_news_stands_above_and_what_was_read_stays() -> None:
    desk = FakeDesk()
    rows = desk.activity()

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("A", "G")
        screen = pilot.tower.screen
        assert isinstance(screen, ActivityScreen)
        count = len(screen.every)
        screen.show_newest((rows[0]._replace(seq=LINES + 1), *rows[:-1]))
        assert [row.seq for row in screen.every] == list(range(LINES + 1, LINES - count, -1))
        screen.show_newest(tuple(row._replace(seq=row.seq + 10_000) for row in rows))
        assert [row.seq for row in screen.every] == [row.seq + 10_000 for row in rows]

    play(scenario, desk=desk)


def test_the_checklist_begins_with_what_fails_and_what_is_unknown_is_no_ok() -> None:
    labels = [block.label for block in checklist_blocks(LIST)]
    assert labels == ["IN ORDER", "✖ FAIL", "✖ FAIL", "? unknown", "● ok", "REVIEWS"]

    async def scenario(pilot: Pilot) -> None:
        await command(pilot, "checklist")
        text = pilot.text()
        assert "1 of 4 in order, 2 fail, 1 unknown" in text
        assert "✖ nobody is named" in text
        assert "lacks it: code-assist (never drilled)" in text
        assert "2026-11-01  ▲ OVERDUE critical-cve (security)" in text

    play(scenario)


def test_a_report_opens_from_the_palette_and_angle_keys_go_through_the_audiences() -> None:
    async def scenario(pilot: Pilot) -> None:
        await command(pilot, "report security")
        assert "acme-ai for security" in pilot.text()
        assert "mean time to detect: ? unknown (2 left out: their onset is not known)" in pilot.text()
        await pilot.press("greater_than_sign")
        assert "for product" in pilot.text()
        await pilot.press("less_than_sign", "less_than_sign", "less_than_sign")
        assert "for noise" in pilot.text()
        await pilot.press("escape")
        assert pilot.screen_name == "MainScreen"

    play(scenario)


def test_decisions_are_a_list_with_the_reason_of_the_one_under_the_cursor() -> None:
    async def scenario(pilot: Pilot) -> None:
        await command(pilot, "decisions")
        assert "WHY the fix is in" in pilot.text()
        await pilot.press("slash", *"by=ben", "enter")
        assert "hold lifted" not in pilot.text()

    play(scenario)


def test_what_was_missed_is_recorded_from_the_palette_and_not_in_a_read_only_tower() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("colon", *"missed")
        await pilot.open_dialog("enter")
        await pilot.type("refunds_failed")
        await pilot.press("enter", "enter", "enter")
        ((name, what, _, asset, *_),) = pilot.desk.calls
        assert (name, what, asset) == ("add_missed", "refunds_failed", "")

    play(scenario)

    async def hidden(pilot: Pilot) -> None:
        await pilot.press("colon", *"missed")
        assert "no alert reported" not in pilot.text()

    play(hidden, read_only=True)
