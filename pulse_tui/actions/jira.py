"""Tickets in Jira: one issue for each alert, found by its label, commented on by what follows, moved to done at the end.

Jira Cloud is spoken to by REST v3 (rich text), Server and Data Center by v2 (wiki markup).
https://developer.atlassian.com/cloud/jira/platform/rest/v3/  https://docs.atlassian.com/software/jira/docs/api/REST/latest/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar
from urllib.parse import quote

import msgspec
from msgspec import Meta

from pulse_tui.actions._shared.case import notified
from pulse_tui.actions._shared.markup import wiki
from pulse_tui.actions._shared.tickets import (
    Api,
    Ticket,
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
from pulse_tui.domain.errors import TargetError
from pulse_tui.domain.notice import Use
from pulse_tui.domain.secrets import authorization
from pulse_tui.domain.text import clean
from pulse_tui.ports import Case, SendContext
from pulse_tui.settings.check import Seconds


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The site's ``url``, the ``project``'s key and a ``token`` as ``${NAME}``; with a ``user`` (the account's mail address) it
    is an API token of Jira Cloud, without one a personal access token of a Data Center.
    """

    USES: ClassVar[frozenset[Use]] = frozenset({Use.TICKET, Use.REVIEW})
    KEEPS_TASKS: ClassVar[bool] = True

    url: str
    project: str
    token: str
    user: str = ""
    api: Annotated[str, Meta(pattern="^[23]?$")] = ""
    """``3``: Jira Cloud; ``2``: Server and Data Center. Left out: 3 when there is a user."""
    type: str = "Task"
    """The kind of issue, by its name in the project."""
    labels: tuple[str, ...] = ("pulse-tui",)
    """Further labels; each is one word."""
    fields: dict[str, Any] = {}
    """Other fields of a new issue, as the API takes them; ``{asset}``, ``{priority}``, ``{owner}`` and what else a message says
    is filled in."""
    priorities: dict[str, str] = {}
    """The name of Jira's priority for ``P1`` to ``P4``; left out: as the project has it."""
    done: str = ""
    """The name of the transition that ends an issue, or of the state it leads to; left out: the first one into a state of the
    category done."""
    done_fields: dict[str, Any] = {}
    """Fields that this transition asks for, such as ``resolution: {name: Done}``."""
    timeout: Seconds = Seconds(10)
    """How long one answer may take."""

    def __post_init__(self) -> None:
        for label in self.labels:
            if not label or any(c.isspace() for c in label):
                raise ValueError(f"a label of Jira is one word, not {clean(label, 60)!r}")

    @property
    def cloud(self) -> bool:
        """Whether it is spoken to as Jira Cloud is."""
        return self.api == "3" or (not self.api and bool(self.user))


def respond(case: Case) -> Sequence[Effect]:
    """One issue for each route of this kind when the alert opens; the same issues get what follows."""
    return notified(case, Use.TICKET, "a ticket was written", kind="jira")


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """Bring the issue up to date. Raises TargetError."""
    assert isinstance(options, Options)
    return keep(delivery, _Jira(options, context), context.first_receipt)


