"""The plain records that measures are computed from. None: it is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.feedback import Usefulness
from pulse_tui.domain.words import Environment, Priority, SignalType


class AlertSeen(NamedTuple):
    """An alert that opened within the span."""

    id: str
    rule: str
    first_at: datetime
    priority: Priority
    asset: str = ""
    environment: Environment | None = None
    signal_type: SignalType | None = None
    acknowledged_at: datetime | None = None
    responded: bool = False
    """Somebody acknowledged it, also where it was not recorded when."""
    ended_at: datetime | None = None
    open: bool = True
    reports: int = 1
    """How often its condition was reported."""
    flapping: bool = False
    verdict: Usefulness | None = None
    incident: str = ""


class IncidentSeen(NamedTuple):
    """An incident that opened within the span, and was not merged into another."""

    id: str
    opened_at: datetime
    first_alert_at: datetime | None = None
    onset_at: datetime | None = None
    impact: str = ""
    """``none``, ``customers``; empty: nobody stated it."""
    impact_at: datetime | None = None


class MissedSeen(NamedTuple):
    """Something that no alert reported."""

    at: datetime
    onset_at: datetime
    incident: str = ""


class RollbackSeen(NamedTuple):
    """A verified rollback that ended within the span."""

    ended_at: datetime
    alert: str = ""
    """The alert that it answered; empty: it answered none."""
    alert_at: datetime | None = None
    onset_at: datetime | None = None
    """Of the incident of its alert."""


class ReleaseSeen(NamedTuple):
    """A release that was registered within the span."""

    asset: str
    version: str
    evaluated: bool | None
    """Whether the program evaluated it by itself; None: no suite names the asset, nothing could."""


class CapacitySeen(NamedTuple):
    """How many deployments of an environment have a rollback target with a whole, drilled certificate."""

    environment: str
    whole: int
    deployments: int


class PageSeen(NamedTuple):
    """Somebody was paged."""

    at: datetime
    who: str
    """The person, else the route."""


class DeliverySeen(NamedTuple):
    """A message that was queued within the span."""

    route: str
    late: bool | None
    """It took, or takes, longer than it may; None: it is on its way and not late yet."""


class Seen(NamedTuple):
    """All that was read for a span."""

    since: datetime
    until: datetime
    alerts: Sequence[AlertSeen] = ()
    incidents: Sequence[IncidentSeen] = ()
    missed: Sequence[MissedSeen] = ()
    rollbacks: Sequence[RollbackSeen] = ()
    releases: Sequence[ReleaseSeen] = ()
    capacity: Sequence[CapacitySeen] = ()
    pages: Sequence[PageSeen] = ()
    noticed: bool = False
    """Whether anything at all was recorded of who was notified."""
    deliveries: Sequence[DeliverySeen] = ()
    vendors: Mapping[str, int | None] = {}
    """Alerts by vendor; None: nobody reads it."""
    models: Mapping[str, bool] = {}
    """Assets that serve, and whether any evaluation of each was ever taken in."""
