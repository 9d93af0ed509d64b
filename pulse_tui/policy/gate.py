"""What closes the gate: for each check, whether a failure or an absence blocks. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec

from pulse_tui.domain.words import Environment


class GateReason(StrEnum):
    """Everything the gate checks."""

    HOLDS = "holds"
    """Freezes, blocks and pauses."""
    STATE = "state"
    """The release is neither quarantined nor retired."""
    APPROVAL = "approval"
    """An operator approved the release."""
    FUNCTIONAL = "functional"
    """The verdict of the functional suites."""
    SAFETY = "safety"
    """The verdict of the safety suites."""
    ALERTS = "alerts"
    """No P1 alert is open on this release."""
    ADVISORIES = "advisories"
    """No stored advisory reaches what the release is made of, so that policy would page or freeze for it."""
    CONCERNS = "concerns"
    """No concern is open on the asset there, or on this release."""
    POINTER = "pointer"
    """There is a rollback target, and it is still available."""
    PLAN = "plan"
    """A playbook serves the asset there."""
    DRILLED = "drilled"
    """That playbook was rehearsed."""
    AUTHORISED = "authorised"
    """A pre-authorisation is valid."""
    LINEAGE = "lineage"
    """What the release was made from is recorded and exists."""
    DIGEST = "digest"
    """The content digest is recorded, and is the one that was evaluated."""
    BILL = "bill"
    """A bill of materials is known."""
    CHANGE = "change"
    """No embargo stands, and where a change window is demanded one is open."""
    ENDS = "ends"
    """No hosted model that it is made of is shut down within half a year, as far as that was announced."""


class GateStatus(StrEnum):
    """The status of one check."""

    OK = "ok"
    FAILED = "failed"
    MISSING = "missing"
    """It is missing, though it is configured."""
    UNCONFIGURED = "unconfigured"
    """Nothing of the kind is configured for this asset; shown as missing."""
    UNDECIDED = "undecided"
    """A verdict is INCONCLUSIVE: until more is measured or an operator accepts the risk."""
    ACCEPTED = "accepted"
    """An operator accepted the risk of an undecided verdict for now; it is reported and never blocks."""


class GateWord(StrEnum):
    """The effect that policy gives a check that is not ok."""

    BLOCKING = "blocking"
    ADVISORY = "advisory"
    OFF = "off"
    """It is not checked."""


class GateWords(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One check in detail: what a failure does, what an absence does.

    ``unconfigured`` is an absence for which nothing is even configured (no safety suite names the asset);
    it does what ``missing`` does when it is left out. ``undecided`` is an INCONCLUSIVE verdict; it does what
    ``failed`` does when it is left out.
    """

    failed: GateWord = GateWord.BLOCKING
    missing: GateWord = GateWord.ADVISORY
    unconfigured: GateWord | None = None
    undecided: GateWord | None = None

    def of(self, status: GateStatus) -> GateWord:
        """The effect of this status."""
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

    What neither mentions: a failure blocks, an absence is reported; that a model ends is reported.
    """

    default: Said = {}
    production: Said = {}
    canary: Said = {}
    shadow: Said = {}
    replica: Said = {}

    def word(self, environment: Environment, reason: GateReason, status: GateStatus) -> GateWord:
        """The effect of the reason there. A reason that is ``off`` is off whatever its status."""
        own: Mapping[GateReason, GateWord | GateWords] = getattr(self, environment.value)
        words = own.get(reason, self.default.get(reason))
        if words is None:
            words = GateWords() if reason is not GateReason.ENDS else GateWord.ADVISORY
        word = words if isinstance(words, GateWord) else words.of(status)
        return GateWord.ADVISORY if status is GateStatus.ACCEPTED and word is GateWord.BLOCKING else word

    def canonical(self) -> list[Any]:
        """Everything that can change an answer, in a fixed order, for the policy's digest."""
        return [
            [environment.value, reason.value, [self.word(environment, reason, s).value for s in GateStatus]]
            for environment in Environment
            for reason in GateReason
        ]
