"""When the hosted models in use end, over all that state it: lists, catalogues, and notes with a date."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from pulse_tui.domain.estate import Component
from pulse_tui.domain.lifecycle import Lifecycle, Stage, StoredLifecycle
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.note import Label, StoredNote
from pulse_tui.domain.views.vendors import ShutdownRow, Shutdowns, Statement
from pulse_tui.domain.words import Environment
from pulse_tui.enrich.vendors.inuse import Match, Uses
from pulse_tui.enrich.vendors.lifecycles import ended_by, standing
from pulse_tui.enrich.vendors.names import canonical
from pulse_tui.enrich.vendors.platforms import elsewhere, place, same
from pulse_tui.ports import Store, Transaction
from pulse_tui.services.vendors.reached import NoteMemory, Reachable

NOTES = 2_000
"""Of the newest notes those are looked through that announce an end."""
_HOW = {Match.EXACT: "", Match.SNAPSHOT: "of the same snapshot under another id", Match.FAMILY: "of its family"}


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


def shutdowns(store: Store, memory: NoteMemory, now: datetime) -> Shutdowns:
    """Hosted models in use by when they end; those without a date last. What ended and is still used stays."""
    with store.read() as tx:
        used = Reachable(tx)
        every = tx.vendors.lifecycles()
        announced = list(_announced(tx))
        instead = {(t.source, t.note): t.successor for t in tx.vendors.tasks() if t.successor}
    components = {c.id: c for c in used.components.values()}
    placed = [c for c in components.values() if place(c.id) is not None]
    about = [(note, {ident for ident, _ in memory.about(note, used)}) for note in announced]
    named = defaultdict[str, list[StoredLifecycle]](list)
    for stored in every:
        if stored.item.ends_at is not None:
            named[canonical(f"{stored.item.platform}/{stored.item.model}").name].append(stored)
    stated = _stated(placed, every)
    rows = [
        _row(
            c, used, stated.get(c.id, {}), named[canonical(c.id).name], [n for n, ids in about if c.id in ids], instead
        )
        for c in placed
    ]
    now_us = to_us(now)
    rows.sort(key=lambda r: (r.rank(now_us), r.days(now_us) or 0, r.key))
    sources = {s.item.source for s in every} | {n.note.source for n in announced}
    return Shutdowns(tuple(rows), tuple(sorted(sources)), len(components) - len(placed))


def _announced(tx: Transaction) -> Iterator[StoredNote]:
    """Notes that announce an end with a date."""
    for stored in tx.vendors.notes(limit=NOTES):
        if Label.DEPRECATION in stored.reading.labels and stored.reading.effective_at is not None:
            yield stored


def _stated(
    components: Sequence[Component], every: Sequence[StoredLifecycle]
) -> dict[str, dict[Match, list[StoredLifecycle]]]:
    """By component what lists and catalogues state of it, by how exactly."""
    uses = Uses(components)
    found: dict[str, dict[Match, list[StoredLifecycle]]] = defaultdict(lambda: defaultdict(list))
    for stored in every:
        for component, match in ended_by(uses, stored.item):
            found[component.id][match].append(stored)
    return found


def _row(
    component: Component,
    used: Reachable,
    levels: dict[Match, list[StoredLifecycle]],
    of_model: Sequence[StoredLifecycle],
    notes: Sequence[StoredNote],
    instead: Mapping[tuple[str, str], str],
) -> ShutdownRow:
    """``of_model``: statements of the model on any platform; ``notes``: those that announce an end of the component;
    ``instead``: the successor that a note names, as a task has it."""
    platform, model = place(component.id) or ("", component.id)
    # The date of another id is another date: it stands for this one only where nobody states this one's.
    match = next((level for level in Match if level in levels), Match.EXACT)
    here, others = list(levels.get(match, ())), list[str]()
    stated = {(s.item.source, s.item.note) for s in here}
    for note in notes:
        if (note.note.source, note.note.key) in stated:
            continue
        said = _of_note(note, platform, model, instead.get((note.note.source, note.note.key)))
        if not elsewhere(note.note.vendor, component.id):
            here.append(said)
        else:
            others.append(f"{note.note.vendor} {statement(said).when} ({note.note.source})")
    for stored in of_model:
        item = stored.item
        if not same(item.platform, platform):
            others.append(f"{item.platform}/{item.model} {statement(stored).when} ({item.source})")
    end = standing(here)
    assets = sorted({asset for key, users in used.users.items() if key[0] == component.id for asset in users})
    return ShutdownRow(
        platform,
        model,
        canonical(component.id).name,
        tuple(assets),
        date_us=to_us(end.date) if end is not None and end.date else None,
        month_only=end is not None and end.month_only,
        floor_us=to_us(end.floor) if end is not None and end.floor else None,
        stage="" if end is None or end.stage is Stage.UNKNOWN else end.stage.value,
        successor=(end.successor if end is not None else None) or "",
        differ=end is not None and end.disagree,
        how=_HOW[match] if here and levels else "",
        statements=tuple(statement(s) for s in here),
        elsewhere=tuple(dict.fromkeys(others)),
        production=any(Environment.PRODUCTION in used.estate.environments(a) for a in assets),
    )


def _of_note(stored: StoredNote, platform: str, model: str, successor: str | None) -> StoredLifecycle:
    """What a note announces, as a statement."""
    note, reading = stored.note, stored.reading
    item = Lifecycle(
        source=note.source,
        platform=platform,
        model=model,
        stage=Stage.UNKNOWN if reading.floor else Stage.DEPRECATED,
        ends_at=reading.effective_at,
        floor=reading.floor,
        successor=successor,
        note=note.key,
    )
    return StoredLifecycle(item=item, changed_at=stored.changed_at, listed=stored.listed)
