"""What a ``prometheus`` source may say, and the levels that it means."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated

import msgspec
from msgspec import Meta

from pulse_tui.collectors.prometheus.beside import Comparison
from pulse_tui.collectors.prometheus.level import Level
from pulse_tui.collectors.prometheus.queries import filled, readable
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment, SignalType
from pulse_tui.settings.check import Seconds, seconds


class Unit(StrEnum):
    """What a latency query's numbers are; Prometheus counts in seconds by convention."""

    SECONDS = "s"
    MILLISECONDS = "ms"


class Latency(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``p95`` is PromQL that yields one latency in ``unit``; ``objective`` a duration with its unit, such as 800ms.

    Beyond ``limit`` times the objective is a breach; the default policy's rules have the same 1.15.
    """

    p95: str
    objective: str
    unit: Unit = Unit.SECONDS
    limit: Annotated[float, Meta(ge=1)] = 1.15

    def __post_init__(self) -> None:
        """Raise ValueError for an objective without a unit, or a query with another variable than $window."""
        readable(self.p95, "p95")
        if self.objective is not None:  # the settings' reader fills in None for what is wrong
            milliseconds(self.objective)


class Errors(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``rate`` is PromQL that yields the share of requests that failed, 0 to 1; ``objective`` a share: 1% or 0.01.

    Beyond ``limit`` times the objective is a breach, unless chance alone gives as many errors in so few ``requests``.
    """

    rate: str
    objective: str
    limit: Annotated[float, Meta(ge=1)] = 1.0

    def __post_init__(self) -> None:
        """Raise ValueError for an objective that is not a share, or a query with another variable than $window."""
        readable(self.rate, "rate")
        given: Sequence[object] = (self.objective, self.limit)
        if None not in given and percent(self.objective) * self.limit >= 100:
            raise ValueError(f"{self.limit:g} times {clean(self.objective, 40)} can never be passed: lower it")


class Objective(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one deployment has promised: ``latency``, ``errors`` or both.

    ``requests`` is PromQL that counts the requests of a window; with fewer than ``min_requests`` nothing is judged.
    ``for``: so many points in a row confirm. ``$window`` in a query becomes ``window`` (default: the source's).
    """

    asset: Annotated[str, Meta(min_length=1, max_length=120)]
    environment: Environment = Environment.PRODUCTION
    latency: Latency | None = None
    errors: Errors | None = None
    requests: str | None = None
    min_requests: Annotated[int, Meta(ge=1)] = 20
    confirm: Annotated[int, Meta(ge=1, le=60)] = msgspec.field(name="for", default=3)
    window: Seconds | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for an objective about nothing."""
        readable(self.requests, "requests")
        if self.latency is None and self.errors is None:
            raise ValueError("an objective needs 'latency' or 'errors'")


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The server's ``url``, and its ``token`` (bearer) or ``username`` and ``password``.

    ``window`` is what each point looks back over, ``step`` lies between two points. A series that is missing for
    ``silent_after`` is an alert about the source; while a breach is open it is one at once.
    """

    url: str
    objectives: tuple[Objective, ...] = ()
    """What is watched: one entry for each asset and environment."""
    comparisons: tuple[Comparison, ...] = ()
    """Canaries that are compared with what serves beside them."""
    token: str | None = None
    username: str | None = None
    password: str | None = None
    window: Seconds = Seconds(300)
    step: Seconds = Seconds(30)
    silent_after: Seconds = Seconds(3_600)

    def __post_init__(self) -> None:
        """Raise ValueError for half a login, or two; a step over the window; a deployment that is named twice."""
        if (self.username is None) is not (self.password is None):
            raise ValueError("'username' and 'password' go together")
        if self.token is not None and self.username is not None:
            raise ValueError("give 'token', or 'username' and 'password', not both")
        given: Sequence[object] = (self.objectives, self.comparisons, self.window, self.step)
        if None in given:
            return  # the settings' reader fills in None for what is wrong
        if not self.objectives and not self.comparisons:
            raise ValueError("'objectives' and 'comparisons' name nothing to watch")
        seen: set[tuple[str, Environment]] = set()
        watching: Sequence[Objective | None] = self.objectives
        for one in watching:
            if one is None:
                continue
            if self.step > (one.window or self.window):
                raise ValueError(f"'step' is longer than the window of {one.asset}: what lies between is never seen")
            if (one.asset, one.environment) in seen:
                raise ValueError(f"{one.asset} has two objectives in {one.environment}")
            seen.add((one.asset, one.environment))
        compared: Sequence[Comparison | None] = self.comparisons
        places = [(one.asset, one.environment) for one in compared if one is not None]
        if len(set(places)) < len(places):
            raise ValueError("a deployment has two comparisons: give it one with all measures")


_MOST_LATENCY_MS = 7 * 86_400_000.0
_MOST_ERRORS = 110.0
"""Percent. Rates are extrapolated: a little more than all of them is possible."""


def levels(objective: Objective, window_s: float) -> Iterator[Level]:
    """The levels of one deployment, their queries filled in. Latencies are in ms, error rates in %."""
    latency, errors = objective.latency, objective.errors
    if latency is not None:
        yield Level(
            metric="p95_latency",
            words="p95 latency",
            signal_type=SignalType.LATENCY_BREACH,
            query=filled(latency.p95, window_s),
            factor=1_000.0 if latency.unit is Unit.SECONDS else 1.0,
            unit="ms",
            objective=milliseconds(latency.objective),
            limit=latency.limit,
            most=_MOST_LATENCY_MS,
        )
    if errors is not None:
        yield Level(
            metric="error_rate",
            words="error rate",
            signal_type=SignalType.ERROR_RATE_BREACH,
            query=filled(errors.rate, window_s),
            factor=100.0,
            unit="%",
            objective=percent(errors.objective),
            limit=errors.limit,
            most=_MOST_ERRORS,
        )


def milliseconds(text: str) -> float:
    """A duration with its unit, in milliseconds. Raises ValueError for none, one without a unit, and zero."""
    found = seconds(text)
    if not found:
        raise ValueError(f"{clean(text, 40)!r} is not a latency: write it with its unit, such as 800ms or 1.5s")
    return round(found * 1_000, 6)


def percent(text: str) -> float:
    """A share, written as ``1%`` or ``0.01``, in percent. Raises ValueError for what is not between 0 and 1."""
    number, sign, rest = text.partition("%")
    try:
        share = float(number) * (1.0 if sign else 100.0)
    except ValueError:
        share = 0.0
    if rest or not 0 < share < 100:
        raise ValueError(f"{clean(text, 40)!r} is not a share of requests: write 1% or 0.01")
    return round(share, 9)
