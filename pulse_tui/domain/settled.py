"""Where sources name different fixes of one vulnerability: which one an operator holds for right, and why."""

from __future__ import annotations

from datetime import datetime

import msgspec


class SettledFix(msgspec.Struct, frozen=True, kw_only=True):
    """Of the vulnerability ``advisory`` (its alias group), ``package`` is free of it from ``fixed`` on."""

    advisory: str
    ecosystem: str
    package: str
    """As packages are compared (:func:`pulse_tui.enrich.lookups.package_key`)."""
    fixed: str
    by: str
    why: str
    at: datetime
    ranges: str
    """A digest of what the group's records stated of the package then: it lapses when one of them states another thing."""

    @property
    def key(self) -> tuple[str, str]:
        """The package's key."""
        return self.ecosystem, self.package

    @property
    def words(self) -> str:
        """``settled by ana: 2.5.1 carries the backport``."""
        return f"settled by {self.by}: {self.why}"
