"""A scanner's claims as advisories: evidence of that scanner beside the records of the databases, in the same alias groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.estate import Component
from pulse_tui.domain.report import Claim, Report
from pulse_tui.enrich.advisories.versions import order
from pulse_tui.enrich.lookups import ecosystem_key

PRODUCT = "product"
"""The ecosystem of what no package URL places: it is found by the name that the component is known as."""


def key_of(report: Report) -> str:
    """Names the document among the reports of an asset, whichever source brought it: the later one of it counts."""
    bill = report.bill
    named = f"{report.tool}/{bill.document}" if bill.document else report.tool
    return f"{named}@{bill.version}" if bill.version is not None else named


def advisories_of(report: Report, at: datetime) -> list[Advisory]:
    """One record for each vulnerability that the report claims, of every component that it claims it of.

    Only the claimed versions are affected, and the versions from there up to the next fix.
    """
    groups: dict[str, list[Claim]] = {}
    for claim in report.claims:
        groups.setdefault(claim.id, []).append(claim)
    bill = report.bill
    place = f"{report.tool}/{bill.asset_id}/" + "".join(
        f"{part}/" for part in (bill.document, f"@{bill.version}" if bill.version is not None else "") if part
    )
    return [_advisory(f"{place}{ident}", ident, claims, bill.source, at) for ident, claims in groups.items()]


def _advisory(record: str, ident: str, claims: Sequence[Claim], source: str, at: datetime) -> Advisory:
    worst = max(claims, key=lambda c: (c.severity.rank if c.severity else -1, c.cvss or 0.0))
    scored = max(claims, key=lambda c: c.cvss or 0.0)
    exploited = [c.known_exploited for c in claims if c.known_exploited is not None]
    aliases = dict.fromkeys((ident, *(a for c in claims for a in c.aliases)))
    return Advisory(
        id=record,
        source=source,
        modified=at,
        title=next((c.title for c in claims if c.title), ident),
        aliases=tuple(aliases),
        related=tuple(dict.fromkeys(r for c in claims for r in c.related if r not in aliases)),
        severity=worst.severity,
        cvss=scored.cvss,
        vector=scored.vector,
        known_exploited=any(exploited) if exploited else None,
        affected=tuple(_affected(claims)),
        links=tuple(dict.fromkeys(link for c in claims for link in c.links))[:20],
    )


def _affected(claims: Sequence[Claim]) -> Iterator[Affected]:
    packages: dict[tuple[str, str], tuple[dict[str, None], dict[VersionRange, None]]] = {}
    for claim in claims:
        item = claim.component
        versions, ranges = packages.setdefault((item.ecosystem or PRODUCT, item.name), ({}, {}))
        if item.version is not None:
            versions[item.version] = None
            ranges |= dict.fromkeys(_ranges(item, claim.fixed))
    for (ecosystem, name), (listed, spans) in packages.items():
        yield Affected(ecosystem, name, tuple(sorted(listed)), tuple(spans))


def _ranges(item: Component, fixed: Sequence[str]) -> Iterator[VersionRange]:
    """From the installed version up to the first fix above it. A fix of another branch is named by an empty range."""
    installed = item.version or ""
    read = order(ecosystem_key(item.ecosystem or PRODUCT))
    mine = read(installed) if read else None
    if read is None or mine is None:
        yield from (VersionRange(introduced=installed, fixed=fix) for fix in fixed[:1])
        return
    bounds = [(bound, fix) for fix in dict.fromkeys(fixed) if (bound := read(fix)) is not None and bound > mine]
    for place, (_, fix) in enumerate(sorted(bounds, key=lambda pair: pair[0])):
        yield VersionRange(introduced=installed if place == 0 else fix, fixed=fix)
