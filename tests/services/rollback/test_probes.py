"""A target that can say what became of one write, and whose reads lag: nothing is sent twice, nothing stays unknown for long."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import pytest

from pulse_tui.domain.rollback import Run, RunState, StepState
from pulse_tui.ports import StepContext
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute, put_back, resume
from pulse_tui.services.rollback.plan import propose
from tests.fakes.nouns import CANARY
from tests.fakes.target import PlaceOptions, Places


class Laggard(Places):
    """Reads are those of a replica until it ``caught_up``; ``answer`` is what it says of every write (None: the truth)."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.before = json.loads(path.read_text())["values"]
        self.caught_up = False
        self.answer: Any = "the truth"

    def read(self, options: PlaceOptions, context: StepContext) -> str:
        real = super().read(options, context)
        return real if self.caught_up else str(self.before[options.name])

    def landed(self, options: PlaceOptions, key: str, context: StepContext) -> bool | None:
        del options, context
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer == "the truth":
            return key in [e["key"] for e in self.effects] or None
        return cast(bool | None, self.answer)  # what is no bool is tried, too


@pytest.fixture
def laggard(target: Places) -> Laggard:
    return Laggard(target.path)


def run_of(parts: RollbackParts, laggard: Laggard) -> tuple[RollbackParts, Run]:
    """A run at the target whose write has no answer, and the parts with that target."""
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    approve(parts, plan.hash, "ana", "it hurts")
    at_target = parts._replace(steps={"place": laggard})
    return at_target, execute(at_target, plan.hash, "ana", "h")


def step_of(parts: RollbackParts, run: Run) -> tuple[StepState, str]:
    with parts.store.read() as tx:
        (step,) = tx.rollbacks.steps(run.id)
    return step.state, step.detail


def test_a_write_that_landed_unseen_is_undone_by_a_write_although_the_former_value_is_read(
    parts: RollbackParts, laggard: Laggard
) -> None:
    laggard.fault(("write", "alias", "landed"))
    parts, run = run_of(parts, laggard)
    assert run.state is RunState.UNDONE
    assert "the target reports that 3.8.1 took effect, and after" in run.detail
    assert [e["value"] for e in laggard.effects] == ["3.8.1", "3.8.2"]


def test_a_write_that_the_target_never_takes_is_a_failure_and_not_unknown(
    parts: RollbackParts, laggard: Laggard
) -> None:
    laggard.fault(("write", "alias", "lost"))
    laggard.answer = False
    _, run = run_of(parts, laggard)
    assert run.state is RunState.UNDONE
    assert "the target reports that 3.8.1 did not take effect" in run.detail
    assert laggard.holds("alias") == "3.8.2"


@pytest.mark.parametrize("answer", [None, "yes", 1, KeyError("a bug")])
def test_a_target_that_says_nothing_of_use_leaves_it_unknown(
    parts: RollbackParts, laggard: Laggard, answer: object
) -> None:
    laggard.fault(("write", "alias", "lost"))
    laggard.answer = answer
    parts, run = run_of(parts, laggard)
    assert (run.state, step_of(parts, run)[0]) == (RunState.UNKNOWN, StepState.UNKNOWN)


def test_a_resume_waits_for_a_write_that_landed_and_never_sends_it_again(
    parts: RollbackParts, laggard: Laggard
) -> None:
    laggard.fault(("write", "alias", "landed"))
    laggard.answer = None
    parts, run = run_of(parts, laggard)
    assert run.state is RunState.UNKNOWN
    laggard.answer = "the truth"
    catching_up = parts._replace(sleep=lambda _s: setattr(laggard, "caught_up", True))
    done = resume(catching_up, run.id, "ben", "host:2")
    assert done.state is RunState.VERIFIED
    assert len(laggard.effects) == 1


def test_what_landed_and_was_moved_back_since_is_not_sent_again(parts: RollbackParts, laggard: Laggard) -> None:
    laggard.fault(("write", "alias", "landed"))
    laggard.answer = None
    parts, run = run_of(parts, laggard)
    laggard.put("alias", "3.8.2")
    laggard.answer, laggard.caught_up = "the truth", True
    done = resume(parts, run.id, "ben", "host:2")
    assert done.state is RunState.UNDONE
    assert "confirms the write, but it has 3.8.2: not sent again" in done.detail
    assert [e["value"] for e in laggard.effects] == ["3.8.1", "3.8.2"]


def test_undoing_an_unknown_write_that_landed_writes_although_the_former_value_is_read(
    parts: RollbackParts, laggard: Laggard
) -> None:
    laggard.fault(("write", "alias", "landed"))
    laggard.answer = None
    parts, run = run_of(parts, laggard)
    laggard.answer = "the truth"
    done = put_back(parts, run.id, "ben", "host:2")
    assert done.state is RunState.UNDONE
    assert laggard.holds("alias") == "3.8.2"
    assert [e["key"].split("-", 1)[1] for e in laggard.effects] == ["0", "0-undo"]


def test_undoing_an_unknown_write_writes_the_former_value_so_that_a_late_one_meets_a_newer_epoch(
    parts: RollbackParts, target: Places
) -> None:
    target.fault(("write", "alias", "lost"))
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    approve(parts, plan.hash, "ana", "it hurts")
    run = execute(parts, plan.hash, "ana", "h")
    assert (run.state, target.effects) == (RunState.UNKNOWN, [])
    assert put_back(parts, run.id, "ben", "host:2").state is RunState.UNDONE
    assert [(e["key"], e["value"], e["epoch"]) for e in target.effects] == [(f"{run.id}-0-undo", "3.8.2", 2)]
