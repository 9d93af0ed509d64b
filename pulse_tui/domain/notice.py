"""Who was notified of what, and why somebody was not: one line for each event of an alert and each destination."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from pulse_tui.domain.alert import AlertEvent


class Use(StrEnum):
    """What a destination is used for. The first three are what a person reads; a ticket stays until it is done."""

    PAGE = "page"
    """Somebody is woken."""
    NOTIFY = "notify"
    TICKET = "ticket"
    REVIEW = "review"
    ENFORCE = "enforce"
    """Nobody reads it: holds are enforced there, where deploys happen."""


ANY_USE = frozenset({Use.PAGE, Use.NOTIFY, Use.REVIEW})
"""Of a kind of route that does not say what it can be used for."""


class NoticeOutcome(StrEnum):
    """What became of it."""

    QUEUED = "queued"
    """The message is in the outbox; its delivery (``key``) says whether it arrived."""
    WITHHELD = "withheld"
    """There is a destination, and it is not used now: ``why`` says by what."""
    NOBODY = "nobody"
    """No destination serves whoever should be notified."""


class Withheld(StrEnum):
    """Why a destination is not used."""

    SILENCED = "silenced"
    MAINTENANCE = "maintenance"
    ACKNOWLEDGED = "acknowledged"
    WAIVED = "waived"
    INCIDENT = "incident"
    """It was notified of another alert of the same incident that is as urgent."""
    FLAPPING = "flapping"
    STORM = "storm"
    """The rule opened too many alerts at once: one message says how many."""
    ROLE = "role"
    """Nothing of this kind goes to the role."""
    HOURS = "hours"
    """It is not urgent enough for the hour."""
    DUPLICATE = "duplicate"
    """It was notified of the same alert already."""
    HEALS = "heals"
    """It may end by itself: somebody is called once it has lasted for as long as its rule says."""
    PHASE = "phase"
    """The estate's phase does not let policy do it yet."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One decision on whom to notify."""

    alert_id: str
    at: datetime
    event: AlertEvent
    use: Use
    outcome: NoticeOutcome
    why: str
    """In words: ``silenced by ana until 10:00 (s-3f2a): planned upgrade``."""
    reason: Withheld | None = None
    """Of one that is withheld."""
    route: str | None = None
    person: str | None = None
    """On call there at that moment, where a schedule says so."""
    team: str | None = None
    role: str | None = None
    rung: int = 0
    """Of the ladder: 0 is the first."""
    incident_id: str | None = None
    key: str | None = None
    """Of the delivery."""
