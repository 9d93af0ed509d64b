"""A second person approves or rejects a change of policy; until then the former one judges."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.oncall import Right
from pulse_tui.domain.policy_change import PolicyState, PolicyVersion
from pulse_tui.domain.text import many
from pulse_tui.enrich.oncall.rights import may
from pulse_tui.ports import Transaction
from pulse_tui.services.conditions.policy_change import put_in_force
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.reasons import reason_of


def unsettled(tx: Transaction) -> PolicyVersion | None:
    """The policy of the files while it is not in force: it waits, or was rejected."""
    return next(iter(tx.policies.in_state(PolicyState.PROPOSED, PolicyState.REJECTED)), None)


def approve(parts: JudgeParts, name: str, by: str, why: str, now: datetime) -> str:
    """It is in force from now on, and what is open is judged again. Raises NotFound, WrongUse, Refused."""
    reason = reason_of(why)
    _may(parts, by)
    with parts.store.write() as tx:
        version = _named(tx, name)
        if version.state is PolicyState.REJECTED:
            todo = "Change it and let it be proposed again"
            raise Refused(
                f"policy {version.digest[:12]} was rejected by {version.rejected_by}: {version.why}", todo=todo
            )
        if parts.proposed is None or parts.proposed.digest != version.digest:
            todo = "See what waits now: pulse-tui policy list"
            raise Refused(
                f"the files do not have policy {version.digest[:12]} any more: what is approved is read there",
                todo=todo,
            )
        if by == version.by:
            raise Refused(f"{by} proposed it: another person approves it", todo="Ask one who may act here")
        approved = msgspec.structs.replace(version, approved_by=by, approved_at=now, why=reason)
        tx.log.append(now, by, "policy.approved", version.digest, {"proposed_by": version.by, "why": reason})
        fired = put_in_force(tx, parts._replace(policy=parts.proposed, proposed=None), approved, now, by)
    return f"policy {version.digest[:12]} is in force; judged again: {many(fired, 'rule')} fired newly"


def reject(parts: JudgeParts, name: str, by: str, why: str, now: datetime) -> str:
    """It does not come into force; the former one stays. Raises NotFound, WrongUse, Refused."""
    reason = reason_of(why)
    _may(parts, by)
    with parts.store.write() as tx:
        version = _named(tx, name)
        if version.state is PolicyState.REJECTED:
            raise Refused(f"policy {version.digest[:12]} was rejected by {version.rejected_by} already")
        tx.policies.put(
            msgspec.structs.replace(version, state=PolicyState.REJECTED, rejected_by=by, rejected_at=now, why=reason)
        )
        tx.log.append(now, by, "policy.rejected", version.digest, {"proposed_by": version.by, "why": reason})
    return f"policy {version.digest[:12]} is rejected: the former one stays in force until the files have another"


def _may(parts: JudgeParts, by: str) -> None:
    """Where ``rights`` gives the right to some roles, only to those: somebody without a role has it not."""
    if (why := may(parts.oncall, by, Right.POLICY)) is not None:
        raise Refused(why, todo="Ask one of those")


def _named(tx: Transaction, name: str) -> PolicyVersion:
    """The one that waits (or was rejected), by the beginning of its digest."""
    found = [
        version
        for version in tx.policies.in_state(PolicyState.PROPOSED, PolicyState.REJECTED)
        if len(name) >= 4 and version.digest.startswith(name)
    ]
    if not found:
        raise NotFound(f"no policy {name!r} waits for a second person", todo="pulse-tui policy list")
    return found[0]
