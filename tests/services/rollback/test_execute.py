"""Running a plan at a target that can refuse, keep silent, lie and be moved by strangers."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.evidence import ServiceEvidence
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.rollback import Plan, Run, RunState, StepState
from pulse_tui.domain.words import Change
from pulse_tui.ports import StepContext
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute, resume
from pulse_tui.services.rollback.plan import propose, propose_undo
from pulse_tui.services.rollback.preflight import FRESH_S, Looked
from tests.fakes.chain import broken_at
from tests.fakes.clock import Clock
from tests.fakes.house import playbook
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, deployment, later
from tests.fakes.target import PlaceOptions, Places


def approved(parts: RollbackParts, **more: Any) -> Plan:
    """A plan for canary with the approval it needs."""
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach", **more)
    approve(parts, plan.hash, "ana", "it hurts")
    return plan


def keys(target: Places) -> list[str]:
    """The last part of the keys of what happened, in order."""
    return [e["key"].split("-", 1)[1] for e in target.effects]


def states(parts: RollbackParts, run: Run) -> list[str]:
    with parts.store.read() as tx:
        return [s.state.value for s in tx.rollbacks.steps(run.id)]


def books(parts: RollbackParts, *places: str, **more: Any) -> RollbackParts:
    return parts._replace(playbooks=(playbook(*places, **more),))


def test_a_run_takes_over_the_checks_of_a_vote_of_just_now_and_sends_nothing_to_what_moved_since(
    parts: RollbackParts, target: Places
) -> None:
    plan, found = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach"), list[Looked]()
    approve(parts, plan.hash, "ana", "it hurts", looked=found.append)
    (looked,) = found
    target.put("alias", "9.9.9")
    for other in (looked._replace(at=looked.at - FRESH_S), looked._replace(plan_hash="of another"), None):
        with pytest.raises(Refused, match="no longer matches its targets"):
            execute(parts, plan.hash, "ana", "host:1", looked=other)
    run = execute(parts, plan.hash, "ana", "host:1", looked=looked._replace(at=parts.outside.ticks()))
    assert (run.state, target.effects, target.holds("alias")) == (RunState.UNDONE, [], "9.9.9")


def test_a_run_moves_the_target_reads_it_back_and_says_so_everywhere(parts: RollbackParts, target: Places) -> None:
    plan = approved(parts)
    run = execute(parts, plan.hash, "ana", "host:1")
    assert run.state is RunState.VERIFIED
    assert target.holds("alias") == "3.8.1"
    assert target.effects == [{"place": "alias", "value": "3.8.1", "key": f"{run.id}-0", "epoch": 1}]
    with parts.store.read() as tx:
        serving = tx.estate.deployment("support-bot", CANARY)
        bad = tx.estate.release("support-bot", "3.8.2")
        event = tx.signals.recent(1, "support-bot")[0]
        journal = [state for _, _, state, _ in tx.rollbacks.journal(run.id)]
        log = tx.log.entries()
        assert tx.rollbacks.runs(active_only=True) == []
    assert serving is not None
    assert (serving.version, serving.traffic) == ("3.8.1", 12.0)
    assert bad is not None
    assert bad.state is ReleaseState.QUARANTINED
    assert event.change is Change.ROLLBACK
    assert journal == ["intent", "sent", "verified"]
    assert [e.action for e in log if e.action.startswith(("plan", "run")) and e.action != "run.step"] == [
        "plan.proposed",
        "plan.approved",
        "run.started",
        "run.verified",
    ]
    assert broken_at(log) is None


def test_a_plan_runs_once(parts: RollbackParts, target: Places) -> None:
    plan = approved(parts)
    execute(parts, plan.hash, "ana", "h")
    target.put("alias", "3.8.2")
    with parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", CANARY))
    with pytest.raises(Refused, match="is used, not approved"):
        execute(parts, plan.hash, "ana", "h")
    assert len(target.effects) == 1


def test_who_is_not_in_the_operators_file_runs_and_resumes_nothing(parts: RollbackParts, target: Places) -> None:
    plan = approved(parts)
    with pytest.raises(Refused, match="'eve' is not in the operators' file"):
        execute(parts, plan.hash, "eve", "h")
    target.fault(("write", "alias", "lost"))
    run = execute(parts, plan.hash, "ana", "h")
    with pytest.raises(Refused, match="'eve' is not in the operators' file"):
        resume(parts, run.id, "eve", "h")
    here = msgspec.structs.replace(parts.operators["ben"], environments=(PRODUCTION,))
    with pytest.raises(Refused, match="ben may not run a plan in canary"):
        resume(parts._replace(operators={**parts.operators, "ben": here}), run.id, "ben", "h")


@pytest.mark.parametrize("held", ["3.9.0", "", "3.8.1"])
def test_nothing_is_sent_to_a_target_that_a_stranger_moved_before_the_run(
    parts: RollbackParts, target: Places, held: str
) -> None:
    plan = approved(parts)
    target.put("alias", held)
    with pytest.raises(Refused, match="no longer matches its targets"):
        execute(parts, plan.hash, "ana", "h")
    assert target.effects == []


def test_nothing_is_sent_to_a_target_that_a_stranger_moved_after_the_preflight(
    parts: RollbackParts, target: Places
) -> None:
    class Stranger(Places):
        looks = 0

        def read(self, options: PlaceOptions, context: StepContext) -> str:
            self.looks += 1
            if self.looks == 2:  # the first look is the preflight's
                self.put("alias", "3.9.0")
            return super().read(options, context)

    plan = approved(parts)
    run = execute(parts._replace(steps={"place": Stranger(target.path)}), plan.hash, "ana", "h")
    assert run.state is RunState.UNDONE
    assert "place alias has 3.9.0" in run.detail
    assert target.effects == []
    with parts.store.read() as tx:
        bad = tx.estate.release("support-bot", "3.8.2")
        serving = tx.estate.deployment("support-bot", CANARY)
    assert bad is not None
    assert bad.usable
    assert serving is not None
    assert serving.version == "3.8.2"


def test_no_answer_but_it_landed_is_verified_by_reading(parts: RollbackParts, target: Places) -> None:
    plan = approved(parts)
    target.fault(("write", "alias", "landed"))
    run = execute(parts, plan.hash, "ana", "h")
    assert run.state is RunState.VERIFIED
    assert len(target.effects) == 1


def test_no_answer_and_nothing_landed_is_unknown_keeps_the_target_and_a_resume_settles_it(
    parts: RollbackParts, target: Places
) -> None:
    plan = approved(parts)
    target.fault(("write", "alias", "lost"))
    run = execute(parts, plan.hash, "ana", "h")
    assert run.state is RunState.UNKNOWN
    assert "gave no answer" in run.detail
    assert states(parts, run) == ["unknown"]
    assert target.effects == []
    with parts.store.read() as tx:
        assert [r.id for r in tx.rollbacks.runs(active_only=True)] == [run.id]
    with pytest.raises(Refused, match=r"run .* on support-bot/canary stopped as unknown .*: pulse-tui rollback resume"):
        approve(parts, propose(parts, "support-bot", CANARY, by="ben", reason="again").hash, "ben", "x")
    done = resume(parts, run.id, "ben", "host:2")
    assert done.state is RunState.VERIFIED
    assert keys(target) == ["0"]
    with pytest.raises(Refused, match="has ended: verified"):
        resume(parts, run.id, "ben", "host:2")


@pytest.mark.parametrize("fault", [("write", "alias", "bug"), ("read", "alias", "bug")])
def test_a_step_kind_that_breaks_leaves_no_run_without_an_owner(
    parts: RollbackParts, target: Places, fault: tuple[str, str, str]
) -> None:
    plan = approved(parts)
    if fault[0] == "read":
        target.fault(("read", "nobody", "bug"))

        class Later(Places):
            looks = 0

            def read(self, options: PlaceOptions, context: StepContext) -> str:
                self.looks += 1
                if self.looks == 2:
                    raise KeyError("a bug")
                return super().read(options, context)

        broken = parts._replace(steps={"place": Later(target.path)})
    else:
        target.fault(fault)
        broken = parts
    run = execute(broken, plan.hash, "ana", "h")
    assert run.state is RunState.UNKNOWN
    assert "KeyError" in run.detail
    assert resume(parts, run.id, "ana", "h").state is RunState.VERIFIED
    assert len(target.effects) == 1


def test_a_failure_at_the_second_of_three_steps_takes_the_first_back(parts: RollbackParts, target: Places) -> None:
    parts = books(parts, "alias", "gateway", "cache")
    plan = approved(parts)
    target.fault(("write", "gateway", "refuse"))
    run = execute(parts, plan.hash, "ana", "h")
    assert run.state is RunState.UNDONE
    assert [target.holds(p) for p in ("alias", "gateway", "cache")] == ["3.8.2"] * 3
    assert keys(target) == ["0", "0-undo"]
    assert states(parts, run) == ["undone", "undone", "pending"]
    assert "step 2 of 3 failed: gateway said no" in run.detail
    with parts.store.read() as tx:
        assert tx.rollbacks.runs(active_only=True) == []
        bad = tx.estate.release("support-bot", "3.8.2")
    assert bad is not None
    assert bad.usable


def test_a_playbook_that_halts_says_what_each_target_holds(parts: RollbackParts, target: Places) -> None:
    parts = books(parts, "alias", "gateway", on_failure="halt")
    plan = approved(parts)
    target.fault(("write", "gateway", "refuse"))
    run = execute(parts, plan.hash, "ana", "h")
    assert run.state is RunState.HALTED
    assert "place alias has 3.8.1; place gateway has 3.8.2" in run.detail
    assert keys(target) == ["0"]


def test_an_undo_that_fails_is_unknown_and_a_resume_goes_on_backwards(parts: RollbackParts, target: Places) -> None:
    parts = books(parts, "alias", "gateway")
    plan = approved(parts)
    target.fault(("write", "gateway", "refuse"))

    class Once(Places):
        writes = 0

        def write(self, options: PlaceOptions, value: str, **more: Any) -> None:
            self.writes += 1
            if self.writes == 3:
                self.fault(("write", "alias", "refuse"))
            super().write(options, value, **more)

    run = execute(parts._replace(steps={"place": Once(target.path)}), plan.hash, "ana", "h")
    assert run.state is RunState.UNKNOWN
    assert "could not be undone: alias said no" in run.detail
    assert target.holds("alias") == "3.8.1"
    done = resume(parts, run.id, "ben", "h2")
    assert done.state is RunState.UNDONE
    assert [target.holds(p) for p in ("alias", "gateway")] == ["3.8.2"] * 2
    assert keys(target) == ["0", "0-undo"]


def test_a_run_that_began_to_go_back_never_goes_forward_again(parts: RollbackParts, target: Places) -> None:
    """The undo cannot even read the step that failed: nothing is undone yet, and a resume must not send it again."""
    parts = books(parts, "alias", "gateway")
    plan = approved(parts)
    target.fault(("write", "gateway", "refuse"))

    class Silent(Places):
        looks = 0

        def read(self, options: PlaceOptions, context: StepContext) -> str:
            self.looks += options.name == "gateway"
            if self.looks == 3 and options.name == "gateway":
                self.fault(("read", "gateway", "lost"))
            return super().read(options, context)

    run = execute(parts._replace(steps={"place": Silent(target.path)}), plan.hash, "ana", "h")
    assert run.state is RunState.UNKNOWN
    done = resume(parts, run.id, "ben", "h2")
    assert done.state is RunState.UNDONE
    assert target.holds("gateway") == target.holds("alias") == "3.8.2"
    assert keys(target) == ["0", "0-undo"]


def test_what_was_accepted_and_never_arrived_is_taken_back_by_a_write(parts: RollbackParts, target: Places) -> None:
    """A target that accepts and is slow may still obey later: the undo is sent, not only checked."""
    plan = approved(parts)
    target.fault(("write", "alias", "ignored"))
    run = execute(parts, plan.hash, "ana", "h")
    assert run.state is RunState.UNDONE
    assert [(e["value"], e["key"].split("-", 1)[1]) for e in target.effects] == [("3.8.2", "0-undo")]


def test_a_stranger_who_moves_a_verified_step_is_left_alone_and_named(parts: RollbackParts, target: Places) -> None:
    parts = books(parts, "alias", "gateway")
    plan = approved(parts)

    class Stranger(Places):
        def write(self, options: PlaceOptions, value: str, **more: Any) -> None:
            if options.name == "gateway":
                self.put("alias", "3.9.0")
                self.fault(("write", "gateway", "refuse"))
            super().write(options, value, **more)

    run = execute(parts._replace(steps={"place": Stranger(target.path)}), plan.hash, "ana", "h")
    assert run.state is RunState.UNKNOWN
    assert "has 3.9.0, set outside this run" in run.detail
    assert target.holds("alias") == "3.9.0"


def test_a_first_step_that_was_moved_while_the_second_ran_is_not_called_verified(
    parts: RollbackParts, target: Places
) -> None:
    parts = books(parts, "alias", "gateway")
    plan = approved(parts)

    class Stranger(Places):
        def write(self, options: PlaceOptions, value: str, **more: Any) -> None:
            super().write(options, value, **more)
            if options.name == "gateway":
                self.put("alias", "3.8.2")

    run = execute(parts._replace(steps={"place": Stranger(target.path)}), plan.hash, "ana", "h")
    assert run.state is RunState.UNKNOWN
    assert "has 3.8.2 after it was verified" in run.detail


def test_a_slow_rollout_is_waited_for_longer_than_a_lease(parts: RollbackParts, target: Places, clock: Clock) -> None:
    class Slow(Places):
        landed_at = None

        def write(self, options: PlaceOptions, value: str, **more: Any) -> None:
            if options.name == "alias":
                self.landed_at = clock.now
                with self._state() as state:
                    state["effects"].append({"place": "alias", "value": value, "key": more["key"], "epoch": 1})
                return
            super().write(options, value, **more)

        def read(self, options: PlaceOptions, context: StepContext) -> str:
            if self.landed_at is not None and (clock.now - self.landed_at).total_seconds() > 150:
                self.put("alias", "3.8.1")
            return super().read(options, context)

    parts = books(parts, "alias", "gateway", timeout=300.0)
    plan = approved(parts)
    run = execute(parts._replace(steps={"place": Slow(target.path)}), plan.hash, "ana", "h")
    assert run.state is RunState.VERIFIED
    assert keys(target) == ["0", "1"]


def test_a_process_that_wakes_late_never_writes(parts: RollbackParts, target: Places, clock: Clock) -> None:
    """It slept after its last look, right before the send; another one took the run over and finished it."""
    plan = approved(parts)
    taken: list[Run] = []

    class Asleep(Places):
        looks = 0

        def read(self, options: PlaceOptions, context: StepContext) -> str:
            seen = super().read(options, context)
            self.looks += 1
            if self.looks == 2:
                clock.pass_(seconds=61)
                with parts.store.read() as tx:
                    (run,) = tx.rollbacks.runs(active_only=True)
                taken.append(resume(parts, run.id, "ben", "host:2"))
            return seen

    run = execute(parts._replace(steps={"place": Asleep(target.path)}), plan.hash, "ana", "host:1")
    assert taken[0].state is RunState.VERIFIED
    assert run.state is RunState.VERIFIED  # as the other one left it
    assert [e["epoch"] for e in target.effects] == [2]


def test_a_process_that_wakes_late_sends_nothing_even_when_nobody_took_over(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    plan = approved(parts)

    class Asleep(Places):
        looks = 0

        def read(self, options: PlaceOptions, context: StepContext) -> str:
            self.looks += 1
            if self.looks == 2:
                clock.pass_(seconds=61)
            return super().read(options, context)

    run = execute(parts._replace(steps={"place": Asleep(target.path)}), plan.hash, "ana", "host:1")
    assert run.state is RunState.RUNNING
    assert target.effects == []
    assert resume(parts, run.id, "ben", "host:2").state is RunState.VERIFIED
    assert len(target.effects) == 1


def test_a_living_process_keeps_its_run(parts: RollbackParts, target: Places) -> None:
    plan = approved(parts)
    refused: list[Refused] = []

    class Curious(Places):
        def write(self, options: PlaceOptions, value: str, **more: Any) -> None:
            with parts.store.read() as tx:
                (run,) = tx.rollbacks.runs(active_only=True)
            for holder in ("host:1", "host:2"):
                with pytest.raises(Refused, match="may still be running") as caught:
                    resume(parts, run.id, "ben", holder)
                refused.append(caught.value)
            super().write(options, value, **more)

    run = execute(parts._replace(steps={"place": Curious(target.path)}), plan.hash, "ana", "host:1")
    assert run.state is RunState.VERIFIED
    assert len(refused) == 2


def test_of_two_that_run_one_plan_at_once_one_runs(parts: RollbackParts, target: Places) -> None:
    plan = approved(parts)

    def go(n: int) -> str:
        try:
            return execute(parts, plan.hash, "ana", f"host:{n}").state.value
        except Refused:
            return "refused"

    with ThreadPoolExecutor(4) as pool:
        got = sorted(pool.map(go, range(4)))
    assert got == ["refused"] * 3 + ["verified"]
    assert len(target.effects) == 1


def test_of_two_that_resume_one_run_at_once_one_sends(parts: RollbackParts, target: Places) -> None:
    plan = approved(parts)
    target.fault(("write", "alias", "lost"))
    run = execute(parts, plan.hash, "ana", "h")

    def go(_n: int) -> str:
        try:
            return resume(parts, run.id, "ben", "same-process").state.value
        except Refused:
            return "refused"

    with ThreadPoolExecutor(4) as pool:
        assert "verified" in set(pool.map(go, range(4)))
    assert len(target.effects) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"policy_digest": "other"},
        {"playbooks_digest": "other"},
        {"operators_digest": "other"},
        {"operators": {}},
    ],
)
def test_a_plan_whose_rules_changed_does_not_run(parts: RollbackParts, target: Places, change: dict[str, Any]) -> None:
    plan = approved(parts)
    with pytest.raises(Refused):
        execute(parts._replace(**change), plan.hash, "ana", "h")
    assert target.effects == []


def test_an_approval_that_ran_out_does_not_count(parts: RollbackParts, target: Places, clock: Clock) -> None:
    plan = approved(parts)
    clock.now = plan.expires_at
    with pytest.raises(Refused, match="the plan expired"):
        execute(parts, plan.hash, "ana", "h")
    assert target.effects == []


def test_what_was_not_approved_does_not_run(parts: RollbackParts, target: Places) -> None:
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="x")
    with pytest.raises(Refused, match="is proposed, not approved"):
        execute(parts, plan.hash, "ana", "h")
    with pytest.raises(NotFound):
        execute(parts, "0" * 64, "ana", "h")
    assert target.effects == []


def test_an_artifact_that_was_replaced_stops_the_run(parts: RollbackParts, target: Places) -> None:
    plan = approved(parts)
    target.replace_artifact("3.8.1", "sha256:evil")
    with pytest.raises(Refused, match="artifact: digest sha256:evil"):
        execute(parts, plan.hash, "ana", "h")
    assert target.effects == []


def test_an_undo_needs_its_own_approval_and_brings_the_release_back(parts: RollbackParts, target: Places) -> None:
    plan = approved(parts)
    execute(parts, plan.hash, "ana", "h")
    back = propose_undo(parts, plan, by="ben")
    with pytest.raises(Refused, match="is proposed, not approved"):
        execute(parts, back.hash, "ben", "h")
    approve(parts, back.hash, "ben", "it was not that")
    run = execute(parts, back.hash, "ben", "h")
    assert run.state is RunState.VERIFIED
    assert target.holds("alias") == "3.8.2"
    with parts.store.read() as tx:
        release = tx.estate.release("support-bot", "3.8.2")
    assert release is not None
    assert release.usable


def test_a_freeze_never_stops_a_rollback(parts: RollbackParts, target: Places) -> None:
    from pulse_tui.services.alerts.operate import freeze

    freeze(parts.store, "support-bot", "ana", "release week", NOW)
    freeze(parts.store, None, "ana", "everything", NOW)
    assert execute(parts, approved(parts).hash, "ana", "h").state is RunState.VERIFIED
    assert target.holds("alias") == "3.8.1"


def test_a_breach_stays_open_after_a_verified_run_until_the_next_window_is_within_its_objective(
    parts: RollbackParts, target: Places
) -> None:
    from pulse_tui.services.signals.ingest import ingest
    from tests.fakes.nouns import signal

    breach = signal(1, asset_id="support-bot", environment=CANARY, current_version="3.8.2")
    ingest([breach], [], parts.judging, NOW)
    with parts.store.read() as tx:
        (alert,) = tx.judgements.alerts()
    plan = approved(parts, alert_id=alert.id)
    target.fault(("write", "alias", "lost"))
    run = execute(parts, plan.hash, "ana", "h")
    with parts.store.read() as tx:
        assert [a.state for a in tx.judgements.alerts() if a.id == alert.id] == [AlertState.FIRING]
    resume(parts, run.id, "ana", "h")
    with parts.store.read() as tx:
        assert [a.state for a in tx.judgements.alerts() if a.id == alert.id] == [AlertState.FIRING]
    within = ServiceEvidence(metric="p95_latency", value=700.0, objective=1000.0, unit="ms")
    window = msgspec.structs.replace(
        breach, id="s-next", current_version="3.8.1", evidence=within, observed_at=later(minutes=5)
    )
    ingest([window], [], parts.judging, later(minutes=5))
    with parts.store.read() as tx:
        assert [a.state for a in tx.judgements.alerts() if a.id == alert.id] == [AlertState.RESOLVED]


def test_a_step_that_was_sent_is_journalled_with_what_it_saw(parts: RollbackParts) -> None:
    run = execute(parts, approved(parts).hash, "ana", "h")
    with parts.store.read() as tx:
        (step,) = tx.rollbacks.steps(run.id)
    assert (step.state, step.seen_before, step.seen_after) == (StepState.VERIFIED, "3.8.2", "3.8.1")
    assert step.sent_at is not None
    assert step.sent_at >= later(seconds=0)
