"""The shape of the policy file. The docstrings give the meaning; ``load`` reports what is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Protocol

import msgspec
from msgspec import Meta

from pulse_tui.domain.words import Mode, Outcome, Priority, Severity, SignalType
from pulse_tui.policy.automatic import RollbackSection
from pulse_tui.policy.gate import GateSection
from pulse_tui.policy.phase import Phase
from pulse_tui.settings.check import Seconds

Text = Annotated[str, Meta(min_length=1)]


class KnownVariable(Protocol):
    """What policy needs to know of a variable (:class:`pulse_tui.enrich.variables.Variable` is one)."""

    @property
    def type(self) -> str:
        """``string``, ``double``, ``int``, ``bool`` or ``list<string>``."""
        ...

    @property
    def words(self) -> tuple[str, ...]:
        """The closed list of its values; empty when it has none."""
        ...

    @property
    def signal_types(self) -> frozenset[SignalType]:
        """The signals in which it can be known at all."""
        ...


Variables = Mapping[str, KnownVariable]


class ContextLine(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """``when`` holds: the priority, the severity, or both become these."""

    when: Text
    priority: Priority | None = None
    severity: Severity | None = None
    respond_within: Seconds | None = None


class RuleTest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A case that the rule must decide as expected; a variable that is left out is not known."""

    name: Text
    facts: dict[str, Any]
    expect: Outcome
    priority: Priority | None = None
    severity: Severity | None = None


class Flap(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When a condition that comes and goes is one alert that flaps, not an alert each time."""

    episodes: Annotated[int, Meta(ge=2, le=1_000)]
    """So many that opened ..."""
    within: Seconds
    """... in this time."""


STORM = 20
StormLimit = Annotated[int, Meta(ge=1, le=10_000)]


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One rule of the policy.

    It fires when every condition of ``all`` and at least one of ``any`` (if there are any) holds.
    ``context`` lines are read in order: the first that holds and names a priority decides the
    priority, the first that holds and names a severity decides the severity.
    """

    id: Text
    owner: Text
    review: date
    on: tuple[SignalType, ...]
    priority: Priority
    mode: Mode = Mode.ENFORCE
    all: tuple[Text, ...] = ()
    any: tuple[Text, ...] = ()
    context: tuple[ContextLine, ...] = ()
    severity: Severity | None = None
    """None: the signal's."""
    severities: dict[Severity, Priority] = {}
    """The priority by the severity that the signal states, read before ``context``; one that is left out: ``priority``."""
    actions: tuple[str, ...] = ()
    respond_within: Seconds | None = None
    """For the rule's own priority; a priority that context chose takes the policy's time for it."""
    keep_firing_for: Seconds | None = None
    heals_within: Seconds | None = None
    """It may end by itself: nobody is called before it has lasted so long, unless ``at_once`` holds."""
    at_once: Text | None = None
    """The condition under which nobody waits for that."""
    flap: Flap | None = None
    storm: StormLimit | None = None
    """How many alerts of it are announced one by one within ten minutes; None: as many as the policy says."""
    routes: tuple[str, ...] = ()
    description: str = ""
    tests: tuple[RuleTest, ...] = ()

    @property
    def acts(self) -> bool:
        """Whether it is enforced."""
        return self.mode is Mode.ENFORCE

    def overdue(self, today: date) -> bool:
        """Whether its review should have taken place."""
        return self.review < today


class Changes(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a change of this policy needs before it is in force."""

    approvals: Annotated[int, Meta(ge=0, le=1)] = 0
    """1: another person than whoever proposed it."""


class PolicyFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ``policy`` section: the rules, how soon each priority asks for a response, what closes the gate, what rolls
    back by itself, and how much of it may act."""

    rules: tuple[Rule, ...]
    respond_within: dict[Priority, Seconds] = {}
    gate: GateSection | None = None
    rollback: RollbackSection | None = None
    phase: Phase = Phase.AUTOMATION
    storm: StormLimit = STORM
    """Alerts of one rule that are announced one by one within ten minutes."""
    changes: Changes | None = None


_ENCODER = msgspec.json.Encoder(order="deterministic")


def digest(policy: PolicyFile) -> str:
    """SHA-256 over the canonical JSON of everything that can change a decision (tests and prose cannot)."""
    bare = [msgspec.structs.replace(rule, tests=(), description="") for rule in policy.rules]
    times = sorted((str(priority), float(time)) for priority, time in policy.respond_within.items())
    content: list[Any] = [times, [msgspec.to_builtins(rule, enc_hook=float) for rule in bare]]
    if policy.gate is not None:
        content.append(policy.gate.canonical())
    if policy.rollback is not None:
        content.append({"rollback": policy.rollback.canonical()})
    # What stands at its default is left out: a policy that does not mention it keeps its digest.
    if policy.phase is not Phase.AUTOMATION:
        content.append({"phase": policy.phase.value})
    if policy.changes is not None and policy.changes.approvals:
        content.append({"approvals": policy.changes.approvals})
    if policy.storm != STORM:
        content.append({"storm": policy.storm})
    body = _ENCODER.encode(content)
    return hashlib.sha256(body).hexdigest()
