"""A rollback by itself: of the failures that policy names, pre-authorised, once, and never past a guard rail."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.errors import Refused
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.rollback import Drill, PlanState, PlanStep, Run, RunState
from pulse_tui.domain.views.rollback import DUE
from pulse_tui.domain.words import SignalType
from pulse_tui.services.alerts import operate
from pulse_tui.services.alerts.underway import Underway
from pulse_tui.services.desk import ServiceDesk
from pulse_tui.services.parts import SYSTEM, RollbackParts
from pulse_tui.services.rollback import authorise, glass
from pulse_tui.services.rollback.approve import reject
from pulse_tui.services.rollback.automatic import Answered, answer_alerts
from pulse_tui.services.rollback.drill import record
from pulse_tui.services.rollback.execute import execute
from pulse_tui.services.rollback.guarded import objections
from pulse_tui.services.rollback.listing import listed
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.rollback.story import plan_story
from pulse_tui.services.signals.ingest import ingest
from tests.fakes.clock import Clock
from tests.fakes.house import playbook
from tests.fakes.nouns import CANARY, NOW, deployment, hold, later, signal
from tests.fakes.target import Places

BOOK = msgspec.structs.replace(playbook("alias"), digest="d" * 64)
TRIGGER = "latency-breach-canary"


@pytest.fixture
def parts(parts: RollbackParts, clock: Clock) -> RollbackParts:
    """The canary's rollback on a p95 breach is drilled and pre-authorised, two hours ago."""
    made = parts._replace(playbooks=(BOOK,))
    clock.now = later(hours=-2)
    rehearse(made, clock())
    given = authorise.propose(made, "support-bot", CANARY, TRIGGER, timedelta(days=30), by="ana", why="nights are long")
    authorise.approve(made, given.hash, "ana", "drilled")
    clock.now = NOW
    return made


def rehearse(parts: RollbackParts, at: datetime, **fields: Any) -> None:
    values: dict[str, Any] = {
        "run_id": "drill-1", "asset_id": "support-bot", "playbook": "move", "playbook_digest": BOOK.digest,
        "trigger": TRIGGER, "from_version": "3.8.2", "to_version": "3.8.1", "at": at, "ok": True, "detail": "",
        "seconds": 2.0, "by": "ana",
    }  # fmt: skip
    with parts.store.write() as tx:
        record(tx, Drill(**{**values, **fields}))


def breach(parts: RollbackParts, number: object = 1, version: str = "3.8.2") -> Alert:
    """p95 at 1.31 x its objective on the canary, seen now."""
    now = parts.clock()
    one = signal(
        number, SignalType.LATENCY_BREACH, asset_id="support-bot", environment=CANARY, current_version=version,
        occurred_at=now, observed_at=now, fingerprint=f"p95-{version}",
    )  # fmt: skip
    ingest([one], [], parts.judging, now)
    with parts.store.read() as tx:
        return next(a for a in tx.judgements.alerts() if a.rule_id == TRIGGER and a.open)


def answer(parts: RollbackParts, holder: str = "host:1:1") -> list[Answered]:
    return answer_alerts(parts, holder)


def refused(parts: RollbackParts) -> str:
    """The one answer, which is a refusal; it is not tried again."""
    (one,) = answer(parts)
    assert one.bad
    assert answer(parts) == []
    with parts.store.read() as tx:
        lines = [e for e in tx.log.entries(subject=one.alert) if e.action == "rollback.not_automatic"]
        assert tx.rollbacks.runs() == [] or all(r.state is not RunState.RUNNING for r in tx.rollbacks.runs())
    assert len(lines) == 1
    assert lines[0].detail["why"] in one.words
    return lines[0].detail["why"]


