"""Which assets a vendor note concerns, and the signals it gives for each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime

from pulse_tui.domain.estate import Asset, Component, Estate
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.note import Label, Note, Reading
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import ComponentKind, Recommended, Severity, SignalType
from pulse_tui.enrich.vendors.incidents import ended
from pulse_tui.enrich.vendors.mentions import about, named, packages, plain

_EVERY = re.compile(r"\b(?:all (?:of )?(?:our |the )?(?:api |available )?models|every (?:api )?model)\b", re.IGNORECASE)
"""A note that means whatever its vendor serves."""
_TIER = r"(?:mini|nano|micro|lite|flash|turbo|pro|max|ultra|large|medium|small|haiku|sonnet|opus)"
_NAMED = frozenset({ComponentKind.HOSTED_MODEL, ComponentKind.PACKAGE})

_TYPES: Mapping[Label, SignalType] = {
    Label.DEPRECATION: SignalType.DEPRECATION,
    Label.PRICING: SignalType.PRICING_CHANGE,
    Label.RATE_LIMIT: SignalType.RATE_LIMIT_CHANGE,
    Label.INCIDENT: SignalType.INCIDENT,
    Label.BEHAVIOUR_CHANGE: SignalType.VENDOR_NOTE,
    Label.SECURITY: SignalType.VENDOR_NOTE,
}
_SEVERITY: Mapping[SignalType, Severity] = {
    SignalType.DEPRECATION: Severity.MEDIUM,
    SignalType.INCIDENT: Severity.HIGH,
    SignalType.PRICING_CHANGE: Severity.LOW,
    SignalType.RATE_LIMIT_CHANGE: Severity.LOW,
}
_RECOMMENDED: Mapping[SignalType, Recommended] = {
    SignalType.DEPRECATION: Recommended.RETEST,
    SignalType.INCIDENT: Recommended.MONITOR,
    SignalType.PRICING_CHANGE: Recommended.NOTIFY,
    SignalType.RATE_LIMIT_CHANGE: Recommended.NOTIFY,
}


def mentions(text: str, model: str) -> bool:
    """Whether ``text`` names exactly this model id: ``gpt-4.1`` is not named by ``gpt-4.1-mini``, ``GPT-4.1 mini`` or
    ``gpt-4.10``."""
    pattern = rf"(?<![\w.@-]){re.escape(model)}(?![\w@-]|\.\w|\s+{_TIER}\b)"
    return re.search(pattern, text, re.IGNORECASE) is not None


def note_signals(note: Note, reading: Reading, estate: Estate, now: datetime) -> list[Signal]:
    """Signals of a note: for each asset that depends on a model it names, one of each type its labels ask for.

    A note that names no model of ours gives its signals once, without asset. An incident that the
    note itself calls resolved is a plain ``vendor_note``.
    """
    kinds = _kinds(note, reading)
    hits = whom(note, estate)
    if not hits:
        return [_signal(note, reading, kind, None, [], now) for kind in kinds]
    return [
        _signal(note, reading, kind, estate.assets[asset_id], used, now)
        for asset_id, used in hits.items()
        for kind in kinds
    ]


def resolved(note: Note, reading: Reading, estate: Estate) -> list[str]:
    """Fingerprints of incidents that this note reports as resolved."""
    if Label.INCIDENT not in reading.labels or not ended(note):
        return []
    assets: list[Asset | None] = [estate.assets[a] for a in whom(note, estate)]
    return [_condition(note, SignalType.INCIDENT, asset, []) for asset in assets or [None]]


def _kinds(note: Note, reading: Reading) -> list[SignalType]:
    kinds = [_TYPES[label] for label in reading.labels if label in _TYPES]
    if SignalType.INCIDENT in kinds and ended(note):
        kinds = [SignalType.VENDOR_NOTE if kind is SignalType.INCIDENT else kind for kind in kinds]
    return list(dict.fromkeys(kinds)) or [SignalType.VENDOR_NOTE]


def whom(note: Note, estate: Estate) -> dict[str, list[Component]]:
    """Hosted models and packages that the note names, by asset, in the order of the estate; where it names none and
    speaks of all models, those of its vendor."""
    text = plain(f"{note.title}\n{note.body}")
    models, names = named(text), packages(note)
    every = _EVERY.search(text) is not None and not models
    ours: dict[str, bool] = {}
    hits: dict[str, list[Component]] = defaultdict(list)
    for dependency in estate.dependencies:
        component = dependency.component
        if component.kind not in _NAMED or dependency.asset_id not in estate.assets:
            continue
        if component.id not in ours:
            theirs = every and component.id.partition("/")[0].lower() == note.vendor.lower()
            ours[component.id] = theirs or about(component, models, names) or _exactly(text, component)
        if ours[component.id] and component not in hits[dependency.asset_id]:
            hits[dependency.asset_id].append(component)
    return {asset_id: used for asset_id, used in hits.items() if used}


def _exactly(text: str, component: Component) -> bool:
    if component.kind is not ComponentKind.HOSTED_MODEL:
        return False
    return any(mentions(text, n) for n in {component.name, component.id.partition("/")[2] or component.id})


def _condition(note: Note, kind: SignalType, asset: Asset | None, models: list[str]) -> str:
    """A model's deprecation is one condition however often it is announced; other notes are each their own."""
    lasting = kind is SignalType.DEPRECATION and models
    about = ",".join(sorted(models)) if lasting else note.key
    return fingerprint("note", kind, note.vendor, about, asset.id if asset else None)


def _signal(
    note: Note, reading: Reading, kind: SignalType, asset: Asset | None, used: list[Component], now: datetime
) -> Signal:
    models = [component.name for component in used]
    security = Label.SECURITY in reading.labels
    behaviour = Label.BEHAVIOUR_CHANGE in reading.labels
    plain = Severity.HIGH if security else Severity.MEDIUM if behaviour else Severity.LOW
    suggested = Recommended.REVIEW if security else Recommended.RETEST if behaviour else Recommended.NOTE
    content = fingerprint(note.title, note.body)
    return observed(
        kind,
        source=note.source,
        event=("note", note.key, content, kind, asset.id if asset else None),
        fingerprint=_condition(note, kind, asset, models),
        asset_id=asset.id if asset else None,
        asset=asset,
        severity=_SEVERITY.get(kind, plain),
        confidence=_confidence(note, used),
        recommended=_RECOMMENDED.get(kind, suggested),
        at=note.published_at,
        now=now,
        title=clean(note.title, 300) or f"note of {note.vendor}",
        summary=note.body[:2_000],
        links=[note.link],
        evidence=NoteEvidence(
            note=note.key,
            vendor=note.vendor,
            labels=[str(label) for label in reading.labels],
            models=models,
            phrase=reading.phrase,
            effective_at=reading.effective_at,
        ),
    )


def _confidence(note: Note, used: list[Component]) -> float:
    """Patterns are uncertain; a note of one vendor about a model that another platform hosts is less certain still."""
    if not used:
        return 0.5
    same = any(component.id.partition("/")[0].lower() == note.vendor.lower() for component in used)
    return 0.8 if same else 0.6
