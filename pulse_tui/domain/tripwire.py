"""The tripwire: what a hosted model answered to a small frozen set of probes, and the baseline that was pinned."""

from __future__ import annotations

import math
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from pulse_tui.domain.text import many


class ProbeKind(StrEnum):
    """What is counted of the answers to a probe."""

    ANSWER = "answer"
    """They agree with what is accepted."""
    FORMAT = "format"
    """They have the form that was asked for."""
    REFUSAL = "refusal"
    """They decline."""


class Metric(StrEnum):
    """What is held against the baseline."""

    MODEL = "model id"
    FINGERPRINT = "fingerprint"
    TOKENS = "prompt tokens"
    REFUSALS = "refusals"
    FORMAT = "format"
    ANSWERS = "answers"
    LATENCY = "latency"


RATES = {Metric.REFUSALS: ProbeKind.REFUSAL, Metric.FORMAT: ProbeKind.FORMAT, Metric.ANSWERS: ProbeKind.ANSWER}


class Count(NamedTuple):
    """``hits`` of so many trials."""

    hits: int = 0
    of: int = 0

    @property
    def rate(self) -> float:
        """Hits a trial; NaN without any."""
        return self.hits / self.of if self.of else math.nan

    def plus(self, other: Count) -> Count:
        """Both together."""
        return Count(self.hits + other.hits, self.of + other.of)

    @property
    def words(self) -> str:
        """``6.2 % (15 of 240)``."""
        return f"{self.rate:.1%} ({self.hits} of {self.of})".replace("%", " %") if self.of else "unknown"


class ProbeResult(msgspec.Struct, frozen=True, kw_only=True):
    """What one probe gave in one round: counts and ids, never the text of an answer."""

    probe: str
    kind: ProbeKind
    answered: int
    """Requests with a usable answer."""
    failed: int = 0
    """Requests without one: of these nothing is known."""
    count: Count = Count()
    """The answers that show what is counted; those that do not are unknown."""
    models: tuple[str, ...] = ()
    """The ids that the answers named, each once."""
    fingerprints: tuple[str, ...] = ()
    prompt_tokens: tuple[tuple[int, int], ...] = ()
    """(tokens, answers) of the same prompt."""


class ProbeRound(msgspec.Struct, frozen=True, kw_only=True):
    """One round of a tripwire, as one observation."""

    source: str
    vendor: str
    model: str
    """As it was asked for."""
    component: str
    """``platform/exact-id`` where it is known, else the model."""
    asset_ids: tuple[str, ...] = ()
    """Those that the source names beside the users of the component."""
    probes_digest: str
    """Of the probes, and of the settings that they are sent with."""
    learn: int
    """Good rounds that make a baseline."""
    at: datetime
    results: tuple[ProbeResult, ...]
    latency_ms: float | None = None
    """The median of its answers; None: too few answered."""
    stated: bool = False
    """Whether the endpoint stated the times itself, without the network's."""
    tokens: int | None = None
    """Tokens that the round cost, prompt and answer; None: the endpoint does not count them."""
    why: str = ""
    """Why some requests have no answer; the first reason."""

    def count(self, metric: Metric) -> Count:
        """The hits of a rate."""
        kind = RATES[metric]
        total = Count()
        for result in self.results:
            total = total.plus(result.count) if result.kind is kind else total
        return total

    @property
    def models(self) -> tuple[str, ...]:
        """The ids that its answers named, each once."""
        return tuple(dict.fromkeys(m for r in self.results for m in r.models))

    @property
    def fingerprints(self) -> tuple[str, ...]:
        """The fingerprints of its answers, each once."""
        return tuple(dict.fromkeys(f for r in self.results for f in r.fingerprints))

    @property
    def answered(self) -> int:
        """Requests with a usable answer."""
        return sum(r.answered for r in self.results)

    @property
    def sent(self) -> int:
        """Requests of the round."""
        return sum(r.answered + r.failed for r in self.results)


class Shift(msgspec.Struct, frozen=True, kw_only=True):
    """A metric that left the baseline."""

    metric: Metric
    before: str
    after: str
    since: datetime
    """The first round that differs."""
    found_at: datetime
    rounds: int
    """From the first that differs to the one that found it."""
    method: str
    statistic: float | None = None
    limit: float | None = None
    """The statistic at which it is a shift."""
    count: Count = Count()
    """Of a rate: its hits since it shifted."""
    values: tuple[str, ...] = ()
    """Of an id: the unknown ones."""
    reported_at: datetime | None = None
    within: int = 0
    """Rounds in a row that were within the baseline since."""


class ProbeBaseline(msgspec.Struct, frozen=True, kw_only=True):
    """The behaviour that later rounds are held against: the sum of the rounds that made it, and what left it since."""

    source: str
    vendor: str
    model: str
    component: str
    probes_digest: str
    rounds: int
    learn: int
    since: datetime
    """Of its first round."""
    pinned_at: datetime | None = None
    """Its last round; None: it is still being learned, and nothing is held against it."""
    pinned_by: str = ""
    """Who pinned it; empty: it was learned."""
    why: str = ""
    """Why it was pinned, or why an earlier one ended."""
    models: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()
    prompt_tokens: tuple[tuple[str, tuple[int, ...]], ...] = ()
    """(probe, its counts)."""
    counts: tuple[tuple[Metric, Count], ...] = ()
    latency_ms: tuple[float, ...] = ()
    """Of each round."""
    stated: bool = False
    shifts: tuple[Shift, ...] = ()
    """What differs now."""
    anew: tuple[tuple[Metric, datetime], ...] = ()
    """Metrics that had shifted and returned: only later rounds are looked at."""
    asset_ids: tuple[str, ...] = ()
    """Whom an open shift was reported to."""

    @property
    def pinned(self) -> bool:
        """Whether rounds are held against it."""
        return self.pinned_at is not None

    @property
    def varied(self) -> str:
        """What had several values while it was learned, so that any of them is within; empty: nothing."""
        several = sum(len(counts) > 1 for _, counts in self.prompt_tokens)
        named = [f"{len(self.models)} model ids"] if len(self.models) > 1 else []
        return " and ".join([*named, *([f"several counts of tokens for {many(several, 'prompt')}"] if several else [])])

    def count(self, metric: Metric) -> Count:
        """The hits of a rate."""
        return dict(self.counts).get(metric, Count())

    def shift(self, metric: Metric) -> Shift | None:
        """The open shift of a metric."""
        return next((s for s in self.shifts if s.metric is metric), None)
