"""A standing reason why what is known of an asset cannot be trusted as it is."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.words import Environment, Severity


class Concern(msgspec.Struct, frozen=True, kw_only=True):
    """Something about an asset that does not add up: two sources disagree, an alias is gone, a lineage is cyclic.

    It stands until whoever raised it sees that it no longer holds. Nothing is overwritten meanwhile.
    """

    asset_id: str
    key: str
    """Names the condition on this asset: ``dispute:production:version``, ``deleted:3.8.1`` ..."""
    what: str
    """A whole sentence, safe to draw."""
    todo: str
    source: str
    severity: Severity
    since: datetime
    environment: Environment | None = None
    version: str | None = None

    @property
    def kind(self) -> str:
        """What it is a concern of: ``dispute``, ``deleted``, ``digest``, ``lineage``, ``pointer`` ..."""
        return self.key.partition(":")[0]
