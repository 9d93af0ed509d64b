"""CSAF 2.0 documents: their shape, and what their product tree names.

Vendors fill the tree in differently: products above versions, versions above products, names by relationship.
https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec

from pulse_tui.collectors._shared.spans import Spans, spans
from pulse_tui.domain.cpe import ANY, NOT_APPLICABLE, BadCpe, Cpe, parse_cpe, plain, product_name
from pulse_tui.domain.estate import Component
from pulse_tui.domain.natural import natural
from pulse_tui.domain.purl import BadPurl, component
from pulse_tui.domain.text import clean

MOST = 200_000
"""Branches and relationships of one document."""


class Helper(msgspec.Struct):
    """How a product is identified beside its name."""

    purl: str | None = None
    cpe: str | None = None
    purls: list[str] = []
    """As CSAF 2.1 has it."""


class FullName(msgspec.Struct):
    """A product by name."""

    product_id: str
    name: str = ""
    helper: Helper | None = msgspec.field(name="product_identification_helper", default=None)


class Branch(msgspec.Struct):
    """A part of the tree: a vendor, a product, a version, an architecture ..."""

    category: str = ""
    name: str = ""
    product: FullName | None = None
    branches: list[Branch] = []


class Relationship(msgspec.Struct):
    """A product on, with or in another."""

    category: str
    product_reference: str
    relates_to: str = msgspec.field(name="relates_to_product_reference")
    full_name: FullName = msgspec.field(name="full_product_name")


class Tree(msgspec.Struct):
    """``product_tree``."""

    branches: list[Branch] = []
    full_product_names: list[FullName] = []
    relationships: list[Relationship] = []


class Text(msgspec.Struct):
    """A note, a reference, a threat or an id: whatever of it there is."""

    category: str = ""
    text: str = ""
    title: str = ""
    url: str = ""
    details: str = ""
    label: str = ""
    product_ids: list[str] = []


class Publisher(msgspec.Struct):
    """Who issued it."""

    name: str = ""
    namespace: str = ""


class Tracking(msgspec.Struct):
    """Its id, and when which revision came."""

    id: str = ""
    status: str = ""
    version: str = ""
    released: str = msgspec.field(name="current_release_date", default="")


class Head(msgspec.Struct):
    """``document``."""

    category: str = ""
    title: str = ""
    publisher: Publisher = msgspec.field(default_factory=Publisher)
    tracking: Tracking = msgspec.field(default_factory=Tracking)
    notes: list[Text] = []
    references: list[Text] = []
    severity: Text = msgspec.field(name="aggregate_severity", default_factory=Text)


class Vector(msgspec.Struct):
    """A CVSS score."""

    vector: str = msgspec.field(name="vectorString", default="")


class Score(msgspec.Struct):
    """Scores of some products."""

    v2: Vector | None = msgspec.field(name="cvss_v2", default=None)
    v3: Vector | None = msgspec.field(name="cvss_v3", default=None)
    v4: Vector | None = msgspec.field(name="cvss_v4", default=None)


class Metric(msgspec.Struct):
    """Scores, as CSAF 2.1 has them."""

    content: Score = msgspec.field(default_factory=Score)


class Status(msgspec.Struct):
    """``product_status``: ids of products."""

    known_affected: list[str] = []
    first_affected: list[str] = []
    last_affected: list[str] = []
    fixed: list[str] = []
    first_fixed: list[str] = []
    known_not_affected: list[str] = []
    under_investigation: list[str] = []


class Vulnerability(msgspec.Struct):
    """One of ``vulnerabilities``."""

    cve: str | None = None
    ids: list[Text] = []
    title: str = ""
    notes: list[Text] = []
    references: list[Text] = []
    status: Status = msgspec.field(name="product_status", default_factory=Status)
    scores: list[Score] = []
    metrics: list[Metric] = []
    threats: list[Text] = []
    flags: list[Text] = []
    remediations: list[Text] = []


class Document(msgspec.Struct):
    """A whole document."""

    document: Head
    product_tree: Tree = msgspec.field(default_factory=Tree)
    vulnerabilities: list[Vulnerability] = []


class Product(NamedTuple):
    """What a product id stands for."""

    id: str
    label: str
    names: tuple[tuple[str, str], ...] = ()
    """(ecosystem, name) under which components know it: "product", "cpe", or that of its package URL."""
    spans: Spans | None = None
    """Its versions; None: none are stated."""
    on: tuple[str, ...] = ()
    """What it must run on or with, as CPE names or words."""
    train: int | None = None
    """The release train it is of (a driver's R550): a range begins where the one before ends."""
    purl: str | None = None
    cpe: str | None = None
    part: str = "a"


class Products(NamedTuple):
    """The products by id, and what of the tree could not be read."""

    by_id: dict[str, Product]
    problems: tuple[str, ...]


class _Path(NamedTuple):
    """What the branches above say."""

    vendor: str = ""
    family: str = ""
    product: str = ""
    version: str = ""
    on: str = ""
    train: int | None = None


_CPUS = re.compile(
    r"x86|x64|x32|amd64|aarch64|arm|i[3-6]86|ppc|power|s390|sparc|mips|riscv|noarch|src|source|multi|32|64"
)
_TRAIN = re.compile(r"\(\s*R([0-9]{3})\b[^)]*\)")
_NAMED = re.compile(r"(.*\S)\s+(?:version\s+)?[vV]?([0-9][\w.+-]*)")
_ON = frozenset({"installed_on", "installed_with"})
_INSIDE = frozenset({"default_component_of", "external_component_of", "optional_component_of"})


def read_products(tree: Tree) -> Products:
    """All products of a tree. One that cannot be read is a problem by its id, the others are there."""
    found: dict[str, Product] = {}
    problems: list[str] = []
    waiting = [(branch, _Path()) for branch in reversed(tree.branches)]
    count = 0
    while waiting:
        branch, above = waiting.pop()
        count += 1
        if count > MOST:
            problems.append(f"its product tree has over {MOST:,} branches; the rest is not read")
            break
        path = _under(above, branch)
        if branch.product is not None:
            product = _product(branch.product, _turned(branch, path), problems)
            found.setdefault(product.id, product)
        waiting.extend((inner, path) for inner in reversed(branch.branches))
    for name in tree.full_product_names:
        match = _NAMED.fullmatch(clean(name.name, 300))
        path = _Path(product=match[1], version=match[2]) if match is not None else _Path(product=clean(name.name, 300))
        found.setdefault(name.product_id, _product(name, path, problems))
    _relate(tree.relationships[:MOST], found, problems)
    return Products(found, tuple(problems))


def _under(path: _Path, branch: Branch) -> _Path:
    name = clean(branch.name, 300)
    match branch.category:
        case "vendor":
            return path._replace(vendor=name)
        case "product_family":
            return path._replace(family=name)
        case "product_name":
            return path._replace(product=name)
        case "product_version" | "product_version_range":
            return path._replace(version=name)
        case "patch_level" | "service_pack":
            whole = name if natural(name) is not None else f"{path.version} {name}".strip()  # "12.2" above "12.2(6)I1"
            return path._replace(version=whole)
        case "architecture" | "host_name":
            train = _TRAIN.search(name)
            word = _TRAIN.sub("", name).strip()
            if _CPUS.match(word.lower()):
                return path
            return path._replace(on=word, train=int(train[1]) if train is not None else path.train)
    return path


def _turned(branch: Branch, path: _Path) -> _Path:
    """Where the branch of a version is called like the product and the product like its versions, the other way round."""
    assert branch.product is not None
    if path.product or not branch.category.startswith("product_version") or natural(path.version) is not None:
        return path
    words = clean(branch.product.name, 300)
    return path._replace(
        product=path.version, version="" if product_name(words) == product_name(path.version) else words
    )


def _product(full: FullName, path: _Path, problems: list[str]) -> Product:
    helper = full.helper or Helper()
    if helper.purls and not helper.purl:
        helper = Helper(purl=helper.purls[0], cpe=helper.cpe)
    cpe, purl = _cpe(helper, full, problems), _purl(helper, full, problems)
    names: list[tuple[str, str]] = []
    part = "a"
    version = spans(path.version, path.product, path.vendor) if path.version else None
    if purl is not None and purl.ecosystem:
        names.append((purl.ecosystem, purl.name))
        stated = version if path.version.startswith("vers:") or natural(path.version) is not None else None
        version = (
            Spans(versions=(purl.version,)) if purl.version else stated
        )  # Red Hat calls the branch like the package
    product = path.product or path.family or (clean(full.name, 300) if purl is None and cpe is None else "")
    if product and not (purl is not None and purl.ecosystem):
        whole = product if product_name(product).startswith(product_name(path.vendor)) else f"{path.vendor} {product}"
        names += [("product", name) for name in dict.fromkeys((whole, product)) if product_name(name)]
    if cpe is not None:
        names.append(("cpe", cpe.key))
        part = cpe.part
        if version is None and cpe.version not in (ANY, NOT_APPLICABLE) and natural(plain(cpe.version)) is not None:
            update = "" if cpe.update in (ANY, NOT_APPLICABLE) else f" {plain(cpe.update)}"
            version = Spans(versions=(f"{plain(cpe.version)}{update}",))
    return Product(
        id=full.product_id,
        label=clean(full.name, 200) or clean(full.product_id, 200),
        names=tuple(dict.fromkeys(names)),
        spans=version,
        on=(path.on,) if path.on else (),
        train=path.train,
        purl=helper.purl if purl is not None else None,
        cpe=helper.cpe if cpe is not None else None,
        part=part,
    )


def _cpe(helper: Helper, full: FullName, problems: list[str]) -> Cpe | None:
    try:
        return parse_cpe(helper.cpe) if helper.cpe else None
    except BadCpe as error:
        problems.append(f"the cpe of product {clean(full.product_id, 80)!r} is no CPE name: {error}")
        return None


def _purl(helper: Helper, full: FullName, problems: list[str]) -> Component | None:
    try:
        return component(helper.purl) if helper.purl else None
    except BadPurl as error:
        problems.append(f"the purl of product {clean(full.product_id, 80)!r} is no package URL: {error}")
        return None


def _relate(items: list[Relationship], found: dict[str, Product], problems: list[str]) -> None:
    """Products by relationship, in whichever order they stand; those that go round in a circle are problems."""
    waiting = {item.full_name.product_id: item for item in items if item.full_name.product_id not in found}
    needed_by: dict[str, list[str]] = {}
    for ident, item in waiting.items():
        for needed in {item.product_reference, item.relates_to}:
            needed_by.setdefault(needed, []).append(ident)
    ready = list(waiting)
    while ready:
        one = waiting.get(ident := ready.pop())
        if one is None or one.product_reference not in found or one.relates_to not in found:
            continue
        del waiting[ident]
        found[ident] = _related(one, found[one.product_reference], found[one.relates_to], problems)
        ready += needed_by.get(ident, ())
    if waiting:
        ids = ", ".join(clean(ident, 60) for ident in list(waiting)[:3])
        problems.append(f"{len(waiting)} relationships name each other or no product: {ids}")


def _related(item: Relationship, product: Product, other: Product, problems: list[str]) -> Product:
    own = _product(item.full_name, _Path(), problems) if item.full_name.helper is not None else None
    base = product if own is None or not own.names else own._replace(spans=own.spans or product.spans)
    base = base._replace(id=item.full_name.product_id, label=clean(item.full_name.name, 200) or product.label)
    if any(ecosystem not in ("product", "cpe") for ecosystem, _ in base.names):
        return base._replace(
            names=tuple((_of_release(e, other), n) for e, n in base.names if e not in ("product", "cpe"))
        )
    if item.category in _ON or item.category in _INSIDE:
        criteria = other.cpe or next((n for e, n in other.names if e == "product"), "") or other.label
        return base._replace(on=tuple(dict.fromkeys((*base.on, criteria))))
    return base


def _of_release(ecosystem: str, other: Product) -> str:
    """``Red Hat`` of a package in Enterprise Linux 9 is ``Red Hat:9``."""
    if (
        ":" in ecosystem
        or ecosystem not in ("Red Hat", "SUSE", "openSUSE", "AlmaLinux", "Rocky Linux")
        or not other.cpe
    ):
        return ecosystem
    cpe = parse_cpe(other.cpe)
    version = plain(cpe.version).partition(".")[0]
    return f"{ecosystem}:{version}" if version.isdigit() else ecosystem


def document_of(raw: Any) -> Document:
    """From plain values. Raises msgspec.ValidationError."""
    return msgspec.convert(raw, Document)


def texts(*groups: list[Text]) -> Iterator[Text]:
    """One after the other."""
    for group in groups:
        yield from group
