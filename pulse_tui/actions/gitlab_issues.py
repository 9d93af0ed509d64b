"""Tickets as issues of a GitLab project: one for each alert, found by its label, commented on, closed at the end.

https://docs.gitlab.com/api/issues/  https://docs.gitlab.com/api/notes/
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from pulse_tui.actions._shared.case import notified
from pulse_tui.actions._shared.markup import markdown
from pulse_tui.actions._shared.tickets import (
    PAGES,
    Api,
    Ticket,
    entries,
    filled,
    followed,
    keep,
    member,
    sections,
    summary,
)
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.notice import Use
from pulse_tui.domain.text import clean
from pulse_tui.ports import Case, SendContext
from pulse_tui.settings.check import Seconds

EACH = 100
"""Issues or notes a page."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ``project`` (its path or number) and a ``token`` as ``${NAME}`` with the scope ``api``."""

    USES: ClassVar[frozenset[Use]] = frozenset({Use.TICKET, Use.REVIEW})
    KEEPS_TASKS: ClassVar[bool] = True

    project: str
    token: str
    url: str = "https://gitlab.com"
    """The instance."""
    labels: tuple[str, ...] = ("pulse-tui",)
    """Further labels."""
    type: str = ""
    """``issue``, ``incident`` or ``task``; left out: an issue."""
    confidential: bool = False
    """Only members see it."""
    fields: dict[str, Any] = {}
    """Other fields of a new issue, as the API takes them (``assignee_ids``, ``milestone_id``, ``weight``); ``{asset}`` and what
    else a message says is filled in."""
    timeout: Seconds = Seconds(10)
    """How long one answer may take."""

    def __post_init__(self) -> None:
        if any("," in label for label in self.labels):
            raise ValueError("a label is one label, without a comma")


def respond(case: Case) -> Sequence[Effect]:
    """One issue for each route of this kind when the alert opens; the same issues get what follows."""
    return notified(case, Use.TICKET, "a ticket was written", kind="gitlab_issues")


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """Bring the issue up to date. Raises TargetError."""
    assert isinstance(options, Options)
    return keep(delivery, _GitLab(options, context), context.first_receipt)


class _GitLab:
    def __init__(self, options: Options, context: SendContext) -> None:
        self._o = options
        self._api = Api(context, options.url, {"PRIVATE-TOKEN": options.token}, float(options.timeout))
        self._issues = f"/api/v4/projects/{quote(options.project, safe='')}/issues"

    def search(self, mark: str) -> Sequence[Ticket]:
        asked = {"labels": mark, "state": "all", "order_by": "created_at", "sort": "asc", "per_page": "20"}
        listed = entries(self._api.get(self._issues, asked), self._o.url + self._issues)
        return [self._ticket(i) for i in listed if mark in (i.get("labels") or ())]

    def known(self, key: str) -> Ticket | None:
        """What there is, is found."""
        del key
        return None

    def create(self, delivery: Delivery, marks: tuple[str, ...], earlier: Sequence[Ticket]) -> Ticket:
        body: dict[str, Any] = {
            "title": summary(delivery),
            "description": _text(list(sections(delivery)), "", earlier),
            "labels": ",".join([*marks, *self._o.labels]),
        }
        if self._o.type:
            body["issue_type"] = self._o.type
        if self._o.confidential:
            body["confidential"] = True
        return self._ticket(self._api.write("POST", self._issues, body | filled(self._o.fields, delivery)))

    def noted(self, ticket: Ticket, mark: str) -> bool:
        path = f"{self._issues}/{ticket.ident}/notes"
        for page in range(1, PAGES + 1):
            listed = entries(self._api.get(path, {"per_page": str(EACH), "page": str(page)}), self._o.url + path)
            if any(mark in str(n.get("body") or "") for n in listed):
                return True
            if len(listed) < EACH:
                break
        return False

    def note(self, ticket: Ticket, delivery: Delivery, mark: str) -> None:
        self._api.write("POST", f"{self._issues}/{ticket.ident}/notes", {"body": _text([followed(delivery)], mark)})

    def close(self, ticket: Ticket, delivery: Delivery) -> str:
        del delivery
        self._api.write("PUT", f"{self._issues}/{ticket.ident}", {"state_event": "close"})
        return "closed"

    def _ticket(self, issue: Any) -> Ticket:
        number = int(member(issue, "iid", self._o.url))
        return Ticket(
            f"#{number}", clean(str(issue.get("web_url") or ""), 300), str(number), issue.get("state") == "closed"
        )


def _text(parts: Sequence[tuple[str, str]], mark: str, earlier: Sequence[Ticket] = ()) -> str:
    text = "\n\n".join(f"### {head}\n\n{markdown(body)}" for head, body in parts)
    if earlier:
        text += "\n\nEarlier issues of the same condition: " + ", ".join(t.key for t in earlier)
    return f"{text}\n\n<!-- {mark} -->" if mark else text
