"""Statements as the documents of every form give them: what they are of, and why one is refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import NamedTuple
from urllib.parse import unquote

import msgspec

from pulse_tui.collectors._shared.files import FILE_CAP, Bad
from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.purl import BadPurl, parse
from pulse_tui.domain.purl import component as of_purl
from pulse_tui.domain.text import as_name, clean
from pulse_tui.domain.vex import ASSET, COMPONENT
from pulse_tui.domain.waiver import Justification, Statement, VexStatus
from pulse_tui.domain.words import ComponentKind, Environment

LONGEST = 2_000
"""Characters of a reason that are kept."""
NO_JUSTIFICATION = "not_affected without a justification is refused: it says nothing of why"
_ORIGINS = ("repository_url", "vcs_url", "download_url")
"""Qualifiers that say that a package is not the one of its ecosystem's registry: a fork has its name and version too."""
_ENVIRONMENTS = {e.value: e for e in Environment}


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``path`` (file, folder or glob of ``*.json``) or ``url`` (one document). ``asset``: what all of it is about; without one
    a statement is of whatever uses its product. ``review_days``: when it is reviewed after it came in, where it says no date.
    ``max_bytes``: cap of one file.
    """

    path: str = ""
    url: str = ""
    token: str | None = None
    """A bearer token for ``url``."""
    asset: str = ""
    review_days: int = 90
    max_bytes: int = FILE_CAP


class Unusable(ValueError):
    """A statement that states nothing that could be kept; the message says why."""


class Subject(NamedTuple):
    """What a statement is of."""

    component: str | None = None
    version: str | None = None
    asset: str | None = None
    environment: Environment | None = None
    whole: bool = False
    """A product that holds components: what is stated of it is stated of all of them."""


class Head(NamedTuple):
    """What a document says of itself, with the options of its source."""

    source: str
    document: str
    author: str
    options: Options


class Said(NamedTuple):
    """One statement, before it is about anything."""

    vulnerability: str
    status: VexStatus
    justification: Justification | None
    why: str
    at: datetime
    aliases: tuple[str, ...] = ()
    owner: str = ""
    review: datetime | None = None
    accepted: bool = False


def subject_of(ref: str) -> Subject:
    """Of a package URL, or of a name that our own export gives. Raises Unusable for any other."""
    if ref.startswith(ASSET):
        name, _, where = ref.removeprefix(ASSET).partition("#")
        if where and where not in _ENVIRONMENTS:
            raise Unusable(f"there is no environment {clean(where, 60)!r}")
        return Subject(asset=as_name(unquote(name)), environment=_ENVIRONMENTS.get(where), whole=True)
    if ref.startswith(COMPONENT):
        name, _, version = ref.removeprefix(COMPONENT).partition("@")
        return Subject(as_name(unquote(name)), as_name(unquote(version)) or None)
    if not ref.startswith("pkg:"):
        raise Unusable(f"{clean(ref, 120)!r} is no package URL: which component it is of is not known")
    try:
        found, origin = of_purl(ref), next(filter(None, map(parse(ref).qualifier, _ORIGINS)), "")
    except BadPurl as error:
        raise Unusable(f"{clean(ref, 120)!r} is no package URL: {error}") from None
    if origin and found.kind is ComponentKind.PACKAGE:
        raise Unusable(
            f"it is of {clean(found.id, 120)} from {clean(origin, 120)}: whether what runs here came from there is not "
            "known; waive it by hand if it did"
        )
    return Subject(found.id, found.version, whole=found.kind is ComponentKind.IMAGE)


def statements(head: Head, said: Said, product: Subject, parts: list[Subject]) -> Iterator[Statement]:
    """One for each part of the product, or for the product itself. Raises Unusable for what could excuse nothing."""
    if said.status is VexStatus.NOT_AFFECTED and said.justification is None:
        raise Unusable(NO_JUSTIFICATION)
    asset = head.options.asset or product.asset
    known = product.asset is None and bool(parts or product.whole) and not head.options.asset
    for part in parts or [Subject() if product.whole else product]:
        if said.status is VexStatus.FIXED and part.version is None and not product.whole:
            raise Unusable("it is fixed in which version? The product is named without one")
        yield Statement(
            source=head.source,
            document=head.document,
            author=head.author,
            at=said.at,
            vulnerability=said.vulnerability,
            aliases=said.aliases,
            component_id=part.component,
            version=part.version,
            within=product.component if known else None,
            within_version=product.version if known else None,
            asset_id=asset or None,
            environment=product.environment,
            status=said.status,
            justification=said.justification if said.status is VexStatus.NOT_AFFECTED else None,
            rationale=clean(said.why, LONGEST),
            owner=said.owner,
            review_at=said.review,
            review_days=head.options.review_days,
            accepted=said.accepted and bool(said.owner) and said.review is not None,
        )


def word_of(status: str) -> VexStatus:
    """Raises Unusable."""
    if status not in {s.value for s in VexStatus}:
        raise Unusable(f"there is no status {clean(status, 60)!r}")
    return VexStatus(status)


def justification_of(text: str) -> Justification | None:
    """None for "". Raises Unusable for a word that is none: a misspelt one justifies nothing."""
    if text and text not in {j.value for j in Justification}:
        raise Unusable(f"there is no justification {clean(text, 80)!r}")
    return Justification(text) if text else None


def name_of(text: str, what: str) -> str:
    """An id of a vulnerability, or who states it. Raises Unusable for none."""
    found = as_name(clean(text, 200)).strip()
    if not found:
        raise Unusable(f"it names no {what}")
    return found


def check(options: Options) -> None:
    """Raises WrongUse for a review that would never come."""
    if not 0 < options.review_days <= 365:
        raise WrongUse(f"review_days is {options.review_days}", todo="A waiver is reviewed within a year")


def each(
    where: str, raws: list[msgspec.Raw], take: Callable[[bytes], Iterator[Statement]], bad: Bad
) -> Iterator[Statement]:
    """The statements of each record; one that is of no use is refused by its position, the others are there."""
    for index, raw in enumerate(raws):
        data = bytes(raw)
        try:
            yield from list(take(data))
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, Unusable) as error:
            bad.refuse(f"{where}[{index}]", str(error), data)
        except RecursionError:
            bad.refuse(f"{where}[{index}]", "nested too deeply to be read", data)
