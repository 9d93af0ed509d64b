"""Waivers that stand as a VEX document: OpenVEX 0.2.0 (https://github.com/openvex/spec) or CycloneDX 1.6.

OpenVEX has no place for an owner, a review date or a bound of urgency: its reader sets those anew. CycloneDX carries them
as properties.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID

import msgspec

from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.moments import iso
from pulse_tui.domain.vex import ANALYSES, ASSET, COMPONENT, JUSTIFIED, PROPERTY
from pulse_tui.domain.waiver import UNKNOWN, VexStatus, Waiver
from pulse_tui.ports import Store

Document = dict[str, Any]
_NOTES = {
    VexStatus.NOT_AFFECTED: "impact_statement",
    VexStatus.AFFECTED: "action_statement",
    VexStatus.FIXED: "status_notes",
    VexStatus.UNDER_INVESTIGATION: "status_notes",
}
"""Where OpenVEX keeps the reason: it must be there for what is affected."""


def export(store: Store, form: str, asset_id: str | None, now: datetime) -> Document:
    """Those that stand (of one asset; ``None``: all). Raises WrongUse for a form that is none."""
    made = _FORMS.get(form)
    if made is None:
        raise WrongUse(f"there is no form {form!r}", todo=f"Use one of {', '.join(_FORMS)}")
    with store.read() as tx:
        # A package without a version would be every version of it: what was waived unknown cannot be stated.
        standing = [w for w in tx.waivers.all(standing=True) if w.stands(now) and w.version != UNKNOWN]
    return made([w for w in standing if asset_id is None or w.asset_id in (None, asset_id)], now)


def openvex(waivers: Sequence[Waiver], now: datetime) -> Document:
    """Its author is the owner where there is one alone."""
    owners = {w.owner for w in waivers}
    return {
        "@context": "https://openvex.dev/ns/v0.2.0",
        "@id": f"urn:pulse-tui:vex:{_digest(waivers, now)}",
        "author": owners.pop() if len(owners) == 1 else "pulse-tui",
        "timestamp": iso(now),
        "version": 1,
        "statements": [dict(_statement(w)) for w in waivers],
    }


def _statement(waiver: Waiver) -> Iterator[tuple[str, Any]]:
    yield "@id", f"urn:pulse-tui:waiver:{waiver.id}"
    yield "vulnerability", {"name": waiver.advisory}
    yield "timestamp", iso(waiver.placed_at)
    component = [_product(component_ref(waiver))] if waiver.component_id is not None else []
    if waiver.asset_id is None:
        yield "products", component
    else:
        asset = {"@id": asset_ref(waiver)}
        yield "products", [{**asset, "subcomponents": component} if component else asset]
    yield "status", waiver.status.value
    if waiver.justification is not None:
        yield "justification", waiver.justification.value
    yield _NOTES[waiver.status], waiver.rationale


def _product(ref: str) -> dict[str, Any]:
    return {"@id": ref, **({"identifiers": {"purl": ref}} if ref.startswith("pkg:") else {})}


def cyclonedx(waivers: Sequence[Waiver], now: datetime) -> Document:
    """Standalone: it lists no components; what is affected is named by its package URL."""
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{UUID(_digest(waivers, now)[:32])}",
        "version": 1,
        "metadata": {"timestamp": iso(now)},
        "vulnerabilities": [_vulnerability(w) for w in waivers],
    }


def _vulnerability(waiver: Waiver) -> Document:
    analysis = {"state": ANALYSES[waiver.status], "detail": waiver.rationale, "firstIssued": iso(waiver.placed_at)}
    if waiver.justification is not None:
        analysis["justification"] = JUSTIFIED[waiver.justification]
    affected = {"ref": component_ref(waiver) if waiver.component_id is not None else asset_ref(waiver)}
    told = {
        "asset": asset_ref(waiver) if waiver.asset_id is not None else "",
        "owner": waiver.owner,
        "review": iso(waiver.review_at),
        "justification": waiver.justification.value if waiver.justification is not None else "",
        "accepted": "true" if waiver.status is VexStatus.AFFECTED else "",
    }
    return {
        "bom-ref": f"waiver-{waiver.id}",
        "id": waiver.advisory,
        "analysis": analysis,
        "affects": [affected],
        "properties": [{"name": PROPERTY + name, "value": value} for name, value in told.items() if value],
    }


def component_ref(waiver: Waiver) -> str:
    """The component as a package URL with its version; one that has none as a name of our own."""
    assert waiver.component_id is not None
    ident, mark, more = waiver.component_id.partition("?")
    version = f"@{quote(waiver.version, safe=':')}" if waiver.version else ""
    if ident.startswith("pkg:"):
        return f"{ident}{version}{mark}{more}"
    return COMPONENT + quote(waiver.component_id, safe="") + version


def asset_ref(waiver: Waiver) -> str:
    """``urn:pulse-tui:asset:gateway#production``."""
    where = f"#{waiver.environment.value}" if waiver.environment is not None else ""
    return ASSET + quote(waiver.asset_id or "", safe="") + where


def _digest(waivers: Sequence[Waiver], now: datetime) -> str:
    return hashlib.sha256(msgspec.json.encode([list(waivers), iso(now)])).hexdigest()


_FORMS: Mapping[str, Callable[[Sequence[Waiver], datetime], Document]] = {"openvex": openvex, "cyclonedx": cyclonedx}
