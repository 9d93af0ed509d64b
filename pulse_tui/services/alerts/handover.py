"""The handover of a shift: what is open, what happened, what is quiet and until when, what to watch next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from pulse_tui.domain import countdown
from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.audit import AuditEntry
from pulse_tui.domain.delivery import DeliveryState, undelivered
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.health import Health
from pulse_tui.domain.moments import age, iso, to_us
from pulse_tui.domain.text import clean, many
from pulse_tui.domain.views.board import Board
from pulse_tui.domain.views.people import Handover
from pulse_tui.domain.words import URGENT
from pulse_tui.ports import Transaction
from pulse_tui.services.alerts.incidents.story import rows as incident_rows
from pulse_tui.services.alerts.ladder import preview_of
from pulse_tui.services.alerts.notified import oncall_rows
from pulse_tui.services.alerts.quiet import quiet
from pulse_tui.services.alerts.reviews import rows as review_rows
from pulse_tui.services.parts import SYSTEM, JudgeParts
from pulse_tui.settings.check import nearest

HANDED_OVER = "shift.handed_over"
SHIFT = timedelta(hours=12)
"""How far ahead the next shift has to look."""
DUE = "DUE NEXT"
_MOST = 40
"""Lines of a section; what is left out is counted, and no P1 or P2 is."""
_LINES = 20_000
"""Of the log, the newest."""
_OWN = frozenset({"alert.acknowledged", "alert.clock", "delivery.sent"})
"""What the section of its own kind shows, or nobody needs again."""


def handover(
    parts: JudgeParts,
    board: Board,
    by: str,
    since: timedelta,
    now: datetime,
    drills: Sequence[tuple[datetime, str]] = (),
    waits: Sequence[str] = (),
) -> Handover:
    """What happened in the time ``since``, and what comes in the next twelve hours; ``drills``: when rollbacks are
    rehearsed, and which; ``waits``: what waits for whom, or stopped, in words."""
    begun = now - since
    with parts.store.read() as tx:
        entries = [e for e in tx.log.entries(limit=_LINES) if e.at >= begun]
        open_ = sorted(
            tx.judgements.alerts([AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.SUPPRESSED], 100_000),
            key=lambda a: a.order,
        )
        sections: Mapping[str, Iterator[str]] = {
            "ON CALL": _on_call(tx, parts, now),
            "OPEN": (_alert(tx, parts, a, now) for a in open_ if a.state is AlertState.FIRING),
            "INCIDENTS": _incidents(tx, now),
            "SNOOZED OR IN HAND": (row.line() for row in quiet(parts.store, now) if not row.hold),
            "WAITS FOR WHOM": iter(waits),
            "FROZEN": (row.line() for row in quiet(parts.store, now) if row.hold),
            "CHANGED": changed(entries),
            "REVIEWS": (r.line() for r in review_rows(tx, now)),
            "NOT DELIVERED": _lost(tx, now),
            "SOURCES": odd_sources(board),
            DUE: _watch(tx, parts, open_, drills, now),
        }
        urgent = {"OPEN": sum(a.priority in URGENT and a.state is AlertState.FIRING for a in open_)}
        made = tuple(
            (heading, _some(lines, _NONE.get(heading, "nothing"), urgent.get(heading, 0) + _MOST))
            for heading, lines in sections.items()
        )
        last = _last(tx)
    return Handover(iso(begun), iso(now), by, made, last)


_NONE = {
    "ON CALL": "no schedule is configured",
    "OPEN": "nothing fires",
    "REVIEWS": "nothing waits for a review",
    "NOT DELIVERED": "every message arrived",
    "WAITS FOR WHOM": "no rollback stopped, and none waits",
    "FROZEN": "nothing is held",
    "SOURCES": "every source reports",
    DUE: "nothing is due within twelve hours",
}


def hand_over(parts: JudgeParts, made: Handover, by: str, to: str, now: datetime) -> str:
    """Keep in the log that the shift was handed over. Raises NotFound for somebody whom the configuration does not have."""
    name = clean(to, 120)
    people = parts.oncall.people
    if not name or (people and name not in people):
        raise NotFound(f"there is no person {name!r}", todo=nearest(name, people) or "--to NAME")
    counts = dict(made.sections)
    with parts.store.write() as tx:
        firing = sum(1 for _ in tx.judgements.alerts([AlertState.FIRING], 100_000))
        detail = {
            "to": name,
            "since": made.since,
            "firing": str(firing),
            "watch": "; ".join(counts[DUE][:3]),
        }
        tx.log.append(now, by, HANDED_OVER, "shift", detail)
    return f"handed over to {name}: {many(firing, 'alert')} firing"


def _some(lines: Iterator[str], none: str, most: int) -> tuple[str, ...]:
    found = list(lines)
    more = [f"{len(found) - most} more"] if len(found) > most else []
    return tuple(found[:most] + more) or (none,)


def _on_call(tx: Transaction, parts: JudgeParts, now: datetime) -> Iterator[str]:
    for row in oncall_rows(tx, parts, now):
        yield f"{', '.join(row.teams) or row.schedule}: {row.words}"


def _alert(tx: Transaction, parts: JudgeParts, alert: Alert, now: datetime) -> str:
    where = f"{alert.asset_id or 'no asset'} {alert.environment.value if alert.environment else ''}".strip()
    title = countdown.as_of(alert.title, now)
    line = f"{alert.priority.value} {alert.id}  {title}  [{where}; {alert.owner or 'nobody'}; {age(to_us(alert.first_at), to_us(now))}; x{alert.count}]"
    coming = preview_of(tx, parts, alert, now)
    return f"{line}  {coming}" if coming else line


def _incidents(tx: Transaction, now: datetime) -> Iterator[str]:
    for row in incident_rows(tx, now):
        yield f"{row.priority} {row.id}  {row.title}  [{age(row.opened_us, to_us(now))}; {row.cause_words}]"


def changed(entries: list[AuditEntry]) -> Iterator[str]:
    """What people did, a line each; what the program did, counted."""
    counted: dict[str, int] = {}
    for entry in entries:
        if entry.actor == SYSTEM:
            counted[entry.action] = counted.get(entry.action, 0) + 1
    program = [f"{n} {action}" for action, n in sorted(counted.items()) if action not in _OWN]
    if program:
        yield f"by the program: {', '.join(program)}"
    for entry in reversed(entries):
        if entry.actor != SYSTEM:
            why = entry.detail.get("why") or entry.detail.get("finding") or entry.detail.get("until") or ""
            yield f"{iso(entry.at)} {entry.actor}: {entry.action} {entry.subject[:80]}" + (f": {why}" if why else "")


def odd_sources(board: Board) -> Iterator[str]:
    """What does not report, and that nobody is paged."""
    for row in board.sources:
        if row.health not in (Health.GOOD, Health.NEVER):
            yield f"{row.id} is {row.health}" + (f": {row.reason}" if row.reason else "")
    if board.header.as_of:
        yield f"nothing came since {board.header.as_of} UTC"
    if board.header.unpaged:
        yield f"nobody is paged for {many(board.header.unpaged, 'urgent alert')} (pulse-tui doctor)"


def _lost(tx: Transaction, now: datetime) -> Iterator[str]:
    lost = undelivered(tx.plumbing.deliveries(10_000), now)
    for d in lost:
        state = "FAILED PERMANENTLY" if d.state is DeliveryState.DEAD else f"waits after {d.attempts} tries"
        yield f"{d.kind} to {d.route} {state}: {clean(d.payload.get('title', d.key), 120)}" + (
            f" ({d.error})" if d.error else ""
        )
    there = {d.key for d in lost}
    waiting = [d for d in tx.plumbing.deliveries(10_000, states=(DeliveryState.QUEUED,)) if d.key not in there]
    tried = sum(d.attempts > 0 for d in waiting)
    if waiting:
        failed = f", and {tried} of them failed once" if tried else ""
        yield f"{many(len(waiting), 'message')} on the way: not arrived yet{failed}"


def _watch(
    tx: Transaction, parts: JudgeParts, open_: list[Alert], drills: Sequence[tuple[datetime, str]], now: datetime
) -> Iterator[str]:
    """What comes within the next shift, in its order: deadlines, lapses, ends, what begins, whose turn it is."""
    coming = sorted([*_coming(tx, parts, open_, now), *drills], key=lambda item: item[0])
    yield from (
        f"{iso(at)} (in {age(to_us(now), to_us(at))})  {what}" for at, what in coming if now < at <= now + SHIFT
    )


def _coming(tx: Transaction, parts: JudgeParts, open_: list[Alert], now: datetime) -> Iterator[tuple[datetime, str]]:
    for alert in open_:
        yield from _of_alert(alert, now)
    for silence in tx.silences.all(ended_after=now):
        if silence.to_come(now):
            yield silence.starts_at, f"{silence.kind.value} {silence.id} begins: {silence.why}"
        elif silence.stands(now):
            yield silence.ends_at, f"{silence.kind.value} {silence.id} ends: {silence.why}"
    yield from _work(tx)
    for row in oncall_rows(tx, parts, now):
        if row.until is not None:
            whose = f"{row.on_call or 'nobody'} -> {row.then or 'nobody'}"
            yield datetime.fromisoformat(row.until), f"{', '.join(row.teams) or row.schedule}: {whose}"


def _of_alert(alert: Alert, now: datetime) -> Iterator[tuple[datetime, str]]:
    name = f"{alert.priority.value} {alert.id} {countdown.as_of(alert.title, now)}"
    if alert.state is AlertState.FIRING and alert.deadline is not None:
        yield alert.deadline, f"deadline of {name}"
    if alert.acknowledged_until is not None and alert.acknowledged_by:
        yield alert.acknowledged_until, f"the acknowledgement of {name} by {alert.acknowledged_by} ends"
    if alert.suppressed_until is not None:
        word = "waiver" if alert.waived else "silence"
        yield alert.suppressed_until, f"the {word} of {name} by {alert.suppressed_by} ends"


def _work(tx: Transaction) -> Iterator[tuple[datetime, str]]:
    """What people have to do by a day."""
    for task in tx.learning.reviews():
        if task.due_at is not None:
            yield task.due_at, f"review {task.key} is due: {task.what}"
    for retest in tx.judgements.retests():
        yield retest.due_at, f"the retest of {retest.asset_id} is due: {retest.why}"
    for todo in tx.vendors.tasks(open_only=True):
        if todo.due_at is not None:
            yield todo.due_at, f"{todo.kind.value} of {todo.asset_id} is due: {todo.title}"


def _last(tx: Transaction) -> str:
    entries = [e for e in tx.log.entries(subject="shift") if e.action == HANDED_OVER]
    if not entries:
        return ""
    return f"{iso(entries[-1].at)} by {entries[-1].actor} to {entries[-1].detail.get('to', 'nobody')}"
