"""The drills that were held, newest first."""

from __future__ import annotations

from datetime import datetime, timedelta

from pulse_tui.domain.moments import to_us
from pulse_tui.domain.rollback import Drill
from pulse_tui.domain.views.rollback import DrillLine
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.votes import AHEAD

SHOWN = 50


def drills(parts: RollbackParts, asset_id: str | None = None) -> tuple[DrillLine, ...]:
    """Of one asset when it is named."""
    now = {playbook.id: playbook.digest for playbook in parts.playbooks}
    today = parts.clock()
    since, until = today - timedelta(seconds=parts.approvals.drill_within), today + AHEAD
    with parts.store.read() as tx:
        return tuple(_line(tx, drill, now, since, until) for drill in tx.rollbacks.drills(asset_id, SHOWN))


def _line(tx: Transaction, drill: Drill, now: dict[str, str], since: datetime, until: datetime) -> DrillLine:
    run = tx.rollbacks.run(drill.run_id)
    return DrillLine(
        run=drill.run_id,
        plan=run.plan_hash if run is not None else "",
        asset=drill.asset_id,
        playbook=drill.playbook,
        from_version=drill.from_version,
        to_version=drill.to_version,
        at_us=to_us(drill.at),
        ok=drill.ok,
        seconds=drill.seconds,
        by=drill.by,
        trigger=drill.trigger,
        detail=drill.detail,
        current=now.get(drill.playbook) == drill.playbook_digest and since <= drill.at <= until,
    )
