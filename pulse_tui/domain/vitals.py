"""Whether a process that runs as a service does its work: judged from what is known of its parts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from pulse_tui.domain.measure import lasting
from pulse_tui.domain.text import many


class State(StrEnum):
    """What a probe is answered."""

    READY = "ready"
    DEGRADED = "degraded"
    """It does its work, and something about it is not as it should be."""
    NOT_READY = "not ready"


class Limits(NamedTuple):
    """How long a part may take, in seconds, before it counts as stuck."""

    round_s: float = 900.0
    """For one round of one source."""
    keeping_s: float = 180.0
    """From one housekeeping to the next, and for one."""
    database_s: float = 60.0
    """For an answer of the database, be it an error."""
    away_s: float = 300.0
    """For a database that answers with errors only: a failover ends sooner; beyond it, a new process is worth a try."""
    check_s: float = 10.0
    """Between two questions to the database."""


class Seen(NamedTuple):
    """What is known at a moment; times in seconds before it."""

    stopping: bool = False
    begun: bool = False
    """Whether the first round, or the first housekeeping, has begun."""
    listening: bool = False
    """Whether what listens does, or was reported not to."""
    rounds: Mapping[str, float] = {}
    """Since when each round is under way."""
    kept: float = 0.0
    """Since the last housekeeping ended, or the start."""
    keeping: float | None = None
    """Since when one is under way."""
    asked: float | None = None
    """Since when the database owes an answer."""
    answered: bool = False
    """Whether it ever worked."""
    trouble: str = ""
    """What is wrong with it, in words for anybody: no address, no path."""
    since: float = 0.0
    """For how long that has been so."""
    degraded: str = ""
    """What else is not as it should be, in words for anybody."""


class Readiness(NamedTuple):
    """The judgement."""

    state: State
    reasons: Sequence[str] = ()
    """In plain words, without names of hosts, files or users."""

    def lines(self) -> str:
        """The answer to a probe."""
        return "\n".join([self.state.value, *self.reasons]) + "\n"


def stuck(seen: Seen, limits: Limits) -> list[str]:
    """What does not go on any more and would be cured by a new process: while there is any, the watchdog is not fed."""
    found = [
        f"the round of {source} has been under way for {lasting(age)}"
        for source, age in sorted(seen.rounds.items())
        if age > limits.round_s
    ]
    if seen.keeping is not None and seen.keeping > limits.keeping_s:
        found.append(f"the housekeeping has been under way for {lasting(seen.keeping)}")
    elif seen.keeping is None and seen.kept > limits.keeping_s:
        found.append(f"there was no housekeeping for {lasting(seen.kept)}")
    if seen.asked is not None and seen.asked > limits.database_s:
        found.append(f"the database has not answered for {lasting(seen.asked)}")
    elif seen.trouble and seen.since > limits.away_s:
        found.append(f"the database has not worked for {lasting(seen.since)}")
    return found


def readiness(seen: Seen, limits: Limits) -> Readiness:
    """Ready only when the database works, rounds are made and nobody asked it to leave."""
    if seen.stopping:
        return Readiness(State.NOT_READY, ["it is stopping"])
    reasons = stuck(seen, limits)
    if seen.trouble:
        reasons.append(seen.trouble)
    elif not seen.answered:
        reasons.append("the database has not been asked yet")
    if not seen.begun:
        reasons.append("no round has begun yet")
    if not seen.listening:
        reasons.append("it does not listen yet")
    if reasons:
        return Readiness(State.NOT_READY, list(dict.fromkeys(reasons)))
    return Readiness(State.DEGRADED, [seen.degraded]) if seen.degraded else Readiness(State.READY)


def status_line(readiness: Readiness, sources: int, failing: Sequence[str]) -> str:
    """What a supervisor shows of it, in one line."""
    parts = [f"collecting {many(sources, 'source')}"]
    if failing:
        named = ", ".join(failing[:3]) + (f" and {len(failing) - 3} more" if len(failing) > 3 else "")
        parts.append(f"{len(failing)} failing: {named}")
    if readiness.state is not State.READY:
        return f"{readiness.state.value}: {'; '.join(readiness.reasons)} ({', '.join(parts)})"
    return ", ".join(parts)
