from __future__ import annotations

import pytest

from pulse_tui.domain.views.vendors import Hunk, NoteEdit
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.rows import Cells
from pulse_tui.tui.vendors import rows
from pulse_tui.tui.vendors.correcting import correction_fields, labels_of
from pulse_tui.tui.vendors.note import edit_blocks
from pulse_tui.tui.vendors.shutdowns import shutdown_detail, summary
from tests.fakes.registry_desk import NOW_US, ago
from tests.fakes.vendor_desk import CORRECTED, DAY, EDITS, ENDS, NOTES

BY_KEY = {row.key: row for row in NOTES}
BY_MODEL = {row.key: row for row in ENDS.rows}


def texts(cells: Cells) -> list[str]:
    return [text for text, _ in cells]


def test_a_note_says_when_it_was_read_whose_it_is_what_about_whom_it_reaches() -> None:
    assert texts(rows.note_cells(BY_KEY["n-1"], NOW_US)) == [
        "3h", "openai", "deprecation", "gpt-4.1-2025-04-14 will be shut down", "support-bot, code-assist, summarizer", "",
    ]  # fmt: skip
    assert texts(rows.note_cells(BY_KEY["n-4"], NOW_US))[2:5:2] == ["pricing, limit", "—"]


@pytest.mark.parametrize(
    ("key", "mark"),
    [("n-2", "? review"), ("n-3", "✎ edited"), ("n-5", "✖ removed"), ("n-6", "✓ corrected"), ("n-0", "history"), ("n-1", "")],
)  # fmt: skip
def test_its_mark_is_a_glyph_and_a_word(key: str, mark: str) -> None:
    assert rows.note_mark(BY_KEY[key])[0] == mark


def test_what_bears_an_older_date_than_its_first_reading_was_back_dated_but_history_never_was() -> None:
    late = BY_KEY["n-1"]._replace(dated_us=ago(3 + 8 * DAY))
    assert rows.note_mark(late)[0] == "▲ back-dated 8d"
    assert rows.note_mark(late._replace(history=True))[0] == "history"
    assert rows.note_mark(late._replace(dated_us=None))[0] == ""


def test_history_is_dim_and_asks_for_nobody() -> None:
    cells = rows.note_cells(BY_KEY["n-0"], NOW_US)
    assert {style for _, style in cells} == {styles.DIM}
    assert not rows.NOTES.wants_attention(BY_KEY["n-0"])
    assert rows.NOTES.wants_attention(BY_KEY["n-1"])


def test_names_that_do_not_fit_are_counted() -> None:
    assert rows.shorter("support-bot, code-assist, summarizer", 30) == "support-bot, code-assist +1"
    assert rows.shorter("support-bot, code-assist, summarizer", 14) == "support-bot +2"
    assert rows.shorter("support-bot, code-assist, summarizer", 10) == "suppor… +2"
    assert len(rows.shorter("a-very-long-name-of-one", 8)) <= 8


def test_a_filter_finds_a_note_by_label_asset_and_state() -> None:
    fields = rows.note_fields(BY_KEY["n-4"])
    assert (fields["label"], fields["whom"], fields["state"]) == ("pricing rate_limit", "", "new")
    assert rows.note_fields(BY_KEY["n-2"])["state"] == "review"


def test_an_end_says_how_many_days_are_left_by_whose_word_and_for_whom() -> None:
    assert texts(rows.shutdown_cells(BY_MODEL["openai/gpt-4.1-2025-04-14"], NOW_US)) == [
        "41", "openai/gpt-4.1", "openai …-2025-04-14", "2027-01-03", "openai/gpt-5.5", "code-assist, support-bot",
        "2 agree", "▲ ends soon",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("model", "days", "date", "state"),
    [
        ("openai/gpt-4o-2024-05-13", "-5", "2026-11-18", "✖ ended, in use"),
        ("azure/gpt-4.1", "170", "2027-05", "? differ"),
        ("anthropic/claude-opus-4-6", "300", "≥ 2027-09-19", "○ not before"),
        ("mistral/mistral-large-latest", "—", "unknown", "? no date"),
    ],
)
def test_an_end_is_never_better_known_than_it_is(model: str, days: str, date: str, state: str) -> None:
    cells = texts(rows.shutdown_cells(BY_MODEL[model], NOW_US))
    assert (cells[0], cells[3], cells[-1]) == (days, date, state)


