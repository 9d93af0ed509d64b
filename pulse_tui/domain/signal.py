"""The signal contract ``pulse.signal/1``: the normalized event every source emits."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.estate import Asset
from pulse_tui.domain.evidence import EVIDENCE, Evidence, NoteEvidence
from pulse_tui.domain.text import clean, clean_block, name_problem
from pulse_tui.domain.words import AssetType, Change, Environment, Recommended, Severity, SignalType

SCHEMA_ID = "pulse.signal/1"
MAX_LINKS = 50
NO_TITLE = "(no title)"

Name = Annotated[str, Meta(min_length=1, max_length=300)]


class Signal(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One normalized event. Texts are already safe to draw; times are aware."""

    id: str
    source: str
    signal_type: SignalType
    severity: Severity
    confidence: float
    recommended_action: Recommended
    occurred_at: datetime
    observed_at: datetime
    title: str
    evidence: Any
    """An :class:`~pulse_tui.domain.evidence.Evidence` of the kind ``signal_type`` asks for."""
    fingerprint: str
    change: Change | None = None
    asset_type: AssetType | None = None
    asset_id: str | None = None
    environment: Environment | None = None
    baseline_version: str | None = None
    current_version: str | None = None
    owner_team: str | None = None
    summary: str | None = None
    links: list[str] = []


class _Wire(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename=None):
    """The record as it arrives; evidence is decoded once its type is known."""

    id: Name
    source: Name
    signal_type: SignalType
    severity: Severity
    confidence: Annotated[float, Meta(ge=0.0, le=1.0)]
    recommended_action: Recommended
    occurred_at: Annotated[datetime, Meta(tz=True)]
    observed_at: Annotated[datetime, Meta(tz=True)]
    title: Name
    evidence: msgspec.Raw
    fingerprint: Name
    change: Change | None = None
    asset_type: AssetType | None = None
    asset_id: Name | None = None
    environment: Environment | None = None
    baseline_version: Name | None = None
    current_version: Name | None = None
    owner_team: Name | None = None
    summary: Annotated[str, Meta(max_length=20_000)] | None = None
    links: Annotated[list[Annotated[str, Meta(max_length=2_000)]], Meta(max_length=MAX_LINKS)] = []


_WIRE = msgspec.json.Decoder(_Wire)
_EVIDENCE = {kind: msgspec.json.Decoder(shape) for kind, shape in EVIDENCE.items()}
_EARLIER = {SignalType.SILENT_CHANGE: msgspec.json.Decoder(NoteEvidence)}
"""What evidence was before version 0.4: databases hold it."""
_ENCODER = msgspec.json.Encoder(order="deterministic")


class BadRecord(ValueError):
    """A record that is refused; ``problem`` gives the field and the reason."""

    def __init__(self, problem: Problem) -> None:
        """``problem.where`` is the field."""
        self.problem = problem
        super().__init__(str(problem))


def decode(raw: bytes) -> Signal:
    """Read one JSON record strictly.

    Raises :class:`BadRecord` with the field and the reason: an unknown or missing field, a
    wrong type, a value outside its list or range, a naive time, evidence of another type.
    """
    try:
        wire = _WIRE.decode(raw)
    except _UNREADABLE as error:
        raise BadRecord(_problem(str(error))) from None
    try:
        evidence = _EVIDENCE[wire.signal_type].decode(wire.evidence)
    except _UNREADABLE as error:
        raise BadRecord(_problem(str(error), under="evidence")) from None
    _refuse_names(wire)
    _refuse_far(wire.occurred_at, "occurred_at")
    _refuse_far(wire.observed_at, "observed_at")
    for name in evidence.__struct_fields__:
        _refuse_far(getattr(evidence, name), f"evidence.{name}")
    if wire.change is None and wire.signal_type is SignalType.VERSION_EVENT:
        raise BadRecord(Problem("change", "a version_event must name its change"))
    for link in wire.links:
        if not link.startswith(("http://", "https://")):
            raise BadRecord(Problem("links", f"not an http(s) address: {clean(link, 80)!r}"))
    return Signal(
        id=clean(wire.id, 300),
        source=clean(wire.source, 300),
        signal_type=wire.signal_type,
        change=wire.change,
        asset_type=wire.asset_type,
        asset_id=_opt(wire.asset_id),
        environment=wire.environment,
        baseline_version=_opt(wire.baseline_version),
        current_version=_opt(wire.current_version),
        severity=wire.severity,
        confidence=wire.confidence,
        recommended_action=wire.recommended_action,
        owner_team=_opt(wire.owner_team),
        occurred_at=wire.occurred_at,
        observed_at=wire.observed_at,
        title=clean(wire.title, 300) or NO_TITLE,
        summary=clean_block(wire.summary) if wire.summary is not None else None,
        links=[clean(link, 2_000) for link in wire.links],
        evidence=_clean_evidence(evidence),
        fingerprint=clean(wire.fingerprint, 300),
    )


