"""A rule that opens more alerts than anybody reads: the first are announced, one message says that there are more."""

from __future__ import annotations

import pytest

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.notice import NoticeOutcome, Withheld
from pulse_tui.services.alerts import operate
from pulse_tui.services.alerts.escalate import escalate
from pulse_tui.services.alerts.storms import pass_storms
from pulse_tui.services.parts import JudgeParts
from tests.fakes.clock import Clock
from tests.fakes.nouns import later
from tests.services.alerts.test_mutes import breach, take
from tests.services.said import alerts

ROUTE = "page"


@pytest.fixture
def judge(judge: JudgeParts) -> JudgeParts:
    """Without incidents: alerts of one would be announced as one, and make no storm."""
    return judge._replace(correlate=lambda _tx, _parts, _alert, _event, _now: None)


def pages(judge: JudgeParts, event: str = "opened") -> list[str]:
    """Titles of what was queued for the pager, in order."""
    with judge.store.read() as tx:
        found = [d for d in tx.plumbing.deliveries(1_000) if d.route == ROUTE and d.payload["event"] == event]
    return [d.payload["title"] for d in sorted(found, key=lambda d: (d.created_at, d.payload["title"]))]


def burst(judge: JudgeParts, count: int, first: int = 0) -> None:
    at = later(minutes=1)
    take(judge, *(breach(first + n, 1.4, at, fingerprint=f"p95-{first + n}") for n in range(count)), at=at)


def storm_words(judge: JudgeParts, event: str = "opened") -> list[str]:
    return [t for t in pages(judge, event) if "storm" in t]


def test_the_first_are_announced_and_one_message_says_that_there_are_more(judge: JudgeParts) -> None:
    burst(judge, 25)
    burst(judge, 10, first=25)
    assert len([t for t in pages(judge) if "storm" not in t]) == 20
    assert storm_words(judge) == ["storm: rule latency-breach-canary opened more than 20 alerts within 10 min"]
    opened = [a for a in alerts(judge) if a.open]
    assert (len(opened), {a.state for a in opened}) == (35, {AlertState.FIRING}), "none is lost"
    with judge.store.read() as tx:
        reasons = [n.reason for a in opened for n in tx.notices.of(a.id) if n.route == ROUTE]
    assert (reasons.count(Withheld.STORM), reasons.count(None)) == (15, 20)


def test_when_it_has_passed_the_count_follows_and_when_nothing_is_open_that(judge: JudgeParts, clock: Clock) -> None:
    burst(judge, 23)
    clock.sleep(5 * 60)
    assert pass_storms(judge, clock()) == 0
    clock.sleep(6 * 60)
    assert pass_storms(judge, clock()) > 0
    counted = (
        "the storm of rule latency-breach-canary has passed: 23 alerts, 3 not announced one by one; 3 of these are open"
    )
    assert storm_words(judge, "reminded") == [counted]
    assert pass_storms(judge, clock()) == 0
    for alert in alerts(judge):
        operate.resolve(judge, alert.id, "ana", "fixed", clock())
    pass_storms(judge, clock())
    assert storm_words(judge, "resolved") == ["nothing of the storm of rule latency-breach-canary is open any more"]
    assert pass_storms(judge, clock()) == 0


def test_a_storm_of_missed_deadlines_is_one_message_too(judge: JudgeParts, clock: Clock) -> None:
    burst(judge, 30)
    clock.sleep(30 * 86_400)
    assert escalate(judge) == 30
    with judge.store.read() as tx:
        sent = [n for a in alerts(judge) for n in tx.notices.of(a.id) if n.route == ROUTE and n.event == "raised"]
    assert [n.outcome for n in sent].count(NoticeOutcome.QUEUED) == 20
    assert [n.reason for n in sent].count(Withheld.STORM) == 10


def test_alerts_that_a_silence_covers_are_no_storm(judge: JudgeParts) -> None:
    from tests.services.alerts.test_silences import placed

    placed(judge)
    burst(judge, 30)
    assert pages(judge) == []
