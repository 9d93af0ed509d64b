"""Alerts silenced by an expression whose hits are seen before it is placed."""

from __future__ import annotations

from pulse_tui.domain.views.alerts import QuietRow, SilencePreview
from pulse_tui.tui.alerts.silencing import like
from tests.fakes.registry_desk import NOW_US
from tests.tui.helpers import Pilot, play


def test_what_a_silence_hits_stands_in_the_form_before_it_is_placed() -> None:
    async def scenario(pilot: Pilot) -> None:
        row = pilot.desk.alerts[0]
        await pilot.open_dialog("X")
        assert "open alerts now" in pilot.text()
        await pilot.press(*"known", "enter")
        (call,) = pilot.desk.calls
        assert call[:3] == ("place_silence", "silence", like(row.asset, row.signal_type))
        assert call[-1] == "known"

    play(scenario)


def test_what_a_silence_does_not_reach_is_not_cut_off_on_a_narrow_screen() -> None:
    async def scenario(pilot: Pilot) -> None:
        seen = pilot.desk.preview_silence("x")

        def of_some(match: str, *, everything: bool = False) -> SilencePreview:
            return seen._replace(urgent=seen.hits[:1], unsure=seen.hits[:1])

        pilot.desk.preview_silence = of_some  # type: ignore[method-assign]
        await pilot.open_dialog("X")
        assert "cannot be decided and stay" in " ".join(pilot.text().split())
        assert f"of the last 7 days' {seen.of}" in " ".join(pilot.text().split())

    play(scenario)


def test_an_expression_that_was_changed_is_shown_with_its_own_hits_before_it_is_placed() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("X")
        await pilot.press("shift+tab", "shift+tab", "end", *"xyz", "enter", "enter", *"known")
        await pilot.open_dialog("enter")
        assert pilot.desk.calls == []
        assert "open alerts now" in pilot.text()
        await pilot.press("enter", "enter", "enter")
        assert pilot.desk.calls[0][2].endswith("xyz")

    play(scenario)


def test_a_silence_in_the_list_is_ended_with_a_reason() -> None:
    async def scenario(pilot: Pilot) -> None:
        row = QuietRow("silence", "s-1", "2 alerts", 'asset.id == "x"', "ana", NOW_US + 3_600_000_000, "load test")
        pilot.desk.quiet = lambda: (row,)  # type: ignore[method-assign]
        await pilot.press("m")
        assert "silence" in pilot.text()
        assert "BY ana  WHY load test" in pilot.text()
        await pilot.open_dialog("u")
        await pilot.press(*"done", "enter")
        assert pilot.desk.calls == [("end_silence", "s-1", "done")]

    play(scenario)
