"""Incidents: alerts that an operator handles as one, with the causes that the evidence names, the likeliest first."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import msgspec

from pulse_tui.domain.words import Environment, Priority, SignalType


class IncidentState(StrEnum):
    """The state of an incident."""

    OPEN = "open"
    RESOLVED = "resolved"
    MERGED = "merged"
    """Its alerts belong to another incident now (``merged_into``)."""


class CauseVerdict(StrEnum):
    """Whether the evidence names a cause."""

    NAMED = "named"
    """The first candidate is far enough ahead of the others."""
    UNKNOWN = "unknown"
    """No candidate, or none that is ahead of the others."""
    CONFIRMED = "confirmed"
    """An operator decided it."""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """A signal that may have led to the incident."""

    signal_id: str
    score: float
    """0 to 1: how well it explains what happened; 0 is never listed."""
    title: str
    why: tuple[str, ...] = ()
    """The evidence for it and against it, a sentence each."""
    kind: str = ""
    """What kind of cause it is: ``deployment``, ``vendor incident``."""
    at: datetime | None = None
    """When it happened."""
    asset_id: str | None = None
    component: str = ""
    """The component, platform or version that it is about."""
    also: tuple[str, ...] = ()
    """Other signals of the same thing; at most ten."""


class Footing(msgspec.Struct, frozen=True, kw_only=True):
    """What an alert stands on: by this it is related to others, and causes to it."""

    kind: SignalType
    at: datetime
    """When it began, by the evidence: a window that is over its objective began with it."""
    seen_at: datetime
    """When it was measured or stated first."""
    last_at: datetime
    """When it was last reported."""
    asset_id: str | None = None
    environment: Environment | None = None
    version: str | None = None
    """What its signal states that it measured."""
    rule_id: str = ""
    source: str = ""
    signal_id: str = ""
    names: tuple[str, ...] = ()
    """Ids of components that its signal names."""
    uses: tuple[str, ...] = ()
    """Hosted models, endpoints, stores that its asset uses, by id: no libraries."""
    platforms: tuple[str, ...] = ()
    """Vendors and platforms that its signal names."""
    upstream: tuple[str, ...] = ()
    """Assets that its asset depends on, the nearest first."""


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator changed of an incident, with what takes it back."""

    what: str
    """``confirm``, ``split``, ``merge``, ``onset``, ``impact``, ``resolve``."""
    by: str
    at: datetime
    why: str = ""
    alerts: tuple[str, ...] = ()
    """The alerts that moved."""
    other: str = ""
    """The incident that they moved to."""
    before: dict[str, str | None] = {}
    """The fields that changed, as they were; moments as ISO texts."""


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """Correlated alerts. The members are kept beside it (:class:`Member`)."""

    id: str
    title: str
    opened_at: datetime
    last_at: datetime
    """When an alert joined it last, or an alert of it was last seen."""
    state: IncidentState = IncidentState.OPEN
    priority: Priority = Priority.P4
    """The most urgent of its open alerts; of the ended ones when none is open."""
    asset_id: str | None = None
    """The asset that it began with."""
    environment: Environment | None = None
    owner: str | None = None
    causes: tuple[Cause, ...] = ()
    """The likeliest first; at most ten."""
    verdict: CauseVerdict = CauseVerdict.UNKNOWN
    cause: str | None = None
    """The signal that an operator confirmed as its cause."""
    cause_by: str | None = None
    onset_at: datetime | None = None
    """When it began, by the evidence: not when the first signal arrived. None: not known."""
    onset_why: str = ""
    """What says so: a signal's id, or who stated it."""
    impact_at: datetime | None = None
    """When customers were first affected. None: they were not, or nobody stated it (``impact``)."""
    impact: str = ""
    """``none``, ``customers``, or empty while nobody stated it."""
    impact_why: str = ""
    resolved_at: datetime | None = None
    resolved_why: str = ""
    helped: str = ""
    """What ended it, in words: shown when the same is seen again."""
    merged_into: str | None = None
    external: str = ""
    """Its name elsewhere (``pagerduty/Q1ABC``) when it came in from there."""
    footings: tuple[Footing, ...] = ()
    """What its alerts stand on, each kind once; at most :data:`FOOTINGS`."""
    alerts: int = 0
    """How many alerts belong to it, the ended ones too."""
    acts: tuple[Act, ...] = ()
    """What operators changed, the newest last; each can be taken back while it is the last. At most :data:`ACTS`."""

    @property
    def open(self) -> bool:
        """Whether an alert of it still holds, as far as anybody knows."""
        return self.state is IncidentState.OPEN


FOOTINGS = 20
"""Of a storm, as many kinds of alerts as decide what else belongs to it."""
ACTS = 20
LISTED = 50
"""Alerts that a page or an export lists; all are counted."""
RANKED = 10
"""Causes that are kept."""


class Tally(NamedTuple):
    """The alerts of an incident as they are now."""

    alerts: int
    open: int
    priority: Priority | None
    """The most urgent of the open ones; of all where none is open."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """An alert of an incident. An alert belongs to one incident at most."""

    alert_id: str
    incident_id: str
    joined_at: datetime
    by: str
    """Who put it there: the program, or an operator who split or merged."""
    why: str
    """What it shares with the others: ``same asset``, ``uses openai/gpt-4.1 too``."""
    score: float = 1.0
