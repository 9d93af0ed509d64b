"""Break-glass: one person alone, and what stands until another one has looked at it."""

from __future__ import annotations

import pytest

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.operator import Identity
from pulse_tui.domain.rollback import PlanState, Run, RunState
from pulse_tui.domain.views.rollback import DUE
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute
from pulse_tui.services.rollback.glass import review, reviews
from pulse_tui.services.rollback.listing import listed
from pulse_tui.services.rollback.story import plan_story
from tests.fakes.nouns import CANARY, PRODUCTION
from tests.services.rollback.test_votes import at, make, signing

__all__ = ["signing"]
WHY = "nobody else answers and production is down"


def alone(parts: RollbackParts, why: str = WHY) -> Run:
    plan = make(parts)
    assert approve(at(parts, "ana"), plan.hash, "ana", why, break_glass=True) is PlanState.APPROVED
    return execute(parts, plan.hash, "ana", "h")


def open_alerts(parts: RollbackParts) -> list[tuple[str, str]]:
    with parts.store.read() as tx:
        found = tx.judgements.alerts([AlertState.FIRING], asset_id="support-bot")
    return [(a.rule_id, a.priority.value) for a in found if a.rule_id == "break-glass"]


def test_one_person_rolls_production_back_and_that_stands_as_an_alert_until_another_reviewed_it(
    signing: RollbackParts,
) -> None:
    run = alone(signing)
    assert run.state is RunState.VERIFIED
    assert open_alerts(signing) == [("break-glass", "P2")]
    with signing.store.read() as tx:
        (row,) = reviews(tx)
    assert (row.run, row.asset, row.environment) == (run.id, "support-bot", "production")
    assert "ana alone approved" in row.what
    assert WHY in row.what
    board = signing.store.board("e", None, signing.clock())
    assert (board.header.glass, board.glass) == (1, (row,))
    assert listed(signing)[0].glass == "BREAK-GLASS by ana, not reviewed"
    assert listed(signing)[0].needs_somebody
    assert plan_story(signing, run.plan_hash, "ben").review == DUE

    assert "reviewed by ben" in review(signing, run.id, "ben", "justified: the pager log agrees")
    assert open_alerts(signing) == []
    assert signing.store.board("e", None, signing.clock()).header.glass == 0
    assert listed(signing)[0].glass == "BREAK-GLASS by ana, reviewed by ben: justified: the pager log agrees"
    assert not listed(signing)[0].needs_somebody
    assert plan_story(signing, run.plan_hash, "ben").review.startswith("ben: justified")


def test_the_review_is_anothers_says_something_and_happens_once(signing: RollbackParts) -> None:
    run = alone(signing)
    for by, why, wrong in (
        ("ana", "I was right", "another operator must review it"),
        ("eve", "fine", "eve is no operator of production"),
        ("ben", " ", "a review says what was found"),
    ):
        with pytest.raises(Refused, match=wrong):
            review(signing, run.id, by, why)
    assert open_alerts(signing)
    review(signing, run.id, "cho", "checked")
    with pytest.raises(Refused, match="waits for no review"):
        review(signing, run.id, "ben", "again")
    with pytest.raises(NotFound):
        review(signing, "nothing", "ben", "x")


@pytest.mark.parametrize("why", ["", "it is down", "a  b  c  d  e  f  g  h  i  j"])
def test_a_reason_of_twenty_characters_is_typed(signing: RollbackParts, why: str) -> None:
    plan = make(signing)
    with pytest.raises(Refused, match="a reason of at least 20 characters"):
        approve(at(signing, "ana"), plan.hash, "ana", why, break_glass=True)


def test_where_the_configuration_has_no_glass_none_is_broken_and_a_vote_of_before_counts_no_more(
    signing: RollbackParts,
) -> None:
    forbidden = signing._replace(identity=Identity(break_glass=(CANARY,)))
    plan = make(signing)
    with pytest.raises(Refused, match="allows no break-glass in production"):
        approve(at(forbidden, "ana"), plan.hash, "ana", WHY, break_glass=True)
    approve(at(signing, "ana"), plan.hash, "ana", WHY, break_glass=True)
    with pytest.raises(Refused, match="allows no break-glass in production"):
        execute(forbidden, plan.hash, "ana", "h")


def test_nobody_breaks_the_glass_without_a_signature_where_votes_are_signed(signing: RollbackParts) -> None:
    plan = make(signing)
    with pytest.raises(Refused, match="needs signed approvals"):
        approve(signing, plan.hash, "ana", WHY, break_glass=True)


def test_where_the_others_approved_too_nothing_was_broken(signing: RollbackParts) -> None:
    plan = make(signing)
    approve(at(signing, "ben"), plan.hash, "ben", "yes")
    approve(at(signing, "ana"), plan.hash, "ana", WHY, break_glass=True)
    execute(signing, plan.hash, "ana", "h")
    assert open_alerts(signing) == []


def test_a_plan_that_somebody_approved_alone_says_so_before_it_runs(signing: RollbackParts) -> None:
    plan = make(signing, PRODUCTION)
    approve(at(signing, "ana"), plan.hash, "ana", WHY, break_glass=True)
    (row,) = signing.store.board("e", None, signing.clock()).plans
    assert "approved by ana alone (BREAK-GLASS)" in row.headline
    assert plan_story(signing, plan.hash, "ben").votes[0].break_glass
