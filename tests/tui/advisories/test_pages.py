"""The pages of advisories: one opened, the ledger, the blast radius, the form of a waiver."""

from __future__ import annotations

import pytest

from pulse_tui.cli.help import DOCS
from pulse_tui.tui.advisories.radius import radius_cells, radius_lines
from pulse_tui.tui.advisories.waiving import waiver_fields
from tests.fakes.advisory_desk import RADIUS
from tests.fakes.registry_desk import NOW_US
from tests.tui.helpers import NARROW, SNAPSHOTS, WIDE, Pilot, check_snapshot, play

PAGES = {
    "advisory": ("3", "enter"),
    "ledger": ("3", "l"),
    "radius": ("3", "enter", "t"),
    "waive-advisory": ("3", "enter", "w"),
    "waivers": ("3", "enter", "W"),
}


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("name", PAGES)
def test_the_page(name: str, size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press(*PAGES[name])
        check_snapshot(f"{name}-{size[0]}x{size[1]}", pilot.text())

    play(scenario, size=size)


def test_the_row_of_what_nobody_can_judge_opens_the_ledger_and_so_does_the_palette() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("3", "G", "enter")
        assert pilot.screen_name == "LedgerScreen"
        await pilot.press("q", "colon")
        await pilot.type("coverage")
        await pilot.press("enter")
        assert pilot.screen_name == "LedgerScreen"

    play(scenario)


def test_an_alert_that_is_there_and_the_asset_open_from_the_page() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("3", "enter", "o")
        assert pilot.screen_name == "AlertScreen"
        await pilot.press("q", "e")
        assert pilot.screen_name == "AssetScreen"
        await pilot.press("q", "t", "j", "enter")
        assert pilot.screen_name == "AssetScreen"

    play(scenario)


def test_keys_are_there_only_where_they_do_something() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("3", "G", "k", "enter")  # nothing is reached, nothing fires
        assert pilot.screen_name == "AdvisoryScreen"
        footer = pilot.lines()[-1]
        assert "waive" not in footer
        assert "freeze" not in footer
        assert "alert" not in footer
        await pilot.press("w", "f", "o", "e")
        assert pilot.screen_name == "AdvisoryScreen"

    play(scenario)


def test_a_read_only_tower_neither_waives_nor_freezes() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("3", "enter")
        assert "waive" not in pilot.lines()[-1]
        assert "freeze" not in pilot.lines()[-1]
        await pilot.press("w", "f")
        assert pilot.screen_name == "AdvisoryScreen"
        assert pilot.desk.calls == []

    play(scenario, read_only=True)


def test_a_waiver_states_what_vex_asks_for() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("3", "enter", "w")
        await pilot.press("shift+tab")
        await pilot.type("not_affected")
        await pilot.press("enter")
        await pilot.type("vulnerable_code_not_present")
        await pilot.press("enter")
        await pilot.type("ana")
        await pilot.press("enter", "enter")
        await pilot.type("the loader is compiled out")
        await pilot.press("enter")
        assert pilot.desk.calls == [
            (
                "waive_advisory", "CVE-2026-3248", "embed-gateway", "vllm 0.9.1", "not_affected",
                "vulnerable_code_not_present", "ana", "2026-12-23", "", "", "the loader is compiled out",
            )
        ]  # fmt: skip

    play(scenario)


def test_not_affected_without_a_justification_is_refused_while_what_was_typed_still_stands() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("3", "enter", "w")
        await pilot.press("shift+tab")
        await pilot.type("not")
        await pilot.press("enter", "enter")
        await pilot.type("ana")
        await pilot.press("enter", "enter")
        await pilot.type("compiled out")
        await pilot.press("enter")
        assert pilot.desk.calls == []
        assert "Justification: not_affected needs one" in pilot.text()
        assert "inline_mitigations_already_exist" in pilot.text()
        await pilot.type("not_present")
        assert pilot.desk.calls == []
        await pilot.press("enter")
        assert "one of: component_not_present, vulnerable_code_not_present" not in pilot.text()
        assert "Status           not_affected" in pilot.text()

    play(scenario)


def test_a_part_of_one_known_word_becomes_that_word_and_of_several_none() -> None:
    words = waiver_fields([("gateway", "vllm 0.9.1")])[3]
    assert words.completed("in_execute") == "vulnerable_code_not_in_execute_path"
    assert words.completed("not_present") == "not_present"
    assert words.completed(" ") == " "
    status = waiver_fields([("gateway", "vllm 0.9.1")])[2]
    assert status.completed("not") == "not_affected"
    assert status.completed("affected") == "affected"


def test_the_words_that_a_field_takes_stand_below_while_it_has_the_focus() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("3", "enter", "w")
        assert "vulnerable_code_not_in_execute_path" in pilot.text()
        await pilot.press("shift+tab")
        assert "one of: affected, not_affected, fixed" in pilot.text()
        assert "vulnerable_code_not_in_execute_path" not in pilot.text()

    play(scenario)


def test_a_burst_of_enter_waives_nothing() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("3", "enter", "w")
        await pilot.press(*["enter"] * 12)
        assert pilot.desk.calls == []
        await pilot.press("escape")
        assert pilot.screen_name == "AdvisoryScreen"

    play(scenario)


def test_an_asset_that_stands_above_already_is_not_unfolded_again() -> None:
    cells = [radius_cells(line, NOW_US) for line in radius_lines(RADIUS.rows)]
    first, again = [c for c in cells if c[0][0].strip() == "support-bot"]
    assert (first[5][0], again[5][0]) == ("built on embed-gateway", "P2, waived ↑ as above")
    assert len({line.key for line in radius_lines(RADIUS.rows)}) == len(RADIUS.rows)


def test_nobodys_asset_says_so() -> None:
    (cells,) = (radius_cells(line, NOW_US) for line in radius_lines(RADIUS.rows) if line.row.name == "summarizer")
    assert cells[4][0] == "nobody"


@pytest.mark.parametrize("name", ["pane-3", "ledger", "radius"])
def test_the_page_of_the_documentation_shows_it_as_it_looks(name: str) -> None:
    shown = (SNAPSHOTS / f"{name}-80x24.txt").read_text(encoding="utf-8").splitlines()
    blocks = [
        b.strip("\n").splitlines() for b in (DOCS / "advisories.md").read_text(encoding="utf-8").split("```")[1::2]
    ]
    lines = {line.rstrip() for line in shown}
    assert any(len(block) > 5 and {line.rstrip() for line in block} <= lines for block in blocks)


def test_a_waiver_ends_with_a_reason_and_one_that_ended_has_no_such_key() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("3", "enter", "W")
        assert "u end" in pilot.lines()[-1]
        await pilot.open_dialog("u")
        await pilot.type("the API is enabled now")
        await pilot.press("enter")
        assert pilot.desk.calls == [("end_waiver", "8c1d0b52aa01", "the API is enabled now")]
        await pilot.press("j")
        assert "u end" not in pilot.lines()[-1]
        await pilot.press("enter")
        assert pilot.screen_name == "AdvisoryScreen"

    play(scenario)
