"""Whether two alerts belong to one incident: by what they share, and how far apart they began."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from pulse_tui.domain.incident import Footing, Incident
from pulse_tui.domain.words import SignalType
from pulse_tui.enrich.alerts.kinds import OF_SERVICE, SYMPTOMS, kind_words


class Shared(StrEnum):
    """What two alerts have in common."""

    ASSET = "asset"
    COMPONENT = "component"
    UPSTREAM = "upstream"
    MODEL = "model"
    PLATFORM = "platform"
    STORM = "storm"


class Relation(NamedTuple):
    """Why an alert belongs to an incident."""

    shared: Shared
    score: float
    why: str


_HOUR = timedelta(hours=1)
_SCORES = {
    Shared.ASSET: 1.0,
    Shared.COMPONENT: 0.9,
    Shared.UPSTREAM: 0.8,
    Shared.PLATFORM: 0.6,
    Shared.MODEL: 0.5,
    Shared.STORM: 0.3,
}
WITHIN: dict[Shared, tuple[timedelta, timedelta, timedelta]] = {
    Shared.ASSET: (2 * _HOUR, 24 * _HOUR, 24 * _HOUR),
    Shared.COMPONENT: (2 * _HOUR, 12 * _HOUR, 24 * _HOUR),
    Shared.UPSTREAM: (2 * _HOUR, 12 * _HOUR, 12 * _HOUR),
    Shared.PLATFORM: (2 * _HOUR, 12 * _HOUR, 24 * _HOUR),
    Shared.MODEL: (1 * _HOUR, 3 * _HOUR, 24 * _HOUR),
}
"""How far apart the two may lie: two symptoms of service; where one is measured every few hours or once a night; where one
only informs (a note, an advisory)."""
STORM = 20
"""So many incidents that one rule opened within :data:`STORM_WITHIN` are one storm."""
STORM_WITHIN = timedelta(minutes=10)


def related(new: Footing, old: Footing) -> Relation | None:
    """What an alert shares with one of an incident, if they lie near enough; the closest relation there is."""
    for shared, why in _shared(new, old):
        if _apart(new, old) <= _within(shared, new, old):
            return Relation(shared, _SCORES[shared], why)
    return None


def belongs(new: Footing, incident: Incident) -> Relation | None:
    """The closest relation of an alert to a symptom of an incident; None when it has none. What only informs draws nothing
    in: a note on a vendor's model is of interest to all who use it, and they have no trouble yet."""
    symptoms = (old for old in incident.footings if old.kind in SYMPTOMS)
    found = [relation for old in symptoms if (relation := related(new, old)) is not None]
    return max(found, key=lambda r: r.score, default=None)


def best(new: Footing, incidents: Iterable[Incident]) -> tuple[Incident, Relation] | None:
    """The open incident that the alert belongs to: by the closest relation, of several the one that something happened to last."""
    found = [(incident, relation) for incident in incidents if (relation := belongs(new, incident)) is not None]
    return max(found, key=lambda pair: (pair[1].score, pair[0].last_at, pair[0].id), default=None)


def of_storm(new: Footing, incidents: Iterable[Incident]) -> tuple[Incident, Relation] | None:
    """The first incident of a storm of the alert's rule, when there is one: what is unrelated otherwise goes there."""
    near = [
        i
        for i in incidents
        if i.footings
        and i.footings[0].rule_id == new.rule_id
        and abs(new.last_at - i.footings[0].last_at) <= STORM_WITHIN
    ]
    if len(near) < STORM:
        return None
    first = min(near, key=lambda i: (i.opened_at, i.id))
    why = f"rule {new.rule_id} opened {len(near)} incidents within {STORM_WITHIN.seconds // 60} minutes: a storm"
    return first, Relation(Shared.STORM, _SCORES[Shared.STORM], why)


def opens(kind: SignalType) -> bool:
    """Whether an alert about such a signal opens an incident when it belongs to none."""
    return kind in SYMPTOMS


def _shared(new: Footing, old: Footing) -> Iterable[tuple[Shared, str]]:
    if new.asset_id is not None and new.asset_id == old.asset_id:
        yield Shared.ASSET, f"the same asset: {new.asset_id}"
    for one, other in ((new, old), (old, new)):
        if both := _both(one.names, (*other.names, *other.uses)):
            who = other.asset_id or "the other"
            yield Shared.COMPONENT, f"{both} is named by {_name(one)}, and {who} uses it"
        if one.asset_id is not None and one.asset_id in other.upstream:
            yield Shared.UPSTREAM, f"{other.asset_id} depends on {one.asset_id}"
        if platform := _both(one.platforms, (*other.platforms, *map(platform_of, other.uses))):
            yield Shared.PLATFORM, f"{platform}: {_name(one)} is about it, and {other.asset_id or 'the other'} uses it"
    if model := _both(new.uses, old.uses):
        yield Shared.MODEL, f"{new.asset_id} and {old.asset_id} both use {model}"


def platform_of(component: str) -> str:
    """Of a hosted model's id its platform; "" for what has none."""
    platform, slash, _ = component.partition("/")
    return platform.lower() if slash and ":" not in platform else ""


def _name(footing: Footing) -> str:
    return kind_words(footing.kind) + (f" of {footing.asset_id}" if footing.asset_id else "")


def _both(ours: Iterable[str], theirs: Iterable[str]) -> str:
    there = {t for t in theirs if t}
    return next((o for o in ours if o in there), "")


def _apart(a: Footing, b: Footing) -> timedelta:
    return max(a.at - b.last_at, b.at - a.last_at, timedelta())


def _within(shared: Shared, a: Footing, b: Footing) -> timedelta:
    service, measured, informs = WITHIN[shared]
    kinds = {a.kind, b.kind}
    if not kinds <= SYMPTOMS:
        return informs
    return service if kinds <= OF_SERVICE else measured
