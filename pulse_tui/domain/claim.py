"""What each source claims about a field, and which claim is believed.

A field of an asset (``owner_team``), of a deployment (``version``) or of a release (``digest``) may be stated by
several sources. Each statement is kept as a claim of its own; no source overwrites another. Which one is believed
follows from the order of precedence, never from which came last.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from pulse_tui.domain.words import Environment

ESTATE = "estate"
"""The configuration's own estate section."""
OWN_ACTIONS = "pulse-tui"
"""What was done through this program: a promotion, a rollback."""


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """One source's claim about one field."""

    subject: str
    field: str
    source: str
    value: str
    since: datetime
    """When this source first claimed this value."""
    event: bool = False
    """It reports an event (a deployment job that ran), not the present state: a newer claim of
    any other source supersedes it."""


class Settled(NamedTuple):
    """The value that is believed, the source of it, and the claims that contradict it."""

    value: str
    source: str
    since: datetime
    agree: tuple[str, ...]
    """Other sources that claim the same."""
    against: tuple[Claim, ...]
    """Claims of another value, in the order of precedence."""

    @property
    def disputed(self) -> bool:
        """Whether two sources disagree."""
        return bool(self.against)

    def words(self) -> str:
        """``registry says 3.8.1, ci says 3.8.2``."""
        return ", ".join([f"{self.source} says {self.value}", *(f"{c.source} says {c.value}" for c in self.against)])


DESCRIPTIVE = frozenset({"asset_type", "owner_team", "tier", "exposure", "workflow"})
"""Fields that people decide: the estate's claim comes first. For all others a system that observes comes first."""


def settle(claims: Iterable[Claim], precedence: Sequence[str]) -> Settled | None:
    """The claim on *one* field that is believed; None when there are none.

    ``precedence`` are source ids, the most believed first; sources that are not listed come after those
    listed, by name. Systems that observe come before the estate, except for a descriptive field, which
    people decide. What was done here was read back at its target: it is believed over every claim that is
    older, until a source claims something new.
    """
    listed = {source: i for i, source in enumerate(precedence)}
    found = list(claims)
    if not found:
        return None
    systems = [c for c in found if c.source not in (ESTATE, OWN_ACTIONS)]
    newest = max((c.since for c in systems), default=None)
    systems.sort(key=lambda c: (c.event and c.since != newest, listed.get(c.source, len(listed)), c.source))
    people = [c for c in found if c.source in (ESTATE, OWN_ACTIONS)]
    people.sort(key=lambda c: (c.since, c.source), reverse=True)
    if people and (found[0].field in DESCRIPTIVE or not systems or _newer_action(people[0], systems[0])):
        ordered = people + systems
    else:
        ordered = systems + people
    best = ordered[0]
    return Settled(
        best.value,
        best.source,
        best.since,
        tuple(c.source for c in ordered[1:] if c.value == best.value),
        tuple(c for c in ordered[1:] if c.value != best.value and not _superseded(c, best)),
    )


def _newer_action(claim: Claim, system: Claim) -> bool:
    return claim.source == OWN_ACTIONS and claim.since > system.since


def _superseded(claim: Claim, best: Claim) -> bool:
    """No conflict: the estate's claim before an action of ours replaced it; our action before any newer claim."""
    if claim.source == OWN_ACTIONS or claim.event:
        return claim.since <= best.since
    return claim.source == ESTATE and best.source == OWN_ACTIONS


def asset_subject(asset_id: str) -> str:
    """The subject of claims about an asset."""
    return asset_id


def place_subject(asset_id: str, environment: Environment) -> str:
    """The subject of claims about what serves in an environment."""
    return f"{asset_id}/{environment.value}"


def release_subject(asset_id: str, version: str) -> str:
    """The subject of claims about a release."""
    return f"{asset_id}@{version}"
