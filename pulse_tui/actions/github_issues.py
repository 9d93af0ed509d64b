"""Tickets as issues of a GitHub repository: one for each alert, found by its mark, commented on, closed at the end.

https://docs.github.com/en/rest/issues/issues  https://docs.github.com/en/rest/issues/comments
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import msgspec
from msgspec import Meta

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
from pulse_tui.settings.check import REPOSITORY, Seconds

EACH = 50
"""Issues or comments a page: a hundred may be more than an answer may have."""


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The ``repository`` (``owner/name``) and a ``token`` as ``${NAME}`` that may read and write its issues."""

    USES: ClassVar[frozenset[Use]] = frozenset({Use.TICKET, Use.REVIEW})
    KEEPS_TASKS: ClassVar[bool] = True

    repository: Annotated[str, Meta(pattern=REPOSITORY)]
    token: str
    url: str = "https://api.github.com"
    """The API; of GitHub Enterprise Server ``https://HOST/api/v3``."""
    label: Annotated[str, Meta(min_length=1, max_length=50)] = "pulse-tui"
    """Every issue has it, and is looked for among those that have it."""
    labels: tuple[str, ...] = ()
    """Further labels."""
    assignees: tuple[str, ...] = ()
    """Accounts that a new issue is assigned to."""
    fields: dict[str, Any] = {}
    """Other fields of a new issue, as the API takes them (``milestone``, ``type``); ``{asset}`` and what else a message says is
    filled in."""
    timeout: Seconds = Seconds(10)
    """How long one answer may take."""

    def __post_init__(self) -> None:
        if "," in self.label:
            raise ValueError("label is one label, without a comma")


def respond(case: Case) -> Sequence[Effect]:
    """One issue for each route of this kind when the alert opens; the same issues get what follows."""
    return notified(case, Use.TICKET, "a ticket was written", kind="github_issues")


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """Bring the issue up to date. Raises TargetError."""
    assert isinstance(options, Options)
    return keep(delivery, _GitHub(options, context), context.first_receipt)


class _GitHub:
    def __init__(self, options: Options, context: SendContext) -> None:
        headers = {
            "Authorization": f"Bearer {options.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        self._o = options
        self._api = Api(context, options.url, headers, float(options.timeout))
        self._issues = f"/repos/{options.repository}/issues"

    def search(self, mark: str) -> Sequence[Ticket]:
        """By the list of what has the label: the search index lags behind, the list does not."""
        found: list[Ticket] = []
        seen: set[str] = set()
        for page in range(1, PAGES + 1):
            asked = {
                "labels": self._o.label,
                "state": "all",
                "sort": "created",
                "direction": "desc",
                "per_page": str(EACH),
                "page": str(page),
            }
            listed = entries(self._api.get(self._issues, asked), self._o.url + self._issues)
            fresh = [i for i in listed if str(i.get("number")) not in seen]
            seen |= {str(i.get("number")) for i in fresh}
            found += [_ticket(i, self._o.url) for i in fresh if mark in str(i.get("body") or "") and _is_issue(i)]
            if len(listed) < EACH or not fresh or found:
                return found[::-1]
        # It is older than all of these, if it exists: the index has it by now.
        asked = {"q": f'repo:{self._o.repository} is:issue in:body "{mark}"', "sort": "created", "order": "asc"}
        listed = entries(member(self._api.get("/search/issues", asked), "items", self._o.url), self._o.url)
        return [_ticket(i, self._o.url) for i in listed if mark in str(i.get("body") or "")]

    def known(self, key: str) -> Ticket | None:
        """What there is, is found."""
        del key
        return None

    def create(self, delivery: Delivery, marks: tuple[str, ...], earlier: Sequence[Ticket]) -> Ticket:
        body: dict[str, Any] = {
            "title": summary(delivery),
            "body": _text(list(sections(delivery)), marks, earlier),
            "labels": [self._o.label, *self._o.labels],
        }
        if self._o.assignees:
            body["assignees"] = list(self._o.assignees)
        return _ticket(self._api.write("POST", self._issues, body | filled(self._o.fields, delivery)), self._o.url)

    def noted(self, ticket: Ticket, mark: str) -> bool:
        path = f"{self._issues}/{ticket.ident}/comments"
        for page in range(1, PAGES + 1):
            listed = entries(self._api.get(path, {"per_page": str(EACH), "page": str(page)}), self._o.url + path)
            if any(mark in str(c.get("body") or "") for c in listed):
                return True
            if len(listed) < EACH:
                break
        return False

    def note(self, ticket: Ticket, delivery: Delivery, mark: str) -> None:
        self._api.write(
            "POST", f"{self._issues}/{ticket.ident}/comments", {"body": _text([followed(delivery)], (mark,))}
        )

    def close(self, ticket: Ticket, delivery: Delivery) -> str:
        del delivery
        self._api.write("PATCH", f"{self._issues}/{ticket.ident}", {"state": "closed", "state_reason": "completed"})
        return "closed"


def _is_issue(found: Mapping[str, Any]) -> bool:
    """Pull requests are listed among the issues."""
    return "pull_request" not in found


def _ticket(issue: Any, shown: str) -> Ticket:
    number = member(issue, "number", shown)
    url = clean(str(issue.get("html_url") or ""), 300)
    return Ticket(f"#{number}", url, str(int(number)), issue.get("state") == "closed")


def _text(parts: Sequence[tuple[str, str]], marks: tuple[str, ...], earlier: Sequence[Ticket] = ()) -> str:
    text = "\n\n".join(f"### {head}\n\n{markdown(body)}" for head, body in parts)
    if earlier:  # references of our own, which are links there
        text += "\n\nEarlier issues of the same condition: " + ", ".join(t.key for t in earlier)
    return text + "".join(f"\n\n<!-- {mark} -->" for mark in marks)
