"""The pages of what vendors publish: the list of notes, one opened, the review queue, corrections, ends of models."""

from __future__ import annotations

import pytest

from pulse_tui.cli.help import DOCS
from pulse_tui.tui.asks import vendors as asks
from pulse_tui.tui.kit.palette import PaletteScreen
from tests.fakes.desk import FakeDesk
from tests.tui.helpers import NARROW, SNAPSHOTS, WIDE, Pilot, check_snapshot, play

PAGES = {
    "notes": ("V",),
    "note": ("V", "enter"),
    "note-edited": ("V", "j", "j", "enter"),
    "notes-review": ("V", "r"),
    "corrections": ("V", "C"),
    "shutdowns": ("V", "d"),
    "scorecard": ("V", "s"),
}


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=lambda s: f"{s[0]}x{s[1]}")
@pytest.mark.parametrize("name", PAGES)
def test_the_page(name: str, size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press(*PAGES[name])
        check_snapshot(f"{name}-{size[0]}x{size[1]}", pilot.text())

    play(scenario, size=size)


def test_without_a_note_or_a_model_each_list_says_what_to_do() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("V")
        assert "no note has been read yet: add a source (kind: feed)" in pilot.text()
        assert " c correct" not in pilot.lines()[-1]
        await pilot.press("c", "enter")
        assert pilot.screen_name == "NotesScreen"
        await pilot.press("d")
        assert "no hosted model is known to be in use" in pilot.text()
        await pilot.press("q", "r")
        assert "nothing to review" in pilot.text()

    play(scenario, desk=FakeDesk(empty=True))


@pytest.mark.parametrize(
    ("words", "screen"),
    [("notes", "NotesScreen"), ("review q", "ReviewScreen"), ("shutd", "ShutdownsScreen"), ("corrections", "CorrectionsScreen"),
     ("scorec", "ScorecardScreen")],
)  # fmt: skip
def test_each_page_opens_from_the_palette(words: str, screen: str) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("colon")
        await pilot.type(words)
        await pilot.press("enter")
        assert pilot.screen_name == screen

    play(scenario)


def test_one_key_corrects_and_the_note_leaves_the_queue() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("V", "r")
        assert "gateway" in pilot.text()
        await pilot.open_dialog("c")
        assert "b behaviour change   d deprecation   l rate limit" in pilot.text()
        await pilot.type("b l")
        await pilot.press("enter")
        await pilot.type("a proxy cuts long requests")
        await pilot.press("enter")
        assert pilot.desk.calls == [
            ("correct_note", "anthropic-log", "n-2", "behaviour_change,rate_limit", "a proxy cuts long requests")
        ]
        assert "corrected: behaviour_change, rate_limit" in pilot.notices[-1]
        assert "nothing to review" in pilot.text()
        await pilot.press("q")
        assert pilot.screen_name == "NotesScreen"
        assert "? 1 to review" not in pilot.text()

    play(scenario)


def test_what_is_corrected_on_the_page_of_a_note_shows_in_the_list_below_it() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("V", "r", "enter")
        await pilot.open_dialog("c")
        await pilot.type("o")
        await pilot.press("enter")
        await pilot.type("only a new gateway")
        await pilot.press("enter")
        assert pilot.screen_name == "NoteScreen"
        await pilot.press("q")
        assert "nothing to review" in pilot.text()

    play(scenario)


def test_a_label_that_is_none_is_refused_while_what_was_typed_still_stands() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("V", "c")
        await pilot.press("shift+tab")
        await pilot.type("x y")
        await pilot.press("enter")
        await pilot.type("why")
        await pilot.press("enter")
        assert pilot.desk.calls == []
        assert "'x' is no label" in pilot.text()

    play(scenario)


def test_a_correction_is_taken_back_with_a_reason() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("V", "C", "u")
        await pilot.type("it was an announcement")
        await pilot.press("enter")
        assert pilot.desk.calls == [("withdraw_correction", "lr-1", "it was an announcement")]
        assert "nobody has corrected a label" in pilot.text()

    play(scenario)


def test_a_read_only_tower_corrects_nothing() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("V")
        assert "correct " not in pilot.lines()[-1]
        await pilot.press("c")
        assert pilot.screen_name == "NotesScreen"
        await pilot.press("enter", "c", "q", "C", "u")
        assert pilot.screen_name == "CorrectionsScreen"
        assert pilot.desk.calls == []

    play(scenario, read_only=True)


def test_cursor_and_filter_survive_what_somebody_else_wrote() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("V", "slash")
        await pilot.type("vendor=openai")
        await pilot.press("enter", "j")
        before = [line for line in pilot.lines() if "▌" in line]
        pilot.desk.note_list = (pilot.desk.note_list[0]._replace(key="n-9", title="Another one"), *pilot.desk.note_list)
        await pilot.changed()
        assert "Another one" in pilot.text()
        assert [line for line in pilot.lines() if "▌" in line] == before

    play(scenario)


def test_next_goes_to_what_reaches_an_asset_or_asks_for_a_person_and_history_is_passed_over() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("V", "n", "n", "n")
        await pilot.press("enter")
        assert "Elevated errors" in pilot.lines()[1]

    play(scenario)


def test_from_a_note_its_alert_its_asset_and_the_ends_open_and_its_link_is_copied() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("V", "enter", "o")
        assert pilot.screen_name == "AlertScreen"
        await pilot.press("q", "e")
        assert pilot.screen_name == "AssetScreen"
        await pilot.press("q", "d")
        assert pilot.screen_name == "ShutdownsScreen"
        await pilot.press("j", "o")
        assert pilot.screen_name == "NoteScreen"
        await pilot.press("q", "q", "l")
        assert "copied" in pilot.notices[-1]

    play(scenario)


def test_an_alert_of_a_note_opens_it_and_one_of_none_has_no_such_key() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("4", "G", "enter")
        assert "[V] opens the vendor's note" in pilot.text()
        await pilot.press("V")
        assert pilot.screen_name == "NoteScreen"
        await pilot.press("q", "q", "g", "enter")
        assert "V note" not in pilot.lines()[-1]
        await pilot.press("V")
        assert pilot.screen_name == "AlertScreen"

    play(scenario)


def test_from_the_calendar_the_only_asset_opens_and_of_several_who_uses_the_model() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("V", "d", "enter")
        assert pilot.screen_name == "AssetScreen"
        await pilot.press("q", "j", "enter")
        assert pilot.notices[-1].startswith("there is no component openai/gpt-4.1-2025-04-14")

    play(scenario)


def test_keys_that_were_typed_before_the_list_was_seen_are_dropped() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.burst(["V", "c", "x", "\r"])
        assert pilot.screen_name == "NotesScreen"
        assert pilot.desk.calls == []

    play(scenario)


def test_the_page_of_the_documentation_shows_the_list_as_it_looks() -> None:
    shown = {line.rstrip() for line in (SNAPSHOTS / "notes-80x24.txt").read_text(encoding="utf-8").splitlines()}
    blocks = [b.strip("\n").splitlines() for b in (DOCS / "vendors.md").read_text(encoding="utf-8").split("```")[1::2]]
    assert any(len(block) > 5 and {line.rstrip() for line in block} <= shown for block in blocks)


@pytest.mark.parametrize(
    "title", ["\x1b[2J\x1b]0;x\x07 gone", "[bold red]loud[/]", "\u202egpt", "a" * 5_000, "\x00\r\n"]
)
def test_a_title_can_not_write_on_the_screen(title: str) -> None:
    async def scenario(pilot: Pilot) -> None:
        pilot.desk.note_list = (pilot.desk.note_list[0]._replace(title=title, vendor=title), *pilot.desk.note_list[1:])
        await pilot.press("V")
        shown = pilot.lines()
        await pilot.press("enter")
        for line in (*shown, *pilot.lines()):
            assert len(line) <= 80
            assert not set(line) & set("\x1b\x07\x00\r\u202e")
        assert pilot.screen_name == "NoteScreen"

    play(scenario, size=NARROW)


# ------------------------------------------------------------------ by name


async def _run(pilot: Pilot, words: str) -> None:
    await pilot.press("colon")
    await pilot.type(words)
    await pilot.press("enter")


def test_a_note_is_opened_by_its_words_and_completed_from_the_database() -> None:
    async def scenario(pilot: Pilot) -> None:
        row = pilot.desk.note_list[0]
        await pilot.press("colon")
        await pilot.type(f"note {row.title[:12]}")
        assert f"note {row.title[:20]}" in pilot.text()
        await pilot.press("enter")
        assert pilot.screen_name == "NoteScreen"
        assert row.title[:20] in pilot.text()

    play(scenario)


def test_a_note_is_found_by_its_key_and_several_are_the_list_of_what_the_words_fit() -> None:
    async def scenario(pilot: Pilot) -> None:
        await _run(pilot, f"note {pilot.desk.note_list[0].key}")
        assert pilot.screen_name == "NoteScreen"
        await pilot.press("escape")
        source = pilot.desk.note_list[0].source
        fit = [row for row in pilot.desk.note_list if row.source == source]
        assert len(fit) > 1
        pilot.tower.context.answer(asks.FindNotes(source))
        await pilot.settle()
        assert pilot.screen_name == "NotesScreen"
        assert f"/{source}" in pilot.text()

    play(scenario)


def test_of_a_note_that_there_is_not_the_last_line_says_so() -> None:
    async def scenario(pilot: Pilot) -> None:
        await _run(pilot, "note nothing at all like it")
        assert "no note has nothing at all like it" in pilot.notices[-1]
        assert pilot.screen_name == "MainScreen"

    play(scenario)


def test_notes_that_come_while_the_line_is_open_leave_what_was_chosen() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("colon")
        await pilot.type("note ")
        await pilot.press("down")
        palette = pilot.tower.screen
        assert isinstance(palette, PaletteScreen)
        chosen = palette.matches[palette.chosen]
        palette.look_again()
        assert palette.chosen > 0
        assert palette.matches[palette.chosen].words == chosen.words

    play(scenario)
