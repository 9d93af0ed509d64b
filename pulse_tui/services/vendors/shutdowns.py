"""When the hosted models in use end, over all that state it: lists, catalogues, and notes with a date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import msgspec

from pulse_tui.domain.estate import Component, Estate
from pulse_tui.domain.lifecycle import Stage, StoredLifecycle
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.note import Label, StoredNote
from pulse_tui.domain.views.vendors import ShutdownRow, Shutdowns, Statement
from pulse_tui.domain.words import ComponentKind, Environment
from pulse_tui.enrich.vendors.names import canonical
from pulse_tui.enrich.vendors.notes import whom
from pulse_tui.ports import Store, Transaction

NOTES = 2_000
"""Of the newest notes those are looked through that announce an end."""


def platform_of(component: Component) -> tuple[str, str] | None:
    """(platform, exact id) of a hosted model; None where its id names no platform."""
    platform, slash, model = component.id.partition("/")
    return (platform, model) if slash and platform and model else None


def statement(stored: StoredLifecycle) -> Statement:
    """What a source states, ready to draw."""
    item = stored.item
    return Statement(
        item.source,
        to_us(item.ends_at) if item.ends_at else None,
        floor=item.floor,
        month_only=item.month_only,
        stage="" if item.stage is Stage.UNKNOWN else item.stage.value,
        listed=stored.listed,
        successor=item.successor or "",
        note=item.note or "",
    )


def shutdowns(store: Store, now: datetime) -> Shutdowns:
    """Hosted models in use by when they end; those without a date last. What ended and is still used stays."""
    with store.read() as tx:
        uses = tx.dependencies.using(kinds=[ComponentKind.HOSTED_MODEL])
        estate = msgspec.structs.replace(tx.estate.load(), dependencies=uses)
        every = tx.vendors.lifecycles()
        announced = list(_announced(tx))
    used = defaultdict[str, list[str]](list)
    components = {u.component.id: u.component for u in uses if u.asset_id in estate.assets}
    for use in uses:
        if use.component.id in components:
            used[use.component.id].append(use.asset_id)
    rows = [_row(c, used[c.id], estate, every, announced) for c in components.values() if platform_of(c) is not None]
    now_us = to_us(now)
    rows.sort(
        key=lambda r: (r.days(now_us) is None, r.settles is not None and r.settles.floor, r.days(now_us) or 0, r.key)
    )
    sources = {s.item.source for s in every} | {n.note.source for n in announced}
    return Shutdowns(tuple(rows), tuple(sorted(sources)), len(components) - len(rows))


def _announced(tx: Transaction) -> Iterator[StoredNote]:
    """Notes that announce an end with a date."""
    for stored in tx.vendors.notes(limit=NOTES):
        if Label.DEPRECATION in stored.reading.labels and stored.reading.effective_at is not None:
            yield stored


def _row(
    component: Component,
    assets: Sequence[str],
    estate: Estate,
    every: Sequence[StoredLifecycle],
    announced: Sequence[StoredNote],
) -> ShutdownRow:
    platform, model = platform_of(component) or ("", component.id)
    name = canonical(component.id).name
    here, elsewhere = list[Statement](), list[str]()
    for stored in every:
        item = stored.item
        if (item.platform.lower(), item.model.lower()) == (platform.lower(), model.lower()):
            here.append(statement(stored))
        elif item.ends_at is not None and canonical(f"{item.platform}/{item.model}").name == name:
            elsewhere.append(f"{item.platform}/{item.model} {statement(stored).when} ({item.source})")
    stated = {(s.source, s.note) for s in here if s.note}
    only = _only(component, estate)
    for note in announced:
        if (note.note.source, note.note.key) in stated or not _names(note, component, only):
            continue
        said = Statement(
            note.note.source,
            to_us(note.reading.effective_at) if note.reading.effective_at else None,
            floor=note.reading.floor,
            stage="announced",
            listed=note.listed,
            note=note.note.key,
        )
        if _speaks_for(note.note.vendor, platform):
            here.append(said)
        else:
            elsewhere.append(f"{note.note.vendor} {said.when} ({note.note.source})")
    production = {a for a in assets if Environment.PRODUCTION in estate.environments(a)}
    return ShutdownRow(
        platform, model, name, tuple(sorted(set(assets))), tuple(here), tuple(dict.fromkeys(elsewhere)),
        production=bool(production),
    )  # fmt: skip


def _only(component: Component, estate: Estate) -> Estate:
    """An estate in which nothing but the component is used."""
    uses = tuple(u for u in estate.dependencies if u.component.id == component.id)
    return msgspec.structs.replace(estate, dependencies=uses[:1])


def _names(stored: StoredNote, component: Component, only: Estate) -> bool:
    reached: Mapping[str, Sequence[Component]] = whom(stored.note, only)
    return any(c.id == component.id for used in reached.values() for c in used)


def _speaks_for(vendor: str, platform: str) -> bool:
    """Whether the vendor's dates are those of the platform: ``azure`` is not ended by what ``openai`` announces."""
    ours, theirs = (text.lower().replace("_", "-").replace(" ", "-") for text in (platform, vendor))
    return ours == theirs or theirs in _SAME.get(ours, ())


_SAME: Mapping[str, tuple[str, ...]] = {
    "amazon-bedrock": ("aws", "amazon", "bedrock", "aws-bedrock"),
    "bedrock": ("aws", "amazon", "amazon-bedrock", "aws-bedrock"),
    "azure": ("microsoft", "azure-openai", "azure-ai"),
    "vertex": ("google", "google-vertex", "google-cloud", "vertex-ai"),
    "google-vertex": ("google", "vertex", "google-cloud", "vertex-ai"),
    "google": ("gemini", "google-ai", "google-ai-studio"),
    "gemini": ("google",),
}
"""Platforms by the names of those who speak for them."""
