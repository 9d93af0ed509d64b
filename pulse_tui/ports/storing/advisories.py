"""Advisories and findings; coverage, exploitation and waivers."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple, Protocol

from pulse_tui.domain.advisory import Advisory, Finding
from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.exploitation import Catalogue, Evidence, Exploitation
from pulse_tui.domain.report import StoredReport
from pulse_tui.domain.settled import SettledFix
from pulse_tui.domain.waiver import Waiver
from pulse_tui.domain.words import Environment, Priority


class Taken(NamedTuple):
    """What came of records that were brought in."""

    changed: list[Advisory]
    """Those that are new or differ from what stood, with their group."""
    before: dict[str, Advisory]
    """What stood of the changed ones, by id."""
    renamed: dict[str, tuple[str, str]]
    """The name before and after of every record that stood, changed or not, whose group has another name now."""
    older: list[str]
    """Ids of records for which a newer one stands, which stays."""


class Advisories(Protocol):
    """Advisories and findings."""

    def take(self, advisories: Iterable[Advisory], horizon: datetime | None = None) -> Taken:
        """Insert or update, and group by aliases; nothing is written of a record that differs in its source alone.

        Of two records with one id the one modified later stays, whatever the source; a time after ``horizon`` is
        taken for the earliest. :attr:`Advisory.group` is not read.
        """
        ...

    def put(self, advisories: Iterable[Advisory]) -> list[Advisory]:
        """As :meth:`take`; returns those that are new or changed."""
        ...

    def regroup(self) -> dict[str, tuple[str, str]]:
        """Group all stored records by their aliases; returns what was renamed, as :attr:`Taken.renamed`."""
        ...

    def records(self, ids: Iterable[str]) -> dict[str, Advisory]:
        """The stored records of these ids, by id."""
        ...

    def named(self, ids: Iterable[str]) -> dict[str, str]:
        """The name of the group of each of the ids (of a record, or an alias) that some record has."""
        ...

    def groups(self, names: Iterable[str]) -> dict[str, list[Advisory]]:
        """As :meth:`called`, of many names; only those that some record has."""
        ...

    def reaching(self, names: Iterable[str]) -> set[str]:
        """Those of the names of which some record has a finding."""
        ...

    def lapsed(self, now: datetime) -> list[Advisory]:
        """Records whose announced withdrawal has come, and which still stand."""
        ...

    def get(self, name: str) -> Advisory | None:
        """By id or alias."""
        ...

    def called(self, name: str) -> list[Advisory]:
        """Every record of this name (the CVE, or the record's own id), in the order of their ids."""
        ...

    def touching(self, packages: Iterable[tuple[str, str]]) -> list[Advisory]:
        """Advisories that name one of the (ecosystem, name) pairs, however each of them spells the name."""
        ...

    def counts(self) -> dict[str, int]:
        """How many records stand as each source wrote them."""
        ...

    def put_findings(self, findings: Iterable[Finding]) -> None: ...
    def swap_findings(self, before: Iterable[Finding], after: Iterable[Finding]) -> None:
        """Put those of ``after`` in the place of those of ``before``, which stand: only the difference is written."""
        ...

    def findings_of(self, advisory_ids: Iterable[str] = (), asset_ids: Iterable[str] = ()) -> list[Finding]:
        """The findings of any of the records and of any of the assets."""
        ...

    def findings(self, advisory_id: str | None = None, asset_id: str | None = None) -> list[Finding]: ...
    def set_priority(self, name: str, asset_id: str, environment: Environment | None, priority: Priority) -> None:
        """The priority that policy gives to the findings of an advisory (id or alias) on an asset."""
        ...


class Covering(NamedTuple):
    """A source answered for a package, or (``package`` "") for a whole ecosystem; names as packages are compared."""

    source: str
    ecosystem: str
    package: str
    at: datetime
    """The feed's own date, else when what it has last changed."""
    read_at: datetime
    """When it last answered: from then on its answer grows stale."""
    records: int


class Covered(NamedTuple):
    """What a source answered for of one ecosystem: all of it (``packages`` 0), or so many packages of it."""

    source: str
    ecosystem: str
    packages: int
    at: datetime
    read_at: datetime
    """Of several the newest, as of ``at``."""
    records: int


class Coverages(Protocol):
    """What each source of advisories answered for, and when."""

    def put(self, item: Coverage, now: datetime) -> None:
        """Add what the source answered for now to what it answered for earlier; a ``whole`` one takes its place."""
        ...

    def touch(self, source: str, now: datetime) -> None:
        """The source answered that nothing changed: for the ecosystems that it publishes on, not for single packages."""
        ...

    def of(self, packages: Iterable[tuple[str, str]]) -> list[Covering]:
        """Who answered for these (ecosystem, name) packages, or for their whole ecosystems."""
        ...

    def asked(self, ecosystems: Iterable[str]) -> set[str]:
        """Those of the ecosystems of which some source is asked for single packages."""
        ...

    def summary(self) -> list[Covered]:
        """By source and ecosystem, whatever the number of packages."""
        ...

    def drop(self, source: str) -> None: ...


class Listed(NamedTuple):
    """A list of KEV or EPSS as it is stored; ``at`` is its own date."""

    source: str
    catalogue: Catalogue
    at: datetime
    entries: int


class Exploitations(Protocol):
    """KEV and EPSS, by CVE."""

    def put(self, item: Exploitation) -> set[str]:
        """Replace the source's list; returns the CVEs of which it says another thing than before.

        A list older than the stored one changes nothing. A percentile that moves by less than a point is no other thing.
        """
        ...

    def of(self, cves: Iterable[str]) -> dict[str, Evidence]:
        """What is known of each, by all lists together: one that names it is enough, the highest score counts."""
        ...

    def reached(self, cves: Iterable[str] | None = None) -> set[str]:
        """Names of the alias groups with findings, of those that one of the CVEs is in (None: of all)."""
        ...

    def lists(self) -> list[Listed]:
        """Every list that was read, by source."""
        ...


class Settled(Protocol):
    """Which of several fixes operators hold for right."""

    def put(self, fix: SettledFix) -> bool:
        """In the place of what was settled of the package before. False when it stands just so already."""
        ...

    def drop(self, fix: SettledFix) -> bool: ...
    def of(self, advisories: Iterable[str]) -> dict[str, list[SettledFix]]:
        """By alias group, those that lapsed too: whether one still holds depends on what the records state."""
        ...


class Waivers(Protocol):
    """Waivers of vulnerabilities, those that ended too."""

    def put(self, waiver: Waiver) -> bool:
        """False when it stands just so already."""
        ...

    def get(self, ident: str) -> Waiver | None: ...
    def some(self) -> bool:
        """Whether there is any, standing or not."""
        ...

    def all(self, advisory: str | None = None, *, standing: bool = False) -> list[Waiver]:
        """Oldest first; ``standing``: not ended by anybody (it may be past its review all the same)."""
        ...

    def named(self, advisories: Collection[str], *, standing: bool = False) -> list[Waiver]:
        """The same of several names: a vulnerability is waived under any id of its group."""
        ...


class Reports(Protocol):
    """Scanner reports, the latest of each document."""

    def put(self, report: StoredReport) -> bool:
        """False when it stands just so already."""
        ...

    def get(self, asset_id: str, origin: str) -> StoredReport | None: ...
    def all(self, asset_id: str | None = None) -> list[StoredReport]: ...
    def drop(self, asset_id: str, origin: str) -> None: ...
