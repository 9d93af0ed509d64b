"""A day begins: what is judged by the days that are left is judged again, with priority and deadline."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.evidence import NoteEvidence
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import SignalType
from pulse_tui.enrich.facts import facts
from pulse_tui.ports import Transaction
from pulse_tui.services.conditions.policy_change import differing, unended
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.judge import around
from pulse_tui.services.signals.respond import Responder

_SEEN = "clock.day"
BACK = timedelta(days=800)
"""An announcement is judged by its date for so long: shutdowns are announced up to two years ahead."""
_DATED = (
    SignalType.DEPRECATION,
    SignalType.VENDOR_NOTE,
    SignalType.PRICING_CHANGE,
    SignalType.RATE_LIMIT_CHANGE,
    SignalType.CATALOGUE_CHANGE,
    SignalType.SILENT_CHANGE,
)


def take_day(parts: JudgeParts, now: datetime) -> int:
    """Judge again what depends on the date, once a day (UTC); returns how many alerts changed their priority.

    One transaction: of several processes only one does it.
    """
    today = now.date().isoformat()
    with parts.store.read() as tx:
        if tx.plumbing.get_value(_SEEN) == today:
            return 0
    with parts.store.write() as tx:
        if tx.plumbing.get_value(_SEEN) == today:
            return 0
        tx.plumbing.put_value(_SEEN, today)
        return _again(tx, parts, now)


def _again(tx: Transaction, parts: JudgeParts, now: datetime) -> int:
    dated = [msgspec.structs.replace(s, observed_at=now) for s in _dated(tx, parts, now)]
    if not dated:
        return 0
    estate = around(dated, tx)
    pairs = [(d, fact) for signal in dated for fact in facts(signal, estate) for d in parts.policy.judge(fact)]
    news = list(differing(pairs, tx))
    tx.judgements.add_decisions(news)
    responder = Responder(tx, parts, now)
    for decision, fact in news:
        responder.respond(decision, fact)
    told = {decision.fingerprint for decision, _ in news}
    for fingerprint, alert in tx.judgements.open_alerts({d.fingerprint for d, _ in pairs} - told).items():
        title = next(d.title for d, _ in pairs if d.fingerprint == fingerprint)
        if title != alert.title:  # the same alert with another count of days: nobody is notified of that
            tx.judgements.put_alert(msgspec.structs.replace(alert, title=title))
    return sum(decision.acts for decision, _ in news)


def _dated(tx: Transaction, parts: JudgeParts, now: datetime) -> Iterator[Signal]:
    known = (
        signal
        for signal in tx.signals.newest(now - BACK, _DATED)
        if isinstance(signal.evidence, NoteEvidence) and signal.evidence.effective_at is not None
    )
    return unended(known, tx, parts)
