"""The state of a deployment, judged from facts. Pure, and light: the first screen imports it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pulse_tui.domain.standing import Standing
from pulse_tui.domain.words import PRIORITY_RANK, UNHEALTHY, URGENT, Priority


class OpenAlert(NamedTuple):
    """What a deployment's state uses of an alert that is open there."""

    priority: str
    signal_type: str
    """Of the signal it is based on; empty when that is not available."""
    verdict: str
    """PASS, FAIL or INCONCLUSIVE when a statistic judged what was measured, else empty."""
    title: str


class StandingHold(NamedTuple):
    """An active hold; None is any version, any environment, every asset."""

    kind: str
    asset: str | None
    version: str | None
    environment: str | None
    why: str


_HOLDS = (("pause", Standing.PAUSED), ("freeze", Standing.FROZEN), ("block", Standing.BLOCKED))
"""The widest first."""
_WATCHED = PRIORITY_RANK[Priority.P3]


def failed(signal_type: str, verdict: str) -> bool:
    """Whether a measurement failed: by its verdict where a statistic gave one, else by the signal's type."""
    return verdict == "FAIL" if verdict else signal_type in UNHEALTHY


def most_urgent(alerts: Iterable[OpenAlert | None]) -> OpenAlert | None:
    """The alert that decides; of equally urgent ones the first."""
    return min((a for a in alerts if a is not None), key=lambda a: PRIORITY_RANK[a.priority], default=None)


def widest_hold(holds: Iterable[StandingHold], version: str, environment: str) -> tuple[Standing, str] | None:
    """The state and the reason of the widest hold that covers this deployment."""
    here = [h for h in holds if h.version in (None, version) and h.environment in (None, environment)]
    found = ((word, hold.why) for kind, word in _HOLDS for hold in here if hold.kind == kind)
    return next(found, None)


def standing(
    alert: OpenAlert | None,
    hold: tuple[Standing, str] | None,
    release: str | None,
    retest: str | None,
    conflict: str | None,
    stopped: str | None = None,
) -> tuple[Standing, str]:
    """The state of a deployment and the reason: the most urgent thing that is true of it.

    ``release`` is the state of the release that serves, None when the registry does not know it; ``retest`` and
    ``conflict`` give why a retest is due, and what contradicts; ``stopped`` says that a rollback stopped half-way.
    """
    if stopped is not None:
        return Standing.RISK, stopped  # what serves is not even known for certain
    if release == "quarantined":
        return Standing.QUARANTINED, "this release is quarantined and still serves"
    if alert is not None and alert.priority in URGENT:
        word = Standing.FAIL if failed(alert.signal_type, alert.verdict) else Standing.RISK
        return word, alert.title
    if hold is not None:
        return hold
    if conflict is not None:
        return Standing.CONFLICT, conflict
    if alert is not None and PRIORITY_RANK[alert.priority] <= _WATCHED:
        return Standing.WATCH, alert.title
    if retest is not None:
        return Standing.RETEST, retest
    return (Standing.OK, "") if release is not None else (Standing.UNKNOWN, "this version is not in the registry")
