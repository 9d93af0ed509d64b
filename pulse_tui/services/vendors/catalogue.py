"""A catalogue of models comes in: what changed since it was last believed, and whom that concerns.

The first reading is what stood before: it alerts nobody. A reading in which a large part of all entries went or changed, or
could not be read, is not believed until it has come again often enough (:func:`pulse_tui.enrich.vendors.vigil.come_again`):
then all of it is news. Nothing is lost meanwhile, what is compared with stays.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

import msgspec

from pulse_tui.domain.catalogue import Catalogue, CatalogueEvent, CatalogueModel, EventType
from pulse_tui.domain.estate import Estate
from pulse_tui.domain.lifecycle import Lifecycle
from pulse_tui.domain.note import PageState
from pulse_tui.enrich.vendors.catalogues.diff import diff, unread_among
from pulse_tui.enrich.vendors.catalogues.signals import over, signals
from pulse_tui.enrich.vendors.lifecycles import lifecycle_of
from pulse_tui.enrich.vendors.platforms import platform
from pulse_tui.enrich.vendors.vigil import come_again
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import Made
from pulse_tui.services.vendors.lifecycles import InUse, ended, soon

SHARE = 0.3
"""Of the entries that were there: when more of them went or changed at once, the source is suspect."""
LEAST = 10
"""And at least so many."""
ALIKE = 0.7
"""How much of a suspect change must come again to be believed: catalogues go on changing meanwhile."""


def take_catalogue(item: Catalogue, tx: Transaction, estate: Estate, now: datetime) -> Made:
    """Compare it with what stands, store it in its place, and say what is news to whom."""
    state = tx.vendors.page(item.source) or PageState(source=item.source, vendor=_vendor(item))
    before = tx.vendors.catalogue(item.source)
    if refused := _too_many_refused(item, before):
        tx.vendors.put_page(_suspect(state, refused, now, held=""))
        return Made([], [], known=True, remarks=(f"not believed: {refused}",))
    if not before:
        return _first(item, state, tx, estate, now)
    events = diff(_as_one(item, before.values()), item, item.unread)
    if not events:
        tx.vendors.put_page(_believed(state, item, now, news=False))
        return Made([], [], known=True)
    if why := _mass(events, len(before)):
        marks = _marks(events)
        held = state.held if _again(state.held, marks) else " ".join(sorted(marks))
        doubted = _suspect(state, why, now, held=held)
        if not come_again(doubted, now):
            tx.vendors.put_page(doubted)
            return Made([], [], known=True, remarks=(f"not believed until it comes again: {why}",))
    return _news(item, before, events, state, tx, estate, now)


def _first(item: Catalogue, state: PageState, tx: Transaction, estate: Estate, now: datetime) -> Made:
    tx.vendors.put_catalogue(item.source, item.models)
    tx.vendors.put_lifecycles(item.source, _lifecycles(item.models, item.source, ()), now, whole=True)
    tx.vendors.put_page(_believed(state, item, now, news=False))
    return Made([], [], remarks=soon(item.source, InUse(tx, estate), tx, now))


def _news(
    item: Catalogue,
    before: Mapping[str, CatalogueModel],
    events: Collection[CatalogueEvent],
    state: PageState,
    tx: Transaction,
    estate: Estate,
    now: datetime,
) -> Made:
    kept = [model for key, model in before.items() if unread_among(key, item.unread)]
    after = {m.key: m for m in (*kept, *item.models)}
    tx.vendors.put_catalogue(item.source, after.values())
    tx.vendors.put_events(item.source, events, now)
    tx.vendors.put_page(_believed(state, item, now, news=True))
    stated = {(s.item.platform, s.item.model) for s in tx.vendors.lifecycles() if s.item.source == item.source}
    found = _lifecycles(after.values(), item.source, stated)
    changed = tx.vendors.put_lifecycles(item.source, found, now, whole=True)
    used = InUse(tx, estate)
    uses = used.uses.best({key: (m.platform, m.id) for key, m in {**before, **after}.items()})
    ends, taken_back = ended(changed, used, tx, now)
    made = signals(item.source, item.shape, events, uses, used.users, estate, now)
    return Made([*ends, *made], [*taken_back, *over(events, uses, used.users)])


def _vendor(item: Catalogue) -> str:
    """Whose it is: the platform of a list of one, else the name of the shape."""
    platforms = {platform(m.platform) for m in item.models}
    return platforms.pop() if len(platforms) == 1 else item.shape


def _as_one(item: Catalogue, models: Iterable[CatalogueModel]) -> Catalogue:
    return msgspec.structs.replace(item, models=tuple(models), unread=(), refused=0)


def _lifecycles(models: Iterable[CatalogueModel], source: str, stated: Collection[tuple[str, str]]) -> list[Lifecycle]:
    """What the entries state of ends; of a model whose end was stated before, also that it is no more."""
    found = list[Lifecycle]()
    for model in models:
        item = lifecycle_of(model, source)
        if item is None and (platform(model.platform), model.id) in stated:
            item = Lifecycle(source=source, platform=platform(model.platform), model=model.id)
        if item is not None:
            found.append(item)
    return found


def _too_many_refused(item: Catalogue, before: Collection[str]) -> str:
    """Why it is not believed, where a large part of it could not be read; a provider's refusal is that of all its models."""
    count, total = item.refused, len(item.models) + item.refused
    if before:
        count, total = sum(unread_among(key, item.unread) for key in before), len(before)
    return f"{count:,} of {total:,} entries could not be read" if count >= LEAST and count > SHARE * total else ""


def _mass(events: Collection[CatalogueEvent], entries: int) -> str:
    """Why a change is not believed at once: so many entries went or changed; empty when it is."""
    gone = {e.model for e in events if e.type is EventType.MODEL_REMOVED}
    moved = {e.model for e in events if e.type not in (EventType.MODEL_REMOVED, EventType.MODEL_ADDED)}
    count = len(gone | moved)
    if count < LEAST or count <= SHARE * entries:
        return ""
    return f"{len(gone):,} of {entries:,} models gone and {len(moved):,} changed at once"


def _marks(events: Iterable[CatalogueEvent]) -> set[str]:
    """Eight digits for each change but the additions."""
    return {
        hashlib.sha256(msgspec.json.encode((e.type.value, e.model, e.new), order="deterministic")).hexdigest()[:8]
        for e in events
        if e.type is not EventType.MODEL_ADDED
    }


def _again(held: str, marks: set[str]) -> bool:
    """Whether a change that was not believed has come again, in most of it."""
    before = set(held.split())
    return bool(before) and len(before & marks) >= ALIKE * len(before | marks)


def _suspect(state: PageState, why: str, now: datetime, *, held: str) -> PageState:
    same = held == state.held and bool(held)
    return msgspec.structs.replace(
        state,
        suspect=why,
        suspect_since=state.suspect_since if state.suspect else now,
        held=held,
        held_since=state.held_since if same else now,
        tries=state.tries + 1 if same else 0,
    )


def _believed(state: PageState, item: Catalogue, now: datetime, *, news: bool) -> PageState:
    arrivals = (*state.arrivals, now)[-20:] if news else state.arrivals
    return msgspec.structs.replace(
        state,
        baseline_at=state.baseline_at or now,
        entries=len(item.models),
        read_at=now,
        missing=False,
        news_at=now if news else state.news_at,
        arrivals=arrivals,
        suspect="",
        suspect_since=None,
        held="",
        held_since=None,
        tries=0,
    )
