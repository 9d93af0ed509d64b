"""Guard rails of a rollback that nobody approved by hand: what must never happen by itself. Pure.

Each reason is one sentence, so that the alert can say why it was not rolled back by itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.moments import iso
from pulse_tui.domain.release import same_content
from pulse_tui.domain.words import Environment

BEGUN, REFUSED, WAITS, ENDED = "rollback.automatic", "rollback.not_automatic", "rollback.waits", "rollback.ended"
"""Lines of the audit log about an alert: what was done about it by itself, or why nothing was (``why``)."""


class Limits(NamedTuple):
    """How many automatic runs may begin within :attr:`per`."""

    of_asset: int
    of_estate: int
    per: timedelta


class Copy(NamedTuple):
    """What serves, or would: the same content under another version is the same copy."""

    version: str
    digest: str | None

    def same(self, other: Copy) -> bool:
        """Whether both are one version, or one content."""
        return self.version == other.version or same_content(self.digest, other.digest) is True


class Past(NamedTuple):
    """A rollback that was begun, however it ended."""

    asset_id: str
    environment: Environment
    left: Copy
    put: Copy
    at: datetime
    automatic: bool
    run: str = ""


class Target(NamedTuple):
    """Where a rollback would go, as it is known at this moment; each text says what is wrong and is empty when nothing is."""

    copy: Copy
    missing: str = ""
    """It is not in the registry, or is there with another content."""
    disabled: str = ""
    """It is quarantined or retired."""
    undrilled: str = ""
    unproven: str = ""
    """It has no record of being healthy here: it would be the only copy, and nobody knows that it works."""
    sick: tuple[str, ...] = ()
    """What is known to be wrong with it now."""
    held: tuple[str, ...] = ()
    """The holds that name it."""


class Wanted(NamedTuple):
    """The move of one asset that an alert asks for."""

    asset_id: str
    environment: Environment
    leaves: Copy
    target: Target
    busy: str = ""
    """The run that is active or stopped half-way on a target of the move."""


def refusals(wanted: Wanted, past: Sequence[Past], limits: Limits, now: datetime) -> list[str]:
    """Why the move must not be made by itself; empty when it may.

    ``past`` are the rollbacks of the whole estate, by hand and by themselves. What is dated later than ``now`` counts:
    a clock that was set back permits nothing.
    """
    return [*_often(wanted, past, limits, now), *_around(wanted, past, limits, now), *_target(wanted)]


def _often(wanted: Wanted, past: Sequence[Past], limits: Limits, now: datetime) -> Iterator[str]:
    lately = [p for p in past if p.automatic and p.at > now - limits.per]
    here = [p for p in lately if p.asset_id == wanted.asset_id]
    span = _span(limits.per)
    if len(here) >= limits.of_asset:
        yield f"{wanted.asset_id} was rolled back by itself {_times(len(here))} within {span}, {limits.of_asset} at most"
    if len(lately) >= limits.of_estate:
        yield f"{_times(len(lately))} within {span} something was rolled back by itself, {limits.of_estate} at most"


def _around(wanted: Wanted, past: Sequence[Past], limits: Limits, now: datetime) -> Iterator[str]:
    """No circle: what was left is neither gone back to, nor left again, which would be a fight with whoever put it back."""
    where = (wanted.asset_id, wanted.environment)
    here = [p for p in past if (p.asset_id, p.environment) == where and p.at > now - limits.per]
    if back := next((p for p in here if p.left.same(wanted.target.copy)), None):
        named = _named(wanted.target.copy, back.left)
        yield f"it would go round in a circle: {named} was rolled away from here at {iso(back.at)}"
    if again := next((p for p in here if p.left.same(wanted.leaves)), None):
        named = _named(wanted.leaves, again.left)
        yield f"{named} was rolled back here at {iso(again.at)} and is here again: something else puts it there"
    if wanted.target.copy.same(wanted.leaves):
        yield f"{wanted.target.copy.version} is the same content as {wanted.leaves.version}, which serves"


def _target(wanted: Wanted) -> Iterator[str]:
    target = wanted.target
    yield from filter(None, (target.missing, target.disabled, target.undrilled))
    if target.unproven:
        yield f"the only copy in {wanted.environment.value} would be one that nobody knows to be healthy: {target.unproven}"
    if target.sick:
        yield f"{target.copy.version} does badly itself: {'; '.join(target.sick)}"
    for hold in target.held:
        yield f"a hold names {target.copy.version}: {hold}"
    if wanted.busy:
        yield wanted.busy


def _named(one: Copy, other: Copy) -> str:
    """``3.8.1``, or ``3.8.1 (the same content as 3.8.0)``."""
    return one.version if one.version == other.version else f"{one.version} (the same content as {other.version})"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _span(span: timedelta) -> str:
    hours = span.total_seconds() / 3_600
    return f"{hours:g} h"
