"""Pages of a moment that nobody recorded: made of what is only ever appended, and never of what is true today."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.evidence import ServiceEvidence
from pulse_tui.domain.hold import Hold, HoldKind
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.note import Label, Note, Reading
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.review_task import ReviewTask
from pulse_tui.domain.words import Environment
from pulse_tui.ports.tower import PastDesk
from pulse_tui.services.past.replay import UNKEPT
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.nouns import deployment, later, release, signal
from tests.services.past.test_replay import Night

SHIFT = timedelta(hours=8)


@pytest.fixture
def night(tmp_path: Path) -> Iterator[Night]:
    night = Night(tmp_path / "config")
    night.minute(0)
    yield night
    night.house.close()


def freeze(night: Night, minute: float, why: str) -> str:
    """Everything of my-bot is frozen by ana; the hold's id."""
    night.clock.now = later(minutes=minute)
    night.house.desk("ana").freeze("my-bot", why)
    with night.house.store.read() as tx:
        found: list[Hold] = [h for h in tx.judgements.holds("my-bot") if h.kind is HoldKind.FREEZE]
    return found[-1].id


def lift(night: Night, minute: float, hold: str) -> None:
    night.clock.now = later(minutes=minute)
    night.house.desk("ben").lift(hold, "the fix is in")


def text(desk: PastDesk, heading: str) -> str:
    return "\n".join(dict(desk.handover(SHIFT).sections)[heading])


def test_the_handover_is_the_one_of_that_moment(night: Night) -> None:
    alert = night.fires(10)
    hold = freeze(night, 12, "two releases at once")
    night.minute(12)
    night.clock.now = later(minutes=20)
    night.house.desk("ana").acknowledge(alert)
    night.minute(20)
    lift(night, 30, hold)
    night.house.desk("ana").resolve(alert, "it was the cache")
    night.minute(30)
    then, after = night.past(13), night.past(25)
    made = then.handover(SHIFT)
    assert (made.at, made.since) == ("2026-11-23T03:23:00Z", "2026-11-22T19:23:00Z")
    assert alert in text(then, "OPEN")
    assert "two releases at once" in text(then, "FROZEN")
    assert "by ana" in text(then, "FROZEN")
    assert "alert.acknowledged" not in text(then, "CHANGED")
    assert "hold.placed" in text(then, "CHANGED")
    assert text(then, "SNOOZED OR IN HAND") == "nothing"
    assert f"deadline of P2 {alert}" in text(then, "DUE NEXT")
    assert "acknowledged" in text(after, "SNOOZED OR IN HAND")
    assert "ana" in text(after, "SNOOZED OR IN HAND")
    assert text(after, "OPEN") == "nothing fired"
    assert text(night.past(31), "FROZEN") == "nothing was held"


def test_the_decisions_end_at_the_moment(night: Night) -> None:
    hold = freeze(night, 10, "two releases at once")
    night.minute(10)
    lift(night, 20, hold)
    night.minute(20)
    assert [(row.kind, row.by) for row in night.past(15).decisions()] == [("hold", "ana")]
    assert [row.kind for row in night.past(21).decisions()] == ["lift", "hold"]
    assert night.past(5).decisions() == ()


def test_what_a_host_whose_clock_is_ahead_decided_is_not_of_a_moment_before_its_hour(night: Night) -> None:
    freeze(night, 30, "placed where the clock is ahead")
    night.clock.now = later(minutes=10)
    night.house.desk("ana").freeze(None, "two releases at once")
    night.minute(11)
    assert [row.at_us for row in night.past(20).decisions()] == [to_us(later(minutes=10))]


def test_a_hold_stands_on_its_page_and_among_what_was_held_until_it_was_lifted(night: Night) -> None:
    hold = freeze(night, 10, "two releases at once")
    night.minute(10)
    lift(night, 20, hold)
    night.minute(20)
    assert night.past(5).holds("my-bot") == ()
    assert [ident for ident, _ in night.past(15).holds("my-bot")] == [hold]
    assert [(row.id, row.by, row.kind) for row in night.past(15).quiet() if row.hold] == [(hold, "ana", "freeze")]
    story = dict(night.past(15).hold_story(hold))
    assert story["Hold"].endswith("my-bot: stood")
    assert "lifted" not in " ".join(story.values())
    assert "lifted by ben" in dict(night.past(21).hold_story(hold))["Hold"]
    assert night.past(21).holds("my-bot") == ()
    with pytest.raises(NotFound, match="was not placed yet"):
        night.past(5).hold_story(hold)


