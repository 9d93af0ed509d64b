"""Plans, approvals and runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from pulse_tui.domain.rollback import Approval, Authorisation, Drill, Plan, PlanState, Run, StepRecord


class Rollbacks(Protocol):
    """Plans, approvals, runs and their journal."""

    def add_plan(self, plan: Plan) -> bool: ...
    def plan(self, plan_hash: str) -> tuple[Plan, PlanState] | None:
        """By hash or a unique prefix of at least 8 digits. Raises StorageError when the stored bytes do not match."""
        ...

    def plans(self, asset_id: str | None = None, limit: int = 50) -> list[tuple[Plan, PlanState]]: ...
    def set_plan_state(self, plan_hash: str, state: PlanState) -> None: ...
    def add_approval(self, approval: Approval) -> None:
        """Raises Refused when the principal or the key has decided on this plan already."""
        ...

    def approvals(self, plan_hash: str) -> list[Approval]: ...
    def heads(self) -> list[tuple[str, str]]:
        """Of every vote ``principal on plan`` and the head of the log that it names."""
        ...

    def signed_votes(self) -> Iterator[Approval]:
        """Every vote with a signature; without those that cannot be read, whose digest is no longer that of the log."""
        ...

    def start_run(self, run: Run, steps: int, targets: Sequence[str] = ()) -> None:
        """``targets``: everything that it moves, its own target among them or not. Raises Refused when another run is
        active on one of them.
        """
        ...

    def targets(self, run_id: str) -> list[str]:
        """Everything that the run moves, or moved."""
        ...

    def run(self, run_id: str) -> Run | None: ...
    def runs(
        self, *, plan_hash: str | None = None, target: str | None = None, active_only: bool = False, limit: int = 50
    ) -> list[Run]:
        """Newest first: of a plan, of a target (``asset/environment``), those that own theirs."""
        ...

    def put_run(self, run: Run) -> None: ...
    def steps(self, run_id: str) -> list[StepRecord]: ...
    def put_step(self, step: StepRecord) -> None:
        """Update the step's line and append the move to the journal."""
        ...

    def journal(self, run_id: str) -> list[tuple[datetime, int, str, str]]:
        """(when, step, state, detail), oldest first."""
        ...

    def add_drill(self, drill: Drill) -> None: ...
    def drills(self, asset_id: str | None = None, limit: int = 50) -> list[Drill]:
        """Newest first."""
        ...

    def add_authorisation(self, authorisation: Authorisation) -> bool: ...
    def authorisations(self, asset_id: str | None = None) -> list[tuple[Authorisation, str]]:
        """With their states (a word of PlanState, or ``revoked``), newest first."""
        ...

    def set_authorisation_state(self, authorisation_hash: str, state: str) -> None: ...
