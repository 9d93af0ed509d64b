"""Cases: a decision of a rule on a fact, with its alert and routes."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from pulse_tui.actions import notify, ticket
from pulse_tui.domain.alert import Alert, AlertEvent
from pulse_tui.domain.decision import Decision, Fact
from pulse_tui.domain.notice import Use
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import Mode, Outcome, Priority
from pulse_tui.enrich.facts import facts
from pulse_tui.policy.titles import title
from pulse_tui.ports import Case, Route, Target
from pulse_tui.services.signals.addressing import address
from tests.enrich.build import ESTATE, NOW, REGRESSION

MAIL = Route(id="ml-hook", kind="notify", owners=("ml-support",), options=notify.Options(url="http://127.0.0.1:1/"))
DESK = Route(id="desk", kind="ticket", options=ticket.Options(path="tickets"))
SAFETY = Route(id="safety-desk", kind="ticket", owners=("safety",), options=ticket.Options(path="safety"))


def decision(fact: Fact, **changes: Any) -> Decision:
    signal = fact.signal
    base: dict[str, Any] = {
        "id": "d1",
        "signal_id": signal.id,
        "rule_id": "accuracy-regression",
        "mode": Mode.ENFORCE,
        "outcome": Outcome.FIRED,
        "priority": Priority.P2,
        "severity": signal.severity,
        "actions": ("block", "notify"),
        "comparisons": (),
        "policy_digest": "41c9" * 16,
        "asset_id": fact.asset.id if fact.asset else None,
        "environment": fact.environment,
        "version": signal.current_version,
        "owner": fact.asset.owner_team if fact.asset else None,
        "title": title(fact),
        "fingerprint": f"accuracy-regression/{signal.fingerprint}",
        "at": signal.observed_at,
    }
    return Decision(**base | changes)


def case(
    signal: Signal = REGRESSION, *, new: bool = True, routes: tuple[Route, ...] = (MAIL, DESK), **more: Any
) -> Case:
    (fact,) = facts(signal, ESTATE)
    made = decision(fact, **more.pop("decided", {}))
    alert = Alert(
        id=more.pop("alert", "a1"),
        fingerprint=made.fingerprint,
        signal_fingerprint=signal.fingerprint,
        rule_id=made.rule_id,
        decision_id=made.id,
        signal_id=signal.id,
        title=made.title,
        priority=made.priority,
        severity=made.severity,
        first_at=NOW,
        last_at=NOW,
        version=more.pop("alert_version", made.version),
        count=1 if new else 2,
        deadline=NOW + timedelta(hours=4),
    )
    event = AlertEvent.OPENED if new else AlertEvent.REPEATED
    rule_routes = more.get("rule_routes", ())
    whom = partial(_address, routes, alert, rule_routes)
    return Case(made, fact, alert, more.pop("event", event), routes, NOW, address=whom, **more)


def _address(
    routes: tuple[Route, ...], alert: Alert, named: tuple[str, ...], use: Use, owner: str | None
) -> list[Target]:
    return address(routes, alert, use, owner, named)
