"""Vulnerabilities that a bill of materials states of its own components: claims of the scanner that wrote it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec

from pulse_tui.collectors._shared.bills import Graph, Refusals, each
from pulse_tui.collectors._shared.reports import graded, ident, scored
from pulse_tui.collectors._shared.web import web_links
from pulse_tui.domain.bill import Bill
from pulse_tui.domain.report import Claim, Report
from pulse_tui.domain.text import clean


class _Named(msgspec.Struct):
    id: Any = None
    url: Any = None


class _Rating(msgspec.Struct):
    severity: Any = None
    vector: str | None = None


class _Affects(msgspec.Struct):
    ref: str = ""


class _Analysis(msgspec.Struct):
    state: str = ""


class _Vulnerability(msgspec.Struct):
    id: str = ""
    references: list[_Named] | None = None
    ratings: list[_Rating] | None = None
    description: str | None = None
    advisories: list[_Named] | None = None
    affects: list[_Affects] | None = None
    analysis: _Analysis | None = None


_VULNERABILITY = msgspec.json.Decoder(_Vulnerability)
_SETTLED = frozenset({"resolved", "resolved_with_pedigree", "false_positive", "not_affected"})


def report(
    bill: Bill, items: list[msgspec.Raw], tools: Any, graph: Graph, refusals: Refusals, now: datetime, *, dated: bool
) -> Report:
    """The bill with its claims. One without an id, or on what the bill does not list, is counted; one that its author has
    settled by an analysis is no claim.
    """
    tool, version = _tool(tools)
    claims = list[Claim]()
    unplaced = ignored = 0
    for at, item in each(items, _VULNERABILITY, "vulnerabilities", refusals, lost=True):
        refs = [a.ref.rpartition("#")[2] if a.ref.startswith("urn:cdx:") else a.ref for a in item.affects or ()]
        found = [c for ref in dict.fromkeys(refs) if (c := graph.found(ref)) is not None and c.version is not None]
        if item.analysis is not None and item.analysis.state in _SETTLED:
            ignored += 1
        elif not ident(item.id) or not found:
            unplaced += 1
            refusals.add(at, f"{ident(item.id) or 'a vulnerability without an id'} affects no component with a version")
        else:
            claims += _claims(item, found)
    return Report(
        tool=tool,
        bill=msgspec.structs.replace(bill, refused=refusals.lost),
        at=bill.at if dated else now,
        claims=tuple(claims),
        unplaced=unplaced,
        ignored=ignored,
        tool_version=version,
    )


def _claims(item: _Vulnerability, found: list[Any]) -> Iterator[Claim]:
    ratings = item.ratings or []
    cvss, vector = scored(r.vector for r in ratings if r.vector)
    words = [word for r in ratings if (word := graded(r.severity)) is not None]
    for component in found:
        yield Claim(
            id=ident(item.id),
            component=component,
            title=clean((item.description or "").strip().partition("\n")[0], 300),
            aliases=tuple(a for r in item.references or () if (a := ident(r.id)) and a != ident(item.id)),
            severity=max(words, key=lambda w: w.rank, default=None),
            cvss=cvss,
            vector=vector,
            links=web_links(a.url for a in item.advisories or ()),
        )


def _tool(tools: Any) -> tuple[str, str | None]:
    """(name, version) of the first tool, in either form that the specification has for them."""
    listed = tools.get("components") if isinstance(tools, dict) else tools
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict) and isinstance(one.get("name"), str):
            name = re.sub(r"[^a-z0-9._-]+", "-", clean(one["name"], 60).lower()).strip("-")
            version = one.get("version")
            return name or "cyclonedx", clean(version, 60) if isinstance(version, str) else None
    return "cyclonedx", None
