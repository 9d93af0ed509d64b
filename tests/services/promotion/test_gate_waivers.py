"""The gate and a rollback's certificate read waivers for the bill of what they are about to run; freezes are reviewed and passed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.errors import NotFound, Refused, WrongUse
from pulse_tui.domain.hold import HoldKind
from pulse_tui.domain.words import Environment
from pulse_tui.services.advisories.waivers import waive_advisory
from pulse_tui.services.alerts import operate
from pulse_tui.services.alerts.quiet import hold_lines, quiet
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.promotion.emergency import override, review_override
from pulse_tui.services.promotion.gate import GateAnswer
from pulse_tui.services.registry.fitness import faults, fitness
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, later
from tests.services.promotion.test_gate_advisories import CVE, ask, bill, found, gateway, take
from tests.services.said import holds

__all__ = ["gateway"]
WHY = "the model cannot be served without the fix"


def waive(parts: RollbackParts, component: str = "", **more: Any) -> str:
    terms: dict[str, Any] = {"status": "affected", "owner": "ml", "why": "low traffic", "until": later(days=30), **more}
    return waive_advisory(parts.judging, "CVE-2026-3248", "gateway", component, by="ana", now=NOW, **terms)


def blocking(answer: GateAnswer) -> set[str]:
    return {r.name for r in answer.reasons if r.blocking}


def test_what_is_waived_for_the_candidates_own_component_is_accepted_with_who_until_when_and_why(
    gateway: RollbackParts,
) -> None:
    take(gateway, CVE, bill("1.9.4", "0.9.1"))
    assert blocking(ask(gateway, "1.9.4")) >= {"advisories", "holds"}
    waive(gateway)
    (reason,) = found(ask(gateway, "1.9.4"), "advisories")
    assert (reason.status, reason.blocking, reason.ok) == ("accepted", False, False)
    assert "waived by ml until 2026-12-23: low traffic (affected)" in reason.detail
    assert not found(ask(gateway, "1.9.4"), "holds")[0].blocking


def test_a_waiver_of_what_serves_excuses_no_other_version_of_the_candidate(gateway: RollbackParts) -> None:
    take(gateway, CVE, bill("1.9.4", "0.9.0"))
    waive(gateway)
    (reason,) = found(ask(gateway, "1.9.4"), "advisories")
    assert (reason.status, reason.blocking) == ("failed", True)
    waive(gateway, "pkg:pypi/vllm@0.9.0")
    (reason,) = found(ask(gateway, "1.9.4"), "advisories")
    assert reason.status == "accepted"


def test_a_waiver_in_view_of_a_canary_lets_nothing_into_production(gateway: RollbackParts) -> None:
    take(gateway, CVE, bill("1.9.4", "0.9.1"))
    waive(gateway, "pkg:pypi/vllm@0.9.1", environment=CANARY)
    assert "advisories" in blocking(ask(gateway, "1.9.4"))


def test_a_waiver_of_a_candidate_opens_the_freeze_of_its_cause_for_it_alone(gateway: RollbackParts) -> None:
    take(gateway, CVE, bill("1.9.4", "0.9.0"), bill("1.9.2", "0.8.9"))
    waive(gateway, "pkg:pypi/vllm@0.9.0")
    assert holds(gateway.judging), "what serves is not waived"
    (hold,) = found(ask(gateway, "1.9.4"), "holds")
    assert (hold.status, hold.blocking) == ("accepted", False)
    assert "reaches 1.9.4 as well; waived by ml" in hold.detail
    assert found(ask(gateway, "1.9.2"), "holds")[0].blocking


def test_a_freeze_finds_its_vulnerability_under_the_name_that_its_group_has_by_now(gateway: RollbackParts) -> None:
    alone = msgspec.structs.replace(CVE, id="GHSA-a")
    take(gateway, alone, bill("1.9.4", "0.9.2"))
    named = msgspec.structs.replace(alone, aliases=("CVE-2026-3248",), modified=later(hours=1))
    take(gateway, named)
    (hold,) = found(ask(gateway, "1.9.4"), "holds")
    assert hold.ok
    take(gateway, bill("1.9.4", "0.9.1"))
    assert found(ask(gateway, "1.9.4"), "holds")[0].blocking


def test_a_bill_that_could_not_be_read_whole_meets_no_condition(gateway: RollbackParts) -> None:
    take(gateway, CVE, msgspec.structs.replace(bill("1.9.4", "0.9.2"), refused=1))
    (hold,) = found(ask(gateway, "1.9.4"), "holds")
    assert hold.blocking
    assert "is not known" in hold.detail


def test_a_rollback_target_with_a_waived_vulnerability_says_so_and_it_is_no_fault(gateway: RollbackParts) -> None:
    take(gateway, CVE, bill("1.9.2", "0.9.1"))
    with gateway.store.read() as tx:
        target = tx.estate.release("gateway", "1.9.2")
        assert target is not None
        assert faults(tx, gateway.judging, target, PRODUCTION)
    waive(gateway)
    with gateway.store.read() as tx:
        (check,) = [c for c in fitness(tx, gateway.judging, target, PRODUCTION) if c.name == "advisories"]
        assert faults(tx, gateway.judging, target, PRODUCTION) == []
    assert (check.ok, check.blocking) == (False, False), "waived is not clean"
    assert "waived by ml until 2026-12-23: low traffic" in check.detail


# --------------------------------------------------------------------------- a freeze that was reviewed


def freeze(parts: RollbackParts) -> str:
    operate.freeze(parts.store, "gateway", "ben", "release week", NOW)
    return "freeze/gateway/operator"


def test_a_reviewed_freeze_stands_and_lets_releases_pass_until_then_and_blocks_again_by_itself(
    gateway: RollbackParts, clock: Clock
) -> None:
    hold = freeze(gateway)
    assert found(ask(gateway, "1.9.4"), "holds")[0].blocking
    operate.review(gateway.store, hold, "ana", later(days=2), "only the patch goes out", NOW)
    (reason,) = found(ask(gateway, "1.9.4"), "holds")
    assert (reason.status, reason.blocking) == ("accepted", False)
    assert "reviewed by ana until 2026-11-25" in reason.detail
    assert "only the patch goes out" in reason.detail
    board = gateway.store.board("acme", None, NOW)
    assert board.header.frozen == ("gateway (reviewed)",)
    (row,) = [r for r in board.registry if r.asset == "gateway"]
    assert row.state == "frozen"
    assert "reviewed by ana until 2026-11-25" in row.why
    assert board.changes_us is not None
    assert any("reviewed by ana" in r.why for r in quiet(gateway.store, NOW))
    with gateway.store.write() as tx:
        (standing,) = tx.judgements.holds()
        tx.judgements.put_hold(
            msgspec.structs.replace(standing, id="freeze/other", reviewed_by=None, reviewed_until=None)
        )
        tx.log.append(NOW, "ben", "hold.placed", "freeze/other", {})
    assert gateway.store.board("acme", None, NOW).header.frozen == ("gateway",), "one of the two blocks"
    operate.lift(gateway.store, "freeze/other", "ben", "x", NOW)
    clock.pass_(days=3)
    assert found(ask(gateway, "1.9.4"), "holds")[0].blocking
    assert gateway.store.board("acme", None, clock()).header.frozen == ("gateway",)
    lines = dict(hold_lines(gateway.store, hold, clock()))
    assert "it blocks again" in lines["Reviewed"]


def test_a_freeze_that_is_lifted_and_placed_again_has_no_review(gateway: RollbackParts) -> None:
    hold = freeze(gateway)
    operate.review(gateway.store, hold, "ana", later(days=2), "x", NOW)
    operate.lift(gateway.store, hold, "ana", "x", NOW)
    freeze(gateway)
    assert found(ask(gateway, "1.9.4"), "holds")[0].blocking


def test_a_review_has_an_end_a_reason_and_a_freeze(gateway: RollbackParts) -> None:
    hold = freeze(gateway)
    for until in (NOW, NOW + timedelta(days=31)):
        with pytest.raises(WrongUse, match="within 30 days"):
            operate.review(gateway.store, hold, "ana", until, "x", NOW)
    with pytest.raises(NotFound, match="no hold 'freeze/gateway'"):
        operate.review(gateway.store, "freeze/gateway", "ana", later(days=1), "x", NOW)
    with gateway.store.write() as tx:
        (standing,) = tx.judgements.holds()
        block = msgspec.structs.replace(standing, id="block/1", kind=HoldKind.BLOCK, version="1.9.4")
        tx.judgements.put_hold(block)
        tx.log.append(NOW, "ben", "hold.placed", "block/1", {})
    with pytest.raises(Refused, match="only a freeze is reviewed"):
        operate.review(gateway.store, "block/1", "ana", later(days=1), "x", NOW)


# --------------------------------------------------------------------------- an emergency


def test_an_emergency_passes_the_freeze_for_one_release_and_stands_until_another_operator_reviews_it(
    gateway: RollbackParts, clock: Clock
) -> None:
    freeze(gateway)
    override(gateway, "gateway", "1.9.4", PRODUCTION, "ana", WHY)
    (reason,) = found(ask(gateway, "1.9.4"), "holds")
    assert (reason.status, reason.blocking) == ("accepted", False)
    assert f"emergency override by ana until 2026-11-24T03:10:00Z: {WHY}" in reason.detail
    assert not found(ask(gateway, "1.9.4"), "concerns")[0].blocking
    assert not any(r.blocking for r in found(ask(gateway, "1.9.4"), "alerts")), "its own alert does not hold it back"
    for version, place in (("1.9.2", PRODUCTION), ("1.9.4", Environment.SHADOW)):
        assert found(ask(gateway, version, place), "holds")[0].blocking, (version, place)
    board = gateway.store.board("acme", None, NOW)
    assert any("EMERGENCY: ana let gateway 1.9.4 past" in a.title for a in board.alerts)
    with pytest.raises(Refused, match="another operator must review it"):
        review_override(gateway, "gateway", "1.9.4", PRODUCTION, "ana", "all went well")
    review_override(gateway, "gateway", "1.9.4", PRODUCTION, "ben", "all went well")
    assert found(ask(gateway, "1.9.4"), "holds")[0].blocking
    with pytest.raises(Refused, match="waits for a review"):
        review_override(gateway, "gateway", "1.9.4", PRODUCTION, "ben", "again")
    with gateway.store.read() as tx:
        done = [(e.actor, e.action) for e in tx.log.entries(subject="gateway@1.9.4")]
    assert done == [("ana", "freeze.overridden"), ("ben", "freeze.override_reviewed")]


def test_an_emergency_lasts_a_day_and_its_review_is_due_all_the_same(gateway: RollbackParts, clock: Clock) -> None:
    freeze(gateway)
    override(gateway, "gateway", "1.9.4", PRODUCTION, "ana", WHY)
    clock.pass_(days=1, minutes=1)
    assert found(ask(gateway, "1.9.4"), "holds")[0].blocking
    review_override(gateway, "gateway", "1.9.4", PRODUCTION, "ben", "nobody used it")


@pytest.mark.parametrize(
    ("frozen", "why", "by", "what"),
    [
        (True, "urgent", "ana", "at least 20 characters"),
        (False, WHY, "ana", "no freeze holds gateway 1.9.4"),
        (True, WHY, "mallory", "not in the operators' file"),
    ],
)
def test_an_emergency_has_a_reason_a_freeze_and_an_operator(
    gateway: RollbackParts, frozen: bool, why: str, by: str, what: str
) -> None:
    if frozen:
        freeze(gateway)
    with pytest.raises(Refused, match=what):
        override(gateway, "gateway", "1.9.4", PRODUCTION, by, why)


def test_a_freeze_never_keeps_a_rollback_back(gateway: RollbackParts) -> None:
    freeze(gateway)
    take(gateway, bill("1.9.2", "0.9.2"))
    with gateway.store.read() as tx:
        target = tx.estate.release("gateway", "1.9.2")
        assert target is not None
        assert not any(c.blocking for c in fitness(tx, gateway.judging, target, PRODUCTION))
