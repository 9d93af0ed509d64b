from __future__ import annotations

import pytest
from rich.cells import cell_len

from pulse_tui.tui.evals.pane import change, legend, summary
from pulse_tui.tui.kit import look, rows
from pulse_tui.tui.kit.canvas import difference, fit, pad, safe, width_of
from pulse_tui.tui.registry import rows as registry_rows
from tests.fakes.bench_desk import TRENDS
from tests.fakes.desk import ADVISORIES, ALERTS, REGISTRY
from tests.fakes.registry_desk import NOW_US


def texts(cells: rows.Cells) -> list[str]:
    return [text for text, _ in cells]


def test_a_registry_row_says_where_what_and_since_when() -> None:
    assert texts(registry_rows.registry_cells(REGISTRY[1], NOW_US)) == [
        "support-bot",
        "canary",
        "3.8.2",
        "1418",
        "✖ FAIL",
        "2h",
        "3.8.1",
        "registry",
    ]


def test_what_is_not_known_is_shown_as_such() -> None:
    assert texts(registry_rows.registry_cells(REGISTRY[4], NOW_US))[3:] == ["-", "? conflict", "-", "-", "estate"]


def test_an_unknown_priority_is_a_question_mark_and_what_was_not_audited_has_no_hits() -> None:
    assert texts(rows.advisory_cells(ADVISORIES[2], NOW_US)) == ["?", "GHSA-xxxx", "torch 2.6.0", "", "? not audited"]


def test_hits_outside_production_are_not_called_production() -> None:
    assert texts(rows.advisory_cells(ADVISORIES[1], NOW_US))[3] == "1 other"


def test_an_overdue_alert_says_so_before_anything_else() -> None:
    assert texts(rows.alert_cells(ALERTS[0], NOW_US))[:2] == ["P1 ▲", "overdue: CVE-2026-3248 reaches embed-gateway"]


def test_a_firing_alert_is_a_glyph_and_its_title() -> None:
    assert texts(rows.alert_cells(ALERTS[1], NOW_US))[:2] == ["P2 ▲", "accuracy -5.2 pp on support-bot canary"]


def test_an_acknowledged_alert_is_faint_and_nobody_is_named_when_there_is_no_owner() -> None:
    cells = rows.alert_cells(ALERTS[2]._replace(owner=""), NOW_US)
    assert cells[0][0] == "P4 ✓"
    assert cells[1] == ("acked: gpt-4.1 shuts down in 41 d: 3 assets", look.DIM)
    assert cells[2][0] == "nobody"


def test_an_alert_of_unknown_priority_keeps_its_question_mark_and_its_glyph() -> None:
    assert texts(rows.alert_cells(ALERTS[0]._replace(priority="unknown"), NOW_US))[0] == "?  ▲"


@pytest.mark.parametrize(
    ("state", "hold", "text"),
    [
        ("FAIL", "blocked", "✖ FAIL ■ blocked"),
        ("risk", "paused", "▲ risk ‖ paused"),
        ("frozen", "frozen", "■ frozen"),
        ("ok", "", "● ok"),
    ],
)
def test_a_hold_is_said_beside_a_more_urgent_state(state: str, hold: str, text: str) -> None:
    row = REGISTRY[0]._replace(state=state, hold=hold)
    assert texts(registry_rows.registry_cells(row, NOW_US))[4] == text


def test_a_freeze_of_the_header_is_on_the_row_whatever_its_state() -> None:
    at_risk = (REGISTRY[0], REGISTRY[3]._replace(state="risk"))
    assert [r.hold for r in registry_rows.frozen_rows(at_risk, ("embed-gateway",))] == ["", "frozen"]
    assert [r.hold for r in registry_rows.frozen_rows(at_risk, ("everything",))] == ["frozen", "frozen"]
    assert registry_rows.frozen_rows(at_risk, ()) is at_risk


def test_every_state_has_a_glyph_and_its_word() -> None:
    for word in ("ok", "risk", "FAIL", "frozen", "paused", "blocked", "retest", "unknown", "something new"):
        text, _ = look.state(word)
        glyph, _, rest = text.partition(" ")
        assert len(glyph) == 1
        assert rest == word


def test_every_glyph_has_an_ascii_form_of_the_same_width() -> None:
    for glyph in "●▲✖■‖◆✓○•▒▌█┄┈─│┌┐└┘━┍┑…·→":
        assert look.to_ascii(glyph).isascii()
        assert len(look.to_ascii(glyph)) == 1


@pytest.mark.parametrize(
    ("environment", "encoding", "ascii"),
    [
        ({"LANG": "C.UTF-8"}, "utf-8", False),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "C"}, "utf-8", True),
        ({"LANG": "en_US.ISO-8859-1"}, "iso-8859-1", True),
        ({"PULSE_ASCII": "1"}, "utf-8", True),
        ({"PULSE_ASCII": "0"}, "utf-8", False),
        ({}, "utf-8", False),
    ],
)
def test_ascii_is_drawn_where_utf8_cannot_be(environment: dict[str, str], encoding: str, ascii: bool) -> None:
    assert look.wants_ascii(environment, encoding) is ascii


@pytest.mark.parametrize("text", ["plain", "日本語のモデル名がここに", "é́", "a\x1b[31mred", "a\nb", ""])
@pytest.mark.parametrize("width", [0, 1, 2, 5, 40])
def test_fit_has_exactly_the_cells_it_was_given_and_no_control_character(text: str, width: int) -> None:
    fitted = fit(text, width)
    assert cell_len(fitted) == width
    assert fitted.isprintable()


def test_an_escape_sequence_is_taken_out_and_markup_is_left_as_text() -> None:
    assert safe("\x1b]0;owned\x07[red]x[/red]") == "[red]x[/red]"


def test_the_difference_of_two_lines_names_only_the_cells_that_changed() -> None:
    old = (("a", look.PLAIN), ("bb", look.PLAIN), ("c", look.PLAIN), ("d", look.PLAIN))
    new = (("a", look.PLAIN), ("BB", look.PLAIN), ("C", look.PLAIN), ("d", look.PLAIN))
    assert difference(old, new) == [(1, 3)]
    assert difference(old, old) == []
    assert difference(old, (("abbcX", look.PLAIN),)) == [(0, 5)]


def test_a_line_is_padded_or_cut_to_its_width() -> None:
    assert pad([("abcdef", look.PLAIN)], 4) == (("abc…", look.PLAIN),)
    assert pad([("ab", look.PLAIN)], 4)[-1][0] == "  "


def test_columns_give_way_in_their_order_and_the_flexible_one_takes_the_rest() -> None:
    columns = rows.ALERTS.columns
    widest = [4, 60, 11, 3, 1]
    assert rows.column_widths(columns, widest, 77) == (4, 54, 11, 3, 1)
    assert rows.column_widths(columns, widest, 50) == (4, 29, 11, 3, 0)
    narrow = rows.column_widths(columns, widest, 40)
    assert narrow[2] == 0
    assert sum(narrow) + sum(1 for w in narrow if w) - 1 == 40
    assert all(w >= 0 for w in rows.column_widths(columns, widest, 5))


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
    assert text == "3.8.2 0.862  baseline 3.8.1 0.914  -5.2 pp [-7.4, -3.1]  n 500  margin 2  ✖ FAIL"
