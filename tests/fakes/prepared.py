"""A rollback that was drilled and pre-authorised, through the real functions: what the gate of production asks for."""

from __future__ import annotations

from datetime import timedelta

from pulse_tui.domain.rollback import Drill
from pulse_tui.domain.words import Environment
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback import authorise
from pulse_tui.services.rollback.drill import book, record
from tests.fakes.nouns import PRODUCTION

TRIGGER = "accuracy-regression"
"""A rule that the default policy names for automatic rollback."""


def drill(
    parts: RollbackParts, asset_id: str = "support-bot", environment: Environment = PRODUCTION, trigger: str = TRIGGER
) -> None:
    """The playbook that rolls the asset back there was rehearsed for the trigger, now."""
    playbook = book(parts, asset_id, environment)
    assert playbook is not None
    one = Drill(
        run_id=f"drill-{asset_id}-{trigger}",
        asset_id=asset_id,
        playbook=playbook.id,
        playbook_digest=playbook.digest,
        trigger=trigger,
        from_version="2",
        to_version="1",
        at=parts.clock(),
        ok=True,
        detail="",
        seconds=2.0,
        by="ana",
    )
    with parts.store.write() as tx:
        record(tx, one)


def prepared(
    parts: RollbackParts, asset_id: str = "support-bot", environment: Environment = PRODUCTION, trigger: str = TRIGGER
) -> RollbackParts:
    """The same parts, with the asset's rollback there drilled and pre-authorised by as many operators as are needed."""
    drill(parts, asset_id, environment, trigger)
    who = sorted(n for n, o in parts.operators.items() if environment in o.environments)
    month, why = timedelta(days=30), "the nights are long"
    asked = authorise.propose(parts, asset_id, environment, trigger, month, by=who[0], why=why)
    for name in who[: asked.approvals_needed]:
        authorise.approve(parts, asked.hash, name, "drilled")
    return parts
