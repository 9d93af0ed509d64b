"""Marked alerts: one dialog names them all, each is decided by itself, and a mark goes with its row."""

from __future__ import annotations

import pytest

from pulse_tui.domain.errors import Refused
from pulse_tui.domain.views.alerts import QuietRow
from tests.fakes.desk import ALERTS, FakeDesk
from tests.fakes.registry_desk import NOW_US
from tests.tui.alerts.test_incidents import ROW
from tests.tui.alerts.test_incidents import desk as with_incidents
from tests.tui.helpers import NARROW, WIDE, Pilot, check_snapshot, play, shown_text


def desk_of(count: int) -> FakeDesk:
    made = FakeDesk()
    made.alerts = tuple(
        ALERTS[n % 2]._replace(id=f"al-{n:02}", title=f"alert {n:02}", priority="P1" if n < 3 else "P3")
        for n in range(count)
    )
    return made


def test_marked_rows_are_acknowledged_together_after_one_look() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("space", "space")
        assert "2 marked" in shown_text(pilot.alerts)[0]
        assert [line[0] for line in shown_text(pilot.alerts)[2:5]] == ["*", "*", "│"]
        await pilot.open_dialog("a")
        assert "Acknowledge these alerts  2 alerts, 1 P1, 1 P2" in pilot.text()
        assert pilot.desk.calls == []
        await pilot.press("enter")
        assert pilot.desk.calls == [("acknowledge", "al-1"), ("acknowledge", "al-2")]
        assert "2 alerts acknowledged" in pilot.lines()[-1]
        assert "marked" not in shown_text(pilot.alerts)[0]

    play(scenario)


def test_a_dialog_that_is_cancelled_leaves_alerts_and_marks_as_they_were() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("space", "space")
        await pilot.open_dialog("s", "escape")
        assert pilot.desk.calls == []
        assert "2 marked" in shown_text(pilot.alerts)[0]

    play(scenario)


@pytest.mark.parametrize("key", ["p", "f", "D", "Z", "X"])
def test_a_key_for_a_single_row_acts_on_nothing_while_another_row_is_marked(key: str) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("space", key)  # the cursor went on to a row that nobody chose
        assert pilot.desk.calls == []
        assert pilot.screen_name == "MainScreen"
        assert "1 marked; this key acts on the cursor's row alone: unmark first" in pilot.lines()[-1]

    play(scenario, size=NARROW)


def test_a_key_for_a_single_row_acts_where_that_row_alone_is_marked() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("space", "k")
        await pilot.open_dialog("f")
        assert "Why lift it" in pilot.text()

    play(scenario)


