"""Read models of the benchmark screens: rows and pages ready to draw. Times are microseconds since the epoch."""

from __future__ import annotations

from typing import NamedTuple


class GateRow(NamedTuple):
    """A line of the gate table: one metric of one task, or of one slice of it. Numbers are as they are shown."""

    task: str
    metric: str
    slice: str
    """Empty: all items."""
    gate: str
    """functional, safety or diagnostic."""
    must_pass: bool
    verdict: str
    """PASS, FAIL or INCONCLUSIVE."""
    baseline: float | None
    current: float | None
    """None when the run has no such number."""
    delta: float | None
    """None when there is nothing to subtract. In ``unit``; the sign is the metric's, see ``higher_is_better``."""
    low: float | None
    """The 90 % interval of ``delta``, in ``unit``; None where it has no bound."""
    high: float | None
    margin: float
    """How much worse is still accepted, in ``unit``."""
    unit: str
    """pp, ms, % or empty."""
    higher_is_better: bool
    n: int
    repeats: int
    clusters: float | None
    method: str
    more: str
    """What would decide, in words: ``240 more items``; empty when it is decided."""
    note: str

    @property
    def key(self) -> str:
        """The row's identity."""
        return f"{self.task}/{self.metric}/{self.slice}"


class RunRow(NamedTuple):
    """A run of the suite on a release."""

    run: str
    version: str
    iteration: int | None
    """Of the release that was measured; None: it is not in the registry."""
    at_us: int
    verdict: str
    """PASS, FAIL, INCONCLUSIVE, ``baseline``, ``refused`` or empty when it was not compared."""
    detail: str

    @property
    def key(self) -> str:
        """The row's identity."""
        return self.run


class BenchStory(NamedTuple):
    """The page of a run: the three questions, the gate table, and what it is based on."""

    asset: str
    suite: str
    run: str
    version: str
    at_us: int
    baseline_run: str
    baseline_version: str
    verdict: str
    """The verdict over all must-pass lines; ``baseline``, ``refused`` or empty when nothing was compared."""
    changed: tuple[str, ...]
    risk: tuple[str, ...]
    todo: tuple[str, ...]
    rows: tuple[GateRow, ...]
    """Worst first."""
    facts: tuple[tuple[str, str], ...]
    """(label, text) lines: suite, digest, baseline, weighted mean, acceptance, command, drift."""
    measures: tuple[tuple[str, str], ...]
    """(label, text) lines of latency, cost and calibration."""
    runs: tuple[RunRow, ...]
    """Every run of the suite on the asset, newest first."""


class Flip(NamedTuple):
    """An item that the candidate answered differently."""

    item: str
    cluster: str
    slices: tuple[str, ...]
    before: float
    """Mean score over the repeats."""
    after: float
    word: str
    """``lost`` or ``won``."""

    @property
    def key(self) -> str:
        """The row's identity."""
        return self.item


class ClusterRow(NamedTuple):
    """How many items of a cluster flipped."""

    cluster: str
    items: int
    lost: int
    won: int


class Flips(NamedTuple):
    """Which items flipped between baseline and candidate, the clusters that lost most first."""

    asset: str
    suite: str
    version: str
    baseline_version: str
    task: str
    metric: str
    headline: str
    """``31 lost, 5 won of 500 items; 22 of the 31 in cluster refunds``; or why the flips are unknown."""
    rows: tuple[Flip, ...]
    clusters: tuple[ClusterRow, ...]
    run: str = ""
    """The candidate's."""


class TrendPoint(NamedTuple):
    """One release on the benchmark chart. ``label`` is the version; low and high may be unknown."""

    label: str
    iteration: int | None
    """Of the release; None: it is not in the registry."""
    value: float
    low: float | None
    high: float | None


class Serving(NamedTuple):
    """What serves in an environment, and what a metric says of it."""

    environment: str
    version: str
    value: float | None
    """Of its newest run of the suite; None when it has none with the metric."""
    verdict: str = ""
    """PASS, FAIL, INCONCLUSIVE, ``refused`` or ``baseline``; empty when it was not compared with the pinned one."""


class Trend(NamedTuple):
    """A metric of one asset over its releases, with the pinned baseline."""

    asset: str
    suite: str
    task: str
    metric: str
    higher_is_better: bool
    baseline: float | None
    baseline_version: str | None
    points: tuple[TrendPoint, ...]
    verdict: str
    """PASS, FAIL, INCONCLUSIVE or an empty string when nothing was compared."""
    note: str
    delta: float | None = None
    """The newest value minus the baseline in ``unit``, where a statistic judged it; so are the fields below."""
    low: float | None = None
    """The 90 % interval of ``delta``; None where it has no bound."""
    high: float | None = None
    margin: float | None = None
    """How much worse is still accepted."""
    unit: str = ""
    """pp, ms, % or empty."""
    n: int = 0
    """Items behind the verdict; 0 when that is not known."""
    serving: tuple[Serving, ...] = ()
    """The releases that serve, production first: the newest run may be of none of them."""
    run: str = ""
    """The newest run."""

    @property
    def measured(self) -> str:
        """What the release measured last is: its environments, else ``candidate``; empty without a run."""
        if not self.points:
            return ""
        there = [s.environment for s in self.serving if s.version == self.points[-1].label]
        return "+".join(there) or "candidate"
