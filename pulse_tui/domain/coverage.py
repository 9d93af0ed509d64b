"""What a source of advisories publishes on, and how new that is: without it "no advisory" is no answer."""

from __future__ import annotations

from datetime import datetime

import msgspec


class Coverage(msgspec.Struct, frozen=True, kw_only=True):
    """What one source answered for in one round.

    A component of none of ``ecosystems``, and not among ``packages``, is not audited by it.
    """

    source: str
    at: datetime
    """The feed's own date when it states one, else when it answered: what is shown as its age."""
    ecosystems: tuple[str, ...] = ()
    """Of these (as OSV spells them; ``cpe`` for all products with a CPE name) it publishes everything it knows."""
    packages: tuple[tuple[str, str], ...] = ()
    """(ecosystem, name): of other ecosystems it was asked for these packages alone."""
    records: int = 0
    """Advisories that the source had in all, as far as it says."""
