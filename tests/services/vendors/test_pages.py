"""What a page lists is held against what is remembered of it: news is heard once, and a page gone wild is not believed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.note import Note, NoteKind, Page, PageState, StoredNote, What
from pulse_tui.domain.words import Priority, SignalType
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.services.vendors.pages import AT_ONCE
from tests.fakes.nouns import NOW, changed, later
from tests.services.said import alerts, told

ENDS = "gpt-4.1 will be shut down on 2027-03-01."


def note(key: str, body: str, days: float = -1, **fields: Any) -> Note:
    title = fields.pop("title", f"Note {key}")
    at = NOW + timedelta(days=days)
    return Note(source="news", key=key, vendor="openai", title=title, body=body, published_at=at, **fields)


def old(number: int) -> list[Note]:
    """Entries that concern nobody."""
    return [note(f"old-{n}", f"Entry {n}: the console has a search field number {n}.", -200 + n) for n in range(number)]


def read(judge: JudgeParts, notes: Sequence[Note], hours: float = 0, **fields: Any) -> int:
    """One reading; how many signals of notes it led to."""
    kind = fields.get("kind", NoteKind.CHANGELOG)
    marked = tuple(changed(n, kind=kind) for n in notes)
    page = Page(source="news", vendor="openai", notes=marked, **{"rolling": False, **fields})
    return ingest([page], [], judge, later(hours=hours)).signals


def state(judge: JudgeParts) -> PageState:
    with judge.store.read() as tx:
        found = tx.vendors.page("news")
    assert found is not None
    return found


def kept(judge: JudgeParts, key: str) -> StoredNote:
    with judge.store.read() as tx:
        found = tx.vendors.note("news", key)
    assert found is not None
    return found


def changes(judge: JudgeParts, key: str) -> list[What]:
    with judge.store.read() as tx:
        return [c.what for c in tx.vendors.changes("news", key)]


# --------------------------------------------------------------------------- the first reading


def test_a_first_reading_alerts_nobody_but_for_what_still_holds(judge: JudgeParts) -> None:
    past = note("past", "gpt-4.1 was shut down on 2026-01-01.", -300)
    far = note("far", "gpt-4.1 will be shut down on 2028-01-01.", -10)
    price = note("price", "New pricing: gpt-4.1 will be billed at $3 per million tokens.", -2)
    soon = note("soon", ENDS, -190)
    assert read(judge, [*old(8), past, far, price, soon]) == 1
    (alert,) = alerts(judge)
    assert (alert.asset_id, alert.rule_id) == ("support-bot", "vendor-deprecation")
    assert state(judge).baseline_at == NOW
    assert kept(judge, "soon").baseline


def test_an_incident_that_is_not_over_is_heard_in_a_first_reading_and_one_that_is_over_is_not(
    judge: JudgeParts,
) -> None:
    over = note("over", "Resolved - all is well. Investigating - elevated errors with gpt-4.1", -1)
    on = note("on", "Investigating - elevated errors with gpt-4.1", -0.1)
    ancient = note("ancient", "Investigating - elevated errors with gpt-4.1", -200)
    read(judge, [over, on, ancient], kind=NoteKind.STATUS)
    assert [a.rule_id for a in alerts(judge)] == ["vendor-incident"]


def test_an_announced_end_that_a_later_entry_takes_back_is_not_heard_in_a_first_reading(judge: JudgeParts) -> None:
    back = note("back", "We have decided not to retire gpt-4.1.", -3)
    assert read(judge, [note("ends", ENDS, -30), back]) == 0


@pytest.mark.parametrize("whole", [True, False])
def test_an_empty_or_partial_first_reading_is_no_ground_to_judge_later_ones_by(judge: JudgeParts, whole: bool) -> None:
    first = [] if whole else old(4)
    assert read(judge, first, complete=whole) == 0
    assert state(judge).baseline_at is None
    assert state(judge).suspect
    fresh = note("price", "New pricing: gpt-4.1 will be billed at $3 per million tokens.", -2)
    assert read(judge, [*old(9), fresh], 1) == 0
    assert state(judge).baseline_at == later(hours=1)
    assert not state(judge).suspect
    more = note("more", "New pricing: gpt-4.1 will be billed at $4 per million tokens.", 0)
    assert read(judge, [*old(9), fresh, more], 2) == 1


def test_a_page_that_is_never_read_whole_is_judged_by_what_it_has_after_some_rounds(judge: JudgeParts) -> None:
    for hour in range(4):
        assert read(judge, old(4 + hour), hour, complete=False) == 0
    assert state(judge).baseline_at == later(hours=3)
    assert read(judge, [*old(7), note("ends", ENDS, 0)], 8, complete=False) == 1


def test_notes_that_were_stored_before_pages_were_remembered_are_its_memory(judge: JudgeParts) -> None:
    ingest(old(3), [], judge, NOW)
    price = note("price", "New pricing: gpt-4.1 will be billed at $3 per million tokens.", 0)
    assert read(judge, [*old(3), price], 1) == 1


# --------------------------------------------------------------------------- news


def test_a_backdated_entry_is_news(judge: JudgeParts) -> None:
    read(judge, old(8))
    assert read(judge, [*old(8), note("late", ENDS, -100)], 1) == 1
    assert [a.asset_id for a in alerts(judge)] == ["support-bot"]


def test_old_entries_that_come_in_a_crowd_are_history(judge: JudgeParts) -> None:
    read(judge, old(8))
    crowd = [note(f"c{n}", f"gpt-4.1: rate limits are now {n} per minute.", -100 - n) for n in range(9)]
    fresh = note("fresh", "gpt-4.1: rate limits are now 7 per minute.", 0)
    assert read(judge, [*old(8), *crowd, fresh], 1) == 1
    assert [s.evidence.note for s in told(judge, SignalType.RATE_LIMIT_CHANGE)] == ["fresh"]
    assert not state(judge).suspect


def test_an_edited_entry_whose_key_is_made_of_its_words_is_one_note(judge: JudgeParts) -> None:
    first = note("2026-11-21#aa", "gpt-4.1 will be shut down on 2027-03-01, use gpt-5 instead.", title="2026-11-21")
    moved = note("2026-11-21#bb", "gpt-4.1 will be shut down on 2026-12-04, use gpt-5 instead.", title="2026-11-21")
    again = note("2026-11-21#cc", "gpt-4.1 will be shut down on 2026-12-03, use gpt-5 instead.", title="2026-11-21")
    read(judge, [*old(8), first])
    assert alerts(judge)[0].priority is Priority.P4
    for hour, one in enumerate((moved, moved, again, again), 1):
        read(judge, [*old(8), one], hour)
    (alert,) = alerts(judge)
    assert (alert.count, alert.priority, alert.open) == (3, Priority.P2, True)
    assert changes(judge, "2026-11-21#aa") == [What.NEW, What.EDITED, What.EDITED]
    last = told(judge, SignalType.DEPRECATION)[0]
    assert (last.evidence.change, last.evidence.was, last.evidence.now) == ("edited", "2026-12-04", "2026-12-03")
    assert (last.summary or "").startswith("Edited: shutdown moved 2026-12-04 -> 2026-12-03.\n")
    with judge.store.read() as tx:
        assert len(tx.vendors.memory("news")) == 9


def test_a_corrected_spelling_alerts_nobody_and_is_kept_as_a_change(judge: JudgeParts) -> None:
    wrong = note("a", "New pricing: gpt-4.1 will be biled at $3 per milion tokens, billed at $3 for all.")
    read(judge, [*old(8)])
    read(judge, [*old(8), wrong], 1)
    right = changed(wrong, body="New pricing: gpt-4.1 will be billed at $3 per million tokens, billed at $3 for all.")
    assert read(judge, [*old(8), right], 2) == 0
    assert changes(judge, "a") == [What.NEW, What.EDITED]
    dearer = changed(right, body=right.body.replace("$3", "$4"))
    assert read(judge, [*old(8), dearer], 3) == 1


def test_a_paragraph_that_an_entry_grows_by_is_read_as_news(judge: JudgeParts) -> None:
    day = note("day", "The console of gpt-4.1 has a new search field.", 0)
    read(judge, old(8))
    read(judge, [*old(8), day], 1)
    grown = changed(
        day, body=f"{day.body}\nBreaking change: the default of gpt-4.1 to stop at a line end is off for all."
    )
    assert read(judge, [*old(8), grown], 2) == 1


def test_an_announced_end_that_its_page_lists_no_longer_stands_with_a_notice(judge: JudgeParts) -> None:
    read(judge, [*old(8), note("ends", ENDS)])
    assert read(judge, old(8), 1) == 1
    (notice,) = told(judge, SignalType.VENDOR_NOTE)
    assert "no longer announced" in notice.title
    assert not kept(judge, "ends").listed
    assert [a.open for a in alerts(judge) if a.rule_id == "vendor-deprecation"] == [True]
    assert [a.rule_id for a in alerts(judge) if a.open] == ["vendor-withdrawn", "vendor-deprecation"]
    assert read(judge, [*old(8), note("ends", ENDS)], 2) == 0
    assert [a.rule_id for a in alerts(judge) if a.open] == ["vendor-deprecation"]


def test_what_a_feed_pushed_out_has_not_been_removed(judge: JudgeParts) -> None:
    read(judge, old(8), rolling=True)
    read(judge, [*old(8)[4:], note("new", "Something")], 1, rolling=True)
    assert kept(judge, "old-0").listed


def test_an_undated_entry_is_not_another_one_in_every_round(judge: JudgeParts) -> None:
    for hour in range(3):
        undated = note("u", "gpt-4.1: rate limits are now 5 per minute.", hour / 24, dated=False)
        assert read(judge, [*old(8), undated], hour, rolling=True) == 0
    assert kept(judge, "u").note.published_at == NOW


def test_two_entries_under_one_key_are_two_notes(judge: JudgeParts) -> None:
    twice = [note("k", "gpt-4.1: rate limits are now 5 per minute."), note("k", "gpt-4.1: " + ENDS, 0)]
    read(judge, old(8))
    assert read(judge, [*old(8), *twice, twice[0]], 1) == 2
    assert read(judge, [*old(8), *reversed(twice)], 2) == 0


def test_one_entry_that_cannot_be_named_leaves_the_others(judge: JudgeParts) -> None:
    read(judge, old(8))
    bad = note("bad", "Release", version="1.0\u202e9")
    assert read(judge, [*old(7), bad, note("ends", ENDS, 0)], 1) == 1
    assert kept(judge, "old-7").listed, "of a page of which something was refused nothing is gone"
    with judge.store.read() as tx:
        assert [r.problem.where for _, r in tx.signals.quarantined(9)] == ["entry[7] bad"]


def test_a_long_first_reading_is_stored_in_parts_and_none_of_it_is_news(judge: JudgeParts) -> None:
    many = [note(f"n{n}", f"gpt-4.1: rate limits are now {n} per minute.", -n / 9) for n in range(2 * AT_ONCE + 50)]
    assert read(judge, [*many, note("ends", ENDS, -300)]) == 1
    with judge.store.read() as tx:
        assert len(tx.vendors.memory("news")) == len(many) + 1
    assert (state(judge).entries, state(judge).baseline_at) == (len(many) + 1, NOW)
    fresh = note("fresh", "gpt-4.1: rate limits are now 7 per minute.", 0)
    assert read(judge, [*many, note("ends", ENDS, -300), fresh], 1) == 1


def test_a_long_page_that_was_rebuilt_is_believed_in_parts_and_none_of_it_is_news(judge: JudgeParts) -> None:
    many = [note(f"n{n}", f"gpt-4.1: rate limits are now {n} per minute.", -n / 9) for n in range(2 * AT_ONCE + 50)]
    read(judge, many)
    other = [changed(n, body=f"{n.body} In all regions, from ${n.key[1:]} on.") for n in many]
    assert [read(judge, other, hour) for hour in (1, 2, 3, 4, 5)] == [0, 0, 0, 0, 0]
    assert not state(judge).suspect
    assert {changes(judge, n.key)[-1] for n in many} == {What.EDITED}


# --------------------------------------------------------------------------- a page gone wild


def _of_notes(judge: JudgeParts) -> list[Alert]:
    return [a for a in alerts(judge) if a.rule_id.startswith("vendor")]


@pytest.mark.parametrize("wild", ["empty", "few", "rewritten"])
def test_a_page_that_changes_at_once_is_not_believed_and_what_is_new_is_heard_when_it_is_back(
    judge: JudgeParts, wild: str
) -> None:
    usual = [*old(20), note("ends", ENDS)]
    read(judge, usual)
    bad = {
        "empty": [],
        "few": usual[:3],
        "rewritten": [changed(n, body=f"Another text of 3 words {n.key}: $5") for n in usual],
    }[wild]
    price = note("price", "New pricing: gpt-4.1 will be billed at $3 per million tokens.", 0)
    assert read(judge, [*bad, *([price] if bad else [])], 1) == 0
    assert state(judge).suspect
    assert kept(judge, "old-5").listed
    assert read(judge, [*usual, price], 2) == 1
    assert not state(judge).suspect
    assert [a.open for a in _of_notes(judge)] == [True, True]
    assert read(judge, [*usual, price], 3) == 0


def test_a_listing_that_stays_is_believed_and_its_old_entries_are_no_news(judge: JudgeParts) -> None:
    read(judge, old(20))
    rebuilt = [
        note(f"n{n}", f"gpt-4.1: rate limits are now {n} per minute, said otherwise.", -180 + n) for n in range(20)
    ]
    fresh = note("fresh", "gpt-4.1: rate limits are now 99 per minute.", 0)
    counts = [read(judge, [*rebuilt, fresh], hours) for hours in (1, 2, 3, 4, 5)]
    assert counts == [0, 0, 0, 1, 0]
    assert [s.evidence.note for s in told(judge, SignalType.RATE_LIMIT_CHANGE)] == ["fresh"]
    assert not state(judge).suspect
    assert not kept(judge, "old-1").listed


def test_a_doubted_page_that_goes_on_is_believed_and_what_came_meanwhile_is_news_whatever_its_date(
    judge: JudgeParts,
) -> None:
    read(judge, old(20))
    rebuilt = [note(f"n{n}", f"Said otherwise: a search field {n}.", -180 + n) for n in range(20)]
    came = [note(f"new-{n}", f"gpt-4.1: rate limits are now {n} per minute.", -90 + n) for n in range(3)]
    counts = [read(judge, [*rebuilt, *came[: n - 1]], n) for n in (1, 2, 3)]
    assert counts == [0, 0, 0]
    assert read(judge, [*rebuilt, *came], 4) == 3
    assert read(judge, [*rebuilt, *came], 5) == 0


def test_a_page_that_is_read_once_a_day_is_believed_on_the_next_day(judge: JudgeParts) -> None:
    read(judge, old(20))
    read(judge, [], 24)
    assert kept(judge, "old-1").listed
    read(judge, [], 48)
    assert not kept(judge, "old-1").listed


def test_another_listing_that_is_doubted_too_begins_anew(judge: JudgeParts) -> None:
    read(judge, old(20))
    for hours in range(1, 20, 2):
        read(judge, [note(f"n{n}-{hours}", f"Text {n} {hours}") for n in range(20)], hours)
    assert state(judge).tries == 0
    assert state(judge).suspect_since == later(hours=1)


def test_of_few_entries_each_may_change_without_doubt(judge: JudgeParts) -> None:
    read(judge, old(4))
    read(judge, [changed(n, body=f"{n.body} Now with {n.key} and $4.") for n in old(4)], 1)
    assert not state(judge).suspect


def test_an_incident_that_grows_shows_its_newest_words(judge: JudgeParts) -> None:
    one = note("i1", "Investigating - gpt-4.1 answers with errors.")
    read(judge, [one], kind=NoteKind.STATUS, rolling=True)
    read(judge, [one, note("i2", "Investigating - gpt-4.1 is slow.")], 1, kind=NoteKind.STATUS, rolling=True)
    grown = changed(one, body=f"Identified - 5 % of the calls of gpt-4.1 fail.\n{one.body}")
    read(judge, [grown], 2, kind=NoteKind.STATUS, rolling=True)
    with judge.store.read() as tx:
        newest = tx.signals.newest(later(days=-9))
    seen = [s for s in newest if isinstance(s.evidence, NoteEvidence) and s.evidence.change == "edited"]
    assert seen
    for s in seen:
        assert isinstance(s.evidence, NoteEvidence)
        assert (s.summary or "").startswith("Identified - 5 %")
        assert (s.evidence.was, s.evidence.now) == (None, None)


def test_incidents_that_grow_are_not_doubted(judge: JudgeParts) -> None:
    usual = [note(f"i{n}", f"Investigating - elevated errors {n}", -0.01 * n) for n in range(9)]
    read(judge, usual, kind=NoteKind.STATUS, rolling=True)
    grown = [changed(n, body=f"Identified - a cause\n{n.body}") for n in usual]
    read(judge, grown, 1, kind=NoteKind.STATUS, rolling=True)
    assert not state(judge).suspect
    read(judge, [], 2, kind=NoteKind.STATUS, rolling=True)
    assert not state(judge).suspect


# --------------------------------------------------------------------------- whatever comes


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.sampled_from(["new", "old", "gone", "empty", "cut", "other", "same"]), max_size=9))
def test_whatever_a_page_lists_each_new_entry_is_heard_once_and_nothing_else(
    judge: JudgeParts, steps: list[str]
) -> None:
    source = f"page-{len(_sources(judge))}"
    standing = [_limit(n, -100 - n) for n in range(20)]
    expected: list[str] = []

    def turn(notes: Sequence[Note], hours: float) -> None:
        marked = tuple(changed(n, source=source) for n in notes)
        ingest([Page(source=source, vendor="openai", notes=marked, rolling=False)], [], judge, later(hours=hours))

    turn(standing, 0)
    for hour, step in enumerate(steps, 1):
        match step:
            case "new" | "old":  # of one that is dated before the page was last read too
                standing = [*standing, _limit(100 + hour, -60 if step == "old" else hour / 24)]
                expected.append(standing[-1].key)
            case "gone":
                standing = [n for n in standing if n.key in expected or n is not standing[0]]
        wild = {
            "empty": [],
            "cut": standing[:4],
            "other": [changed(n, key=f"{n.key}-{hour}", body=f"Lorem {n.key} {hour}") for n in standing],
        }
        turn(wild.get(step, standing), hour)
    for hour in range(5):
        turn(standing, 20 + hour)
    with judge.store.read() as tx:
        heard = [s.evidence.note for s in tx.signals.recent(5_000) if s.source == source and s.asset_id]
        page = tx.vendors.page(source)
    assert sorted(heard) == sorted(expected)
    assert page is not None
    assert not page.suspect


def _limit(number: int, days: float) -> Note:
    return note(f"2026-{number}", f"Rate limits of gpt-4.1 are now {number} requests per minute.", days)


def _sources(judge: JudgeParts) -> list[PageState]:
    with judge.store.read() as tx:
        return tx.vendors.pages()
