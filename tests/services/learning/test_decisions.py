"""The decision log and the activity: newest first, by person, asset, kind and time; pages join without a gap."""

from __future__ import annotations

import time

import pytest

from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.feedback import Usefulness
from pulse_tui.services.alerts import operate
from pulse_tui.services.alerts.feedback import give
from pulse_tui.services.learning.activity import activity, every
from pulse_tui.services.learning.decisions import decisions, kind_of
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.nouns import CANARY, NOW, later, signal
from tests.services.said import alerts


def night(parts: RollbackParts) -> str:
    """An alert that ana waives, a freeze that ben places and ana lifts; returns the alert's id."""
    one = signal(asset_id="support-bot", environment=CANARY, current_version="3.8.2")
    ingest([one], [], parts.judging, NOW)
    ident = alerts(parts.judging)[0].id
    operate.waive(parts.store, ident, "ana", 7, "known, \x1b[2Jaccepted", later(minutes=1))
    operate.freeze(parts.store, "gateway", "ben", "the audit", later(minutes=2))
    operate.lift(parts.store, "freeze/gateway/operator", "ana", "the audit ended", later(minutes=3))
    give(parts.store, ident, Usefulness.USEFUL, "ana", "", later(minutes=4))
    return ident


def test_decisions_are_those_of_people_newest_first_with_the_reason(parts: RollbackParts) -> None:
    night(parts)
    rows = decisions(parts.store)
    assert [(r.kind, r.by, r.asset) for r in rows] == [
        ("lift", "ana", "gateway"), ("hold", "ben", "gateway"), ("waiver", "ana", "support-bot"),
    ]  # fmt: skip
    assert rows[2].why.startswith("known, accepted")
    assert "hold lifted freeze/gateway/operator [gateway]: the audit ended" in rows[0].line()


def test_decisions_are_narrowed_by_person_asset_time_and_kind(parts: RollbackParts) -> None:
    night(parts)
    assert [r.kind for r in decisions(parts.store, by="ben")] == ["hold"]
    assert [r.kind for r in decisions(parts.store, asset="support-bot")] == ["waiver"]
    assert [r.kind for r in decisions(parts.store, since=later(minutes=3))] == ["lift"]
    assert [r.kind for r in decisions(parts.store, kind="hold")] == ["hold"]
    assert len(decisions(parts.store, limit=2)) == 2
    with pytest.raises(WrongUse, match="waiver"):
        decisions(parts.store, kind="waver")


def test_a_hold_that_a_rule_places_is_activity_and_no_decision(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        tx.log.append(NOW, "pulse-tui", "hold.placed", "block/support-bot/x", {"why": "a rule"})
    assert decisions(parts.store) == ()
    assert activity(parts.store)[0].detail == "a rule"


def test_every_line_of_the_log_is_in_the_activity_once_newest_first_whatever_the_page(parts: RollbackParts) -> None:
    night(parts)
    with parts.store.read() as tx:
        seqs = [e.seq for e in tx.log.entries()]
    assert [r.seq for r in every(parts.store)] == seqs[::-1]
    first = activity(parts.store, 2)
    assert [r.seq for r in (*first, *activity(parts.store, 100, first[-1].seq))] == seqs[::-1]
    assert {r.who for r in activity(parts.store, by="ben")} == {"ben"}
    assert [r.action for r in activity(parts.store, since=later(minutes=4))] == ["alert.verdict"]


def test_actions_have_a_kind_by_their_name_or_by_its_beginning() -> None:
    assert [kind_of(a) for a in ("waiver.ended", "policy.changed", "plan.approved", "plan.proposed", "x")] == [
        "waiver", "policy", "approval", "", "",
    ]  # fmt: skip


def test_a_page_of_a_long_log_opens_at_once(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        for number in range(5_000):
            tx.log.append(NOW, "pulse-tui", "alert.opened", f"a{number}", {})
    began = time.process_time()
    rows = activity(parts.store)
    assert time.process_time() - began < 0.3
    assert (len(rows), rows[0].subject) == (500, "a4999")
