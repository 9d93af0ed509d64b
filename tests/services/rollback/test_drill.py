"""Drills: the same playbook by the same executor on the replica, there and back, and nothing else is written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.errors import NotFound, PulseError, Refused, TargetError
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.rollback import Drill, PlanState, RunState
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.ports import StepContext
from pulse_tui.services.parts import SYSTEM, RollbackParts
from pulse_tui.services.rollback.drill import drilled
from pulse_tui.services.rollback.execute import put_back, resume
from pulse_tui.services.rollback.plan import propose, propose_undo
from pulse_tui.services.rollback.rehearse import Held, drill
from pulse_tui.settings.shapes import ApprovalsShape, PlaybookShape, StepShape
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, asset, deployment, later, release
from tests.fakes.target import PlaceOptions, Places

REPLICA = Environment.REPLICA


def book(*names: str, on_failure: str = "undo", **more: Any) -> PlaybookShape:
    """A playbook whose steps move places of these names."""
    steps = tuple(StepShape(kind="place", timeout=1.0, options={"name": n}, mark="p.yaml:1") for n in names)
    fields: dict[str, Any] = {
        "id": "move", "assets": (), "environments": (CANARY, PRODUCTION), "steps": steps, "on_failure": on_failure,
        "digest": "d" * 64, **more,
    }  # fmt: skip
    return PlaybookShape(**fields)


APART = ("alias-{environment}", "gateway-{environment}")


@pytest.fixture
def parts(parts: RollbackParts, target: Places) -> RollbackParts:
    """3.8.2 serves in production after 3.8.1, and on the replica."""
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", PRODUCTION, since=later(hours=-1)))
        tx.estate.deploy(deployment("3.8.1", REPLICA, since=later(days=-5)))
        tx.estate.deploy(deployment("3.8.2", REPLICA, since=later(hours=-1)))
    for environment in Environment:
        for name in APART:
            target.put(name.replace("{environment}", environment.value), "3.8.2")
    return parts._replace(playbooks=(book(*APART),))


def hold(parts: RollbackParts, by: str = "ana", **more: Any) -> Held:
    return drill(parts, "support-bot", PRODUCTION, by, "host:1", **more)


def drills(parts: RollbackParts) -> list[Drill]:
    with parts.store.read() as tx:
        return tx.rollbacks.drills()


def touched(target: Places) -> list[tuple[str, str]]:
    return [(e["place"], e["value"]) for e in target.effects]


def concerns(parts: RollbackParts) -> dict[str, str]:
    with parts.store.read() as tx:
        return {c.key: c.what for c in tx.inventory.concerns("support-bot")}


def test_a_drill_goes_there_and_back_on_the_replica_and_counts(parts: RollbackParts, target: Places) -> None:
    held = hold(parts, trigger="latency-breach")
    assert held.run is not None
    assert held.run.state is RunState.VERIFIED
    assert touched(target) == [
        ("alias-replica", "3.8.1"), ("gateway-replica", "3.8.1"), ("gateway-replica", "3.8.2"), ("alias-replica", "3.8.2"),
    ]  # fmt: skip
    (row,) = drills(parts)
    assert (row.run_id, row.ok, row.trigger, row.by) == (held.run.id, True, "latency-breach", "ana")
    assert (row.from_version, row.to_version, row.playbook_digest) == ("3.8.2", "3.8.1", "d" * 64)
    with parts.store.read() as tx:
        assert drilled(tx, parts, "support-bot", PRODUCTION, NOW, "latency-breach").ok
        serving = tx.estate.deployment("support-bot", REPLICA)
        bad = tx.estate.release("support-bot", "3.8.2")
        actions = [e.action for e in tx.log.entries() if e.action.startswith(("plan", "run", "drill"))]
    assert serving is not None
    assert serving.version == "3.8.2"
    assert bad is not None
    assert bad.usable
    assert [a for a in actions if a != "run.step"] == [
        "plan.proposed", "plan.approved", "run.started", "run.verified", "drill.passed",
    ]  # fmt: skip
    assert concerns(parts) == {}


def test_a_replica_that_serves_the_target_already_goes_the_other_way_first(
    parts: RollbackParts, target: Places
) -> None:
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.1", REPLICA))
    for name in ("alias-replica", "gateway-replica"):
        target.put(name, "3.8.1")
    assert hold(parts).run is not None
    assert [value for _, value in touched(target)] == ["3.8.2", "3.8.2", "3.8.1", "3.8.1"]
    (row,) = drills(parts)
    assert (row.ok, row.from_version, row.to_version) == (True, "3.8.1", "3.8.2")


SHAPES: Sequence[tuple[PlaybookShape, ...]] = (
    (book("alias"),),
    (book("alias-{environment}", "gateway"),),
    (book("{asset}-alias"),),
    (book("alias-{environment}"), book("alias-replica", id="other", environments=(PRODUCTION,))),
    (book("alias-{environment}"), book("alias-replica", id="gw", assets=("gateway",), environments=(PRODUCTION,))),
    (book("alias-{environment}", environments=(PRODUCTION,)), book("alias-replica", id="c", environments=(CANARY,))),
)


@pytest.mark.parametrize("books", SHAPES)
def test_a_replica_that_resolves_to_what_serves_is_refused(
    parts: RollbackParts, target: Places, books: tuple[PlaybookShape, ...]
) -> None:
    for name in ("alias", "gateway", "support-bot-alias"):
        target.put(name, "3.8.2")
    with pytest.raises(Refused, match="its replica and what serves resolve to one target") as caught:
        hold(parts._replace(playbooks=books))
    assert any("too" in reason for reason in caught.value.reasons)
    assert target.effects == []
    with parts.store.read() as tx:
        assert tx.rollbacks.plans() == []


def test_two_names_of_one_target_are_found_out_before_the_second_step(parts: RollbackParts, target: Places) -> None:
    """The names differ, a proxy sends both to one place: production is put back at once and the drill has failed."""

    class Proxy(Places):
        def _name(self, options: PlaceOptions) -> PlaceOptions:
            return PlaceOptions(name=options.name.replace("alias-replica", "alias-production"))

        def read(self, options: PlaceOptions, context: StepContext) -> str:
            return super().read(self._name(options), context)

        def write(self, options: PlaceOptions, value: str, **more: Any) -> None:
            super().write(self._name(options), value, **more)

    held = hold(parts._replace(steps={"place": Proxy(target.path)}))
    assert held.run is not None
    assert held.run.state is RunState.UNDONE
    assert target.holds("alias-production") == "3.8.2"
    assert touched(target) == [("alias-production", "3.8.1"), ("alias-production", "3.8.2")]
    (row,) = drills(parts)
    assert not row.ok
    assert "the replica may not be apart from it" in row.detail


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        ("no replica", "support-bot has no replica"),
        ("unreadable", "alias-replica does not answer"),
        ("moved", "place alias-replica holds 3.9.0, the plan expects 3.8.2"),
        ("no playbook", "no playbook serves support-bot in production"),
        ("no target", "has no rollback target"),
        ("stranger", "'eve' is not in the operators' file"),
        ("elsewhere", "ana may not approve in replica"),
    ],
)
def test_what_cannot_be_drilled_is_refused_with_the_reason_and_leaves_no_plan(
    parts: RollbackParts, target: Places, break_it: str, says: str
) -> None:
    by = "ana"
    if break_it == "no replica":
        with parts.store.write() as tx:
            tx.estate.undeploy("support-bot", REPLICA, NOW)
    elif break_it == "unreadable":
        target.fault(("read", "alias-replica", "lost"))
    elif break_it == "moved":
        target.put("alias-replica", "3.9.0")
    elif break_it == "no playbook":
        parts = parts._replace(playbooks=())
    elif break_it == "no target":
        with parts.store.write() as tx:
            tx.estate.deploy(deployment("1.9.3", REPLICA, asset_id="gateway"))
    elif break_it == "stranger":
        by = "eve"
    else:
        ana = msgspec.structs.replace(parts.operators["ana"], environments=(PRODUCTION,))
        parts = parts._replace(operators={**parts.operators, "ana": ana})
    with pytest.raises(Refused) as caught:
        drill(parts, "gateway" if break_it == "no target" else "support-bot", PRODUCTION, by, "h")
    assert says in str(caught.value)
    assert target.effects == []
    with parts.store.read() as tx:
        assert tx.rollbacks.plans() == []


def test_an_unknown_trigger_and_an_asset_that_serves_nowhere_are_named(parts: RollbackParts) -> None:
    with pytest.raises(NotFound, match="there is no rule 'latency'"):
        hold(parts, trigger="latency")
    with pytest.raises(NotFound, match="sandbox is not deployed in production"):
        drill(parts, "sandbox", PRODUCTION, "ana", "h")


@pytest.mark.parametrize("index", range(4))
@pytest.mark.parametrize("on_failure", ["undo", "halt"])
@pytest.mark.parametrize("what", ["refuse", "lost", "ignored", "bug"])
def test_a_drill_that_fails_at_any_step_says_so_and_touches_nothing_else(
    parts: RollbackParts, target: Places, index: int, on_failure: str, what: str
) -> None:
    parts = parts._replace(playbooks=(book(*APART, on_failure=on_failure),))

    class Failing(Places):
        writes = 0

        def write(self, options: PlaceOptions, value: str, **more: Any) -> None:
            if self.writes == index:
                self.fault(("write", options.name, what))
            self.writes += 1
            super().write(options, value, **more)

    held = hold(parts._replace(steps={"place": Failing(target.path)}))
    run = held.run
    assert run is not None
    (row,) = drills(parts)
    assert (row.ok, row.run_id) == (False, run.id)
    assert all(place.endswith("-replica") for place, _ in touched(target))
    found = concerns(parts)
    assert f"failed (run {run.id})" in found["drill:production"]
    if run.state is RunState.UNDONE:
        assert [target.holds(f"{n}-replica") for n in ("alias", "gateway")] == ["3.8.2", "3.8.2"]
        assert "run:replica" not in found
    else:
        assert run.state is (RunState.HALTED if what in ("refuse", "ignored") else RunState.UNKNOWN)
        assert "drill of support-bot in replica" in found["run:replica"]
        again = put_back(parts, run.id, "ben", "h2")
        assert again.state is RunState.UNDONE
        assert [target.holds(f"{n}-replica") for n in ("alias", "gateway")] == ["3.8.2", "3.8.2"]
        assert "run:replica" not in concerns(parts)
    assert not drills(parts)[0].ok
    assert "drill:production" in concerns(parts)


def test_the_next_drill_that_passes_ends_the_alert_of_the_one_that_failed(parts: RollbackParts, target: Places) -> None:
    target.fault(("write", "gateway-replica", "refuse"))
    hold(parts)
    with parts.store.read() as tx:
        (alert,) = tx.judgements.alerts()
    assert (alert.rule_id, alert.priority, alert.environment) == ("drill-failed", Priority.P3, PRODUCTION)
    parts.sleep(60)
    held = hold(parts)
    assert held.run is not None
    assert held.run.state is RunState.VERIFIED
    assert concerns(parts) == {}
    with parts.store.read() as tx:
        (alert,) = tx.judgements.alerts()
    assert not alert.open


def test_where_production_is_critical_a_failed_drill_is_a_p2(parts: RollbackParts, target: Places) -> None:
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", PRODUCTION, since=later(hours=-1), production_critical=True))
    target.fault(("write", "alias-replica", "refuse"))
    hold(parts)
    with parts.store.read() as tx:
        assert [a.priority for a in tx.judgements.alerts()] == [Priority.P2]


def test_a_drill_whose_process_is_gone_is_resumed_and_brings_the_replica_back(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    class Dies(Places):
        writes = 0

        def write(self, options: PlaceOptions, value: str, **more: Any) -> None:
            self.writes += 1
            if self.writes == 3:
                raise SystemExit
            super().write(options, value, **more)

    with pytest.raises(SystemExit):
        hold(parts._replace(steps={"place": Dies(target.path)}))
    assert drills(parts) == []
    clock.pass_(seconds=61)
    with parts.store.read() as tx:
        (run,) = tx.rollbacks.runs(active_only=True)
    done = resume(parts, run.id, "ben", "h2")
    assert done.state is RunState.VERIFIED
    assert [target.holds(f"{n}-replica") for n in ("alias", "gateway")] == ["3.8.2", "3.8.2"]
    assert len(target.effects) == 4
    assert [d.ok for d in drills(parts)] == [True]


def test_a_drill_that_was_resumed_after_it_stopped_is_no_passed_one(parts: RollbackParts, target: Places) -> None:
    target.fault(("write", "gateway-replica", "lost"))
    held = hold(parts)
    assert held.run is not None
    assert held.run.state is RunState.UNKNOWN
    done = resume(parts, held.run.id, "ana", "h")
    assert done.state is RunState.VERIFIED
    assert [d.ok for d in drills(parts)] == [False]
    assert list(concerns(parts)) == ["drill:production"]


def test_where_two_must_approve_the_drill_waits_for_the_other_one(parts: RollbackParts, target: Places) -> None:
    held = hold(parts._replace(approvals=ApprovalsShape(replica=2)))
    assert held.run is None
    assert target.effects == []
    with parts.store.read() as tx:
        ((plan, state),) = tx.rollbacks.plans()
    assert (plan.hash, state) == (held.plan.hash, PlanState.PROPOSED)


def test_a_drill_whose_vote_is_not_signed_waits_for_nobody(parts: RollbackParts, target: Places) -> None:
    identity = parts.identity._replace(unsigned=(), by_name=False)
    with pytest.raises(PulseError):
        hold(parts._replace(identity=identity))
    with parts.store.read() as tx:
        assert [state for _, state in tx.rollbacks.plans()] == [PlanState.REJECTED]
    assert target.effects == []


def test_the_program_itself_drills_the_replica_alone(parts: RollbackParts, target: Places) -> None:
    held = hold(parts, by=SYSTEM)
    assert held.run is not None
    assert held.run.state is RunState.VERIFIED
    with parts.store.read() as tx:
        assert tx.rollbacks.approvals(held.plan.hash) == []
    plan = propose(parts, "support-bot", PRODUCTION, by=SYSTEM, reason="x")
    assert plan.approvals_needed == 2


def test_a_drill_is_not_undone_and_is_no_rollback_of_the_replica(parts: RollbackParts) -> None:
    held = hold(parts._replace(approvals=ApprovalsShape(replica=2)))
    with pytest.raises(Refused, match="is a drill: it left its replica as it was"):
        propose_undo(parts, held.plan, by="ana")
    books = (msgspec.structs.replace(parts.playbooks[0], environments=tuple(Environment)),)
    other = propose(parts._replace(playbooks=books), "support-bot", REPLICA, by="ana", reason="x")
    assert other.hash != held.plan.hash


def test_what_moves_together_is_rehearsed_together_also_what_a_rollback_would_leave(
    parts: RollbackParts, target: Places
) -> None:
    prompt, corpus = "refund-prompt", "help-pages"
    with parts.store.write() as tx:
        tx.estate.put_assets([asset(prompt), asset(corpus)])
        for name in (prompt, corpus):
            for version in ("1", "2"):
                tx.estate.add_release(release(version, name, state=ReleaseState.PROMOTED))
        for environment in (PRODUCTION, REPLICA):
            for version, days in (("1", -7), ("2", -6)):
                for name in (prompt, corpus):
                    tx.estate.deploy(deployment(version, environment, asset_id=name, since=later(days=days)))
        # The prompt went on meanwhile; its replica serves what it would go back to.
        tx.estate.deploy(deployment("1", REPLICA, asset_id=prompt))
    for environment in Environment:
        target.put(f"prompt-{environment.value}", "1" if environment is REPLICA else "2")
        target.put(f"corpus-{environment.value}", "2")
    own = book("alias-{environment}")
    more = tuple(
        StepShape(kind="place", timeout=1.0, options={"name": f"{n}-{{environment}}"}, mark="p.yaml:2", asset=a)
        for n, a in (("prompt", prompt), ("corpus", corpus))
    )
    together = msgspec.structs.replace(own, steps=(*own.steps, *more), on_failure="halt")
    held = hold(parts._replace(playbooks=(together,)))
    assert held.run is not None
    assert held.run.state is RunState.VERIFIED, held.run.detail
    assert (held.plan.on_failure, [m.asset_id for m in held.plan.members]) == ("undo", [prompt, corpus])
    assert touched(target) == [
        ("alias-replica", "3.8.1"), ("prompt-replica", "2"), ("corpus-replica", "1"),
        ("corpus-replica", "2"), ("prompt-replica", "1"), ("alias-replica", "3.8.2"),
    ]  # fmt: skip
    with parts.store.write() as tx:
        tx.estate.undeploy(corpus, REPLICA, NOW)
    with pytest.raises(Refused, match="help-pages has no replica"):
        hold(parts._replace(playbooks=(together,)))


def test_what_serves_and_does_not_answer_holds_a_drill_up_once(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    class Slow(Places):
        asked = 0

        def read(self, options: PlaceOptions, context: StepContext) -> str:
            if not options.name.endswith("replica"):
                self.asked += 1
                clock.pass_(seconds=context.timeout_s)
                raise TargetError(f"{options.name} does not answer", ambiguous=False)
            return super().read(options, context)

    slow = Slow(target.path)
    held = hold(parts._replace(steps={"place": slow}))
    assert held.run is not None
    assert held.run.state is RunState.VERIFIED
    assert slow.asked == 4, "canary and production, two targets each, once"
