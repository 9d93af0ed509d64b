"""Notes go on with what is open: one incident, one deprecation, however often it is written."""

from __future__ import annotations

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.note import Note
from pulse_tui.domain.words import SignalType
from pulse_tui.services.conditions.reassess import reassess
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.nouns import NOW, later
from tests.services.said import alerts, told


def take(judge: JudgeParts, key: str, title: str, body: str, minutes: float = 0, **fields: str) -> None:
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
