"""The page of an alert names the ticket that was made of it: its key and its address."""

from __future__ import annotations

from pulse_tui.domain.alert import OPEN
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.elsewhere import Elsewhere, ListedElsewhere
from pulse_tui.services.alerts.story import done_lines
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest


def test_the_receipt_of_a_ticket_stands_with_what_was_done_and_that_of_a_message_does_not(judge: JudgeParts) -> None:
    now = judge.clock()
    bot = Elsewhere(key="PT4", title="p95", status="triggered", open=True, assets=("support-bot",))
    ingest([ListedElsewhere(source="pd", system="pagerduty", at=now, incidents=(bot,))], [], judge, now)
    with judge.store.write() as tx:
        (alert, *_) = tx.judgements.alerts(list(OPEN))
        for use, kind in (("ticket", "jira"), ("notify", "notify")):
            sent = Delivery(
                key=f"{use}-1", kind=kind, route="ops", payload={"alert": alert.id, "use": use}, created_at=now
            ).sent(f"{kind.upper()}-12 https://x/12 (opened)")
            tx.plumbing.enqueue(sent)
    with judge.store.read() as tx:
        lines = done_lines(tx, alert)
    assert [line for line in lines if "JIRA-12 https://x/12 (opened)" in line]
    assert not [line for line in lines if "NOTIFY-12" in line]
