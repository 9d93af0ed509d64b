"""What every kind of scanner report shares: components and claims are gathered, and handed over as one report."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from pulse_tui.collectors._shared.bills import (
    LISTED,
    MOST_COMPONENTS,
    BillOptions,
    Graph,
    Refusals,
    Subject,
    another,
    from_purl,
    of_ecosystem,
    package,
    place,
    read_bills,
)
from pulse_tui.collectors._shared.cvss import score
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.estate import Component
from pulse_tui.domain.purl import BadPurl
from pulse_tui.domain.report import Claim, Report, Skipped
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Severity
from pulse_tui.ports import CollectContext, Peek

MOST_CLAIMS = 100_000
"""Claims of one report: an image of a whole distribution has a tenth of them."""
_WORDS = {
    "negligible": Severity.LOW,
    "low": Severity.LOW,
    "note": Severity.LOW,
    "medium": Severity.MEDIUM,
    "moderate": Severity.MEDIUM,
    "warning": Severity.MEDIUM,
    "high": Severity.HIGH,
    "important": Severity.HIGH,
    "critical": Severity.CRITICAL,
}


class ReportOptions(BillOptions, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """As of a bill: ``path`` (file, folder or glob), ``asset``, ``version``, ``environments``, and the expected
    ``subject`` and ``digest`` of reports that state what they scanned. ``max_bytes``: cap of one file.
    """


def read_reports(
    options: BillOptions,
    context: CollectContext,
    accepts: Callable[[str, Peek], bool],
    parse: Callable[[str, bytes], Collected],
) -> Collected:
    """The reports of one kind, new or changed since the last round. Whole JSON of another kind in their folder is passed over:
    each source reads its own. A file that is named itself is read whatever it says.
    """
    named = (context.base / Path(options.path).expanduser()).is_file()

    def one(name: str, data: bytes) -> Collected:
        head = Peek(data)
        return Collected() if head.top and not named and not accepts(name, head) else parse(name, data)

    return read_bills("*.json", options, context, one)


class Gathering:
    """One report as it is read."""

    def __init__(self, tool: str, name: str, options: BillOptions, context: CollectContext) -> None:
        """Raises SourceError when nothing names the asset that the file is about."""
        self.tool, self._name, self._options, self._context = tool, name, options, context
        self._place = place(name, options)
        self.graph, self.refusals = Graph(), Refusals(context.source, name)
        self._claims: list[Claim] = []
        self._skipped: dict[Skipped, None] = {}
        self.unplaced = self.ignored = 0

    def listed(self, at: str, found: Component) -> None:
        """A component that the report lists under a place of its own."""
        self.graph.add(at, found)

    def skipped(self, name: str, reason: str) -> None:
        """A package that the scanner says it did not judge."""
        if len(self._skipped) >= MOST_COMPONENTS:
            raise SourceError(f"it skips over {MOST_COMPONENTS:,} packages", todo="Give a report for each deployment")
        self._skipped[Skipped(clean(name, 200) or "a package without a name", clean(reason, 200))] = None

    def nameless(self, at: str, what: str) -> None:
        """A result that names no package, version or vulnerability: counted, and remarked on."""
        self.unplaced += 1
        if self.unplaced <= LISTED:
            self.refusals.add(at, what)

    def claim(self, claim: Claim) -> None:
        """The component need not be listed: it is added."""
        if len(self._claims) >= MOST_CLAIMS:
            raise SourceError(f"it makes over {MOST_CLAIMS:,} claims", todo="Give a report for each deployment")
        self._claims.append(claim)
        self.graph.add(None, claim.component)

    def done(
        self,
        *,
        whole: bool,
        subject: Subject | None = None,
        at: datetime | None = None,
        tool_version: str | None = None,
        database_at: datetime | None = None,
    ) -> Collected:
        """The report, or one Rejected when it is of something else than it should be. ``whole``: it lists every component."""
        subject, (asset, version, document) = subject or Subject(), self._place
        context = self._context
        if (wrong := another(subject, self._options)) is not None:
            self.refusals.add("", *wrong)
            return Collected(rejected=self.refusals.listed(), cursor=context.cursor)
        bill = Bill(
            source=context.source,
            asset_id=asset,
            document=document,
            at=at or context.now,
            components=tuple(map(_known, self.graph.components)),
            edges=self.graph.edges(),
            environments=self._options.environments,
            version=version or subject.version,
            subject=subject.name,
            digest=subject.digest,
            refused=self.refusals.lost,
            partial=not whole,
        )
        report = Report(
            tool=self.tool,
            bill=bill,
            at=at or context.now,
            claims=tuple(self._claims),
            skipped=tuple(self._skipped),
            unplaced=self.unplaced,
            ignored=self.ignored,
            tool_version=clean(tool_version, 60) if tool_version else None,
            database_at=database_at,
        )
        return Collected(observations=(report,), rejected=self.refusals.listed(), cursor=context.cursor)


def _known(item: Component) -> Component:
    """A package that no advisory can name by its ecosystem is known by its name: a claim on it finds it so.

    Not by the CPE names that scanners guess: one that NVD does not have would pass for clean.
    """
    placed = item.ecosystem is not None or item.known_as
    return item if placed else msgspec.structs.replace(item, known_as=(item.name,))


def placed(purl: str, name: str, version: str | None, ecosystem: str | None = None) -> Component:
    """The component by its package URL; else by its name alone, or of an ecosystem (a purl type). Raises BadPurl."""
    if purl:
        return from_purl(purl, version)
    if ecosystem:
        return of_ecosystem(ecosystem, name, version)
    return package(name, version)


def graded(word: Any) -> Severity | None:
    """The severity that a scanner's word means; None for ``unknown`` and what is no word."""
    return _WORDS.get(word.strip().lower()) if isinstance(word, str) else None


def scored(vectors: Iterable[str]) -> tuple[float | None, str | None]:
    """(score, vector) of the newest CVSS version among them that can be read; version 2 counts where no other is."""
    best: tuple[str, float, str] | None = None
    for vector in vectors:
        try:
            found = score(vector)
        except ValueError:
            continue
        version = vector.partition("/")[0] if vector.startswith("CVSS:") else ""
        best = max(best or ("", -1.0, ""), (version[:6], found, clean(vector, 300)))
    return (best[1], best[2]) if best else (None, None)


def ident(text: Any) -> str:
    """A vulnerability's id as text; "" for what is none."""
    return clean(text, 200) if isinstance(text, str) else ""


__all__ = ["BadPurl", "Gathering", "ReportOptions", "graded", "ident", "placed", "read_reports", "scored"]
