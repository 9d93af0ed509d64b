"""The next shift reads what is open, what happened, what is quiet and until when, and what comes."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.views.people import Handover
from pulse_tui.domain.words import Priority
from pulse_tui.services.desk import ServiceDesk
from pulse_tui.services.parts import RollbackParts
from tests.fakes.clock import Clock
from tests.services.oncall.team import LADDER, ONCALL, START, slow, team_parts


@pytest.fixture
def desk(parts: RollbackParts, clock: Clock) -> ServiceDesk:
    clock.now = START
    judging = team_parts(parts.judging, msgspec.structs.replace(ONCALL, ladders={Priority.P2: LADDER}))
    return ServiceDesk(
        parts._replace(judging=judging, operators={}), estate_name="acme", operator="ana", holder="h",
        acknowledge_for=3_600, read_only=False,
    )  # fmt: skip


def section(made: Handover, heading: str) -> str:
    return "\n".join(dict(made.sections)[heading])


def test_a_quiet_shift_says_so_in_every_section(desk: ServiceDesk) -> None:
    made = desk.handover(timedelta(hours=12))
    assert section(made, "OPEN") == "nothing fires"
    assert section(made, "NOT DELIVERED") == "every message arrived"
    assert section(made, "ON CALL") == "ml-support: ana (ml) until 2026-10-26 08:00 CET, then ben"


def test_what_is_open_changed_quiet_and_coming_is_in_it(desk: ServiceDesk, clock: Clock) -> None:
    slow(desk._parts.judging, 1)
    slow(desk._parts.judging, 2, fingerprint="other")
    [first, second] = [a.id for a in desk.board().alerts]
    desk.acknowledge(first)
    clock.pass_(minutes=5)
    made = desk.handover(timedelta(hours=12))
    assert second in section(made, "OPEN")
    assert "in 5m this pages platform (next)" in section(made, "OPEN")
    assert first not in section(made, "OPEN")
    assert f"acknowledged {first}" in section(made, "SNOOZED OR IN HAND")
    assert f"ana: alert.acknowledged {first}" in section(made, "CHANGED")
    watch = section(made, "DUE NEXT")
    assert "deadline of P2" in watch
    assert "by ana ends" in watch


def test_who_takes_over_is_in_the_log_and_in_the_next_handover(desk: ServiceDesk) -> None:
    assert desk.hand_over("ben", timedelta(hours=12)) == "handed over to ben: 0 alerts firing"
    assert desk.handover(timedelta(hours=1)).last == "2026-10-19T06:00:00Z by ana to ben"
    with pytest.raises(NotFound, match="there is no person 'bem'"):
        desk.hand_over("bem", timedelta(hours=12))


def test_a_message_on_its_way_has_not_arrived(desk: ServiceDesk) -> None:
    slow(desk._parts.judging, 1)
    assert section(desk.handover(timedelta(hours=12)), "NOT DELIVERED").endswith("on the way: not arrived yet")


def test_a_cause_that_the_evidence_does_not_name_is_not_named(desk: ServiceDesk) -> None:
    slow(desk._parts.judging, 1)
    [line] = dict(desk.handover(timedelta(hours=12)).sections)["INCIDENTS"]
    assert line.endswith("cause unknown]")
