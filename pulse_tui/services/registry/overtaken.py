"""Plans that what serves has overtaken: another version serves by now where they start."""

from __future__ import annotations

from pulse_tui.domain.rollback import Plan
from pulse_tui.ports import Transaction


def overtaken(tx: Transaction, plan: Plan) -> str:
    """What serves instead of what the plan moves; empty while it serves. No approval of such a plan is taken."""
    for member in plan.moves:
        deployment = tx.estate.deployment(member.asset_id, plan.environment)
        serves = deployment.version if deployment is not None else "nothing"
        if serves != member.from_version:
            what = f"{serves} of {member.asset_id}" if plan.members else serves
            return f"{what} serves in {plan.environment.value} now, the plan starts at {member.from_version}"
    return ""
