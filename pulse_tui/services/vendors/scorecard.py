"""The scorecard of vendors over the last days."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from pulse_tui.domain.moments import to_us
from pulse_tui.domain.scorecard import Scorecard
from pulse_tui.domain.words import ComponentKind, SignalType
from pulse_tui.enrich.vendors.scorecard import Seen, scorecard, vendor_of
from pulse_tui.ports import Store

SPAN = timedelta(days=90)
NOTES = 20_000
ALERTS = 10_000
_TYPES = (
    SignalType.VENDOR_NOTE,
    SignalType.DEPRECATION,
    SignalType.PRICING_CHANGE,
    SignalType.RATE_LIMIT_CHANGE,
    SignalType.CATALOGUE_CHANGE,
    SignalType.SILENT_CHANGE,
    SignalType.INCIDENT,
)


def vendor_scorecard(store: Store, now: datetime, span: timedelta = SPAN) -> Scorecard:
    """What was read of each vendor within ``span``, the riskiest to run on first."""
    since = now - span
    with store.read() as tx:
        signals = {s.id: s for s in tx.signals.newest(since, _TYPES)}
        opened = [a for a in tx.judgements.alerts(None, ALERTS) if a.first_at >= since]
        types = tx.signals.types(a.signal_id for a in opened)
        alerts = [
            (alert, signal)
            for alert in opened
            if types.get(alert.signal_id) in _TYPES
            and (signal := signals.get(alert.signal_id) or tx.signals.get(alert.signal_id)) is not None
            and vendor_of(signal) is not None
        ]
        uses = defaultdict[str, list[str]](list)
        for use in tx.dependencies.using(kinds=[ComponentKind.HOSTED_MODEL]):
            uses[use.component.id].append(use.asset_id)
        seen = Seen(
            since=since,
            until=now,
            notes=[n for n in tx.vendors.notes(limit=NOTES) if max(n.first_at, n.note.published_at) >= since],
            lifecycles=tx.vendors.lifecycles(),
            events=tx.vendors.events(since=since),
            signals=list(signals.values()),
            alerts=alerts,
            tasks=[t for t in tx.vendors.tasks() if t.asked_at >= since],
            uses=uses,
            wires=[r.component for b in tx.vendors.baselines() for r in tx.vendors.rounds(b.source, 1)],
        )
    return Scorecard(to_us(since), to_us(now), scorecard(seen))
