"""The pure parts of the benchmark screens: intervals as text and as bars, rows, the three questions in little room."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from pulse_tui.domain.comparison import LiveComparison
from pulse_tui.domain.views.evals import ClusterRow, Flip, Serving, Trend
from pulse_tui.tui.evals.flip_rows import FLIPS, cluster_lines, flip_cells, lost_first, score
from pulse_tui.tui.evals.flips import chart_text
from pulse_tui.tui.evals.rows import (
    GATES,
    RUNS,
    RunLine,
    gate_cells,
    gate_detail,
    gates,
    meaning,
    shorten_name,
    verdict_span,
)
from pulse_tui.tui.evals.run import bench_title, measure_blocks, undecided
from pulse_tui.tui.evals.trend import beside, change, chart_spans, legend, marked, serving, summary
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, width_of
from pulse_tui.tui.kit.filters import parse
from pulse_tui.tui.kit.interval import BAR, bar_title, delta_text, interval_bar, number, signed, straddles
from pulse_tui.tui.kit.questions import question_lines, shares
from tests.fakes.bench_desk import (
    BASELINE,
    CONSISTENCY,
    COST,
    FAIL,
    FAILED,
    JAILBREAK,
    LATENCY,
    LONG,
    REFUNDS,
    REFUSED,
    TRENDS,
    UNDECIDED,
    UNDECIDED_TREND,
    line,
)
from tests.fakes.bench_desk import FLIPS as FLIPPED
from tests.fakes.registry_desk import NOW_US


def texts(spans: Sequence[Span]) -> list[str]:
    return [text for text, _ in spans]


def plain(spans: Sequence[Span]) -> str:
    return "".join(texts(spans))


# ------------------------------------------------------------------ the bar


@pytest.mark.parametrize(
    ("low", "delta", "high", "margin", "expected"),
    [
        (-7.4, -5.2, -3.1, 2, "◂●── ┊  0  "),
        (-4.9, -1.7, 1.6, 2, " ────┼●────"),
        (-0.4, 0.3, 0.9, 1, "     ┊ ──●▸"),
        (-2.05, -2.03, -2.01, 2, "    ●┊  0  "),
        (-1.99, -1.9, -1.5, 2, "     ┊● 0  "),
        (-99.0, -3.0, 99.0, 2, "◂──●─┼────▸"),
        (None, -1.0, 3.0, 2, "◂────┼─●──▸"),
        (None, -1.0, None, 2, "     ┊ ●0  "),
        (-5.0, -3.0, -1.0, 0, " ──●─┊     "),
        (None, None, None, 2, "     ┊  0  "),
        (math.nan, math.nan, math.nan, 2, "     ┊  0  "),
    ],
)
def test_a_bar_shows_the_interval_against_the_margin(
    low: float | None, delta: float | None, high: float | None, margin: float, expected: str
) -> None:
    assert interval_bar(low, delta, high, margin, BAR, True) == expected


numbers = st.floats(-1e6, 1e6)
margins = st.sampled_from([0.0, 0.5, 1.0, 2.0, 20.0])


@given(st.tuples(numbers, numbers, numbers).map(sorted), margins, st.integers(9, 21))
def test_a_bar_never_contradicts_the_verdict(sides: list[float], margin: float, width: int) -> None:
    low, delta, high = sides
    bar = interval_bar(low, delta, high, margin, width, True)
    tick = bar_title(width).index("┊")
    assert len(bar) == width
    assert bar[tick] == ("┼" if low < -margin < high else "┊")
    assert bar.count("●") == 1
    drawn = [n for n, glyph in enumerate(bar) if glyph in "─●◂▸"]
    if high < -margin:
        assert max(drawn) < tick
    if low > -margin:
        assert min(drawn) > tick


@given(st.tuples(numbers, numbers, numbers).map(sorted), margins)
def test_worse_is_to_the_left_whatever_the_direction_of_the_metric(sides: list[float], margin: float) -> None:
    low, delta, high = sides
    assert interval_bar(low, delta, high, margin, BAR, True) == interval_bar(-high, -delta, -low, margin, BAR, False)


def test_the_marks_of_a_bar_stand_under_those_of_its_title() -> None:
    title, bar = bar_title(BAR), interval_bar(None, None, None, 2, BAR, True)
    assert (title, cell_len(title)) == ("worse┊  0  ", BAR)
    assert [title.index(mark) for mark in "┊0"] == [bar.index(mark) for mark in "┊0"]


@pytest.mark.parametrize("glyph", "─●┊┼◂▸┄■")
def test_every_glyph_of_the_benchmark_screens_has_an_ascii_form(glyph: str) -> None:
    assert styles.to_ascii(glyph).isascii()
    assert styles.to_ascii(glyph) != "?"


# ------------------------------------------------------------------ numbers


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((-5.2, -7.4, -3.1, 2, "pp"), "-5.2 pp [-7.4, -3.1]"),
        ((-33.3, -44.1, -22.8, 2, "pp"), "-33 pp [-44, -23]"),
        ((0.21, -0.04, 0.4, 1, "pp"), "+0.21 pp [-0.04, +0.40]"),
        ((-82.0, -120.0, -31.0, 0, "ms"), "-82 ms [-120, -31]"),
        ((-1.1, -2.04, 0.3, 2, "pp"), "-1.10 pp [-2.04, +0.30]"),
        ((-1.1, -2.0, 0.0, 2, "pp"), "-1.1 pp [-2.0, 0.0]"),
        ((-1.1, None, 0.3, 2, "pp"), "-1.1 pp [-∞, +0.3]"),
        ((-1.1, -2.4, math.inf, 2, "pp"), "-1.1 pp [-2.4, ∞]"),
        ((-0.2, None, None, 2, ""), "-0.200"),
        ((None, None, None, 2, "pp"), "not judged"),
        ((math.nan, -1.0, 1.0, 2, "pp"), "not judged"),
    ],
)
def test_a_delta_in_words(values: tuple[float, float | None, float | None, float, str], expected: str) -> None:
    assert delta_text(*values, True) == expected


@given(numbers, numbers, margins, st.sampled_from(["pp", "ms", "%", ""]))
def test_a_bound_beside_the_margin_is_not_rounded_onto_it_where_two_more_digits_tell_them_apart(
    delta: float, low: float, margin: float, unit: str
) -> None:
    text = delta_text(delta, low, None, margin, unit, True)
    shown = float(text.partition("[")[2].partition(",")[0])
    if abs(low + margin) > 0.01:
        assert (shown < -margin) == (low < -margin) or shown != -margin


def test_what_rounds_to_nothing_has_no_sign_and_what_is_missing_is_a_question_mark() -> None:
    assert (signed(-0.04, 1), signed(0.05, 2), signed(-0.06, 1)) == ("0.0", "+0.05", "-0.1")
    assert [number(v) for v in (0.862, 0.0082, 12.34, 1204.0, 0.0, None, math.nan)] == ["0.862", "0.0082", "12.3", "1,204", "0", "?", "?"]  # fmt: skip


# ------------------------------------------------------------------ pane 2


def summarised(trend: Trend, width: int) -> str:
    return plain(summary(trend, width))


def test_the_verdict_line_gives_way_in_its_order() -> None:
    assert (
        summarised(UNDECIDED_TREND, 83)
        == "canary 3.8.2 0.900  base 0.914  -1.4 pp [-4.6, +1.8]  margin 2  ◆ INCONCLUSIVE"
    )
    assert summarised(UNDECIDED_TREND, 55) == "0.900  -1.4 pp [-4.6, +1.8]  margin 2  ◆ INCONCLUSIVE"
    assert summarised(UNDECIDED_TREND, 40) == "-1.4 pp [-4.6, +1.8]  ◆ INCONCLUSIVE"
    assert summarised(UNDECIDED_TREND, 24) == "-1.4 pp  ◆ INCONCLUSIVE"
    assert summarised(UNDECIDED_TREND, 14) == "◆ INCONCLUSIVE"


@given(st.sampled_from([*TRENDS, UNDECIDED_TREND, TRENDS[0]._replace(delta=None)]), st.integers(14, 130))
def test_the_verdict_line_fits_and_always_has_the_verdict(trend: Trend, width: int) -> None:
    spans = summary(trend, width)
    assert width_of(spans) <= width
    assert trend.verdict in plain(spans)


def test_without_a_statistic_the_line_has_the_bare_difference() -> None:
    bare = TRENDS[0]._replace(delta=None, low=None, high=None, margin=None, unit="", n=0)
    assert summarised(bare, 100) == "canary 3.8.2 0.862  baseline 3.8.1 0.914  -5.2 pp  ✖ FAIL"
    assert "no baseline pinned" in summarised(bare._replace(baseline=None), 100)
    assert summarised(bare._replace(points=()), 100) == "no run yet"


def test_what_serves_is_named_beside_what_was_measured_last() -> None:
    assert plain(serving(TRENDS[0], 80)) == "prod 3.8.1 0.914 baseline   canary 3.8.2 0.862 ✖ FAIL"
    ahead = TRENDS[0]._replace(serving=(Serving("production", "3.8.1", 0.914, ""),))
    assert marked(ahead) == "candidate 3.8.2", "the newest run is of a release that serves nowhere"
    assert plain(serving(ahead, 80)) == "prod 3.8.1 0.914 not compared"
    unmeasured = TRENDS[0]._replace(serving=(Serving("production", "3.9.0", None),))
    assert plain(serving(unmeasured, 80)) == "prod 3.9.0 ? not measured"
    assert plain(serving(unmeasured._replace(serving=()), 80)).startswith("nothing of it serves")
    both = ahead._replace(
        serving=(Serving("production", "3.8.2", 0.86, "FAIL"), Serving("canary", "3.8.2", 0.86, "FAIL"))
    )
    assert marked(both) == "prod+canary 3.8.2"


@given(st.integers(14, 90))
def test_what_serves_fits(width: int) -> None:
    assert width_of(serving(TRENDS[0], width)) <= width


LIVE = (
    LiveComparison("support-bot", "canary", "production", "cost", "FAIL", NOW_US, 1.25, version="3.8.2"),
    LiveComparison("support-bot", "canary", "production", "refusals", "no series", NOW_US, 1.25, version="3.8.2"),
    LiveComparison("support-bot", "canary", "production", "errors", "collecting", NOW_US, 1.25, version="3.8.2"),
    LiveComparison("support-bot", "canary", "production", "tools", "collecting", NOW_US, 1.25, version="3.8.2"),
    LiveComparison("support-bot", "canary", "production", "tokens", "PASS", NOW_US, 1.25, stale="late"),
)


def test_a_canary_beside_what_serves_has_one_line_with_what_is_worst_first() -> None:
    assert beside((), 80) == []
    assert plain(beside(LIVE, 120)).rstrip() == (
        "live canary 3.8.2: ✖ FAIL cost   ? no series refusals   ◆ collecting errors, tools   ? stale tokens"
    )


@given(st.integers(20, 140))
def test_that_line_fits_and_never_hides_a_failure_where_there_is_room_for_its_word(width: int) -> None:
    spans = beside(LIVE, width)
    assert width_of(spans) <= max(width, 20)
    assert width < 33 or "✖ FAIL" in plain(spans)


def test_three_verdicts_are_three_glyphs_and_the_undecided_one_is_as_loud_as_a_fail() -> None:
    spans = [styles.state(word) for word in ("PASS", "FAIL", "INCONCLUSIVE")]
    assert len({text[0] for text, _ in spans}) == 3
    assert all(style.bold for text, style in spans if "PASS" not in text)
    assert [style for text, style in chart_spans("•", "INCONCLUSIVE")] == [styles.UNDECIDED]


# ------------------------------------------------------------------ the gate table


def test_a_gate_line_says_what_by_how_much_and_the_verdict() -> None:
    assert texts(gate_cells(FAIL, NOW_US)) == [
        "support_golden/accuracy", "func", "0.914 → 0.862", "-5.2 pp [-7.4, -3.1]", "◂●── ┊  0  ", "2 pp", "✖ FAIL", "500",
    ]  # fmt: skip
    assert texts(gate_cells(JAILBREAK, NOW_US))[1] == "safety"


def test_a_diagnostic_keeps_its_word_and_is_not_loud() -> None:
    cells = gate_cells(CONSISTENCY, NOW_US)
    assert (cells[0][1], cells[1][0], cells[6][0], cells[7][0]) == (styles.DIM, "diag", "◆ INCONCLUSIVE", "100×5")
    assert verdict_span(CONSISTENCY)[1] == styles.WARN
    assert verdict_span(LONG)[1] == styles.UNDECIDED
    assert not GATES.wants_attention(CONSISTENCY)
    assert GATES.wants_attention(LONG)


def test_a_functional_line_that_need_not_pass_counts_as_a_diagnostic() -> None:
    cells = gate_cells(FAIL._replace(must_pass=False), NOW_US)
    assert (cells[1][0], cells[6][1]) == ("diag", styles.WARN)


@pytest.mark.parametrize(
    ("width", "expected"),
    [(36, "support_golden/accuracy/long-context"), (22, "…accuracy/long-context"), (21, "accuracy/long-context"), (19, "…long-context"), (5, "…long-context")],
)  # fmt: skip
def test_the_end_of_a_name_stays(width: int, expected: str) -> None:
    name = "support_golden/accuracy/long-context"
    assert (name if len(name) <= width else shorten_name(name, width)) == expected
    assert shorten_name("one-long-word", 5) == "one-long-word"


@pytest.mark.parametrize(
    ("row", "meant"),
    [
        (FAIL, "worse than the margin even at its best end"),
        (JAILBREAK, "within the margin even at its worst end"),
        (LONG, "the interval crosses the margin, neither FAIL nor PASS; about 240 more items would decide"),
        (FAIL._replace(verdict="INCONCLUSIVE", more=""), "not decided"),
        (FAIL._replace(low=None, high=None), "nothing bounds the difference"),
        (FAIL._replace(delta=None), "it was not judged"),
        (FAIL._replace(verdict="INCONCLUSIVE", delta=None, more="3 more repeats"), "it was not judged; 3 more repeats would decide"),
    ],
)  # fmt: skip
def test_a_verdict_in_a_sentence(row: object, meant: str) -> None:
    assert meaning(row) == meant  # type: ignore[arg-type]


def test_the_detail_says_how_it_was_judged() -> None:
    text = plain(gate_detail(CONSISTENCY))
    for part in (
        "holds nothing",
        "n 100 × 5 repeats",
        "paired t of pairwise agreement",
        "shares a family",
        "margin 2 pp",
    ):
        assert part in text
    assert "41 effective clusters" in plain(gate_detail(REFUNDS))
    assert "37.2 effective clusters" in plain(gate_detail(LONG))
    assert "lower is better" in plain(gate_detail(LATENCY))
    assert "- → 838" in plain(gate_detail(LATENCY._replace(baseline=None)))
    assert "0.914 → ?" in plain(gate_detail(FAIL._replace(current=None)))


@pytest.mark.parametrize(
    ("text", "keys"),
    [("verdict=FAIL", 2), ("gate=safety", 1), ("must=no", 1), ("slice=refunds", 1), ("n>1000", 1), ("metric:cost", 1), ("!accuracy", 4)],
)  # fmt: skip
def test_the_gate_table_is_filtered_by_its_columns(text: str, keys: int) -> None:
    found = parse(text, GATES.names)
    assert sum(found.matches(GATES.fields(row)) for row in FAILED.rows) == keys


def test_what_is_copied_of_a_line_can_stand_alone() -> None:
    assert GATES.copied(LONG) == "support_golden/accuracy/long-context INCONCLUSIVE -1.7 pp [-4.9, +1.6] margin 2 pp n 120 cluster-robust t, 36 df: about 240 more items would decide"  # fmt: skip


@pytest.mark.parametrize(("verdict", "part"), [("refused", "may not be compared"), ("baseline", "this run is the baseline"), ("", "no baseline is pinned"), ("PASS", "Name its tasks")])  # fmt: skip
def test_a_table_without_lines_says_what_that_means(verdict: str, part: str) -> None:
    assert part in gates(verdict).empty


def test_straddling_is_told_in_the_metrics_own_direction() -> None:
    assert straddles(-3, 1, 2, True)
    assert not straddles(-3, 1, 2, False)
    assert straddles(-1, 3, 2, False)
    assert straddles(None, None, 2, True)


def test_a_cost_is_measured_in_per_cent_and_small_numbers_keep_their_digits() -> None:
    assert texts(gate_cells(COST, NOW_US))[2:4] == ["0.0082 → 0.0084", "+2.4 % [+1.1, +3.8]"]


def test_a_run_says_when_and_how_it_ended() -> None:
    cells = RUNS.cells(RunLine(FAILED.runs[0], shown=True), NOW_US)
    assert texts(cells) == ["» 3.8.2", "1418", "2h", "✖ FAIL", "accuracy -5.2 pp [-7.4, -3.1]", "r-1418"]
    assert [RUNS.cells(RunLine(row), NOW_US)[3][0] for row in FAILED.runs[1:]] == ["┄ baseline", "◆ INCONCLUSIVE", "■ refused"]  # fmt: skip
    assert RUNS.cells(RunLine(FAILED.runs[0]._replace(verdict="")), NOW_US)[3][0] == "· not compared"


# ------------------------------------------------------------------ title, questions, measures


def test_the_title_begins_with_the_verdict_and_tells_an_older_run() -> None:
    assert plain(bench_title(FAILED, NOW_US)) == " ✖ FAIL  support-bot golden-v7  3.8.2 vs 3.8.1  run 1 of 4, 2h old"
    assert plain(bench_title(UNDECIDED, NOW_US)).endswith("3.8.0 vs 3.8.1  ▲ older run, 3 of 4")
    assert "  3.8.1  " in plain(bench_title(BASELINE, NOW_US))


def test_only_an_undecided_run_without_a_fail_has_gates_to_accept() -> None:
    assert undecided(UNDECIDED) == ("functional",)
    assert undecided(FAILED) == undecided(BASELINE) == undecided(REFUSED) == ()
    both = UNDECIDED._replace(rows=(*UNDECIDED.rows, JAILBREAK._replace(verdict="INCONCLUSIVE"), CONSISTENCY))
    assert undecided(both) == ("functional", "safety")


def test_lines_that_are_left_go_to_the_advice_first() -> None:
    assert shares([1, 1, 1], 6) == [1, 1, 1]
    assert shares([5, 5, 5], 6) == [2, 2, 2]
    assert shares([5, 5, 5], 5) == [1, 2, 2]
    assert shares([1, 9, 2], 6) == [1, 3, 2]
    assert shares([5, 5, 5], 3) == [1, 1, 1]
    assert shares([5, 5, 5], 1) == [1, 1, 1]


@given(
    st.lists(st.lists(st.text(st.sampled_from("abc /-é日"), min_size=1, max_size=200), max_size=3), min_size=3, max_size=3),
    st.integers(60, 130), st.sampled_from([3, 6, 10]),
)  # fmt: skip
def test_the_three_questions_fit_and_each_is_there(answers: list[list[str]], width: int, room: int) -> None:
    lines = question_lines(answers, width, room, "m")
    assert 3 <= len(lines) <= room
    assert all(width_of(spans) <= width for spans in lines)
    for label in ("WHAT CHANGED", "WHAT IS THE RISK", "WHAT TO DO NOW"):
        assert sum(label in plain(spans) for spans in lines) == 1


def test_a_cut_answer_names_the_key_that_tells_it_whole_and_an_empty_one_is_not_silent() -> None:
    lines = [plain(spans) for spans in question_lines((("word " * 60,), (), ("do it",)), 80, 4, "m")]
    assert lines[1].endswith("word … [m]")
    assert "not known: treat it as real" in lines[2]


def test_measures_come_before_facts_and_the_questions_stand_in_full() -> None:
    labels = [block.label for block in measure_blocks(FAILED)]
    assert labels[:6] == ["LATENCY P50", "LATENCY P95", "LATENCY P99", "COST PER ITEM", "CALIBRATION", "SUITE"]
    assert labels[-3:] == ["WHAT CHANGED", "WHAT IS THE RISK", "WHAT TO DO NOW"]
    assert measure_blocks(FAILED)[-2].lines == FAILED.risk
    assert "none" in measure_blocks(REFUSED)[0].lines[0]


# ------------------------------------------------------------------ flips


def test_a_flip_says_lost_or_won_and_from_what_to_what() -> None:
    row = Flip("q-0301", "accounts", ("long-context",), 1.0, 0.4, "lost")
    assert texts(flip_cells(row, NOW_US)) == ["✖ lost", "q-0301", "1 → 0.4", "accounts", "long-context"]
    assert texts(flip_cells(row._replace(word="won", cluster=""), NOW_US))[::3] == ["● won", "-"]
    assert [score(v) for v in (1.0, 0.0, 2 / 3, 0.5)] == ["1", "0", "0.67", "0.5"]


def test_lost_items_come_first_in_the_order_they_were_told() -> None:
    words = [row.word for row in lost_first(FLIPPED.rows)]
    assert words == sorted(words)
    assert [row.item for row in lost_first(FLIPPED.rows)][:2] == ["q-0101", "q-0102"]


def test_clusters_that_lost_most_come_first_and_the_rest_is_counted() -> None:
    rows = [ClusterRow("a", 10, 1, 0), ClusterRow("", 10, 2, 5), ClusterRow("c", 30, 12, 1)]
    lines = [plain(spans) for spans in cluster_lines(rows, 4)]
    assert [text.split()[0] for text in lines] == ["c", "(no", "a"]
    assert lines[0].split() == ["c", "12", "lost", "1", "won", "of", "30", "█" * 12]
    few = [plain(spans) for spans in cluster_lines(rows, 2)]
    assert few[1] == " … 2 more clusters: 3 lost, 5 won. /cluster=name shows one"
    assert cluster_lines((), 4) == []


def test_items_are_filtered_by_word_cluster_and_a_slice() -> None:
    for text, count in (("word=won", 5), ("cluster=refunds", 22), ("slice:policy-edge", 15), ("q-0399", 1)):
        found = parse(text, FLIPS.names)
        assert sum(found.matches(FLIPS.fields(row)) for row in FLIPPED.rows) == count


def test_a_chart_is_copied_as_numbers() -> None:
    lines = chart_text(TRENDS[0]).splitlines()
    assert lines[0] == "support-bot golden-v7 support_golden accuracy"
    assert lines[5] == "3.8.2 (iteration 1418): 0.862 [0.841, 0.883]"
    assert lines[-1] == "-5.2 pp [-7.4, -3.1] FAIL"


def test_a_line_that_was_not_judged_is_drawn_without_an_interval() -> None:
    row = line("t", "m", "", "safety", "INCONCLUSIVE", None, None, None, None, None, 1, "pp", note="no value for it")
    assert texts(gate_cells(row, NOW_US))[2:5] == ["- → ?", "not judged", "     ┊  0  "]
    assert "no value for it" in plain(gate_detail(row))


# ------------------------------------------------------------------ the trend


@pytest.mark.parametrize("width", [120, 60, 40, 28])
def test_the_legend_drops_what_does_not_fit_and_never_cuts_a_word(width: int) -> None:
    trend = TRENDS[1]._replace(metric="jailbreak_success", task="jailbreakbench")
    spans = legend(trend, "2/2 ] next", width)
    assert width_of(spans) <= width or len(spans) == 1
    assert spans[0][0] == "jailbreak_success (lower is better)"


def test_a_rate_changes_in_percentage_points_and_a_latency_in_per_cent() -> None:
    assert change(TRENDS[0]) == "-5.2 pp"
    slow = TRENDS[0]._replace(baseline=200.0, points=(TRENDS[0].points[0]._replace(value=250.0),))
    assert change(slow) == "+25.0%"


def test_the_summary_names_version_value_baseline_delta_and_verdict() -> None:
    text = "".join(part for part, _ in summary(TRENDS[0]))
    assert text == "canary 3.8.2 0.862  baseline 3.8.1 0.914  -5.2 pp [-7.4, -3.1]  n 500  margin 2  ✖ FAIL"
