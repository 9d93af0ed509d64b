"""Incidents that people handle elsewhere: in a pager, on the company's own status page, in whatever writes a file."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.evidence import ServiceEvidence
from pulse_tui.domain.words import Environment, Severity, SignalType


class Elsewhere(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One incident as another system has it now."""

    key: str
    """What that system calls it; the same as long as it lasts."""
    title: str
    status: str
    """As that system words it: ``acknowledged``, ``monitoring``."""
    open: bool
    severity: Severity = Severity.HIGH
    began: datetime | None = None
    assets: tuple[str, ...] = ()
    """Assets of the estate that it is about; none: it is of nothing of ours."""
    environment: Environment | None = None
    link: str | None = None
    summary: str | None = None
    kind: SignalType = SignalType.INCIDENT
    """What it is judged as; another one than an incident has ``measured``."""
    measured: ServiceEvidence | None = None
    """Of one that states what was measured against which objective: it is judged as such a breach, and not as an incident."""
    ours: str | None = None
    """The key of a message of ours that opened it there, when one did."""


class ListedElsewhere(msgspec.Struct, frozen=True, kw_only=True):
    """What one source lists."""

    source: str
    system: str
    """What it is called where two systems may have the same keys: ``pagerduty``."""
    at: datetime
    incidents: tuple[Elsewhere, ...] = ()
    confidence: float = 1.0
    """How far it is believed."""
    owner_team: str | None = None
    """Whose an incident is that is about no asset of the estate."""
    whole: bool = False
    """Every incident that is open there is listed: one that is no longer, has ended."""
