"""Whether plans, approvals, runs and holds are as the audit log recorded them: a row alone is nobody's decision."""

from __future__ import annotations

from collections.abc import Sequence

from pulse_tui.domain.audit import GENESIS, Anchor, AuditEntry, broken_at, disagreements
from pulse_tui.domain.errors import StorageError
from pulse_tui.domain.rollback import Plan, Run
from pulse_tui.ports import Transaction


def forged(tx: Transaction, plan: Plan, run: Run | None = None) -> list[str]:
    """What was written past the log, in words; empty when the log recorded it all."""
    lines = tx.log.entries(subject=plan.target)
    found = [_from_line(tx, f"plans/{plan.hash}", _line(lines, "plan.proposed", "plan", plan.hash))]
    votes = tx.rollbacks.approvals(plan.hash)
    if votes:
        found.append(tx.log.contradiction(f"approvals/{plan.hash}", votes[0].audit_head))
    if run is not None:
        started = _line(lines, "run.started", "run", run.id)
        found += [_from_line(tx, f"{table}/{run.id}", started) for table in ("runs", "steps")]
        if tx.rollbacks.journal(run.id):
            found.append(_from_line(tx, f"journal/{run.id}", started))
    return [why for why in found if why]


def _line(lines: list[AuditEntry], action: str, name: str, value: str) -> AuditEntry | None:
    return next((e for e in lines if e.action == action and e.detail.get(name) == value), None)


def _from_line(tx: Transaction, record: str, line: AuditEntry | None) -> str:
    if line is None:
        return f"{record} is in no line of the audit log"
    return tx.log.contradiction(record, line.previous)


def verified(tx: Transaction, anchors: Sequence[Anchor]) -> tuple[list[AuditEntry], list[str]]:
    """The lines, and everything that is wrong with the log or with what it recorded."""
    try:
        lines = tx.log.entries()
    except StorageError as error:
        return [], [str(error)]
    found = []
    if broken := broken_at(lines):
        found.append(f"line {broken[0]}: {broken[1]}")
    end = Anchor(lines[-1].seq, lines[-1].hash) if lines else Anchor(0, GENESIS)
    seal = tx.log.sealed()
    if seal is None and lines:
        found.append("the seal beside the log is gone")
    elif seal is not None and seal != end:
        found.append(
            f"it ends at line {end.seq}, but line {seal.seq} was written last: lines were cut off, or the seal changed"
        )
    hashes = {line.seq: line.hash for line in lines}
    for anchor in anchors:
        if hashes.get(anchor.seq) != anchor.hash:
            gone = "is not there" if anchor.seq not in hashes else "is another one now"
            found.append(f"line {anchor.seq}, which was anchored, {gone}: the log was cut or rewritten")
    return lines, found + disagreements(lines, tx.log.records())
