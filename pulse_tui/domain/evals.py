"""Benchmark suites and their runs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class Gate(StrEnum):
    """What a task guards."""

    FUNCTIONAL = "functional"
    SAFETY = "safety"
    DIAGNOSTIC = "diagnostic"


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """One metric of one task in one run. ``n`` is the number of items behind it."""

    task: str
    metric: str
    value: float
    higher_is_better: bool = True
    stderr: float | None = None
    n: int | None = None


class EvalRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a suite on one release of an asset."""

    id: str
    asset_id: str
    version: str
    suite: str
    at: datetime
    scores: tuple[Score, ...]
    suite_digest: str | None = None
    source: str = ""
    format: str = ""

    def score(self, task: str, metric: str) -> Score | None:
        """The score of ``task`` and ``metric``, if the run has it."""
        return next((s for s in self.scores if s.task == task and s.metric == metric), None)


class Task(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One metric of one task of a suite, and what it guards."""

    name: str
    metric: str
    gate: Gate = Gate.FUNCTIONAL
    must_pass: bool = True
    scale: float = 100.0
    """Percentage points per unit of the metric: 100 for ratios, 1 for percentages."""
    higher_is_better: bool | None = None
    """None: as the result file says."""
