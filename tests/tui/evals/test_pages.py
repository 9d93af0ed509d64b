"""The Benchmarks pane and the benchmark screens, key by key."""

from __future__ import annotations

import math
import sys

import pytest

from pulse_tui.domain.comparison import LiveComparison
from pulse_tui.tui.kit.ask import AskScreen
from tests.fakes.bench_desk import FAILED, FLIPS, LONG, TRENDS, UNDECIDED, UNDECIDED_TREND
from tests.fakes.desk import FakeDesk
from tests.tui.helpers import NARROW, WIDE, Pilot, check_snapshot, play
from tests.tui.terminal import Terminal

SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["120x36", "80x24"])
HOSTILE = "\x1b]0;owned\x07\x1b[31m[red]x[/red]\u202e"
OLDER = "less_than_sign"
NEWER = "greater_than_sign"


def undecided_desk() -> FakeDesk:
    """The newest run is undecided, in the pane too."""
    desk = FakeDesk()
    desk.suite_trends = {"support-bot": (UNDECIDED_TREND, TRENDS[1])}
    newest = UNDECIDED._replace(run="r-1418", version="3.8.2", at_us=FAILED.at_us, rows=(LONG, *UNDECIDED.rows))
    desk.stories["r-1418"] = newest
    return desk


# ------------------------------------------------------------------ beside what serves


@SIZES
def test_the_pane_says_how_the_canary_does_beside_what_serves_and_follows_the_cursor(size: tuple[int, int]) -> None:
    desk = FakeDesk()
    row = LiveComparison("support-bot", "canary", "production", "refusals", "no series", 0, 1.25, version="3.8.2")
    desk.compared = (row, row._replace(measure="cost", state="collecting"))

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2")
        assert "live canary 3.8.2: ? no series refusals   ◆ collecting cost" in pilot.text()
        check_snapshot(f"pane-beside-{size[0]}x{size[1]}", pilot.text())
        await pilot.press("1", "G")  # another asset, which has no canary that is compared
        last = pilot.registry.lead
        assert last not in (None, "support-bot")
        await pilot.press("2")
        for _ in range(500):  # its trends are asked for in a thread
            if pilot.benchmarks.asset == last:
                break
            await pilot.settle()
        assert pilot.benchmarks.asset == last
        assert "live canary" not in pilot.text()

    play(scenario, desk=desk, size=size)


# ------------------------------------------------------------------ the screens


