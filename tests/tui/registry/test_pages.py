"""The registry's pane and its pages, key by key."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.domain.views.registry import Tree, TreeRow
from pulse_tui.tui.asks.common import Arrange
from tests.fakes.desk import ADVISORIES, FakeDesk
from tests.fakes.registry_desk import CALENDAR, DEPENDENTS, INVENTORY, RELEASES, TREE, WORKFLOWS
from tests.tui.helpers import NARROW, WIDE, Pilot, check_snapshot, play, shown_text

SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["120x36", "80x24"])
HOSTILE = "\x1b]0;owned\x07\x1b[31m[red]x[/red]\u202e"


async def opened(pilot: Pilot, keys: tuple[str, ...]) -> None:
    for key in keys:
        if key == "ask":
            await pilot.open_dialog()
        else:
            await pilot.press(key)


@SIZES
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("registry-workflows", ("1", "v")),
        ("workflow", ("1", "v", "enter")),
        ("history", ("1", "h")),
        ("release", ("1", "h", "enter")),
        ("diff", ("1", "h", "d")),
        ("tree", ("1", "t")),
        ("dependents", ("1", "t", "j", "enter")),
        ("calendar", ("c",)),
        ("inventory", ("i",)),
        ("gate", ("1", "h", "e", "ask", "enter")),
        ("asset", ("1", "enter")),
    ],
)
def test_the_page(name: str, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await opened(pilot, keys)
        check_snapshot(f"{name}-{size[0]}x{size[1]}", pilot.text())

    play(scenario, size=size)


# ------------------------------------------------------------------ the pane


def test_v_shows_the_registry_by_workflow_and_back_with_cursor_and_filter_of_each() -> None:
    async def scenario(pilot: Pilot) -> None:
        pane = pilot.registry
        await pilot.press("1", "j", "v")
        assert "by workflow" in shown_text(pane)[0]
        assert pane.cursor_key == "refunds/canary"
        await pilot.press("j", "v")
        assert pane.cursor_key == "support-bot/canary"
        await pilot.press("v")
        assert pane.cursor_key == "refunds/production"

    play(scenario)


def test_benchmarks_follow_the_worst_stage_of_a_workflow() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "j", "j")
        await pilot.press("v")
        for _ in range(50):
            await pilot.settle()
            if "support-bot" in shown_text(pilot.benchmarks)[0]:
                break
        assert "support-bot" in shown_text(pilot.benchmarks)[0]

    play(scenario)


def test_a_workflow_takes_no_action_on_a_single_asset() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "v", "f", "p")
        assert pilot.desk.calls == []
        assert pilot.screen_name == "MainScreen"
        assert "f freeze" not in pilot.lines()[-1]

    play(scenario)


def test_a_letter_sorts_turns_and_stops_and_the_cursor_stays_on_its_row() -> None:
    async def scenario(pilot: Pilot) -> None:
        pane = pilot.registry
        await pilot.press("1", "j", letter := pane.letters["asset"])
        assert "worst first" not in shown_text(pane)[0]
        assert "ASSET↑" in shown_text(pane)[1]
        assert pane.rows[0].asset == "code-assist"
        assert pane.cursor_key == "support-bot/canary"
        await pilot.press(letter)
        assert "ASSET↓" in shown_text(pane)[1]
        assert pane.rows[0].asset == "support-bot"
        await pilot.press(letter)
        assert "worst first" in shown_text(pane)[0]
        assert "ASSET " in shown_text(pane)[1]

    play(scenario)


def test_what_is_not_shown_can_sort_all_the_same_and_the_frame_says_so() -> None:
    async def scenario(pilot: Pilot) -> None:
        pane = pilot.registry
        await pilot.press("1")
        pilot.main.post_message(Arrange(sort="owner"))
        await pilot.settle()
        assert "by owner ↑" in shown_text(pane)[0]
        assert pane.rows[-1].owner == ""
        pilot.main.post_message(Arrange(sort="owner desc"))
        await pilot.settle()
        assert "by owner ↓" in shown_text(pane)[0]
        assert pane.rows[-1].owner == ""

    play(scenario)


def test_order_filter_and_cursor_survive_a_refresh_and_the_next_start(tmp_path: Path) -> None:
    file = tmp_path / "session.json"

    async def leave(pilot: Pilot) -> None:
        await pilot.press("1", pilot.registry.letters["asset"], "slash")
        await pilot.type("tier=customer-facing")
        await pilot.press("enter", "j")
        assert pilot.registry.cursor_key == "support-bot/production"
        pilot.desk.registry = (*pilot.desk.registry[1:], pilot.desk.registry[0]._replace(state="risk"))
        await pilot.changed()
        assert pilot.registry.cursor_key == "support-bot/production"
        assert len(pilot.registry.rows) == 3
        await pilot.press("v")
        await pilot.press(pilot.registry.letters["workflow"], pilot.registry.letters["workflow"], "G")

    async def come_back(pilot: Pilot) -> None:
        pane = pilot.registry
        assert (pane.view, pane.arrangement.sort_text) == ("workflows", "-workflow")
        assert pane.cursor == len(pane.rows) - 1
        await pilot.press("v")
        assert (pane.cursor_key, pane.filter.text) == ("support-bot/production", "tier=customer-facing")
        assert pane.arrangement.sort_text == "asset"

    play(leave, session_file=file)
    play(come_back, session_file=file)


def test_a_session_with_a_view_that_nobody_knows_starts_with_the_first(tmp_path: Path) -> None:
    file = tmp_path / "session.json"
    file.write_text(
        '{"pane": 0, "cursors": {}, "filters": {"workflows": "zzz=1"}, "view": "moons",'
        ' "registry.sort": "moon", "alerts.columns": "-what +phase", "letters.sort": ["age"]}'
    )

    async def scenario(pilot: Pilot) -> None:
        pane = pilot.registry
        assert (pane.view, pane.arrangement.sort) == ("assets", "")
        assert any("the saved filter of workflows was dropped" in text for text in pilot.notices)
        assert any("the saved sort of registry was dropped: no column 'moon' here" in text for text in pilot.notices)
        assert any("the saved columns of alerts were dropped" in text for text in pilot.notices)

    play(scenario, session_file=file)


def test_a_filter_of_an_unknown_field_says_which_there_are() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "slash")
        await pilot.type("zzz=1")
        await pilot.press("enter")
        assert "there are asset, env" in pilot.notices[-1]

    play(scenario)


def test_the_providers_own_names_are_a_column_that_o_shows() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("3")
        await pilot.open_dialog("o")
        await pilot.press("k", *"jjjjj", "space", *"kkk", "space", "escape")
        assert "pkg:pypi/vllm@0.9.1" in pilot.text()
        assert "COMPONENT" not in pilot.text()

    play(scenario, size=NARROW)


# ------------------------------------------------------------------ pages


@pytest.mark.parametrize(
    ("keys", "screen"),
    [
        (("1", "enter", "h"), "HistoryScreen"),
        (("1", "enter", "t"), "TreeScreen"),
        (("1", "enter", "c"), "CalendarScreen"),
        (("h",), "MainScreen"),
        (("j", "h"), "HistoryScreen"),
        (("j", "t"), "TreeScreen"),
        (("1", "v", "enter", "enter"), "AssetScreen"),
        (("1", "v", "enter", "G", "h"), "HistoryScreen"),
        (("1", "v", "enter", "G", "t"), "TreeScreen"),
        (("1", "t", "j", "enter", "enter"), "AssetScreen"),
        (("c", "j", "enter"), "AssetScreen"),
        (("c", "G", "enter"), "AdvisoryScreen"),
        (("c", "g", "enter"), "EntryScreen"),
        (("c", "enter"), "CalendarScreen"),
        (("i", "j", "j", "enter"), "AssetScreen"),
        (("i", "enter"), "EntryScreen"),
        (("i", "q"), "MainScreen"),
    ],
)
def test_a_key_opens(keys: tuple[str, ...], screen: str) -> None:
    desk = FakeDesk()
    desk.alerts = (desk.alerts[0]._replace(asset=""), *desk.alerts[1:])
    desk.workflows = tuple(
        row._replace(stages=tuple(stage._replace(asset="support-bot") for stage in row.stages))
        for row in desk.workflows
    )

    async def scenario(pilot: Pilot) -> None:
        await pilot.press(*keys)
        assert pilot.screen_name == screen

    play(scenario, desk=desk)


def test_a_marked_release_is_compared_with_the_one_under_the_cursor() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "h", "space", "G")
        assert "1 marked" in pilot.text()
        assert any(line.startswith("* 3.8.2") for line in pilot.lines())
        await pilot.press("d")
        assert "support-bot  3.7.1 → 3.8.2" in pilot.lines()[1]
        await pilot.press("escape", "g", "space", "k", "d")
        assert "support-bot  3.8.1 → 3.8.2" in pilot.lines()[1]

    play(scenario)


def test_the_only_release_says_that_there_is_no_other() -> None:
    desk = FakeDesk()
    desk.releases = {"support-bot": RELEASES[:1]}

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "h", "d")
        assert "there is no other release" in pilot.lines()[-1]

    play(scenario, desk=desk)


def test_an_asset_without_releases_says_what_to_do() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "j", "j", "h")
        assert "no release is known yet" in pilot.text()
        await pilot.press("enter", "space", "d", "e", "A", "P", "Q", "R")
        assert pilot.screen_name == "HistoryScreen"

    play(scenario)


def test_a_pushed_change_is_a_row_that_opens_its_release_and_is_nothing_to_approve() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "h", "j", "j", "j", "j")
        assert "system prompt change by ana: the refund paragraph" in pilot.text()
        await pilot.press("space", "k", "d", "A", "Q")
        assert pilot.screen_name == "HistoryScreen"
        await pilot.press("enter")
        assert pilot.screen_name == "ReleaseScreen"

    play(scenario)


def test_the_gate_asks_for_an_environment_and_refuses_one_that_there_is_not() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "h")
        await pilot.open_dialog("e")
        await pilot.press("ctrl+u")
        await pilot.type("moon")
        await pilot.press("enter")
        assert "it must be one of replica, shadow, canary, production" in pilot.text()
        await pilot.press("ctrl+u")
        await pilot.type("canary")
        await pilot.press("enter")
        assert "3.8.2 → canary   ✖ BLOCKED" in pilot.lines()[1]
        assert "P promote" not in pilot.lines()[-1]

    play(scenario)


@pytest.mark.parametrize(("key", "action", "state"), [("A", "approve", "approved"), ("Q", "quarantine", "quarantined"), ("R", "retire", "retired")])  # fmt: skip
def test_an_action_on_a_release_wants_its_version_and_a_reason_and_enter_never_confirms(
    key: str, action: str, state: str
) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "h")
        await pilot.open_dialog(key)
        await pilot.press("enter", "ctrl+y")
        await pilot.type("3.8.2")
        await pilot.press("ctrl+y", "enter")
        assert pilot.desk.calls == []
        assert "say why" in pilot.text() or "Enter never confirms" in pilot.text()
        await pilot.press("tab")
        await pilot.type("it_fell")
        await pilot.press("enter")
        assert pilot.desk.calls == []
        await pilot.press("ctrl+y")
        assert pilot.desk.calls == [("move_release", "support-bot", "3.8.2", action, "it_fell")]
        assert f"support-bot 3.8.2 is {state}" in pilot.lines()[-1]
        assert state in pilot.lines()[4]

    play(scenario)


def test_promote_asks_where_shows_why_the_gate_is_closed_and_asks_nothing_more() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "h")
        await pilot.open_dialog("P")
        await pilot.press("enter")
        assert pilot.screen_name == "GateScreen"
        assert "it must PASS" in pilot.text()
        assert pilot.desk.calls == []

    play(scenario)


def test_promote_through_an_open_gate_is_confirmed_like_every_action() -> None:
    desk = FakeDesk()
    desk.releases["support-bot"] = (RELEASES[0]._replace(verdict="PASS", state="approved"), *RELEASES[1:])

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "h")
        await pilot.open_dialog("e")
        await pilot.press("enter")
        assert "● GO" in pilot.lines()[1]
        await pilot.open_dialog("P")
        await pilot.type("3.8.2")
        await pilot.press("tab")
        await pilot.type("better")
        await pilot.press("ctrl+y")
        assert pilot.desk.calls == [("promote", "support-bot", "3.8.2", "production", "better")]

    play(scenario, desk=desk)


def test_a_burst_typed_at_an_actions_dialog_before_it_stands_does_nothing() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "h")
        await pilot.burst(["Q", *"3.8.2", "tab", "x", "ctrl+y", "enter"])
        assert pilot.desk.calls == []

    play(scenario)


def test_letters_meant_for_the_filter_run_no_action() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "h")
        await pilot.type("/AQPRe")
        assert pilot.screen_name == "HistoryScreen"
        assert "/AQPRe" in pilot.text()
        assert pilot.desk.calls == []

    play(scenario)


def test_escape_leaves_the_line_then_clears_the_filter_then_goes_back() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "h", "slash")
        await pilot.type("state=draft")
        await pilot.press("escape")
        assert (pilot.screen_name, "1 of 6" in pilot.text()) == ("HistoryScreen", True)
        await pilot.press("escape")
        assert (pilot.screen_name, "1 of 6" in pilot.text()) == ("HistoryScreen", False)
        await pilot.press("escape")
        assert pilot.screen_name == "MainScreen"

    play(scenario)


@pytest.mark.parametrize("keys", [("1", "h"), ("1", "h", "enter"), ("1", "h", "e", "ask", "enter")])
def test_read_only_hides_the_actions_of_a_release(keys: tuple[str, ...]) -> None:
    desk = FakeDesk()
    desk.releases["support-bot"] = (RELEASES[0]._replace(verdict="PASS", state="approved"), *RELEASES[1:])

    async def scenario(pilot: Pilot) -> None:
        await opened(pilot, keys)
        name = pilot.screen_name
        await pilot.press("A", "P", "Q", "R")
        assert (pilot.screen_name, pilot.desk.calls) == (name, [])
        assert "promote" not in pilot.lines()[-1]
        await pilot.press("question_mark")
        assert "quarantine  " not in pilot.text()
        assert "nothing may go to it" not in pilot.text()

    play(scenario, desk=desk, read_only=True)


def test_n_goes_to_the_next_change_of_the_tree_and_o_to_the_providers_own_names() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "t", "n", "n")
        assert "asset:kb-retriever 13" in pilot.text()
        await pilot.press("N", "N", "N")
        assert "pkg:pypi/protobuf" not in pilot.text()
        await pilot.press("o")
        assert "    pkg:pypi/protobuf@5.29.4" in pilot.text()
        await pilot.press("slash")
        await pilot.type("kind=package")
        await pilot.press("enter")
        assert "5 of 8" in pilot.text()

    play(scenario)


def test_the_dependents_page_names_the_component_as_its_provider_does() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "t", "j", "enter")
        assert "Used by  vllm 0.9.1" in pilot.lines()[1]
        await pilot.press("o")
        assert "Used by  pkg:pypi/vllm@0.9.1" in pilot.lines()[1]

    play(scenario)


def test_a_tree_of_ten_thousand_lines_opens_and_scrolls_at_once() -> None:
    desk = FakeDesk()
    rows = tuple(TreeRow(n % 9, f"package-{n}", "1.0", "package", f"pkg:pypi/p{n}@1.0", "sbom", "was 0.9" if n % 500 == 0 else "", False) for n in range(10_000))  # fmt: skip
    desk.trees["support-bot"] = Tree("support-bot", "since 3.8.1 was approved: much", rows, ())

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "t", "G", "ctrl+u", "n")
        assert "package-0" in pilot.text()
        await pilot.press("n")
        assert "package-500 " in pilot.text()

    play(scenario, desk=desk)


def test_the_palette_opens_the_registrys_pages() -> None:
    async def scenario(pilot: Pilot) -> None:
        for words, screen in (
            ("calendar", "CalendarScreen"), ("inventory", "InventoryScreen"), ("tree support", "TreeScreen"),
            ("history support", "HistoryScreen"),
        ):  # fmt: skip
            await pilot.press("colon")
            await pilot.type(words)
            await pilot.press("enter")
            assert pilot.screen_name == screen
        await pilot.press("colon")
        await pilot.type("used by")
        await pilot.open_dialog("enter")
        await pilot.type("vllm")
        await pilot.press("enter")
        assert pilot.screen_name == "DependentsScreen"

    play(scenario)


def test_a_component_that_nobody_knows_is_said() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "t", "enter")
        assert "there is no component" in pilot.lines()[-1]
        assert pilot.screen_name == "TreeScreen"

    play(scenario)


def test_the_pages_are_as_live_as_the_panes() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "h", "j")
        pilot.desk.releases["support-bot"] = (RELEASES[0]._replace(version="3.9.0", iteration=1420), *RELEASES)
        await pilot.changed()
        assert "3.9.0" in pilot.text()
        assert "another digest was seen" in pilot.text()
        await pilot.press("escape", "v", "enter")
        pilot.desk.workflows = (WORKFLOWS[0]._replace(state="risk", why="a new advisory"), *WORKFLOWS[1:])
        await pilot.changed()
        assert "▲ risk" in pilot.lines()[1]
        assert "a new advisory" in pilot.text()

    play(scenario)


@pytest.mark.parametrize(
    ("keys", "says"),
    [
        (("i",), "the sources and the estate agree"),
        (("c",), "today"),
        (("1", "v"), "no workflows yet"),
    ],
)
def test_an_empty_page_says_so(keys: tuple[str, ...], says: str) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press(*keys)
        assert says in pilot.text()

    play(scenario, desk=FakeDesk(empty=True))


def test_hostile_text_in_every_field_draws_harmlessly() -> None:
    desk = FakeDesk()
    desk.registry = tuple(row._replace(version=HOSTILE, pointer=HOSTILE, source=HOSTILE, owner=HOSTILE, state=HOSTILE) for row in desk.registry)  # fmt: skip
    stage = WORKFLOWS[0].stages[0]._replace(name=HOSTILE, version=HOSTILE, state=HOSTILE)
    desk.workflows = (WORKFLOWS[0]._replace(id=HOSTILE, why=HOSTILE, state=HOSTILE, stages=(stage,), owner=HOSTILE),)
    desk.releases["support-bot"] = (RELEASES[0]._replace(version=HOSTILE, branch=HOSTILE, state=HOSTILE, promoted=HOSTILE, pointer=HOSTILE, verdict=HOSTILE, digest=HOSTILE, remark=HOSTILE, serves=(HOSTILE,)),)  # fmt: skip
    desk.trees["support-bot"] = Tree(HOSTILE, HOSTILE, (TreeRow(0, HOSTILE, HOSTILE, HOSTILE, f"vllm {HOSTILE}", HOSTILE, HOSTILE, True),), (HOSTILE,))  # fmt: skip
    desk.found = DEPENDENTS._replace(component=HOSTILE, headline=HOSTILE, provider=HOSTILE, rows=(DEPENDENTS.rows[0]._replace(asset=HOSTILE, version=HOSTILE, via=HOSTILE, owner=HOSTILE, environments=(HOSTILE,), workflows=(HOSTILE,), endpoints=(HOSTILE,)),))  # fmt: skip
    desk.days = (CALENDAR[0]._replace(whose=HOSTILE, what=HOSTILE, subject=HOSTILE, detail=HOSTILE, ref=HOSTILE),)
    desk.differences = (
        INVENTORY[0]._replace(kind=HOSTILE, subject=HOSTILE, what=HOSTILE, source=HOSTILE, todo=HOSTILE),
    )
    desk.advisories = (ADVISORIES[0]._replace(provider=HOSTILE),)

    async def scenario(pilot: Pilot) -> None:
        for keys in (("1",), ("enter",), ("escape", "v"), ("enter",), ("escape", "v", "h"), ("enter",), ("escape", "e"), ("escape", "escape", "t"), ("o",), ("enter",), ("o",), ("escape", "escape", "c", "g"), ("enter",), ("escape", "escape", "i"), ("enter",), ("escape", "escape", "3", "o")):  # fmt: skip
            await pilot.press(*keys)
            assert "[red]x[/red]" in pilot.text() or "…" in pilot.text() or pilot.screen_name == "AskScreen", keys
            for line in pilot.lines():
                assert line.isprintable(), (keys, line)

    play(scenario, desk=desk)


def test_a_page_in_a_terminal_that_is_too_small_recovers() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "t")
        await pilot.resize(20, 5)
        await pilot.press("j", "n", "slash", "escape", "o")
        await pilot.resize(*NARROW)
        assert TREE.headline[:40] in pilot.text()

    play(scenario)


def test_the_keys_of_a_page_are_in_its_help() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", "h", "question_mark")
        shown = " ".join(pilot.text().split())
        for words in ("compare with the marked release", "may it go to an environment", "retire for good"):
            assert words in shown

    play(scenario)


# ------------------------------------------------------------------ the asset's page


def test_the_assets_page_opens_its_alert_and_plans_where_it_is_worst() -> None:
    desk = FakeDesk()

    async def scenario(pilot: Pilot) -> None:
        await opened(pilot, ("1", "enter", "o"))
        assert "accuracy" in pilot.lines()[1]
        await opened(pilot, ("escape", "p"))
        await pilot.settle()
        assert "Rollback plan  support-bot canary" in pilot.lines()[1]

    play(scenario, desk=desk)


@SIZES
def test_the_assets_page_answers_the_three_questions_before_anything_else(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await opened(pilot, ("1", "enter"))
        text = pilot.text()
        heads = [text.index(head) for head in ("WHAT CHANGED", "WHAT IS THE RISK", "WHAT TO DO NOW", "OWNER")]
        assert heads == sorted(heads)

    play(scenario, size=size)
