"""Pruning: what is older than its class is kept goes, in small pieces, and nothing that is still needed.

Whatever was pruned is recorded before the first row goes, so that it is never taken for what never was.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pulse_tui.domain.delivery import DeliveryState, thread_of
from pulse_tui.domain.incident import IncidentState
from pulse_tui.domain.moments import iso
from pulse_tui.domain.pruned import Kept, Pruned
from pulse_tui.domain.words import SignalType
from pulse_tui.ports import Store, Transaction
from pulse_tui.services.signals.quarantine import prune_refused
from pulse_tui.settings.retention import RetentionShape

CLASSES = (Kept.SIGNALS, Kept.ITEMS, Kept.DELIVERIES, Kept.QUARANTINE, Kept.DECISIONS)
"""In their order. The audit log is never pruned; pictures of the board are their recorder's."""
LEASE, LEASE_S = "prune", 300.0
"""One process prunes."""
_LAST = "prune.last"
EVERY = timedelta(hours=6)
_DATED = frozenset(
    {
        SignalType.CVE, SignalType.DEPRECATION, SignalType.VENDOR_NOTE, SignalType.CATALOGUE_CHANGE,
        SignalType.PRICING_CHANGE, SignalType.RATE_LIMIT_CHANGE, SignalType.SUITE_CHANGED,
    }
)  # fmt: skip
"""Whose last signal holds until another one comes, however old it is."""
_JUDGED_AGAIN = timedelta(days=90)
"""The last signal of any condition is judged again for so long, when the policy changes."""
_ARRIVED = (DeliveryState.SENT, DeliveryState.FOLDED, DeliveryState.DROPPED)


class Pace(NamedTuple):
    """How much is done at once, and the pauses between."""

    ticks: Callable[[], float]
    sleep: Callable[[float], None]
    most_s: float
    """What a transaction should last at most: others that write wait for it."""
    first: int = 100
    largest: int = 2_000


class Done(NamedTuple):
    """What came of one class."""

    kind: Kept
    before: datetime | None
    """None: it is kept for ever."""
    rows: int = 0
    kept: int = 0
    """That are old, and still needed."""
    complete: bool = True
    longest_s: float = 0.0
    """The longest transaction."""

    def words(self, *, dry: bool = False) -> str:
        """``signals: 1,204 from before 2026-09-01 pruned; 12 are older and still needed``."""
        if self.before is None:
            why = ": each line proves the one before it" if self.kind is Kept.AUDIT else ""
            return f"{self.kind.value}: never pruned{why}"
        done = "would go" if dry else "pruned"
        needed = f"; {self.kept:,} are older and still needed" if self.kept else ""
        more = "" if self.complete else "; more is to be pruned"
        return f"{self.kind.value}: {self.rows:,} from before {self.before:%Y-%m-%d} {done}{needed}{more}"


class _Piece(NamedTuple):
    """What one look found."""

    go: Sequence[Any]
    kept: int
    after: int


