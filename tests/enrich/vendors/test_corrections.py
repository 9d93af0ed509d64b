"""A correction by a person as a rule."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from pulse_tui.domain.note import Label, LocalRule, Note
from pulse_tui.enrich.vendors.classify import classify, judge_note
from pulse_tui.enrich.vendors.corrections import applies, in_order, learned, newest_first, overruled

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def note(body: str, title: str, vendor: str = "openai") -> Note:
    return Note(source="news", key=title, vendor=vendor, title=title, body=body, published_at=AT)


def rule_of(item: Note, *labels: Label, day: int = 21) -> LocalRule:
    return learned(item, judge_note(item).phrase, labels, "ana", AT.replace(day=day), "why")


ENDS = note("Idle sessions of gpt-4.1 are **retired** after an hour.", "Sessions that idle too long")
PAGE = note("Idle sessions of gpt-4.1 are retired after an hour. A button is new.", "OpenAI changelog 2026-11-03")


def test_it_asks_for_the_phrase_that_was_taken_for_something_and_the_longest_words_of_the_title() -> None:
    assert rule_of(ENDS, Label.OTHER).words == ("retired", "sessions", "idle", "long")


def test_where_the_title_only_names_the_page_it_asks_for_words_of_the_sentence() -> None:
    assert rule_of(PAGE, Label.OTHER).words == ("retired", "idle", "sessions", "after", "hour")


@pytest.mark.parametrize(
    "item",
    [
        ENDS,
        PAGE,
        note("", "gpt-4.1"),
        note("新しい", "モデル"),
        note("x" * 50_000, "y"),
        note("- a\n- [link](https://x.example) to `code`\n", "2026"),
    ],
)
def test_the_rule_applies_to_its_own_note_and_decides_it(item: Note) -> None:
    rule = rule_of(item, Label.INCIDENT, Label.PRICING)
    read = classify(item, [rule])
    assert read.labels == (Label.PRICING, Label.INCIDENT)
    assert {text for _, text in read.why} == {f"corrected by ana: {', '.join(rule.words)}"[:200]} or len(read.why) == 2
    assert not read.review


def test_it_applies_to_its_vendor_alone_and_only_with_all_its_words() -> None:
    rule = rule_of(ENDS, Label.OTHER)
    text = f"{ENDS.title}\n{ENDS.body}"
    assert applies(rule, "OpenAI", text)
    assert not applies(rule, "mistral", text)
    assert not applies(rule, "openai", text.replace("idle", "busy").replace("Idle", "Busy"))
    assert not applies(msgspec.structs.replace(rule, words=()), "openai", text)


def test_other_stands_alone_and_labels_have_one_order() -> None:
    assert in_order([Label.PRICING, Label.OTHER, Label.BEHAVIOUR_CHANGE]) == (Label.BEHAVIOUR_CHANGE, Label.PRICING)
    assert in_order([Label.OTHER]) == (Label.OTHER,)
    assert in_order([]) == (Label.OTHER,)


def test_of_two_that_apply_the_newer_counts_and_the_older_is_overruled() -> None:
    old, new = rule_of(ENDS, Label.OTHER), msgspec.structs.replace(rule_of(ENDS, Label.INCIDENT, day=22), id="new")
    assert classify(ENDS, newest_first([old, new])).labels == (Label.INCIDENT,)
    assert overruled([old, new]) == {old.id: new}
    assert overruled([old]) == overruled([msgspec.structs.replace(new, labels=old.labels), old]) == {}