def test_who_was_notified_is_what_had_been_until_then(night: Night) -> None:
    alert = night.fires(10)
    night.minute(10)
    night.clock.now = later(minutes=20)
    night.house.desk("ana").resolve(alert, "it was the cache")
    with night.house.store.read() as tx:
        notices = tx.notices.of(alert)
    opened = [n for n in notices if n.at <= later(minutes=10)]
    assert 0 < len(opened) < len(notices)
    story = night.past(15).story(alert)
    assert len(story.called) == len(opened)
    assert "not arrived by then" in story.called[0]
    said = night.past(15).why_called(alert, "oncall")
    assert said[0].startswith(f"what names oncall about {alert} until then")
    assert "why not is not on record" in night.past(15).why_called(alert, "somebody else")[0]
    night.minute(30)
    with pytest.raises(NotFound, match="there was no alert"):
        night.past(5).why_called(alert, "oncall")


def test_the_releases_have_what_is_known_of_then_and_a_question_mark_for_the_rest(night: Night) -> None:
    night.minute(1)
    with night.house.store.write() as tx:
        tx.estate.add_release(
            release("1.2.0", asset_id="my-bot", created_at=later(minutes=20), state=ReleaseState.APPROVED)
        )
        tx.estate.add_release(release("1.1.5", asset_id="my-bot", created_at=later(minutes=-5)))
        tx.estate.deploy(deployment("1.2.0", Environment.CANARY, asset_id="my-bot", since=later(minutes=30)))
        tx.estate.record_promotion(
            "my-bot", "1.2.0", Environment.CANARY, by="ana", at=later(minutes=30), decision_id=None, why="go"
        )
    night.minute(30)
    before = {row.version: row for row in night.past(15).history("my-bot")}
    assert set(before) == {"1.0.0", "1.0.1", "1.1.0", "1.1.5"}
    assert before["1.1.0"].serves == ("canary",)
    assert before["1.1.0"].state == "evaluated"  # the board of then has it
    assert (before["1.1.5"].state, before["1.1.5"].verdict) == ("unknown", "unknown")
    assert "whether it was known here already is not on record" in before["1.1.5"].remark
    with pytest.raises(NotFound, match=r"my-bot had no release 1\.2\.0 at"):
        night.past(15).release_story("my-bot", "1.2.0")
    old = night.past(15).release_story("my-bot", "1.1.0")
    assert old.state == "evaluated"
    assert any(label == "Served" and words.endswith(", still then") for label, words in old.lines)
    then = night.past(31).release_story("my-bot", "1.1.0")
    assert ("Served", "canary from 2026-11-20T00:00:00Z to 2026-11-23T03:40:00Z") in then.lines
    after = {row.version: row for row in night.past(31).history("my-bot")}
    assert after["1.2.0"].serves == ("canary",)
    assert after["1.1.0"].serves == ()
    assert after["1.2.0"].promoted == "canary by ana"


def test_the_page_of_an_asset_has_what_served_and_what_was_reported_until_then(night: Night) -> None:
    night.minute(1)
    night.fires(10)
    night.minute(10)
    night.clock.now = later(minutes=25)
    evidence = ServiceEvidence(metric="p95_latency", value=900.0, objective=800.0, unit="ms")
    late = signal(
        "late", asset_id="my-bot", environment=Environment.CANARY, evidence=evidence, occurred_at=later(minutes=5),
        observed_at=later(minutes=25), title="reported later",
    )  # fmt: skip
    ingest([late], [], night.house.judging, night.clock.now)
    with night.house.store.write() as tx:
        tx.estate.deploy(deployment("1.1.1", Environment.CANARY, asset_id="my-bot", since=later(minutes=26)))
    night.minute(27)
    then = "\n".join(f"{label}: {words}" for label, words in night.past(15).asset_story("my-bot"))
    assert "p95 latency of my-bot canary is over its objective" in then
    assert "reported later" not in then
    assert "Served before" not in then
    after = "\n".join(f"{label}: {words}" for label, words in night.past(28).asset_story("my-bot"))
    assert "Signal: 2026-11-23T03:35:00Z reported later" in after
    assert "Served before: canary: 1.1.0 from" in after


