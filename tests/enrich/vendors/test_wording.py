"""Which words of a text were changed."""

from __future__ import annotations

from time import process_time

import pytest

from pulse_tui.domain.views.vendors import Hunk
from pulse_tui.enrich.vendors.wording import SHOWN, hunks


def test_the_words_that_went_and_those_that_came_stand_with_a_few_around_them() -> None:
    before = "The model gpt-4o will be retired on June 15, 2026 in the API and in all tiers."
    after = "The model gpt-4o will be retired on July 1, 2026 in the API and in all tiers."
    assert hunks(before, after) == (
        Hunk("… will be retired on June 15, 2026 in the API …", "… will be retired on July 1, 2026 in the API …"),
    )


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ("a b c", "a b c", ()),
        ("a  b\nc", "a b c", ()),
        ("", "", ()),
        ("a b", "a b c", (Hunk("", "a b c"),)),
        ("a b c", "a b", (Hunk("a b c", ""),)),
        ("", "a", (Hunk("", "a"),)),
    ],
)
def test_white_space_is_no_change_and_what_only_came_or_went_has_one_side(
    before: str, after: str, found: tuple[Hunk, ...]
) -> None:
    assert hunks(before, after) == found


def test_places_that_stand_close_are_one_and_others_are_several() -> None:
    text = "one two three four five six seven eight nine ten eleven twelve"
    assert len(hunks(text, text.replace("two", "2").replace("four", "4"))) == 1
    assert len(hunks(text, text.replace("two", "2").replace("eleven", "11"))) == 2


def test_a_long_text_that_was_written_again_costs_little_and_is_cut() -> None:
    began = process_time()
    (hunk,) = hunks(" ".join(["a"] * 50_000), " ".join(["b", "a"] * 25_000))
    hunks(" ".join(["a b"] * 200), " ".join(["b a"] * 200))
    assert process_time() - began < 1.0
    assert len(hunk.added.split()) <= SHOWN + 2
