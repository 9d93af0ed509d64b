"""What a source of advisories publishes on, and how new that is: without it "no advisory" is no answer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from pulse_tui.domain.health import ROUNDS_MISSED

LEAST_S = 86_400.0
"""An answer counts at least so long, however often its source is asked: a night without a network makes nothing unknown."""
FILE_S = 7 * 86_400.0
"""An answer of a file that somebody brought counts so long: nobody reads it again."""


def holds_s(every_s: float | None) -> float:
    """Seconds that an answer counts: of a source that is asked every ``every_s``, or (None) of a file that was brought."""
    return FILE_S if every_s is None else max(ROUNDS_MISSED * every_s, LEAST_S)


class Gap(StrEnum):
    """Why a component is not audited."""

    NAMELESS = "no advisory can name it"
    NO_FEED = "no feed covers its ecosystem"
    NOT_ASKED = "not asked yet"
    STALE = "the newest answer is too old"
    VERSION = "its version cannot be compared"
    UNSETTLED = "an advisory names it and cannot be compared"


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
    whole: bool = False
    """It names everything that the source answers for: what it named earlier and does not now, it answers for no longer."""
