"""A listing beside the memory of its page: whatever it lists, in whatever order, nothing is lost and nothing comes twice."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulse_tui.domain.note import Label, Note, NoteKind, Page, PageState, Reading, StoredNote, What
from pulse_tui.enrich.vendors.listing import ALIASES, Listing, compare, digest, grown, stays
from tests.fakes.nouns import NOW, changed
from tests.servers import forms

OTHER = Reading(labels=(Label.OTHER,))


def note(key: str, body: str, days: float = -9, **fields: Any) -> Note:
    title = fields.pop("title", "")
    at = NOW + timedelta(days=days)
    return Note(source="news", key=key, vendor="openai", title=title, body=body, published_at=at, **fields)


def page(*notes: Note, **fields: Any) -> Page:
    return Page(source="news", vendor="openai", notes=notes, **{"rolling": False, **fields})


def memory(*notes: Note, listed: bool = True) -> dict[str, StoredNote]:
    return {n.key: StoredNote(note=n, reading=OTHER, first_at=NOW, changed_at=NOW, listed=listed) for n in notes}


def state(**fields: Any) -> PageState:
    return PageState(source="news", vendor="openai", **{"baseline_at": NOW, "read_at": NOW, **fields})


def happened(found: Listing) -> list[tuple[str, What]]:
    return [(e.note.key, e.what) for e in found.entries]


def plain(number: int) -> list[Note]:
    return [
        note(f"2026-11-{n % 9 + 1}#{n:04}", f"Entry {n} is about field {n} of the console.", -n) for n in range(number)
    ]


def test_what_is_as_it_was_is_nothing(  # its date and link do not count
) -> None:
    was = plain(6)
    now = [changed(n, published_at=NOW, link="https://example.test/?session=2") for n in was]
    found = compare(page(*now), memory(*was), state())
    assert (found.entries, found.removed, found.suspect) == ((), (), "")


def test_of_two_edits_on_one_day_each_is_paired_with_its_own() -> None:
    one = note("2026-11-03#1", "The Batch API takes files of up to 200 MB from tier 2 on.")
    two = note("2026-11-03#2", "Rate limits of gpt-4.1 are now 500 requests per minute.")
    now = [
        note("2026-11-03#3", "Rate limits of gpt-4.1 are now 900 requests per minute."),
        note("2026-11-03#4", "The Batch API takes files of up to 500 MB from tier 2 on."),
        note("2026-11-03#5", "Released gpt-image-1 on the Images API."),
    ]
    found = compare(page(*now), memory(one, two), state())
    assert sorted(happened(found)) == [
        ("2026-11-03#1", What.EDITED),
        ("2026-11-03#2", What.EDITED),
        ("2026-11-03#5", What.NEW),
    ]
    assert found.removed == ()
    assert dict(found.aliases) == {"2026-11-03#3": "2026-11-03#2", "2026-11-03#4": "2026-11-03#1"}


def test_an_entry_that_is_new_where_another_one_went_is_not_its_edit() -> None:
    was = note("2026-11-03#1", "Rate limits of gpt-4.1 are now 500 requests per minute.")
    now = note("2026-11-03#2", "Released gpt-image-1 on the Images API for everybody.")
    found = compare(page(now), memory(was), state())
    assert (happened(found), found.removed) == ([("2026-11-03#2", What.NEW)], ("2026-11-03#1",))


def test_keys_of_models_are_not_paired_however_alike_their_rows_are() -> None:
    was = note("gpt-4-0314", "gpt-4-0314 is shut down on 2026-12-01, use gpt-5 instead.")
    now = note("gpt-4-0613", "gpt-4-0613 is shut down on 2026-12-01, use gpt-5 instead.")
    found = compare(page(now), memory(was), state())
    assert (happened(found), found.removed) == ([("gpt-4-0613", What.NEW)], ("gpt-4-0314",))


def test_an_entry_that_moved_to_another_day_is_the_same_one() -> None:
    text = "Released gpt-image-1 on the Images API for everybody, with three sizes."
    was, now = note("2026-11-03#1", text, -9), note("2026-11-05#1", text, -7)
    found = compare(page(now), memory(was), state())
    assert (happened(found), found.removed) == ([], ())
    assert dict(found.aliases) == {"2026-11-05#1": "2026-11-03#1"}


def test_a_feed_whose_ids_all_changed_has_nothing_new() -> None:
    was = [note(f"http://old/{n}", f"Entry {n} is about field {n}.", -n) for n in range(20)]
    now = [changed(n, key=n.key.replace("http://old", "https://new")) for n in was]
    found = compare(page(*now, rolling=True), memory(*was), state())
    assert (found.entries, found.suspect) == ((), "")


def test_a_feed_that_writes_the_same_words_again_on_another_day_has_news() -> None:
    was, now = note("a", "Bug fixes and improvements.", -9), note("b", "Bug fixes and improvements.", -1)
    found = compare(page(now, rolling=True), memory(was), state())
    assert happened(found) == [("b", What.NEW)]


@pytest.mark.parametrize("gone", [4, 5, 20])
def test_a_change_of_five_and_a_third_of_the_entries_is_doubted(gone: int) -> None:
    was = plain(20)
    found = compare(page(*was[gone:]), memory(*was), state())
    assert bool(found.suspect) == (gone > 6)


def test_why_a_listing_is_doubted_is_said_in_numbers() -> None:
    was = plain(20)
    now = [*was[10:15], *(changed(n, body=f"Something else about {n.key}") for n in was[15:])]
    found = compare(page(*now), memory(*was), state())
    assert found.suspect == "15 of 20 known entries changed at once (5 edited, 10 gone)"


def test_new_entries_are_no_change_however_many_they_are() -> None:
    fresh = [note(f"n{n}", f"News {n}", 0) for n in range(50)]
    found = compare(page(*plain(6), *fresh), memory(*plain(6)), state())
    assert (found.suspect, found.history) == ("", frozenset())


def test_of_what_was_cut_off_nothing_is_gone() -> None:
    found = compare(page(*plain(3), complete=False), memory(*plain(20)), state())
    assert (found.removed, found.suspect) == ((), "")


def test_incidents_that_grow_are_an_ordinary_change_and_rewritten_ones_are_not() -> None:
    was = [note(f"i{n}", f"Investigating - errors {n}", -n, kind=NoteKind.STATUS) for n in range(9)]
    grown_ = [changed(n, body=f"Resolved - well\n{n.body}") for n in was]
    other = [changed(n, body="Nothing to see") for n in was]
    status: dict[str, Any] = {"kind": NoteKind.STATUS, "rolling": True}
    assert not compare(page(*grown_, **status), memory(*was), state()).suspect
    assert compare(page(*other, **status), memory(*was), state()).suspect
    assert grown(was[0], grown_[0])
    assert not grown(was[0], other[0])


def test_a_listing_goes_on_while_most_of_it_does() -> None:
    held = [f"m{n}" for n in range(20)]
    assert stays(held, [*held, "new"])
    assert stays(held, held[4:])
    assert stays([], [])
    assert not stays(held, held[:9])
    assert not stays(held, [])
    assert not stays([], ["new"])
    assert not stays(held, [*held, *(f"n{n}" for n in range(20))])


def test_aliases_are_kept_up_to_a_number_those_in_use_first() -> None:
    known = tuple((f"2026-01-01#old{n}", f"2026-01-01#k{n}") for n in range(ALIASES))
    was = note("2026-11-03#1", "Rate limits of gpt-4.1 are now 500 requests per minute.")
    now = note("2026-11-03#2", "Rate limits of gpt-4.1 are now 900 requests per minute.")
    found = compare(page(now), memory(was), state(aliases=known))
    assert len(found.aliases) == ALIASES
    assert ("2026-11-03#2", "2026-11-03#1") in found.aliases


@pytest.mark.parametrize("shape", ["one day", "many days", "one text"])
def test_the_time_is_about_that_of_the_entries(shape: str) -> None:
    def entries(word: str, many: int) -> list[Note]:
        body = "the same words in every entry of the page" if shape == "one text" else ""
        return [
            note(
                f"2026-11-{n % 28 if shape == 'many days' else 3}#{word}{n}",
                body or f"{word} {n} " + "lorem ipsum dolor sit amet " * 40,
                -(n % 28) if shape == "many days" else -9,
            )
            for n in range(many)
        ]

    begun = time.process_time()
    compare(page(*entries("now", 3_000)), memory(*entries("was", 3_000)), state())
    assert time.process_time() - begun < 10.0


# --------------------------------------------------------------------------- whatever comes

_WORDS = st.sampled_from(
    ["alpha", "beta", "gamma", "delta", "gpt-4.1", "shut", "down", "limit", "10", "20", "price", "$3", "released"]
)
_NOTES = st.builds(
    lambda day, mark, words, dated: note(f"2026-11-{day:02}#{mark}", " ".join(words), -day, dated=dated),
    st.integers(1, 4),
    st.integers(0, 9),
    st.lists(_WORDS, min_size=1, max_size=8),
    st.booleans(),
)
_LISTS = st.lists(_NOTES, max_size=12)
_QUICK = settings(max_examples=forms.examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])


@given(_LISTS, _LISTS, st.booleans(), st.booleans(), st.randoms())
@_QUICK
def test_the_order_of_a_listing_makes_no_difference(
    was: list[Note], now: list[Note], rolling: bool, complete: bool, chance: Any
) -> None:
    kept = memory(*was)
    mixed = list(now)
    chance.shuffle(mixed)
    given_ = {"rolling": rolling, "complete": complete}
    assert compare(page(*now, **given_), kept, state()) == compare(page(*mixed, **given_), kept, state())
    assert digest(page(*now)) == digest(page(*mixed))


@given(_LISTS, _LISTS)
@_QUICK
def test_every_entry_of_a_listing_is_remembered_or_found_and_what_is_gone_was_there(
    was: list[Note], now: list[Note]
) -> None:
    kept = memory(*was)
    found = compare(page(*now), kept, state())
    texts = [*(e.note.body for e in found.entries), *(n.note.body for n in kept.values())]
    assert {n.body for n in now} <= set(texts)
    assert len({e.note.key for e in found.entries}) == len(found.entries)
    assert set(found.removed) <= set(kept)
    assert not set(found.removed) & {e.note.key for e in found.entries}


@given(st.lists(_LISTS, min_size=1, max_size=5))
@_QUICK
def test_a_listing_that_comes_again_holds_nothing(listings: list[list[Note]]) -> None:
    kept: dict[str, StoredNote] = {}
    aliases: tuple[tuple[str, str], ...] = ()
    for notes in listings:
        found = compare(page(*notes), kept, state(aliases=aliases))
        kept, aliases = _stored(kept, found), found.aliases
        again = compare(page(*notes), kept, state(aliases=aliases))
        assert (again.entries, again.removed) == ((), ())


def _stored(kept: dict[str, StoredNote], found: Listing) -> dict[str, StoredNote]:
    gone = {k: changed(kept[k], listed=False) for k in found.removed}
    return {**kept, **gone, **memory(*(e.note for e in found.entries))}
