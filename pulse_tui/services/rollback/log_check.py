"""The audit log is verified while the tower runs: one that was changed is an alert until it is whole again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from pulse_tui.domain.audit import Anchor
from pulse_tui.domain.errors import ConfigError
from pulse_tui.domain.evidence import CHANGED, HealthEvidence
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.signal import Signal, fingerprint, observed
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Recommended, Severity, SignalType
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.services.rollback.recorded import glanced, verified
from pulse_tui.services.signals.ingest import absorb
from pulse_tui.services.signals.respond import Responder

EVERY = timedelta(hours=1)
_SEEN = "audit.verified"
"""When somebody verified the whole log last, in microseconds."""
_CONDITION = fingerprint("audit log")


def check_log(parts: JudgeParts, anchors: Callable[[], Sequence[Anchor]], now: datetime) -> list[str]:
    """What is newly found to be wrong: at a glance each time, in the whole log once an hour, by one of several processes."""
    with parts.store.read() as tx:
        due = _due(tx.plumbing.get_value(_SEEN), now)
        wrong = _whole(tx, anchors) if due else glanced(tx)
        known = bool(tx.judgements.open_alerts_about(_CONDITION))
    if not due and (known or not wrong):
        return []
    with parts.store.write() as tx:
        if due and not _due(tx.plumbing.get_value(_SEEN), now):
            return []
        if due:
            tx.plumbing.put_value(_SEEN, str(to_us(now)))
        if wrong and not known:
            absorb([_signal(wrong, now)], tx, parts, now)
        elif known and not wrong:
            Responder(tx, parts, now).clear(_CONDITION, "the whole log and its records were verified")
    return wrong if not known else []


def _whole(tx: Transaction, anchors: Callable[[], Sequence[Anchor]]) -> list[str]:
    """What nobody can compare with is not known to hold."""
    try:
        return verified(tx, anchors()).wrong
    except ConfigError as error:
        return [f"its anchors cannot be read: {error.problems[0].where}", *verified(tx, ()).wrong]


def _due(seen: str | None, now: datetime) -> bool:
    known = from_us(int(seen)) if seen is not None and seen.isdecimal() and len(seen) < 17 else None
    return known is None or not timedelta(0) <= now - known < EVERY


def _signal(wrong: list[str], now: datetime) -> Signal:
    more = f"; and {len(wrong) - 1} more" if wrong[1:] else ""
    return observed(
        SignalType.SOURCE_HEALTH,
        source=SYSTEM,
        event=("audit log", now.isoformat()),
        fingerprint=_CONDITION,
        title=f"the audit log does not hold: {wrong[0]}{more}",
        evidence=HealthEvidence(subject="audit log", state=CHANGED, reason=clean(wrong[0] + more, 300)),
        severity=Severity.CRITICAL,
        recommended=Recommended.REVIEW,
        now=now,
        summary="Believe no approval before it is known what was changed: pulse-tui audit verify; find out who can write the database,"
        " and restore it from a backup of before.",
    )
