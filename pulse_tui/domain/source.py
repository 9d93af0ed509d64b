"""A source's health, and what a collector hands over."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import msgspec

from pulse_tui.domain.advisory import Advisory
from pulse_tui.domain.bill import Bill, Head
from pulse_tui.domain.catalogue import Catalogue
from pulse_tui.domain.change import ChangeRequests
from pulse_tui.domain.comparison import LiveComparison
from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.elsewhere import ListedElsewhere
from pulse_tui.domain.errors import Problem, ResultOf
from pulse_tui.domain.evals import EvalRun
from pulse_tui.domain.exploitation import Exploitation
from pulse_tui.domain.health import Health, health
from pulse_tui.domain.lifecycle import Lifecycles
from pulse_tui.domain.note import Note, Page
from pulse_tui.domain.release import Attestation, RegistrySnapshot
from pulse_tui.domain.report import Report
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.tripwire import ProbeRound
from pulse_tui.domain.waiver import Statement

Observation = (
    Signal
    | RegistrySnapshot
    | EvalRun
    | Advisory
    | Note
    | Page
    | Catalogue
    | Lifecycles
    | ProbeRound
    | Bill
    | Head
    | Attestation
    | Coverage
    | Exploitation
    | Report
    | Statement
    | ChangeRequests
    | ListedElsewhere
)
"""What a collector may yield. Services turn what is not a signal yet into signals."""


RETRY_S = 300.0
LONGEST_PAUSE_S = 3_600.0
"""Rate limits are lifted within an hour; who asks for more is mistaken, or wants not to be read."""


EARLY = 0.1
"""How much of its floor a source may be asked early: rounds are spread by chance."""


class Rejected(msgspec.Struct, frozen=True, kw_only=True):
    """A record that was refused, kept so that an operator can read it."""

    source: str
    problem: Problem
    raw: bytes
    about: tuple[ResultOf, ...] = ()
    """Whose result it is, when a whole result is refused; every release that it may be of."""
    nameless: bool = False
    """Its only fault is that it names no asset and version; not kept."""


class RefusedCount(NamedTuple):
    """How many refused records of a source are kept, and of when."""

    source: str
    records: int
    first: datetime
    last: datetime


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What a source of files or a feed has after a round: what is no longer in it has been deleted, renamed or corrected."""

    source: str
    refused: tuple[ResultOf, ...] = ()
    """Whose results stand refused."""
    documents: tuple[tuple[str, str | None, str], ...] = ()
    """(asset, version, document) of its bills; version None: any."""
    unread: tuple[tuple[str, str | None, str], ...] = ()
    """Of these, the ones whose file stands refused: what they listed earlier may be no longer so."""
    notes: tuple[str, ...] = ()
    """The keys of the notes that a feed lists; empty: it is none, or lists none."""


class Cursor(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a collector remembers between rounds: HTTP validators and its own position."""

    etag: str | None = None
    last_modified: str | None = None
    bookmark: str | None = None


class Collected(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one round of one source."""

    observations: tuple[Observation, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    cursor: Cursor = Cursor()
    unchanged: bool = False
    standing: str | None = None
    """Of what stands refused since this or an earlier round, the first and how many more; empty: nothing does. None: the
    source cannot know, and what was refused in the round counts."""
    has: Standing | None = None
    """What a source of files, or a feed, has now; None: nothing of it changed, or it is no such source."""
    again_s: float | None = None
    """Seconds until the next round, where there is more to read than one round takes; None: the interval."""
    comparisons: tuple[LiveComparison, ...] = ()
    """Where every comparison that the source makes stands, decided or not."""


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The record of a source's rounds."""

    id: str
    kind: str
    every_s: float = 300.0
    last_attempt_at: datetime | None = None
    last_good_at: datetime | None = None
    failures: int = 0
    reason: str = ""
    cursor: Cursor = Cursor()
    next_at: datetime | None = None
    """When it is to be asked again, as of its last round."""

    def health(self, now: datetime) -> Health:
        """Its health at ``now``."""
        silent = None if self.last_good_at is None else (now - self.last_good_at).total_seconds()
        return health(self.failures, silent, self.every_s, refused=bool(self.reason))

    def wait_s(self, now: datetime, floor_s: float, *, elsewhere: bool = False) -> float:
        """Seconds for which a source with such a floor is not to be asked again: a restart asks nobody once more.

        ``elsewhere``: another collector that may still live had its last round. Then nobody else asks before its time, whatever
        the floor. A time further ahead than any pause was written under another clock.
        """
        asked = elsewhere or floor_s > 0
        left = 0.0 if self.next_at is None or not asked else (self.next_at - now).total_seconds()
        longest = max(self.every_s * 16.0, LONGEST_PAUSE_S)
        return left if (0.0 if elsewhere else floor_s * EARLY) < left <= longest else 0.0

    def next_delay_s(self, asked_s: float | None = None) -> float:
        """Seconds to the next round: the interval, doubled for each failure up to 16 times; of a source that is read
        seldom :data:`RETRY_S` is doubled, so that what one answer lost does not wait for hours.

        A longer pause that the source asked for is kept up to :data:`LONGEST_PAUSE_S`.
        """
        base = min(self.every_s, RETRY_S) if self.failures else self.every_s
        own = base * min(16.0, 2.0 ** min(self.failures, 4))
        return max(own, min(asked_s, LONGEST_PAUSE_S)) if asked_s is not None and asked_s > 0 else own
