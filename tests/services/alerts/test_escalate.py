"""A missed deadline climbs one step and is notified again; an acknowledged alert does not."""

from datetime import UTC, datetime, timedelta

import pytest

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.effect import Did, Response
from pulse_tui.domain.evidence import ServiceEvidence
from pulse_tui.domain.hold import HoldKind
from pulse_tui.domain.moments import iso, to_us
from pulse_tui.domain.notice import Use
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Environment, Priority, Recommended, Severity, SignalType
from pulse_tui.ports import Route
from pulse_tui.services.alerts.escalate import escalate
from pulse_tui.services.alerts.story import done_lines
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.addressing import address
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.clock import Clock
from tests.fakes.nouns import hold

AT = datetime(2026, 11, 23, 3, tzinfo=UTC)


def alert(priority: Priority = Priority.P2, hours: float = 4) -> Alert:
    return Alert(
        id="a",
        fingerprint="f",
        signal_fingerprint="s",
        rule_id="r",
        decision_id="d",
        signal_id="x",
        title="accuracy -5.2 pp on support-bot canary",
        priority=priority,
        severity=Severity.HIGH,
        first_at=AT,
        last_at=AT,
        deadline=AT + timedelta(hours=hours),
        respond_within_s=int(hours * 3_600),
    )


def test_before_its_deadline_an_alert_stays_as_it_is() -> None:
    one = alert()
    assert one.escalate(AT + timedelta(hours=3)) is one


def test_a_missed_deadline_is_one_step_more_urgent_with_as_much_time_again() -> None:
    late = AT + timedelta(hours=5)
    raised = alert().escalate(late)
    assert (raised.priority, raised.escalations) == (Priority.P1, 1)
    assert raised.deadline == late + timedelta(hours=4)
    again = raised.escalate(late + timedelta(hours=4, minutes=1))
    assert (again.priority, again.escalations) == (Priority.P1, 2)


@pytest.mark.parametrize("priority", [Priority.P3, Priority.P4])
def test_what_can_wait_does_not_get_urgent_by_waiting(priority: Priority) -> None:
    late = alert(priority, hours=72).escalate(AT + timedelta(hours=72))
    assert (late.priority, late.escalations) == (priority, 1)


def test_the_time_between_two_escalations_doubles() -> None:
    one, at, waits = alert(Priority.P1, hours=0.25), AT, list[timedelta]()
    for _ in range(4):
        assert one.deadline is not None
        waits.append(one.deadline - at)
        at = one.deadline
        one = one.escalate(at)
    assert waits == [timedelta(minutes=m) for m in (15, 15, 30, 60)]


def test_whoever_was_woken_twice_in_vain_is_not_woken_a_third_time(judge: JudgeParts, clock: Clock) -> None:
    pager = Route(
        id="pager", kind="notify", wanted=(Use.PAGE,), options=judge.actions["notify"].Options(url="http://x")
    )
    chat = Route(id="chat", kind="notify", wanted=(Use.NOTIFY,), options=pager.options)
    one = alert(Priority.P1)
    called = []
    for _ in range(3):
        called.append({t.route.id: t.use for t in address([pager, chat], one, Use.NOTIFY, "ml")})
        one = one.escalate(one.deadline or AT)
    assert called[0] == called[1] == {"pager": Use.PAGE, "chat": Use.NOTIFY}
    assert called[2] == {"chat": Use.NOTIFY}
    assert [t.use for t in address([pager], one, Use.NOTIFY, "ml")] == [Use.PAGE]  # there is no other way


def test_somebody_who_looks_at_it_stops_the_climb() -> None:
    taken = alert().acknowledge("ana", AT + timedelta(days=1))
    assert taken.escalate(AT + timedelta(hours=9)) is taken
    assert taken.state is AlertState.ACKNOWLEDGED


def breach(clock: Clock) -> Signal:
    return Signal(
        id="p:1",
        source="probes",
        signal_type=SignalType.LATENCY_BREACH,
        asset_id="support-bot",
        environment=Environment.CANARY,
        severity=Severity.HIGH,
        confidence=1.0,
        recommended_action=Recommended.ROLLBACK,
        occurred_at=clock(),
        observed_at=clock(),
        title="slow",
        evidence=ServiceEvidence(metric="p95_latency", value=1_300.0, objective=1_000.0),
        fingerprint="slow",
    )


def test_the_owner_is_notified_again_and_the_climb_is_in_the_log(judge: JudgeParts, clock: Clock) -> None:
    ingest([breach(clock)], [], judge, clock())
    with judge.store.read() as tx:
        (before,) = tx.judgements.alerts()
    assert escalate(judge) == 0
    clock.pass_(days=30)
    assert escalate(judge) == 1
    with judge.store.read() as tx:
        (after,) = tx.judgements.alerts()
        keys = [d.key for d in tx.plumbing.deliveries()]
        logged = [e.action for e in tx.log.entries(subject=after.id)]
    assert after.priority.rank <= before.priority.rank
    assert after.escalations == 1
    assert any("/raised/" in key and key.endswith("-1") for key in keys)
    assert "alert.escalated" in logged


def test_the_deadline_that_was_missed_stays_visible_after_escalations_until_the_clock_begins_afresh(
    judge: JudgeParts, clock: Clock
) -> None:
    def row() -> tuple[bool, int, int | None]:
        board = judge.store.board("acme", None, clock())
        (shown,) = board.alerts
        return shown.overdue, shown.escalations, shown.missed_us

    ingest([breach(clock)], [], judge, clock())
    with judge.store.read() as tx:
        (first,) = tx.judgements.alerts()
    assert first.deadline is not None
    assert row() == (False, 0, None)
    clock.pass_(days=30)
    assert row() == (True, 0, to_us(first.deadline))
    escalate(judge)
    assert row() == (True, 1, to_us(first.deadline))
    clock.pass_(days=30)
    escalate(judge)
    assert row() == (True, 2, to_us(first.deadline))
    with judge.store.write() as tx:
        (again,) = tx.judgements.alerts()
        tx.judgements.put_alert(
            again.acknowledge("ana", clock() + timedelta(hours=1)).lapse(clock() + timedelta(hours=2))
        )
    assert row() == (False, 2, None)


def test_what_was_done_is_one_line_an_act_with_when_and_by_which_rule_the_newest_first(
    judge: JudgeParts, clock: Clock
) -> None:
    ingest([breach(clock)], [], judge, clock())
    with judge.store.write() as tx:
        (one,) = tx.judgements.alerts()
        held = Response("pause", "pause on support-bot", Did.DONE)
        for minute in (0, 1, 1):
            tx.judgements.add_responses(one.decision_id, [held], clock() + timedelta(minutes=minute))
        tx.judgements.add_responses(
            one.decision_id, [Response("block", "3.8.2", Did.DONE)], clock() - timedelta(days=1)
        )
        tx.judgements.put_hold(hold(kind=HoldKind.PAUSE))
        lines = done_lines(tx, one)
    assert len(lines) == len(set(lines))
    assert (
        lines[0] == f"done already: pause on support-bot, by rule {one.rule_id}, {iso(clock() + timedelta(minutes=1))}"
    )
    lifted = f"done already: block: 3.8.2, by rule {one.rule_id} (lifted since), {iso(clock() - timedelta(days=1))}"
    assert lines[-1] == lifted  # no block stands any more
    assert [line.rpartition(", ")[2] for line in lines] == sorted(
        (line.rpartition(", ")[2] for line in lines), reverse=True
    )
    assert any(line.startswith("under way: notify to ") and ": queued, 20" in line for line in lines)