def test_it_rolls_back_by_itself_and_says_so_everywhere(parts: RollbackParts, target: Places, clock: Clock) -> None:
    alert = breach(parts)
    (one,) = answer(parts)
    assert not one.bad
    assert "rolled back by pre-authorisation" in one.words
    assert "of ana, run" in one.words
    assert "first effect 0.0 s after the alert" in one.words
    assert target.holds("alias") == "3.8.1"
    with parts.store.read() as tx:
        (run,) = tx.rollbacks.runs()
        plan = tx.rollbacks.plan(run.plan_hash)
        (concern,) = [c for c in tx.inventory.concerns("support-bot") if c.kind == "by-itself"]
        told = [a for a in tx.judgements.alerts() if a.rule_id == "rolled-back-by-itself"]
        actions = [e.action for e in tx.log.entries(subject=alert.id)]
        sent = [d for d in tx.plumbing.deliveries() if d.payload.get("alert") == told[0].id]
    assert (run.state, run.started_by) == (RunState.VERIFIED, SYSTEM)
    assert plan is not None
    assert (plan[0].trigger, plan[0].alert_id) == (TRIGGER, alert.id)
    assert concern.what.startswith("ROLLED BACK BY ITSELF: support-bot in canary (3.8.2 -> 3.8.1)")
    assert {d.kind for d in sent} == {"notify", "ticket"}
    assert actions[-2:] == ["rollback.automatic", "rollback.ended"]
    board = parts.store.board("estate", None, clock())
    assert board.header.by_itself == 1
    assert answer(parts) == []
    line, page = listed(parts)[0], plan_story(parts, run.plan_hash, "ana")
    assert (line.glass, line.needs_somebody) == ("BY ITSELF, not reviewed", True)
    assert (page.review, page.authorisation) == (DUE, plan[0].authorisation)
    assert any(text.startswith("pre-authorised: it rests on the votes for") for _, text in page.facts)
    glass.review(parts, run.id, "ben", "it helped")
    assert parts.store.board("estate", None, clock()).header.by_itself == 0
    assert listed(parts)[0].glass == "BY ITSELF, reviewed by ben: it helped"
    assert plan_story(parts, run.plan_hash, "ana").review == "ben: it helped"


def test_a_plan_that_waited_for_votes_waits_no_more_once_it_rolled_back_by_itself(
    parts: RollbackParts, clock: Clock
) -> None:
    alert = breach(parts)
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="to see")
    assert [p.hash for p in parts.store.board("e", None, clock()).plans] == [plan.hash]
    answer(parts)
    (line,) = [p for p in listed(parts) if p.plan == plan.hash]
    assert (line.state, line.needs_somebody) == ("void", False)
    assert line.waits == "3.8.1 serves in canary now, the plan starts at 3.8.2"
    assert parts.store.board("e", None, clock()).plans == ()
    with parts.store.read() as tx:
        assert Underway(tx, alert, clock()).plan is None


def test_without_a_pre_authorisation_nothing_happens_and_nothing_is_said(parts: RollbackParts, target: Places) -> None:
    with parts.store.read() as tx:
        (given,) = authorise.valid(tx, parts, "support-bot", CANARY, parts.clock())
    authorise.revoke(parts, given.asked.hash, "cho", "not now")
    breach(parts)
    assert answer(parts) == []
    assert target.effects == []


def test_a_pre_authorisation_that_is_void_is_named_on_the_alert(parts: RollbackParts) -> None:
    breach(parts)
    changed = parts._replace(operators_digest="other")
    assert "is void: the operators' file changed" in refused(changed)


def test_one_that_was_given_after_the_alert_does_not_answer_it(parts: RollbackParts, clock: Clock) -> None:
    clock.now = later(hours=-2, minutes=-1)
    breach(parts)
    clock.now = later(hours=-1, minutes=-30)
    assert "after the alert" in refused(parts)


def test_an_acknowledgement_holds_it_back_while_it_lasts_and_a_silence_does_not(
    parts: RollbackParts, clock: Clock, target: Places
) -> None:
    alert = breach(parts)
    operate.acknowledge(parts.judging, alert.id, "ben", 600, clock())
    (one,) = answer(parts)
    assert "acknowledged by ben until" in one.words
    assert answer(parts) == []
    assert target.effects == []
    operate.silence(parts.store, alert.id, "ben", 1, "it is loud", clock())
    clock.pass_(minutes=11)
    (one,) = answer(parts)
    assert "rolled back by pre-authorisation" in one.words


def test_the_page_of_the_alert_says_that_it_rolls_back_by_itself_and_then_that_it_did(parts: RollbackParts) -> None:
    alert = breach(parts)
    desk = ServiceDesk(parts, estate_name="x", operator="ana", holder="host:9:1", acknowledge_for=60.0, read_only=False)
    assert desk.story(alert.id).advice[0].startswith("pre-authorised (")
    answer(parts)
    assert desk.story(alert.id).advice[0].startswith("BY ITSELF: rolled back by pre-authorisation")
    assert any(
        "rolls back by itself when latency-breach-canary fires" in text for _, text in desk.asset_story("support-bot")
    )


def test_a_waiver_holds_it_back(parts: RollbackParts, clock: Clock, target: Places) -> None:
    alert = breach(parts)
    operate.waive(parts.store, alert.id, "ben", 7, "a known batch job", clock())
    assert "waived by ben" in answer(parts)[0].words
    assert target.effects == []


def test_a_failure_that_nobody_reported_lately_is_left_to_a_person(parts: RollbackParts, clock: Clock) -> None:
    breach(parts)
    clock.pass_(minutes=61)
    assert "nobody knows whether it is still so" in refused(parts)


