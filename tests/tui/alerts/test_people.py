"""One key opens the handover; from it the shift is handed over and the reviews are reached."""

from __future__ import annotations

import json

from tests.fakes.desk import FakeDesk
from tests.tui.helpers import Pilot, copies_of, play


def test_the_handover_has_every_section_and_one_key_hands_it_over() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("H")
        text = pilot.text()
        assert "DUE NEXT" in text
        assert "ml-support: ana (ml) until 08:00, then ben" in text
        await pilot.open_dialog("T")
        await pilot.press(*"ben", "enter")
        assert pilot.desk.calls == [("hand_over", "ben")]

    play(scenario)


def test_a_review_is_taken_and_finished_with_what_was_found() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("H", "r")
        assert "review of a safety regression" in pilot.text()
        await pilot.press("t")
        assert pilot.desk.calls == [("take_review", "review-1")]
        await pilot.open_dialog("d")
        await pilot.press(*"fine", "enter")
        assert pilot.desk.calls[1:] == [("finish_review", "review-1", "fine")]

    play(scenario)


def test_a_tower_that_only_reads_hands_nothing_over() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("H", "T")
        assert (pilot.desk.calls, pilot.screen_name) == ([], "HandoverScreen")

    play(scenario, desk=FakeDesk(read_only=True))


def test_the_handover_is_found_by_name_and_by_who_is_on_call() -> None:
    async def scenario(pilot: Pilot) -> None:
        for words in ("handover", "on call"):
            await pilot.press("colon")
            await pilot.press(*["space" if c == " " else c for c in words], "enter")
            assert pilot.screen_name == "HandoverScreen"
            await pilot.press("escape")

    play(scenario)


def test_the_handover_is_copied_as_text_markdown_and_json() -> None:
    async def scenario(pilot: Pilot) -> None:
        copies = copies_of(pilot)
        await pilot.press("H", "y", "m", "o")
        text, marked, plain = copies
        assert text.startswith("HANDOVER by ana, 2026-11-23T03:10:00Z")
        assert marked.startswith("## Handover by ana")
        made = json.loads(plain)
        assert made["sections"]["OPEN"][0] in text
        assert "accuracy -5.2 pp on support-bot" in marked

    play(scenario)


def test_the_handover_of_another_shift_is_named_after_the_colon() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog(":")
        await pilot.type("handover 8h")
        await pilot.press("enter")
        assert "2026-11-22T19:10:00Z, now 2026-11-23T03:10:00Z" in pilot.text()
        await pilot.press("escape")
        await pilot.open_dialog(":")
        await pilot.type("handover soon")
        await pilot.press("enter")
        assert "soon is no time: write 8h or 2d, at most 31d" in pilot.notices[-1]

    play(scenario)
