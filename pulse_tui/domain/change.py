"""A change request as another system keeps it: what may be changed when, and whether somebody approved that."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.words import Environment


class ChangeRequest(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change request."""

    number: str
    """``CHG0030012``."""
    title: str
    state: str
    """As its system words it: ``Scheduled``."""
    approved: bool
    ended: bool = False
    """Closed or cancelled."""
    starts: datetime | None = None
    ends: datetime | None = None
    assets: tuple[str, ...] = ()
    """Assets of the estate that it is about; none: it is tied to none."""
    environments: tuple[Environment, ...] = (Environment.PRODUCTION,)
    link: str | None = None

    def about(self, asset_id: str, environment: Environment) -> bool:
        """Whether it is a change of this asset there."""
        return asset_id in self.assets and environment in self.environments

    def during(self, now: datetime) -> bool:
        """Whether its planned window is open."""
        return self.starts is not None and self.ends is not None and self.starts <= now < self.ends


class ChangeRequests(msgspec.Struct, frozen=True, kw_only=True):
    """Those that a source lists now; one that it lists no longer has no effect any more."""

    source: str
    at: datetime
    """When they were read."""
    requests: tuple[ChangeRequest, ...] = ()