def test_while_a_filter_is_typed_the_last_line_names_only_the_keys_of_that_line() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("slash")
        assert pilot.lines()[-1].strip() == "Enter keeps the filter  Esc leaves the line"
        await pilot.press(*"age<x", "enter")
        assert "age<x is no age" in pilot.lines()[-1]
        assert "L full text" not in pilot.lines()[-1]  # L is a letter here
        await pilot.press("escape")
        assert "L full text" in pilot.lines()[-1]

    play(scenario, size=NARROW)


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["120x36", "80x24"])
def test_many_are_named_as_far_as_there_is_room_the_urgent_first(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("ctrl+a")
        await pilot.open_dialog("s")
        assert "20 alerts, 3 P1" in pilot.text()
        check_snapshot(f"silence-marked-{size[0]}x{size[1]}", pilot.text())
        await pilot.press(*"load", "enter")
        assert len(pilot.desk.calls) == 20
        assert pilot.desk.calls[0] == ("silence", "al-00", "4", "load")

    play(scenario, desk=desk_of(20), size=size)


def test_what_is_refused_is_named_stays_marked_and_the_others_are_done() -> None:
    desk = desk_of(4)
    silence = desk.silence

    def of_some(alert_id: str, hours: float, why: str) -> str:
        if alert_id in ("al-01", "al-03"):
            raise Refused("ana may not act in production")
        return silence(alert_id, hours, why)

    desk.silence = of_some  # type: ignore[method-assign]

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("ctrl+a")
        await pilot.open_dialog("s")
        await pilot.press(*"load", "enter")
        assert pilot.notices[-1] == ("2 alerts silenced; 2 refused: alert 01, alert 03: ana may not act in production")
        assert pilot.alerts.marks == {"al-01", "al-03"}

    play(scenario, desk=desk)


def test_a_verdict_is_given_to_all_that_are_marked() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("space", "space")
        await pilot.open_dialog("=")
        assert "Verdict on these alerts  2 alerts" in pilot.text()
        await pilot.press("n")
        assert [call[:3] for call in pilot.desk.calls] == [
            ("give_verdict", "al-1", "noise"),
            ("give_verdict", "al-2", "noise"),
        ]
        await pilot.press("g", "space", "space")
        await pilot.open_dialog("+")
        assert "Verdict useful on these alerts" in pilot.text()
        await pilot.press("enter")
        assert [call[2] for call in pilot.desk.calls[2:]] == ["useful", "useful"]

    play(scenario)


def test_a_mark_goes_with_its_row_and_stays_through_any_other_refresh() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("ctrl+a")
        assert "4 marked" in shown_text(pilot.alerts)[0]
        pilot.desk.alerts = (pilot.desk.alerts[3], pilot.desk.alerts[1]._replace(count=9), ALERTS[0])
        await pilot.changed()
        assert pilot.alerts.marks == {"al-01", "al-03"}
        assert "2 marked" in shown_text(pilot.alerts)[0]

    play(scenario, desk=desk_of(4))


def test_rows_that_come_and_go_while_the_dialog_is_open_change_nothing_of_what_was_asked() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("space", "space")
        await pilot.open_dialog("s")
        pilot.desk.alerts = (ALERTS[0]._replace(id="new", priority="P1"), *pilot.desk.alerts[1:])
        await pilot.changed()
        await pilot.press(*"load", "enter")
        assert [call[1] for call in pilot.desk.calls] == ["al-00", "al-01"]

    play(scenario, desk=desk_of(4))


def test_all_that_the_filter_lets_through_are_marked_and_those_it_hides_later_are_counted() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("slash")
        await pilot.type("prio=P1")
        await pilot.press("enter", "ctrl+a")
        assert len(pilot.alerts.marks) == 3
        await pilot.press("slash", "ctrl+u")
        await pilot.type("02")
        await pilot.press("enter")
        assert "3 marked, 2 of them hidden" in shown_text(pilot.alerts)[0]
        await pilot.press("ctrl+a")
        assert pilot.alerts.marks == frozenset()

    play(scenario, desk=desk_of(6))


def test_escape_unmarks_before_it_clears_the_filter() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("slash")
        await pilot.type("alert")
        await pilot.press("enter", "space", "escape")
        assert (pilot.alerts.marks, pilot.alerts.filter.text) == (frozenset(), "alert")
        await pilot.press("escape")
        assert pilot.alerts.filter.text == ""

    play(scenario, desk=desk_of(3))


def test_an_incident_that_is_marked_means_its_open_alerts() -> None:
    async def scenario(pilot: Pilot) -> None:
        pilot.desk.alerts = tuple(row._replace(incident=ROW.id) for row in ALERTS)
        await pilot.changed()
        await pilot.press("z", "space")
        assert "1 marked: 3 alerts" in shown_text(pilot.alerts)[0]
        await pilot.open_dialog("a")
        assert "3 alerts, 1 P1, 1 P2" in pilot.text()
        await pilot.press("enter")
        assert set(pilot.desk.calls) == {("acknowledge", f"al-{n}") for n in (1, 2, 3)}
        assert pilot.alerts.marks == frozenset()

    play(scenario, desk=with_incidents())


def test_marks_of_alerts_stay_while_an_incident_stands_for_them() -> None:
    async def scenario(pilot: Pilot) -> None:
        pilot.desk.alerts = tuple(row._replace(incident=ROW.id) for row in ALERTS)
        await pilot.changed()
        await pilot.press("space", "z")
        assert "1 marked, 1 of them hidden" in shown_text(pilot.alerts)[0]
        await pilot.press("z")
        assert "1 marked" in shown_text(pilot.alerts)[0]
        assert pilot.alerts.marks == {"al-1"}

    play(scenario, desk=with_incidents())


def test_a_read_only_tower_marks_to_copy_and_decides_nothing() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("space", "space", "s", "a")
        assert pilot.screen_name == "MainScreen"
        assert pilot.desk.calls == []
        assert pilot.alerts.copied().count("\n") == 1

    play(scenario, read_only=True)


def test_marked_advisories_are_waived_wherever_each_reaches_something() -> None:
    async def scenario(pilot: Pilot) -> None:
        rows = pilot.desk.advisories
        await pilot.press("3", "space", "space")
        await pilot.open_dialog("w")
        assert "Accept these risks  2 advisories" in pilot.text()
        await pilot.press(*"ana", "enter", "enter", *"behind", "enter")
        reached = [(row.id, asset, row.component) for row in rows[:2] for asset in ("embed-gateway", "support-bot")]
        assert [call[1:4] for call in pilot.desk.calls] == reached
        assert {call[4:6] for call in pilot.desk.calls} == {("affected", "")}
        assert "2 advisories waived" in pilot.notices[-1]

    play(scenario)


def test_what_is_muted_or_held_is_taken_back_together_each_in_its_way() -> None:
    async def scenario(pilot: Pilot) -> None:
        mute = QuietRow("acknowledged", "al-1", "x", "an alert", "ana", NOW_US + 1, "")
        rows = (mute, mute._replace(kind="silence", id="s-1"), mute._replace(kind="freeze", id="h-1"))
        pilot.desk.quiet = lambda: rows  # type: ignore[method-assign]
        await pilot.press("m", "ctrl+a")
        await pilot.open_dialog("u")
        assert "3 entries" in pilot.text()
        await pilot.press(*"over", "enter")
        assert [call[0] for call in pilot.desk.calls] == ["unmute", "end_silence", "lift"]

    play(scenario)


def test_marked_notes_get_the_same_labels() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("V", "space", "space")
        await pilot.open_dialog("c")
        assert "Correct the labels of these notes  2 notes" in pilot.text()
        await pilot.press("o", "enter", *"other", "enter")
        assert [call[0] for call in pilot.desk.calls] == ["correct_note", "correct_note"]

    play(scenario)


# ------------------------------------------------------------------ ranges, the other way round, and what the last line says


def test_a_range_goes_from_the_row_that_was_marked_last_to_the_cursor_in_either_direction() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "j", "space", "j", "j", "ctrl+@")
        assert sorted(pilot.alerts.marks) == ["al-02", "al-03", "al-04", "al-05"]
        await pilot.press("g", "ctrl+@")  # from where the last one ended
        assert sorted(pilot.alerts.marks) == [f"al-{n:02}" for n in range(6)]
        assert pilot.lines()[-1].startswith(" 6 marked ")

    play(scenario, desk=desk_of(20))


