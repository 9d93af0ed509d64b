"""Proposing and approving: exactly this plan, by these people, in this world."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.errors import ConfigError, NotFound, Refused
from pulse_tui.domain.operator import Operator
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.rollback import Plan, PlanState
from pulse_tui.domain.words import Environment
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.registry.known_good import rollback_target
from pulse_tui.services.rollback.approve import approve, counted, reject
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.rollback.preflight import preflight
from pulse_tui.settings.shapes import ApprovalsShape
from tests.fakes.clock import Clock
from tests.fakes.house import OPERATORS, playbook
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, deployment, later, release
from tests.fakes.target import Places


def make(parts: RollbackParts, environment: Environment = CANARY) -> Plan:
    return propose(parts, "support-bot", environment, by="ana", reason="p95 breach")


def in_production(parts: RollbackParts) -> RollbackParts:
    """3.8.2 serves in production, after 3.8.1."""
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", PRODUCTION, since=later(hours=-1)))
    return parts


def state(parts: RollbackParts, plan: Plan) -> PlanState:
    with parts.store.read() as tx:
        found = tx.rollbacks.plan(plan.hash)
    assert found is not None
    return found[1]


def test_a_plan_says_exactly_what_will_be_written_where(parts: RollbackParts) -> None:
    plan = make(parts)
    assert (plan.from_version, plan.to_version, plan.from_digest) == ("3.8.2", "3.8.1", "sha256:3.8.2")
    (step,) = plan.steps
    assert (step.target, step.expected, step.desired) == ("place alias", "3.8.2", "3.8.1")
    assert (plan.expires_at, plan.approvals_needed) == (later(hours=4), 1)
    assert make(in_production(parts), PRODUCTION).approvals_needed == 2


def test_two_operators_who_propose_the_same_see_one_plan(parts: RollbackParts) -> None:
    plan = make(parts)
    other = propose(parts, "support-bot", CANARY, by="ben", reason="other words")
    assert other == plan


def test_even_when_they_propose_at_the_same_moment(parts: RollbackParts) -> None:
    def go(name: str) -> str:
        return propose(parts, "support-bot", CANARY, by=name, reason=name).hash

    with ThreadPoolExecutor(4) as pool:
        assert len(set(pool.map(go, ["ana", "ben", "cho", "dan"]))) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"policy_digest": "new"},
        {"playbooks_digest": "new"},
        {"operators_digest": "new"},
        {"approvals": ApprovalsShape(canary=2)},
    ],
)
def test_a_plan_that_a_new_configuration_voids_is_not_offered_again(
    parts: RollbackParts, change: dict[str, Any]
) -> None:
    plan = make(parts)
    changed = parts._replace(**change)
    with pytest.raises(Refused, match="cannot be approved"):
        approve(changed, plan.hash, "ana", "x")
    newer = make(changed)
    assert newer.hash != plan.hash
    approve(changed, newer.hash, "ana", "x")


def test_an_expired_plan_is_replaced(parts: RollbackParts, clock: Clock) -> None:
    plan = make(parts)
    clock.now = plan.expires_at
    with pytest.raises(Refused, match="the plan expired"):
        approve(parts, plan.hash, "ana", "x")
    assert make(parts).hash != plan.hash


def test_production_needs_two_people_with_two_keys(parts: RollbackParts) -> None:
    plan = make(in_production(parts), PRODUCTION)
    assert approve(parts, plan.hash, "ana", "x") is PlanState.PROPOSED
    with pytest.raises(Refused, match="already decided"):
        approve(parts, plan.hash, "ana", "again")
    twin = {**OPERATORS, "eve": Operator(name="eve", label="key-ana")}
    with pytest.raises(Refused, match="already decided"):
        approve(parts._replace(operators=twin), plan.hash, "eve", "x")
    assert approve(parts, plan.hash, "ben", "x") is PlanState.APPROVED
    with pytest.raises(Refused, match="the plan is approved"):
        approve(parts, plan.hash, "cho", "x")


def test_two_names_of_one_key_never_count_as_two(parts: RollbackParts) -> None:
    """Even when somebody wrote the second vote into the database by hand, under a changed key."""
    plan = make(in_production(parts), PRODUCTION)
    approve(parts, plan.hash, "ana", "x")
    approve(parts, plan.hash, "ben", "x")
    one_key = {**OPERATORS, "ben": Operator(name="ben", label="key-ana")}
    with parts.store.read() as tx:
        assert len(counted(tx, parts, plan, NOW).counting) == 2
        assert len(counted(tx, parts._replace(operators=one_key), plan, NOW).counting) == 1
        assert len(counted(tx, parts._replace(operators={"ben": OPERATORS["ben"]}), plan, NOW).counting) == 1
        assert list(counted(tx, parts, plan, later(hours=1)).counting) == []


def test_who_is_not_in_the_file_or_not_for_this_environment_may_not_speak(parts: RollbackParts) -> None:
    plan = make(parts)
    with pytest.raises(Refused, match="'eve' is not in the operators' file"):
        approve(parts, plan.hash, "eve", "x")
    narrow = {"ana": Operator(name="ana", label="k", environments=(PRODUCTION,))}
    with pytest.raises(Refused, match="ana may not approve in canary"):
        approve(parts._replace(operators=narrow), plan.hash, "ana", "x")
    with pytest.raises(Refused, match="'eve' is not"):
        reject(parts, plan.hash, "eve", "x")


def test_one_no_ends_a_plan(parts: RollbackParts) -> None:
    plan = make(in_production(parts), PRODUCTION)
    approve(parts, plan.hash, "ana", "x")
    reject(parts, plan.hash, "ben", "the release is fine")
    with pytest.raises(Refused, match="the plan is rejected"):
        approve(parts, plan.hash, "cho", "x")
    assert state(parts, plan) is PlanState.REJECTED
    assert make(parts, PRODUCTION).hash == plan.hash or state(parts, make(parts, PRODUCTION)) is PlanState.PROPOSED


def test_an_approval_binds_the_head_of_the_audit_log(parts: RollbackParts) -> None:
    plan = make(parts)
    with parts.store.read() as tx:
        head = tx.log.head()
    approve(parts, plan.hash, "ana", "x")
    with parts.store.read() as tx:
        assert [a.audit_head for a in tx.rollbacks.approvals(plan.hash)] == [head.hash]
        assert tx.log.entries()[-1].detail["head"] == head.hash


def _moved(parts: RollbackParts, target: Places) -> None:
    del parts
    target.put("alias", "3.9.0")


def _quarantined(parts: RollbackParts, target: Places) -> None:
    del target
    with parts.store.write() as tx:
        tx.estate.set_release_state("support-bot", "3.8.1", ReleaseState.QUARANTINED)


def _sick(parts: RollbackParts, target: Places) -> None:
    del target
    with parts.store.write() as tx:
        tx.estate.mark_unhealthy("support-bot", CANARY, "3.8.1")


def _overwritten(parts: RollbackParts, target: Places) -> None:
    del parts
    target.replace_artifact("3.8.1", "sha256:evil")


def _promoted(parts: RollbackParts, target: Places) -> None:
    del target
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.0", CANARY))


def _silent(parts: RollbackParts, target: Places) -> None:
    del parts
    target.fault(("read", "alias", "lost"))


@pytest.mark.parametrize(
    ("change", "check"),
    [
        (_moved, "prior state"),
        (_quarantined, "release"),
        (_sick, "known good here"),
        (_overwritten, "artifact"),
        (_promoted, "serving"),
        (_silent, "prior state"),
    ],
)
def test_a_plan_that_no_longer_fits_the_world_cannot_be_approved(
    parts: RollbackParts, target: Places, change: Any, check: str
) -> None:
    plan = make(parts)
    assert [c.name for c in preflight(parts, plan) if c.blocking and not c.ok] == []
    change(parts, target)
    with pytest.raises(Refused, match=check):
        approve(parts, plan.hash, "ana", "x")
    assert state(parts, plan) is PlanState.PROPOSED


def test_without_a_deployment_a_playbook_or_a_release_there_is_no_plan(parts: RollbackParts) -> None:
    with pytest.raises(NotFound, match="is not deployed in shadow"):
        make(parts, Environment.SHADOW)
    with pytest.raises(Refused, match="no playbook serves support-bot"):
        make(parts._replace(playbooks=()))
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("9.9", CANARY))
    with pytest.raises(Refused, match="the registry does not know it"):
        make(parts)


def test_a_step_kind_or_option_that_does_not_fit_is_said(parts: RollbackParts) -> None:
    with pytest.raises(NotFound, match="step kind 'place' is not installed"):
        make(parts._replace(steps={}))
    book = playbook("alias")
    wrong = msgspec.structs.replace(book.steps[0], options={"nam": "alias"})
    with pytest.raises(ConfigError, match="nam"):
        make(parts._replace(playbooks=(msgspec.structs.replace(book, steps=(wrong,)),)))


# --------------------------------------------------------------------------- known good


def back(parts: RollbackParts, environment: Environment = CANARY, serving: str = "3.8.2") -> str | None:
    with parts.store.read() as tx:
        found = rollback_target(tx, "support-bot", environment, serving).release
    return found.version if found else None


def test_the_pointer_of_the_release_comes_first(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        tx.estate.set_rollback_pointer("support-bot", "3.8.2", "3.8.0")
    assert back(parts) == "3.8.0"


def test_then_the_last_that_was_healthy_there_not_simply_the_last(parts: RollbackParts) -> None:
    assert back(parts) == "3.8.1"
    with parts.store.write() as tx:
        tx.estate.mark_unhealthy("support-bot", CANARY, "3.8.1")
    assert back(parts) == "3.8.0"


def test_what_was_good_once_and_bad_lately_is_not_good(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.0", CANARY, since=later(minutes=1)))
        tx.estate.mark_unhealthy("support-bot", CANARY, "3.8.0")
        tx.estate.deploy(deployment("3.8.2", CANARY, since=later(minutes=2)))
        tx.estate.mark_unhealthy("support-bot", CANARY, "3.8.1")
        tx.estate.deploy(deployment("3.8.1", PRODUCTION, since=later(minutes=2)))
    # neither is healthy in canary lately; outside production what production serves is the last resort
    assert back(parts) == "3.8.1"
    with parts.store.write() as tx:
        tx.estate.undeploy("support-bot", PRODUCTION, later(minutes=3))
    assert back(parts) is None


@pytest.mark.parametrize("bad", [ReleaseState.QUARANTINED, ReleaseState.RETIRED])
def test_never_to_a_quarantined_or_retired_release(parts: RollbackParts, bad: ReleaseState) -> None:
    with parts.store.write() as tx:
        tx.estate.set_release_state("support-bot", "3.8.1", bad)
        tx.estate.set_rollback_pointer("support-bot", "3.8.2", "3.8.1")
    assert back(parts) == "3.8.0"


def test_what_was_looked_at_in_vain_is_said(parts: RollbackParts) -> None:
    with parts.store.write() as tx:
        tx.estate.add_release(release("1", "lonely", rollback_pointer="0"))
        tx.estate.deploy(deployment("1", PRODUCTION, asset_id="lonely"))
    with pytest.raises(Refused, match=r"0 \(named by the release, never served here\) is not in the registry"):
        propose(parts, "lonely", PRODUCTION, by="ana", reason="x")


def test_a_step_that_writes_somewhere_else_than_it_is_called_cannot_be_approved(
    parts: RollbackParts, target: Places
) -> None:
    """Who approves reads the name of the target; the options decide where the write goes."""
    honest = propose(parts, "support-bot", CANARY, by="ana", reason="x")
    target.put("billing", "3.8.2")
    step = msgspec.structs.replace(honest.steps[0], params={"name": "billing"})
    forged = msgspec.structs.replace(honest, steps=(step,))
    with parts.store.write() as tx:
        tx.rollbacks.add_plan(forged)
        tx.log.append(NOW, "ana", "plan.proposed", forged.target, {"plan": forged.hash})
    with pytest.raises(Refused) as refused:
        approve(parts, forged.hash, "ben", "looks right")
    assert "target: a step is called place alias and writes to place billing" in refused.value.reasons
