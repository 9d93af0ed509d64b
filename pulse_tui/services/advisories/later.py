"""What time brings to stored records: a withdrawal that was announced; and names from before aliases were followed."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.ports import Taken, Transaction
from pulse_tui.services.advisories.records import settle, take_advisories
from pulse_tui.services.parts import JudgeParts, Made
from pulse_tui.services.signals.ingest import absorb
from pulse_tui.services.signals.respond import Responder

_GROUPED = "advisories.grouped"


def take_withdrawals(parts: JudgeParts, now: datetime) -> int:
    """Withdraw the records whose announced time has come; returns how many."""
    with parts.store.read() as tx:
        if not tx.advisories.lapsed(now):
            return 0
    with parts.store.write() as tx:
        lapsed = tx.advisories.lapsed(now)
        _absorb(take_advisories(lapsed, tx, tx.estate.load(), now), tx, parts, now)
        return len(lapsed)


def group_once(parts: JudgeParts, now: datetime) -> int:
    """Group what was stored by an earlier version, which followed no aliases of aliases; returns how many were renamed."""
    with parts.store.read() as tx:
        if tx.plumbing.get_value(_GROUPED):
            return 0
    with parts.store.write() as tx:
        if tx.plumbing.get_value(_GROUPED):
            return 0
        tx.plumbing.put_value(_GROUPED, "1")
        renamed = tx.advisories.regroup()
        _absorb(settle(Taken([], {}, renamed, []), tx, tx.estate.load(), now), tx, parts, now)
        return len(renamed)


def _absorb(made: Made, tx: Transaction, parts: JudgeParts, now: datetime) -> None:
    responder = Responder(tx, parts, now)
    for fingerprint in made.cleared:
        responder.clear(fingerprint, made.why[fingerprint])
    absorb(made.signals, tx, parts, now)
