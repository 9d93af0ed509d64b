"""A breach that may end by itself: nobody is called before it has lasted for a while, or is too bad to wait."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import lru_cache

from pulse_tui.domain.alert import Alert, AlertEvent
from pulse_tui.domain.moments import iso
from pulse_tui.domain.notice import Withheld
from pulse_tui.enrich.variables import VARIABLES
from pulse_tui.policy.conditions import Condition, engine
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.withholding.about import About, Held


def may_heal(about: About) -> Held | None:
    """Until its rule's ``heals_within`` has passed. What gets more urgent meanwhile calls; tickets wait as well."""
    if about.event is not AlertEvent.OPENED:
        return None
    until = waits_until(about.tx, about.parts, about.alert, about.now)
    if until is None:
        return None
    return Held(Withheld.HEALS, f"it may end by itself: somebody is called at {iso(until)} if it lasts")


def waits_until(tx: Transaction, parts: JudgeParts, alert: Alert, now: datetime) -> datetime | None:
    """When somebody is called of an alert that has opened; None: now."""
    rule = parts.policy.rule(alert.rule_id)
    if rule is None or rule.heals_within is None:
        return None
    until = began(tx, alert) + timedelta(seconds=rule.heals_within)
    if until <= now or (rule.at_once is not None and _holds(tx, alert, rule.at_once)):
        return None
    return until


def began(tx: Transaction, alert: Alert) -> datetime:
    """Since when it lasts without an end in between: of one that flaps, since it came again last."""
    if not alert.flapping:
        return alert.first_at
    again = [n.at for n in tx.notices.of(alert.id) if n.event is AlertEvent.REPEATED and n.reason is Withheld.FLAPPING]
    return max(again, default=alert.first_at)


def _holds(tx: Transaction, alert: Alert, text: str) -> bool:
    """Whether the last decision saw what nobody waits for. What cannot be decided is not waited for either."""
    condition = _compiled(text)
    if condition is None:
        return True
    return condition.holds(engine(VARIABLES).activate(tx.judgements.variables(alert.decision_id))).held is not False


@lru_cache(64)
def _compiled(text: str) -> Condition | None:
    """Compiled once; None for one with a flaw, which no policy that was loaded has."""
    found = engine(VARIABLES).compile(text)
    return found if isinstance(found, Condition) else None
