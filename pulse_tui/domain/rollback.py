"""Rollback: the plan and its hash, approvals, the journalled run."""

from __future__ import annotations

import hashlib
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.errors import Refused
from pulse_tui.domain.words import Environment


class Purpose(StrEnum):
    """What a playbook and a plan of it are for."""

    ROLLBACK = "rollback"
    DRILL = "drill"
    """The steps of a rollback, rehearsed on the replica."""
    PAUSE = "pause"
    """A rollout stops where it is; no release changes."""
    SHIFT = "shift"
    """Traffic moves to the shadow or the canary; no release changes."""
    RESUME = "resume"
    """What was paused or shifted goes on."""

    @property
    def routes(self) -> bool:
        """Whether it changes where traffic goes, and no release."""
        return self in (Purpose.PAUSE, Purpose.SHIFT, Purpose.RESUME)

    @property
    def moves_what_serves(self) -> bool:
        """Whether another release serves afterwards."""
        return self is Purpose.ROLLBACK

    def command(self, asset_id: str, environment: Environment) -> str:
        """The command that plans it."""
        verb = _VERBS.get(self, self.value)
        return f"pulse-tui rollback {verb} {asset_id} --env {environment.value}"


_VERBS = {Purpose.ROLLBACK: "plan", Purpose.RESUME: "resume-traffic"}
"""``resume`` is of a run."""


def called(purpose: str, *, undoes: bool) -> str:
    """The word for a plan: undoing a pause or a shift resumes, and undoing that pauses; of a release it is an ``undo``."""
    return _UNDOING.get(purpose, "undo") if undoes else purpose


_UNDOING = {"pause": "resume", "shift": "resume", "resume": "pause"}


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
    asset_id: str | None = None
    """The member that the step moves; None: the plan's own asset."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Another asset that a plan moves together with its own: all of them, or back."""

    asset_id: str
    from_version: str
    from_digest: str | None
    to_version: str
    to_digest: str | None


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
    purpose: Purpose = Purpose.ROLLBACK
    members: tuple[Member, ...] = ()
    """What moves together with :attr:`asset_id`, in the same environment."""
    trigger: str | None = None
    """The rule whose alert it answers, when the program itself proposed it; a drill: the rule it rehearses."""
    authorisation: str | None = None
    """The hash of the pre-authorisation under which it may run without further votes."""
    traffic: float | None = None
    """The share in percent that a shift gives to the environment."""

    def canonical(self) -> bytes:
        """The bytes that are hashed and shown: keys sorted, no white space, UTF-8.

        A field that plans before 0.4 did not have stands in it only with a value, so that their hashes hold.
        """
        fields = {n: v for n in self.__struct_fields__ if (v := getattr(self, n)) != _NEW.get(n, _KEPT)}
        fields["steps"] = [_without_none(step) for step in self.steps]
        return _ENCODER.encode(fields)

    @property
    def does(self) -> str:
        """What it is called: by its purpose, and one that undoes another by what that comes to."""
        return called(self.purpose.value, undoes=self.undoes is not None)

    @property
    def moves(self) -> tuple[Member, ...]:
        """Every asset it moves, its own first."""
        own = Member(
            asset_id=self.asset_id, from_version=self.from_version, from_digest=self.from_digest,
            to_version=self.to_version, to_digest=self.to_digest,
        )  # fmt: skip
        return (own, *self.members)

    def moved(self, asset_id: str | None) -> Member | None:
        """What it does to one asset; None when it moves it not at all."""
        return next((m for m in self.moves if m.asset_id == asset_id), None)

    @property
    def targets(self) -> tuple[str, ...]:
        """The names that one active run at a time may hold, its own first."""
        return tuple(map(self.target_of, self.moves))

    def target_of(self, member: Member) -> str:
        """The name of one of them."""
        return f"{member.asset_id}/{self.environment.value}"

    @property
    def hash(self) -> str:
        """SHA-256 of :meth:`canonical`, in hex."""
        return hashlib.sha256(self.canonical()).hexdigest()

    @property
    def target(self) -> str:
        """The name one active run at a time may hold."""
        return f"{self.asset_id}/{self.environment.value}"


_KEPT = object()
_NEW: dict[str, object] = {
    "purpose": Purpose.ROLLBACK, "members": (), "trigger": None, "authorisation": None, "traffic": None,
}  # fmt: skip
"""Fields that came with 0.4, with the value that leaves them out."""


def _without_none(step: PlanStep) -> dict[str, Any]:
    fields = {name: getattr(step, name) for name in step.__struct_fields__}
    return fields if step.asset_id is not None else {n: v for n, v in fields.items() if n != "asset_id"}


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
    payload: str = ""
    """What was signed, to the byte: canonical JSON of the vote. Empty: not signed."""
    signature: str = ""
    """The armored SSH signature over :attr:`payload`."""
    break_glass: bool = False
    """One person alone, with a typed reason; another one must review it afterwards."""


class Authorisation(msgspec.Struct, frozen=True, kw_only=True):
    """A pre-authorisation: a playbook may answer one trigger on one asset without waiting for votes, until it expires.

    It is voted on like a plan (:class:`Approval` with its :attr:`hash` as ``plan_hash``) and is void once the playbook changed.
    """

    asset_id: str
    environment: Environment
    playbook: str
    playbook_digest: str
    """The digest of that one playbook."""
    trigger: str
    """The id of the policy rule that may start it."""
    drill: str
    """The run of the drill that rehearsed this trigger."""
    proposed_by: str
    created_at: datetime
    expires_at: datetime
    approvals_needed: int
    operators_digest: str

    def canonical(self) -> bytes:
        """The bytes that are hashed: keys sorted, no white space, UTF-8."""
        return _ENCODER.encode(self)

    @property
    def hash(self) -> str:
        """SHA-256 of :meth:`canonical`, in hex."""
        return hashlib.sha256(self.canonical()).hexdigest()


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """A rehearsal of a playbook on the replica: what the certificate of a rollback target rests on."""

    run_id: str
    asset_id: str
    playbook: str
    playbook_digest: str
    """The digest of that one playbook as it was rehearsed."""
    trigger: str
    """The rule whose answer was rehearsed; empty: the steps alone."""
    from_version: str
    to_version: str
    at: datetime
    ok: bool
    detail: str
    seconds: float
    """From the first intent to the last read-back."""
    by: str


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
