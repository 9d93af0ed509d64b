"""Rollbacks that need a person, on the pages of what they are about: each target's state, who waits, and the keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pulse_tui.domain.views.rollback import PlanLine
from pulse_tui.tui.asks.rollback import OpenPlan, PutBack, Resume
from pulse_tui.tui.kit.keys import Key, bind
from pulse_tui.tui.kit.opening import Asking

RUN_KEYS: Final[tuple[Key, ...]] = (
    bind("E", "resume", "resume", "continue the rollback that stopped half-way", show=True, changes=True),
    bind("U", "put_back", "undo", "put back what the rollback moved that stopped half-way", show=True, changes=True),
)
PLAN_KEY: Final = bind(
    "P", "open_plan", "open plan", "open the rollback that stopped or waits: approve it there", show=True
)


def rollback_risk(lines: Sequence[PlanLine]) -> tuple[str, ...]:
    """What stopped, and what each of its targets has now."""
    return tuple(text for line in lines if line.run for text in (line.headline, *line.targets))


def rollback_steps(lines: Sequence[PlanLine], read_only: bool, opens: str = "P") -> tuple[str, ...]:
    """The keys for what stopped, and for what waits: for whom. ``opens``: the key that opens a plan."""
    steps: list[str] = []
    for line in lines:
        opened = f"[{opens}] opens it" if line is lines[0] else "P on the panes lists it"
        if line.half_way and read_only:
            steps.append(f"resume or undo run {line.run} in a tower that may write; {opened}")
        elif line.half_way and line is _first_half_way(lines):
            steps.append(f"[E] resumes run {line.run}, [U] undoes what it moved; {opened}")
        elif line.half_way:
            steps.append(f"run {line.run} in {line.environment} stopped too: {opened}")
        elif not line.run:
            there = {"proposed": ", it is approved there", "approved": ", it is run there"}.get(line.state, "")
            steps.append(f"{line.headline}: {opened}{there}")
    return tuple(steps)


def _first_half_way(lines: Sequence[PlanLine]) -> PlanLine | None:
    return next((line for line in lines if line.half_way), None)


class OfRollbacks(Asking):
    """A page with the keys of the rollbacks it is about."""

    rollbacks: tuple[PlanLine, ...] = ()

    def applies_to_rollbacks(self, action: str) -> bool:
        """Whether one of the keys makes sense now."""
        if action == "open_plan":
            return bool(self.rollbacks)
        return _first_half_way(self.rollbacks) is not None

    def action_resume(self) -> None:
        if (line := _first_half_way(self.rollbacks)) is not None:
            self.post_message(Resume(line.run, line.plan))

    def action_put_back(self) -> None:
        if (line := _first_half_way(self.rollbacks)) is not None:
            self.post_message(PutBack(line.run, line.plan))

    def action_open_plan(self) -> None:
        if self.rollbacks:
            self.post_message(OpenPlan(self.rollbacks[0].plan))
