"""The desk asks for rights where something is decided, and what it refuses is in the log."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import msgspec
import pytest

from pulse_tui.domain.errors import Refused
from pulse_tui.domain.oncall import Right, Role
from pulse_tui.services.desk import ServiceDesk
from pulse_tui.services.parts import RollbackParts
from tests.services.oncall.team import ONCALL, slow, team_parts


def desk(parts: RollbackParts, operator: str) -> ServiceDesk:
    return ServiceDesk(parts, estate_name="acme", operator=operator, holder="h", acknowledge_for=3_600, read_only=False)


@pytest.fixture
def with_rights(parts: RollbackParts) -> RollbackParts:
    rights = dict.fromkeys(Right, (Role.SECURITY,))
    judging = team_parts(parts.judging, msgspec.structs.replace(ONCALL, rights=rights))
    slow(judging)
    return parts._replace(judging=judging, operators={})


def test_without_the_role_nothing_is_silenced_waived_frozen_past_or_lifted_and_the_log_says_who_tried(
    with_rights: RollbackParts,
) -> None:
    ana = desk(with_rights, "ana")
    with with_rights.store.read() as tx:
        [alert] = tx.judgements.alerts()
    ana.freeze("support-bot", "look")  # for that nobody needs a right
    [(hold, _)] = ana.holds("support-bot")
    until = with_rights.clock() + timedelta(days=1)
    acts: list[tuple[str, Callable[[], object]]] = [
        ("alert.silence", lambda: ana.silence(alert.id, 1, "x")),
        ("alert.waive", lambda: ana.waive(alert.id, 1, "x")),
        ("lift", lambda: ana.lift(hold, "x")),
        ("hold.review", lambda: ana.review_hold(hold, until, "x")),
        ("freeze.override", lambda: ana.override_freeze("support-bot", "3.8.2", "production", "x" * 30)),
        ("risk.accept", lambda: ana.accept_risk("r", "production", "functional", 1, "x")),
        ("waiver.add", lambda: ana.waive_advisory("CVE-1", "support-bot", why="x")),
    ]
    for what, act in acts:
        with pytest.raises(Refused, match="that is for security, and the role of ana is ml"):
            act()
        with with_rights.store.read() as tx:
            last = tx.log.entries(limit=1)[-1]
        assert (last.actor, last.action, last.detail["what"]) == ("ana", "action.refused", what)
    ana.acknowledge(alert.id)


def test_with_the_role_it_is_done(with_rights: RollbackParts) -> None:
    with with_rights.store.read() as tx:
        [alert] = tx.judgements.alerts()
    assert desk(with_rights, "dora").silence(alert.id, 1, "x").startswith("silenced until")
