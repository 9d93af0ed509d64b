"""Why was I not notified? For everybody of an alert there is an answer."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.words import Environment, Priority, SignalType
from pulse_tui.services.alerts import operate
from pulse_tui.services.alerts.deliver import deliver
from pulse_tui.services.alerts.notified import called_lines, why
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.clock import Clock
from tests.fakes.http import FakeHttp
from tests.fakes.nouns import signal
from tests.services.oncall.team import LADDER, ONCALL, START, slow, team_parts


def answer(parts: JudgeParts, name: str) -> str:
    with parts.store.read() as tx:
        alert = tx.judgements.alerts()[0]
        return "\n".join(why(tx, parts, alert, name, parts.clock())).replace(alert.id, "ALERT")


@pytest.fixture
def parts(judge: JudgeParts, clock: Clock) -> JudgeParts:
    clock.now = START + timedelta(hours=1)
    ladders = {Priority.P1: LADDER, Priority.P2: LADDER}
    return team_parts(judge, msgspec.structs.replace(ONCALL, ladders=ladders))


def test_who_was_paged_reads_by_what_and_whether_it_arrived(parts: JudgeParts, http: FakeHttp) -> None:
    slow(parts)
    assert answer(parts, "ana").startswith("ana was to be notified of ALERT, and no message has arrived\n")
    deliver(parts, "h")
    assert answer(parts, "ana") == (
        "ana was notified of ALERT\n2026-10-19T07:00:00Z opened: page by ana-phone for ana: delivered"
    )
    assert http.asked


def test_who_was_not_on_call_reads_who_was(parts: JudgeParts) -> None:
    slow(parts)
    assert answer(parts, "ben").splitlines()[:2] == [
        "ben was not notified of ALERT",
        "not on call: at 2026-10-19T07:00:00Z ana was, by schedule ana-ben",
    ]


def test_who_is_on_a_later_rung_reads_when_that_comes(parts: JudgeParts) -> None:
    slow(parts)
    assert "rung 1 of the ladder (after 10m) calls them: in 10m this pages platform (next)" in answer(parts, "platform")
    assert answer(parts, "lea").endswith("only P1 goes to leadership")
    assert "it is of ml-support and goes to ml-support; cleo is of platform" in answer(parts, "cleo")


def test_a_role_that_gets_nothing_of_the_kind_reads_that(parts: JudgeParts) -> None:
    slow(parts)
    assert answer(parts, "dora") == (
        "dora was not notified of ALERT\nlatency_breach is about performance alone: nothing of that goes to security"
    )


def test_a_silence_is_the_reason_where_one_covers_it(parts: JudgeParts) -> None:
    slow(parts, 1)
    with parts.store.read() as tx:
        [first] = tx.judgements.alerts()
    operate.silence(parts.store, first.id, "cleo", 4, "load test", parts.clock())
    operate.resolve(parts, first.id, "cleo", "x", parts.clock())
    slow(parts, 2)
    with parts.store.read() as tx:
        second = next(a for a in tx.judgements.alerts() if a.open)
        lines = why(tx, parts, second, "ana", parts.clock())
    assert "not sent: the condition is silenced by cleo" in lines[1]


def test_a_rule_that_notifies_nobody_and_a_route_of_others(parts: JudgeParts) -> None:
    at = parts.clock()
    about = {"asset_id": "support-bot", "environment": Environment.PRODUCTION, "occurred_at": at, "observed_at": at}
    cve = signal(1, SignalType.CVE, **about)
    ingest([cve], [], parts, parts.clock())
    assert answer(parts, "ana-phone").endswith(
        "route ana-phone is for page, and the rule asked for notify\nit went to ml-chat"
    )
    assert answer(parts, "ana").startswith("ana was to be notified")  # by the chat of her team


def test_a_name_that_nobody_has_is_answered_with_the_nearest(parts: JudgeParts) -> None:
    slow(parts)
    with pytest.raises(NotFound, match="did you mean 'ana'"):
        answer(parts, "anna")


def test_the_page_of_an_alert_has_who_is_on_call_what_comes_and_who_was_notified(parts: JudgeParts) -> None:
    slow(parts)
    with parts.store.read() as tx:
        [alert] = tx.judgements.alerts()
        lines = called_lines(tx, parts, alert, parts.clock())
    assert lines[:2] == (
        "on call now: ana (ml) until 2026-10-26 08:00 CET, then ben",
        "if nobody responds: in 10m this pages platform (next)",
    )
    assert lines[2].endswith("opened: page by ana-phone for ana: waits to be sent")