class _Jira:
    def __init__(self, options: Options, context: SendContext) -> None:
        self._o = options
        self._api = Api(
            context, options.url, authorization(options.user, options.token, context.secret), float(options.timeout)
        )
        self._root = "/rest/api/3" if options.cloud else "/rest/api/2"

    def search(self, mark: str) -> Sequence[Ticket]:
        jql = f'project = "{_quoted(self._o.project)}" AND labels = "{mark}" ORDER BY created ASC'
        path = f"{self._root}/search/jql" if self._o.cloud else f"{self._root}/search"
        found = self._api.get(path, {"jql": jql, "fields": "status,labels", "maxResults": "50"})
        issues = entries(member(found, "issues", path) if isinstance(found, dict) and found.get("issues") else [], path)
        if not isinstance(found, dict) or "issues" not in found:
            raise unexpected(self._o.url + path, "issues")
        # An index may answer with what it thinks is near: only what carries the label is ours.
        return [self._ticket(i) for i in issues if mark in ((i.get("fields") or {}).get("labels") or ())]

    def known(self, key: str) -> Ticket | None:
        """The index of Jira Cloud lags some seconds behind what is stored."""
        if not re.fullmatch(r"[A-Z][A-Z0-9_]*-[0-9]+", key):
            return None
        try:
            return self._ticket(self._api.get(f"{self._root}/issue/{key}", {"fields": "status,labels"}))
        except TargetError as error:
            if error.permanent:  # it was deleted, or moved out of sight
                return None
            raise

    def create(self, delivery: Delivery, marks: tuple[str, ...], earlier: Sequence[Ticket]) -> Ticket:
        options = self._o
        fields: dict[str, Any] = {
            "project": {"key": options.project},
            "issuetype": {"name": options.type},
            "summary": summary(delivery),
            "description": self._text(list(sections(delivery)), earlier=earlier),
            "labels": [*marks, *options.labels],
        }
        if name := options.priorities.get(delivery.payload.get("priority", "")):
            fields["priority"] = {"name": name}
        fields |= filled(options.fields, delivery)
        path = f"{self._root}/issue"
        made = self._api.write("POST", path, {"fields": fields})
        return self._ticket({"key": member(made, "key", options.url + path)})

    def noted(self, ticket: Ticket, mark: str) -> bool:
        path = f"{self._root}/issue/{quote(ticket.ident, safe='')}/comment"
        found = self._api.get(path, {"maxResults": "100", "orderBy": "-created"})
        return mark in str(found.get("comments", "")) if isinstance(found, dict) else False

    def note(self, ticket: Ticket, delivery: Delivery, mark: str) -> None:
        path = f"{self._root}/issue/{quote(ticket.ident, safe='')}/comment"
        self._api.write("POST", path, {"body": self._text([followed(delivery)], mark)})

    def close(self, ticket: Ticket, delivery: Delivery) -> str:
        del delivery
        path = f"{self._root}/issue/{quote(ticket.ident, safe='')}/transitions"
        found = self._api.get(path)
        offered = entries(found.get("transitions") if isinstance(found, dict) else None, self._o.url + path)
        chosen = next((t for t in offered if self._ends(t)), None)
        if chosen is None:
            names = ", ".join(clean(str(t.get("name", "")), 40) for t in offered[:10]) or "none"
            wanted = f"{self._o.done!r}" if self._o.done else "into a state of the category done"
            raise TargetError(
                f"{ticket.key} offers no transition {wanted} (it offers: {names})",
                ambiguous=False,
                todo="Name one of them under the route's done, or give the account the right to it",
            )
        body: dict[str, Any] = {"transition": {"id": str(chosen.get("id"))}}
        if self._o.done_fields:
            body["fields"] = self._o.done_fields
        self._api.write("POST", path, body)
        return clean(str((chosen.get("to") or {}).get("name") or chosen.get("name") or "done"), 60)

    def _ends(self, transition: Mapping[str, Any]) -> bool:
        to = transition.get("to") or {}
        if self._o.done:
            return self._o.done.casefold() in {str(x).casefold() for x in (transition.get("name"), to.get("name"))}
        return bool((to.get("statusCategory") or {}).get("key") == "done")

    def _ticket(self, issue: Mapping[str, Any]) -> Ticket:
        key = clean(str(member(issue, "key", self._o.url)), 80)
        status = (issue.get("fields") or {}).get("status") or {}
        closed = (status.get("statusCategory") or {}).get("key") == "done"
        return Ticket(key, f"{self._o.url.rstrip('/')}/browse/{quote(key, safe='')}", key, closed)

    def _text(self, parts: Sequence[tuple[str, str]], mark: str = "", earlier: Sequence[Ticket] = ()) -> Any:
        """A rich text document for the Cloud, wiki markup for others; keys of its own become links there."""
        more = [f"Earlier issues of the same condition: {', '.join(t.key for t in earlier)}"] if earlier else []
        more += [mark] if mark else []
        if not self._o.cloud:
            return "\n\n".join([*(f"h4. {wiki(head)}\n{wiki(body)}" for head, body in parts), *more])
        content: list[dict[str, Any]] = []
        for head, body in parts:
            content.append({"type": "heading", "attrs": {"level": 4}, "content": [{"type": "text", "text": head}]})
            content += [_paragraph(line) for line in body.split("\n") if line.strip()]
        return {"type": "doc", "version": 1, "content": [*content, *map(_paragraph, more)]}


def _paragraph(text: str) -> dict[str, Any]:
    return {"type": "paragraph", "content": [{"type": "text", "text": text}]}


def _quoted(text: str) -> str:
    """Inside of quotes in JQL."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
