"""A run is followed from outside: its steps with their times, who has it, and a halt that anybody may ask for."""

from __future__ import annotations

import msgspec
import pytest

from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.rollback import Plan, Run, RunState
from pulse_tui.domain.views.rollback import PlanStory
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.attended import Attendant, halt
from pulse_tui.services.rollback.execute import execute, resume
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.rollback.story import plan_story
from tests.fakes.clock import Clock
from tests.fakes.house import playbook
from tests.fakes.nouns import CANARY
from tests.fakes.target import Places


class Watched(Places):
    """Calls ``seen`` once, right after the first write."""

    def __init__(self, places: Places) -> None:
        super().__init__(places.path, self._touched)
        self.seen = list[PlanStory]()
        self.parts: RollbackParts
        self.plan: Plan
        self.halts = False

    def _touched(self, name: str) -> None:
        if name != "after write" or self.seen:
            return
        self.seen.append(plan_story(self.parts, self.plan.hash, "ben", checked=False))
        if self.halts:
            (run,) = [s.run for s in self.seen]
            assert run is not None
            halt(self.parts, run.id, "ben")


@pytest.fixture
def watched(parts: RollbackParts, target: Places) -> Watched:
    places = Watched(target)
    places.parts = parts._replace(playbooks=(playbook("alias", "gateway"),), steps={"place": places})
    places.plan = propose(places.parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    approve(places.parts, places.plan.hash, "ana", "it hurts")
    return places


def test_the_page_of_a_run_under_way_shows_each_step_as_journalled_and_who_has_it(watched: Watched) -> None:
    execute(watched.parts, watched.plan.hash, "ana", "host:space:1")
    (page,) = watched.seen
    assert page.run is not None
    assert (page.state, page.run.has_it, page.run.host) == ("running", "ana", "host")
    assert page.run.lease_us > page.run.started_us
    assert [s.state for s in page.steps] == ["intent", "pending"]
    assert [state for _, state, _ in page.steps[0].moves] == ["intent"]
    after = plan_story(watched.parts, watched.plan.hash, "ben")
    assert [[state for _, state, _ in s.moves] for s in after.steps] == [["intent", "sent", "verified"]] * 2
    assert [(s.seen_before, s.seen_after) for s in after.steps] == [("3.8.2", "3.8.1")] * 2
    assert after.run is not None
    assert after.run.lease_us == 0, "it gave the targets back"


def test_a_run_halts_before_its_next_step_when_an_operator_elsewhere_asks_and_goes_on_when_resumed(
    watched: Watched, clock: Clock
) -> None:
    watched.halts = True
    stopped = execute(watched.parts, watched.plan.hash, "ana", "host:1")
    assert stopped.state is RunState.HALTED
    assert "ben asked to halt it before step 2 of 2" in stopped.detail
    assert [e["place"] for e in watched.effects] == ["alias"]
    with pytest.raises(Refused, match="has no next step"):
        halt(watched.parts, stopped.id, "ben")
    clock.sleep(120.0)
    assert resume(watched.parts, stopped.id, "ben", "host:2").state is (RunState.VERIFIED)
    page = plan_story(watched.parts, watched.plan.hash, "ana")
    assert page.run is not None
    assert (page.run.started_by, page.run.has_it) == ("ana", "ben")


def test_a_halt_of_no_run_is_refused(parts: RollbackParts) -> None:
    with pytest.raises(NotFound, match="rollback list"):
        halt(parts, "nothing", "ben")


def test_a_rival_plan_that_ran_between_the_checks_and_the_claim_is_named_and_nothing_begins(
    parts: RollbackParts, target: Places
) -> None:
    first = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    rival = msgspec.structs.replace(first, reason="the same again")
    with parts.store.write() as tx:
        tx.rollbacks.add_plan(rival)
        tx.log.append(parts.clock(), "ben", "plan.proposed", rival.target, {"plan": rival.hash})
    for plan in (first, rival):
        approve(parts, plan.hash, "ana", "it hurts")

    def meanwhile(run: Run | None) -> str:
        if run is None:
            execute(parts, rival.hash, "ben", "host:2")
        return ""

    with pytest.raises(Refused, match="moved support-bot/canary while the checks were made"):
        execute(parts, first.hash, "ana", "host:1", Attendant(stop=meanwhile))
    with parts.store.read() as tx:
        assert [run.plan_hash for run in tx.rollbacks.runs()] == [rival.hash]
    assert len(target.effects) == 1
