"""Everything that operators and the program did, newest first: the audit log, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pulse_tui.domain.audit import AuditEntry
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.text import clean
from pulse_tui.domain.views.learning import ActivityRow
from pulse_tui.ports import Store

PAGE = 500
"""Lines that are read at once."""
_FIRST = ("title", "why", "because", "what", "until", "to", "verdict")
"""What of a line's detail is shown first."""


def activity(
    store: Store, limit: int = PAGE, before: int | None = None, *, by: str | None = None, since: datetime | None = None
) -> tuple[ActivityRow, ...]:
    """The lines before number ``before``, the newest first; None: the newest of all."""
    with store.read() as tx:
        return tuple(row(entry) for entry in tx.log.page(limit, before, actor=by, since=since))


def every(store: Store, *, by: str | None = None, since: datetime | None = None) -> Iterator[ActivityRow]:
    """All of them, the newest first; no more than a page is in memory."""
    before: int | None = None
    while rows := activity(store, PAGE, before, by=by, since=since):
        yield from rows
        before = rows[-1].seq


def row(entry: AuditEntry) -> ActivityRow:
    """A line of the log, ready to draw."""
    return ActivityRow(
        entry.seq, to_us(entry.at), entry.actor, entry.action, entry.subject, detail_words(entry), entry.origin
    )


def detail_words(entry: AuditEntry) -> str:
    """What the line says beside its action and subject: reasons first, each on one line."""
    names = sorted(entry.detail, key=lambda n: (_FIRST.index(n) if n in _FIRST else len(_FIRST), n))
    parts = [entry.detail[n] if n in _FIRST[:4] else f"{n} {entry.detail[n]}" for n in names if entry.detail[n]]
    return clean("; ".join(parts), 400)
