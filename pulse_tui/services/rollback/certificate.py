"""The certificate of a rollback target: every line that is known of it, each found here and nowhere else.

The plan's preflight, its page, the rollback pointer and the gate show the same lines. Those of the records need only
the database; those of the artifact are the answers of the targets that the playbook moves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.release import Release, numbered
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.registry import compatible
from pulse_tui.services.registry.compatible import NOBODY, compatibility
from pulse_tui.services.registry.fitness import FITNESS, fitness
from pulse_tui.services.registry.known_good import interface_check
from pulse_tui.services.rollback.drill import NAME as DRILLED
from pulse_tui.services.rollback.drill import drilled
from pulse_tui.services.rollback.steps import step_options
from pulse_tui.services.signals.concerns import condition

KNOWN_GOOD = "known good here"
RECORDED = FITNESS | {"release", KNOWN_GOOD, "healthy here", "recorded digest", "interface", compatible.NAME, DRILLED}
"""Names of the lines that need only the database; the others are answers of the targets. What is known good was called
``healthy here`` in what 0.3 stored."""


class Move(NamedTuple):
    """What a certificate is asked about: ``target`` instead of ``serving`` in an environment."""

    target: Release
    environment: Environment
    serving: str
    together: Mapping[str, Release] = NOBODY
    """What moves at the same time, by asset."""
    undo: bool = False
    """It takes a rollback back: what would forbid a rollback is shown, and does not block."""
    own: bool = True
    """The playbook is of this asset; what moves beside it is drilled with it."""


def recorded(tx: Transaction, parts: RollbackParts, move: Move) -> Iterator[Check]:
    """The lines of the database."""
    target = move.target
    detail = f"{numbered(target.version, target.iteration)} is {target.state.value}"
    yield Check(name="release", ok=target.usable or move.undo, detail=detail)
    yield digest_check(tx, target)
    yield _known_good(tx, move)
    yield from _softened(_compatible(tx, move), soft=move.undo)
    yield from fitness(tx, parts.judging, target, move.environment)
    if move.own:
        yield drilled(tx, parts, target.asset_id, move.environment, parts.clock())


def asked(
    parts: RollbackParts, release: Release, kind: str, params: dict[str, Any], timeout_s: float, *, blocking: bool
) -> Sequence[Check]:
    """What a target answers about the artifact of ``release``. No answer is unknown; the caller says whether it blocks."""
    try:
        options = step_options(parts, kind, params)
        return tuple(parts.steps[kind].check(options, release, parts.outside.stepping(timeout_s)))
    except PulseError as error:
        return (Check(name="artifact", ok=False, blocking=blocking, detail=clean(f"unknown: {error}")),)
    except Exception as error:  # a bug of an installed step kind is no answer about the artifact
        detail = f"unknown: the step kind {kind} broke: {type(error).__name__}: {error}"
        return (Check(name="artifact", ok=False, blocking=blocking, detail=clean(detail)),)


def digest_check(tx: Transaction, release: Release) -> Check:
    """Whether a digest is recorded and no other one was seen under the same version."""
    other = other_content(tx, release)
    if other is not None:
        return Check(name="recorded digest", ok=False, detail=other)
    if release.digest is None:
        detail = f"no digest is recorded for {release.version}: its content cannot be verified"
        return Check(name="recorded digest", ok=False, blocking=False, detail=detail)
    return Check(name="recorded digest", ok=True, detail=release.digest)


def other_content(tx: Transaction, release: Release) -> str | None:
    """The sources that saw other content under the release's version, if that concern is open."""
    for concern in tx.inventory.concerns(release.asset_id):
        if concern.key == f"digest:{release.version}":
            return concern.what
    alerts = tx.judgements.open_alerts_about(condition(release.asset_id, f"digest:{release.version}"))
    return alerts[0].title if alerts else None


def _known_good(tx: Transaction, move: Move) -> Check:
    target, where = move.target, move.environment
    stay = next((s for s in tx.estate.stays(target.asset_id, where) if s.version == target.version), None)
    if stay is not None:
        until = f" until {stay.until:%Y-%m-%d %H:%M}" if stay.until else ""
        word = "was healthy" if stay.healthy else "was NOT healthy"
        detail = f"{target.version} {word} in {where.value} from {stay.since:%Y-%m-%d %H:%M}{until}"
        return Check(name=KNOWN_GOOD, ok=stay.healthy or move.undo, detail=detail)
    production = tx.estate.deployment(target.asset_id, Environment.PRODUCTION)
    serves = production is not None and production.version == target.version
    here = tx.estate.release(target.asset_id, move.serving)
    named = here is not None and here.rollback_pointer == target.version
    detail = (
        f"{target.version} serves in production, it was never in {where.value}"
        if serves
        else f"{target.version} has no record in {where.value}"
        + ("; it is the release's own rollback pointer" if named else ": it is not known to have served there")
    )
    return Check(name=KNOWN_GOOD, ok=serves, detail=detail, blocking=False)


def _compatible(tx: Transaction, move: Move) -> Iterator[Check]:
    """Callers and tools of what serves can use it, and it works with what the other assets serve."""
    serving = tx.estate.release(move.target.asset_id, move.serving)
    if serving is not None:
        yield interface_check(serving, move.target)
    yield from compatibility(tx, move.target, move.environment, move.together)


def _softened(checks: Iterable[Check], *, soft: bool) -> Iterator[Check]:
    for check in checks:
        yield msgspec.structs.replace(check, blocking=False) if soft else check
