"""Benchmark suites, their runs with the items behind each number, and the result of a comparison."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from pulse_tui.domain.metrics import Made, made_of


class Gate(StrEnum):
    """What a task guards."""

    FUNCTIONAL = "functional"
    SAFETY = "safety"
    DIAGNOSTIC = "diagnostic"


class Verdict(StrEnum):
    """The answer of a gate."""

    PASS = "PASS"  # noqa: S105  a verdict
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


class Basis(StrEnum):
    """What a verdict is based on."""

    PAIRED = "paired"
    """Items that both runs answered."""
    UNPAIRED = "unpaired"
    """Two totals with their errors: the files have no items that could be paired."""
    LIMIT = "limit"
    """The candidate alone against a limit: an objective, or items that must never fail."""
    RAW = "raw"
    """Two numbers without an error: their noise is unknown."""
    DRIFT = "drift"
    """A change of level over many runs."""


ZERO_TOLERANCE = "zero tolerance"
"""The slice under which items that must never fail are reported."""


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """One metric of one task in one run. ``n`` is the number of items behind it."""

    task: str
    metric: str
    value: float
    higher_is_better: bool = True
    stderr: float | None = None
    n: int | None = None
    directed: bool = True
    """Whether the direction is known, from the file or the metric's name. If not, ``higher_is_better`` is a guess
    that is good enough to draw and not to judge by."""


class Sheet(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The items of one task in one run, in columns: entry ``i`` of each column is of item ``i``.

    Items stand in the order of their ids, each once. A column that a file does not have is empty.
    """

    task: str
    items: tuple[str, ...]
    """What candidate and baseline are paired by: a hash of the document, the sample's id."""
    scores: dict[str, tuple[tuple[float, ...], ...]]
    """Of each metric: the scores of each item, one a repeat; () for an item that does not have the metric."""
    clusters: tuple[str, ...] = ()
    """The cluster of each item (a document with several questions); "" is a cluster of its own."""
    slices: dict[str, tuple[int, ...]] = {}
    """Of each slice (long context, policy edge ...): the indices of its items."""
    prompts: tuple[str, ...] = ()
    """A hash of what each item asked; runs whose prompts differ are not compared."""
    latencies: tuple[float, ...] = ()
    """Milliseconds of every request, in order of time: not one an item."""
    costs: tuple[float, ...] = ()
    """Cost of each item, the mean over its repeats, in the currency that the file uses."""
    probabilities: tuple[float, ...] = ()
    """The confidence that each item's answer states, 0 to 1, the mean over its repeats."""
    answers: tuple[tuple[str, ...], ...] = ()
    """A short hash of each repeat's answer: whether two agree."""
    names: tuple[str, ...] = ()
    """A readable name of each item, where the id is a hash; empty: its id is readable."""


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
    sheets: tuple[Sheet, ...] = ()
    """The items, where the file has them; as many as tasks."""
    conditions: dict[str, str] = {}
    """The conditions of the measurement, as far as the file gives them: ``t1: shots`` -> ``5``, ``limit`` -> ``none`` ...
    Runs are not compared when one that both state differs."""
    refused: dict[str, str] = {}
    """What could not be used: a task, or a task and its metric -> why."""

    def score(self, task: str, metric: str) -> Score | None:
        """The score of ``task`` and ``metric``, if the run has it."""
        return next((s for s in self.scores if s.task == task and s.metric == metric), None)

    def sheet(self, task: str) -> Sheet | None:
        """The items of ``task``, if the run has them."""
        return next((s for s in self.sheets if s.task == task), None)


