"""A database that was put back from a backup: what is gone of its log, and what is no longer certain after it.

Nothing goes out twice and nothing goes back: messages that waited are uncertain until somebody decides, plans that waited
are ended, runs that were under way are unknown, numbers and epochs go on above every one that may have been handed out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from pulse_tui.domain.audit import Anchor, AuditEntry, StoredLine
from pulse_tui.domain.delivery import DeliveryState
from pulse_tui.domain.moments import from_us, iso
from pulse_tui.domain.rollback import PlanState, RunState
from pulse_tui.domain.text import clean, many
from pulse_tui.ports import Transaction

ACTION = "database.restored"
"""Of the line in the log."""
MORE = 1_000
"""Iterations that are left out where nobody knows how many were handed out since the backup."""
EPOCHS = 1_000_000
"""The same of epochs, which nobody reads."""
_ALL = 100_000
_LISTED = 12
_WAITING = (PlanState.PROPOSED, PlanState.APPROVED)
_DECIDED = (DeliveryState.SENT, DeliveryState.FOLDED, DeliveryState.DROPPED)
_NAMES = {
    "plan.approved": "approval",
    "authorisation.approved": "approval",
    "policy.approved": "approval",
    "run.started": "run",
    "waiver.placed": "waiver",
    "alert.waived": "waiver",
    "risk.accepted": "accepted risk",
    "hold.placed": "hold",
    "hold.lifted": "lifted hold",
    "plan.proposed": "plan",
}
"""What a person would miss, by the action of its line."""


class Lost(NamedTuple):
    """Entries of the log that are not in the backup."""

    first: int
    last: int
    """Below ``first``: none is known to be gone."""
    known: bool
    """Whether they could be read; else only an anchor shows that there were any."""
    counts: dict[str, int]
    newest: tuple[str, ...] = ()
    """The last of those that somebody would miss, in words."""

    def words(self) -> str:
        """``entries 120..164 are gone, 2 approvals and 1 run among them``."""
        if self.last < self.first:
            return "no entry is gone" if self.known else "nobody knows which entries came after it"
        which = f"entry {self.first} is" if self.last == self.first else f"entries {self.first}..{self.last} are"
        if not self.known:
            return f"{which} gone, by an anchor; what was in them is not known"
        named = [many(n, name) for name, n in self.counts.items()]
        among = (
            f", {' and '.join([', '.join(named[:-1]), named[-1]] if named[1:] else named)} among them" if named else ""
        )
        return f"{which} gone{among}"


class Restored(NamedTuple):
    """What was done about a backup that took the place of a database."""

    lost: Lost
    uncertain: int
    """Messages of which nobody knows whether they were sent."""
    sent: int
    """Messages that the database which was replaced knows as sent, and the backup did not."""
    runs: tuple[str, ...]
    """Ids of those that were under way."""
    plans: int
    """That waited, and are ended."""
    holds: tuple[str, ...]
    """Standing in the database that was replaced, and not in the backup."""
    jumped: bool
    """Whether iterations were left out."""

    def checks(self, at: datetime) -> list[str]:
        """What a person has to look at now."""
        lines = [f"gone: {line}" for line in self.lost.newest]
        if self.uncertain:
            lines.append(
                f"{many(self.uncertain, 'message')} may have been sent since {iso(at)}: pulse-tui delivery list; replay sends one"
                " again under the same key, drop ends it"
            )
        lines += [f"run {run} was under way: read its targets, then pulse-tui rollback show {run}" for run in self.runs]
        if self.plans:
            lines.append(f"{many(self.plans, 'plan')} that waited may have been used since, and were ended: plan again")
        lines += [f"{hold} stood in the database that was replaced and is gone: place it again" for hold in self.holds]
        if self.jumped:
            lines.append(f"iterations go on {MORE:,} higher: no number is handed out twice")
        lines.append("signals that were pushed since are gone unless their senders repeat them; sources are read again")
        return lines


def settle(
    tx: Transaction, former: Transaction | None, at: datetime, backup: str, kept: str, anchors: Sequence[Anchor],
    by: str, now: datetime,
) -> Restored:  # fmt: skip
    """Make the restored database safe to be opened, and write down in its log what it has lost.

    ``former`` is the database that it replaces, where that could be read; ``at`` the moment of the backup; ``kept`` the
    name under which the former one stays.
    """
    head = tx.log.head()
    if former is not None and not _continues(former, head):
        former = None
    lost = _lost(former, head, anchors)
    uncertain, sent = _messages(tx, former, at, now)
    runs = tuple(_runs(tx, former, at))
    plans = _plans(tx, former)
    holds = tuple(_holds(tx, former))
    tx.plumbing.free_all(former.plumbing.epochs() if former is not None else {}, 0 if former is not None else EPOCHS)
    jumped = former is None and bool(tx.estate.iterations())
    here = tx.estate.iterations()
    tx.estate.lift_iterations(
        former.estate.iterations() if former is not None else {a: n + MORE for a, n in here.items()}
    )
    gone = [a for a in anchors if a.seq > head.seq]
    detail = {
        "backup": backup,
        "of": iso(at),
        "first": str(lost.first),
        "last": str(lost.last),
        "lost": lost.words(),
        "replaced": kept,
        "anchors": " ".join(f"{a.seq}:{a.hash}" for a in gone),
    }
    tx.log.append(now, by, ACTION, "database", detail)
    return Restored(lost, uncertain, sent, runs, plans, holds, jumped)


def restores(tx: Transaction) -> list[AuditEntry]:
    """The lines of the log about restores, the newest first."""
    return tx.log.page(50, actions=[ACTION])


def sentence(entry: AuditEntry) -> str:
    """``restored 2026-11-30 05:13 by ana from a backup of …: entries 120..164 are gone, 2 approvals among them``."""
    d = entry.detail
    return clean(
        f"restored {entry.at:%Y-%m-%d %H:%M} by {entry.actor} from a backup of {d.get('of', '?')}: {d.get('lost', '')}",
        400,
    )


def given_up(entries: Iterable[AuditEntry]) -> set[Anchor]:
    """The anchors of lines that went with a restore, which its line names: these and no others contradict nothing."""
    found = set()
    for entry in entries:
        for word in entry.detail.get("anchors", "").split():
            seq, _, digest = word.partition(":")
            if seq.isdecimal():
                found.add(Anchor(int(seq), digest))
    return found


def _continues(former: Transaction, head: Anchor) -> bool:
    """Whether its log goes on from the backup's: what it says about the time since is about the same history then."""
    line = next(iter(former.log.stored(head.seq, head.seq)), None)
    return head.seq == 0 or (line is not None and line[7] == head.hash)


