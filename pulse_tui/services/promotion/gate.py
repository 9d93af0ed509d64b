"""May this version be promoted there? Every reason, what is missing by name, and the effect policy gives each."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from pulse_tui.domain.moments import iso
from pulse_tui.domain.release import Release
from pulse_tui.domain.views.registry import GateLine, GateMark, GateStory
from pulse_tui.domain.words import Environment
from pulse_tui.policy.gate import GateReason, GateStatus, GateWord
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.promotion.checks import CHECKS, Asked
from pulse_tui.services.registry.find import find_release
from pulse_tui.services.signals.beside import compared_lines


class Reason(NamedTuple):
    """One check of the gate. ``blocking``: it closes the gate now."""

    name: str
    """A reason of :class:`~pulse_tui.policy.gate.GateReason`; one name may stand for several findings."""
    status: str
    """A word of :class:`~pulse_tui.policy.gate.GateStatus`; ``unconfigured`` is shown as missing."""
    blocking: bool
    detail: str
    todo: str

    @property
    def ok(self) -> bool:
        """Whether no reason blocks."""
        return self.status == GateStatus.OK


class GateAnswer(NamedTuple):
    """The whole answer."""

    asset: str
    version: str
    environment: str
    go: bool
    policy: str
    """The digest of the policy that decides what blocks."""
    reasons: tuple[Reason, ...]

    @property
    def blocking(self) -> list[str]:
        """What closes the gate, a line each."""
        return [f"{r.name}: {r.detail}" for r in self.reasons if r.blocking]

    @property
    def digest(self) -> str:
        """SHA-256 over the answer: a promotion names the answer it is based on."""
        return hashlib.sha256(msgspec.json.encode(self)).hexdigest()


def gate(parts: RollbackParts, asset_id: str, version: str, environment: Environment) -> GateAnswer:
    """Check everything that policy asks for there. Raises NotFound for an unknown asset or version."""
    with parts.store.read() as tx:
        return assess(tx, parts, find_release(tx, asset_id, version), environment)


def assess(tx: Transaction, parts: RollbackParts, release: Release, environment: Environment) -> GateAnswer:
    """The same inside a transaction that is open already."""
    policy = parts.judging.policy
    reasons = tuple(_reasons(tx, parts, release, environment))
    go = not any(r.blocking for r in reasons)
    return GateAnswer(release.asset_id, release.version, environment.value, go, policy.digest, reasons)


def _reasons(tx: Transaction, parts: RollbackParts, release: Release, environment: Environment) -> Iterator[Reason]:
    section = parts.judging.policy.gate
    asked = Asked(tx, parts, release, environment)
    for name in GateReason:
        if section.word(environment, name, GateStatus.FAILED) is GateWord.OFF and (
            section.word(environment, name, GateStatus.MISSING) is GateWord.OFF
        ):
            continue
        for found in CHECKS[name](asked):
            word = section.word(environment, name, found.status)
            if found.status is not GateStatus.OK and word is GateWord.OFF:
                continue
            blocking = found.status is not GateStatus.OK and word is GateWord.BLOCKING and not found.slight
            status = GateStatus.MISSING if found.status is GateStatus.UNCONFIGURED else found.status
            yield Reason(name.value, status.value, blocking, found.detail, found.todo)


def gate_page(parts: RollbackParts, asset_id: str, version: str, environment: Environment) -> GateStory:
    """The answer for a screen, with what would change there. Raises NotFound for an unknown asset or version."""
    with parts.store.read() as tx:
        release = find_release(tx, asset_id, version)
        story = gate_story(assess(tx, parts, release, environment))
        return story._replace(
            changed=tuple(_changed(tx, release, environment)),
            state=release.state.value,
            beside=tuple(compared_lines(tx, parts.clock(), release.asset_id, release.version)),
        )


def gate_story(answer: GateAnswer) -> GateStory:
    """The answer for a screen: every reason with its effect, and what to do about those not ok."""
    head = f"{answer.asset} {answer.version} to {answer.environment} (policy {answer.policy[:12]})"
    todo = dict.fromkeys(r.todo for r in answer.reasons if r.blocking and r.todo)
    return GateStory(answer.go, head, tuple(map(_line, answer.reasons)), todo=tuple(todo))


def _changed(tx: Transaction, release: Release, environment: Environment) -> Iterator[str]:
    number = f"{release.version} (iteration {release.iteration}, {release.state.value})"
    serving = tx.estate.deployment(release.asset_id, environment)
    if serving is None:
        yield f"{number} would be the first of {release.asset_id} in {environment.value}"
        return
    if serving.version == release.version:
        yield f"{number} serves in {environment.value} already, since {iso(serving.since)}"
        return
    yield f"{number} would replace {serving.version}, which serves in {environment.value} since {iso(serving.since)}"
    here = tx.estate.release(release.asset_id, serving.version)
    if here is not None:
        yield "; ".join(release.lineage.difference(here.lineage)) or "the same lineage as far as it is recorded"


def _line(reason: Reason) -> GateLine:
    if reason.ok:
        return GateLine(reason.name, GateMark.OK, reason.detail)
    mark = GateMark.BLOCKING if reason.blocking else GateMark.ADVISORY
    todo = f" -> {reason.todo}" if reason.todo else ""
    return GateLine(reason.name, mark, f"{reason.status}, {mark}: {reason.detail}{todo}")
