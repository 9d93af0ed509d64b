"""Which assets a vendor note concerns, and the signals it gives for each."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.estate import Asset, Component, Dependency, Estate
from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.note import Label, Note, NoteKind, Reading
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import ComponentKind, Environment, Recommended, Severity, SignalType
from pulse_tui.enrich.advisories.versions import against, order
from pulse_tui.enrich.lookups import ecosystem_key
from pulse_tui.enrich.vendors.incidents import ended
from pulse_tui.enrich.vendors.mentions import Named, Reach, about, closest, model_of, named, packages, plain
from pulse_tui.enrich.vendors.platforms import elsewhere, place, platform, same
from pulse_tui.enrich.vendors.successors import apart, rows

_EVERY = re.compile(r"\b(?:all (?:of )?(?:our |the )?(?:api |available )?models|every (?:api )?model)\b", re.IGNORECASE)
"""A note that means whatever its vendor serves."""
_TIER = r"(?:mini|nano|micro|lite|flash|turbo|pro|max|ultra|large|medium|small|haiku|sonnet|opus)"
_NAMED = frozenset({ComponentKind.HOSTED_MODEL, ComponentKind.PACKAGE})
_OF_SOFTWARE = frozenset({NoteKind.CHANGELOG, NoteKind.RELEASES, NoteKind.BULLETIN})
"""Pages whose notes may be about a package that is called as their vendor is."""
_BY_FAMILY = 0.2
"""How much less certain it is that a note is about another pinned state of its model."""

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


class Hit(NamedTuple):
    """A component of an asset that a note is about."""

    component: Component
    reach: Reach
    environments: tuple[Environment, ...]
    """Where the asset uses it and is deployed, production first."""


def note_signals(
    note: Note, reading: Reading, estate: Estate, now: datetime, heads: Mapping[str, str] | None = None
) -> list[Signal]:
    """Signals of a note: for each asset that depends on a model or package it is about, one of each type its labels ask for.

    A note that is about nothing of ours gives its signals once, without asset. An incident that the
    note itself calls resolved is a plain ``vendor_note``; so is what a release of a package deprecates, which is not the
    package. ``heads``: what a moving model id resolves to, by component id.
    """
    kinds = _kinds(note, reading)
    found = hits(note, estate, heads)
    if not found:
        return [_signal(note, reading, kind, None, [], now) for kind in kinds]
    return [
        _signal(note, reading, kind, estate.assets[asset_id], part, now, several=part is not used)
        for asset_id, used in found.items()
        for kind in (kinds if _of_models(used) else [SignalType.VENDOR_NOTE])
        for part in (_by_model(used) if kind is SignalType.DEPRECATION else [used])
    ]


def resolved(note: Note, reading: Reading, estate: Estate) -> list[str]:
    """Fingerprints of incidents that this note reports as resolved."""
    if Label.INCIDENT not in reading.labels or not ended(note):
        return []
    assets: list[Asset | None] = [estate.assets[a] for a in whom(note, estate)]
    return [condition(SignalType.INCIDENT, note.vendor, note.key, [], asset) for asset in assets or [None]]


def _kinds(note: Note, reading: Reading) -> list[SignalType]:
    kinds = [_TYPES[label] for label in reading.labels if label in _TYPES]
    if SignalType.INCIDENT in kinds and ended(note):
        kinds = [SignalType.VENDOR_NOTE if kind is SignalType.INCIDENT else kind for kind in kinds]
    return list(dict.fromkeys(kinds)) or [SignalType.VENDOR_NOTE]


def _by_model(used: list[Hit]) -> list[list[Hit]]:
    """One model on one platform each: the end of each has its own date, successor and migration."""
    parts: dict[tuple[str, str], list[Hit]] = defaultdict(list)
    for hit in used:
        parts[_platform(hit.component), hit.component.name].append(hit)
    return list(parts.values()) if len(parts) > 1 else [used]


def _platform(component: Component) -> str:
    where = place(component.id)
    return where[0] if where is not None else ""


def _of_models(used: Sequence[Hit]) -> bool:
    return any(hit.component.kind is ComponentKind.HOSTED_MODEL for hit in used)


def whom(note: Note, estate: Estate) -> dict[str, list[Component]]:
    """The components of :func:`hits`, by asset."""
    return {asset_id: [hit.component for hit in used] for asset_id, used in hits(note, estate).items()}


def hits(note: Note, estate: Estate, heads: Mapping[str, str] | None = None) -> dict[str, list[Hit]]:
    """Hosted models and packages that the note is about, by asset, in the order of the estate; where it names none and
    speaks of all models, those of its vendor. What it recommends instead is not what it is about."""
    text, models, of_models = _subjects(note)
    names = frozenset[str]() if of_models or note.kind not in _OF_SOFTWARE else packages(note)
    every = _EVERY.search(text) is not None and not models
    ours: dict[tuple[str, str | None], Reach | None] = {}
    found: dict[str, list[Hit]] = defaultdict(list)
    for dependency in estate.dependencies:
        component = dependency.component
        if component.kind not in _NAMED or dependency.asset_id not in estate.assets:
            continue
        key = component.id, component.version
        if key not in ours:
            ours[key] = _reach(note, text, component, models, names, every=every, head=(heads or {}).get(component.id))
        how = ours[key]
        if how is not None and all(component != hit.component for hit in found[dependency.asset_id]):
            found[dependency.asset_id].append(Hit(component, how, _where(dependency, estate)))
    return {asset_id: used for asset_id, used in found.items() if used}


def _subjects(note: Note) -> tuple[str, frozenset[Named], bool]:
    """The text without what it recommends instead, the models that it is about, and whether it speaks of models at all."""
    whole = plain(f"{note.title}\n{note.body}")
    if note.models and note.kind is NoteKind.DEPRECATIONS:
        listed = "\n".join(note.models)
        return listed, named(listed), True
    rest, _ = apart(whole)
    models = named(rest) | named("\n".join(note.models))
    return rest, models, bool(models or named(whole))


def successor(note: Note, used: Sequence[Hit]) -> str | None:
    """The model that the note recommends instead of these, as ``lab/model``; None where it is not clear which of several."""
    whole = plain(f"{note.title}\n{note.body}")
    mine = [m for hit in used if (m := model_of(hit.component)) is not None]
    own = [after for ends, after in rows(whole) if any(closest(named(ends), m) for m in mine)]
    parts = own[0] if own else apart(whole)[1]
    _, models, _ = _subjects(note)
    bases = {(m.lab, m.base) for m in models}
    listed = note.models and note.kind is NoteKind.DEPRECATIONS and not parts
    others = sorted({m.name for m in named(whole if listed else parts) if (m.lab, m.base) not in bases})
    several = len(bases) > 1 and not own and (len(others) > 1 or "respectively" in parts)
    return None if several else others[0] if len(others) == 1 else _first(parts, others)


def _first(text: str, names: Sequence[str]) -> str | None:
    """Of several the one that stands first: pages list the closest successor in front."""
    flat = text.lower().replace(" ", "-")
    places = [(flat.find(n.partition("/")[2]), n) for n in names]
    return min((p for p in places if p[0] >= 0), default=(0, None))[1]


def _reach(
    note: Note, text: str, component: Component, models: frozenset[Named], names: frozenset[str], *, every: bool,
    head: str | None,
) -> Reach | None:  # fmt: skip
    if component.kind is ComponentKind.PACKAGE:
        return about(component, models, names) if _in_time(note, component) else None
    if every and same(component.id.partition("/")[0], note.vendor):
        return Reach.EXACT
    how = about(component, models, names)
    if how is Reach.FAMILY and head is not None and (mine := model_of(component)) is not None:
        how = closest(models, next(iter(named(head)), None) or mine._replace(snapshot=head))
    return how or (Reach.EXACT if _exactly(text, component) else None)


def _in_time(note: Note, component: Component) -> bool:
    """Whether a release says something to who runs the component: not when that is newer already."""
    if note.version is None or component.version is None or note.package is None:
        return True
    read = order(ecosystem_key(component.ecosystem or "pypi"))
    theirs, mine = (read(note.version.removeprefix("v")), read(component.version)) if read is not None else (None, None)
    if theirs is None or mine is None:
        return True
    return bool(against(mine, theirs) <= theirs)


def _where(dependency: Dependency, estate: Estate) -> tuple[Environment, ...]:
    deployed = estate.environments(dependency.asset_id)
    return tuple(e for e in deployed if not dependency.environments or e in dependency.environments)


def _exactly(text: str, component: Component) -> bool:
    if component.kind is not ComponentKind.HOSTED_MODEL:
        return False
    return any(mentions(text, n) for n in {component.name, component.id.partition("/")[2] or component.id})


def condition(kind: SignalType, vendor: str, key: str, used: Sequence[Component], asset: Asset | None) -> str:
    """The fingerprint: a model's deprecation is one condition however often and by whomever it is announced; other notes are
    each their own."""
    lasting = kind is SignalType.DEPRECATION and used
    about = ",".join(sorted({c.name for c in used})) if lasting else key
    platform, slash, _ = min(c.id for c in used).partition("/") if lasting else ("", "", "")
    return fingerprint("note", kind, platform if slash else vendor, about, asset.id if asset else None)


def _signal(
    note: Note,
    reading: Reading,
    kind: SignalType,
    asset: Asset | None,
    used: list[Hit],
    now: datetime,
    *,
    several: bool = False,
) -> Signal:
    models = list(dict.fromkeys(hit.component.name for hit in used))
    ids = list(dict.fromkeys(hit.component.id for hit in used))
    security = Label.SECURITY in reading.labels
    behaviour = Label.BEHAVIOUR_CHANGE in reading.labels or (
        bool(used) and not _of_models(used) and Label.DEPRECATION in reading.labels
    )
    plain = Severity.HIGH if security else Severity.MEDIUM if behaviour else Severity.LOW
    suggested = Recommended.REVIEW if security else Recommended.RETEST if behaviour else Recommended.NOTE
    content = fingerprint(note.title, note.body)
    family = bool(used) and all(hit.reach is Reach.FAMILY for hit in used)
    other = bool(used) and all(elsewhere(note.vendor, ident) for ident in ids)
    return observed(
        kind,
        source=note.source,
        event=("note", note.key, content, kind, asset.id if asset else None, *(ids if several else ())),
        fingerprint=condition(kind, note.vendor, note.key, [hit.component for hit in used], asset),
        asset_id=asset.id if asset else None,
        asset=asset,
        severity=_SEVERITY.get(kind, plain),
        confidence=round(_confidence(note, used) - (_BY_FAMILY if family else 0), 2),
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
            effective_at=None if other else reading.effective_at,
            floor=reading.floor and not other,
            elsewhere=platform(note.vendor) if other else None,
            elsewhere_at=reading.effective_at if other and not reading.floor else None,
            by_family=family,
            components=ids,
            successor=successor(note, used) if kind is SignalType.DEPRECATION else None,
            release=note.version if note.package is not None and used and not _of_models(used) else None,
            compared=[line for hit in used if (line := _version_words(note, hit))],
        ),
    )


def _version_words(note: Note, hit: Hit) -> str:
    """``vllm 0.12.0 is released; 0.9.1 runs in production``."""
    if hit.component.kind is not ComponentKind.PACKAGE or note.version is None:
        return ""
    places = ", ".join(e.value for e in hit.environments)
    runs = f"{hit.component.version} runs" if hit.component.version else "which version runs is not known"
    return f"{hit.component.name} {note.version} is released; {runs}" + (f" in {places}" if places else "")


def _confidence(note: Note, used: list[Hit]) -> float:
    """Patterns are uncertain; a note of one vendor about a model that another platform hosts is less certain still."""
    if not used:
        return 0.5
    if not _of_models(used):
        return 0.8 if note.package is not None else 0.6
    own = any(same(hit.component.id.partition("/")[0], note.vendor) for hit in used)
    return 0.8 if own else 0.6
