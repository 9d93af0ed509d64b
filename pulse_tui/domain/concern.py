"""A standing problem with what is known of an asset."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.words import Environment, Severity


class Concern(msgspec.Struct, frozen=True, kw_only=True):
    """An inconsistency about an asset: two sources disagree, an alias is gone, a lineage is cyclic.

    It stays open until the check that raised it finds that it no longer holds. Nothing is overwritten meanwhile.
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