def test_without_a_marked_row_in_sight_a_range_marks_nothing_and_says_where_it_begins() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("ctrl+@")
        assert not pilot.alerts.marks
        assert "a range begins at a marked row" in pilot.lines()[-1]
        await pilot.press("space", "slash", *"prio=P3", "enter", "G", "ctrl+@")  # al-00 is a P1: hidden
        assert sorted(pilot.alerts.marks) == ["al-00"]

    play(scenario, desk=desk_of(20))


def test_marks_are_turned_round_among_the_rows_that_are_seen_and_those_that_the_filter_hides_stay() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("space", "space", "slash", *"prio=P3", "enter", "asterisk")
        assert sorted(pilot.alerts.marks) == ["al-00", "al-01", *(f"al-{n:02}" for n in range(3, 8))]
        assert "7 marked, 2 of them hidden" in pilot.lines()[-1]
        await pilot.press("asterisk")
        assert sorted(pilot.alerts.marks) == ["al-00", "al-01"]
        assert "2 marked, 2 of them hidden" in pilot.lines()[-1]
        await pilot.press("escape")
        assert "marked" not in pilot.lines()[-1]

    play(scenario, desk=desk_of(8), size=NARROW)


def test_only_what_wants_attention_is_one_key_away_and_survives_a_refresh() -> None:
    desk = desk_of(6)
    desk.alerts = (*desk.alerts[:4], *(row._replace(state="acknowledged") for row in desk.alerts[4:]))

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("exclamation_mark")
        assert [row.id for row in pilot.alerts.rows] == [f"al-{n:02}" for n in range(4)]
        assert pilot.alerts.filter.text == "!!"
        desk.alerts = (desk.alerts[0]._replace(state="acknowledged"), *desk.alerts[1:])
        await pilot.changed()
        assert [row.id for row in pilot.alerts.rows] == ["al-01", "al-02", "al-03"]
        desk.alerts = tuple(row._replace(state="acknowledged") for row in desk.alerts)
        await pilot.changed()
        assert "nothing here wants attention. Esc shows all" in pilot.text()
        await pilot.press("exclamation_mark")
        assert len(pilot.alerts.rows) == 6

    play(scenario, desk=desk)


def test_every_column_is_one_key_away_and_what_has_no_room_is_named() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("ctrl+w")
        assert "no room here for" in pilot.lines()[-1]
        assert all(pilot.alerts.arrangement.shows(column) for column in pilot.alerts.spec.columns)
        await pilot.press("ctrl+w")
        assert pilot.alerts.arrangement.columns_text == ""
        await pilot.press("L", "ctrl+w")
        assert "every column of this table is shown already" in pilot.lines()[-1]

    play(scenario, size=NARROW)


def test_what_is_seen_is_written_to_a_file_and_the_operator_sees_which() -> None:
    written: list[tuple[str, str]] = []

    def keep(name: str, text: str) -> str:
        written.append((name, text))
        return "/state/screens/alerts.txt"

    async def scenario(pilot: Pilot) -> None:
        pilot.tower.context.keep = keep
        await pilot.press("space", "slash", *"prio=P3", "enter", "ctrl+s")
        assert "written to /state/screens/alerts.txt" in pilot.lines()[-1]
        name, text = written[-1]
        lines = text.splitlines()
        assert name == "alerts"
        assert lines[0].startswith("acme-ai  2026-")
        assert lines[1] == "4 Alerts  1 marked, 1 of them hidden · 5 of 8  /prio=P3"
        assert lines[2].split() == ["PRIO", "WHAT", "OWNER", "AGE", "x"]
        assert [f"alert {n:02}" in line for n, line in enumerate(lines[3:], 3)] == [True] * 5
        assert max(map(len, lines)) < 120
        await pilot.press("2", "ctrl+s")
        assert written[-1][0] == "Benchmarks"
        await pilot.press("4", "enter", "ctrl+s")
        assert "WHAT CHANGED" in written[-1][1]

    play(scenario, desk=desk_of(8))


def test_a_tower_that_writes_no_files_says_so() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("ctrl+s")
        assert "this tower writes no files" in pilot.notices[-1]

    play(scenario)
