"""Whatever happens to an alert reaches whoever was notified of it, in the transaction in which it happens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.actions._shared.case import NoOptions
from pulse_tui.cli.main import run
from pulse_tui.domain.alert import Alert, AlertEvent
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Did, Effect
from pulse_tui.domain.errors import Refused
from pulse_tui.domain.evals import Basis
from pulse_tui.domain.evidence import MetricEvidence
from pulse_tui.domain.words import Environment, Severity, SignalType
from pulse_tui.ports import Case, SendContext
from pulse_tui.services.alerts import operate
from pulse_tui.services.alerts.deliver import deliver
from pulse_tui.services.alerts.escalate import escalate
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.wiring import House
from tests.fakes.clock import Clock
from tests.fakes.http import FakeHttp
from tests.services.signals.test_ingest import alerts, breach, take


class Pager:
    """A kind of action that keeps what it gets, and asks for nothing."""

    Options = NoOptions

    def __init__(self) -> None:
        self.got: list[tuple[AlertEvent, str, str]] = []

    def respond(self, case: Case) -> Sequence[Effect]:
        """Nothing."""
        self.got.append((case.event, case.alert.state.value, case.why))
        return ()

    def deliver(self, delivery: Delivery, options: Any, context: SendContext) -> str:
        """Never."""
        raise NotImplementedError


def opened(parts: JudgeParts, number: int = 1) -> Alert:
    """An alert of a slow canary, of which the owner was notified."""
    take(parts, breach(number))
    (alert,) = alerts(parts)
    return alert


def posted(http: FakeHttp) -> list[tuple[str, str]]:
    """(event, thread) of every message that was sent."""
    return [(a.json["event"], a.json["thread"]) for a in http.asked]


def test_an_action_gets_every_event_with_the_alert_as_it_then_is(judge: JudgeParts, clock: Clock) -> None:
    pager = Pager()
    parts = judge._replace(actions={**judge.actions, "notify": pager})
    alert = opened(parts)
    take(parts, breach(2))
    operate.acknowledge(parts, alert.id, "ana", 60, clock())
    clock.pass_(minutes=5)
    assert operate.lapse(parts, clock()) == 1
    clock.pass_(days=30)
    assert escalate(parts) == 1
    operate.resolve(parts, alert.id, "ben", "fixed", clock())
    assert pager.got == [
        (AlertEvent.OPENED, "firing", ""),
        (AlertEvent.REPEATED, "firing", ""),
        (AlertEvent.ACKNOWLEDGED, "acknowledged", "acknowledged by ana until 2026-11-23T03:11:00Z"),
        (AlertEvent.REOPENED, "firing", "fires again: no longer acknowledged"),
        (AlertEvent.RAISED, "firing", "unacknowledged past its deadline"),
        (AlertEvent.RESOLVED, "resolved", "resolved by ben: fixed"),
    ]


def test_an_acknowledgement_that_is_given_again_at_once_notifies_nobody_twice(judge: JudgeParts, clock: Clock) -> None:
    pager = Pager()
    parts = judge._replace(actions={**judge.actions, "notify": pager})
    alert = opened(parts)
    operate.acknowledge(parts, alert.id, "ana", 3_600, clock())
    operate.acknowledge(parts, alert.id, "ana", 3_600, clock.pass_(seconds=5))
    assert [event for event, *_ in pager.got] == [AlertEvent.OPENED, AlertEvent.ACKNOWLEDGED]
    operate.acknowledge(parts, alert.id, "ben", 3_600, clock())
    operate.acknowledge(parts, alert.id, "ben", 3_600, clock.pass_(minutes=10))
    assert [event for event, *_ in pager.got][2:] == [AlertEvent.ACKNOWLEDGED, AlertEvent.ACKNOWLEDGED]
    with judge.store.read() as tx:
        assert sum(entry.action == "alert.acknowledged" for entry in tx.log.entries()) == 4


def test_a_pager_is_resolved_and_acknowledged_under_the_thread_that_it_was_opened_with(
    judge: JudgeParts, clock: Clock, http: FakeHttp
) -> None:
    alert = opened(judge)
    operate.acknowledge(judge, alert.id, "ana", 3600, clock())
    operate.resolve(judge, alert.id, "ana", "fixed", clock.pass_(minutes=1))
    assert deliver(judge, "host:1").sent == 3
    assert sorted(e for e, _ in posted(http)) == ["acknowledged", "opened", "resolved"]
    assert len({thread for _, thread in posted(http)}) == 1


def test_a_condition_that_ends_by_itself_resolves_the_pager_too(
    judge: JudgeParts, clock: Clock, http: FakeHttp
) -> None:
    opened(judge)
    take(judge, breach(2, ratio=1.0, at=clock.pass_(minutes=5)), at=clock())
    deliver(judge, "host:1")
    assert [e for e, _ in posted(http)] == ["opened", "resolved"]


def test_an_action_by_an_operator_that_is_refused_notifies_nobody(judge: JudgeParts, clock: Clock) -> None:
    alert = opened(judge)
    operate.resolve(judge, alert.id, "ana", "fixed", clock())
    with judge.store.read() as tx:
        before = tx.plumbing.deliveries()
    with pytest.raises(Refused, match="already resolved"):
        operate.acknowledge(judge, alert.id, "ben", 3600, clock.pass_(minutes=1))
    operate.resolve(judge, alert.id, "ben", "fixed again", clock())
    with judge.store.read() as tx:
        assert tx.plumbing.deliveries() == before


def test_who_was_not_notified_of_it_gets_nothing_of_its_end(judge: JudgeParts, clock: Clock) -> None:
    alert = opened(judge._replace(routes=()))
    operate.acknowledge(judge, alert.id, "ana", 60, clock())
    operate.resolve(judge, alert.id, "ana", "fixed", clock())
    with judge.store.read() as tx:
        assert tx.plumbing.deliveries() == []


def test_a_missed_deadline_reaches_every_route_of_the_owner_and_so_does_what_follows(
    judge: JudgeParts, clock: Clock, http: FakeHttp
) -> None:
    (tickets,) = [r for r in judge.routes if r.kind == "ticket"]
    only_tickets = judge._replace(routes=[tickets])
    alert = opened(only_tickets)  # its rule asks to notify, and there is nobody to notify
    clock.pass_(days=30)
    assert escalate(only_tickets) == 1
    deliver(only_tickets, "host:1")
    (file,) = (judge.outside.base / "tickets").iterdir()
    assert "# unacknowledged past its deadline: " in file.read_text()
    operate.resolve(only_tickets, alert.id, "ana", "fixed", clock())
    deliver(only_tickets, "host:1")
    assert "resolved by ana: fixed" in file.read_text()
    assert http.asked == []
    with judge.store.read() as tx:
        (missed,) = [e for e in tx.log.entries(subject=alert.id) if e.action == "alert.escalated"]
    assert missed.detail["notified"] == "1"


def test_the_response_that_an_event_led_to_stands_with_the_alert(judge: JudgeParts, clock: Clock) -> None:
    alert = opened(judge)
    operate.resolve(judge, alert.id, "ana", "fixed", clock())
    with judge.store.read() as tx:
        assert [r.action for r in tx.judgements.responses(alert.decision_id) if r.did is Did.QUEUED] == ["notify"] * 2


def test_a_kind_that_breaks_or_is_no_longer_installed_holds_up_no_operator(judge: JudgeParts, clock: Clock) -> None:
    alert = opened(judge)

    class Broken(Pager):
        def respond(self, case: Case) -> Sequence[Effect]:
            raise KeyError("a bug")

    for actions in ({"notify": Broken()}, {}):
        parts = judge._replace(actions=actions)
        operate.acknowledge(parts, alert.id, "ana", 3600, clock.pass_(minutes=1))
    assert alerts(judge)[0].acknowledged_by == "ana"


# --------------------------------------------------------------------------- the configuration that init writes


@pytest.fixture
def first(tmp_path: Path, clock: Clock) -> Iterator[House]:
    """A house as ``pulse-tui init`` leaves it."""
    folder = tmp_path / "first"
    assert run(["init", str(folder)]) == 0
    house = House(folder, clock=clock)
    house.sync()
    yield house
    house.close()


def tickets_of(house: House) -> list[str]:
    """What the tickets say, sorted."""
    deliver(house.judging, "host:1")
    return sorted(f.read_text() for f in (house.base / "tickets").glob("*.md"))


def test_with_the_first_configuration_a_missed_deadline_is_a_ticket(first: House, clock: Clock) -> None:
    slow = breach(1, asset_id="my-bot", environment=Environment.PRODUCTION, current_version="1.0.1")
    ingest([slow], [], first.judging, clock())
    assert tickets_of(first) == []
    clock.pass_(days=30)
    assert escalate(first.judging) == 1
    (ticket,) = tickets_of(first)
    assert "# unacknowledged past its deadline: p95" in ticket


def test_with_the_first_configuration_a_review_is_a_ticket(first: House, clock: Clock) -> None:
    fell = MetricEvidence(
        suite="redteam",
        task="jailbreak",
        metric="jailbreak_success",
        baseline=0.01,
        current=0.05,
        higher_is_better=False,
        n=500,
        basis=Basis.RAW,
    )
    worse = breach(
        2,
        asset_id="my-bot",
        environment=Environment.PRODUCTION,
        current_version="1.0.1",
        signal_type=SignalType.SAFETY_REGRESSION,
        severity=Severity.HIGH,
        evidence=fell,
    )
    ingest([worse], [], first.judging, clock())
    (ticket,) = tickets_of(first)
    assert msgspec.json.decode(ticket.split("---\n")[1])["task"] == "review"
