"""An emergency: one operator lets one release past the freezes of its environment, and another one reviews that.

It is of this version there, lasts a day, and changes nothing of what else closes the gate. It stands as a concern, with
its alert, until it is reviewed.
"""

from __future__ import annotations

from pulse_tui.domain.concern import Concern
from pulse_tui.domain.errors import Refused
from pulse_tui.domain.moments import iso
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment, Severity
from pulse_tui.policy.gate import GateStatus
from pulse_tui.services.parts import SYSTEM, RollbackParts
from pulse_tui.services.promotion.change import change_words
from pulse_tui.services.promotion.decide import may
from pulse_tui.services.reasons import reason_of
from pulse_tui.services.registry.approvals import subject
from pulse_tui.services.registry.find import find_release
from pulse_tui.services.registry.held import covering
from pulse_tui.services.registry.past_hold import LASTS, OVERRIDDEN, emergency, key, passable
from pulse_tui.services.signals.concerns import clear_concern, raise_concern

REVIEWED = "freeze.override_reviewed"
SHORTEST = 20
"""Characters of the reason."""


def override(parts: RollbackParts, asset_id: str, version: str, environment: Environment, by: str, why: str) -> str:
    """Let the release past the freezes, embargoes and closed change windows there for a day.

    Raises Refused where none holds it, for a short reason, NotFound.
    """
    reason, now = reason_of(why), parts.clock()
    may(parts, by, environment)
    if len(reason) < SHORTEST:
        raise Refused(f"an emergency needs a reason of at least {SHORTEST} characters: it is reviewed")
    where = environment.value
    with parts.store.write() as tx:
        release = find_release(tx, asset_id, version)
        holds = [h for h, _ in covering(tx, asset_id, version, environment)]
        passed = [h for h in holds if passable(h)]
        others = [f"{h.kind.value} {h.id}: {h.why}" for h in holds if not passable(h)]
        changes = change_words(tx, parts.judging, asset_id, version, environment, now)
        closed = [word.detail for word in changes if word.status is not GateStatus.OK]
        if not passed and not closed:
            raise Refused(
                f"no freeze holds {asset_id} {version} back in {where}, and no embargo or closed change window", others
            )
        if not release.usable:
            raise Refused(f"{asset_id} {version} is {release.state.value}: no emergency lets it pass")
        ids = ", ".join([*(h.id for h in passed), *closed])
        detail = {"environment": where, "why": reason, "holds": ids, "until": iso(now + LASTS)}
        tx.log.append(now, by, OVERRIDDEN, subject(asset_id, version), detail)
        tx.inventory.drop_concern(asset_id, key(version, environment))
        concern = Concern(
            asset_id=asset_id,
            key=key(version, environment),
            what=clean(f"EMERGENCY: {by} let {asset_id} {version} past {ids} in {where}: {reason}", 600),
            todo=f"Another operator reviews it: pulse-tui freeze review {asset_id} {version} --env {environment.value} --why FINDING",
            source=SYSTEM,
            severity=Severity.HIGH,
            since=now,
            environment=environment,
            version=version,
        )
        raise_concern(tx, parts.judging, concern, now)
    more = f"; what holds it all the same: {'; '.join(others)}" if others else ""
    return f"emergency: {asset_id} {version} may pass {ids} in {where} until {iso(now + LASTS)}; it is reviewed{more}"


def review_override(
    parts: RollbackParts, asset_id: str, version: str, environment: Environment, by: str, why: str
) -> str:
    """Another operator says what was found of an emergency, which ends it. Raises Refused."""
    finding, now = reason_of(why), parts.clock()
    may(parts, by, environment)
    with parts.store.write() as tx:
        standing = emergency(tx, asset_id, version, environment)
        if standing is None:
            raise Refused(f"no emergency of {asset_id} {version} in {environment.value} waits for a review")
        if standing.by == by:
            raise Refused(f"{by} declared it: another operator must review it")
        detail = {"environment": environment.value, "declared by": standing.by, "finding": finding}
        tx.log.append(now, by, REVIEWED, subject(asset_id, version), detail)
        why = f"{by} reviewed it: {finding}"
        clear_concern(tx, parts.judging, asset_id, key(version, environment), why, now)
    return f"the emergency of {asset_id} {version} in {environment.value} is reviewed by {by}: {finding}"
