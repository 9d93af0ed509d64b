"""Days go by: what is judged by the days that are left is judged again, and counts of days stay right."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.moments import from_us
from pulse_tui.domain.words import Priority, SignalType
from pulse_tui.services.alerts.escalate import escalate
from pulse_tui.services.conditions.days import take_day
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.clock import Clock
from tests.fakes.nouns import NOW, later, signal
from tests.services.said import alerts

SHUTDOWN = datetime(2027, 1, 22, tzinfo=UTC)
"""60 days after NOW."""


def announced(judge: JudgeParts) -> None:
    note = NoteEvidence(
        note="n1", vendor="openai", labels=["deprecation"], models=["gpt-4.1"], effective_at=SHUTDOWN, phrase=None
    )
    ended = signal(
        1, SignalType.DEPRECATION, evidence=note, asset_id="support-bot", environment=None, current_version=None
    )
    ingest([ended], [], judge, NOW)


def test_a_shutdown_gets_more_urgent_as_its_day_comes_nearer(judge: JudgeParts, clock: Clock) -> None:
    announced(judge)
    take_day(judge, NOW)
    seen = []
    for days in (10, 35, 50, 62):
        clock.now = later(days=days)
        take_day(judge, clock.now)
        (alert,) = alerts(judge)
        seen.append((alert.priority, alert.title.partition("gpt-4.1 ")[2].partition(" (")[0]))
    assert seen == [
        (Priority.P4, "shuts down in 50 d"),
        (Priority.P3, "shuts down in 25 d"),
        (Priority.P2, "shuts down in 10 d"),
        (Priority.P2, "is 2 d past its announced end"),
    ]


def test_what_became_urgent_by_its_date_has_a_deadline_from_then_on(judge: JudgeParts, clock: Clock) -> None:
    announced(judge)
    clock.now = later(days=50)
    take_day(judge, clock.now)
    (alert,) = alerts(judge)
    assert alert.deadline is not None
    assert alert.deadline > clock.now
    assert escalate(judge) == 0


def test_a_day_is_taken_once_and_an_alert_that_stays_as_urgent_is_no_news(judge: JudgeParts) -> None:
    announced(judge)
    assert take_day(judge, later(days=1)) == 0
    assert take_day(judge, later(days=50)) == 1
    (alert,) = alerts(judge)
    assert take_day(judge, later(days=50, hours=1)) == 0
    assert alerts(judge) == [alert]
    take_day(judge, later(days=51))
    assert [(a.count, a.priority) for a in alerts(judge)] == [(alert.count, alert.priority)]


def test_the_board_counts_the_days_itself_and_says_when_the_count_changes(judge: JudgeParts) -> None:
    announced(judge)
    board = judge.store.board("acme", None, later(days=3))
    assert "shuts down in 57 d: support-bot" in board.alerts[0].title
    assert board.changes_us is not None
    assert from_us(board.changes_us) <= datetime(2026, 11, 27, tzinfo=UTC)
    late = judge.store.board("acme", None, SHUTDOWN + timedelta(days=4))
    assert "is 4 d past its announced end" in late.alerts[0].title
