"""The noun first: what is completed, what is listed, what is looked up, and what was run before."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from pulse_tui.tui.asks.alerts import OpenAlert
from pulse_tui.tui.asks.base import Ask
from pulse_tui.tui.asks.common import ShowPane
from pulse_tui.tui.asks.evals import OpenBench
from pulse_tui.tui.asks.past import Replay
from pulse_tui.tui.asks.people import OpenHandover
from pulse_tui.tui.asks.registry import OpenRelease
from pulse_tui.tui.common.nouns import common_nouns
from pulse_tui.tui.kit.palette import SHOWN, Command, Noun, Nouns, PaletteScreen
from tests.tui.helpers import NARROW, Pilot, check_snapshot, play

ALERTS = (
    ("al-1 CVE-2026-3248 reaches embed-gateway", "P1", OpenAlert("al-1")),
    ("al-2 accuracy -5.2 pp on support-bot", "P2", OpenAlert("al-2")),
    ("al-20 p95 of support-bot", "P3", OpenAlert("al-20")),
)
NOUN = Noun("alert", "open alerts", lambda: ALERTS, "alerts", ShowPane("Alerts"), lambda words: ShowPane("Alerts", words), OpenAlert)  # fmt: skip


def words(text: str) -> list[str]:
    palette = PaletteScreen([Command("acknowledge", "", "acknowledge"), Command("quit", "", "app.quit")], [NOUN])
    return [command.words for command in palette._fitting(text)]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("alert al-1", ["alert al-1 CVE-2026-3248 reaches embed-gateway"]),
        ("alerts gateway", ["alert al-1 CVE-2026-3248 reaches embed-gateway"]),
        ("al accur", ["alert al-2 accuracy -5.2 pp on support-bot"]),
        ("alert support", ["alert support", "alert al-2 accuracy -5.2 pp on support-bot", "alert al-20 p95 of support-bot"]),
        ("alert al-9", ["alert al-9"]),
        ("alert", ["alerts"]),
        ("alret", ["alerts"]),
        ("alret gateway", ["alert al-1 CVE-2026-3248 reaches embed-gateway"]),
        ("ack", ["acknowledge"]),
        ("alert ", [f"alert {name}" for name, _, _ in ALERTS]),
    ],
)  # fmt: skip
def test_a_noun_and_a_name(typed: str, found: list[str]) -> None:
    assert words(typed) == found


def test_an_id_comes_before_what_merely_begins_so() -> None:
    assert words("alert al-2")[0] == "alert al-2 accuracy -5.2 pp on support-bot"
    assert words("alert al-")[0] == "alert al-"


def test_one_of_ten_thousand_is_found_within_a_key() -> None:
    many = [(f"asset-{n:05d}", "", OpenAlert(str(n))) for n in range(10_000)]
    nouns = Nouns([Noun("asset", "", lambda: many)])
    nouns.best("asset x", SHOWN)
    began = time.process_time()
    for text in ("asset 09", "asset 099", "asset 0999", "asset asset-09999"):
        assert nouns.best(text, SHOWN)
    assert (time.process_time() - began) / 4 < 0.1


def test_several_that_fit_are_a_filtered_list_and_one_opens() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "colon")
        await pilot.type("alert reaches")
        await pilot.press("enter")
        assert pilot.screen_name == "AlertScreen"
        await pilot.press("colon")
        await pilot.type("alert a")
        await pilot.press("enter")
        assert pilot.screen_name == "MainScreen"
        assert (pilot.main.pane.TAB, pilot.alerts.filter.text) == ("Alerts", "a")
        await pilot.press("colon")
        await pilot.type("asset support-bot")
        await pilot.press("enter")
        assert pilot.screen_name == "AssetScreen"
        await pilot.press("colon")
        await pilot.type("plans")
        await pilot.press("enter")
        assert pilot.screen_name == "PlansScreen"

    play(scenario)


def test_sort_and_columns_complete_the_columns_of_the_table_that_is_open() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("colon")
        await pilot.type("sort own")
        await pilot.press("enter")
        assert pilot.alerts.arrangement.sort == "owner"
        await pilot.press("colon")
        await pilot.type("sort age desc")
        await pilot.press("enter")
        assert pilot.alerts.arrangement.sort == "age"
        await pilot.press("colon")
        await pilot.type("columns -own")
        await pilot.press("enter")
        assert "OWNER" not in pilot.text().split("4 Alerts")[1]
        await pilot.press("colon")
        await pilot.type("sort nonsense")
        await pilot.press("enter")
        assert "nonsense" in pilot.notices[-1]

    play(scenario)


def test_words_behind_a_noun_without_things_are_handed_on() -> None:
    async def scenario(pilot: Pilot) -> None:
        nouns = Nouns(common_nouns(pilot.tower.context))
        for text, ask in (
            ("replay 02:40", Replay("02:40")),
            ("handover 8h", OpenHandover("8h")),
            ("run r-1402", OpenBench(run="r-1402")),
            ("release support-bot 9.9", OpenRelease("support-bot", "9.9")),
        ):
            (command,) = nouns.lists(text)
            assert isinstance(command.does, Ask)
            assert command.does.same(ask), text

    play(scenario)


def test_the_list_of_a_noun_at_80_columns() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("colon")
        await pilot.type("alert a")
        check_snapshot("palette-noun-80x24", pilot.text())

    play(scenario, size=NARROW)


def test_earlier_commands_come_back_newest_first_each_once_and_in_the_next_session(tmp_path: Path) -> None:
    file = tmp_path / "session.json"

    async def run(pilot: Pilot, text: str) -> None:
        await pilot.press("colon")
        await pilot.type(text)
        await pilot.press("enter")

    async def first(pilot: Pilot) -> None:
        for text in ("plans", "asset code-assist", "plans"):
            await run(pilot, text)
        await pilot.press("colon", "up")
        assert line(pilot) == "plans"
        await pilot.press("up")
        assert line(pilot) == "asset code-assist"
        await pilot.press("up")
        assert line(pilot) == "asset code-assist"
        await pilot.press("down", "down")
        assert line(pilot) == ""
        await pilot.press("escape")

    async def second(pilot: Pilot) -> None:
        await pilot.press("colon", "ctrl+p", "ctrl+p", "enter")
        assert pilot.screen_name == "AssetScreen"
        await pilot.press("colon", "p", "up")
        assert line(pilot) == "p"
        await pilot.press("escape")

    play(first, session_file=file)
    play(second, session_file=file)


def line(pilot: Pilot) -> str:
    screen = pilot.tower.screen
    assert isinstance(screen, PaletteScreen)
    return screen.line.value


def test_enter_takes_what_was_typed_before_it_however_fast() -> None:
    async def scenario(pilot: Pilot) -> None:
        for text, screen in (("ctx", "MainScreen"), ("plans", "PlansScreen"), ("asset code-assist", "AssetScreen")):
            await pilot.press("colon")
            await pilot.burst([*("space" if c == " " else c for c in text), "enter"])
            assert pilot.screen_name == screen, text
        assert "this tower shows one estate" in pilot.notices

    play(scenario)
