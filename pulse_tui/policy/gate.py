"""What closes the gate: for each thing it looks at, whether a failure or an absence blocks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from pulse_tui.domain.words import Environment


class GateReason(StrEnum):
    """Everything the gate looks at."""

    HOLDS = "holds"
    """Freezes, blocks and pauses."""
    STATE = "state"
    """The release is neither quarantined nor retired."""
    APPROVAL = "approval"
    """Somebody approved the release."""
    FUNCTIONAL = "functional"
    """The verdict of the functional suites."""
    SAFETY = "safety"
    """The verdict of the safety suites."""
    ALERTS = "alerts"
    """No P1 alert is open on this release."""
    CONCERNS = "concerns"
    """Nothing about the asset there, or about this release, fails to add up."""
    POINTER = "pointer"
    """There is a release to go back to, and it is still there."""
    PLAN = "plan"
    """A playbook serves the asset there."""
    DRILLED = "drilled"
    """That playbook was rehearsed."""
    AUTHORISED = "authorised"
    """A pre-authorisation stands."""
    LINEAGE = "lineage"
    """What the release was made of is stated and exists."""
    DIGEST = "digest"
    """The content is recorded, and is what was evaluated."""
    BILL = "bill"
    """A bill of materials is known."""


class GateStatus(StrEnum):
    """How one thing stands."""

    OK = "ok"
    FAILED = "failed"
    MISSING = "missing"
    """It is not there, though it could be."""
    UNCONFIGURED = "unconfigured"
    """Nothing of the kind is configured for this asset; shown as missing."""
    UNDECIDED = "undecided"
    """A verdict is INCONCLUSIVE: it holds until more is measured or somebody accepts the risk."""
    ACCEPTED = "accepted"
    """Somebody accepted the risk of an undecided verdict for now; it is told and never blocks."""


class GateWord(StrEnum):
    """What policy makes of a thing that is not ok."""

    BLOCKING = "blocking"
    ADVISORY = "advisory"
    OFF = "off"
    """It is not looked at."""


class GateWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing, told apart: what a failure does, what an absence does.

    ``unconfigured`` is an absence for which nothing is even configured (no safety suite names the asset);
    it does what ``missing`` does when it is left out. ``undecided`` is a verdict that nobody can give yet; it does what
    ``failed`` does when it is left out.
    """

    failed: GateWord = GateWord.BLOCKING
    missing: GateWord = GateWord.ADVISORY
    unconfigured: GateWord | None = None
    undecided: GateWord | None = None

    def of(self, status: GateStatus) -> GateWord:
        """What policy says of this status."""
        if status is GateStatus.UNDECIDED:
            return self.failed if self.undecided is None else self.undecided
        if status is GateStatus.FAILED:
            return self.failed
        if status is GateStatus.UNCONFIGURED and self.unconfigured is not None:
            return self.unconfigured
        return self.missing


Said = dict[GateReason, GateWord | GateWords]


class GateSection(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The ``gate`` section of a policy: by environment, and ``default`` for what an environment does not mention.

    What neither mentions: a failure blocks, an absence is told.
    """

    default: Said = {}
    production: Said = {}
    canary: Said = {}
    shadow: Said = {}
    replica: Said = {}

    def word(self, environment: Environment, reason: GateReason, status: GateStatus) -> GateWord:
        """What becomes of the reason there. A reason that is ``off`` is off whatever its status."""
        own: Mapping[GateReason, GateWord | GateWords] = getattr(self, environment.value)
        said = own.get(reason, self.default.get(reason))
        if said is None:
            said = GateWords()
        word = said if isinstance(said, GateWord) else said.of(status)
        return GateWord.ADVISORY if status is GateStatus.ACCEPTED and word is GateWord.BLOCKING else word

    def canonical(self) -> list[Any]:
        """Everything that can change an answer, in a fixed order, for the policy's digest."""
        return [
            [environment.value, reason.value, [self.word(environment, reason, s).value for s in GateStatus]]
            for environment in Environment
            for reason in GateReason
        ]
