"""Notes go on with what is open: one incident, one deprecation, however often it is written."""

from __future__ import annotations

from typing import Any

import pytest

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.note import Note
from pulse_tui.domain.source import Standing
from pulse_tui.domain.words import Priority, SignalType
from pulse_tui.services.conditions.reassess import reassess
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.services.signals.sources import withdraw
from tests.fakes.nouns import NOW, later
from tests.services.said import alerts, told


def _note(key: str, title: str, body: str, minutes: float) -> Note:
    return Note(source="news", key=key, vendor="openai", title=title, body=body, published_at=later(minutes=minutes))


def take(judge: JudgeParts, key: str, title: str, body: str, minutes: float = 0, **fields: Any) -> None:
    vendor = fields.pop("vendor", "openai")
    item = Note(
        source="news", key=key, vendor=vendor, title=title, body=body, published_at=later(minutes=minutes), **fields
    )
    ingest([item], [], judge, later(minutes=minutes))


def test_an_incident_whose_title_and_key_change_is_one_alert_and_its_resolved_ends_it(judge: JudgeParts) -> None:
    take(judge, "i1", "Elevated error rates on gpt-4.1", "Investigating - elevated errors with gpt-4.1")
    take(judge, "i1", "Elevated error rates on gpt-4.1 and more", "Identified - elevated errors with gpt-4.1", 10)
    take(judge, "i1-more", "Elevated error rates on gpt-4.1 and more", "Identified - elevated errors with gpt-4.1", 20)
    (alert,) = alerts(judge)
    assert (alert.open, alert.count) == (True, 3)
    take(judge, "i1-more", "Elevated error rates on gpt-4.1 and more", "Resolved - well. Identified - errors", 30)
    (alert,) = alerts(judge)
    assert alert.state is AlertState.RESOLVED


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Elevated error rates on gpt-4.1", "Elevated error rates on gpt-4.1"),
        ("Investigating: Elevated error rates on gpt-4.1", "Identified: Elevated error rates on gpt-4.1"),
        ("[Investigating] Elevated error rates on gpt-4.1", "Update - Elevated error rates on gpt-4.1"),
        ("gpt-4.1: outage", "gpt-4.1 outage"),
    ],
)
@pytest.mark.parametrize("apart", [0, 10])
def test_an_incident_under_two_keys_in_one_round_is_one_alert(
    judge: JudgeParts, first: str, second: str, apart: int
) -> None:
    body = "Investigating - elevated errors with gpt-4.1"
    ingest([_note("a", first, body, 0), _note("b", second, body, apart)], [], judge, later(minutes=15))
    (alert,) = alerts(judge)
    assert (alert.open, alert.count) == (True, 2)
    take(judge, "b", second, "Resolved - all is well. Investigating - elevated errors with gpt-4.1", 20)
    assert [a.open for a in alerts(judge)] == [False]


def test_two_incidents_in_one_round_are_two_alerts(judge: JudgeParts) -> None:
    errors = _note("a", "Elevated error rates on gpt-4.1", "Investigating - elevated errors with gpt-4.1", 0)
    slow = _note("b", "Degraded performance of gpt-4.1", "Investigating - slow answers of gpt-4.1", 0)
    ingest([errors, slow], [], judge, later(minutes=15))
    assert [a.open for a in alerts(judge)] == [True, True]


def test_an_incident_of_all_models_concerns_whoever_uses_one_of_the_vendors(judge: JudgeParts) -> None:
    take(judge, "i", "Elevated errors", "Investigating - elevated error rates across all models")
    (signal,) = told(judge, SignalType.INCIDENT)
    assert signal.asset_id == "support-bot"
    take(judge, "j", "Elevated errors", "Investigating - elevated errors across all models", vendor="anthropic")
    take(judge, "k", "Elevated errors", "Investigating - elevated errors of gpt-4o and all models like it")
    assert [s.asset_id for s in told(judge, SignalType.INCIDENT)].count("support-bot") == 1


def test_a_reminder_without_a_date_leaves_the_announced_one(judge: JudgeParts) -> None:
    take(judge, "a", "gpt-4.1", "gpt-4.1 will be shut down on 2026-12-15.")
    before = alerts(judge)[0].priority
    take(judge, "b", "gpt-4.1", "Reminder: gpt-4.1 is deprecated.", 10)
    (alert,) = alerts(judge)
    assert (alert.count, alert.priority) == (2, before)
    assert all(s.evidence.effective_at for s in told(judge, SignalType.DEPRECATION))


def test_release_notes_of_a_package_concern_the_assets_that_use_it_and_stay_open(judge: JudgeParts) -> None:
    body = "Breaking change: the default of max_tokens changed."
    take(judge, "v0.9.2", "vLLM v0.9.2", body, vendor="vllm-project")
    (signal,) = told(judge, SignalType.VENDOR_NOTE)
    assert (signal.asset_id, signal.evidence.models) == ("gateway", ["vllm"])
    with judge.store.write() as tx:
        assert reassess(tx, judge, NOW) == 0


