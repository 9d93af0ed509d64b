"""Everything that an operator or a rule keeps quiet or holds back: one list, so that nothing is out of sight."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.audit import AuditEntry
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.moments import iso, to_us
from pulse_tui.domain.text import many
from pulse_tui.domain.views.alerts import QuietRow
from pulse_tui.ports import Store, Transaction
from pulse_tui.settings.check import nearest


def quiet(store: Store, now: datetime) -> tuple[QuietRow, ...]:
    """What is muted, what ends first on top; then the holds."""
    with store.read() as tx:
        muted = sorted((*_muted(tx, now), *_silences(tx, now)), key=lambda row: (row.until_us or 0, row.id))
        return (*muted, *_held(tx, now))


def hold_lines(store: Store, hold_id: str, now: datetime) -> tuple[tuple[str, str], ...]:
    """(label, text) of all that is known of a hold. Raises NotFound."""
    with store.read() as tx:
        holds = {h.id: h for h in tx.judgements.holds(standing=False)}  # of one name the last
        hold = holds.get(hold_id)
        if hold is None:
            raise NotFound(f"there is no hold {hold_id!r}", todo=nearest(hold_id, holds))
        log = tx.log.entries(subject=hold.id)
        enforced = tx.enforcements.all(hold.id)
    passing = "" if hold.reviewed(now) or not hold.review else "; that has passed: it blocks again"
    beside = [("Reviewed", hold.review + passing)] if hold.review else []
    beside += [("Enforced", f"{e.route}: {e.words}") for e in enforced]
    return described(hold, "stands" if hold.standing else f"lifted by {hold.lifted_by}", log, beside)


def described(
    hold: Hold, state: str, log: Iterable[AuditEntry], beside: Iterable[tuple[str, str]] = ()
) -> tuple[tuple[str, str], ...]:
    """(label, text) of a hold, today's or one of a moment: ``state`` of then, ``log`` up to then, ``beside`` what else is known."""
    scope = " ".join(filter(None, (hold.asset_id or "everything", hold.version, hold.environment)))
    return (
        ("Hold", f"{hold.kind.value} of {scope}: {state}"),
        ("Why", hold.why),
        ("Until", hold.until_condition),
        ("Placed", f"{iso(hold.placed_at)} by {hold.placed_by}"),
        *beside,
        *(
            ("Log", f"{iso(e.at)} {e.actor}: {e.action} {e.detail.get('why') or e.detail.get('because', '')}".rstrip())
            for e in log
        ),
    )


def _muted(tx: Transaction, now: datetime) -> Iterator[QuietRow]:
    for alert in tx.judgements.alerts([AlertState.ACKNOWLEDGED, AlertState.SUPPRESSED], 100_000):
        if alert.muted_at(now):
            yield _of(alert.lapse(now))


def _silences(tx: Transaction, now: datetime) -> Iterator[QuietRow]:
    """Those that stand, and those that are to come."""
    counts = Counter(
        a.silence_id for a in tx.judgements.alerts([AlertState.ACKNOWLEDGED, AlertState.SUPPRESSED], 100_000)
    )
    for silence in tx.silences.all(ended_after=now):
        if not silence.stands(now) and not silence.to_come(now):
            continue
        covers = many(counts[silence.id], "alert") if silence.stands(now) else f"from {iso(silence.starts_at)}"
        yield QuietRow(
            kind=silence.kind.value,
            id=silence.id,
            subject=covers,
            what=silence.match + (" (P1 too)" if silence.everything else ""),
            by=silence.by,
            until_us=to_us(silence.ends_at),
            why=silence.why,
        )


def _of(alert: Alert) -> QuietRow:
    suppressed = alert.state is AlertState.SUPPRESSED
    until = alert.suppressed_until if suppressed else alert.acknowledged_until
    kind = "acknowledged" if not suppressed else "waived" if alert.waived else "silenced"
    where = f"{alert.asset_id or 'no asset'} {alert.environment.value if alert.environment else ''}".strip()
    return QuietRow(
        kind=kind,
        id=alert.id,
        subject=where,
        what=f"{alert.priority.glyph} {alert.title}",
        by=(alert.suppressed_by if suppressed else alert.acknowledged_by) or "",
        until_us=to_us(until) if until is not None else None,
        why=(alert.suppressed_why or "") if suppressed else "somebody works on it",
        asset=alert.asset_id or "",
    )


def _held(tx: Transaction, now: datetime) -> Iterator[QuietRow]:
    enforced = [e for e in tx.enforcements.all() if e.wrong and e.lifting is None]
    for hold in tx.judgements.holds():
        wrong = "".join(f"; at {e.route} {e.words}" for e in enforced if e.hold_id == hold.id)
        scope = f"{hold.asset_id or 'everything'} {hold.version or ''}".strip()
        yield QuietRow(
            kind=hold.kind.value,
            id=hold.id,
            subject=scope,
            what=hold.why,
            by=hold.placed_by,
            until_us=None,
            why=f"until {hold.until_condition}" + (f"; {hold.review}" if hold.reviewed(now) else "") + wrong,
            asset=hold.asset_id or "",
        )