def test_an_earliest_date_that_has_passed_is_no_end() -> None:
    row = BY_MODEL["anthropic/claude-opus-4-6"]._replace(floor_us=ago(DAY))
    assert rows.shutdown_state(row, NOW_US)[0] == "● served"
    assert rows.shutdown_state(row._replace(stage=""), NOW_US)[0] == "? no date"


def test_what_is_called_retired_or_deprecated_without_a_date_is_never_without_an_end() -> None:
    row = BY_MODEL["mistral/mistral-large-latest"]
    assert rows.shutdown_state(row._replace(stage="retired"), NOW_US)[0] == "✖ ended, in use"
    assert rows.shutdown_state(row._replace(stage="deprecated"), NOW_US)[0] == "▲ deprecated"


def test_what_is_stated_of_another_platform_is_shown_as_that() -> None:
    detail = "".join(text for text, _ in shutdown_detail(BY_MODEL["azure/gpt-4.1"], NOW_US))
    assert "elsewhere, which says nothing of azure: openai/gpt-4.1-2025-04-14 2027-01-03 (openai-news)" in detail
    none = "".join(text for text, _ in shutdown_detail(BY_MODEL["mistral/mistral-large-latest"], NOW_US))
    assert "nobody states when it ends there" in none


def test_the_calendar_counts_what_no_source_gives_a_date_for() -> None:
    first, second = summary(ENDS, NOW_US)
    assert first == (
        "5 hosted models in use: ✖ 1 ended and still in use; 3 with a date, 1 with an earliest date; "
        "? 1 without any that is known, which is no promise"
    )
    assert second.startswith("? 1 more model in use without a platform")
    assert "no source states ends" in summary(ENDS._replace(sources=()), NOW_US)[1]


def test_an_edit_shows_what_moved_then_the_words_that_went_and_those_that_came() -> None:
    blocks = list(edit_blocks(EDITS))
    assert blocks[0].lines[0].endswith("edited: its date of effect moved 2026-06-15 -> 2027-07-01")
    assert [(b.lines[0][:1], b.style) for b in blocks[1:4]] == [
        ("−", styles.BAD), ("+", styles.GOOD), ("+", styles.GOOD),
    ]  # fmt: skip
    assert blocks[-1].lines[0].endswith("first read")


def test_an_edit_of_many_places_counts_those_that_are_not_shown() -> None:
    many = NoteEdit(ago(1), "edited", hunks=tuple(Hunk(str(n), "") for n in range(30)))
    assert list(edit_blocks((many,)))[-1].lines == ("and 18 more places",)


@pytest.mark.parametrize(
    ("typed", "labels"),
    [
        ("d p", ("deprecation", "pricing")),
        ("pd", ("deprecation", "pricing")),
        ("Pricing, rate_limit", ("rate_limit", "pricing")),
        ("rate-limit", ("rate_limit",)),
        ("o", ("other",)),
    ],
)
def test_labels_are_typed_as_letters_or_words(typed: str, labels: tuple[str, ...]) -> None:
    assert labels_of(typed) == labels


@pytest.mark.parametrize("typed", ["", " ", "x", "d o", "dx"])
def test_what_is_no_label_is_refused(typed: str) -> None:
    labels_field = correction_fields(("other",))[0]
    assert labels_field.value == ""
    assert correction_fields(("deprecation", "pricing"))[0].value == "d p"
    assert labels_field.wrong(typed)


def test_a_correction_says_what_follows_it() -> None:
    (row,) = CORRECTED
    assert texts(rows.correction_cells(row, NOW_US)) == ["3d", "openai", "incident", "“elevated errors”", "ana"]