def test_an_announced_end_that_is_moved_to_a_later_day_is_as_urgent_as_that_day(judge: JudgeParts) -> None:
    take(judge, "a", "gpt-4.1 deprecation", "gpt-4.1 will be shut down on 2026-12-01.")
    assert alerts(judge)[0].priority is Priority.P2
    take(judge, "a", "gpt-4.1 deprecation", "gpt-4.1 will be shut down on 2027-09-01 (was 2026-12-01).", 10)
    (alert,) = alerts(judge)
    assert (alert.priority, alert.open, alert.escalations) == (Priority.P4, True, 0)


@pytest.mark.parametrize(
    ("key", "body"),
    [
        ("a", "Update: we have decided not to retire gpt-4.1."),
        ("a", "gpt-4.1 stays available. It will not be deprecated."),
        ("b", "The retirement of gpt-4.1 is cancelled."),
        ("b", "gpt-4.1 is no longer scheduled for retirement."),
    ],
)
def test_an_announced_end_that_is_taken_back_ends_its_alert_and_its_retest(
    judge: JudgeParts, key: str, body: str
) -> None:
    take(judge, "a", "gpt-4.1 deprecation", "gpt-4.1 will be shut down on 2026-12-15.")
    take(judge, key, "gpt-4.1 deprecation", body, 10)
    (alert,) = alerts(judge)
    assert not alert.open
    with judge.store.read() as tx:
        assert tx.judgements.retests() == []


def test_another_note_that_is_no_deprecation_takes_no_announced_end_back(judge: JudgeParts) -> None:
    take(judge, "a", "gpt-4.1 deprecation", "gpt-4.1 will be shut down on 2026-12-15.")
    take(judge, "b", "gpt-4.1-mini", "The retirement of gpt-4.1-mini is cancelled.", 10)
    take(judge, "c", "gpt-4.1", "gpt-4.1 will not be retired before 2026-12-15.", 20)
    take(judge, "d", "gpt-4.1", "gpt-4.1 has new and improved tools.", 30)
    assert [a.open for a in alerts(judge) if a.rule_id == "vendor-deprecation"] == [True]


def test_the_newest_note_of_one_round_counts_in_whatever_order_the_feed_lists_them(judge: JudgeParts) -> None:
    old = _note("a", "gpt-4.1 deprecation", "gpt-4.1 will be shut down on 2026-12-01.", 0)
    new = _note("b", "gpt-4.1", "The shutdown of gpt-4.1, announced for 2026-12-01, is postponed to 2027-09-01.", 5)
    ingest([old, new], [], judge, later(minutes=10))
    ingest([_note("c", "gpt-4.1", "gpt-4.1 will be shut down on 2026-12-02.", -60)], [], judge, later(minutes=20))
    (alert,) = alerts(judge)
    assert "2027-09-01" in alert.title
    assert alert.priority is Priority.P4


def _round(judge: JudgeParts, minutes: float, *notes: Note) -> None:
    """A feed's round: what it lists, then what it has."""
    now = later(minutes=minutes)
    ingest(notes, [], judge, now)
    with judge.store.write() as tx:
        withdraw(Standing(source="news", notes=tuple(n.key for n in notes)), tx, judge, now)


@pytest.mark.parametrize("word", ["Identified", "Resolved"])
def test_an_incident_whose_page_changes_title_and_key_at_once_goes_on_as_the_other(
    judge: JudgeParts, word: str
) -> None:
    old = _note("o", "A release", "Released a tool.", -600)
    _round(judge, 0, old, _note("i1", "Elevated errors", "Investigating - elevated errors with gpt-4.1", 0))
    _round(judge, 30, old, _note("i9", "Partial outage", f"{word} - an outage of gpt-4.1", 20))
    opened = sorted((a for a in alerts(judge) if a.rule_id == "vendor-incident"), key=lambda a: a.first_at)
    assert [a.open for a in opened] == [False, True][: 2 if word == "Identified" else 1]


def test_an_incident_that_only_left_its_page_has_not_ended(judge: JudgeParts) -> None:
    _round(judge, 0, _note("i1", "Elevated errors", "Investigating - elevated errors with gpt-4.1", 0))
    _round(judge, 10)
    _round(judge, 20, _note("n", "A release", "Released a tool for gpt-4.1.", 15))
    _round(judge, 60 * 80, _note("i9", "Partial outage", "Resolved - an outage of gpt-4.1", 60 * 79))
    assert [a.open for a in alerts(judge) if a.signal_fingerprint == alerts(judge)[0].signal_fingerprint] == [True]
