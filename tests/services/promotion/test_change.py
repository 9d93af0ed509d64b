"""Change windows and embargoes at the gate: they close it, an emergency passes them, a rollback does not ask."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pulse_tui.domain.change import ChangeRequest, ChangeRequests
from pulse_tui.policy.gate import GateReason
from pulse_tui.services.parts import JudgeParts, RollbackParts
from pulse_tui.services.promotion.emergency import override
from pulse_tui.services.promotion.gate import Reason, gate
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.changes import ChangesShape, EmbargoShape
from pulse_tui.settings.shapes import SourceShape
from tests.fakes.clock import Clock
from tests.fakes.house import rollback
from tests.fakes.nouns import CANARY, NOW, PRODUCTION
from tests.fakes.target import Places

DAY = timedelta(days=1)
SALE = EmbargoShape(starts=NOW - DAY, until=NOW + DAY, why="black friday")
SOURCE = SourceShape(id="snow", kind="servicenow_changes", every=60.0, options=None)


@pytest.fixture
def parts(judge: JudgeParts, target: Places, clock: Clock) -> RollbackParts:
    return rollback(judge, target, clock)


def under(parts: RollbackParts, changes: ChangesShape) -> RollbackParts:
    return parts._replace(judging=parts.judging._replace(changes=changes, sources={"snow": SOURCE}))


def asked(parts: RollbackParts, environment: object = PRODUCTION) -> list[Reason]:
    answer = gate(parts, "support-bot", "3.8.2", environment)  # type: ignore[arg-type]
    return [r for r in answer.reasons if r.name == GateReason.CHANGE.value]


def reported(parts: RollbackParts, *requests: ChangeRequest) -> None:
    found = ChangeRequests(source="snow", at=parts.clock(), requests=requests)
    ingest([found], [], parts.judging, parts.clock())


def change(**more: object) -> ChangeRequest:
    values: dict[str, object] = {
        "number": "CHG7",
        "title": "bot",
        "state": "Scheduled",
        "approved": True,
        "starts": NOW - DAY,
        "ends": NOW + DAY,
        "assets": ("support-bot",),
    }
    return ChangeRequest(**{**values, **more})  # type: ignore[arg-type]


def test_without_a_section_the_check_is_ok(parts: RollbackParts) -> None:
    (reason,) = asked(parts)
    assert (reason.ok, reason.blocking) == (True, False)


def test_an_embargo_closes_the_gate_there_and_nowhere_else(parts: RollbackParts) -> None:
    house = under(parts, ChangesShape(embargoes=(SALE,)))
    (reason,) = asked(house)
    assert reason.blocking
    assert "black friday" in reason.detail
    assert "Wait until" in reason.todo
    assert asked(house, CANARY)[0].ok


def test_an_embargo_stands_although_a_change_is_approved(parts: RollbackParts) -> None:
    house = under(parts, ChangesShape(require=(PRODUCTION,), embargoes=(SALE,)))
    reported(house, change())
    assert [r.blocking for r in asked(house)] == [True]


def test_a_rollback_is_planned_in_an_embargo(parts: RollbackParts) -> None:
    everywhere = EmbargoShape(starts=NOW - DAY, until=NOW + DAY, why="sale", environments=(PRODUCTION, CANARY))
    house = under(parts, ChangesShape(require=(CANARY,), embargoes=(everywhere,)))
    assert asked(house, CANARY)[0].blocking
    assert propose(house, "support-bot", CANARY, by="ana", reason="it is broken").to_version


def test_an_emergency_passes_it_and_the_gate_names_who(parts: RollbackParts) -> None:
    house = under(parts, ChangesShape(embargoes=(SALE,)))
    override(house, "support-bot", "3.8.2", PRODUCTION, "ana", "the fix of the outage, agreed with bo")
    (reason,) = asked(house)
    assert not reason.blocking
    assert "emergency override by ana" in reason.detail


def test_what_the_source_lists_now_decides(parts: RollbackParts, clock: Clock) -> None:
    house = under(parts, ChangesShape(require=(PRODUCTION,)))
    assert asked(house)[0].blocking
    reported(house, change(approved=False, state="Assess"))
    assert "CHG7 is not approved (Assess)" in asked(house)[0].detail
    reported(house, change())
    assert asked(house)[0].ok
    reported(house)
    assert asked(house)[0].blocking
    reported(house, change())
    clock.pass_(hours=1)
    (late,) = asked(house)
    assert (late.status, late.blocking) == ("undecided", True)
    assert "snow was last read" in late.detail
