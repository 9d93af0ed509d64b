from __future__ import annotations

import asyncio
import contextvars
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from textual.widgets import Input

from pulse_tui.domain.errors import SourceError, StorageError
from pulse_tui.domain.views.alerts import AlertStory, QuietRow
from pulse_tui.ports.tower import Desk
from pulse_tui.tui import notices
from pulse_tui.tui.app import Tower
from pulse_tui.tui.session import load
from tests.fakes.desk import ALERTS, HASH, FakeDesk
from tests.tui.helpers import NARROW, WIDE, Pilot, check_snapshot, key_event, play, shown_text

SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["120x36", "80x24"])


def shot(name: str, size: tuple[int, int], *keys: str, desk: FakeDesk | None = None, read_only: bool = False) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press(*keys)
        check_snapshot(f"{name}-{size[0]}x{size[1]}", pilot.text())

    play(scenario, desk=desk, size=size, read_only=read_only)


@SIZES
def test_the_panes(size: tuple[int, int]) -> None:
    shot("panes", size)


@SIZES
def test_an_alert_answers_the_three_questions(size: tuple[int, int]) -> None:
    shot("alert", size, "j", "enter")


@SIZES
def test_a_plan_shows_what_to_do_the_steps_and_the_checks(size: tuple[int, int]) -> None:
    shot("plan", size, "j", "p")


def test_a_plan_that_ran_shows_what_it_did_and_no_checks() -> None:
    desk = FakeDesk()
    desk.approve(HASH, "it fell")
    desk.execute(HASH)
    shot("ran", WIDE, "1", "j", "p", desk=desk)


def test_the_approval_dialog() -> None:
    shot("approval", NARROW, "j", "p", "a")


def test_an_empty_estate_says_what_to_do_next() -> None:
    shot("empty", WIDE, desk=FakeDesk(empty=True))


@SIZES
def test_read_only_hides_the_actions_and_says_so(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        assert " READ-ONLY " in pilot.lines()[0]
        assert pilot.lines()[-1] == " Enter open  / filter  h history  t tree  o sort  : command  ? help"
        await pilot.press("enter")
        assert pilot.lines()[-1].replace(" ", "") == "oopenplaneassetnnextEscback:command?help"
        await pilot.press("question_mark")
        assert "acknowledge" not in pilot.text()

    play(scenario, size=size, read_only=True)


def test_help_comes_from_the_bindings() -> None:
    shot("help", WIDE, "question_mark")


@pytest.mark.parametrize("pane", ["1", "2", "3"])
def test_each_pane_alone_on_a_small_screen(pane: str) -> None:
    shot(f"pane-{pane}", NARROW, pane)


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("asset", ("1", "enter")),
        ("sources", ("S",)),
        ("palette", ("colon", "r", "e", "f")),
    ],
)
def test_the_other_pages(name: str, keys: tuple[str, ...]) -> None:
    shot(name, NARROW, *keys)


def test_what_sources_bring_or_fail_at_covers_no_answer_that_still_stands() -> None:
    async def scenario(pilot: Pilot) -> None:
        told, bottom = pilot.tower.notices, pilot.tower.watching.main.bottom
        told.trouble("feed: cannot be reached")
        told.trouble("kev: cannot be reached")
        assert "kev" in bottom.message
        told.say("4 alerts acknowledged; 1 refused")
        told.trouble("feed: cannot be reached")
        told.news("osv: 3 signals")
        assert "1 refused" in bottom.message
        assert pilot.notices[-2:] == ["feed: cannot be reached", "osv: 3 signals"]
        await pilot.press("escape")
        told.trouble("feed: cannot be reached")
        assert "feed" in bottom.message

    play(scenario)


def test_an_advisory_opens_and_its_page_goes_back_with_one_key() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("3", "enter")
        assert "Remote code execution in the tensor loader" in pilot.text()
        assert pilot.lines()[-1].startswith(" o alert  e asset ")
        await pilot.press("o")
        assert pilot.screen_name == "AlertScreen"
        await pilot.press("escape")
        assert pilot.screen_name == "AdvisoryScreen"
        pilot.tower.notices.say("something")
        await pilot.press("escape")
        assert pilot.screen_name == "MainScreen"

    play(scenario)


