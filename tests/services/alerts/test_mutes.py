"""Silence, acknowledgement and waiver are of the condition: another episode, another rule, a flap change nothing of it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.errors import Refused
from pulse_tui.domain.hold import HoldKind
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.source import Observation
from pulse_tui.domain.words import Priority, Severity
from pulse_tui.services.alerts import operate
from pulse_tui.services.alerts.escalate import escalate
from pulse_tui.services.alerts.quiet import quiet
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, NOW, evidence, later, signal
from tests.services.said import alerts, holds

CVE = Advisory(
    id="GHSA-a",
    source="osv",
    modified=NOW,
    title="Remote code execution",
    severity=Severity.CRITICAL,
    cvss=9.8,
    affected=(Affected("PyPI", "vllm", (), (VersionRange(fixed="0.9.2"),)),),
)


def take(judge: JudgeParts, *items: Observation, at: datetime = NOW) -> None:
    ingest(list(items), [], judge, at)


def breach(number: int, ratio: float = 1.31, at: datetime = NOW, **fields: Any) -> Any:
    proof = evidence(signal().signal_type, value=1000.0 * ratio)
    about = {"asset_id": "support-bot", "environment": CANARY, "current_version": "3.8.2", "fingerprint": "p95"}
    return signal(number, evidence=proof, observed_at=at, occurred_at=at, **{**about, **fields})


def newest(judge: JudgeParts) -> Alert:
    return max(alerts(judge), key=lambda a: (a.open, a.last_at))


def messages(judge: JudgeParts) -> list[str]:
    """What was queued for somebody, by event."""
    with judge.store.read() as tx:
        return [d.payload["event"] for d in tx.plumbing.deliveries()]


@pytest.mark.parametrize("how", ["silence", "acknowledge", "waive"])
def test_a_condition_that_flaps_while_it_is_muted_notifies_nobody_again(judge: JudgeParts, how: str) -> None:
    take(judge, breach(1))
    first = newest(judge)
    if how == "silence":
        operate.silence(judge.store, first.id, "ana", 4, "known", NOW)
    elif how == "waive":
        operate.waive(judge.store, first.id, "ana", 30, "accepted", NOW)
    else:
        operate.acknowledge(judge, first.id, "ana", 3_600, NOW)
    take(judge, breach(2, 0.9, later(minutes=5)), at=later(minutes=5))
    assert newest(judge).state is AlertState.RESOLVED
    before = messages(judge).count("opened")
    take(judge, breach(3, 1.4, later(minutes=10)), at=later(minutes=10))
    again = newest(judge)
    assert again.id != first.id
    assert again.state is (AlertState.ACKNOWLEDGED if how == "acknowledge" else AlertState.SUPPRESSED)
    assert messages(judge).count("opened") == before


def test_what_is_worse_than_what_was_muted_is_heard(judge: JudgeParts) -> None:
    take(judge, msgspec.structs.replace(CVE, severity=Severity.HIGH, cvss=7.5))
    for alert in [a for a in alerts(judge) if a.open]:
        operate.waive(judge.store, alert.id, "ana", 30, "low risk", NOW)
    take(judge, msgspec.structs.replace(CVE, modified=later(hours=1)), at=later(hours=1))
    (worse,) = [a for a in alerts(judge) if a.open and a.rule_id == "critical-cve-exposed"]
    assert (worse.state, worse.priority) == (AlertState.FIRING, Priority.P1)


def test_a_weakness_that_is_scored_lower_keeps_its_waiver(judge: JudgeParts) -> None:
    take(judge, CVE)
    operate.waive(judge.store, newest(judge).id, "ana", 30, "no route from outside", NOW)
    before = messages(judge).count("opened")
    lower = msgspec.structs.replace(CVE, severity=Severity.HIGH, cvss=7.5, modified=later(hours=1))
    take(judge, lower, at=later(hours=1))
    standing = [a for a in alerts(judge) if a.open]
    assert standing
    assert {a.state for a in standing} == {AlertState.SUPPRESSED}
    assert messages(judge).count("opened") == before


@pytest.mark.parametrize("how", ["silence", "acknowledge"])
def test_what_runs_out_comes_back_at_its_own_priority_with_a_fresh_clock(
    judge: JudgeParts, clock: Clock, how: str
) -> None:
    take(judge, breach(1))
    first = newest(judge)
    assert first.respond_within_s is not None
    if how == "silence":
        operate.silence(judge.store, first.id, "ana", 4, "known", NOW)
    else:
        operate.acknowledge(judge, first.id, "ana", 4 * 3_600, NOW)
    clock.sleep(4 * 3_600 + 1)
    assert operate.lapse(judge, clock()) == 1
    assert escalate(judge) == 0
    back = newest(judge)
    assert (back.state, back.priority, back.escalations) == (AlertState.FIRING, first.priority, 0)
    assert back.deadline is not None
    assert (back.deadline - clock()).total_seconds() == first.respond_within_s


def test_a_waiver_lifts_the_freeze_and_its_end_places_it_again(judge: JudgeParts, clock: Clock) -> None:
    take(judge, CVE)
    assert holds(judge) == [(HoldKind.FREEZE, None)]
    operate.waive(judge.store, newest(judge).id, "ana", 1, "patched at the proxy", NOW)
    assert holds(judge) == []
    assert judge.store.board("acme", None, NOW).header.frozen == ()
    clock.sleep(2 * 86_400)
    ended = judge.store.board("acme", None, clock())
    assert ended.header.frozen == ("gateway",), "it ended by itself, whoever records that"
    operate.lapse(judge, clock())
    assert holds(judge) == [(HoldKind.FREEZE, None)]
    assert judge.store.board("acme", None, clock()).header.frozen == ("gateway",)


def test_a_silence_leaves_the_freeze_where_it_is(judge: JudgeParts) -> None:
    take(judge, CVE)
    operate.silence(judge.store, newest(judge).id, "ana", 4, "known", NOW)
    assert holds(judge) == [(HoldKind.FREEZE, None)]


def test_what_was_muted_can_be_taken_back(judge: JudgeParts) -> None:
    take(judge, CVE)
    alert = newest(judge)
    operate.waive(judge.store, alert.id, "ana", 30, "patched at the proxy", NOW)
    operate.unmute(judge, alert.id, "ben", "the proxy is gone", later(minutes=1))
    assert newest(judge).state is AlertState.FIRING
    assert holds(judge) == [(HoldKind.FREEZE, None)]
    with pytest.raises(Refused, match="nothing mutes alert"):
        operate.unmute(judge, alert.id, "ben", "again", later(minutes=2))


def test_muting_changes_who_is_called_and_never_what_is_counted(judge: JudgeParts) -> None:
    take(judge, CVE)
    before = judge.store.board("acme", None, NOW)
    operate.silence(judge.store, newest(judge).id, "ana", 4, "known", NOW)
    after = judge.store.board("acme", None, later(minutes=1))
    counted = ("production_ok", "production_risk", "p1", "p2")
    assert [getattr(after.header, n) for n in counted] == [getattr(before.header, n) for n in counted]
    assert after.header.p1 == 1
    assert after.header.muted == 1
    (row,) = [a for a in after.alerts if a.priority == "P1"]
    assert (row.by, row.muted) == ("ana", True)


def test_each_hold_is_lifted_by_itself_and_with_a_reason(judge: JudgeParts) -> None:
    take(judge, CVE)
    operate.freeze(judge.store, "gateway", "ana", "release week", NOW)
    with judge.store.read() as tx:
        first, second = tx.judgements.holds("gateway")
    operate.lift(judge.store, second.id, "ben", "the week is over", NOW)
    with judge.store.read() as tx:
        assert [h.id for h in tx.judgements.holds("gateway")] == [first.id]
        (line,) = [e for e in tx.log.entries() if e.action == "hold.lifted"]
    assert (line.actor, line.subject, line.detail["because"]) == ("ben", second.id, "the week is over")


def test_one_list_has_everything_that_is_muted_waived_or_held(judge: JudgeParts) -> None:
    take(judge, CVE, breach(1))
    operate.silence(
        judge.store, next(a.id for a in alerts(judge) if a.asset_id == "support-bot"), "ana", 4, "known", NOW
    )
    rows = {(r.kind, r.subject, r.by) for r in quiet(judge.store, later(minutes=1))}
    assert rows >= {("silenced", "support-bot canary", "ana"), ("freeze", "gateway", "rule critical-cve-exposed")}
    assert not [r for r in quiet(judge.store, later(hours=5)) if not r.hold], "what has run out is not muted any more"


def test_a_shorter_acknowledgement_does_not_end_a_longer_silence(judge: JudgeParts, clock: Clock) -> None:
    take(judge, CVE)
    alert = newest(judge)
    operate.waive(judge.store, alert.id, "ana", 1, "patched at the proxy", NOW)
    operate.acknowledge(judge, alert.id, "ben", 3_600, NOW)
    shown = judge.store.board("acme", None, later(minutes=1))
    (row,) = [a for a in shown.alerts if a.id == alert.id]
    assert (row.state, row.by, row.until_us, row.waived) == ("acknowledged", "ben", to_us(later(hours=1)), False)
    assert shown.changes_us is not None
    assert shown.changes_us <= to_us(later(hours=1))
    clock.sleep(3_600)
    (row,) = [a for a in judge.store.board("acme", None, clock()).alerts if a.id == alert.id]
    (listed,) = [r for r in quiet(judge.store, clock()) if r.id == alert.id]
    assert (row.state, row.by, row.waived, listed.kind, listed.by) == ("suppressed", "ana", True, "waived", "ana")
    before = messages(judge)
    assert operate.lapse(judge, clock()) == 0
    assert messages(judge) == before
    assert holds(judge) == []
    clock.sleep(86_400)
    assert operate.lapse(judge, clock()) == 1
    assert newest(judge).state is AlertState.FIRING
    assert holds(judge) == [(HoldKind.FREEZE, None)]


def test_a_waiver_that_ends_under_an_acknowledgement_holds_again_and_calls_nobody(
    judge: JudgeParts, clock: Clock
) -> None:
    take(judge, CVE)
    alert = newest(judge)
    operate.acknowledge(judge, alert.id, "ben", 3 * 86_400, NOW)
    operate.waive(judge.store, alert.id, "ana", 1, "patched at the proxy", NOW)
    clock.sleep(86_400)
    assert operate.lapse(judge, clock()) == 0
    after = newest(judge)
    assert (after.state, after.acknowledged_by, after.suppressed_by) == (AlertState.ACKNOWLEDGED, "ben", None)
    assert holds(judge) == [(HoldKind.FREEZE, None)]
