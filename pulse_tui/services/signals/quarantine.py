"""What is refused is kept so that an operator can read it: cleaned, without secrets, and not more than can be read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.errors import Problem
from pulse_tui.domain.lock import shown
from pulse_tui.domain.source import Rejected
from pulse_tui.ports import Store, Transaction
from pulse_tui.services.parts import Outside

ONE_ROUND = 1_000
"""Records of one round that are kept one by one; the rest is a number."""
RAW = 16 * 2**10
"""Bytes of a record that are kept."""
RAW_OF_ROUND = 4 * 2**20
"""Of all records of a round together."""
OF_SOURCE = 2_000
"""Most records of a source: more than a round leaves, so that what is refused now is there."""
IN_ALL = 20_000
AGE = timedelta(days=90)
SPARED = 100
"""The newest of a source, which no age takes away: its files may stand refused that long."""
AT_ONCE = 5_000
"""Most that one housekeeping takes away: other writers wait meanwhile."""
EVERY = timedelta(hours=1)
_NEXT = "quarantine.pruned_next"


def keep_refused(
    tx: Transaction, rejected: Sequence[Rejected], outside: Outside, now: datetime, *, again: bool = True
) -> None:
    """Keep the refused records of one round. ``again``: one that was refused before for the same reason takes its place."""
    if not rejected:
        return
    left, kept = RAW_OF_ROUND, list[Rejected]()
    for one in rejected[:ONE_ROUND]:
        # A secret that the cut goes through is still known as one by what comes after.
        raw = outside.redact(one.raw[: 2 * RAW])[: min(RAW, left)] if left else b""
        left -= len(raw)
        kept.append(_locked(msgspec.structs.replace(one, raw=raw), outside))
    if more := len(rejected) - len(kept):
        what = f"{more:,} more records of this round are refused"
        kept.append(
            Rejected(source=kept[0].source, problem=Problem("the rest", what, "Correct the first ones"), raw=b"")
        )
    tx.signals.quarantine(kept, now, again=again)


def _locked(one: Rejected, outside: Outside) -> Rejected:
    where, what, hint = (
        shown(outside.redact(t.encode("utf-8", "replace")).decode("utf-8", "replace")) for t in one.problem[:3]
    )
    return msgspec.structs.replace(one, source=shown(one.source, 300), problem=Problem(where, what, hint))


def prune_refused(store: Store, now: datetime, age: timedelta = AGE, *, by_hand: bool = False) -> int:
    """Take away what is past its caps, once an hour (``by_hand``: now) and until nothing is; returns how many."""
    with store.read() as tx:
        due = tx.plumbing.get_value(_NEXT) or ""
    if not by_hand and now.isoformat() < due <= (now + EVERY).isoformat():  # later than that: the clock was set back
        return 0
    with store.write() as tx:
        gone = tx.signals.prune_quarantine(
            now - age, spared=SPARED, of_source=OF_SOURCE, in_all=IN_ALL, at_once=AT_ONCE
        )
        tx.plumbing.put_value(_NEXT, (now if gone == AT_ONCE else now + EVERY).isoformat())
    return gone
