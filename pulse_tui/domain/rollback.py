"""Rollback: the plan and its hash, approvals, the journalled run."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.errors import Refused
from pulse_tui.domain.words import Environment


class PlanStep(msgspec.Struct, frozen=True, kw_only=True):
    """One step: a target that holds one value, the value it must hold before and after.

    ``params`` are the step kind's options with names filled in and secrets still as ``${NAME}``.
    Undoing the step is writing ``expected`` back.
    """

    kind: str
    target: str
    params: dict[str, Any]
    expected: str
    desired: str
    timeout_s: float = 30.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """An instance of a playbook with exact versions and the expected prior state.

    What is approved is :attr:`hash`, the SHA-256 of the canonical JSON of every field here.
    """

    asset_id: str
    environment: Environment
    from_version: str
    from_digest: str | None
    to_version: str
    to_digest: str | None
    playbook: str
    steps: tuple[PlanStep, ...]
    on_failure: str
    policy_digest: str
    playbook_digest: str
    operators_digest: str
    created_at: datetime
    expires_at: datetime
    proposed_by: str
    reason: str
    approvals_needed: int
    alert_id: str | None = None
    undoes: str | None = None
    """The hash of the plan that this one undoes."""

    def canonical(self) -> bytes:
        """The bytes that are hashed and shown: keys sorted, no white space, UTF-8."""
        return _ENCODER.encode(self)

    @property
    def hash(self) -> str:
        """SHA-256 of :meth:`canonical`, in hex."""
        return hashlib.sha256(self.canonical()).hexdigest()

    @property
    def target(self) -> str:
        """The name one active run at a time may hold."""
        return f"{self.asset_id}/{self.environment.value}"


_ENCODER = msgspec.json.Encoder(order="deterministic")
_DECODER = msgspec.json.Decoder(Plan)


def decode_plan(raw: bytes | str) -> Plan:
    """A plan as stored. The caller checks that its hash is the one it was stored under."""
    return _DECODER.decode(raw)


class Rules(NamedTuple):
    """The digests of what a plan was made under: another one later makes every approval of it worthless."""

    policy: str
    playbooks: str
    operators: str

    def changed(self, since: Rules) -> list[str]:
        """What is no longer as it was ``since``, in words."""
        names = ("policy", "playbooks", "operators' file")
        pairs = zip(names, since, self, strict=True)
        return [f"the {name} changed after the plan was made" for name, then, today in pairs if then != today]


class PlanState(StrEnum):
    """The state of a plan."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    USED = "used"


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """A principal's yes or no to exactly one plan hash.

    ``audit_head`` is the head of the audit chain when the approval was given, so that a
    truncated log contradicts the approvals that survive it.
    """

    plan_hash: str
    principal: str
    key: str
    yes: bool
    at: datetime
    expires_at: datetime
    audit_head: str
    reason: str = ""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a preflight: what was checked, whether it passed, what was seen."""

    name: str
    ok: bool
    detail: str
    blocking: bool = True


class RunState(StrEnum):
    """The state of a run."""

    RUNNING = "running"
    VERIFIED = "verified"
    UNDONE = "undone"
    HALTED = "halted"
    UNKNOWN = "unknown"


class StepState(StrEnum):
    """The state of a journalled step: intent is written before anything is sent."""

    PENDING = "pending"
    INTENT = "intent"
    SENT = "sent"
    VERIFIED = "verified"
    FAILED = "failed"
    UNKNOWN = "unknown"
    UNDONE = "undone"


_STEP_MOVES: dict[StepState, frozenset[StepState]] = {
    StepState.PENDING: frozenset({StepState.INTENT}),
    StepState.INTENT: frozenset(
        {StepState.SENT, StepState.VERIFIED, StepState.FAILED, StepState.UNKNOWN, StepState.UNDONE}
    ),
    StepState.SENT: frozenset({StepState.VERIFIED, StepState.FAILED, StepState.UNKNOWN, StepState.UNDONE}),
    StepState.VERIFIED: frozenset({StepState.UNDONE, StepState.UNKNOWN}),
    # A run that halted is taken up again by hand: its target may take the value now.
    StepState.FAILED: frozenset({StepState.UNDONE, StepState.UNKNOWN, StepState.SENT, StepState.VERIFIED}),
    StepState.UNKNOWN: frozenset({StepState.SENT, StepState.VERIFIED, StepState.FAILED, StepState.UNDONE}),
    StepState.UNDONE: frozenset(),
}


class StepRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The journal's line for one step of a run."""

    run_id: str
    index: int
    state: StepState = StepState.PENDING
    key: str = ""
    """Idempotency key, the same for every attempt of this step of this run."""
    seen_before: str | None = None
    seen_after: str | None = None
    detail: str = ""
    at: datetime | None = None
    sent_at: datetime | None = None

    def move(self, to: StepState, **changes: Any) -> StepRecord:
        """The record in another state. Raises Refused for a transition the journal does not allow."""
        if to is not self.state and to not in _STEP_MOVES[self.state]:
            raise Refused(f"step {self.index} of run {self.run_id} is {self.state} and cannot become {to}")
        return msgspec.structs.replace(self, state=to, **changes)


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One execution of one plan."""

    id: str
    plan_hash: str
    target: str
    epoch: int
    holder: str
    started_by: str
    started_at: datetime
    state: RunState = RunState.RUNNING
    detail: str = ""
    ended_at: datetime | None = None

    @property
    def active(self) -> bool:
        """Whether it still owns its target: running, or stopped with the state unknown."""
        return self.state in (RunState.RUNNING, RunState.UNKNOWN)
