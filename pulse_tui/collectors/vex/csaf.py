"""The VEX profile of CSAF 2.0: the status of products by id, with their flags.

https://docs.oasis-open.org/csaf/csaf/v2.0/os/csaf-v2.0-os.html#45-profile-5-vex
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

import msgspec

from pulse_tui.collectors._shared.csaf import Document, Product, Vulnerability, document_of, read_products
from pulse_tui.collectors._shared.fields import moment
from pulse_tui.collectors._shared.files import Bad
from pulse_tui.collectors._shared.plain import document as plain_document
from pulse_tui.collectors.vex.made import (
    Head,
    Options,
    Said,
    Unusable,
    justification_of,
    name_of,
    statements,
    subject_of,
)
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.text import clean
from pulse_tui.domain.waiver import Statement, VexStatus

_PACKAGED = ("pkg:rpm/", "pkg:deb/", "pkg:apk/")
"""Packages of a distribution: what they are part of is said by their version and release."""


def read(name: str, data: bytes, source: str, options: Options, bad: Bad) -> list[Statement]:
    """Raises SourceError for a document that does not say who states it, and when."""
    document: Document = document_of(plain_document(name, data))
    author = clean(document.document.publisher.name, 200).strip()
    at = moment(document.document.tracking.released)
    if not author or at is None:
        what = "publisher" if not author else "release date that can be read"
        raise SourceError(f"{name} names no {what}", todo="Give the document as its vendor published it")
    products = read_products(document.product_tree)
    for problem in products.problems:
        bad.refuse(name, problem)
    head = Head(source, clean(document.document.tracking.id, 300) or name, author, options)
    found: list[Statement] = []
    for index, one in enumerate(document.vulnerabilities):
        where = f"{name} vulnerabilities[{index}]"
        for status, ident in _stated(one):
            try:
                found += _made(one, status, ident, head, at, products.by_id)
            except Unusable as error:
                bad.refuse(f"{where} {clean(ident, 100)}", str(error), msgspec.json.encode(one.status))
    return found


def _stated(one: Vulnerability) -> Iterator[tuple[VexStatus, str]]:
    lists = (
        (VexStatus.NOT_AFFECTED, one.status.known_not_affected),
        (VexStatus.FIXED, [*one.status.fixed, *one.status.first_fixed]),
        (VexStatus.AFFECTED, [*one.status.known_affected, *one.status.first_affected, *one.status.last_affected]),
        (VexStatus.UNDER_INVESTIGATION, one.status.under_investigation),
    )
    for status, ids in lists:
        yield from ((status, ident) for ident in dict.fromkeys(ids))


def _made(
    one: Vulnerability, status: VexStatus, ident: str, head: Head, at: datetime, products: Mapping[str, Product]
) -> Iterator[Statement]:
    product = products.get(ident)
    if product is None:
        raise Unusable("the product tree has no such product")
    if product.purl is None:
        raise Unusable(f"{product.label} has no package URL: which component it is of is not known")
    if product.on and not product.purl.startswith(_PACKAGED) and not head.options.asset:
        raise Unusable(f"it is stated within {product.on[0]}: name the asset that it is about (option asset)")
    flag = next((f.label for f in one.flags if ident in f.product_ids), "")
    said = Said(
        name_of(one.cve or next((i.text for i in one.ids if i.text), ""), "vulnerability"),
        status,
        justification_of(flag),
        next((t.details for t in one.threats if t.category == "impact" and ident in t.product_ids), "") or flag,
        at,
    )
    yield from statements(head, said, subject_of(product.purl), [])
