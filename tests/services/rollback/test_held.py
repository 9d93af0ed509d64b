"""After a verified rollback the asset is frozen there, and the content that was left is promoted nowhere again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pulse_tui.domain.errors import Refused
from pulse_tui.domain.guard import Copy
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.rollback import RunState
from pulse_tui.domain.words import Environment
from pulse_tui.services.alerts.operate import lift
from pulse_tui.services.alerts.quiet import quiet
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.promotion.decide import promote, quarantine
from pulse_tui.services.promotion.gate import gate
from pulse_tui.services.registry.held import another
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute
from pulse_tui.services.rollback.plan import propose, propose_undo
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, PRODUCTION, release
from tests.fakes.runs import measured_well

FREEZE, BLOCK = "freeze/support-bot/canary/3.8.2/rollback", "block/support-bot/3.8.2/rollback"


def rolled_back(parts: RollbackParts) -> str:
    """The canary goes back from 3.8.2 to 3.8.1; returns the hash of the plan."""
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    approve(parts, plan.hash, "ana", "it hurts")
    assert execute(parts, plan.hash, "ana", "host:1").state is RunState.VERIFIED
    return plan.hash


def add(parts: RollbackParts, version: str, digest: str | None) -> None:
    with parts.store.write() as tx:
        tx.estate.add_release(release(version, state=ReleaseState.EVALUATED, digest=digest))


def standing(parts: RollbackParts) -> set[str]:
    with parts.store.read() as tx:
        return {h.id for h in tx.judgements.holds("support-bot")}


def held(parts: RollbackParts, version: str, environment: Environment = CANARY) -> list[str]:
    """What the gate has against the version because of holds."""
    answer = gate(parts, "support-bot", version, environment)
    return [r.detail for r in answer.reasons if r.name == "holds" and r.blocking]


def state(parts: RollbackParts, version: str = "3.8.2") -> ReleaseState:
    with parts.store.read() as tx:
        found = tx.estate.release("support-bot", version)
    assert found is not None
    return found.state


def test_the_asset_is_frozen_there_and_the_content_is_blocked_everywhere_under_any_version(
    parts: RollbackParts,
) -> None:
    rolled_back(parts)
    assert standing(parts) == {FREEZE, BLOCK}
    add(parts, "3.8.3", "sha256:3.8.2")
    for environment in (CANARY, PRODUCTION):
        assert any("3.8.3 has the content of 3.8.2" in line for line in held(parts, "3.8.3", environment))
        assert any(
            "3.8.2 (sha256:3.8.2) was rolled back in canary" in line for line in held(parts, "3.8.2", environment)
        )
    add(parts, "3.8.4", "sha256:new")
    assert held(parts, "3.8.4", PRODUCTION) == []  # the freeze is of the canary
    assert [line.split(":")[0] for line in held(parts, "3.8.4")] == [f"freeze {FREEZE} of support-bot"]
    assert {row.id for row in quiet(parts.store, parts.clock())} >= {FREEZE, BLOCK}


def test_the_freeze_ends_when_another_content_passes_its_suites_and_is_promoted_and_the_block_stands(
    parts: RollbackParts,
) -> None:
    rolled_back(parts)
    add(parts, "3.8.4", "sha256:new")
    assert "no suite measures support-bot" in held(parts, "3.8.4")[0]
    well = parts._replace(judging=measured_well(parts.judging, "3.8.1", "3.8.4"))
    assert held(well, "3.8.4") == []
    promote(well, "support-bot", "3.8.4", CANARY, "ben", "the fix")
    assert standing(parts) == {BLOCK}
    with parts.store.read() as tx:
        (line,) = [e for e in tx.log.entries(subject=FREEZE) if e.action == "hold.lifted"]
    assert line.detail["because"] == "3.8.4 was promoted there through the gate"
    add(parts, "3.8.5", "sha256:3.8.2")
    with pytest.raises(Refused, match=r"the gate is closed"):
        promote(well, "support-bot", "3.8.5", CANARY, "ben", "again")


def test_a_release_whose_content_is_not_known_does_not_end_the_freeze(parts: RollbackParts) -> None:
    rolled_back(parts)
    add(parts, "3.8.4", None)
    well = parts._replace(judging=measured_well(parts.judging, "3.8.1", "3.8.4"))
    assert "whether 3.8.4 is another content is not known" in held(well, "3.8.4")[0]


def test_an_operator_lifts_the_block_with_a_reason_and_the_quarantine_ends_with_it(parts: RollbackParts) -> None:
    rolled_back(parts)
    assert state(parts) is ReleaseState.QUARANTINED
    lift(parts.store, BLOCK, "ana", "the cause was the gateway", parts.clock())
    assert state(parts) is ReleaseState.EVALUATED
    assert standing(parts) == {FREEZE}


def test_an_undo_is_not_blocked_and_ends_both_and_the_quarantine(parts: RollbackParts, clock: Clock) -> None:
    done = rolled_back(parts)
    clock.pass_(minutes=1)
    with parts.store.read() as tx:
        found = tx.rollbacks.plan(done)
    assert found is not None
    undo = propose_undo(parts, found[0], by="ben")
    approve(parts, undo.hash, "ben", "it was not the release")
    assert execute(parts, undo.hash, "ben", "host:1").state is RunState.VERIFIED
    assert standing(parts) == set()
    assert state(parts) is ReleaseState.EVALUATED


def test_a_quarantine_that_an_operator_decided_does_not_end_with_the_rollback(parts: RollbackParts) -> None:
    quarantine(parts, "support-bot", "3.8.2", "cho", "it leaks")
    rolled_back(parts)
    lift(parts.store, BLOCK, "ana", "the cause was the gateway", parts.clock())
    assert state(parts) is ReleaseState.QUARANTINED


def test_the_row_and_the_header_say_frozen(parts: RollbackParts) -> None:
    rolled_back(parts)
    board = parts.store.board("estate", None, parts.clock())
    (row,) = [r for r in board.registry if (r.asset, r.environment) == ("support-bot", "canary")]
    assert "frozen" in {str(word) for word in row.words}
    assert board.header.frozen == ("support-bot canary",)


@pytest.mark.parametrize("written", [str.upper, lambda digest: digest.removeprefix("sha256:")])
def test_the_same_content_is_held_however_its_digest_is_written(
    parts: RollbackParts, written: Callable[[str], str]
) -> None:
    left = release("3.8.2").digest
    assert left is not None
    add(parts, "3.9.0", written(left))
    rolled_back(parts)
    assert any("has the content of 3.8.2" in why for why in held(parts, "3.9.0", PRODUCTION))
    with parts.store.read() as tx:
        (freeze,) = [h for h in tx.judgements.holds("support-bot") if h.id == FREEZE]
        again = tx.estate.release("support-bot", "3.9.0")
        assert again is not None
        assert another(tx, freeze, again) is False
    copies = Copy("3.8.2", left), Copy("3.9.0", written(left))
    assert copies[0].same(copies[1])
