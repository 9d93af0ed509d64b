"""A breach that may end by itself calls nobody before it has lasted for a while, or is too bad to wait."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Environment, SignalType
from pulse_tui.services.alerts.healing import call_lasting
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.services.signals.respond import Responder
from pulse_tui.wiring import House
from tests.fakes.clock import Clock
from tests.fakes.nouns import evidence, signal


@pytest.fixture
def patient(judge: JudgeParts) -> JudgeParts:
    """Parts with the policy as it ships."""
    return judge._replace(policy=House(None).policy)


def breach(clock: Clock, number: int, value: float) -> Signal:
    one = signal(number, SignalType.LATENCY_BREACH, asset_id="support-bot", environment=Environment.PRODUCTION)
    proof = evidence(SignalType.LATENCY_BREACH, value=value)
    return msgspec.structs.replace(one, observed_at=clock(), occurred_at=clock(), fingerprint="slow", evidence=proof)


def called(parts: JudgeParts) -> list[str]:
    with parts.store.read() as tx:
        return [d.payload["event"] for d in tx.plumbing.deliveries()]


def test_nobody_is_called_of_what_ends_soon(patient: JudgeParts, clock: Clock) -> None:
    ingest([breach(clock, 1, 1_300.0)], (), patient, clock())
    clock.pass_(minutes=5)
    assert call_lasting(patient, clock()) == 0
    with patient.store.write() as tx:
        Responder(tx, patient, clock()).clear("slow", "it is good again")
    clock.pass_(minutes=30)
    assert call_lasting(patient, clock()) == 0
    assert called(patient) == []


def test_what_lasts_is_called_of_once(patient: JudgeParts, clock: Clock) -> None:
    ingest([breach(clock, 1, 1_300.0)], (), patient, clock())
    clock.pass_(minutes=12)
    assert [call_lasting(patient, clock()) for _ in range(2)] == [1, 0]
    assert called(patient) == ["opened"]


def test_what_is_bad_enough_is_called_of_at_once(patient: JudgeParts, clock: Clock) -> None:
    ingest([breach(clock, 1, 2_500.0)], (), patient, clock())
    assert called(patient) == ["opened"]


def test_what_gets_bad_meanwhile_is_called_of_then(patient: JudgeParts, clock: Clock) -> None:
    ingest([breach(clock, 1, 1_300.0)], (), patient, clock())
    clock.pass_(minutes=2)
    ingest([breach(clock, 2, 2_500.0)], (), patient, clock())
    assert call_lasting(patient, clock()) == 1
    assert called(patient) == ["opened"]


def test_why_nobody_was_called_is_kept(patient: JudgeParts, clock: Clock) -> None:
    ingest([breach(clock, 1, 1_300.0)], (), patient, clock())
    with patient.store.read() as tx:
        notices = tx.notices.between(clock() - timedelta(hours=1), clock() + timedelta(hours=1))
    assert {n.reason for n in notices} == {"heals"}
    assert "it may end by itself" in notices[0].why