def prune(
    store: Store, retention: RetentionShape, kind: Kept, by: str, clock: Callable[[], datetime], pace: Pace, *,
    dry: bool = False, ends: Callable[[], bool] = lambda: False,
) -> Done:  # fmt: skip
    """Take away what is old of one class until nothing is, or until it ``ends``; ``dry`` only counts."""
    now, keep = clock(), retention.of(kind)
    if keep is None or kind not in CLASSES:
        return Done(kind, None)
    before = now - timedelta(seconds=keep)
    if kind is Kept.QUARANTINE:
        gone = 0 if dry else prune_refused(store, now, timedelta(seconds=keep), by_hand=True)
        return Done(kind, before, gone)
    looks = _LOOKS[kind](store, before, now)
    count = kept = 0
    longest, size, complete = 0.0, pace.first, True
    found = next(looks, None)
    while found is not None:
        kept += found.kept
        rest = found.go
        while rest:
            piece, rest = rest[:size], rest[size:]
            if dry:
                count += len(piece)
                continue
            with store.write(quiet=True) as tx:
                if count == 0:
                    _begin(tx, kind, before, by, now)
                began = pace.ticks()  # the wait for the lock is nobody's but ours
                count += _drop(tx, kind, piece, before, now, by)
            took = pace.ticks() - began
            longest = max(longest, took)
            size = (
                max(10, size // 2)
                if took > pace.most_s
                else min(pace.largest, size * 2 if took < pace.most_s / 4 else size)
            )
            pace.sleep(max(took, 0.002))
        if ends():
            complete = False
            break
        found = next(looks, None)
    if count and not dry:
        with store.write() as tx:
            detail = {"class": kind.value, "before": iso(before), "rows": str(count), "kept": str(kept)}
            tx.log.append(clock(), by, "database.pruned", kind.value, detail)
    return Done(kind, before, count, kept, complete, longest)


def prune_due(
    store: Store, retention: RetentionShape, holder: str, by: str, clock: Callable[[], datetime], pace: Pace,
    dead: Callable[[str], bool], for_s: float,
) -> list[Done]:  # fmt: skip
    """What is due by the clock, by one of several processes, for some seconds; it goes on the next time where it is more."""
    now = clock()
    with store.read() as tx:
        last = tx.plumbing.get_value(_LAST) or ""
    if (now - EVERY).isoformat() < last <= now.isoformat():  # later than that: the clock was set back
        return []
    with store.write() as tx:
        if tx.plumbing.claim(LEASE, holder, now, LEASE_S, dead) is None:
            return []
    end = pace.ticks() + for_s
    done: list[Done] = []
    for kind in CLASSES:
        if kind is not Kept.QUARANTINE:  # has a chore of its own
            done.append(prune(store, retention, kind, by, clock, pace, ends=lambda: pace.ticks() > end))
    with store.write() as tx:
        if all(one.complete for one in done):
            tx.plumbing.put_value(_LAST, now.isoformat())
        tx.plumbing.release(LEASE, holder)
    return [one for one in done if one.rows]


def _begin(tx: Transaction, kind: Kept, before: datetime, by: str, now: datetime) -> None:
    """Recorded with the first rows that go, whatever happens to the rest of them."""
    tx.log.append(now, by, "database.prune_begun", kind.value, {"class": kind.value, "before": iso(before)})


def _drop(tx: Transaction, kind: Kept, keys: Sequence[Any], before: datetime, now: datetime, by: str) -> int:
    gone = _DROPS[kind](tx, keys)
    known = tx.pruned.all().get(kind)
    since = max(before, known.before) if known is not None else before
    tx.pruned.put(
        Pruned(kind=kind, before=since, at=now, count=gone + (known.count if known is not None else 0), by=by)
    )
    return gone


# --------------------------------------------------------------------------- what is old, and what of it is needed


def _signals(store: Store, before: datetime, now: datetime) -> Iterator[_Piece]:
    with store.read() as tx:
        until, spared = tx.pruned.until(Kept.SIGNALS, before), _evidence(tx)
    after = 0
    # Each condition is asked for once: finding its last signal reads all that it has. One that came since spares one more.
    last, asked = set[str](), set[str]()
    while after < until:
        with store.read() as tx:
            rows = tx.pruned.old_signals(before, after, until, _LOOK)
            if not rows:
                return
            stays = spared | tx.pruned.of_alerts(r.signal_id for r in rows)
            fresh = {r.fingerprint for r in rows if r.old and _lasting(r.kind, r.at, now)} - asked
            last |= tx.signals.last(fresh)
            asked |= fresh
        needed = [r for r in rows if r.old and _needed(r.kind, r.signal_id, r.at, stays, last, now)]
        names = {r.seq for r in needed}
        after = rows[-1].seq
        yield _Piece([r.seq for r in rows if r.old and r.seq not in names], len(needed), after)


def _needed(kind: SignalType | None, ident: str, at: datetime, stays: set[str], last: set[str], now: datetime) -> bool:
    if kind is SignalType.VERSION_EVENT or ident in stays:
        return True
    return ident in last and _lasting(kind, at, now)


def _lasting(kind: SignalType | None, at: datetime, now: datetime) -> bool:
    """Whether it stays where it is the last of its condition."""
    return kind in _DATED or now - at < _JUDGED_AGAIN


def _evidence(tx: Transaction) -> set[str]:
    """Signals on which holds that stand and incidents that are open rest. (Those of alerts are asked for row by row.)"""
    found = set[str]()
    for hold in tx.judgements.holds():
        decision = tx.judgements.decision(hold.decision_id) if hold.decision_id is not None else None
        if decision is not None:
            found.add(decision.signal_id)
    for incident in tx.incidents.all([IncidentState.OPEN], limit=100_000):
        found |= {s for cause in incident.causes for s in (cause.signal_id, *cause.also)}
        found |= {footing.signal_id for footing in incident.footings}
    return found


def _decisions(store: Store, before: datetime, now: datetime) -> Iterator[_Piece]:
    del now
    with store.read() as tx:
        until = tx.pruned.until(Kept.DECISIONS, before)
    after = 0
    while after < until:
        with store.read() as tx:
            rows = tx.pruned.old_decisions(before, after, until, _LOOK)
            if not rows:
                return
            # The facts of a signal are kept once for all its decisions, and a signal that still is there is judged by them.
            ids = [r.signal_id for r in rows]
            stays = tx.pruned.fired(ids) | tx.signals.stored(ids)
        after = rows[-1].seq
        go = [r.seq for r in rows if r.old and r.signal_id not in stays]
        yield _Piece(go, sum(r.old for r in rows) - len(go), after)


def _items(store: Store, before: datetime, now: datetime) -> Iterator[_Piece]:
    with store.read() as tx:
        old = tx.pruned.runs_with_items(before)
        stays = tx.pruned.newest_runs() | {run for _, _, run in tx.evals.baselines()}
        estate = tx.estate.load()
        stays |= tx.pruned.runs_of({(d.asset_id, d.version) for d in estate.deployments})
        for asset in estate.assets:
            for accepted in tx.evals.acceptances(asset):
                if accepted.until > now:
                    stays |= {accepted.run_id, accepted.baseline_id}
    go = [run for run in old if run not in stays]
    yield _Piece(go, len(old) - len(go), 0)


def _deliveries(store: Store, before: datetime, now: datetime) -> Iterator[_Piece]:
    """A thread goes as a whole: a message that follows goes only to where the first one of its thread went."""
    del now
    with store.read() as tx:
        letters = tx.pruned.letters()
        arrived = {state.value for state in _ARRIVED}
        busy = {thread_of(o.key) for o in letters if o.created_at >= before or o.state not in arrived}
        old = [o.key for o in letters if o.created_at < before]
        go = [key for key in old if thread_of(key) not in busy]
        about = tx.pruned.alerts_of(go)
        open_ = {a for a in set(about.values()) if a and (found := tx.judgements.alert(a)) is not None and found.open}
        held = {thread_of(key) for key, alert in about.items() if alert in open_}
        go = [key for key in go if thread_of(key) not in held]
    yield _Piece(go, len(old) - len(go), 0)


_LOOK = 2_000
"""Rows of one look: it only reads, and holds up nobody."""
_LOOKS: Mapping[Kept, Callable[[Store, datetime, datetime], Iterator[_Piece]]] = {
    Kept.SIGNALS: _signals,
    Kept.DECISIONS: _decisions,
    Kept.ITEMS: _items,
    Kept.DELIVERIES: _deliveries,
}


def _drop_signals(tx: Transaction, keys: Sequence[Any]) -> int:
    return tx.pruned.drop(Kept.SIGNALS, keys)


def _drop_decisions(tx: Transaction, keys: Sequence[Any]) -> int:
    return tx.pruned.drop(Kept.DECISIONS, keys)


def _drop_items(tx: Transaction, keys: Sequence[Any]) -> int:
    return sum(tx.pruned.drop_items(run) for run in keys)


def _drop_letters(tx: Transaction, keys: Sequence[Any]) -> int:
    return tx.pruned.drop_letters(keys)


_DROPS: Mapping[Kept, Callable[[Transaction, Sequence[Any]], int]] = {
    Kept.SIGNALS: _drop_signals,
    Kept.DECISIONS: _drop_decisions,
    Kept.ITEMS: _drop_items,
    Kept.DELIVERIES: _drop_letters,
}
