"""What an edit changed, in words; and whether that is another meaning."""

from __future__ import annotations

import random
import time
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pulse_tui.domain.note import Label, Note
from pulse_tui.enrich.vendors.classify import classify
from pulse_tui.enrich.vendors.diff import Op, diff, numbers
from pulse_tui.enrich.vendors.news import holds, off_since, other_meaning
from tests.fakes.nouns import NOW
from tests.servers import forms


def note(body: str, title: str = "gpt-4.1", days: float = -1, key: str = "k") -> Note:
    at = NOW + timedelta(days=days)
    return Note(source="news", key=key, vendor="openai", title=title, body=body, published_at=at)


@pytest.mark.parametrize(
    ("before", "after", "labels", "said"),
    [
        ("Retired on June 15.", "Retired on July 1.", [Label.DEPRECATION], "retirement moved June 15 -> July 1"),
        ("It shuts down on 2027-03-01.", "It shuts down on 2026-12-15 (was 2027-03-01).", [Label.DEPRECATION],
         "shutdown moved 2027-03-01 -> 2026-12-15"),
        ("Limits are 1,000 requests per minute.", "Limits are 500 requests per minute.", [Label.RATE_LIMIT],
         "number 1,000 -> 500 requests per minute"),
        ("It costs $10.00 a month.", "It costs $8 a month.", [Label.PRICING], "price $10.00 -> $8"),
        ("It is retired.", "It is retired on July 1, 2027.", [Label.DEPRECATION], "retirement set for July 1, 2027"),
        ("It is retired on July 1, 2027.", "It is retired.", [Label.DEPRECATION], "retirement July 1, 2027 taken out"),
        ("From 2027-03-01 on.", "From 1 March 2027 on.", [], ""),
        ("At 1,000 tokens.", "At 1000 tokens.", [], ""),
        ("For gpt-4o-2024-08-06 only.", "For gpt-4o-2024-11-20 only.", [], ""),
    ],
)  # fmt: skip
def test_what_moved_is_said_in_a_sentence(before: str, after: str, labels: list[Label], said: str) -> None:
    assert diff(note(before), note(after), labels).sentence == said


def test_the_words_that_went_and_came_stand_between_those_that_stayed() -> None:
    parts = diff(note("It will be retired on June 15."), note("It will be retired on July 1 for all.")).words
    assert [(p.op, p.text) for p in parts] == [
        (Op.SAME, "gpt-4.1\nIt will be retired on"),
        (Op.GONE, "June 15"),
        (Op.CAME, "July 1 for all"),
        (Op.SAME, "."),
    ]


@given(
    st.lists(st.sampled_from(["a", "b", "c", "d", "e", "f"]), max_size=30),
    st.lists(st.sampled_from("abcdefg"), max_size=30),
)
@settings(max_examples=forms.examples(150), deadline=None)
def test_both_texts_can_be_put_together_again(before: list[str], after: list[str]) -> None:
    parts = diff(note(" ".join(before), title="t"), note(" ".join(after), title="t")).words
    old = " ".join(p.text for p in parts if p.op is not Op.CAME).split()
    new = " ".join(p.text for p in parts if p.op is not Op.GONE).split()
    assert (old, new) == (["t", *before], ["t", *after])


@pytest.mark.parametrize("kinds", [2, 50, 3_000, 100_000])
def test_long_texts_take_a_short_time(kinds: int) -> None:
    chance = random.Random(kinds)
    one, two = (" ".join(f"w{chance.randrange(kinds)}" for _ in range(12_000)) for _ in range(2))
    begun = time.process_time()
    diff(note(one), note(two))
    numbers("1" * 20_000 + " 2027-01-0" * 2_000)
    assert time.process_time() - begun < 5.0


@pytest.mark.parametrize(
    ("before", "after", "other"),
    [
        ("Retires gpt-4.1 on 2027-03-01.", "Retires gpt-4.1 on 2027-03-02.", True),
        ("Retires gpt-4.1 on 2027-03-01.", "We will not retire gpt-4.1 after all; 2027-03-01 is off.", True),
        ("Limits are 1,000 requests.", "Limits are 500 requests.", True),
        ("It costs $3.", "It costs $4.", True),
        ("The guide of gpt-4.1 is new.", "The guide of gpt-4o is new.", True),
        ("The guide is recieved well.", "The guide is received well.", False),
        ("The guide is new.", "The guide is new. Learn more.", False),
        ("The guide is new.", "The guide is new.\nBreaking change: the default of the reasoning setting changes for all.", True),
        ("The guide is new.", "The guide is new and you find it in the menu of our console.", False),
        ("Investigating - errors of gpt-4.1", "Resolved - fine. Investigating - errors of gpt-4.1", True),
    ],
)  # fmt: skip
def test_an_edit_is_news_where_it_means_something_else(before: str, after: str, other: bool) -> None:
    was, now = note(before), note(after)
    assert other_meaning(was, now, classify(was), classify(now)) is other


@pytest.mark.parametrize(
    ("body", "days", "still"),
    [
        ("gpt-4.1 will be shut down on 2027-03-01.", -300, True),
        ("gpt-4.1 will be shut down on 2028-03-01.", -3, False),
        ("gpt-4.1 was shut down on 2026-03-01.", -300, False),
        ("gpt-4.1 will be shut down not sooner than 2027-03-01.", -3, False),
        ("Investigating - elevated errors of gpt-4.1", -2, True),
        ("Investigating - elevated errors of gpt-4.1", -90, False),
        ("Resolved - fine. Investigating - elevated errors of gpt-4.1", -2, False),
        ("Rate limits of gpt-4.1 are now 5 requests per minute.", -2, False),
    ],
)
def test_of_history_what_is_still_ahead_or_goes_on_holds(body: str, days: float, still: bool) -> None:
    one = note(body, days=days)
    assert holds(one, classify(one), NOW) is still


def test_an_end_that_a_later_entry_takes_back_is_off() -> None:
    ends = note("gpt-4.1 will be shut down on 2027-03-01.", days=-9)
    back = note("We have decided not to retire gpt-4.1.", days=-2, key="b")
    assert off_since(ends, [ends, back])
    assert not off_since(ends, [ends, note("We have decided not to retire gpt-4o.", "gpt-4o", -2, "c")])
    assert not off_since(ends, [ends, note("We have decided not to retire gpt-4.1.", days=-20, key="d")])
