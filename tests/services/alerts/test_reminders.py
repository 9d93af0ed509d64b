"""Shortly before an acknowledgement ends, whoever was notified is reminded, once."""

from __future__ import annotations

import pytest

from pulse_tui.domain.alert import AlertState
from pulse_tui.services.alerts import operate
from pulse_tui.services.alerts.reminders import remind
from pulse_tui.services.parts import JudgeParts
from tests.fakes.clock import Clock
from tests.fakes.nouns import NOW, later
from tests.services.alerts.test_mutes import breach, messages, newest, take
from tests.services.alerts.test_silences import placed

HOUR = 3_600.0


@pytest.fixture
def acked(judge: JudgeParts) -> JudgeParts:
    take(judge, breach(1))
    operate.acknowledge(judge, newest(judge).id, "ana", HOUR, NOW)
    return judge


def test_a_quarter_of_an_hour_before_its_end_and_only_once(acked: JudgeParts, clock: Clock) -> None:
    clock.sleep(44 * 60)
    assert remind(acked, clock()) == 0
    clock.sleep(2 * 60)
    assert remind(acked, clock()) == 1
    sent = messages(acked).count("reminded")
    assert sent > 0
    assert remind(acked, clock()) == 0
    alert = newest(acked)
    assert (alert.state, alert.reminded_at) == (AlertState.ACKNOWLEDGED, clock())
    operate.acknowledge(acked, alert.id, "ana", HOUR, clock())
    clock.sleep(50 * 60)
    assert remind(acked, clock()) == 1, "another acknowledgement is another reminder"


def test_a_short_acknowledgement_reminds_nobody(acked: JudgeParts, clock: Clock) -> None:
    operate.acknowledge(acked, newest(acked).id, "ana", 600, clock())
    clock.sleep(9 * 60)
    assert remind(acked, clock()) == 0


def test_what_is_resolved_or_silenced_meanwhile_reminds_nobody(acked: JudgeParts, clock: Clock) -> None:
    placed(acked, hours=3)
    clock.sleep(50 * 60)
    assert remind(acked, clock()) == 0
    operate.resolve(acked, newest(acked).id, "ben", "fixed", later(minutes=51))
    assert remind(acked, clock()) == 0
    assert "reminded" not in messages(acked)