class Task(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One metric of one task of a suite, and what it guards."""

    name: str
    metric: str
    gate: Gate = Gate.FUNCTIONAL
    must_pass: bool = True
    scale: float = 100.0
    """Percentage points per unit of the metric: 100 for ratios, 1 for percentages."""
    higher_is_better: bool | None = None
    """None: as the result file states."""
    margin: Annotated[float, Meta(ge=0)] | None = None
    """How much worse is still accepted, in the metric's unit (0.02 is 2 points of a ratio; of cost: a fifth is 0.2)."""
    weight: Annotated[float, Meta(ge=0)] = 1.0
    """Share of the suite's weighted mean, by business value."""
    slices: tuple[str, ...] = ()
    """Slices of the items that get verdicts of their own."""
    zero_tolerance: tuple[str, ...] = ()
    """Items of which not one may fail, once."""
    of: str = ""
    """The metric whose scores a derived metric (pass@k, consistency ...) is computed from; empty: the only one."""
    slo: Annotated[float, Meta(gt=0)] | None = None
    """The objective of ``p95_latency`` in milliseconds."""
    limit: Annotated[float, Meta(gt=0)] = 1.15
    """How many times the objective p95 may reach."""
    growing: bool = False
    """It is evaluated repeatedly while items come in (a canary): judged by an always-valid test, and the candidate
    may have fewer items than the baseline."""
    right_from: float = 1.0
    """The score from which an answer counts as right (zero tolerance, pass@k, calibration, flips)."""

    def allowed(self) -> float:
        """The margin in the metric's unit: as stated, else 10 % of a cost, 1 point of a safety metric, 2 of others."""
        if self.margin is not None:
            return self.margin
        if made_of(self.metric) is Made.COST:
            return 0.1
        return (1.0 if self.gate is Gate.SAFETY else 2.0) / self.scale

    def is_right(self, score: float, *, higher_is_better: bool) -> bool:
        """Whether an answer with this score counts as right."""
        return score >= self.right_from if higher_is_better else score <= 1.0 - self.right_from


class TaskVerdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The result for one metric of one task, or for one slice of it. Numbers are in the metric's unit."""

    task: str
    metric: str
    slice: str = ""
    """Empty: of all items."""
    gate: Gate
    must_pass: bool
    weight: float = 1.0
    scale: float = 100.0
    higher_is_better: bool
    verdict: Verdict
    basis: Basis
    baseline: float | None
    """None when the baseline has no such number or none is needed."""
    current: float | None
    delta: float | None
    """None when there is nothing to subtract. Current minus baseline; of a latency: p95 minus what is allowed; of a cost: the relative change."""
    low: float | None
    """Bounds of the 90 % interval of ``delta``; None where the data bound nothing."""
    high: float | None
    margin: float
    method: str
    n: int
    repeats: int = 1
    clusters: float | None = None
    """Effective clusters."""
    p_worse: float = 1.0
    more_items: int | None = None
    """How many more would decide; 0 when decided, None when unknown."""
    more_repeats: int | None = None
    note: str = ""
    objective: float | None = None
    """Of a latency: what its limit is a multiple of."""

    @property
    def worse(self) -> float:
        """How much worse it got, in the metric's unit; negative when it got better, 0 when unknown."""
        if self.delta is None:
            return 0.0
        return -self.delta if self.higher_is_better else self.delta


class Measure(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A number that is shown beside the verdicts and decides nothing: latency quantiles, cost, calibration."""

    task: str
    name: str
    unit: str
    baseline: float | None
    current: float | None
    note: str = ""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A run compared with a baseline: refused with the reason, or a verdict a line."""

    run_id: str
    baseline_id: str
    definition: str
    """A digest of what was asked (tasks, margins, slices): a stored answer to another question is not used."""
    refused: str = ""
    """Why the two cannot be compared; empty when they were."""
    verdicts: tuple[TaskVerdict, ...] = ()
    measures: tuple[Measure, ...] = ()

    def unknown(self, gate: Gate | None = None) -> list[str]:
        """``task metric`` of every must-pass line (of one kind of gate) for which the run has no number."""
        lines = [
            v for v in self.verdicts if v.must_pass and v.current is None and not v.slice and v.gate is (gate or v.gate)
        ]
        return [f"{v.task} {v.metric}" for v in lines]

    def unmeasured(self, gate: Gate | None = None) -> list[str]:
        """As :meth:`unknown`, with the slices that no item is in and the items that must never fail and were not run."""
        lines = [v for v in self.verdicts if v.must_pass and v.slice and v.gate is (gate or v.gate)]
        lacking = [
            v for v in lines if v.verdict is Verdict.INCONCLUSIVE and (v.slice == ZERO_TOLERANCE or v.current is None)
        ]
        return [*self.unknown(gate), *(f"{v.task} {v.metric} in {v.slice}" for v in lacking)]

    def verdict(self, gate: Gate | None = None) -> Verdict | None:
        """The verdict over all must-pass lines (of one gate): FAIL, else INCONCLUSIVE, else PASS. None without any."""
        if self.refused:
            return Verdict.INCONCLUSIVE
        words = {v.verdict for v in self.verdicts if v.must_pass and v.gate is (gate or v.gate)}
        return next((w for w in (Verdict.FAIL, Verdict.INCONCLUSIVE, Verdict.PASS) if w in words), None)


class Acceptance(msgspec.Struct, frozen=True, kw_only=True):
    """An operator accepts the risk of an undecided verdict: for one run, until a date, with a reason."""

    id: str
    asset_id: str
    version: str
    environment: str
    gate: Gate
    run_id: str
    """The run that was accepted: a later run is not covered."""
    baseline_id: str
    """What it was compared with: another baseline is another risk."""
    definition: str
    """What was asked: another margin is another risk."""
    accepted_by: str
    why: str
    at: datetime
    until: datetime


class SuiteRunState(StrEnum):
    """The state of a run of a suite's own command."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """Its process died: a failure that is tried again."""
    STOPPED = "stopped"
    """It was stopped with the program that ran it: it does not count."""

    @property
    def lost(self) -> bool:
        """It ended without a result."""
        return self not in (SuiteRunState.RUNNING, SuiteRunState.DONE)


class SuiteRun(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of a suite's command on a release."""

    id: str
    suite: str
    asset_id: str
    version: str
    why: str
    """``new release``, ``baseline`` or ``schedule``, or who asked."""
    state: SuiteRunState
    started_at: datetime
    ended_at: datetime | None = None
    exit_code: int | None = None
    detail: str = ""
    """What went wrong, with the last lines of its output."""
    run_id: str | None = None
    """The first run that was ingested from it."""
    iteration: int | None = None
    """That this run took of its asset's counter."""
