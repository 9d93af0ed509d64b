"""What a storm and a flapping condition are looked up by, on each database."""

from __future__ import annotations

import msgspec

from pulse_tui.domain.alert import AlertEvent
from pulse_tui.domain.notice import Notice, NoticeOutcome, Use, Withheld
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import NOW, alert, later


def notice(ident: str, **more: object) -> Notice:
    sent = Notice(
        alert_id=ident, at=NOW, event=AlertEvent.OPENED, use=Use.NOTIFY, outcome=NoticeOutcome.QUEUED, why="", route="pager",
    )  # fmt: skip
    return msgspec.structs.replace(sent, **more)


def test_who_was_called_by_a_rule_and_who_was_not_because_of_too_many(store: SqlStore) -> None:
    held = {"outcome": NoticeOutcome.WITHHELD, "reason": Withheld.STORM}
    with store.write() as tx:
        for ident, rule in (("a", "p95"), ("b", "p95"), ("c", "p95"), ("d", "other")):
            tx.judgements.put_alert(alert(id=ident, rule_id=rule, fingerprint=f"{rule}/{ident}"))
        tx.notices.add(
            [
                notice("a"),
                notice("b", at=later(minutes=5), **held),
                notice("c", at=later(minutes=5), outcome=NoticeOutcome.WITHHELD, reason=Withheld.SILENCED),
                notice("c", at=later(minutes=5), event=AlertEvent.RAISED),
                notice("d"),
            ]
        )
    with store.read() as tx:
        assert tx.notices.called("p95", AlertEvent.OPENED, NOW) == ["a", "b"]
        assert tx.notices.called("p95", AlertEvent.OPENED, later(minutes=1)) == ["b"]
        assert tx.notices.stormy("p95", AlertEvent.OPENED, NOW) == [("b", "pager", later(minutes=5))]


def test_the_episodes_of_a_name_that_opened_since_then(store: SqlStore) -> None:
    with store.write() as tx:
        for n in range(3):
            one = alert(id=f"e{n}", fingerprint="p95/x", first_at=later(minutes=n))
            tx.judgements.put_alert(one.resolve(later(hours=1), "over"))
    with store.read() as tx:
        assert [a.id for a in tx.judgements.episodes("p95/x", later(minutes=1))] == ["e2", "e1"]
        assert tx.judgements.episodes("p95/y", NOW) == []
