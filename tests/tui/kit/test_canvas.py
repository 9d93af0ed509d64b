from __future__ import annotations

import pytest
from rich.cells import cell_len

from pulse_tui.tui.alerts.rows import ALERTS
from pulse_tui.tui.kit import rows, styles
from pulse_tui.tui.kit.canvas import difference, fit, pad, safe
from pulse_tui.tui.registry.rows import REGISTRY


def test_every_state_has_a_glyph_and_its_word() -> None:
    for word in ("ok", "risk", "FAIL", "frozen", "paused", "blocked", "retest", "unknown", "something new"):
        text, _ = styles.state(word)
        glyph, _, rest = text.partition(" ")
        assert len(glyph) == 1
        assert rest == word


def test_every_glyph_has_an_ascii_form_of_the_same_width() -> None:
    for glyph in "●▲✖■‖◆✓○•▒▌█┄┈─│┌┐└┘━┍┑…·→":
        assert styles.to_ascii(glyph).isascii()
        assert len(styles.to_ascii(glyph)) == 1


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
    assert styles.wants_ascii(environment, encoding) is ascii


@pytest.mark.parametrize("text", ["plain", "日本語のモデル名がここに", "é́", "a\x1b[31mred", "a\nb", ""])
@pytest.mark.parametrize("width", [0, 1, 2, 5, 40])
def test_fit_has_exactly_the_cells_it_was_given_and_no_control_character(text: str, width: int) -> None:
    fitted = fit(text, width)
    assert cell_len(fitted) == width
    assert fitted.isprintable()


def test_an_escape_sequence_is_taken_out_and_markup_is_left_as_text() -> None:
    assert safe("\x1b]0;owned\x07[red]x[/red]") == "[red]x[/red]"


def test_the_difference_of_two_lines_names_only_the_cells_that_changed() -> None:
    old = (("a", styles.PLAIN), ("bb", styles.PLAIN), ("c", styles.PLAIN), ("d", styles.PLAIN))
    new = (("a", styles.PLAIN), ("BB", styles.PLAIN), ("C", styles.PLAIN), ("d", styles.PLAIN))
    assert difference(old, new) == [(1, 3)]
    assert difference(old, old) == []
    assert difference(old, (("abbcX", styles.PLAIN),)) == [(0, 5)]


def test_a_line_is_padded_or_cut_to_its_width() -> None:
    assert pad([("abcdef", styles.PLAIN)], 4) == (("abc…", styles.PLAIN),)
    assert pad([("ab", styles.PLAIN)], 4)[-1][0] == "  "


def test_columns_give_way_in_their_order_and_the_flexible_one_takes_the_rest() -> None:
    columns = tuple(column for column in ALERTS.columns if not column.hidden)
    widest = [4, 60, 11, 3, 1]
    assert rows.column_widths(columns, widest, 77) == (4, 54, 11, 3, 1)
    assert rows.column_widths(columns, widest, 50) == (4, 29, 11, 3, 0)
    narrow = rows.column_widths(columns, widest, 40)
    assert narrow[2] == 0
    assert sum(narrow) + sum(1 for w in narrow if w) - 1 == 40
    assert all(w >= 0 for w in rows.column_widths(columns, widest, 5))


def test_a_column_with_a_short_form_gives_way_before_a_name_is_cut() -> None:
    widest = [13, 6, 7, 4, 25, 5, 5, 6]
    asset, _, _, _, state, *_ = rows.column_widths(REGISTRY.columns[:8], widest, 51)
    assert (asset, state) == (13, 22)