# ------------------------------------------------------------------ keys


def cursor(pilot: Pilot) -> int:
    return pilot.alerts.cursor


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (("j",), 1), (("down", "down"), 2), (("j", "k"), 0), (("j", "up"), 0), (("G",), 399), (("end",), 399), (("G", "g"), 0),
        (("G", "home"), 0), (("ctrl+d",), 7), (("pagedown", "ctrl+u"), 0), (("ctrl+d", "pageup"), 0), (("n",), 1), (("n", "N"), 0),
        (("k",), 0),
    ],
)  # fmt: skip
def test_moving_keys(keys: tuple[str, ...], expected: int) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press(*keys)
        assert cursor(pilot) == expected

    play(scenario, desk=FakeDesk(large=True))


def test_panes_by_number_and_by_tab() -> None:
    async def scenario(pilot: Pilot) -> None:
        main = pilot.main
        for key, pane in (("1", 0), ("2", 1), ("3", 2), ("4", 3), ("tab", 0), ("shift+tab", 3)):
            await pilot.press(key)
            assert main.current == pane
            assert [p.focused_pane for p in main.panes].index(True) == pane

    play(scenario)


def test_angle_keys_go_through_the_metrics() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("greater_than_sign")
        assert "jailbreak_success (lower is better)" in pilot.text()
        await pilot.press("less_than_sign")
        assert "-5.2 pp [-7.4, -3.1]  margin 2  ✖ FAIL" in pilot.text()

    play(scenario)


def test_benchmarks_follow_the_registry_once_the_cursor_rests() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("1", *["j"] * 9)
        for _ in range(50):
            await pilot.settle()
            if "asset-003" in shown_text(pilot.benchmarks)[0]:
                break
        assert "run 3" in pilot.text()

    play(scenario, desk=FakeDesk(large=True))


def test_actions_ask_the_desk_and_say_what_was_done() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("a")
        assert pilot.desk.calls == [("acknowledge", "al-1")]
        assert "al-1 is acknowledged until 04:10" in pilot.lines()[-1]
        assert "P1 ✓ acked: CVE" in shown_text(pilot.alerts)[2]

    play(scenario)


