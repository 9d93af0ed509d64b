"""The launch checklist: what must be in order before an AI product is launched, and stay so. Each line with its evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from pulse_tui.domain.views.learning import Checklist, ChecklistLine, ReviewDate
from pulse_tui.domain.words import Environment
from pulse_tui.policy.judge import Policy
from pulse_tui.services.advisories.ledger import ledger_of
from pulse_tui.services.learning.launch import people, system
from pulse_tui.services.learning.launch.seen import Seen
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.capacity import ready


def checklist(parts: RollbackParts) -> Checklist:
    """Every line, and the calendar of policy reviews with the overdue ones first."""
    now = parts.clock()
    policy = parts.judging.policy
    rules = policy.rules if isinstance(policy, Policy) else ()
    capacity = ready(parts, Environment.PRODUCTION)
    vendors = system.vendors(parts, now)
    with parts.store.read() as tx:
        estate = tx.estate.load()
        serving = [d for d in estate.deployments if d.environment is Environment.PRODUCTION]
        seen = Seen(
            parts, tx, now, estate, serving, sorted({d.asset_id for d in serving}), ledger_of(tx, now), capacity, rules
        )
        lines = [line for look in _LOOKS for line in look(seen)]
        lines.insert(3, vendors)
    today = now.date()
    reviews = sorted(
        (ReviewDate(r.id, r.owner, r.review.isoformat(), r.overdue(today)) for r in rules),
        key=lambda r: (r.due, r.rule),
    )
    governance = parts.governance
    return Checklist(governance.system or parts.estate_name, governance.accountable_owner, tuple(lines), tuple(reviews))


_LOOKS: Final[Sequence[Callable[[Seen], Iterator[ChecklistLine]]]] = (
    system.inventory,
    system.immutable,
    system.suites,
    system.advisories,
    system.thresholds,
    system.drilled,
    people.owner,
    people.oncall,
    people.routes,
    people.reviews,
)