@SIZES
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("bench", ("2", "enter")),
        ("flips", ("2", "enter", "enter")),
        ("measures", ("2", "enter", "m")),
        ("chart", ("2", "enter", "t")),
        ("runs", ("2", "enter", "r")),
        ("bench-refused", ("2", "enter", OLDER, OLDER, OLDER)),
    ],
)
def test_the_page(name: str, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press(*keys)
        check_snapshot(f"{name}-{size[0]}x{size[1]}", pilot.text())

    play(scenario, size=size)


@SIZES
@pytest.mark.parametrize(("name", "keys"), [("pane-undecided", ("2",)), ("bench-undecided", ("2", "enter"))])
def test_an_undecided_run_is_seen_to_be_one(name: str, keys: tuple[str, ...], size: tuple[int, int]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press(*keys)
        assert "◆ INCONCLUSIVE" in pilot.text()
        check_snapshot(f"{name}-{size[0]}x{size[1]}", pilot.text())

    play(scenario, desk=undecided_desk(), size=size)


@pytest.mark.parametrize("name", ["accept-risk", "pin-baseline"])
def test_the_dialog(name: str) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter", "E" if name == "accept-risk" else "b")
        check_snapshot(f"{name}-80x24", pilot.text())

    play(scenario, desk=undecided_desk(), size=NARROW)


# ------------------------------------------------------------------ the ways in


@pytest.mark.parametrize(
    ("keys", "screen"),
    [
        (("2", "enter"), "BenchScreen"),
        (("2", NEWER, "enter"), "BenchScreen"),
        (("j", "enter", "v"), "BenchScreen"),
        (("1", "enter", "v"), "BenchScreen"),
        (("enter", "v"), "AlertScreen"),
        (("2", "enter", "enter"), "FlipsScreen"),
        (("2", "enter", "m"), "MeasuresScreen"),
        (("2", "enter", "t"), "ChartScreen"),
        (("2", "enter", "r"), "RunsScreen"),
        (("2", "enter", "h"), "HistoryScreen"),
        (("2", "enter", "e"), "AskScreen"),
        (("2", "enter", "question_mark"), "HelpScreen"),
        (("2", "enter", "colon"), "PaletteScreen"),
        (("2", "enter", "escape"), "MainScreen"),
        (("2", "enter", "q"), "MainScreen"),
        (("2", "enter", "t", "escape"), "BenchScreen"),
        (("2", "enter", "t", "question_mark"), "HelpScreen"),
        (("2", "enter", "E"), "BenchScreen"),
    ],
)
def test_a_key_opens(keys: tuple[str, ...], screen: str) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press(*keys)
        assert pilot.screen_name == screen

    play(scenario)


def test_the_cursor_starts_on_the_metric_that_was_chosen_in_the_pane() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", NEWER, "enter")
        assert " jailbreak/jailbreak_success  ● PASS" in pilot.text()

    play(scenario)


def test_an_asset_without_results_says_how_to_bring_some_in_and_enter_opens_the_asset() -> None:
    desk = FakeDesk()
    desk.suite_trends = {}

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2")
        assert "no benchmark results here yet" in pilot.text()
        await pilot.press("enter")
        assert pilot.screen_name == "AssetScreen"
        await pilot.press("v")
        assert pilot.screen_name == "AssetScreen"
        assert "no benchmark results of support-bot yet" in pilot.lines()[-1]

    play(scenario, desk=desk)


@pytest.mark.parametrize("keys", [("2", "enter"), ("j", "enter", "v")])
def test_a_run_that_is_not_found_is_said_and_nothing_opens(keys: tuple[str, ...]) -> None:
    desk = FakeDesk()
    desk.stories = {}

    async def scenario(pilot: Pilot) -> None:
        await pilot.press(*keys)
        assert "support-bot has no run of golden-v7" in pilot.lines()[-1]
        assert pilot.screen_name != "BenchScreen"

    play(scenario, desk=desk)


def test_the_palette_opens_every_benchmark_page() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2")
        for words, screen in (("verdicts", "BenchScreen"), ("measures", "MeasuresScreen")):
            await pilot.press("colon")
            await pilot.type(words)
            await pilot.press("enter")
            assert pilot.screen_name == screen, words
        await pilot.press("escape")
        for words, screen in (("chart", "ChartScreen"), ("runs", "RunsScreen"), ("gate", "AskScreen")):
            await pilot.press("colon")
            await pilot.type(words)
            await pilot.press("enter")
            assert pilot.screen_name == screen, words
            await pilot.open_dialog()
            await pilot.press("escape")
        await pilot.press("escape", "colon")
        await pilot.type("verdicts support")
        await pilot.press("enter")
        assert pilot.screen_name == "BenchScreen"

    play(scenario)


# ------------------------------------------------------------------ the gate table


def test_n_goes_to_what_holds_and_passes_over_a_diagnostic() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter", "n", "n")
        assert "support_golden/accuracy/long-context  ◆ INCONCLUSIVE: the interval crosses the margin" in pilot.text()
        await pilot.press("n")
        assert "support_golden/accuracy  ✖ FAIL" in pilot.text()

    play(scenario)


def test_the_detail_says_what_would_decide_and_that_a_diagnostic_holds_nothing() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter", "j", "j")
        assert "about 240 more items would decide" in pilot.text()
        assert "37.2 effective clusters" in " ".join(pilot.text().split())
        await pilot.press("j")
        assert "holds nothing" in pilot.text()

    play(scenario)


def test_the_gate_table_is_filtered_and_keeps_cursor_and_filter_through_news() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter", "slash")
        await pilot.type("verdict=INCONCLUSIVE")
        await pilot.press("enter", "j")
        assert "2 of 7" in pilot.text()
        pilot.desk.stories["r-1418"] = FAILED._replace(risk=("somebody measured again",))
        await pilot.changed()
        assert "somebody measured again" in pilot.text()
        assert "2 of 7" in pilot.text()
        assert "support_golden/consistency  ◆" in pilot.text()
        await pilot.press("escape")
        assert (pilot.screen_name, "2 of 7" in pilot.text()) == ("BenchScreen", False)

    play(scenario)


def test_enter_on_a_slice_shows_its_items_only_and_escape_all_of_them() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter", "j", "enter")
        assert "22 of 36" in pilot.text()
        await pilot.press("escape")
        assert (pilot.screen_name, "22 of 36" in pilot.text()) == ("FlipsScreen", False)

    play(scenario)


def test_what_cannot_flip_says_why() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter", "j", "j", "j", "j", "enter")
        assert "nothing can flip" in pilot.text()
        assert "no item to show" in pilot.text()
        await pilot.press("enter", "n", "y")
        assert pilot.screen_name == "FlipsScreen"

    play(scenario)


def test_flips_are_filtered_by_cluster_and_tell_before_and_after() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter", "enter", "slash")
        await pilot.type("cluster=accounts")
        await pilot.press("enter", "j")
        assert "2 of 36" in pilot.text()
        assert "q-0302  scored 0.8 before, 0.2 now · cluster accounts" in pilot.text()
        pilot.desk.flipped = FLIPS._replace(headline="32 lost", clusters=FLIPS.clusters[:1])
        await pilot.changed()
        assert "32 lost" in pilot.text()
        assert "shipping  " not in pilot.lines()[3]
        assert "q-0302  scored" in pilot.text()

    play(scenario)


def test_a_line_without_a_trend_is_said() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter", "G", "k", "t")
        assert "no trend of support_golden/cost" in pilot.lines()[-1]
        assert pilot.screen_name == "BenchScreen"

    play(scenario)


def test_the_chart_goes_through_the_metrics_of_the_suite_and_is_live() -> None:
    desk = FakeDesk()
    other = TRENDS[0]._replace(suite="other-v1", metric="other_metric")
    desk.suite_trends = {"support-bot": (*TRENDS, other)}

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter", "t")
        assert "1/2 ] next" in pilot.text()
        await pilot.press(NEWER)
        assert "jailbreak_success (lower is better)" in pilot.text()
        await pilot.press("j", "k", OLDER)
        assert "3.8.2 0.862" in pilot.text()
        pilot.desk.suite_trends = {"support-bot": (TRENDS[0]._replace(note="measured again"), TRENDS[1])}
        await pilot.changed()
        assert "measured again" in pilot.text()
        assert pilot.screen_name == "ChartScreen"

    play(scenario, desk=desk)


# ------------------------------------------------------------------ the runs


def test_angle_keys_go_to_older_and_newer_runs_and_stop_at_the_ends() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter", NEWER)
        assert "that was the newest run" in pilot.lines()[-1]
        await pilot.press(OLDER)
        assert "this run is the baseline" in pilot.text()
        await pilot.press(OLDER)
        assert "◆ INCONCLUSIVE  support-bot golden-v7  3.8.0 vs 3.8.1  ▲ older run, 3 of 4" in pilot.lines()[1]
        await pilot.type("<<<")
        assert "■ refused" in pilot.lines()[1]
        assert "the prompt hash of 500 items differs" in pilot.text()
        assert "may not be compared" in pilot.text()
        await pilot.type(">>>")
        assert "✖ FAIL" in pilot.lines()[1]

    play(scenario)


def test_the_list_of_runs_opens_on_the_one_that_is_shown_and_enter_shows_another() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter", OLDER, "r")
        assert "» 3.8.1" in pilot.text()
        assert pilot.text().count("pinned by ana") == 2  # in its line, and in full below
        await pilot.press("j", "enter")
        assert pilot.screen_name == "BenchScreen"
        assert "3.8.0 vs 3.8.1" in pilot.lines()[1]
        await pilot.press("r", "escape", "escape")
        assert pilot.screen_name == "MainScreen"

    play(scenario)


def test_the_run_on_the_screen_stays_when_a_newer_one_lands() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter")
        newer = FAILED.runs[0]._replace(run="r-1420", version="3.8.3")
        runs = (newer, *FAILED.runs)
        first = FAILED._replace(run="r-1420", version="3.8.3", runs=runs)
        pilot.desk.stories = {"r-1420": first, **{k: s._replace(runs=runs) for k, s in pilot.desk.stories.items()}}
        await pilot.changed()
        assert "3.8.2 vs 3.8.1  ▲ older run, 2 of 5" in pilot.lines()[1]
        await pilot.press(NEWER)
        assert "3.8.3 vs 3.8.1  run 1 of 5" in pilot.lines()[1]

    play(scenario)


def test_a_run_that_is_gone_is_said_and_the_one_on_the_screen_stays() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter")
        del pilot.desk.stories["r-1412"]
        await pilot.press(OLDER)
        assert "support-bot has no run r-1412" in pilot.lines()[-1]
        assert "3.8.2 vs 3.8.1" in pilot.lines()[1]
        await pilot.press("b")
        assert "3.8.2 is FAIL" in pilot.text()

    play(scenario)


def test_the_measures_and_the_runs_are_as_live_as_the_panes() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter", "m")
        for key in ("m", "r"):
            if key == "r":
                await pilot.press("escape", "r")
            runs = (FAILED.runs[0]._replace(detail=f"{key} again"), *FAILED.runs[1:])
            pilot.desk.stories["r-1418"] = FAILED._replace(measures=(("latency p50", f"{key} again"),), runs=runs)
            await pilot.changed()
            assert f"{key} again" in pilot.text()

    play(scenario)


# ------------------------------------------------------------------ actions


def test_accepting_a_risk_asks_where_of_which_gate_how_long_and_why() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter")
        assert "E accept risk" in pilot.lines()[-1]
        await pilot.open_dialog("E")
        await pilot.press("enter")
        assert "Why: it must say something" in pilot.text()
        await pilot.type("240_more_items_cost_a_day")
        await pilot.press("up", "ctrl+u")
        await pilot.type("3")
        await pilot.press("down", "enter")
        call = ("accept_risk", "r-1418", "production", "functional", "3", "240_more_items_cost_a_day")
        assert pilot.desk.calls == [call]
        assert "the risk of 3.8.2 in production is accepted for 3 d" in pilot.lines()[-1]
        await pilot.press("m")
        assert "functional in production by ana@jump-1 for 3 d" in pilot.text()

    play(scenario, desk=undecided_desk())


def test_only_a_gate_that_is_undecided_can_be_named() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter")
        await pilot.open_dialog("E")
        await pilot.type("because")
        await pilot.press("up", "up", "ctrl+u")
        await pilot.type("safety")
        await pilot.press("down", "down", "enter")
        assert "what is undecided is functional" in pilot.text()
        assert pilot.desk.calls == []

    play(scenario, desk=undecided_desk())


@pytest.mark.parametrize(("keys", "offered"), [((), False), ((OLDER,), False), ((OLDER, OLDER), True), ((OLDER, OLDER, OLDER), False)])  # fmt: skip
def test_a_risk_is_accepted_of_an_undecided_run_only(keys: tuple[str, ...], offered: bool) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter", *keys)
        assert ("E accept risk" in pilot.lines()[-1]) is offered
        await pilot.press("E")
        assert (pilot.screen_name == "AskScreen") is offered

    play(scenario)


def test_pinning_a_run_that_failed_wants_its_version_and_a_reason() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter")
        await pilot.open_dialog("b")
        assert "what is worse will count as normal" in pilot.text()
        await pilot.type("3.8.1")
        await pilot.press("enter")
        await pilot.type("new_questions")
        await pilot.press("enter")
        assert "type 3.8.2" in pilot.text()
        assert pilot.desk.calls == []
        await pilot.press("ctrl+u")
        await pilot.type("3.8.2")
        await pilot.press("enter", "enter")
        assert pilot.desk.calls == [("pin_baseline", "r-1418", "new_questions")]
        assert "3.8.2 is the baseline of golden-v7" in pilot.lines()[-1]
        assert "┄ baseline" in pilot.lines()[1]

    play(scenario)


def test_pinning_a_run_that_passed_wants_a_reason_only() -> None:
    desk = FakeDesk()
    desk.stories["r-1418"] = FAILED._replace(verdict="PASS")

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter")
        await pilot.open_dialog("b")
        await pilot.type("better")
        await pilot.press("enter")
        assert pilot.desk.calls == [("pin_baseline", "r-1418", "better")]

    play(scenario, desk=desk)


def test_the_baseline_itself_is_not_pinned_again() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter", OLDER, "b")
        assert pilot.screen_name == "BenchScreen"
        assert "b pin" not in pilot.lines()[-1]

    play(scenario)


def test_the_gate_is_asked_about_the_version_on_the_screen() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter")
        await pilot.open_dialog("e")
        await pilot.press("enter")
        assert "Gate  support-bot 3.8.2 → prod" in pilot.lines()[1]

    play(scenario)


@pytest.mark.parametrize("key", ["b", "E"])
def test_what_is_typed_before_a_dialog_takes_input_is_dropped(key: str) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter", key)
        top = pilot.tower.screen
        assert isinstance(top, AskScreen)
        dialog: AskScreen = top
        dialog.accepts_after = math.inf  # as before its first frame
        await pilot.press(*"3.8.2", "enter", *"why", "enter", "escape")
        assert pilot.screen_name == "AskScreen"
        assert [line.value for line in dialog.inputs] == [field.value for field in dialog.fields]
        assert pilot.desk.calls == []
        dialog.accepts_after = 0.0
        await pilot.press("escape")
        assert (pilot.screen_name, pilot.desk.calls) == ("BenchScreen", [])

    play(scenario, desk=undecided_desk())


def test_letters_meant_for_the_filter_run_no_action() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter")
        await pilot.type("/xbetrm")
        assert pilot.screen_name == "BenchScreen"
        assert "/xbetrm" in pilot.text()

    play(scenario, desk=undecided_desk())


def test_read_only_hides_the_actions_in_the_keys_the_help_and_the_palette() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter", "E", "b")
        assert (pilot.screen_name, pilot.desk.calls) == ("BenchScreen", [])
        assert "accept risk" not in pilot.lines()[-1]
        assert "pin" not in pilot.lines()[-1]
        await pilot.press("question_mark")
        assert "undecided verdict" not in pilot.text()
        assert "pin this run" not in pilot.text()
        await pilot.press("escape", "colon")
        await pilot.type("accept risk")
        assert "of an undecided verdict" not in pilot.text()

    play(scenario, desk=undecided_desk(), read_only=True)


def test_a_refusal_of_the_desk_is_said_and_the_page_stays() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter")
        pilot.desk.refuse = "not you"
        await pilot.open_dialog("E")
        await pilot.type("why_not")
        await pilot.press("enter")
        assert "not you" in pilot.lines()[-1]
        assert pilot.screen_name == "BenchScreen"

    play(scenario, desk=undecided_desk())


# ------------------------------------------------------------------ rough edges


def test_the_keys_of_the_screen_are_in_its_help_with_what_the_bar_means() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter", "question_mark")
        for words in ("which items flipped", "the three questions in full", "the run before this one", "full size"):
            assert words in pilot.text()
        await pilot.press("G")
        assert "across it ┼ ◆ INCONCLUSIVE" in pilot.text()

    play(scenario)


def test_a_suite_that_judged_nothing_says_what_to_do() -> None:
    desk = FakeDesk()
    desk.stories["r-1418"] = FAILED._replace(
        verdict="", rows=(), baseline_run="", baseline_version="", measures=(), runs=()
    )

    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter")
        assert "· not compared  support-bot golden-v7  3.8.2" in pilot.lines()[1]
        assert "no baseline is pinned" in pilot.text()
        await pilot.press("enter", "t", "y", OLDER, NEWER, "n", "m")
        assert "the results hold no latency, cost or probability" in pilot.text()
        await pilot.press("escape", "r")
        assert "no run of this suite is known" in pilot.text()

    play(scenario, desk=desk)


def test_hostile_text_in_every_field_draws_harmlessly() -> None:
    desk = FakeDesk()
    row = LONG._replace(task=HOSTILE, metric=HOSTILE, slice=HOSTILE, gate=HOSTILE, verdict=HOSTILE, unit=HOSTILE, method=HOSTILE, more=HOSTILE, note=HOSTILE)  # fmt: skip
    run = FAILED.runs[0]._replace(version=HOSTILE, verdict=HOSTILE, detail=HOSTILE)
    desk.stories["r-1418"] = FAILED._replace(
        version=HOSTILE, baseline_version=HOSTILE, verdict=HOSTILE, changed=(HOSTILE,), risk=(HOSTILE,), todo=(HOSTILE,), rows=(row,),
        facts=((HOSTILE, HOSTILE),), measures=((HOSTILE, HOSTILE),), runs=(run, *FAILED.runs[1:]),
    )  # fmt: skip
    desk.flipped = FLIPS._replace(
        headline=HOSTILE, version=HOSTILE, baseline_version=HOSTILE,
        rows=(FLIPS.rows[1]._replace(item=HOSTILE, cluster=HOSTILE, slices=(HOSTILE,), word=HOSTILE),),
        clusters=(FLIPS.clusters[0]._replace(cluster=HOSTILE),),
    )  # fmt: skip
    desk.suite_trends = {"support-bot": (TRENDS[0]._replace(task=HOSTILE, metric=HOSTILE, verdict=HOSTILE, note=HOSTILE, unit=HOSTILE, baseline_version=HOSTILE),)}  # fmt: skip

    async def scenario(pilot: Pilot) -> None:
        for keys in (
            ("2",),
            ("enter",),
            ("enter",),
            ("escape", "t"),
            ("escape", "m"),
            ("escape", "r"),
            ("escape", "b"),
        ):
            await pilot.press(*keys)
            assert "[red]x[/red]" in pilot.text(), keys
            for text in pilot.lines():
                assert text.isprintable(), (keys, text)

    play(scenario, desk=desk)


@pytest.mark.parametrize("keys", [("2", "enter"), ("2", "enter", "enter"), ("2", "enter", "t"), ("2", "enter", "m")])
def test_a_page_in_a_terminal_that_is_too_small_recovers(keys: tuple[str, ...]) -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press(*keys)
        before = pilot.text()
        await pilot.resize(20, 5)
        await pilot.press("j", "k", "n")
        await pilot.resize(60, 15)
        assert "support" in pilot.text()
        await pilot.resize(*NARROW)
        await pilot.press("g")
        assert pilot.lines()[1] == before.split("\n")[1]

    play(scenario, size=NARROW)


def test_the_gate_table_is_seen_in_a_terminal_of_60_by_15() -> None:
    async def scenario(pilot: Pilot) -> None:
        await pilot.press("2", "enter")
        assert "✖ FAIL" in pilot.lines()[8]
        assert all(len(text) <= 60 for text in pilot.lines())

    play(scenario, size=(60, 15))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a pty of Linux")
def test_an_idle_benchmark_screen_writes_nothing_and_a_cursor_key_little() -> None:
    with Terminal(size=(120, 36)) as terminal:
        terminal.see("platform-ai")
        terminal.press("2\r")
        terminal.see("Gates, worst first")
        terminal.quiet(0.4)
        mark = len(terminal.written)
        terminal.quiet(2.5)
        assert terminal.written[mark:] == b""
        for key in ("j", "k"):
            mark = len(terminal.written)
            terminal.press(key)
            terminal.quiet(0.4)
            assert 0 < len(terminal.written) - mark < 700


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a pty of Linux")
def test_without_utf_8_the_bars_stand_in_ascii() -> None:
    with Terminal(size=(80, 24), env={"PULSE_ASCII": "1"}) as terminal:
        terminal.see("platform-ai")
        terminal.press("2\r")
        terminal.see("----+o----")
        terminal.see("* INCONCLUSIVE")
        terminal.quiet()
    assert terminal.written.isascii()
