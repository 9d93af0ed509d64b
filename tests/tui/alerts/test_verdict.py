"""One key says what an alert was worth, on the pane and on its page; in a read-only tower there is no such key."""

from __future__ import annotations

import pytest

from tests.tui.helpers import Pilot, play


@pytest.mark.parametrize(("key", "word"), [("plus", "useful"), ("underscore", "noise")])
def test_one_key_gives_the_verdict_of_the_row_and_of_the_page(key: str, word: str) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press(key)
        assert pilot.desk.calls == [("give_verdict", "al-1", word, "")]
        await pilot.press("enter", key)
        assert pilot.desk.calls[1:] == [("give_verdict", "al-1", word, "")]
        assert f"{word}: al-1" in pilot.lines()[-1]

    play(scenario)


def test_a_small_choice_has_the_others_and_escape_gives_none() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("equals_sign")
        assert "another alert had it already" in pilot.text()
        await pilot.press("escape")
        assert pilot.desk.calls == []
        await pilot.open_dialog("equals_sign")
        await pilot.press("d")
        assert pilot.desk.calls == [("give_verdict", "al-1", "duplicate", "")]

    play(scenario)


def test_a_read_only_tower_has_no_verdict_keys_and_no_word_of_them() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("plus", "underscore", "equals_sign")
        assert (pilot.desk.calls, pilot.screen_name) == ([], "MainScreen")
        await pilot.press("enter", "plus", "equals_sign")
        assert (pilot.desk.calls, pilot.screen_name) == ([], "AlertScreen")
        assert "[+]" not in pilot.text()

    play(scenario, read_only=True)
