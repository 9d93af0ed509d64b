"""Tickets in ServiceNow by its Table API: incidents, or change requests, found by ``correlation_id``.

What follows becomes work notes; when the alert ends an incident is resolved with a close code, a change request closed.
https://www.servicenow.com/docs/bundle/zurich-api-reference/page/integrate/inbound-rest/concept/c_TableAPI.html
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from pulse_tui.actions._shared.case import notified
from pulse_tui.actions._shared.markup import journal
from pulse_tui.actions._shared.tickets import (
    Api,
    Ticket,
    condition_of,
    entries,
    filled,
    followed,
    keep,
    member,
    sections,
    summary,
    unexpected,
)
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.notice import Use
from pulse_tui.domain.secrets import authorization
from pulse_tui.domain.text import clean
from pulse_tui.ports import Case, SendContext
from pulse_tui.settings.check import Seconds


class Table(StrEnum):
    """What a ticket is there."""

    INCIDENT = "incident"
    CHANGE_REQUEST = "change_request"
    """A change that somebody has to plan and approve."""


_CLOSED = {Table.INCIDENT: {"6", "7", "8"}, Table.CHANGE_REQUEST: {"3", "4"}}
"""Of an incident resolved, closed, canceled; of a change request closed, canceled."""
_URGENCY = {"P1": "1", "P2": "2", "P3": "3", "P4": "3"}


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The instance's ``url``, and a ``user`` with a ``token`` (its password), or a bearer ``token`` alone; both as ``${NAME}``."""

    USES: ClassVar[frozenset[Use]] = frozenset({Use.TICKET, Use.REVIEW})
    KEEPS_TASKS: ClassVar[bool] = True

    url: str
    token: str
    user: str = ""
    table: Table = Table.INCIDENT
    """``incident``, or ``change_request``: a change that somebody has to plan and approve."""
    type: str = ""
    """Of a change request: ``normal``, ``standard`` or ``emergency``; left out: as the instance has it."""
    group: str = ""
    """The assignment group, by its name or sys_id."""
    labels: tuple[str, ...] = ()
    """Words that stand at the end of the description, as the instance's tags are set by people."""
    fields: dict[str, Any] = {}
    """Other fields of a new record (``category``, ``cmdb_ci``, ``caller_id``, ``start_date``); ``{asset}`` and what else a message
    says is filled in."""
    priorities: dict[str, str] = {}
    """The ``urgency`` for ``P1`` to ``P4``; left out: 1, 2, 3, 3. The impact is the same unless ``fields`` has one."""
    close_code: str = ""
    """Left out: ``Resolved by caller`` of an incident, ``successful`` of a change request."""
    within: Seconds = Seconds(86_400)
    """Of a change request without a start_date: how long its planned window is, from now."""
    timeout: Seconds = Seconds(10)
    """How long one answer may take."""


def respond(case: Case) -> Sequence[Effect]:
    """One record for each route of this kind when the alert opens; the same records get what follows."""
    return notified(case, Use.TICKET, "a ticket was written", kind="servicenow")


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """Bring the record up to date. Raises TargetError."""
    assert isinstance(options, Options)
    return keep(delivery, _ServiceNow(options, context), context.first_receipt)


class _ServiceNow:
    def __init__(self, options: Options, context: SendContext) -> None:
        self._o = options
        self._now = context.now
        self._api = Api(
            context, options.url, authorization(options.user, options.token, context.secret), float(options.timeout)
        )
        self._table = f"/api/now/table/{options.table}"

    def search(self, mark: str) -> Sequence[Ticket]:
        """Both fields are looked at: the record of this episode, or those of the condition."""
        asked = {
            "sysparm_query": f"correlation_id={mark}^ORcorrelation_display={mark}^ORDERBYsys_created_on",
            "sysparm_fields": "sys_id,number,state,correlation_id,correlation_display",
            "sysparm_limit": "20",
        }
        found = entries(_result(self._api.get(self._table, asked), self._o.url), self._o.url + self._table)
        # A query that the instance does not understand is dropped there, and everything is listed.
        return [self._ticket(r) for r in found if mark in (r.get("correlation_id"), r.get("correlation_display"))]

    def known(self, key: str) -> Ticket | None:
        """What there is, is found."""
        del key
        return None

    def create(self, delivery: Delivery, marks: tuple[str, ...], earlier: Sequence[Ticket]) -> Ticket:
        options = self._o
        text = "\n\n".join(f"{head}\n{journal(body)}" for head, body in sections(delivery, earlier))
        body: dict[str, Any] = {
            "short_description": summary(delivery)[:160],
            "description": "\n\n".join([text, *([" ".join(options.labels)] if options.labels else [])]),
            "correlation_id": marks[0],
            "correlation_display": condition_of(delivery) or "pulse-tui",
        }
        priority = delivery.payload.get("priority", "")
        urgency = options.priorities.get(priority) or _URGENCY.get(priority)
        if options.table is Table.INCIDENT and urgency:
            body |= {"urgency": urgency, "impact": urgency}
        if options.table is Table.CHANGE_REQUEST:
            until = self._now + timedelta(seconds=float(options.within))
            body |= {"start_date": f"{self._now:%Y-%m-%d %H:%M:%S}", "end_date": f"{until:%Y-%m-%d %H:%M:%S}"}
            body |= {"type": options.type} if options.type else {}
        body |= {"assignment_group": options.group} if options.group else {}
        body |= filled(options.fields, delivery)
        return self._ticket(_result(self._api.write("POST", self._table, body), self._o.url))

    def noted(self, ticket: Ticket, mark: str) -> bool:
        asked = {"sysparm_display_value": "true", "sysparm_fields": "work_notes"}
        found = _result(self._api.get(f"{self._table}/{ticket.ident}", asked), self._o.url)
        return isinstance(found, dict) and mark in str(found.get("work_notes") or "")

    def note(self, ticket: Ticket, delivery: Delivery, mark: str) -> None:
        head, text = followed(delivery)
        self._api.write("PATCH", f"{self._table}/{ticket.ident}", {"work_notes": f"{head}\n{journal(text)}\n{mark}"})

    def close(self, ticket: Ticket, delivery: Delivery) -> str:
        why = journal(delivery.payload.get("why", "") or "the alert ended")
        if self._o.table is Table.INCIDENT:
            body = {"state": "6", "close_code": self._o.close_code or "Resolved by caller", "close_notes": why}
        else:
            body = {"state": "3", "close_code": self._o.close_code or "successful", "close_notes": why}
        found = _result(self._api.write("PATCH", f"{self._table}/{ticket.ident}", body), self._o.url)
        state = str(found.get("state", "")) if isinstance(found, dict) else ""
        if state and state not in _CLOSED[self._o.table]:
            # A rule of the instance may keep a record open without an error.
            return f"it stays in state {clean(state, 20)} there: close it by hand"
        return "resolved" if self._o.table is Table.INCIDENT else "closed"

    def _ticket(self, record: Any) -> Ticket:
        ident = clean(str(member(record, "sys_id", self._o.url)), 80)
        key = clean(str(record.get("number") or ident), 80)
        url = f"{self._o.url.rstrip('/')}/nav_to.do?uri={self._o.table}.do?sys_id={quote(ident, safe='')}"
        return Ticket(key, url, quote(ident, safe=""), str(record.get("state")) in _CLOSED[self._o.table])


def _result(found: Any, shown: str) -> Any:
    """What stands under ``result``."""
    if not isinstance(found, dict) or "result" not in found:
        raise unexpected(shown, "a result")
    return found["result"]
