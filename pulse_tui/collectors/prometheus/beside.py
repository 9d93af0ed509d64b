"""A canary beside what serves the same traffic: what a ``comparisons`` entry may say, and the presets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from pulse_tui.collectors.prometheus.queries import filled, readable
from pulse_tui.domain.words import Environment


class Sides(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The label matchers that stand for ``$side`` in each query: ``track="canary"`` and ``track="stable"``."""

    canary: Annotated[str, Meta(min_length=3)]
    beside: Annotated[str, Meta(min_length=3)]

    def __post_init__(self) -> None:
        """Raise ValueError where both are the same: a canary is never worse than itself."""
        if self.canary == self.beside:
            raise ValueError("both sides are the same series: nothing would ever differ")


class Measure(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something of which more is worse: ``events`` among ``of`` requests (refusals, guardrail blocks, failed tools, thumbs
    down), or a ``total`` over ``of`` requests (tokens, cost). Each is PromQL that counts over ``$window`` on ``$side``.

    ``limit``: how many times the other side's value is still accepted. ``safety``: it guards safety. ``cost``: it is
    money, in ``currency``. ``must_pass: false``: reported to the owner, and holds nothing. ``together``: about how many
    requests of one session fail together.
    """

    name: Annotated[str, Meta(min_length=1, max_length=60, pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$")]
    of: str
    events: str | None = None
    total: str | None = None
    limit: Annotated[float, Meta(ge=1, le=16)] = 1.25
    safety: bool = False
    cost: bool = False
    currency: str = "USD"
    must_pass: bool = True
    together: Annotated[float, Meta(ge=1, le=1_000)] = 1.0

    def __post_init__(self) -> None:
        """Raise ValueError for both or neither of 'events' and 'total', and for a query that does not say which side."""
        if (self.events is None) is (self.total is None):
            raise ValueError("give 'events' for a share of requests, or 'total' for a mean")
        if self.safety and self.cost:
            raise ValueError("a measure guards safety or is a cost, not both")
        for key, query in (("events", self.events), ("total", self.total), ("of", self.of)):
            readable(query, key)
            if query is not None and "$side" not in query:
                raise ValueError(f"{key!r} has no $side: it would count both sides on both")
            if query is not None and "$window" not in query:
                raise ValueError(f"{key!r} has no $window: it would count the same requests in every round")


class Preset(StrEnum):
    """Measures of a convention. Of requests that name no such series nothing is seen, and that is reported."""

    OTEL_GENAI = "otel_genai"
    """OpenTelemetry's semantic conventions for generative AI, as an exporter to Prometheus writes them."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A deployment that takes a part of the traffic, and what takes the rest at the same time.

    The same requests must be able to come to either: a canary for one region beside all others compares regions.
    """

    asset: Annotated[str, Meta(min_length=1, max_length=120)]
    sides: Sides
    environment: Environment = Environment.CANARY
    beside: Environment = Environment.PRODUCTION
    preset: Preset | None = None
    measures: tuple[Measure, ...] = ()

    def __post_init__(self) -> None:
        """Raise ValueError for a comparison of nothing, a name that stands twice, and a deployment beside itself."""
        given: Sequence[object] = (self.sides, self.asset, *(self.measures or ()))
        if None in given:
            return  # the settings' reader fills in None for what is wrong
        names = [m.name for m in self.wanted]
        if not names:
            raise ValueError("a comparison needs 'measures' or a 'preset'")
        if len(set(names)) < len(names):
            raise ValueError("two measures have one name")
        if self.environment == self.beside:
            raise ValueError("'environment' and 'beside' are the same")

    @property
    def wanted(self) -> tuple[Measure, ...]:
        """The preset's, with those that the configuration has in their place."""
        own = {m.name for m in self.measures}
        return (*(m for m in PRESETS.get(self.preset, ()) if m.name not in own), *self.measures)


def sided(query: str, matchers: str, window_s: float) -> str:
    """The query of one side."""
    return filled(re.sub(r"\$side\b", lambda _: matchers, query), window_s)


_OPERATIONS = "sum(increase(gen_ai_client_operation_duration_seconds_count{{$side{more}}}[$window]))"
_TOKENS = 'sum(increase(gen_ai_client_token_usage_{part}{{$side, gen_ai_token_type="{kind}"}}[$window]))'


def _otel() -> Iterator[Measure]:
    every = _OPERATIONS.format(more="")
    failed = _OPERATIONS.format(more=', error_type!=""')
    yield Measure(name="errors", events=f"({failed} or vector(0))", of=every)
    tools = _OPERATIONS.format(more=', gen_ai_operation_name="execute_tool"')
    broken = _OPERATIONS.format(more=', gen_ai_operation_name="execute_tool", error_type!=""')
    yield Measure(name="tool_errors", events=f"({broken} or vector(0))", of=tools)
    for kind in ("input", "output"):
        total, of = (_TOKENS.format(part=part, kind=kind) for part in ("sum", "count"))
        yield Measure(name=f"{kind}_tokens", total=total, of=of, must_pass=False)
    duration = every.replace("_count{", "_sum{")
    yield Measure(name="duration", total=duration, of=every, must_pass=False)


PRESETS: Final[Mapping[Preset | None, Sequence[Measure]]] = {Preset.OTEL_GENAI: tuple(_otel())}
