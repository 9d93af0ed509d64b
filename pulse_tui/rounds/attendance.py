"""Who is there: each process that collects writes itself down now and then, and one of all of them does the chores.

Ten processes on one database would do the same chores ten times over; each looks again before it writes, so that nothing
happens twice, but each look costs. One has the lease of the housekeeping, an agent rather than a tower; where it is gone
another one has it within :data:`CHORES_S`. Messages are sent by whoever has them queued.
"""

from __future__ import annotations

import contextlib
import threading

from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.member import EVERY_S, Member, MemberKind, gone, long_gone
from pulse_tui.ports import Transaction
from pulse_tui.process import holder_name, host, is_dead
from pulse_tui.wiring import House, steady

CHORES_S = 60.0
"""How long whoever does the chores has them without a sign of life: two of its intervals."""
LEASE = "housekeeping"


class Attendance:
    """This process among those that share the database."""

    def __init__(self, house: House, kind: MemberKind) -> None:
        """Nothing is written yet."""
        self._house, self._kind = house, kind
        self._began = house.clock()
        self._next = 0.0
        self._mine = False
        self._left = False
        self._lock = threading.Lock()

    def turn(self) -> bool:
        """Write this process down where that is due; whether the chores are this process's now: never once it has left.
        Raises StorageError.
        """
        with self._lock:  # a housekeeping under way must not write down again who leaves
            return not self._left and self._turn()

    def _turn(self) -> bool:
        if steady() < self._next and (self._mine or not self._free()):
            return self._mine
        now, me = self._house.clock(), holder_name()
        with self._house.store.write(quiet=True) as tx:
            tx.members.put(self._me())
            there = tx.members.all()
            for other in there:
                if long_gone(other, now) or is_dead(other.id):
                    tx.members.drop(other.id)
            if self._gives_way(there):
                tx.plumbing.release(LEASE, me)
                self._mine = False
            else:
                self._mine = tx.plumbing.claim(LEASE, me, now, CHORES_S, is_dead) is not None
        self._next = steady() + EVERY_S - 1.0
        return self._mine

    def leave(self) -> None:
        """No longer there: another one has the chores at once."""
        with self._lock:
            self._left = True
            if not self._next:
                return
            with contextlib.suppress(PulseError), self._house.store.write(quiet=True) as tx:
                tx.members.drop(holder_name())
                tx.plumbing.release(LEASE, holder_name())
            self._mine = False

    def _free(self) -> bool:
        """Whether nobody has the chores who may live, and they are for this process to take."""
        with self._house.store.read() as tx:
            return not _has_them(tx, self._house) and not self._gives_way(tx.members.all())

    def _gives_way(self, there: list[Member]) -> bool:
        """A tower leaves the chores to an agent, and one whose configuration changed under it to anybody else."""
        now, me = self._house.clock(), holder_name()
        others = [m for m in there if m.id != me and not gone(m, now) and not is_dead(m.id)]
        if self._kind is MemberKind.TOWER and any(m.kind is MemberKind.AGENT for m in others):
            return True
        return self._house.outdated and bool(others)

    def _me(self) -> Member:
        house = self._house
        return Member(
            id=holder_name(),
            kind=self._kind,
            host=host(),
            started_at=self._began,
            seen_at=house.clock(),
            offset_s=round(house.shared.ahead_s, 1) if house.shared is not None else 0.0,
            **house.works_with,
        )


def _has_them(tx: Transaction, house: House) -> bool:
    lease = tx.plumbing.lease(LEASE)
    return lease is not None and lease[1] > house.clock() and not is_dead(lease[0])
