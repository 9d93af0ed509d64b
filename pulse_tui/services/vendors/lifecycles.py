"""What a source states of the ends of models comes in: kept, and said to whom it concerns when it is news."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from pulse_tui.domain.estate import Component, Estate
from pulse_tui.domain.lifecycle import Lifecycle, Lifecycles, StoredLifecycle
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.vendors.endings import announces, condition, ending_signal
from pulse_tui.enrich.vendors.inuse import Match, Uses
from pulse_tui.enrich.vendors.lifecycles import SOON_DAYS, ended_by, endings
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import Made


class InUse:
    """The hosted models in use and who uses them."""

    def __init__(self, tx: Transaction, estate: Estate) -> None:
        """As they stand in this transaction."""
        self.estate = estate
        self.users = defaultdict[str, list[str]](list)
        components = dict[str, Component]()
        for use in tx.dependencies.using(kinds=[ComponentKind.HOSTED_MODEL]):
            if use.asset_id in estate.assets and use.asset_id not in self.users[use.component.id]:
                components[use.component.id] = use.component
                self.users[use.component.id].append(use.asset_id)
        self.components: Sequence[Component] = tuple(components.values())
        self.uses = Uses(self.components)


def take_lifecycles(item: Lifecycles, tx: Transaction, estate: Estate, now: datetime) -> Made:
    """Store what it states. Its first reading is what stood before: it alerts nobody, and near ends are a remark.

    Of a source whose page is not believed nothing is taken: what it lists will come again.
    """
    state = tx.vendors.page(item.source)
    if state is not None and state.suspect:
        return Made([], [], known=True)
    known = any(s.item.source == item.source for s in tx.vendors.lifecycles())
    changed = tx.vendors.put_lifecycles(item.source, item.items, now, whole=item.whole)
    used = InUse(tx, estate)
    if not known and (state is None or state.baseline_at in (None, now)):
        return Made([], [], known=not changed, remarks=soon(item.source, used, tx, now))
    signals, over = ended(changed, used, tx, now)
    return Made(signals, over, known=not changed)


def ended(
    changed: Iterable[tuple[Lifecycle | None, Lifecycle]], used: InUse, tx: Transaction, now: datetime
) -> tuple[list[Signal], list[str]]:
    """(what is news to owners, conditions that are over because the end was taken back)."""
    signals, over = list[Signal](), list[str]()
    news = [
        (before, after, ended_by(used.uses, after))
        for before, after in changed
        if announces(after) or (before is not None and announces(before))
    ]
    news = [(before, after, uses) for before, after, uses in news if uses]
    if not news:
        return signals, over
    every = tx.vendors.lifecycles()
    whole = endings(used.components, every)
    nearest = _nearest(used, every, news[0][1].source)
    for before, after, uses in news:
        for use in (u for u in uses if u.match is nearest.get(u.component.id, u.match)):
            for asset_id in used.users[use.component.id]:
                asset = used.estate.assets[asset_id]
                if announces(after):
                    signals.append(ending_signal(before, after, use, asset, whole.get(use.component.id), now))
                elif (ending := whole.get(use.component.id)) is None or ending.date is None:
                    over.append(condition(use, asset))  # nobody states an end any more
    return signals, over


def _nearest(used: InUse, every: Iterable[StoredLifecycle], source: str) -> dict[str, Match]:
    """How exactly at best the source speaks of each component: of what it states less exactly nobody is alerted."""
    found = dict[str, Match]()
    for stored in every:
        if stored.item.source == source and stored.listed:
            for component, match in ended_by(used.uses, stored.item):
                found[component.id] = min(match, found.get(component.id, match))
    return found


def soon(source: str, used: InUse, tx: Transaction, now: datetime) -> tuple[str, ...]:
    """A sentence for each model in use that ends within :data:`SOON_DAYS`, as the source states it."""
    found = []
    for component_id, ending in endings(used.components, tx.vendors.lifecycles()).items():
        days = ending.days(now)
        if days is not None and 0 <= days <= SOON_DAYS and source in ending.sources:
            assets = ", ".join(used.users[component_id])
            found.append(f"{component_id} ends on {ending.date:%Y-%m-%d}, in {days} days: {assets}")
    return tuple(found)