def test_what_the_advice_would_not_roll_back_is_not_rolled_back(parts: RollbackParts, clock: Clock) -> None:
    clock.pass_(days=2)  # the release did well for two days: something else changed
    breach(parts)
    assert "a rollback is not what answers it: the release did not change" in refused(parts)


def test_orca_3341_a_disabled_target_is_not_gone_to(parts: RollbackParts, target: Places) -> None:
    with parts.store.write() as tx:
        tx.estate.set_release_state("support-bot", "3.8.1", ReleaseState.QUARANTINED)
        tx.estate.set_release_state("support-bot", "3.8.0", ReleaseState.RETIRED)
    breach(parts)
    assert "no release to go back to" in refused(parts)
    assert target.effects == []


def test_a_drill_that_failed_since_holds_it_back(parts: RollbackParts, clock: Clock, target: Places) -> None:
    rehearse(parts, clock(), run_id="drill-2", ok=False, detail="alias said no")
    breach(parts)
    assert "alias said no" in refused(parts)
    assert target.effects == []


def test_a_hold_that_names_the_target_holds_it_back(parts: RollbackParts, target: Places) -> None:
    with parts.store.write() as tx:
        tx.judgements.put_hold(hold("block-1", version="3.8.1"))
    breach(parts)
    assert "a hold names 3.8.1: block-1" in refused(parts)
    assert target.effects == []


def test_a_run_that_stopped_half_way_holds_it_back(parts: RollbackParts, target: Places, clock: Clock) -> None:
    target.fault(("write", "alias", "lost"))
    breach(parts)
    (one,) = answer(parts)
    assert one.bad
    assert "rollback" in one.words
    clock.pass_(minutes=5)
    assert answer(parts) == []


def test_argo_cd_5351_a_version_that_is_put_back_is_not_fought(
    parts: RollbackParts, clock: Clock, target: Places
) -> None:
    alert = breach(parts)
    answer(parts)
    clock.pass_(minutes=10)
    with parts.store.write() as tx:  # the controller re-releases the bad version
        tx.estate.deploy(deployment("3.8.2", CANARY, since=clock(), traffic=12.0))
    target.put("alias", "3.8.2")
    operate.resolve(parts.judging, alert.id, "ana", "rolled back", clock())
    breach(parts, 2)
    effects = len(target.effects)
    assert answer(parts)[0].bad
    assert len(target.effects) == effects


def test_several_processes_answer_one_alert_once(parts: RollbackParts, target: Places) -> None:
    breach(parts)
    with ThreadPoolExecutor(4) as pool:
        found = [one for done in pool.map(lambda i: answer(parts, f"host:{i}:1"), range(8)) for one in done]
    assert len(found) == 1
    assert len(target.effects) == 1
    with parts.store.read() as tx:
        assert len(tx.rollbacks.runs()) == 1


