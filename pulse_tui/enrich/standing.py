"""The state of a deployment, judged from facts. Pure, and light: the first screen imports it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pulse_tui.domain.standing import STANDING_RANK, Standing
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
    review: str = ""
    """``reviewed by ana until 2026-12-01 03:10``, while releases may pass."""

    @property
    def words(self) -> str:
        """Why it stands, and that it was reviewed."""
        return f"{self.why}; {self.review}" if self.review else self.why


class Judged(NamedTuple):
    """How a deployment stands."""

    state: Standing
    """The worst that holds."""
    why: str
    also: tuple[Standing, ...] = ()
    """What else holds, worst first."""
    priority: str = ""
    """Of the most urgent alert; empty when none is open here."""


_HOLDS = {"pause": Standing.PAUSED, "freeze": Standing.FROZEN, "block": Standing.BLOCKED}
_WATCHED = PRIORITY_RANK[Priority.P3]


def failed(signal_type: str, verdict: str) -> bool:
    """Whether a measurement failed: by its verdict where a statistic gave one, else by the signal's type."""
    return verdict == "FAIL" if verdict else signal_type in UNHEALTHY


def holds_here(holds: Iterable[StandingHold], version: str, environment: str) -> list[tuple[Standing, str]]:
    """The state and the reason of each hold that covers this deployment, the widest first."""
    here = [h for h in holds if h.version in (None, version) and h.environment in (None, environment)]
    return sorted(((_HOLDS[hold.kind], hold.words) for hold in here), key=_rank)


def standing(
    alerts: Iterable[OpenAlert],
    holds: Iterable[tuple[Standing, str]],
    release: str | None,
    retest: str | None,
    conflict: str | None,
    stopped: str | None = None,
    *,
    migrate: str | None = None,
    declared: bool = True,
) -> Judged:
    """The state of a deployment, the reason, and what holds besides.

    ``alerts`` come most urgent first. ``release`` is the state of the release that serves, None when the registry does
    not know it; ``retest`` and ``conflict`` give why a retest is due, and what contradicts; ``migrate`` which model
    should no longer be used by now; ``stopped`` says that a
    rollback stopped half-way; ``declared`` whether the asset is one of the estate. One fact more never makes the word better, nor takes another word away.
    """
    found: list[tuple[Standing, str]] = [] if stopped is None else [(Standing.RISK, stopped)]
    priority = ""
    for alert in alerts:
        if not priority or PRIORITY_RANK[alert.priority] < PRIORITY_RANK[priority]:
            priority = alert.priority
        if alert.priority in URGENT:
            found.append((Standing.FAIL if failed(alert.signal_type, alert.verdict) else Standing.RISK, alert.title))
        elif PRIORITY_RANK[alert.priority] <= _WATCHED:
            found.append((Standing.WATCH, alert.title))
    found += holds
    if release == "quarantined":
        found.append((Standing.QUARANTINED, "this release is quarantined and still serves"))
    if release is None:
        found.append((Standing.UNKNOWN, "this version is not in the registry"))
    if not declared:
        found.append((Standing.UNDECLARED, "it is no asset of the estate: declare it under estate.assets"))
    if conflict is not None:
        found.append((Standing.CONFLICT, conflict))
    if migrate is not None:
        found.append((Standing.MIGRATE, migrate))
    if retest is not None:
        found.append((Standing.RETEST, retest))
    if not found:
        return Judged(Standing.OK, "", (), priority)
    found.sort(key=_rank)
    state, why = found[0]
    return Judged(state, why, tuple(dict.fromkeys(word for word, _ in found if word is not state)), priority)


def _rank(fact: tuple[Standing, str]) -> int:
    return STANDING_RANK[fact[0]]
