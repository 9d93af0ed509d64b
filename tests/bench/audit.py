"""How long it takes to verify a long audit log, and the records beside it, on both databases.

``python -m tests.bench audit``: of 100,000 lines those of ``ROLLBACKS`` rollbacks with their plans, votes, runs, steps and
journals (five records each), the others as an estate's days leave them.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from pulse_tui.domain.rollback import PlanState, RunState, StepState
from pulse_tui.ports import Transaction
from pulse_tui.services.rollback.recorded import verified
from pulse_tui.storage.store import SqlStore
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.nouns import NOW, approval, changed, plan, run, step

LINES = 100_000
ROLLBACKS = (500, 5_000)
ROUNDS = 5
ORIGIN = "uid 1000 ana@jump-1 pts/3"


def main() -> None:
    for rollbacks in ROLLBACKS:
        for name, url in _databases():
            with _store(url) as store:
                _fill(store, rollbacks)
                _print(name, store, rollbacks)
    print("  (each: the median of 5; the chain is read and hashed, the records are read and compared)")


def _databases() -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory() as folder:
        yield "SQLite", sqlite_file(Path(folder) / "pulse.db")
    server = postgres()
    name = server.create()
    yield "PostgreSQL", server.named(name)
    server.drop(name)


@contextmanager
def _store(url: str) -> Iterator[SqlStore]:
    store = SqlStore(url, Path("/"), origin=ORIGIN)
    yield store
    store.close()


def _fill(store: SqlStore, rollbacks: int) -> None:
    with store.write() as tx:
        for number in range(rollbacks):
            _rollback(tx, number)
        written = tx.log.append(NOW, "ana", "alert.acknowledged", "a0")
        for number in range(written, LINES):
            at = NOW + timedelta(seconds=number)
            tx.log.append(
                at,
                "ana",
                "alert.acknowledged",
                f"{number:012x}",
                {"until": "2026-11-29T06:00:00Z", "why": "looking into it"},
            )


def _rollback(tx: Transaction, number: int) -> None:
    """Thirteen lines and five records, as a rollback of one target with three steps leaves them."""
    made = plan(steps=tuple(step(f"s{i}") for i in range(3)), reason=f"the answers were wrong, number {number}")
    ran = run(made, f"{number:012x}", target=f"{made.target}{number}")
    tx.rollbacks.add_plan(made)
    tx.log.append(NOW, "ana", "plan.proposed", made.target, {"plan": made.hash})
    for who, key in (("ana", "k1"), ("ben", "k2")):
        head = tx.log.head().hash
        tx.rollbacks.add_approval(
            changed(approval(made, who, key), audit_head=head, payload="p" * 500, signature="s" * 300)
        )
        tx.log.append(NOW, who, "plan.approved", made.target, {"plan": made.hash, "reason": "sure", "head": head})
    tx.rollbacks.start_run(ran, 3)
    tx.rollbacks.set_plan_state(made.hash, PlanState.USED)
    tx.log.append(NOW, "ana", "run.started", made.target, {"plan": made.hash, "run": ran.id, "approved by": "ana, ben"})
    for record in tx.rollbacks.steps(ran.id):
        for state in (StepState.INTENT, StepState.SENT, StepState.VERIFIED):
            tx.rollbacks.put_step(changed(record, state=state, at=NOW, detail=f"{state.value} 3.8.1"))
            tx.log.append(
                NOW,
                "ana",
                "run.step",
                f"run/{ran.id}",
                {"step": str(record.index), "state": state.value, "detail": "3.8.1"},
            )
    tx.rollbacks.put_run(changed(ran, state=RunState.VERIFIED, ended_at=NOW))
    tx.log.append(NOW, "ana", "run.verified", made.target, {"run": ran.id, "plan": made.hash, "detail": "read back"})


def _print(name: str, store: SqlStore, rollbacks: int) -> None:
    whole, chain, records = [], [], []
    for _ in range(ROUNDS):
        with store.read() as tx:
            began = time.perf_counter()
            found = verified(tx, ())
            whole.append(time.perf_counter() - began)
            assert (found.lines, found.wrong) == (LINES, []), found
            began = time.perf_counter()
            tx.log.walk()
            chain.append(time.perf_counter() - began)
            began = time.perf_counter()
            count = len(tx.log.records())
            records.append(time.perf_counter() - began)
    chained, compared = statistics.median(chain), statistics.median(records)
    print(
        f"audit verify, {name:<10} {LINES:,} lines of which {rollbacks:,} rollbacks wrote {14 * rollbacks:,}: {statistics.median(whole):.2f} s"
        f"  (chain {chained:.2f} s; {count:,} records {compared:.2f} s)"
    )


if __name__ == "__main__":
    main()