def test_one_that_died_before_it_claimed_its_target_is_taken_up_once(
    parts: RollbackParts, target: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    breach(parts)

    def dies(*_args: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("pulse_tui.services.rollback.automatic.execute", dies)
        with pytest.raises(KeyboardInterrupt):
            answer(parts)
    assert target.effects == []
    (one,) = answer(parts, "host:2:2")
    assert "rolled back by pre-authorisation" in one.words


def test_an_operator_says_no_to_the_plan_and_it_does_not_run(
    parts: RollbackParts, target: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    breach(parts)
    with monkeypatch.context() as broken:
        broken.setattr(
            "pulse_tui.services.rollback.automatic.execute", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt)
        )
        with pytest.raises(KeyboardInterrupt):
            answer(parts)
    with parts.store.read() as tx:
        ((plan, _),) = tx.rollbacks.plans("support-bot")
    reject(parts, plan.hash, "cho", "no")
    assert answer(parts) == []
    with pytest.raises(Refused, match="rejected"):
        execute(parts, plan.hash, SYSTEM, "host:1")
    assert target.effects == []


def test_a_plan_that_only_names_a_pre_authorisation_runs_for_nobody(parts: RollbackParts, target: Places) -> None:
    plan = propose(
        parts, "support-bot", CANARY, by=SYSTEM, reason="x", trigger="accuracy-regression", authorisation="a" * 64
    )
    with parts.store.write() as tx:
        tx.rollbacks.set_plan_state(plan.hash, PlanState.APPROVED)
    for who in (SYSTEM, "ana"):
        with pytest.raises(Refused, match="is not there"):
            execute(parts, plan.hash, who, "host:1")
    assert target.effects == []


def test_what_a_person_decides_while_the_checks_are_made_is_heeded(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    """Between the decision and the claim lie answers of targets, which may take a minute."""
    alert = breach(parts)
    during: dict[str, Callable[[], object]] = {
        "resolved": lambda: operate.resolve(parts.judging, alert.id, "ben", "the cache was cold", clock()),
    }

    class Slow(Places):
        def read(self, options: Any, context: Any) -> str:
            during.pop("resolved", lambda: None)()
            return super().read(options, context)

    (one,) = answer(parts._replace(steps={"place": Slow(target.path)}))
    assert one.words.endswith(f"alert {alert.id} is resolved")
    assert target.effects == []


def test_who_takes_it_up_while_the_checks_are_made_holds_it_back_as_long_as_they_work_on_it(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    alert = breach(parts)
    during = [lambda: operate.acknowledge(parts.judging, alert.id, "ben", 600, clock())]

    class Slow(Places):
        def read(self, options: Any, context: Any) -> str:
            if during:
                during.pop()()
            return super().read(options, context)

    (one,) = answer(parts._replace(steps={"place": Slow(target.path)}))
    assert "acknowledged by ben" in one.words
    assert target.effects == []
    with parts.store.read() as tx:
        assert [state for _, state in tx.rollbacks.plans("support-bot")] == [PlanState.REJECTED]
    assert answer(parts) == []
    clock.pass_(minutes=11)
    breach(parts, 2)
    (one,) = answer(parts)
    assert "rolled back by pre-authorisation" in one.words


def test_a_plan_with_other_steps_than_its_playbook_makes_runs_under_no_pre_authorisation(
    parts: RollbackParts, target: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody signed this very plan: a row, with its line of the log, must not be enough to move another target."""
    alert = breach(parts)
    with parts.store.read() as tx:
        (given,) = authorise.valid(tx, parts, "support-bot", CANARY, parts.clock())
    honest = propose(
        parts, "support-bot", CANARY, by=SYSTEM, reason="x", alert_id=alert.id, trigger=TRIGGER,
        authorisation=given.asked.hash,
    )  # fmt: skip
    (step,) = honest.steps
    target.put("billing", "1")
    for changes in (
        {"steps": (step, PlanStep(kind="place", target="place billing", params={"name": "billing"}, expected="1", desired="9"))},
        {"steps": (msgspec.structs.replace(step, desired="3.8.0"),)},
        {"on_failure": "halt"},
    ):  # fmt: skip
        forged = msgspec.structs.replace(honest, **changes)
        with parts.store.write() as tx:
            tx.rollbacks.add_plan(forged)
            tx.log.append(NOW, SYSTEM, "plan.proposed", forged.target, {"plan": forged.hash})
            tx.rollbacks.set_plan_state(forged.hash, PlanState.APPROVED)
        for who in (SYSTEM, "ana"):
            with pytest.raises(Refused, match="not those that playbook move makes"):
                execute(parts, forged.hash, who, "host:1")
    assert target.effects == []


def test_a_combination_that_stopped_half_way_holds_back_the_answer_for_each_of_its_assets(
    parts: RollbackParts, target: Places, clock: Clock
) -> None:
    alert = breach(parts)
    with parts.store.read() as tx:
        (given,) = authorise.valid(tx, parts, "support-bot", CANARY, parts.clock())
    plan = propose(
        parts, "support-bot", CANARY, by=SYSTEM, reason="x", alert_id=alert.id, trigger=TRIGGER,
        authorisation=given.asked.hash,
    )  # fmt: skip
    for state, words in ((RunState.HALTED, "stopped half-way"), (RunState.UNKNOWN, "stopped as unknown")):
        run = Run(
            id=f"r-{state.value}", plan_hash=plan.hash, target="refund-prompt/canary", epoch=1, holder="h",
            started_by="ana", started_at=clock.pass_(seconds=1), state=state,
        )  # fmt: skip
        with parts.store.write() as tx:
            tx.rollbacks.start_run(run, 1, ["refund-prompt/canary", plan.target])
            tx.rollbacks.put_run(run)
            assert any(words in why for why in objections(tx, parts, plan, clock()))
            tx.rollbacks.put_run(msgspec.structs.replace(run, state=RunState.VERIFIED))


def test_argo_rollouts_3039_a_release_that_was_aborted_here_is_not_gone_to(
    parts: RollbackParts, target: Places
) -> None:
    with parts.store.write() as tx:
        tx.estate.mark_unhealthy("support-bot", CANARY, "3.8.1")
        tx.estate.set_release_state("support-bot", "3.8.0", ReleaseState.RETIRED)
    breach(parts)
    assert "3.8.1 was NOT healthy in canary" in refused(parts)
    assert target.effects == []


def test_helm_operator_236_what_was_rolled_back_to_is_not_rolled_back_to_what_was_left(
    parts: RollbackParts, clock: Clock, target: Places
) -> None:
    breach(parts)
    answer(parts)
    clock.pass_(minutes=5)
    effects = len(target.effects)
    breach(parts, 2, version="3.8.1")
    assert "did not help" in refused(parts)
    assert len(target.effects) == effects
