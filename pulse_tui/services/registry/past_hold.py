"""What lets a release past a freeze that stands: an operator who reviewed the freeze, or an emergency of this release.

Neither ends the freeze; a block of a version and a rollout that a run paused are not passed by either.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from pulse_tui.domain.hold import Hold, HoldKind
from pulse_tui.domain.moments import iso
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction
from pulse_tui.services.registry.approvals import subject
from pulse_tui.services.registry.routing import of_routing

OVERRIDDEN = "freeze.overridden"
"""What the audit log calls an emergency."""
EMERGENCY = "emergency"
"""The kind of its concern."""
LASTS = timedelta(days=1)
"""An emergency that nobody used by then was none."""


class Emergency(NamedTuple):
    """An operator let this release past the freezes there."""

    by: str
    at: datetime
    why: str

    def lasts(self, now: datetime) -> bool:
        """Whether it still does."""
        return self.at <= now < self.at + LASTS


def passable(hold: Hold) -> bool:
    """Whether a review or an emergency lets releases past it."""
    return hold.kind is HoldKind.FREEZE or (hold.kind is HoldKind.PAUSE and not of_routing(hold))


def past_hold(tx: Transaction, hold: Hold, asset_id: str, version: str, environment: Environment, now: datetime) -> str:
    """Who lets the release past a hold, until when and why; empty when nobody does."""
    if not passable(hold):
        return ""
    if hold.kind is HoldKind.FREEZE and hold.reviewed(now):
        return hold.review
    found = emergency(tx, asset_id, version, environment)
    if found is not None and found.lasts(now):
        return f"emergency override by {found.by} until {iso(found.at + LASTS)}: {found.why}"
    return ""


def key(version: str, environment: Environment) -> str:
    """The key of the concern that an emergency stands as until it is reviewed."""
    return f"{EMERGENCY}:{environment.value}:{version}"


def emergency(tx: Transaction, asset_id: str, version: str, environment: Environment) -> Emergency | None:
    """The last one of the release there that waits for its review; reviewed, it lets nothing pass any more."""
    if not any(c.key == key(version, environment) for c in tx.inventory.concerns(asset_id)):
        return None
    lines = [
        e
        for e in tx.log.entries(subject=subject(asset_id, version))
        if e.action == OVERRIDDEN and e.detail.get("environment") == environment.value
    ]
    return Emergency(lines[-1].actor, lines[-1].at, lines[-1].detail.get("why", "")) if lines else None
