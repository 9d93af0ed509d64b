"""Whether plans, approvals, runs and holds are as the audit log recorded them: a row alone is nobody's decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from pulse_tui.domain.audit import GENESIS, Anchor, AuditEntry, disagreements
from pulse_tui.domain.errors import StorageError
from pulse_tui.domain.rollback import Plan, Run
from pulse_tui.ports import Signing, Transaction
from pulse_tui.services.rollback.restored import given_up, restores, sentence
from pulse_tui.services.rollback.votes import forged_vote


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


class Verified(NamedTuple):
    """What a check of the whole log found."""

    lines: int
    head: Anchor
    wrong: list[str]
    """Everything that is wrong with the log, with what it recorded or with what protects it, in words."""
    recorded: Mapping[str, tuple[int, str]] = MappingProxyType({})
    """The line that last recorded each record, and its digest."""
    votes: int = 0
    signed: int = 0
    """Those of the votes whose signatures verify."""
    restored: Sequence[str] = ()
    """That it was put back from backups, with what of the log went each time, in words; the newest first."""


def glanced(tx: Transaction) -> list[str]:
    """What is wrong at a glance, in three queries: what protects the log, and the line that was written last."""
    end, seal = tx.log.head(), tx.log.sealed()
    return tx.log.weakened() + _unsealed(end, seal)


def _unsealed(end: Anchor, seal: Anchor | None) -> list[str]:
    if seal is None:
        return ["the seal beside the log is gone"] if end.seq else []
    if seal == end:
        return []
    return [f"it ends at line {end.seq}, but line {seal.seq} was written last: lines were cut off, or the seal changed"]


def verified(tx: Transaction, anchors: Sequence[Anchor], signing: Signing | None = None) -> Verified:
    """Follow the chain, compare the records with it, and look for each anchor and each head that a vote names in it.

    ``signing`` verifies the votes that are signed, about 4,000 a second; without it they are not looked at.
    """
    heads = tx.rollbacks.heads()
    named = {head: vote for vote, head in heads if head != GENESIS}
    try:
        walked = tx.log.walk(asked=named.keys() | {a.hash for a in anchors})
    except StorageError as error:
        return Verified(0, Anchor(0, GENESIS), [str(error)])
    wrong, end = tx.log.weakened(), walked.end
    if walked.broken:
        wrong.append(f"line {walked.broken[0]}: {walked.broken[1]}")
    wrong += _unsealed(end, tx.log.sealed())
    lines = restores(tx) if not walked.broken else []
    lapsed = given_up(lines)
    for anchor in anchors:
        if anchor in lapsed:  # a line of the log says so itself
            continue
        if anchor.hash != GENESIS and walked.kept.get(anchor.hash) != anchor.seq:
            gone = "is not there" if anchor.seq > end.seq else "is another one now"
            wrong.append(f"line {anchor.seq}, which was anchored, {gone}: the log was cut or rewritten")
    for head, vote in named.items():
        if head not in walked.kept:
            wrong.append(
                f"the vote of {vote} names a line that is not there ({head[:12]}): the log was cut or rewritten"
            )
    judged = [(v, forged_vote(v, signing)) for v in tx.rollbacks.signed_votes()] if signing is not None else []
    wrong += [
        f"the vote of {v.principal} on {v.plan_hash[:12]} is not what was signed: {why}" for v, why in judged if why
    ]
    signed = sum(not why for _, why in judged)
    wrong += disagreements(walked.recorded, tx.log.records())
    return Verified(walked.lines, end, wrong, walked.recorded, len(heads), signed, [sentence(line) for line in lines])