def _lost(former: Transaction | None, head: Anchor, anchors: Sequence[Anchor]) -> Lost:
    anchored = max((a.seq for a in anchors), default=0)
    if former is None:
        return Lost(head.seq + 1, anchored if anchored > head.seq else head.seq, known=False, counts={})
    last = former.log.head().seq
    counts, newest = Counter[str](), list[str]()
    for line in former.log.stored(head.seq + 1, last):
        name = _NAMES.get(line[3])
        if name is not None:
            counts[name] += 1
            newest.append(_words(line))
    return Lost(head.seq + 1, max(last, anchored, head.seq), True, dict(counts), tuple(newest[-_LISTED:]))


def _words(line: StoredLine) -> str:
    return clean(f"{line[3]} {line[4]} by {line[2]}, {iso(from_us(line[1]))}", 200)


def _messages(tx: Transaction, former: Transaction | None, at: datetime, now: datetime) -> tuple[int, int]:
    waiting = tx.plumbing.deliveries(_ALL, states=[DeliveryState.QUEUED])
    known = former.plumbing.deliveries_of([d.key for d in waiting]) if former is not None else {}
    why = (
        f"uncertain: the database was restored from a backup of {iso(at)}, and it may have been sent since;"
        " replay sends it again under the same key, drop ends it"
    )
    after = [
        known.get(d.key) or msgspec.structs.replace(d, state=DeliveryState.DEAD, error=why, next_at=now)
        for d in waiting
    ]
    decided = former.plumbing.deliveries(_ALL, states=_DECIDED) if former is not None else []
    here = tx.plumbing.deliveries_of([d.key for d in decided])
    late = [d for d in decided if d.key not in here]
    for delivery in late:
        tx.plumbing.enqueue(delivery)
    tx.plumbing.put_deliveries(after)
    sent = sum(d.state is DeliveryState.SENT for d in (*late, *(k for k in known.values())))
    return len(waiting) - len(known), sent


def _runs(tx: Transaction, former: Transaction | None, at: datetime) -> Iterator[str]:
    for run in tx.rollbacks.runs(active_only=True, limit=_ALL):
        later = former.rollbacks.run(run.id) if former is not None else None
        ended = f"; the database that was replaced has it as {later.state.value}" if later and later.ended_at else ""
        detail = clean(f"restored from a backup of {iso(at)}, in the middle of it{ended}", 400)
        tx.rollbacks.put_run(msgspec.structs.replace(run, state=RunState.UNKNOWN, detail=detail))
        yield run.id


def _plans(tx: Transaction, former: Transaction | None) -> int:
    ended = 0
    for plan, state in tx.rollbacks.plans(limit=_ALL):
        if state in _WAITING:
            later = former.rollbacks.plan(plan.hash) if former is not None else None
            now = later[1] if later is not None else PlanState.REJECTED
            if now is not state:
                tx.rollbacks.set_plan_state(plan.hash, now)
                ended += 1
    then = {a.hash: state for a, state in former.rollbacks.authorisations()} if former is not None else {}
    for authorisation, word in tx.rollbacks.authorisations():
        if word in (PlanState.PROPOSED.value, PlanState.APPROVED.value):
            later_word = then.get(authorisation.hash, "revoked")
            if later_word != word:
                tx.rollbacks.set_authorisation_state(authorisation.hash, later_word)
                ended += 1
    return ended


def _holds(tx: Transaction, former: Transaction | None) -> Iterator[str]:
    here = {h.id for h in tx.judgements.holds()}
    for hold in former.judgements.holds() if former is not None else ():
        if hold.id not in here:
            yield clean(f"{hold.kind.value} of {hold.asset_id or 'all assets'} ({hold.why})", 200)