@pytest.mark.parametrize(
    ("key", "typed", "call"),
    [
        ("s", "a known storm", ("silence", "al-1", "4", "a known storm")),
        ("w", "not reachable", ("waive", "al-1", "30", "not reachable")),
        ("R", "it has ended", ("resolve", "al-1", "it has ended")),
    ],
)
def test_a_silence_a_waiver_and_a_resolve_want_a_reason(key: str, typed: str, call: tuple[str, ...]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog(key)
        await pilot.press("enter")
        assert pilot.desk.calls == []
        assert "it must say something" in pilot.text()
        await pilot.type(typed.replace(" ", "_"))
        await pilot.press("enter")
        assert pilot.desk.calls == [(*call[:-1], typed.replace(" ", "_"))]

    play(scenario)


def test_what_is_muted_is_in_one_list_and_taken_back_there_with_a_reason() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("4", "s")
        await pilot.press("enter")
        await pilot.type("known")
        await pilot.press("enter")
        await pilot.press("U")
        assert "silenced embed-gateway CVE-2026-3248 reaches embed-gateway" in pilot.text()
        await pilot.open_dialog("u")
        await pilot.type("over")
        await pilot.press("enter")
        assert [call[0] for call in pilot.desk.calls] == ["silence", "unmute"]

    play(scenario)


def test_a_freeze_is_reviewed_for_some_days_from_the_list_of_what_is_held() -> None:
    desk = FakeDesk()
    desk.quiet = lambda: (QuietRow("freeze", "freeze-1", "embed-gateway", "CVE-2026-3248", "policy", None, "until fixed", "embed-gateway"),)  # type: ignore[method-assign]  # fmt: skip

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("U")
        await pilot.open_dialog("v")
        await pilot.type("the fix is being built")
        await pilot.press("enter")
        assert pilot.desk.calls == [("review_hold", "freeze-1", "2026-11-30", "the fix is being built")]

    play(scenario, desk=desk)


def test_freeze_wants_a_reason_and_so_does_lifting_one_hold() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("1", "f")
        await pilot.type("why")
        await pilot.press("enter")
        assert pilot.desk.calls == [("freeze", "support-bot", "why")]
        await pilot.open_dialog("f")
        await pilot.press("enter", "enter")
        assert len(pilot.desk.calls) == 1, "no reason was given"
        await pilot.type("over")
        await pilot.press("enter")
        assert pilot.desk.calls[1:] == [("lift", "freeze-support-bot", "over")]

    play(scenario)


def test_of_two_holds_each_stands_on_a_line_of_its_own_where_one_is_lifted() -> None:
    desk = FakeDesk()
    standing = (("h1", f"freeze: {'CVE-2026-3248 reaches it, ' * 4}"), ("h2", "freeze: the change window is closed"))
    desk.holds = lambda asset_id: standing  # type: ignore[method-assign]

    async def scenario(pilot: Pilot) -> None:
        frozen = next(row for row in desk.registry if row.state == "frozen")
        await pilot.press("1", "g")
        while pilot.registry.table.cursor_key != frozen.key:
            await pilot.press("j")
        await pilot.open_dialog("f")
        assert any("2 freeze: the change window is closed" in line for line in pilot.lines())

    play(scenario, desk=desk, size=NARROW)


def test_filter_line_filters_while_typing_and_escape_clears_it_afterwards() -> None:
    async def scenario(pilot: Pilot) -> None:
        table = pilot.alerts
        await pilot.press("slash")
        await pilot.type("prio<=P2")
        await pilot.press("enter")
        assert [row.id for row in table.rows] == ["al-1", "al-2"]
        pilot.desk.alerts = (ALERTS[2], ALERTS[1])
        await pilot.changed()
        assert [row.id for row in table.rows] == ["al-2"]
        await pilot.press("escape")
        assert len(table.rows) == 2

    play(scenario)


def test_a_filter_that_makes_no_sense_is_said_and_the_old_one_stays() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("slash")
        await pilot.type("ower=ml")
        await pilot.press("enter")
        assert "did you mean owner" in pilot.notices[-1]
        assert len(pilot.alerts.rows) == 3
        await pilot.press("escape", "j")
        assert cursor(pilot) == 1

    play(scenario)


def test_the_palette_takes_the_highlighted_command_on_enter() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("colon", *"regi", "enter")
        assert pilot.main.current == 0
        await pilot.press("colon", *"cod", "enter")
        assert pilot.screen_name == "AssetScreen"
        assert "code-assist" in pilot.text()
        await pilot.press("colon", *"messages", "enter")
        assert pilot.screen_name == "LogScreen"
        await pilot.press("colon", "escape", "q", "q")
        assert pilot.screen_name == "MainScreen"

    play(scenario)


def test_alert_pages_go_on_to_the_next_alert() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("enter", "n")
        assert "accuracy -5.2 pp on support-bot canary" in pilot.lines()[1]
        await pilot.press("n", "n")
        assert "that was the last alert" in pilot.lines()[-1]

    play(scenario)


def test_copy_writes_one_osc_52_and_quit_keys_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("y")
        assert "copied" in pilot.lines()[-1]
        await pilot.press("q")
        assert not pilot.tower.is_running or pilot.tower._exit

    play(scenario)


def test_ctrl_q_quits_from_inside_a_dialog() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.open_dialog("j", "p", "a")
        await pilot.press("ctrl+q")
        assert pilot.tower._exit

    play(scenario)


# ------------------------------------------------------------------ live, errors, sizes


class Rounds:
    """A scheduler that lists what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def start(self, on_event: Callable[[str], None], on_failure: Callable[[str], None]) -> None:
        self.asked.append("start")
        on_event("osv: 3 new advisories")

    async def stop(self) -> None:
        self.asked.append("stop")

    async def refresh(self, source: str | None) -> None:
        self.asked.append(f"refresh {source}")
        if source is None:
            raise SourceError("osv did not answer", todo="It is tried again in 10m")


def test_the_scheduler_starts_after_the_desk_collects_on_demand_and_stops_at_the_end() -> None:
    rounds = Rounds()

    async def scenario(pilot: Pilot) -> None:
        assert rounds.asked == ["start"]
        assert "osv: 3 new advisories" in pilot.lines()[-1]
        await pilot.press("ctrl+r")
        assert "osv did not answer" in pilot.lines()[-1]
        await pilot.press("colon", *"refresh mlf", "enter")
        assert rounds.asked[1:] == ["refresh None", "refresh mlflow"]
        noted = [notice.command for notice in pilot.tower.notices.commands]
        assert noted == ["pulse-tui refresh", "pulse-tui refresh mlflow"]

    play(scenario, scheduler=rounds)
    assert rounds.asked[-1] == "stop"


def test_a_change_by_somebody_else_is_seen_and_keeps_the_cursor() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j")
        pilot.desk.alerts = (ALERTS[0]._replace(id="new", title="something new"), *ALERTS)
        await pilot.changed()
        assert "something new" in pilot.text()
        assert pilot.alerts.cursor_key == "al-2"

    play(scenario)


def test_an_open_page_is_as_live_as_the_panes() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("j", "enter")
        assert "▲ firing" in pilot.lines()[1]
        await pilot.press("a")
        assert "✓ acked" in pilot.lines()[1]

    play(scenario)


def test_a_page_that_was_covered_while_somebody_wrote_shows_it_when_it_is_on_top_again() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("enter", "?")
        first, *others = pilot.desk.alerts
        pilot.desk.alerts = (first._replace(title="it is worse now"), *others)
        await pilot.changed()
        await pilot.press("escape")
        assert pilot.screen_name == "AlertScreen"
        assert "it is worse now" in pilot.text()

    play(scenario)


def test_a_refusal_is_one_line_and_its_full_text_is_one_key_away() -> None:
    desk = FakeDesk()
    desk.refuse = "alert al-1 is already resolved"

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("a")
        assert "alert al-1 is already resolved" in pilot.lines()[-1]
        await pilot.press("M")
        assert "- a reason of the fake desk" in pilot.text()

    play(scenario, desk=desk)


def test_a_desk_that_cannot_be_opened_leaves_a_tower_that_says_why() -> None:
    def locked() -> Desk:
        raise StorageError("the database is locked", todo="Stop the other process")

    async def run() -> None:
        tower = Tower(
            locked, quick_board=lambda: None, scheduler=None, read_only=False, session_file=None, title="acme-ai"
        )  # fmt: skip
        async with tower.run_test(size=NARROW) as pilot:
            while not tower.notices.log:
                await pilot.pause(0.01)
            assert "the database is locked. Stop the other process" in tower.notices.log[0].text
            await pilot.press("a", "enter", "colon", "escape")
            assert tower.is_running

    asyncio.run(run())


def test_read_only_keys_do_nothing() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("a", "s", "w", "f", "p", "ctrl+r", "1", "f", "p")
        assert pilot.desk.calls == []
        assert pilot.screen_name == "MainScreen"
        assert "READ-ONLY" in pilot.lines()[0]
        await pilot.press("colon", *"acknowledge")
        assert "nothing like that; read-only: what acts is not here" in pilot.text()

    play(scenario, read_only=True)


def test_ctrl_c_leaves_nothing_and_says_in_the_last_line_how_to_leave() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("ctrl+c")
        assert "ctrl-q leaves the tower" in pilot.lines()[-1]
        await pilot.press("escape", "enter", "ctrl+c")
        assert "ctrl-q leaves the tower" in pilot.lines()[-1]

    play(scenario)


def test_a_desk_that_is_read_only_makes_the_tower_read_only() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("a")
        assert pilot.desk.calls == []
        assert "a ack" not in pilot.lines()[-1]

    play(scenario, desk=FakeDesk(read_only=True))


def test_neither_an_escape_sequence_nor_markup_of_a_title_reaches_the_terminal_as_such() -> None:
    desk = FakeDesk()
    desk.alerts = (ALERTS[1]._replace(title="\x1b]0;owned\x07\x1b[31m[red]bad[/red] \u202etitle"), *ALERTS)

    async def scenario(pilot: Pilot) -> None:
        assert "[red]bad[/red] title" in pilot.text()
        await pilot.press("enter")
        assert "[red]bad[/red] title" in pilot.lines()[1]
        for line in pilot.lines():
            assert line.isprintable()

    play(scenario, desk=desk)


@pytest.mark.parametrize("size", [(20, 5), (59, 24), (80, 14), (3, 2), (1, 1)])
def test_a_terminal_that_is_too_small_says_what_it_needs_and_recovers(size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.resize(*size)
        if size[0] > 19:
            assert "60x15" in pilot.text()
        await pilot.resize(*WIDE)
        assert "4 Alerts" in pilot.text()
        await pilot.press("enter")
        await pilot.resize(*size)
        await pilot.resize(*NARROW)
        assert "WHAT CHANGED" in pilot.text()

    play(scenario)


def test_it_starts_in_a_terminal_that_is_too_small() -> None:
    async def scenario(pilot: Pilot) -> None:
        assert "pulse-tui needs" in pilot.text()
        await pilot.press("j", "enter", "question_mark", "colon", "escape")

    play(scenario, size=(20, 5))


def test_the_session_is_restored(tmp_path: Path) -> None:
    file = tmp_path / "state" / "session.json"

    async def leave(pilot: Pilot) -> None:
        await pilot.press("j", "1", "slash", *"support", "enter", "j")

    async def come_back(pilot: Pilot) -> None:
        main = pilot.main
        assert (main.current, pilot.registry.cursor_key, pilot.alerts.cursor_key) == (0, "support-bot/canary", "al-2")
        assert pilot.registry.filter.text == "support"

    before = os.umask(0)
    try:
        play(leave, session_file=file)
    finally:
        os.umask(before)
    assert [p.stat().st_mode & 0o777 for p in (file.parent, file)] == [0o700, 0o600], "what is open is for nobody else"
    play(come_back, session_file=file)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"pane": 9, "cursors": {}, "filters": {}}', '{"pane":1,"cursors":1,"filters":{}}']
)
def test_a_damaged_session_starts_afresh_and_says_so(tmp_path: Path, content: str) -> None:
    file = tmp_path / "session.json"
    file.write_text(content)
    session, complaint = load(file, 4)
    assert session.pane == 3
    assert "starts afresh" in complaint


def test_the_desk_is_closed_at_the_end() -> None:
    desk = FakeDesk()

    async def scenario(pilot: Pilot) -> None:
        pass

    play(scenario, desk=desk)
    assert desk.closed


# ------------------------------------------------------------------ opened once, hidden by nothing


def test_a_key_that_is_pressed_again_and_again_opens_one_dialog() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.type("ssss")
        assert len(pilot.tower.screen_stack) == 2

    play(scenario)


@pytest.mark.parametrize(
    ("burst", "opened"),
    [
        ("ssss", "AskScreen"),
        ("\r\r\r\r", "AlertScreen"),
        ("\ra", "AlertScreen"),
        ("\rs", "AlertScreen"),
        ("jp", "PlanScreen"),
        ("pj\r", "PlanScreen"),
        ("ha\r", "HistoryScreen"),
        ("?q", "HelpScreen"),
        (":R", "PaletteScreen"),
        ("Pq1", "PlansScreen"),
        ("M\x1b", "LogScreen"),
    ],
)
def test_keys_typed_before_the_screen_that_a_key_opens_was_seen_act_on_nothing(burst: str, opened: str) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.burst(burst)
        assert pilot.screen_name == opened
        assert len(pilot.tower.screen_stack) == 2
        assert [call for call in pilot.desk.calls if call[0] != "propose"] == []
        assert cursor(pilot) == (1 if burst.startswith("j") else 0)
        assert pilot.main.current == 3

    play(scenario)


def test_no_letter_of_a_burst_stands_in_the_dialog_it_opens() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.burst("s12")
        assert [line.value for line in pilot.tower.screen.query(Input)] == ["4", ""]

    play(scenario)


def test_a_key_that_opens_nothing_drops_no_key() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.burst("aj1j")
        assert pilot.desk.calls == [("acknowledge", "al-1")]
        assert (cursor(pilot), pilot.main.current, pilot.registry.cursor) == (1, 0, 1)

    play(scenario)


def test_on_a_page_that_goes_on_to_the_next_alert_no_key_acts_on_the_one_before() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("enter")
        await pilot.burst("na")
        assert pilot.desk.calls == []
        await pilot.press("a")
        assert pilot.desk.calls == [("acknowledge", "al-2")]

    play(scenario)


def test_escape_gives_up_a_page_that_the_desk_is_slow_to_answer() -> None:
    desk, may_answer = FakeDesk(), threading.Event()
    story = desk.story

    def slow(alert_id: str) -> AlertStory:
        may_answer.wait(60)
        return story(alert_id)

    desk.story = slow  # type: ignore[method-assign]

    async def scenario(pilot: Pilot) -> None:
        for key in ("enter", "a", "escape"):
            pilot.tower.post_message(key_event(pilot.tower, key))
            await asyncio.sleep(0.02)
        may_answer.set()
        await pilot.settle()
        assert pilot.screen_name == "MainScreen"
        assert pilot.desk.calls == []
        assert "given up" in pilot.lines()[-1]
        await pilot.press("j")
        assert cursor(pilot) == 1

    play(scenario, desk=desk)


def test_a_filter_says_what_it_hides() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("4", "slash", *"prio=P3", "enter")
        total = pilot.alerts.total
        assert f"4 Alerts {len(pilot.alerts.rows)}/{total}" in pilot.lines()[1]
        assert "1 P1, 1 P2 hidden by the filter" in pilot.text()
        await pilot.press("escape")
        assert "hidden by the filter" not in pilot.text()

    play(scenario, size=(80, 24))


def test_a_filter_of_the_last_session_is_announced_with_what_it_hides(tmp_path: Path) -> None:
    session = tmp_path / "session.json"

    async def leave(pilot: Pilot) -> None:
        await pilot.press("4", "slash", *"prio=P3", "enter")

    async def come_back(pilot: Pilot) -> None:
        assert "filters of the last session: Alerts /prio=P3 (1 P1, 1 P2 hidden by the filter)" in pilot.lines()[-1]

    play(leave, session_file=session, size=(120, 36))
    play(come_back, session_file=session, size=(120, 36))


def test_a_board_that_can_no_longer_be_asked_for_says_from_when_it_is() -> None:
    async def scenario(pilot: Pilot) -> None:
        watch = pilot.tower.watching
        await watch.poll()
        assert "as of" not in pilot.lines()[0]
        watch._known_us -= 60_000_000
        watch.tick()
        await pilot.settle()
        assert "as of" in pilot.lines()[0]
        await watch.poll()
        await pilot.settle()
        assert "as of" not in pilot.lines()[0]

    play(scenario)


def test_a_sentence_from_outside_the_app_is_cleared_and_leaves_no_broken_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The task that follows the configuration is not the app's: a timer in its context failed, and with it the exit."""
    monkeypatch.setattr(notices, "SAY_S", 0.01)

    async def scenario(pilot: Pilot) -> None:
        async def outside() -> None:
            pilot.tower.report("the configuration was changed and is applied")

        await asyncio.get_running_loop().create_task(outside(), context=contextvars.Context())
        await pilot.settle()
        assert pilot.notices == ["the configuration was changed and is applied"]
        while pilot.main.bottom.message:
            await asyncio.sleep(0.01)

    play(scenario)


def test_what_is_typed_right_behind_the_enter_of_a_filter_acts_on_nothing_and_is_no_part_of_it() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.burst("4/p95\ra")
        assert pilot.alerts.filter.text == "p95"
        assert pilot.desk.calls == []

    play(scenario)


def test_what_is_typed_right_behind_the_esc_of_a_filter_is_no_part_of_it_either() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.burst("4/p9\x1bxa")
        assert pilot.alerts.filter.text == "p9"
        assert pilot.desk.calls == []

    play(scenario)


def test_a_filter_that_makes_no_sense_leaves_its_line_open_for_more_letters() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("4", "slash", *"prio=P9", "enter", "backspace", "1", "enter")
        assert pilot.alerts.filter.text == "prio=P1"
        await pilot.press("k")  # a key again
        assert pilot.alerts.filter.text == "prio=P1"

    play(scenario)
