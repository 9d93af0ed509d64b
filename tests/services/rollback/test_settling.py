"""A target that takes a value first and serves it later: only what serves is verified."""

from __future__ import annotations

import pytest

from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.rollback import Run, RunState
from pulse_tui.ports import StepContext
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.execute import execute, put_back, resume
from tests.fakes.target import PlaceOptions, Places
from tests.services.rollback.test_execute import approved, states


class Slow(Places):
    """A place that serves what it holds after so many questions."""

    questions = 0

    def unsettled(self, options: PlaceOptions, context: StepContext) -> str:
        del options, context
        self.questions -= 1
        if self.questions == 3:
            raise TargetError("no answer just now", ambiguous=False)
        if self.questions == 2:
            raise KeyError("a bug")
        return "3 of 4 replicas are ready" if self.questions > 0 else ""


@pytest.fixture
def slow(parts: RollbackParts, target: Places) -> tuple[RollbackParts, Slow]:
    kind = Slow(target.path)
    return parts._replace(steps={**parts.steps, "place": kind}), kind


def begun(parts: RollbackParts) -> Run:
    return execute(parts, approved(parts).hash, "ana", "h")


def test_a_value_that_is_set_is_verified_once_it_serves(slow: tuple[RollbackParts, Slow]) -> None:
    parts, kind = slow
    kind.questions = 4
    run = begun(parts)
    assert run.state is RunState.VERIFIED
    assert kind.questions == 0
    assert len(kind.effects) == 1


def test_a_value_that_never_serves_is_unknown_and_goes_on_without_a_second_write(
    slow: tuple[RollbackParts, Slow],
) -> None:
    parts, kind = slow
    kind.questions = 10**6
    run = begun(parts)
    assert run.state is RunState.UNKNOWN
    assert "3.8.1 is set and does not serve yet: 3 of 4 replicas are ready" in run.detail
    assert resume(parts, run.id, "ana", "h2").state is RunState.UNKNOWN
    kind.questions = 2
    assert resume(parts, run.id, "ana", "h3").state is RunState.VERIFIED
    assert len(kind.effects) == 1


def test_what_never_served_before_can_be_put_back(slow: tuple[RollbackParts, Slow]) -> None:
    parts, kind = slow
    kind.questions = 10**6
    run = begun(parts)
    back = put_back(parts, run.id, "ana", "h2")
    assert back.state is RunState.UNDONE
    assert states(parts, back) == ["undone"]
    assert kind.holds("alias") == "3.8.2"
