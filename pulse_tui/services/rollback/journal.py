"""The journal of a run, as the process that owns the run writes it, and the leases by which it owns it.

Each transaction checks that the run is still this process's; each renews the leases. Right before a target is written the
leases are looked at once more, by the clock on the wall and by one that no step of it moves: a process that was
suspended, or whose clock was set back, never writes when its lease is over.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TypeVar

import msgspec

from pulse_tui.domain.errors import StorageError
from pulse_tui.domain.rollback import Plan, Run, RunState, StepRecord, StepState
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.anchor import anchor
from pulse_tui.services.rollback.attended import halt_asked
from pulse_tui.services.rollback.unfinished import leases

LEASE_S = 60.0
PATIENCE_S = 15.0
"""How long the journal is tried again while the database is locked, full or away: well within the lease."""
AGAIN_S = 0.5
T = TypeVar("T")


class Lost(Exception):
    """Another process took the lease, or may have: this one must not touch a target again."""


class Journal:
    """Of one run that this process owns."""

    def __init__(self, parts: RollbackParts, plan: Plan, run: Run, held_since: float) -> None:
        """``held_since``: what the steady clock showed before the leases were taken."""
        self.run = run
        self._parts = parts
        self._leases = leases(plan.targets)
        self._until = held_since + LEASE_S

    def patiently(self, work: Callable[[], T]) -> T:
        """A database that is locked, full or away for a moment must not leave a run half done.

        What may have landed without an answer is only written again: the journal's lines are absolute.
        """
        end = self._parts.outside.ticks() + PATIENCE_S
        while True:
            try:
                return work()
            except StorageError:
                if self._parts.outside.ticks() >= end:
                    raise
            self._parts.sleep(AGAIN_S)

    def reading(self, work: Callable[[Transaction], T]) -> T:
        """One view of the database."""

        def read() -> T:
            with self._parts.store.read() as tx:
                return work(tx)

        return self.patiently(read)

    def writing(self, work: Callable[[Transaction], T], *, holding: bool = False) -> T:
        """One transaction of the run's owner, which renews its leases; ``holding``: only while it still has them.

        Raises Lost: a process that was suspended must not write into a run that another one took over.
        """

        def write() -> tuple[T, float | None]:
            with self._parts.store.write() as tx:
                self._mine(tx)
                began = self._parts.outside.ticks()
                now = self._parts.clock()  # under the write lock: what was waited for it counts
                held = tx.plumbing.renew_all(self._leases, self.run.holder, self.run.epoch, now, LEASE_S)
                if holding and not held:
                    raise Lost  # one ran out: another process may be resuming
                return work(tx), began + LEASE_S if held else None

        done, until = self.patiently(write)
        if until is not None:
            self._until = until
        return done

    def _mine(self, tx: Transaction) -> None:
        current = tx.rollbacks.run(self.run.id)
        if current is None or current.epoch != self.run.epoch or current.state is not RunState.RUNNING:
            raise Lost

    def hold(self) -> None:
        """Right before a send: the leases are this process's, for long enough. Raises Lost."""

        def left(tx: Transaction) -> float:
            self._mine(tx)
            until = tx.plumbing.held_until(self._leases, self.run.holder, self.run.epoch)
            return (until - self._parts.clock()).total_seconds() if until is not None else 0.0

        if self.reading(left) < LEASE_S / 2:
            self.writing(lambda _tx: None, holding=True)
        if self._parts.outside.ticks() >= self._until:
            raise Lost

    def keep(self) -> None:
        """While a target is waited for: a slow rollout is not a dead process. Raises Lost."""
        if self._parts.outside.ticks() > self._until - LEASE_S * 2 / 3:
            self.writing(lambda _tx: None, holding=True)

    def let_go(self) -> None:
        """Whoever may can take the run over at once, also where a clock that was set back makes the lease look long."""
        with suppress(StorageError), self._parts.store.write() as tx:
            tx.plumbing.release_all(self._leases, self.run.holder)  # of nobody else's

    def records(self) -> tuple[list[StepRecord], list[tuple[datetime, int, str, str]]]:
        """(the step records, the lines so far)."""
        return self.reading(lambda tx: (tx.rollbacks.steps(self.run.id), tx.rollbacks.journal(self.run.id)))

    def halted_by(self) -> str:
        """Who asked, from another process, that the next step is not begun; empty: nobody."""
        return self.reading(lambda tx: halt_asked(tx, self.run))

    def begin(self, record: StepRecord) -> str:
        """Write that a step is about to begin, unless somebody asked to halt before it; returns who did."""

        def write(tx: Transaction) -> str:
            by = halt_asked(tx, self.run)
            if not by:
                self._put(tx, record)
            return by

        return self.writing(write)

    def write(self, *records: StepRecord) -> StepRecord:
        """The next lines of a step, in their order; returns the last as it was written."""

        def write(tx: Transaction) -> StepRecord:
            return [self._put(tx, record) for record in records][-1]

        return self.writing(write)

    def _put(self, tx: Transaction, record: StepRecord) -> StepRecord:
        at = record.sent_at if record.state is StepState.SENT else None
        stamped = msgspec.structs.replace(record, at=at or self._parts.clock())
        tx.rollbacks.put_step(stamped)
        detail = {"step": str(record.index + 1), "state": record.state.value, "detail": record.detail}
        tx.log.append(self._parts.clock(), self.run.started_by, "run.step", f"run/{self.run.id}", detail)
        return stamped

    def close(self, run: Run, consequences: Callable[[Transaction], object]) -> None:
        """The run as it ended, the log, what follows from it and the leases given back, in one transaction."""

        def close(tx: Transaction) -> None:
            tx.rollbacks.put_run(run)
            detail = {"run": run.id, "plan": run.plan_hash, "detail": run.detail}
            tx.log.append(self._parts.clock(), run.started_by, f"run.{run.state.value}", run.target, detail)
            consequences(tx)
            tx.plumbing.release_all(self._leases, run.holder)

        self.writing(close)
        with suppress(StorageError):  # the run has ended, and that stands
            anchor(self._parts, f"run.{run.state.value} {run.id} {run.target}")
