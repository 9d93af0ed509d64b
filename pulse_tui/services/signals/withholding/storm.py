"""More alerts of one rule than anybody reads: the first are announced one by one, one message says that there are more.

All of them are open and shown. Who was withheld one gets the count when the storm has passed, see
:mod:`pulse_tui.services.alerts.storms`.
"""

from __future__ import annotations

from datetime import timedelta

from pulse_tui.domain.alert import AlertEvent
from pulse_tui.domain.notice import Withheld
from pulse_tui.services.signals import storms
from pulse_tui.services.signals.withholding.about import About, Held

WITHIN = timedelta(minutes=10)


def storm(about: About) -> Held | None:
    """The alerts of a rule beyond its limit that call within ten minutes: when they open, and when their deadline passes."""
    rule_id, event = about.alert.rule_id, about.event
    if event not in (AlertEvent.OPENED, AlertEvent.RAISED):
        return None
    rule = about.parts.policy.rule(rule_id)
    limit = (rule.storm if rule is not None else None) or about.parts.policy.storm
    called = about.batch.setdefault(f"storm/{rule_id}/{event.value}", None)
    if called is None:
        known = about.tx.notices.called(rule_id, event, about.now - WITHIN, limit)
        called = about.batch[f"storm/{rule_id}/{event.value}"] = {ident: n for n, ident in enumerate(known)}
    number = called.setdefault(about.alert.id, len(called))
    if number < limit:
        return None
    storms.announce(about.tx, about.message, rule_id, event, limit, about.now, about.batch)
    did = "opened" if event is AlertEvent.OPENED else "raised"
    return Held(Withheld.STORM, f"rule {rule_id} {did} more than {limit} alerts within 10 min: one message says so")
