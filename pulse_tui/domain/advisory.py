"""Advisories in the OSV shape, reduced to what matching needs, and the findings they lead to."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

import msgspec

from pulse_tui.domain.cpe import Configuration
from pulse_tui.domain.words import Environment, Priority, Severity


class VersionRange(msgspec.Struct, frozen=True, omit_defaults=True):
    """``introduced`` (inclusive, "0" is the beginning) up to ``fixed`` (exclusive) or ``last_affected``."""

    introduced: str = "0"
    fixed: str | None = None
    last_affected: str | None = None


class Affected(msgspec.Struct, frozen=True, omit_defaults=True):
    """One package of an advisory: what is affected is the union of versions and ranges."""

    ecosystem: str
    name: str
    versions: tuple[str, ...] = ()
    ranges: tuple[VersionRange, ...] = ()


class Advisory(msgspec.Struct, frozen=True, kw_only=True):
    """A vulnerability record and its alias group."""

    id: str
    """As its database writes it; of a database that describes others' ids with its own name before it
    (``NVD/CVE-2026-1``), so that no record takes the place of another's."""
    source: str
    modified: datetime
    title: str
    aliases: tuple[str, ...] = ()
    severity: Severity | None = None
    cvss: float | None = None
    vector: str | None = None
    known_exploited: bool | None = None
    withdrawn: bool = False
    withdrawn_at: datetime | None = None
    """When it was or will be: one of the future stands until then."""
    related: tuple[str, ...] = ()
    """Ids of other vulnerabilities (OSV's ``related`` and ``upstream``): shown, never merged."""
    affected: tuple[Affected, ...] = ()
    links: tuple[str, ...] = ()
    configurations: tuple[Configuration, ...] = ()
    """Systems that are vulnerable, of NVD and CSAF; each product in them stands in ``affected`` too, to be found by."""
    group: str = ""
    """The name of its alias group, where that is another than its own ids give; set by the storage."""

    @property
    def matchable(self) -> bool:
        """Whether it names versions of any package or product."""
        return bool(self.configurations) or any(a.versions or a.ranges for a in self.affected)

    @property
    def malicious(self) -> bool:
        """Whether it reports malicious code, put there on purpose (the ``MAL-`` records of OSV), and no weakness."""
        return any(i.startswith("MAL-") for i in (self.id, *self.aliases))

    @property
    def name(self) -> str:
        """The id people use: the CVE when there is one; else one that records which are aliases of each other agree on."""
        return self.group or name_of((self.id, *self.aliases))


_CVE = re.compile(r"CVE-([0-9]{4})-([0-9]{1,19})")
_PREFERRED = ("MAL-", "GHSA-")


def name_of(ids: Iterable[str]) -> str:
    """The name of the vulnerability that all these ids are of: the earliest CVE by year and number, else the id of the
    database that is preferred. The same for any order of at least one id."""
    return min(ids, key=_preference)


def _preference(ident: str) -> tuple[int, int, int, str]:
    if found := _CVE.fullmatch(ident):
        return 0, int(found[1]), int(found[2]), ident
    if ident.startswith("CVE-"):
        return 1, 0, 0, ident
    rank = next((n for n, prefix in enumerate(_PREFERRED, 2) if ident.startswith(prefix)), 2 + len(_PREFERRED))
    return rank, 0, 0, ident


class Audit(StrEnum):
    """The three answers of matching. What could not be judged is never passed as clean."""

    MATCHED = "matched"
    CLEAN = "clean"
    NOT_AUDITED = "not audited"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """An advisory that reaches (or may reach) a component of an asset in an environment."""

    advisory_id: str
    asset_id: str
    component: str
    environment: Environment | None
    audit: Audit
    component_id: str | None = None
    """The component's own id, as its provider writes it; ``component`` is what tables show."""
    reason: str = ""
    fingerprint: str | None = None
    """Of the condition that its alert is about."""
    waiver: str | None = None
    """The id of the waiver that covers it."""
    fixed: tuple[str, ...] = ()
    priority: Priority = Priority.UNKNOWN
    possible: bool = False
    """Not audited because of a version that is not known or cannot be compared: it may be affected."""
