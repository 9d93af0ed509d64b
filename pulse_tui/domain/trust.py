"""How far a source can be trusted: whether it answers, whether what it lists is believed, whether it went silent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec


class TrustState(StrEnum):
    """The worst first."""

    FAILING = "failing"
    GONE = "gone"
    """Its address answers that there is nothing (any more)."""
    LATE = "late"
    SUSPECT = "suspect"
    """What it lists now is not believed, or it was never read whole."""
    EMPTY = "empty"
    """It answers, and no entry is found in it."""
    SILENT = "silent"
    """It answers, and brought nothing new for longer than it ever does."""
    REFUSED = "refused"
    """Something of what it brought stands refused."""
    NEVER = "never"
    """It has not been read yet."""
    GOOD = "good"


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """What keeps a page that answers from being good."""

    state: TrustState
    why: str
    since: datetime


class Trust(msgspec.Struct, frozen=True, kw_only=True):
    """One source, for the panel."""

    source: str
    kind: str
    state: TrustState
    why: str = ""
    """Every reason, the worst first; empty when it is good."""
    vendor: str = ""
    """Empty where it is no page of a vendor."""
    since: datetime | None = None
    """Since when it stands so, where that is known."""
    last_good_at: datetime | None = None
    baseline_at: datetime | None = None
    """When it was first read in full; None: never yet, or it is no page."""
    news_at: datetime | None = None
    """When it last brought anything new."""
    sent: str = ""
    """Of a sender: how many records of it were accepted, repeated and refused."""
    entries: int | None = None
    """How many it listed when it was last believed; None: it is no page."""
    usual_s: float | None = None
    """Seconds that usually lie between its news; None: too few came to know."""
    silent_after_s: float | None = None
    """After so many seconds without news it counts as silent."""
    next_at: datetime | None = None
    """When it is to be asked again, as of its last round."""
    arrivals: tuple[datetime, ...] = ()
    """When its last news came, oldest first."""
