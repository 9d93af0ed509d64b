"""Incidents elsewhere are alerts here while they last, once each, and end when they end there."""

from __future__ import annotations

from typing import Any

from pulse_tui.domain.alert import OPEN, Alert
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.elsewhere import Elsewhere, ListedElsewhere
from pulse_tui.enrich.alerts.kinds import cause_kind
from pulse_tui.enrich.vendors.scorecard import vendor_of
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.nouns import asset

BOT = "support-bot"


def incident(**changes: Any) -> Elsewhere:
    values: dict[str, Any] = {"key": "PT4", "title": "p95", "status": "triggered", "open": True, "assets": (BOT,)}
    return Elsewhere(**{**values, **changes})


def reported(parts: JudgeParts, *incidents: Elsewhere, whole: bool = True) -> list[Alert]:
    """What is open afterwards, a minute later."""
    now = parts.clock.pass_(minutes=1)  # type: ignore[attr-defined]
    item = ListedElsewhere(source="pd", system="pagerduty", at=now, incidents=incidents, whole=whole)
    ingest([item], [], parts, now)
    with parts.store.read() as tx:
        return [a for a in tx.judgements.alerts(list(OPEN)) if a.rule_id == "vendor-incident"]


def test_an_open_incident_is_one_alert_however_often_it_is_listed(judge: JudgeParts) -> None:
    for _ in range(3):
        (alert,) = reported(judge, incident())
    assert (alert.asset_id, alert.count) == (BOT, 1)
    (alert,) = reported(judge, incident(status="acknowledged"))
    assert alert.count == 2


def test_it_ends_when_it_is_resolved_there_or_no_longer_listed(judge: JudgeParts) -> None:
    reported(judge, incident())
    assert reported(judge, incident(status="resolved", open=False)) == []
    assert len(reported(judge, incident())) == 1, "opened again, it is an episode of its own"
    assert len(reported(judge, whole=False)) == 1, "what was not listed whole may be open still"
    assert reported(judge) == []


def test_an_incident_that_our_own_page_opened_is_none_of_theirs(judge: JudgeParts) -> None:
    sent = Delivery(key="notify-1", kind="notify", route="page", payload={}, created_at=judge.clock())
    with judge.store.write() as tx:
        tx.plumbing.enqueue(sent)
    assert reported(judge, incident(ours="notify-1")) == []
    assert len(reported(judge, incident(ours="somebody-else"))) == 1


def test_one_that_is_tied_to_another_asset_moves_there(judge: JudgeParts) -> None:
    with judge.store.write() as tx:
        tx.estate.put_assets([asset("gateway")])
    (one,) = reported(judge, incident())
    (other,) = reported(judge, incident(assets=("gateway",)))
    assert (one.asset_id, other.asset_id) == (BOT, "gateway")


def test_one_of_nothing_of_ours_opens_no_alert_and_is_kept(judge: JudgeParts) -> None:
    assert reported(judge, incident(assets=("unheard-of",))) == []
    with judge.store.read() as tx:
        (signal,) = [s for s in tx.signals.recent(10) if s.source == "pd"]
    assert signal.asset_id is None


def test_it_is_no_vendors_whatever_it_is_called(judge: JudgeParts) -> None:
    (alert,) = reported(judge, incident())
    with judge.store.read() as tx:
        signal = tx.signals.get(alert.signal_id)
        assert signal is not None
        advice = judge.advise(tx, judge, alert, signal, judge.clock())
    assert advice.lines == ("people handle it in pagerduty as PT4: see there first, then what changed here",)
    assert vendor_of(signal) is None
    assert cause_kind(signal) is None
