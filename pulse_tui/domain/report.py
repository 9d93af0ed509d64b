"""What a scanner reports of an asset: the components it looked at, and which of them it claims to be vulnerable."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import msgspec

from pulse_tui.domain.bill import Bill
from pulse_tui.domain.estate import SKIPPED, Component
from pulse_tui.domain.text import as_name
from pulse_tui.domain.words import ComponentKind, Severity


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """This component in this version has this vulnerability, by the scanner's word."""

    id: str
    """As the scanner names it."""
    component: Component
    title: str = ""
    aliases: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    """Versions that the scanner names as fixed."""
    severity: Severity | None = None
    cvss: float | None = None
    vector: str | None = None
    known_exploited: bool | None = None
    links: tuple[str, ...] = ()


class Skipped(msgspec.Struct, frozen=True):
    """A package that the scanner says it did not judge: that it claims nothing of it means nothing."""

    name: str
    reason: str


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a scanner over an asset; it takes the place of the same document's earlier one.

    It never makes a component clean: it adds components and claims, and ends the claims that it no longer makes.
    """

    tool: str
    bill: Bill
    """The components it lists; ``partial`` where it lists only what it found vulnerable. What it is of, by its
    asset, version, document and subject."""
    at: datetime
    """When the scanner ran, as far as it says; else when it was read."""
    claims: tuple[Claim, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    unplaced: int = 0
    """Results that name no package or no version: nothing can be matched with them."""
    ignored: int = 0
    """Results that the scanner's own rules suppress: exceptions that are not kept here."""
    tool_version: str | None = None
    database_at: datetime | None = None
    """The date of the scanner's own database; None: it does not say how old that is."""

    @property
    def source(self) -> str:
        """The source that brought it."""
        return self.bill.source

    def unjudged(self) -> Iterator[Component]:
        """What it skipped, as components that nobody judged."""
        for one in self.skipped:
            name = as_name(one.name)
            yield Component(id=as_name(f"{SKIPPED}{one.name}"), kind=ComponentKind.PACKAGE, name=name)


class StoredReport(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a report beside its bill and its claims."""

    asset_id: str
    origin: str
    """Of its bill: the document's name among all."""
    source: str
    document: str
    version: str | None
    tool: str
    tool_version: str | None
    at: datetime
    database_at: datetime | None
    claims: tuple[str, ...]
    """The ids of the advisories that its claims are stored as."""
    components: int
    partial: bool
    skipped: tuple[Skipped, ...] = ()
    unplaced: int = 0
