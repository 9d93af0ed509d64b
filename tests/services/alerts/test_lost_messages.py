"""A message that failed for good reached nobody: an alert of its own says so, by another channel."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from pulse_tui.domain.delivery import UNSENT, DeliveryState, undelivered
from pulse_tui.domain.moments import from_us
from pulse_tui.domain.words import Priority
from pulse_tui.services.alerts.deliver import deliver
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.clock import Clock
from tests.fakes.http import FakeHttp
from tests.fakes.nouns import CANARY, NOW, signal
from tests.services.said import alerts


def lose(judge: JudgeParts, clock: Clock, http: FakeHttp) -> None:
    """Every try of the first page fails."""
    ingest([signal(1, asset_id="support-bot", environment=CANARY, current_version="3.8.2")], [], judge, NOW)
    http.status = 500
    for _ in range(10):
        deliver(judge, "h")
        clock.sleep(3_600)
    with judge.store.read() as tx:
        assert DeliveryState.DEAD in {d.state for d in tx.plumbing.deliveries() if d.route == "page"}


def test_it_is_an_alert_that_goes_out_by_another_route(
    judge: JudgeParts, clock: Clock, http: FakeHttp, tmp_path: Path
) -> None:
    lose(judge, clock, http)
    (lost,) = [a for a in alerts(judge) if a.rule_id == "messages-lost"]
    assert (lost.priority, lost.open) == (Priority.P2, True)
    assert "route page" in lost.title
    with judge.store.read() as tx:
        assert {d.route for d in tx.plumbing.deliveries() if d.payload["rule"] == "messages-lost"} == {"tickets"}
    assert any("route page" in f.read_text() for f in (tmp_path / "tickets").glob("*.md"))


def test_it_ends_by_the_next_message_that_arrives(judge: JudgeParts, clock: Clock, http: FakeHttp) -> None:
    lose(judge, clock, http)
    http.status = 200
    again = signal(
        2, asset_id="support-bot", environment=CANARY, current_version="3.8.2", fingerprint="another", observed_at=clock(),
        occurred_at=clock(),
    )  # fmt: skip
    ingest([again], [], judge, clock())
    deliver(judge, "h")
    (lost,) = [a for a in alerts(judge) if a.rule_id == "messages-lost"]
    assert not lost.open


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
    clock.sleep(10)
    deliver(judge, "h")
    assert shown(judge, clock()) == 1
    http.status = 200
    clock.sleep(20)
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


def test_a_lost_message_stands_until_its_route_works_again(judge: JudgeParts, clock: Clock, http: FakeHttp) -> None:
    lose(judge, clock, http)
    assert shown(judge, clock()) >= 1
    http.status = 200
    again = signal(
        2, asset_id="support-bot", environment=CANARY, current_version="3.8.2", fingerprint="another", observed_at=clock(),
        occurred_at=clock(),
    )  # fmt: skip
    ingest([again], [], judge, clock())
    deliver(judge, "h")
    assert shown(judge, clock()) == 0
