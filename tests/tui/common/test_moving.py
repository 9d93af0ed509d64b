"""Back, forward and the page before, over real pages of a running tower; the path that the title says."""

from __future__ import annotations

import pytest

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.views.advisories import AdvisoryStory
from tests.fakes.desk import FakeDesk
from tests.tui.helpers import NARROW, WIDE, Pilot, play

BACK, FORWARD, BEFORE = "left_square_bracket", "right_square_bracket", "minus"


class Forgetful(FakeDesk):
    """A desk whose advisory is gone after a while."""

    gone = False

    def advisory_story(self, advisory_id: str) -> AdvisoryStory:
        if self.gone:
            raise NotFound(f"{advisory_id} is not known any more")
        return super().advisory_story(advisory_id)


async def at(pilot: Pilot) -> tuple[str, int]:
    return pilot.screen_name, pilot.main.current


def test_back_and_forward_go_through_alert_asset_and_history() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "enter", "e", "h")
        seen = ["MainScreen", "AlertScreen", "AssetScreen", "HistoryScreen"]
        assert pilot.screen_name == seen[-1]
        for name in reversed(seen[:-1]):
            await pilot.press(BACK)
            assert pilot.screen_name == name
        await pilot.press(BACK)
        assert pilot.notices[-1] == "no page before this one"
        for name in seen[1:]:
            await pilot.press(FORWARD)
            assert pilot.screen_name == name
        await pilot.press(FORWARD)
        assert pilot.notices[-1] == "no page after this one"
        assert len(pilot.tower.screen_stack) == len(seen)

    play(scenario)


def test_escape_is_a_step_back_so_that_forward_opens_the_page_again() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "enter", "e", "escape", FORWARD)
        assert pilot.screen_name == "AssetScreen"

    play(scenario)


def test_one_key_goes_to_the_page_before_and_back_between_panes_too() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", BEFORE)
        assert await at(pilot) == ("MainScreen", 3)
        await pilot.press(BEFORE)
        assert await at(pilot) == ("MainScreen", 0)
        await pilot.press("P", BEFORE)
        assert await at(pilot) == ("MainScreen", 0)
        await pilot.press(BEFORE)
        assert pilot.screen_name == "PlansScreen"

    play(scenario)


def test_a_page_that_is_opened_again_shows_what_holds_now() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "enter", "escape")
        desk = pilot.desk
        desk.acknowledge("al-2")
        await pilot.press(FORWARD)
        assert pilot.screen_name == "AlertScreen"
        assert "acked" in pilot.lines()[1] or "acknowledged" in pilot.lines()[1]

    play(scenario)


def test_the_alert_that_the_page_went_on_to_is_the_one_that_is_found_again() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("enter", "n", "e", "escape", "escape", FORWARD)
        assert pilot.screen_name == "AlertScreen"
        await pilot.press(FORWARD)
        assert pilot.screen_name == "AssetScreen"
        await pilot.press(BACK)
        assert "accuracy" in pilot.lines()[1]

    play(scenario)


def test_what_is_gone_says_so_and_is_left_out_from_then_on() -> None:
    desk = Forgetful()

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("3", "enter", "W", "escape", "escape")
        desk.gone = True
        await pilot.press(FORWARD)
        assert pilot.screen_name == "MainScreen"
        assert "CVE-2026-3248 is not known any more" in pilot.notices[-1]
        await pilot.press(FORWARD)
        assert pilot.screen_name == "WaiversScreen"
        await pilot.press(BACK)
        assert await at(pilot) == ("MainScreen", 2)

    play(scenario, desk=desk)


def test_from_the_help_back_is_the_page_it_was_asked_on() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "enter", "question_mark", BACK)
        assert pilot.screen_name == "AlertScreen"
        await pilot.press("question_mark", BEFORE)
        assert pilot.screen_name == "AlertScreen"

    play(scenario)


@pytest.mark.parametrize("size", [WIDE, NARROW])
def test_the_title_says_the_path_and_never_hides_the_page(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "enter")
        assert pilot.lines()[1].startswith(" Alerts > P2")
        await pilot.press("e")
        assert " > al-2 accuracy" in pilot.lines()[1]
        assert "Asset  support-bot   prod 3.8.1 ● ok   canary 3.8.2 ✖ FAIL" in pilot.lines()[1]
        await pilot.press("h")
        assert pilot.lines()[1] == " Alerts > al-2 accuracy -5.2 pp o… > Asset support-bot > Releases  support-bot"
        await pilot.press("enter")
        steps = " Alerts > al-2 accuracy -5.2 pp o… > Asset support-bot > Releases support-bot >"
        assert pilot.lines()[1].startswith(steps if size == WIDE else " … > Releases support-bot >")
        assert pilot.lines()[1].endswith("Release  support-bot 3.8.2   ◆ evaluated")

    play(scenario, size=size)


def test_pages_that_lead_to_each_other_do_not_pile_up_without_end() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "enter")
        for _ in range(15):
            await pilot.press("e", "o")
        assert len(pilot.tower.screen_stack) <= 21
        assert pilot.screen_name == "AlertScreen"

    play(scenario)
