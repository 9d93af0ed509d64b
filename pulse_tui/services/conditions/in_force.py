"""Which policy judges: the one that the files have, or the one before while that waits for a second person."""

from __future__ import annotations

from pulse_tui.domain.policy_change import PolicyState, PolicyVersion
from pulse_tui.ports import Transaction


def in_force(tx: Transaction) -> PolicyVersion | None:
    """The policy that judges; None before the first one was recorded."""
    return next(iter(tx.policies.in_state(PolicyState.IN_FORCE)), None)


def instead(tx: Transaction, digest: str) -> PolicyVersion | None:
    """What is in force instead of the policy that the files have: that one needs a second person first. None: it is in
    force, or is about to be."""
    former = in_force(tx)
    return former if former is not None and former.digest != digest and former.approvals else None
