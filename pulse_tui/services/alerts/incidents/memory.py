"""What one transaction has read of incidents already: a storm of alerts in one batch asks for the same again and again."""

from __future__ import annotations

from collections import Counter
from weakref import WeakKeyDictionary

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.estate import Workflow
from pulse_tui.domain.incident import Incident, IncidentState, Tally
from pulse_tui.domain.words import Priority
from pulse_tui.ports import Transaction

COMPARED = 200
"""Open incidents that a new alert is compared with, the newest first."""


class Memory:
    """Of one transaction, which sees one state and is the only one that writes."""

    def __init__(self) -> None:
        """Nothing is read until it is asked for."""
        self.around: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
        self.flows: list[Workflow] | None = None
        self.uses: dict[str, set[str]] | None = None
        self._open: dict[str, Incident] | None = None
        self._urgent: dict[str, Counter[Priority]] = {}
        self._counted: dict[str, int] = {}

    def standing(self, tx: Transaction) -> list[Incident]:
        """The open incidents, the newest first."""
        if self._open is None:
            self._open = {i.id: i for i in tx.incidents.all([IncidentState.OPEN], limit=COMPARED)}
        return sorted(self._open.values(), key=lambda i: i.opened_at, reverse=True)[:COMPARED]

    def get(self, tx: Transaction, ident: str) -> Incident | None:
        """By id."""
        known = self._open.get(ident) if self._open is not None else None
        return known if known is not None else tx.incidents.get(ident)

    def put(self, tx: Transaction, incident: Incident) -> None:
        """Write it, and remember it."""
        tx.incidents.put(incident)
        if self._open is not None:
            self._open.pop(incident.id, None)
            if incident.state is IncidentState.OPEN:
                self._open[incident.id] = incident

    def moved(self, *idents: str) -> None:
        """Alerts joined or left these, or changed: they are counted again when that is asked."""
        for ident in idents:
            self._urgent.pop(ident, None)
            self._counted.pop(ident, None)

    def ended(self, tx: Transaction, ident: str, alert: Alert | None = None) -> Tally | None:
        """How many alerts it has, after this one ended: counted once, then one less each time."""
        urgent = self._urgent.get(ident)
        if alert is None or urgent is None or urgent[alert.priority] < 1:
            found = tx.incidents.urgencies(ident)
            self._counted[ident] = sum(count for _, _, count in found)
            self._urgent[ident] = Counter({priority: count for priority, is_open, count in found if is_open})
            ended = [priority for priority, is_open, _ in found if not is_open]
        else:
            urgent[alert.priority] -= 1
            ended = [alert.priority]
        if not self._counted[ident]:
            return None
        urgent = +self._urgent[ident]
        first = min(urgent or ended, key=lambda p: p.rank, default=None)
        return Tally(self._counted[ident], sum(urgent.values()), first)


_MEMORIES: WeakKeyDictionary[Transaction, Memory] = WeakKeyDictionary()


def memory_of(tx: Transaction) -> Memory:
    """The memory of the transaction; it goes with it."""
    found = _MEMORIES.get(tx)
    if found is None:
        found = _MEMORIES[tx] = Memory()
    return found
