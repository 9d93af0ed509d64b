"""Read models of the tripwires: the baseline, how each metric stands beside it, and the last rounds."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple


class WireState(StrEnum):
    """How a tripwire stands, the worst first. Only :attr:`WITHIN` is good."""

    SHIFTED = "shifted"
    FAILING = "failing"
    """Its last rounds failed: how the model answers now is not known."""
    NEVER = "no round yet"
    LEARNING = "learning"
    """There is no baseline yet: nothing is held against it."""
    WITHIN = "within its baseline"

    @property
    def good(self) -> bool:
        """Whether the model is known to answer as pinned."""
        return self is WireState.WITHIN


class MetricLine(NamedTuple):
    """A metric beside its baseline."""

    metric: str
    before: str
    now: str
    state: str
    """``within``, ``shifted``, ``unknown`` (the last round does not show it) or ``learning``."""
    statistic: float | None = None
    limit: float | None = None
    method: str = ""
    since: datetime | None = None
    """Of a shift."""


class RoundLine(NamedTuple):
    """A round."""

    at: datetime
    answered: int
    sent: int
    refusals: str
    format: str
    answers: str
    latency_ms: float | None
    tokens: int | None
    """What it cost, prompt and answer; None: the endpoint does not count."""
    models: tuple[str, ...]
    fingerprints: tuple[str, ...]
    why: str
    """Why some requests have no answer."""


class WireView(NamedTuple):
    """A tripwire."""

    source: str
    model: str
    component: str
    vendor: str
    state: WireState
    progress: str
    """The baseline in a line, or how far it is learned."""
    pinned_by: str
    """Who pinned it; empty: it was learned."""
    why: str
    trouble: str
    """Why nothing is known of now: the last round's failure, or that the source is not configured."""
    assets: tuple[str, ...]
    metrics: tuple[MetricLine, ...]
    rounds: tuple[RoundLine, ...]
    every_s: float | None
    """None: it is not configured any more."""
    tokens_a_day: int | None
