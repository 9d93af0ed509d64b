"""A rollout that is paused, shifted and resumed: by the protocol of a rollback, and shown wherever somebody looks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.alert import OPEN
from pulse_tui.domain.errors import NotFound, Refused, TargetError, WrongUse
from pulse_tui.domain.hold import Hold, HoldKind
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.rollback import Plan, Purpose, Run, RunState
from pulse_tui.domain.views.registry import RegistryRow
from pulse_tui.domain.words import Change, Environment
from pulse_tui.services.alerts.operate import lift
from pulse_tui.services.alerts.story import alert_story
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.registry.story import asset_story
from pulse_tui.services.rollback import plan as rollbacks
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute
from pulse_tui.services.rollback.listing import listed
from pulse_tui.services.rollback.preflight import preflight
from pulse_tui.services.rollback.route import propose
from pulse_tui.services.rollback.story import plan_story
from pulse_tui.services.rollback.watch import WATCHED, watch_targets
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.settings.shapes import PlaybookShape, StepShape
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.house import gate, playbook
from tests.fakes.nouns import CANARY, PRODUCTION, deployment, signal
from tests.fakes.target import Places

SHADOW = Environment.SHADOW
LOGGED = ("plan.proposed", "plan.approved", "run.started", "run.verified", "hold.placed")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    server = postgres() if request.param == "postgresql" else None
    name = server.create() if server is not None else ""
    opened = SqlStore(server.named(name) if server is not None else sqlite_file(tmp_path / "pulse.db"), tmp_path)
    yield opened
    opened.close()
    if server is not None:
        server.drop(name)


def routing(purpose: Purpose, traffic: float | None = None, on_failure: str = "undo", **values: str) -> PlaybookShape:
    """A playbook that puts values at places."""
    steps = tuple(
        StepShape(kind="place", timeout=1.0, options={"name": name}, mark="playbooks.yaml:1", value=value)
        for name, value in values.items()
    )
    environments = (CANARY, SHADOW, PRODUCTION)
    return PlaybookShape(
        id=purpose.value, assets=(), environments=environments, steps=steps, on_failure=on_failure, purpose=purpose,
        traffic=traffic,
    )  # fmt: skip


PAUSE = routing(Purpose.PAUSE, rollout="paused")
SHIFT = routing(Purpose.SHIFT, weight="{share}")
RESUME = routing(Purpose.RESUME, rollout="", weight="12")


@pytest.fixture
def parts(parts: RollbackParts, target: Places) -> RollbackParts:
    """A rollout that moves, 12 percent of whose traffic goes to the canary."""
    target.put("weight", "12")
    return parts._replace(playbooks=(playbook("alias"), PAUSE, SHIFT, RESUME))


def planned(parts: RollbackParts, purpose: Purpose, **more: Any) -> Plan:
    parts.sleep(1.0)
    return propose(parts, "support-bot", more.pop("environment", CANARY), purpose, by="ana", reason="it hurts", **more)


def ran(parts: RollbackParts, plan: Plan) -> Run:
    approve(parts, plan.hash, "ana", "yes")
    return execute(parts, plan.hash, "ana", "host:1")


def holds(parts: RollbackParts) -> list[Hold]:
    with parts.store.read() as tx:
        return tx.judgements.holds("support-bot")


def canary(parts: RollbackParts) -> tuple[str, float]:
    with parts.store.read() as tx:
        found = tx.estate.deployment("support-bot", CANARY)
    assert found is not None
    return found.version, found.traffic


def row(parts: RollbackParts, where: str = "canary") -> RegistryRow:
    board = parts.store.board("t", None, parts.clock())
    return next(r for r in board.registry if r.key == f"support-bot/{where}")


def word(parts: RollbackParts, where: str = "canary") -> tuple[str, str]:
    return row(parts, where).state, row(parts, where).why


def test_a_paused_rollout_is_held_and_shown_everywhere_until_it_is_resumed(
    parts: RollbackParts, target: Places
) -> None:
    assert word(parts)[0] == "ok"
    plan = planned(parts, Purpose.PAUSE)
    assert [(s.expected, s.desired) for s in plan.steps] == [("", "paused")]
    assert (plan.from_version, plan.to_version, plan.approvals_needed) == ("3.8.2", "3.8.2", 1)
    run = ran(parts, plan)
    assert (run.state, run.detail) == (RunState.VERIFIED, "the rollout of support-bot in canary was paused, read back")
    assert target.holds("rollout") == "paused"
    assert target.effects == [{"place": "rollout", "value": "paused", "key": f"{run.id}-0", "epoch": 1}]

    state, why = word(parts)
    assert state == "paused"
    assert why == f"the rollout of support-bot in canary was paused by run {run.id}: it hurts"
    assert word(parts, "production")[0] == "ok"
    assert parts.store.board("t", None, parts.clock()).header.paused == ("support-bot canary",)
    answer = gate(parts.judging, "support-bot", "3.8.2", PRODUCTION)
    assert any("was paused by run" in line for line in answer.blocking)
    todo = next(r.todo for r in answer.reasons if r.name == "holds")
    assert "pulse-tui rollback resume-traffic support-bot --env canary" in todo
    assert "--lift" not in todo
    assert any("was paused" in text for _, text in asset_story(parts, "support-bot"))
    with parts.store.read() as tx:
        event = tx.signals.recent(1, "support-bot")[0]
        actions = [e.action for e in tx.log.entries() if e.action != "run.step"]
        release = tx.estate.release("support-bot", "3.8.2")
        promoted = tx.estate.promotions("support-bot")
    assert (event.change, event.title) == (Change.CONFIG_CHANGE, "the rollout of support-bot in canary was paused")
    assert [a for a in actions if a in LOGGED] == list(LOGGED)
    assert release is not None
    assert release.state is ReleaseState.PROMOTED
    assert promoted == []

    done = ran(parts, planned(parts, Purpose.RESUME))
    assert done.detail == "the rollout of support-bot in canary was resumed, read back"
    assert target.holds("rollout") == ""
    assert holds(parts) == []
    assert word(parts)[0] == "ok"
    calendar = parts.store.calendar(parts.clock() - timedelta(days=1), parts.clock() + timedelta(days=1))
    assert [row.what for row in calendar if row.what.startswith("rollout")] == ["rollout resumed", "rollout held"]


def test_a_hold_of_a_paused_rollout_is_not_lifted_by_hand(parts: RollbackParts) -> None:
    ran(parts, planned(parts, Purpose.PAUSE))
    (hold,) = holds(parts)
    assert hold.kind is HoldKind.PAUSE
    with pytest.raises(Refused, match="stands for what its target holds") as caught:
        lift(parts.store, hold.id, "ana", "go on", parts.clock())
    assert "pulse-tui rollback resume-traffic support-bot --env canary" in str(caught.value)
    assert holds(parts) == [hold]
    with parts.store.write() as tx:
        tx.estate.undeploy("support-bot", CANARY, parts.clock())
    assert lift(parts.store, hold.id, "ana", "it is gone", parts.clock()).startswith("lifted: pause of support-bot")


def test_a_shift_records_the_share_and_a_resume_gives_back_what_was_reported(
    parts: RollbackParts, target: Places
) -> None:
    plan = planned(parts, Purpose.SHIFT, traffic=2.5)
    assert plan.traffic == 2.5
    run = ran(parts, plan)
    assert target.holds("weight") == "2.5"
    assert canary(parts) == ("3.8.2", 2.5)
    assert word(parts)[0] == "paused"
    assert "2.5 % of the traffic of support-bot was shifted to canary" in run.detail
    ran(parts, planned(parts, Purpose.RESUME))
    assert target.holds("weight") == "12"
    assert holds(parts) == []
    assert canary(parts)[0] == "3.8.2"
    with parts.store.read() as tx:
        assert not [c for c in tx.inventory.claims("support-bot/canary") if c.field == "traffic"]


def test_what_was_shifted_twice_is_undone_to_the_share_before(parts: RollbackParts, target: Places) -> None:
    ran(parts, planned(parts, Purpose.SHIFT, traffic=2))
    second = planned(parts, Purpose.SHIFT, traffic=50)
    ran(parts, second)
    assert canary(parts)[1] == 50.0
    (hold,) = holds(parts)
    assert "50 % of the traffic" in hold.why
    undo = rollbacks.propose_undo(parts, second, by="ana")
    story = plan_story(parts, undo.hash, "ana")
    assert (story.purpose, listed(parts)[0].purpose) == ("resume", "resume")
    assert story.headline == f"undo the shift of plan {second.hash[:12]}: support-bot in canary (3.8.2 stays)"
    assert [p.purpose for p in parts.store.board("t", None, parts.clock()).plans] == ["resume"]
    run = ran(parts, undo)
    assert run.state is RunState.VERIFIED
    assert "which undoes plan" in run.detail
    assert target.holds("weight") == "2"
    assert canary(parts)[1] == 2.0
    (hold,) = holds(parts)
    assert "2 % of the traffic" in hold.why


def test_undoing_a_pause_resumes_and_undoing_a_resume_leaves_it_paused(parts: RollbackParts, target: Places) -> None:
    pause = planned(parts, Purpose.PAUSE)
    ran(parts, pause)
    ran(parts, rollbacks.propose_undo(parts, pause, by="ana"))
    assert (target.holds("rollout"), holds(parts)) == ("", [])
    ran(parts, planned(parts, Purpose.PAUSE))
    resume = planned(parts, Purpose.RESUME)
    ran(parts, resume)
    assert holds(parts) == []
    ran(parts, rollbacks.propose_undo(parts, resume, by="ana"))
    assert target.holds("rollout") == "paused"
    assert [h.kind for h in holds(parts)] == [HoldKind.PAUSE]
    assert word(parts)[0] == "paused"


def test_a_pause_that_fails_is_undone_and_named_as_one(parts: RollbackParts, target: Places) -> None:
    parts = parts._replace(playbooks=(routing(Purpose.PAUSE, rollout="paused", gateway="paused"), RESUME))
    plan = planned(parts, Purpose.PAUSE)
    target.fault(("write", "gateway", "refuse"))
    run = ran(parts, plan)
    assert run.state is RunState.UNDONE
    assert target.holds("rollout") == ""
    assert holds(parts) == []
    with parts.store.read() as tx:
        (concern,) = tx.inventory.concerns("support-bot")
        (alert,) = tx.judgements.alerts(list(OPEN))
    assert concern.what.startswith(f"pause of support-bot in canary failed and was undone, run {run.id}")
    assert "pulse-tui rollback pause support-bot --env canary" in concern.todo
    assert concern.what.startswith(alert.title.removesuffix("…"))
    board = parts.store.board("t", None, parts.clock())
    assert [r.headline for r in board.runs] == [
        f"the pause of support-bot in canary failed and was undone (run {run.id})"
    ]


def test_a_run_that_stopped_leaves_no_hold_and_says_what_each_target_has(parts: RollbackParts, target: Places) -> None:
    plan = planned(parts, Purpose.PAUSE)
    target.fault(("write", "rollout", "lost"))
    run = ran(parts, plan)
    assert run.state is RunState.UNKNOWN
    assert holds(parts) == []
    assert word(parts)[0] == "risk"


def test_a_rollout_that_somebody_moves_on_is_a_p1_however_long_it_is_paused(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    ran(parts, planned(parts, Purpose.PAUSE))
    clock.pass_(seconds=(WATCHED + timedelta(hours=5)).total_seconds())
    assert watch_targets(parts, clock()) == 1
    target.put("rollout", "")
    clock.pass_(minutes=2)
    watch_targets(parts, clock())
    with parts.store.read() as tx:
        (concern,) = tx.inventory.concerns("support-bot")
    assert "was moved after its pause was verified" in concern.what
    assert "pulse-tui rollback pause support-bot --env canary" in concern.todo
    assert word(parts)[0] == "risk"
    target.put("rollout", "paused")
    clock.pass_(minutes=2)
    watch_targets(parts, clock())
    assert word(parts)[0] == "paused"
    ran(parts, planned(parts, Purpose.RESUME))
    clock.pass_(seconds=(WATCHED + timedelta(hours=1)).total_seconds())
    assert watch_targets(parts, clock()) == 0


def test_a_pause_does_not_end_the_watch_on_the_rollback_before_it(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    ran(parts, rollbacks.propose(parts, "support-bot", CANARY, by="ana", reason="p95"))
    ran(parts, planned(parts, Purpose.PAUSE))
    target.put("alias", "3.8.2")
    clock.pass_(minutes=2)
    assert watch_targets(parts, clock()) == 2
    with parts.store.read() as tx:
        assert ["was moved after its rollback to 3.8.1" in c.what for c in tx.inventory.concerns("support-bot")] == [
            True
        ]


def test_two_operators_see_one_plan_and_what_is_so_already_is_refused(parts: RollbackParts) -> None:
    first = planned(parts, Purpose.PAUSE)
    again = propose(parts, "support-bot", CANARY, Purpose.PAUSE, by="ben", reason="other words")
    assert again == first
    ran(parts, first)
    with pytest.raises(Refused, match="is so already: the rollout of support-bot in canary was paused by run"):
        planned(parts, Purpose.PAUSE)
    ran(parts, planned(parts, Purpose.RESUME))
    with pytest.raises(Refused, match="is so already: nothing holds the rollout"):
        planned(parts, Purpose.RESUME)


def test_a_rollback_of_a_paused_rollout_says_that_it_is_paused(parts: RollbackParts) -> None:
    ran(parts, planned(parts, Purpose.PAUSE))
    plan = rollbacks.propose(parts, "support-bot", CANARY, by="ana", reason="p95")
    (line,) = [c for c in preflight(parts, plan) if c.name == "rollout"]
    assert (line.ok, line.blocking) == (False, False)
    assert "what is moved may wait until it is resumed" in line.detail
    assert ran(parts, plan).state is RunState.VERIFIED
    assert "paused" in {str(w) for w in row(parts).words}


def test_the_advice_of_an_alert_names_what_was_paused_and_what_ends_it(parts: RollbackParts) -> None:
    def advice() -> str:
        (found,) = parts.store.board("t", None, parts.clock()).alerts
        return " ".join(alert_story(parts, found.id).todo)

    breach = signal(asset_id="support-bot", environment=CANARY, current_version="3.8.2", occurred_at=parts.clock())
    ingest([breach], [], parts.judging, parts.clock())
    assert "was paused" not in advice()
    run = ran(parts, planned(parts, Purpose.PAUSE))
    assert f"was paused by run {run.id}" in advice()
    assert "pulse-tui rollback resume-traffic support-bot --env canary" in advice()


def test_what_somebody_paused_at_the_target_is_recorded_by_a_run_that_writes_nothing(
    parts: RollbackParts, target: Places
) -> None:
    target.put("rollout", "paused")
    assert ran(parts, planned(parts, Purpose.PAUSE)).state is RunState.VERIFIED
    assert target.effects == []
    assert word(parts)[0] == "paused"


def test_a_target_that_moves_after_the_plan_voids_it(parts: RollbackParts, target: Places) -> None:
    plan = planned(parts, Purpose.PAUSE)
    target.put("rollout", "half")
    failed = [c for c in preflight(parts, plan) if not c.ok and c.blocking]
    assert [c.name for c in failed] == ["prior state"]


def test_production_needs_two_and_an_unknown_release_can_be_paused(parts: RollbackParts) -> None:
    assert planned(parts, Purpose.PAUSE, environment=PRODUCTION).approvals_needed == 2
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("9.9.9", CANARY))
    plan = planned(parts, Purpose.PAUSE)
    assert (plan.from_version, plan.from_digest) == ("9.9.9", None)
    assert ran(parts, plan).state is RunState.VERIFIED


def test_what_is_missing_is_named_before_anything_is_planned(parts: RollbackParts, target: Places) -> None:
    with pytest.raises(NotFound, match="is not deployed in shadow"):
        planned(parts, Purpose.PAUSE, environment=SHADOW)
    with pytest.raises(Refused, match="no playbook can shift support-bot in canary"):
        planned(parts._replace(playbooks=(PAUSE, RESUME)), Purpose.SHIFT, traffic=1)
    with pytest.raises(Refused, match="no playbook could resume it"):
        planned(parts._replace(playbooks=(PAUSE,)), Purpose.PAUSE)
    with pytest.raises(WrongUse, match="leaves the share open"):
        planned(parts, Purpose.SHIFT)
    with pytest.raises(WrongUse, match="is no share in percent"):
        planned(parts, Purpose.SHIFT, traffic=101)
    fixed = parts._replace(playbooks=(routing(Purpose.SHIFT, 10, weight="10"), RESUME))
    assert planned(fixed, Purpose.SHIFT).traffic == 10
    with pytest.raises(Refused, match="no step takes another one"):
        planned(fixed, Purpose.SHIFT, traffic=20)
    target.fault(("read", "rollout", "gone"))
    with pytest.raises(TargetError, match="does not answer"):
        planned(parts, Purpose.PAUSE)
    target.fault(("read", "rollout", "bug"))
    with pytest.raises(Refused, match="the step kind place broke: KeyError"):
        planned(parts, Purpose.PAUSE)


def test_a_bad_release_can_be_paused_and_what_speaks_against_it_is_shown_when_it_goes_on(
    parts: RollbackParts, target: Places
) -> None:
    target.replace_artifact("3.8.2", "sha256:other")
    plan = planned(parts, Purpose.PAUSE)
    assert [c for c in preflight(parts, plan) if c.blocking and not c.ok] == []
    ran(parts, plan)
    names = {c.name for c in preflight(parts, planned(parts, Purpose.RESUME))}
    assert {"alerts", "advisories"} <= names


def test_lists_and_pages_say_what_a_plan_is_for(parts: RollbackParts) -> None:
    pause = planned(parts, Purpose.PAUSE)
    board = parts.store.board("t", None, parts.clock())
    assert [p.headline for p in board.plans] == [
        f"pause plan {pause.hash[:12]} (support-bot in canary) waits for 1 approval"
    ]
    story = plan_story(parts, pause.hash, "ana")
    assert (story.purpose, story.headline) == ("pause", "pause the rollout of support-bot in canary (3.8.2 stays)")
    shift = planned(parts, Purpose.SHIFT, traffic=2)
    assert plan_story(parts, shift.hash, "ana").headline == (
        "shift 2 % of the traffic of support-bot to canary (3.8.2 stays)"
    )
    assert [line.purpose for line in listed(parts)] == ["shift", "pause"]
    void = parts._replace(playbooks_digest="other")
    assert listed(void)[1].todo == "pulse-tui rollback pause support-bot --env canary"


def test_a_pause_is_no_rollback_to_whoever_advises(parts: RollbackParts) -> None:
    rollback = rollbacks.propose(parts, "support-bot", CANARY, by="ana", reason="p95")
    planned(parts, Purpose.PAUSE)
    assert rollbacks.propose(parts, "support-bot", CANARY, by="ben", reason="p95") == rollback
    assert msgspec.structs.replace(rollback, purpose=Purpose.PAUSE).hash != rollback.hash
