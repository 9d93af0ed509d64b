"""OpenVEX 0.2.0, and 0.0.1 as far as it says the same (https://github.com/openvex/spec)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from pulse_tui.collectors._shared.fields import moment
from pulse_tui.collectors._shared.files import Bad
from pulse_tui.collectors.vex.made import (
    Head,
    Options,
    Said,
    Subject,
    Unusable,
    each,
    justification_of,
    name_of,
    statements,
    subject_of,
    word_of,
)
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.text import clean
from pulse_tui.domain.vex import ASSET
from pulse_tui.domain.waiver import Statement


class _Identifiers(msgspec.Struct):
    purl: str = ""


class _Part(msgspec.Struct):
    id: str = msgspec.field(name="@id", default="")
    identifiers: _Identifiers | None = None

    @property
    def ref(self) -> str:
        """Our own name of an asset, else the package URL wherever it stands."""
        if self.id.startswith(ASSET):
            return self.id
        return (self.identifiers.purl if self.identifiers is not None else "") or self.id


class _Product(_Part):
    subcomponents: list[_Part | str] = []


class _Vulnerability(msgspec.Struct):
    name: str = ""
    id: str = msgspec.field(name="@id", default="")
    aliases: list[str] = []


class _Statement(msgspec.Struct):
    vulnerability: _Vulnerability | str
    status: str
    products: list[_Product | str] = []
    subcomponents: list[_Part | str] = []
    timestamp: Any = None
    last_updated: Any = None
    justification: str = ""
    impact_statement: str = ""
    action_statement: str = ""
    status_notes: str = ""


class _Document(msgspec.Struct):
    context: Any = msgspec.field(name="@context", default="")
    id: str = msgspec.field(name="@id", default="")
    author: str = ""
    timestamp: Any = None
    last_updated: Any = None
    statements: list[msgspec.Raw] = []


_DOCUMENT = msgspec.json.Decoder(_Document)
_STATEMENT = msgspec.json.Decoder(_Statement)


def read(name: str, data: bytes, source: str, options: Options, bad: Bad) -> list[Statement]:
    """Raises SourceError for a document that does not say who states it, and when."""
    document = _DOCUMENT.decode(data)
    at = _latest(document.last_updated, document.timestamp)
    author = clean(document.author, 200).strip()
    if not author:
        raise SourceError(f"{name} names no author", todo="A statement without one is nobody's")
    head = Head(source, clean(document.id, 300) or name, author, options)
    return list(each(f"{name} statements", document.statements, lambda raw: _made(raw, head, at), bad))


def _made(raw: bytes, head: Head, at: datetime | None) -> Iterator[Statement]:
    one = _STATEMENT.decode(raw)
    about = one.vulnerability
    named = _Vulnerability(name=about) if isinstance(about, str) else about
    when = _latest(one.last_updated, one.timestamp) or at
    if when is None:
        raise Unusable("it has no timestamp, nor has its document")
    why = one.impact_statement or one.action_statement or one.status_notes
    said = Said(
        name_of(named.name or named.id, "vulnerability"),
        word_of(one.status),
        justification_of(one.justification),
        why or one.justification or one.status,
        when,
        aliases=tuple(name_of(alias, "alias") for alias in named.aliases),
    )
    if not one.products:
        raise Unusable("it names no product")
    for product in one.products:
        inner = one.subcomponents or ([] if isinstance(product, str) else product.subcomponents)
        parts: list[Subject] = [subject_of(_ref(part)) for part in inner]
        yield from statements(head, said, subject_of(_ref(product)), parts)


def _ref(part: _Part | str) -> str:
    return part if isinstance(part, str) else part.ref


def _latest(*texts: Any) -> datetime | None:
    """The first that is a moment."""
    found = (moment(text) for text in texts)
    return next((at for at in found if at is not None), None)
