"""A message that failed for good reached nobody: an alert of its own says so, by another channel."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.delivery import UNSENT, DeliveryState, undelivered
from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.moments import from_us
from pulse_tui.domain.words import Priority
from pulse_tui.services.alerts import operate
from pulse_tui.services.alerts.deliver import deliver
from pulse_tui.services.alerts.outbox import drop, replay
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.clock import Clock
from tests.fakes.http import FakeHttp
from tests.fakes.nouns import CANARY, NOW, signal
from tests.services.said import alerts


def lose(judge: JudgeParts, http: FakeHttp) -> str:
    """The first page is refused for good; its key."""
    ingest([signal(1, asset_id="support-bot", environment=CANARY, current_version="3.8.2")], [], judge, NOW)
    http.status = 400
    deliver(judge, "h")
    with judge.store.read() as tx:
        (lost,) = tx.plumbing.deliveries(states=(DeliveryState.DEAD,))
    assert lost.route == "page"
    return lost.key


def another(judge: JudgeParts, clock: Clock) -> None:
    """Something else pages."""
    again = signal(
        2, asset_id="support-bot", environment=CANARY, current_version="3.8.2", fingerprint="another", observed_at=clock(),
        occurred_at=clock(),
    )  # fmt: skip
    ingest([again], [], judge, clock())
    deliver(judge, "h")


def lost_alert(judge: JudgeParts) -> Alert:
    (lost,) = [a for a in alerts(judge) if a.rule_id == "messages-lost"]
    return lost


def test_it_is_an_alert_that_goes_out_by_another_route(
    judge: JudgeParts, clock: Clock, http: FakeHttp, tmp_path: Path
) -> None:
    lose(judge, http)
    deliver(judge, "h")
    (lost,) = [a for a in alerts(judge) if a.rule_id == "messages-lost"]
    assert (lost.priority, lost.open) == (Priority.P2, True)
    assert "route page" in lost.title
    with judge.store.read() as tx:
        assert {d.route for d in tx.plumbing.deliveries() if d.payload["rule"] == "messages-lost"} == {"tickets"}
    assert any("route page" in f.read_text() for f in (tmp_path / "tickets").glob("*.md"))


def test_that_something_else_arrives_does_not_end_it_but_replaying_what_was_lost_does(
    judge: JudgeParts, clock: Clock, http: FakeHttp
) -> None:
    key = lose(judge, http)
    deliver(judge, "h")
    http.status = 200
    another(judge, clock)
    assert lost_alert(judge).open
    assert shown(judge, clock()) == 1
    (again,) = replay(judge, "ana", key=key).done
    assert again.key == key
    deliver(judge, "h")
    assert not lost_alert(judge).open
    assert shown(judge, clock()) == 0
    with judge.store.read() as tx:
        assert ("ana", "delivery.replayed") in [(e.actor, e.action) for e in tx.log.entries(subject=key)]


def test_dropping_what_was_lost_ends_it_with_the_name_of_who_did(judge: JudgeParts, http: FakeHttp) -> None:
    key = lose(judge, http)
    with pytest.raises(Refused, match="for a reason"):
        drop(judge, "ana", " ", route="page")
    assert [d.key for d in drop(judge, "ana", "by phone", route="page").done] == [key]
    assert not lost_alert(judge).open
    with judge.store.read() as tx:
        (line,) = [e for e in tx.log.entries(subject=key) if e.action == "delivery.dropped"]
    assert (line.actor, line.detail["why"]) == ("ana", "by phone")
    with pytest.raises(Refused, match="is dropped"):
        replay(judge, "ana", key=key)
    with pytest.raises(NotFound, match="there is no message"):
        replay(judge, "ana", key="nothing")


def test_a_later_message_of_its_thread_says_what_was_lost_and_ends_it(
    judge: JudgeParts, clock: Clock, http: FakeHttp
) -> None:
    lose(judge, http)
    http.status = 200
    (alert,) = [a for a in alerts(judge) if a.rule_id != "messages-lost"]
    operate.acknowledge(judge, alert.id, "ana", 3600, clock())
    deliver(judge, "h")
    body = http.asked[-1].json
    assert body["event"] == "acknowledged"
    assert "1 earlier message about this did not arrive" in body["missed"]
    assert not lost_alert(judge).open
    assert shown(judge, clock()) == 0


def test_a_route_that_is_down_for_five_minutes_is_an_alert_that_ends_when_it_works(
    judge: JudgeParts, clock: Clock, http: FakeHttp
) -> None:
    ingest([signal(1, asset_id="support-bot", environment=CANARY, current_version="3.8.2")], [], judge, NOW)
    http.down = True
    began = clock()
    while not any(a.rule_id == "messages-lost" for a in alerts(judge)):
        deliver(judge, "h")
        clock.sleep(10)
        assert clock() - began < timedelta(minutes=8)
    assert "messages to route page do not arrive" in lost_alert(judge).title
    assert shown(judge, clock()) == 1
    http.down = False
    clock.sleep(900)
    deliver(judge, "h")
    assert not lost_alert(judge).open


def test_an_alert_about_a_dead_route_that_dies_on_the_other_goes_no_further(
    judge: JudgeParts, clock: Clock, http: FakeHttp
) -> None:
    pages = [r for r in judge.routes if r.kind == "notify"]
    two = judge._replace(routes=[*pages, msgspec.structs.replace(pages[0], id="second")])
    ingest([signal(1, asset_id="support-bot", environment=CANARY, current_version="3.8.2")], [], two, NOW)
    http.status = 400
    for _ in range(20):
        deliver(two, "h")
        clock.sleep(60)
    asked = len(http.asked)
    for _ in range(20):
        deliver(two, "h")
        clock.sleep(60)
    assert len(http.asked) == asked <= 8


def shown(judge: JudgeParts, now: datetime) -> int:
    """How many the header counts: as many as the list of them has, at every moment."""
    board = judge.store.board("t", None, now)
    with judge.store.read() as tx:
        assert len(undelivered(tx.plumbing.deliveries(), now)) == board.header.undelivered
    return board.header.undelivered


def test_a_page_that_fails_is_seen_long_before_it_is_given_up(judge: JudgeParts, clock: Clock, http: FakeHttp) -> None:
    ingest([signal(1, asset_id="support-bot", environment=CANARY, current_version="3.8.2")], [], judge, NOW)
    http.status = 500
    deliver(judge, "h")
    assert shown(judge, clock()) == 0, "one failure is a blip"
    clock.sleep(12)
    deliver(judge, "h")
    assert shown(judge, clock()) == 1
    http.status = 200
    clock.sleep(24)
    deliver(judge, "h")
    assert shown(judge, clock()) == 0


def test_a_message_that_nobody_sends_is_seen_after_a_minute(judge: JudgeParts) -> None:
    ingest([signal(1, asset_id="support-bot", environment=CANARY, current_version="3.8.2")], [], judge, NOW)
    board = judge.store.board("t", None, NOW)
    assert board.header.undelivered == 0
    assert board.changes_us is not None
    assert from_us(board.changes_us) <= NOW + UNSENT + timedelta(microseconds=1)
    with judge.store.read() as tx:
        count = len(tx.plumbing.deliveries())
    assert shown(judge, NOW + UNSENT) == 0
    assert shown(judge, NOW + UNSENT + timedelta(seconds=1)) == count > 0
