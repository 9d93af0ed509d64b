"""What is recorded of a changed routing: a hold on the rollout until it is resumed, and the share of the traffic.

The target was read back before anything is recorded here. The hold is what row, header, gate, alert and status show; it
ends with the run that resumes, and nobody lifts it by hand: the target would stay as it is and the row read as moving.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from pulse_tui.domain.claim import OWN_ACTIONS, place_subject
from pulse_tui.domain.errors import Refused
from pulse_tui.domain.hold import Hold, HoldKind
from pulse_tui.domain.rollback import Plan, Purpose
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.registry.claims import Settlement, put_claims
from pulse_tui.services.registry.held import end

_ROUTING = "/routing"
"""The end of the id of such a hold."""


def of_routing(hold: Hold) -> bool:
    """Whether a run that paused or shifted placed it."""
    return hold.id.endswith(_ROUTING)


def routed(tx: Transaction, asset_id: str, environment: Environment) -> Iterator[Hold]:
    """What holds the rollout there since it was paused or shifted."""
    for hold in tx.judgements.holds(asset_id):
        if of_routing(hold) and hold.asset_id == asset_id and hold.environment is environment:
            yield hold


def may_lift(tx: Transaction, hold: Hold) -> None:
    """Raises Refused for a hold that only a run ends; where nothing is deployed any more, nothing can be resumed."""
    if not of_routing(hold) or hold.asset_id is None or hold.environment is None:
        return
    if tx.estate.deployment(hold.asset_id, hold.environment) is not None:
        raise Refused(
            f"{hold.id} stands for what its target holds: {hold.why}",
            todo=f"Resume it: {Purpose.RESUME.command(hold.asset_id, hold.environment)}",
        )


def keep(tx: Transaction, plan: Plan, purpose: Purpose, *, by: str, run: str, now: datetime) -> None:
    """The rollout stays as ``purpose`` left it. A hold of the same purpose gives way to the new one."""
    ident = f"{purpose.value}/{plan.asset_id}/{plan.environment.value}{_ROUTING}"
    for hold in routed(tx, plan.asset_id, plan.environment):
        if hold.id == ident:
            end(tx, hold, by, f"another run took its place, run {run}", now)
    hold = Hold(
        id=ident,
        kind=HoldKind.PAUSE,
        asset_id=plan.asset_id,
        environment=plan.environment,
        why=f"{words(plan, purpose)} by run {run}: {plan.reason}",
        until_condition=f"a run resumes it ({Purpose.RESUME.command(plan.asset_id, plan.environment)})",
        placed_by=by,
        placed_at=now,
    )
    if tx.judgements.put_hold(hold):
        detail = {"kind": hold.kind.value, "asset": plan.asset_id, "why": hold.why, "until": hold.until_condition}
        tx.log.append(now, by, "hold.placed", hold.id, detail)


def let_go(
    tx: Transaction, asset_id: str, environment: Environment, *, by: str, run: str, now: datetime, only: str = ""
) -> None:
    """The rollout goes on; ``only`` ends what that purpose holds."""
    for hold in routed(tx, asset_id, environment):
        if hold.id.startswith(only):
            end(tx, hold, by, f"the rollout was resumed, run {run}", now)


def share(
    tx: Transaction, parts: JudgeParts, asset_id: str, environment: Environment, percent: float | None, now: datetime
) -> Settlement:
    """Record the share that was given there; None: what the sources report counts again."""
    claims = tx.inventory.claims(place_subject(asset_id, environment))
    fields = {c.field: c.value for c in claims if c.source == OWN_ACTIONS and c.field != "traffic"}
    serving = tx.estate.deployment(asset_id, environment)
    if serving is not None and not any(c.field == "version" for c in claims):
        fields["version"] = serving.version  # a share of nothing would take the deployment away
    if percent is not None:
        fields["traffic"] = f"{percent:g}"
    return put_claims(tx, parts, asset_id, environment, fields, OWN_ACTIONS, now)


def words(plan: Plan, purpose: Purpose) -> str:
    """``the rollout of support-bot in canary was paused``."""
    where = f"{plan.asset_id} in {plan.environment.value}"
    if purpose is Purpose.SHIFT:
        return f"{plan.traffic or 0:g} % of the traffic of {plan.asset_id} was shifted to {plan.environment.value}"
    return f"the rollout of {where} was {'paused' if purpose is Purpose.PAUSE else 'resumed'}"
