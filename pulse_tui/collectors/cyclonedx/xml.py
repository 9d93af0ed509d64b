"""The XML form of a CycloneDX document, as its JSON form: one reader judges both."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from typing import Any

import msgspec

from pulse_tui.collectors._shared.bills import DEEP
from pulse_tui.collectors._shared.xml_root import xml_root
from pulse_tui.domain.errors import SourceError
from pulse_tui.ports import Peek

ELEMENTS = 4_000_000
"""Beginnings and ends of elements that are read: a bill of 100,000 components has some millions."""
_PROLOGUE = 2**16
_BOM = re.compile(
    rb"\A(?:\xef\xbb\xbf)?\s*+(?:(?>(?><\?.*?\?>)|(?><!--.*?-->)|<!DOCTYPE[^>]*+>)\s*+)*+<(?:\w+:)?bom\b[^>]*cyclonedx\.org/schema/bom",
    re.DOTALL,
)
_TEXTS = ("group", "name", "version", "purl", "cpe", "scope")


def is_xml(head: bytes) -> bool:
    """Whether it begins as a CycloneDX document in XML."""
    data = head.whole if isinstance(head, Peek) else head
    return _BOM.match(data[:_PROLOGUE]) is not None


def as_json(name: str, data: bytes) -> bytes:
    """The same document in JSON. Raises SourceError for broken XML, and for a DOCTYPE: no entity is ever expanded."""
    root = xml_root(name, data, ELEMENTS)
    if _local(root) != "bom":
        raise SourceError(f"{name} is not a CycloneDX document: its root is no bom", todo="Give the bill of materials")
    metadata = _child(root, "metadata")
    top = _child(metadata, "component") if metadata is not None else None
    stated = _child(metadata, "timestamp") if metadata is not None else None
    document: dict[str, Any] = {
        "bomFormat": "CycloneDX",
        "metadata": {
            "timestamp": stated.text if stated is not None else None,
            "component": _part(top, 0) if top is not None else None,
        },
        "components": _parts(root, "component", 0),
        "services": _parts(root, "service", 0),
        "dependencies": [
            {"ref": one.get("ref"), "dependsOn": [below.get("ref") for below in one]}
            for one in _list(root, "dependencies")
        ],
    }
    if _child(root, "vulnerabilities") is not None:
        document["vulnerabilities"] = [_vulnerability(one) for one in _list(root, "vulnerabilities")]
    return msgspec.json.encode(document)


def _local(element: ET.Element) -> str:
    return element.tag.rpartition("}")[2]


def _child(element: ET.Element, name: str) -> ET.Element | None:
    return next((one for one in element if _local(one) == name), None)


def _list(element: ET.Element, name: str) -> list[ET.Element]:
    found = _child(element, name)
    return list(found) if found is not None else []


def _parts(element: ET.Element, what: str, depth: int) -> list[dict[str, Any]]:
    """Deeper than bills are read there is a part without a name: the reader says where it stopped."""
    found = [one for one in _list(element, f"{what}s") if _local(one) == what]
    return [_part(one, depth) for one in found] if depth <= DEEP else [{} for _ in found]


def _text(element: ET.Element, name: str) -> str | None:
    found = _child(element, name)
    return (found.text or "").strip() if found is not None else None


def _vulnerability(element: ET.Element) -> dict[str, Any]:
    analysis = _child(element, "analysis")
    return {
        "id": _text(element, "id") or "",
        "description": _text(element, "description"),
        "references": [{"id": _text(one, "id")} for one in _list(element, "references")],
        "ratings": [
            {"severity": _text(one, "severity"), "vector": _text(one, "vector")} for one in _list(element, "ratings")
        ],
        "advisories": [{"url": _text(one, "url")} for one in _list(element, "advisories")],
        "affects": [{"ref": _text(one, "ref") or ""} for one in _list(element, "affects")],
        "analysis": {"state": _text(analysis, "state") or ""} if analysis is not None else None,
    }


def _part(element: ET.Element, depth: int) -> dict[str, Any]:
    texts = {name: (found.text or "").strip() for name in _TEXTS if (found := _child(element, name)) is not None}
    return {
        **texts,
        "type": element.get("type", ""),
        "bom-ref": element.get("bom-ref"),
        "hashes": [{"alg": h.get("alg", ""), "content": (h.text or "").strip()} for h in _list(element, "hashes")],
        "properties": [
            {"name": p.get("name", ""), "value": (p.text or "").strip()} for p in _list(element, "properties")
        ],
        "components": _parts(element, "component", depth + 1),
        "services": _parts(element, "service", depth + 1),
    }
