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

from pulse_tui.domain.audit import GENESIS, Anchor, AuditEntry, link
from pulse_tui.domain.rollback import Approval, PlanState, RunState, StepState
from pulse_tui.domain.sshsig import armored, signed_data
from pulse_tui.domain.vote import Head, Payload
from pulse_tui.ports import Transaction
from pulse_tui.services.rollback.recorded import verified
from pulse_tui.storage.plumbing.tables import audit
from pulse_tui.storage.sql.codec import Codec
from pulse_tui.storage.sql.upsert import insert_many
from pulse_tui.storage.store import SqlStore
from tests.fakes.agents import Keys
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.nouns import NOW, changed, plan, run, step
from tests.fakes.sshkeys import NAMESPACE, pair

LINES = 100_000
ROLLBACKS = (200, 1_000)
LINES_EACH = 14
ROUNDS = 5
_LINE = Codec(AuditEntry)
KEYS = {name: pair("ssh-ed25519", name) for name in ("ana", "ben")}
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
    """The quiet lines first, past the log's own way of one statement a line; then the rollbacks, each line as ever."""
    rows, last = [], Anchor(0, GENESIS)
    for number in range(1, LINES - LINES_EACH * rollbacks + 1):
        at = NOW + timedelta(seconds=number)
        detail = {"until": "2026-11-29T06:00:00Z", "why": "looking into it"}
        line = AuditEntry(
            seq=number, at=at, actor="ana", action="alert.acknowledged", subject=f"{number:012x}", detail=detail,
            previous=last.hash, hash="", origin=ORIGIN,
        )  # fmt: skip
        last = Anchor(number, link(line))
        rows.append(_LINE.row(changed(line, hash=last.hash)))
    with store.write() as tx:
        insert_many(tx.log._c, audit, rows)
    with store.write() as tx:
        for number in range(rollbacks):
            _rollback(tx, number)


def _rollback(tx: Transaction, number: int) -> None:
    """:data:`LINES_EACH` lines and five records, as a rollback of one target with three steps leaves them."""
    made = plan(steps=tuple(step(f"s{i}") for i in range(3)), reason=f"the answers were wrong, number {number}")
    ran = run(made, f"{number:012x}", target=f"{made.target}{number}")
    tx.rollbacks.add_plan(made)
    tx.log.append(NOW, "ana", "plan.proposed", made.target, {"plan": made.hash})
    for who in KEYS:
        head = tx.log.head()
        tx.rollbacks.add_approval(_vote(made.hash, who, head))
        detail = {"plan": made.hash, "reason": "sure", "head": head.hash}
        tx.log.append(NOW, who, "plan.approved", made.target, detail)
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


def _vote(plan_hash: str, who: str, head: Anchor) -> Approval:
    """Signed, as production wants it."""
    draft = Payload(
        plan=plan_hash, decision="yes", principal=who, reason="sure", nonce="0" * 32, at=NOW,
        expires_at=NOW + timedelta(hours=1), audit=Head(seq=head.seq, hash=head.hash),
    )  # fmt: skip
    key = KEYS[who].public
    made = armored(key, NAMESPACE, KEYS[who].made(signed_data(NAMESPACE, draft.encoded())))
    return Approval(
        plan_hash=plan_hash, principal=who, key=key.fingerprint, yes=True, at=NOW, expires_at=draft.expires_at,
        audit_head=head.hash, reason="sure", payload=draft.encoded().decode(), signature=made,
    )  # fmt: skip


def _print(name: str, store: SqlStore, rollbacks: int) -> None:
    whole, own, signed, chain, records = [], [], [], [], []
    for _ in range(ROUNDS):
        with store.read() as tx:
            began, busy = time.perf_counter(), time.process_time()
            found = verified(tx, ())
            own.append(time.process_time() - busy)
            whole.append(time.perf_counter() - began)
            assert (found.lines, found.wrong) == (LINES, []), found
            began = time.perf_counter()
            count = verified(tx, (), Keys()).signed
            signed.append(time.perf_counter() - began)
            assert count == 2 * rollbacks
            began = time.perf_counter()
            tx.log.walk()
            chain.append(time.perf_counter() - began)
            began = time.perf_counter()
            kept = len(tx.log.records())
            records.append(time.perf_counter() - began)
    chained, compared, total, cpu = map(statistics.median, (chain, records, whole, own))
    print(
        f"audit verify, {name:<10} {LINES:,} lines of which {rollbacks:,} rollbacks wrote {LINES_EACH * rollbacks:,}: {total:.2f} s, {cpu:.2f} s of its own processor time"
        f"  (chain {chained:.2f} s, {kept:,} records {compared:.2f} s); with {2 * rollbacks:,} signatures {statistics.median(signed):.2f} s"
    )


if __name__ == "__main__":
    main()
