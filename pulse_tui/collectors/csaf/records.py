"""A document as advisories: of each product and platform what is affected, and which version fixes it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

import msgspec

from pulse_tui.collectors._shared.csaf import Document, Product, Products, Text, Vulnerability, read_products
from pulse_tui.collectors._shared.cvss import rated
from pulse_tui.collectors._shared.fields import moment
from pulse_tui.collectors._shared.files import Bad
from pulse_tui.collectors._shared.reports import graded, scored
from pulse_tui.collectors._shared.spans import Spans, unread
from pulse_tui.collectors._shared.web import web_links
from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.cpe import Configuration, CpeMatch, CpeNode, Operator, formatted
from pulse_tui.domain.natural import natural
from pulse_tui.domain.text import clean

_LOWER_TRAIN = 5
"""Numbers that a release train of drivers spans: R550 are 550 to 554. What lies between two trains had no later fix."""


def advisories(
    name: str, document: Document, source: str, bad: Bad
) -> tuple[list[Advisory], tuple[tuple[str, str], ...]]:
    """One record a vulnerability, and every product that the document names. Raises ValueError for what has no id or date."""
    head = document.document
    released = moment(head.tracking.released)
    ident, publisher = clean(head.tracking.id, 100), clean(head.publisher.name, 100).replace("/", " ")
    if released is None or not ident or not publisher:
        lacks = "no publisher" if not publisher else "no tracking id" if not ident else "no current_release_date"
        raise ValueError(f"it has {lacks}")
    products = read_products(document.product_tree)
    for problem in products.problems:
        bad.refuse(f"{name} {ident}", problem)
    out = []
    for number, item in enumerate(document.vulnerabilities):
        cve = clean(item.cve or next((i.text for i in item.ids if i.text), ""), 100) or f"{number + 1}"
        out.append(_advisory(document, item, products, f"{publisher}/{ident}/{cve}", source, released))
        lost = _unknown(item, products)
        if lost:
            bad.refuse(f"{name} {ident} {cve}", f"its product_status names products that the tree has not: {lost}")
    return out, tuple(dict.fromkeys(key for p in products.by_id.values() for key in p.names))


def _unknown(item: Vulnerability, products: Products) -> str:
    status = item.status
    lost = [i for i in (*status.known_affected, *status.under_investigation) if i not in products.by_id]
    return ", ".join(clean(i, 60) for i in lost[:3])


def _advisory(
    document: Document, item: Vulnerability, products: Products, ident: str, source: str, released: datetime
) -> Advisory:
    head = document.document
    scores = (*item.scores, *(m.content for m in item.metrics))
    best, vector = scored(v.vector for s in scores for v in (s.v4, s.v3, s.v2) if v is not None and v.vector)
    notes = (n.text for n in item.notes if n.category in ("summary", "description", "general") and n.text)
    title = item.title or next(notes, "") or head.title
    affected, configurations = _affected(item, products)
    names = [item.cve or "", *(i.text for i in item.ids)]
    return Advisory(
        id=ident,
        source=source,
        modified=released,
        title=clean(title, 300) or ident,
        aliases=tuple(dict.fromkeys(clean(n, 100) for n in names if re.match(r"[A-Z][A-Z0-9]*-\d", n))),
        severity=rated(best) if best is not None else graded(head.severity.text),
        cvss=best,
        vector=vector,
        known_exploited=True if any(_exploited(t) for t in item.threats) else None,
        withdrawn=head.category == "csaf_withdrawn",
        affected=affected,
        links=web_links(r.url for r in (*item.references, *head.references)),
        configurations=configurations,
    )


def _exploited(threat: Text) -> bool:
    """Microsoft writes ``Exploited:Yes``, others a sentence; whoever writes something else says nothing."""
    return threat.category == "exploit_status" and bool(
        re.search(r"exploited:\s*yes|actively exploited", threat.details, re.I)
    )


class _Group:
    """What a bulletin says of one product on one platform."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.parts: list[tuple[int | None, Spans | None]] = []
        """Affected versions with their release train; None: versions are not stated."""
        self.fixes: dict[int | None, list[str]] = {}
        self.open = False

    def spans(self) -> Spans:
        """All of it. A range without an end ends at the fix, where there is one; of several fixes the lowest and highest
        count, and what lies between them is not known."""
        versions: list[str] = []
        ranges: list[VersionRange] = []
        for train, stated in self.parts:
            fixes = _sorted(self.fixes.get(train, ()))
            for span in stated.ranges if stated is not None else (VersionRange(introduced="0"),):
                ranges += _ended(self._begun(span, train), fixes)
            if stated is not None and stated.versions:
                versions += stated.versions
                ranges += [VersionRange(introduced=fix, fixed=fix) for fix in fixes]  # empty: it names the fix
        if not self.parts and self.fixes:
            ranges += _ended(VersionRange(introduced="0"), _sorted(f for fixes in self.fixes.values() for f in fixes))
        if self.open:
            ranges += unread("the vendor is still investigating").ranges
        return Spans(tuple(dict.fromkeys(versions)), tuple(dict.fromkeys(ranges)))

    def _begun(self, span: VersionRange, train: int | None) -> VersionRange:
        """A range of a release train begins where the train before it ends: "prior to 550.144" is not of 535.230."""
        if train is None or span.introduced != "0":
            return span
        below = max((t for t, _ in self.parts if t is not None and t < train), default=None)
        return span if below is None else msgspec.structs.replace(span, introduced=str(below + _LOWER_TRAIN))


