"""What ended an incident, as far as the records show: a rollback that was verified while it was open."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.incident import Incident
from pulse_tui.domain.rollback import RunState
from pulse_tui.ports import Transaction

_LOOKED = 20


def helped(tx: Transaction, incident: Incident, until: datetime) -> str:
    """``rolled back support-bot to 3.8.1 (run r-1)``; empty where no run of its assets was verified between its opening and then."""
    for asset in dict.fromkeys(f.asset_id for f in incident.footings if f.asset_id is not None):
        for plan, _ in tx.rollbacks.plans(asset, _LOOKED):
            moved = plan.moved(asset)
            if moved is None or not plan.purpose.moves_what_serves or plan.created_at < incident.opened_at:
                continue
            for run in tx.rollbacks.runs(plan_hash=plan.hash):
                ended = run.ended_at
                if run.state is RunState.VERIFIED and ended is not None and incident.opened_at <= ended <= until:
                    return f"rolled back {asset} {plan.environment.short} to {moved.to_version} (run {run.id})"
    return ""