_UNREADABLE = (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_YEARS = range(1970, 2200)
"""Times outside these years are mistakes, and arithmetic with them overflows."""


_NAMES = ("id", "source", "fingerprint", "asset_id", "baseline_version", "current_version")


def _refuse_names(wire: _Wire) -> None:
    """A name is not cleaned: it would be another one, and two that were distinct would be the same."""
    for name in _NAMES:
        value = getattr(wire, name)
        if value is not None and (problem := name_problem(value)):
            raise BadRecord(Problem(name, problem))
        if value is not None and not clean(value, 300):
            raise BadRecord(Problem(name, "has no character that can be shown"))


def _refuse_far(value: Any, where: str) -> None:
    if isinstance(value, datetime) and value.year not in _YEARS:
        raise BadRecord(Problem(where, f"the year {value.year} is not plausible"))


def encode(signal: Signal) -> bytes:
    """The signal as one canonical JSON object (keys sorted, no white space)."""
    return _ENCODER.encode(signal)


def decode_evidence(kind: SignalType, raw: bytes | str) -> Evidence:
    """Evidence as stored, also by an earlier version."""
    try:
        return _EVIDENCE[kind].decode(raw)
    except msgspec.ValidationError:
        if kind not in _EARLIER:
            raise
        return _EARLIER[kind].decode(raw)


def fingerprint(*parts: str | None) -> str:
    """A stable name for "the same condition": 20 hex digits over ``parts``."""
    joined = "\x1f".join(p or "" for p in parts)
    return hashlib.sha256(joined.encode()).hexdigest()[:20]


def signal_id(source: str, *parts: str | None) -> str:
    """A stable id for "the same event of this source": a redelivery gets the same one."""
    return f"{source}:{fingerprint(source, *parts)}"


def observed(
    kind: SignalType,
    *,
    source: str,
    event: Sequence[str | None],
    fingerprint: str,
    title: str,
    evidence: Evidence,
    severity: Severity,
    recommended: Recommended,
    now: datetime,
    at: datetime | None = None,
    confidence: float = 1.0,
    change: Change | None = None,
    asset_id: str | None = None,
    asset: Asset | None = None,
    owner_team: str | None = None,
    environment: Environment | None = None,
    baseline_version: str | None = None,
    current_version: str | None = None,
    summary: str | None = None,
    links: Sequence[str | None] = (),
    id_source: str | None = None,
) -> Signal:
    """A signal made here: it is cleaned as :func:`decode` cleans a record from outside.

    ``event`` distinguishes this event from the last of its source and gives the id. ``fingerprint`` names the
    condition. ``at`` is when it occurred (absent: ``now``). ``asset`` gives its type and owner. ``links`` that are not
    there are left out. ``id_source`` stands in the id where that names another source.
    """
    return Signal(
        id=signal_id(id_source or source, *event),
        source=source,
        signal_type=kind,
        change=change,
        asset_type=asset.asset_type if asset is not None else None,
        asset_id=asset_id,
        environment=environment,
        baseline_version=baseline_version,
        current_version=current_version,
        severity=severity,
        confidence=confidence,
        recommended_action=recommended,
        owner_team=asset.owner_team if asset is not None else owner_team,
        occurred_at=now if at is None else at,
        observed_at=now,
        title=clean(title, 300) or NO_TITLE,
        summary=(clean_block(summary) or None) if summary is not None else None,
        links=[clean(link, 2_000) for link in links if link][:MAX_LINKS],
        evidence=evidence,
        fingerprint=fingerprint,
    )


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of ``pulse.signal/1``, evidence tied to ``signal_type``."""
    shapes = sorted(set(EVIDENCE.values()), key=lambda s: s.__name__)
    (wire, *refs), components = msgspec.json.schema_components([_Wire, *shapes], ref_template="#/$defs/{name}")
    del refs
    root = components.pop("_Wire")
    del wire
    root["properties"]["evidence"] = {"type": "object"}
    root["allOf"] = [
        {
            "if": {"properties": {"signal_type": {"const": kind.value}}},
            "then": {"properties": {"evidence": {"$ref": f"#/$defs/{shape.__name__}"}}},
        }
        for kind, shape in EVIDENCE.items()
    ] + [
        {
            "if": {"properties": {"signal_type": {"const": "version_event"}}},
            "then": {"required": ["change"], "properties": {"change": {"type": "string"}}},
        }
    ]
    root["title"] = SCHEMA_ID
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **root,
        "$defs": components,
    }


def _opt(text: str | None) -> str | None:
    return clean(text, 300) if text is not None else None


def _clean_evidence(evidence: Evidence) -> Evidence:
    changes: dict[str, Any] = {}
    for name in evidence.__struct_fields__:
        value = getattr(evidence, name)
        if isinstance(value, str):
            safe = clean(value, 2_000)
            if safe != value:
                changes[name] = safe
        elif isinstance(value, list) and any(isinstance(v, str) for v in value):
            changes[name] = [clean(v, 500) for v in value]
    return msgspec.structs.replace(evidence, **changes) if changes else evidence


def _problem(message: str, under: str = "") -> Problem:
    """Split msgspec's ``reason - at `$.path``` into where and what."""
    reason, _, path = message.partition(" - at `")
    path = path.rstrip("`").removeprefix("$").lstrip(".")
    where = ".".join(p for p in (under, path) if p) or "record"
    if "unknown field" in reason or "missing required field" in reason:
        field = reason.rsplit("`", 2)[-2]
        where = ".".join(p for p in (under, path, field) if p)
    return Problem(clean(where, 200), clean(reason))
