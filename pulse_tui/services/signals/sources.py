"""The list of sources as configured: removing a source ends the alerts that only it could have ended."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import TypeAlias

import msgspec

from pulse_tui.domain.alert import OPEN
from pulse_tui.domain.health import PUSHED
from pulse_tui.domain.source import SourceStatus, Standing
from pulse_tui.domain.words import SignalType
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.signals.concerns import condition
from pulse_tui.services.signals.events import Events
from pulse_tui.services.signals.ingest import absorb
from pulse_tui.services.signals.respond import Responder, close_alert
from pulse_tui.settings.shapes import SourceShape

Forget: TypeAlias = Callable[[Transaction, JudgeParts, Collection[str], datetime], None]
_ENDS_WITH_IT = frozenset(
    {SignalType.SOURCE_HEALTH, SignalType.INCIDENT, SignalType.LATENCY_BREACH, SignalType.ERROR_RATE_BREACH}
)
"""What a source measures or relays while it is polled. A stored advisory or a run does not need its source."""


def keep_sources(
    asked: Mapping[str, SourceShape],
    parts: JudgeParts,
    now: datetime,
    forget: Forget | None = None,
    *,
    elsewhere: bool = False,
) -> None:
    """Make the stored sources those of the configuration, those that are asked and those that send. One that merely fails
    has not been removed.

    ``forget`` lets go of what the removed ones claimed, in the same transaction. ``elsewhere``: another process at work reads
    others, so that one which is unknown here has not been removed: nothing is let go of, no alert of it ends.
    """
    wanted = [SourceStatus(id=s.id, kind=s.kind, every_s=s.every) for s in asked.values()]
    wanted += [SourceStatus(id=s.id, kind=PUSHED, every_s=s.every_s) for s in parts.senders.values()]
    ids = {status.id for status in wanted}
    with parts.store.read() as tx:
        there = tx.plumbing.sources()
    known = set(there)
    ids |= known if elsewhere else set()
    # Whoever is asked states its interval in every round; a sender may say nothing for long.
    other = [s for s in wanted if s.kind == PUSHED and s.id in there and there[s.id].every_s != s.every_s]
    if known == ids and not other:
        return
    with parts.store.write() as tx:
        tx.plumbing.keep_sources(ids)
        for status in wanted:
            if status.id not in known:
                tx.plumbing.put_source(status)
        for status in other:
            tx.plumbing.put_source(msgspec.structs.replace(there[status.id], every_s=status.every_s, kind=PUSHED))
        if gone := known - ids:
            tx.log.append(now, SYSTEM, "sources.removed", "sources", {"ids": ", ".join(sorted(gone))})
            _end(tx, parts, gone, now)
            if forget is not None:
                forget(tx, parts, gone, now)


def _end(tx: Transaction, parts: JudgeParts, gone: Collection[str], now: datetime) -> None:
    events = Events(tx, parts, now)
    for alert in tx.judgements.alerts(list(OPEN), 100_000):
        signal = tx.signals.get(alert.signal_id)
        if signal is not None and signal.source in gone and signal.signal_type in _ENDS_WITH_IT:
            why = f"source {signal.source} is no longer configured: this is no longer watched"
            close_alert(tx, events, alert, SYSTEM, why, now)
    for asset_id in tx.estate.load().assets:
        for concern in tx.inventory.concerns(asset_id):
            if concern.source in gone and tx.inventory.drop_concern(asset_id, concern.key) is not None:
                why = f"source {concern.source} is no longer configured"
                Responder(tx, parts, now).clear(condition(asset_id, concern.key), why)
    for source in sorted(gone):
        tx.coverage.drop(source)  # nobody says any more what is new of what it published on
        withdraw(Standing(source=source), tx, parts, now)


def withdraw(has: Standing, tx: Transaction, parts: JudgeParts, now: datetime) -> list[str]:
    """Make what is recorded of a source's files that of the files it has. Returns what began by that, in sentences."""
    made = parts.record(has, tx, parts, tx.estate.load(), now)
    absorb(made.signals, tx, parts, now)
    for fingerprint in made.cleared:
        Responder(tx, parts, now).clear(fingerprint, f"{has.source} no longer lists what it was about")
    return [s.title for s in made.signals]