def _sorted(fixes: Iterable[str]) -> list[str]:
    return sorted({fix for fix in fixes if natural(fix) is not None}, key=lambda fix: natural(fix) or ())


def _ended(span: VersionRange, fixes: list[str]) -> list[VersionRange]:
    start = natural(span.introduced) if span.introduced != "0" else None
    later = [f for f in fixes if start is None or (natural(f) or start) > start]
    if span.fixed is not None or not later:
        return [span]
    last = natural(span.last_affected) if span.last_affected is not None else None
    later = [f for f in later if last is None or (natural(f) or last) > last]
    if not later:
        return [span]
    ended = VersionRange(introduced=span.introduced, fixed=later[0])
    if len(later) == 1 or last is not None:
        return [ended]
    return [ended, VersionRange(introduced="which of several fixes counts for it", fixed=later[-1])]


def _affected(item: Vulnerability, products: Products) -> tuple[tuple[Affected, ...], tuple[Configuration, ...]]:
    groups: dict[tuple[str, str, tuple[str, ...]], _Group] = {}
    status = item.status

    def each(ids: Iterable[str]) -> Iterator[tuple[_Group, Product]]:
        for product in (products.by_id[i] for i in dict.fromkeys(ids) if i in products.by_id):
            for name in product.names:
                yield groups.setdefault((*name, product.on), _Group(product)), product

    for group, product in each((*status.known_affected, *status.last_affected)):
        group.parts.append((product.train, product.spans))
    for group, product in each(status.first_affected):
        for version in product.spans.versions if product.spans is not None else ():
            group.parts.append((product.train, Spans(ranges=(VersionRange(introduced=version),))))
    for group, _ in each(status.under_investigation):
        group.open = True
    for group, product in each((*status.first_fixed, *status.fixed)):
        stated = product.spans or Spans()
        fixes = (*stated.versions, *(r.introduced for r in stated.ranges if natural(r.introduced) and r.fixed is None))
        group.fixes.setdefault(product.train, []).extend(f for f in fixes if natural(f))
    affected: list[Affected] = []
    configurations: list[Configuration] = []
    placed = {(ecosystem, name) for ecosystem, name, on in groups if on and ecosystem in ("product", "cpe")}
    for (ecosystem, name, on), group in groups.items():
        if not group.parts and not group.open and not (group.fixes and ecosystem not in ("product", "cpe")):
            continue  # it is fixed or not affected, and nothing says what was
        found = group.spans()
        if (ecosystem, name) in placed:  # on one platform or on none: they are judged together
            configurations.append(_configuration(ecosystem, name, group.product.part, on, found))
        affected.append(Affected(ecosystem, name, found.versions, found.ranges))
    return tuple(dict.fromkeys(affected)), tuple(configurations)


def _configuration(ecosystem: str, name: str, part: str, on: tuple[str, ...], found: Spans) -> Configuration:
    vendor, _, product = name.partition(":")
    criteria = formatted(part, vendor, product) if ecosystem == "cpe" else name
    matches = [CpeMatch(criteria, start_including=v, end_including=v) for v in found.versions]
    matches += [
        CpeMatch(
            criteria,
            start_including=None if r.introduced == "0" else r.introduced,
            end_including=r.last_affected,
            end_excluding=r.fixed,
        )
        for r in found.ranges
        if r.introduced != r.fixed
    ]
    places = [CpeNode(matches=(CpeMatch(place, vulnerable=False),)) for place in on]
    return Configuration(nodes=(CpeNode(matches=tuple(matches)), *places), operator=Operator.AND)
