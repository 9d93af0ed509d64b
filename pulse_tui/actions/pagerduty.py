"""PagerDuty, by its Events API v2: an incident there for each episode of an alert here, acknowledged and resolved with it.

The dedup key is the thread's, so a repeat changes nothing, and an alert that comes again is an episode of its own with
another key: a trigger after a resolve opens a new incident there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import msgspec

from pulse_tui.actions._shared.case import notified
from pulse_tui.actions._shared.message import message
from pulse_tui.actions._shared.rest import call, fit
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.notice import Use
from pulse_tui.domain.text import clean
from pulse_tui.ports import Case, SendContext
from pulse_tui.settings.check import Seconds

SUMMARY = 1_024
"""Characters of a summary that it takes."""
DEDUP = 255
"""Characters of a dedup key that it takes."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The integration of a service there. ``routing_key`` is a secret: ``${NAME}``."""

    USES: ClassVar[frozenset[Use]] = frozenset({Use.PAGE, Use.NOTIFY})

    routing_key: str
    """The integration key (32 characters) of an integration of type "Events API v2"."""
    url: str = "https://events.pagerduty.com/v2/enqueue"
    """Another one for the EU region: https://events.eu.pagerduty.com/v2/enqueue."""
    timeout: Seconds = Seconds(10)
    """How long it may take to answer."""


def respond(case: Case) -> Sequence[Effect]:
    """One event for each PagerDuty route of the owner when the alert opens or is raised; the same incident gets what follows."""
    return notified(case, Use.PAGE, "the owner was paged", kind="pagerduty")


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """Send the event; the receipt is the dedup key that it answers. Raises TargetError."""
    assert isinstance(options, Options)
    event = {"routing_key": context.secret(options.routing_key), **event_of(delivery)}
    reply = call(
        context,
        "POST",
        options.url,
        json=event,
        timeout_s=float(options.timeout),
        todo="Check the route's routing_key: the integration key of an Events API v2 integration",
    )
    if not reply.whole:
        return f"{reply.status} dedup_key {event['dedup_key']}"
    answer = reply.members()
    if answer.get("status") != "success":
        what = f"{reply.shown} answered {reply.status} {clean(str(answer.get('status')), 60)}: {clean(str(answer.get('message', '')), 200)}"
        raise TargetError(what, ambiguous=True, todo="It is sent again; if it stays, look at the integration there")
    return f"{reply.status} dedup_key {clean(str(answer.get('dedup_key', event['dedup_key'])), DEDUP)}"


_ACTIONS: Mapping[str, str] = {"acknowledged": "acknowledge", "resolved": "resolve"}
_SEVERITY: Mapping[str, str] = {"P1": "critical", "P2": "error", "P3": "warning"}


def event_of(delivery: Delivery) -> dict[str, Any]:
    """The event without its key; every other event of an alert triggers, which changes nothing of an open incident."""
    given, said = delivery.payload, message(delivery, title=SUMMARY, section=8_000)
    action = _ACTIONS.get(said.event, "trigger")
    event: dict[str, Any] = {"event_action": action, "dedup_key": delivery.thread[:DEDUP]}
    if action != "trigger":
        return event
    details = {**dict(said.facts), **dict(said.sections), "why": given.get("why", ""), "key": said.key}
    payload = {
        "summary": said.title,
        "source": fit(given.get("asset") or "pulse-tui", 250),
        "severity": _SEVERITY.get(said.priority, "info"),
        "timestamp": given.get("occurred_at"),
        "component": given.get("asset"),
        "group": given.get("environment"),
        "class": given.get("rule"),
        "custom_details": {name: value for name, value in details.items() if value},
    }
    event["payload"] = {name: value for name, value in payload.items() if value is not None}
    event["client"] = "pulse-tui"
    if said.links:
        event["links"] = [{"href": link, "text": link} for link in said.links]
    return event
