"""Runs, baselines and comparisons."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, Protocol

from pulse_tui.domain.evals import Acceptance, Comparison, EvalRun, SuiteRun


class RunHead(NamedTuple):
    """A run without its numbers."""

    iteration: int
    id: str
    version: str
    at: datetime
    """When it was measured, which is not when it came in."""


class Evals(Protocol):
    """Runs with their scores and items, the pinned baselines, and the verdicts of comparisons."""

    def add(self, run: EvalRun, iteration: int) -> bool:
        """False when a run of this id is there already."""
        ...

    def attach(self, run: EvalRun) -> bool:
        """The items, and the scores made from them, of the tasks that came in without (a tool writes one after the other).

        False when each has its items already, or the run is not there.
        """
        ...

    def has(self, run_id: str) -> bool: ...
    def get(self, run_id: str, *, sheets: bool = False) -> EvalRun | None:
        """A run; its items only when they are asked for: they are large."""
        ...

    def items_pruned(self, run_id: str) -> bool:
        """Whether it had items that were pruned since: that is not a run that came without any."""
        ...

    def iteration(self, run_id: str) -> int | None: ...
    def runs(self, asset_id: str, suite: str, newest: int | None = None) -> list[tuple[int, EvalRun]]:
        """(iteration, run) without items, oldest first; with ``newest`` only so many that came last."""
        ...

    def heads(self, asset_id: str, suite: str) -> list[RunHead]:
        """As :meth:`runs`, for who asks only which there are."""
        ...

    def versions(self, asset_id: str, suite: str) -> set[str]:
        """The versions that have a run of the suite."""
        ...

    def suites_of(self, asset_id: str) -> list[str]:
        """Suites of which the asset has runs, by id."""
        ...

    def baseline(self, asset_id: str, suite: str, *, sheets: bool = False) -> EvalRun | None: ...
    def baselines(self) -> list[tuple[str, str, str]]:
        """(asset, suite, run) of everything that is pinned."""
        ...

    def pin(self, asset_id: str, suite: str, run_id: str) -> None: ...
    def put_comparison(self, comparison: Comparison) -> None:
        """Replaces the run's former comparison."""
        ...

    def comparison(self, run_id: str) -> Comparison | None: ...
    def reopen(self, baseline_id: str) -> int:
        """Comparisons with this baseline are to be made again: the question has changed."""
        ...

    def unjudged(
        self, definitions: Mapping[str, str], newest: int, asset_id: str | None = None
    ) -> list[tuple[str, str, str]]:
        """(asset, suite, run), oldest first: of the ``newest`` runs on each asset (or on one) of each suite that
        ``definitions`` names, and of the pinned ones, those that were not compared with the pinned run (it with itself)
        under the definition of the suite."""
        ...

    def put_acceptance(self, acceptance: Acceptance) -> None: ...
    def acceptances(self, asset_id: str, version: str | None = None) -> list[Acceptance]:
        """All, newest first, also those that expired."""
        ...

    def put_suite_run(self, run: SuiteRun) -> None:
        """Insert, or update the one of its id."""
        ...

    def suite_runs(self, suite: str | None = None, asset_id: str | None = None, limit: int = 200) -> list[SuiteRun]:
        """Newest first."""
        ...