def test_what_is_left_out_is_named_as_it_is_called_and_nothing_of_a_replay_is_of_later(night: Night) -> None:
    alert = night.fires(10)
    night.minute(10)
    past = night.past(12)
    assert {"handover", "decisions", "history", "holds", "hold_story", "why_called"}.isdisjoint(UNKEPT)
    for name, words in UNKEPT.items():
        with pytest.raises(NotFound, match=f"{words} is not on record"):
            getattr(past, name)("my-bot")
    assert all(row.at_us <= to_us(later(minutes=12)) for row in past.decisions())
    assert past.story(alert).called


def test_a_note_has_the_words_that_it_had_and_what_had_happened_to_it(night: Night) -> None:
    first = Note(source="news", key="k", vendor="acme", title="gpt-x is deprecated", body="It ends in June.",
                 published_at=later(minutes=1))  # fmt: skip
    with night.house.store.write() as tx:
        tx.vendors.put_note(first, Reading(labels=(Label.DEPRECATION,)), later(minutes=5))
    night.minute(6)
    with night.house.store.write() as tx:
        moved = msgspec.structs.replace(first, body="It ends in July.")
        tx.vendors.put_note(moved, Reading(labels=(Label.DEPRECATION, Label.BEHAVIOUR_CHANGE)), later(minutes=20))
    night.minute(21)
    assert night.past(3).notes() == ()
    with pytest.raises(NotFound, match="there was no note 'k'"):
        night.past(3).note_story("news", "k")
    (row,) = night.past(10).notes()
    assert (row.title, row.mark, row.labels, row.whom) == ("gpt-x is deprecated", "", ("unknown",), ("unknown",))
    page = night.past(10).note_story("news", "k")
    assert ("Text", "It ends in June.") in page.lines
    assert [edit.what for edit in page.edits] == ["first read"]
    (after,) = night.past(22).notes()
    assert (after.mark, after.labels) == ("edited", ("deprecation", "behaviour_change"))
    assert ("Text", "It ends in July.") in night.past(22).note_story("news", "k").lines
    with night.house.store.write() as tx:
        tx.log.append(later(minutes=30), "ana", "note.corrected", "news/other", {"why": "wrong"})
    assert night.past(22).notes()[0].labels == ("unknown",)


def test_reviews_are_those_that_waited_and_who_worked_on_them_is_of_the_log(night: Night) -> None:
    task = ReviewTask(
        key="rule:x", kind="rule", what="the rule x", owner="ml-team", opened_at=later(minutes=5),
        due_at=later(minutes=20), taken_by="ben", done_at=later(minutes=40), done_by="ben", how="it stays",
    )  # fmt: skip
    with night.house.store.write() as tx:
        tx.learning.put_review(task)
        tx.log.append(later(minutes=15), "ben", "review.taken", "rule:x", {"what": "the rule x"})
    for minute in (10, 30, 45):
        night.minute(minute)
    assert [(r.state, r.overdue, r.how) for r in night.past(10).review_tasks()] == [("open", False, "")]
    assert [r.state for r in night.past(30).review_tasks()] == ["overdue, taken by ben"]
    assert "rule:x" in text(night.past(30), "REVIEWS")
    assert night.past(45).review_tasks() == ()
    assert night.past(3).review_tasks() == ()


def test_a_silence_that_stood_names_who_placed_it_and_why(night: Night) -> None:
    night.clock.now = later(minutes=10)
    night.house.desk("ana").place_silence(
        'asset.id == "my-bot"', later(minutes=10), later(minutes=70), "the load test runs"
    )
    night.minute(11)
    with night.house.store.read() as tx:
        (silence,) = tx.silences.standing(night.clock.now)
    (row,) = [row for row in night.past(12).quiet() if row.silence]
    assert (row.id, row.by, row.why, row.until_us) == (
        silence.id,
        "ana",
        "the load test runs",
        to_us(later(minutes=70)),
    )
    assert not [row for row in night.past(5).quiet() if row.silence]
