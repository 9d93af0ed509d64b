"""Stand-ins for four ticket systems on loopback, each with the shapes its provider publishes; none of them is the provider.

They refuse what the provider refuses: a request without its credentials, a new ticket without what one must have.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from typing import Any

from tests.servers.loopback import Loopback, Reply, Request

KEY = "s3cret"
BASIC = "Basic " + base64.b64encode(b"bot@acme.example:s3cret").decode()


class _Api:
    """``tickets`` are what it keeps, in order; ``comments`` by number."""

    def __init__(self, server: Loopback, header: str, value: str) -> None:
        self.server = server
        self.tickets: list[dict[str, Any]] = []
        self.comments: dict[int, list[Any]] = {}
        self._header, self._value = header, value

    def on(self, method: str, path: str, answer: Callable[[Request], Reply]) -> None:
        def guarded(request: Request) -> Reply:
            if request.headers.get(self._header) != self._value:
                return Reply.json({"message": "Bad credentials"}, status=401)
            return answer(request)

        self.server.on(method, path, guarded)

    def opened(self, ticket: dict[str, Any]) -> int:
        """Keep a new one; its number."""
        self.tickets.append(ticket)
        self.comments[len(self.tickets)] = []
        return len(self.tickets)

    def close_by_hand(self, number: int) -> None:
        """What a person does there."""
        raise NotImplementedError

    def is_closed(self, number: int) -> bool:
        raise NotImplementedError


class Jira(_Api):
    """``version`` 3 is the Cloud's, which wants rich text; 2 a Data Center's."""

    def __init__(self, server: Loopback, version: int = 3) -> None:
        super().__init__(server, "authorization", BASIC if version == 3 else f"Bearer {KEY}")
        self.version = version
        self.transitions: list[dict[str, Any]] = [
            {"id": "11", "name": "Start", "to": {"name": "In Progress", "statusCategory": {"key": "indeterminate"}}},
            {"id": "31", "name": "Finish", "to": {"name": "Done", "statusCategory": {"key": "done"}}},
        ]
        root = f"/rest/api/{version}"
        self.on("GET", f"{root}/search/jql" if version == 3 else f"{root}/search", self._search)
        self.on("POST", f"{root}/issue", self._create)
        self._root = root

    def _search(self, request: Request) -> Reply:
        found = re.search(r'project = "(\w+)" AND labels = "([\w-]+)"', request.query["jql"])
        assert found is not None
        hits = [t for t in self.tickets if found[2] in t["fields"]["labels"]]
        return Reply.json({"issues": hits})

    def _create(self, request: Request) -> Reply:
        fields = request.json()["fields"]
        rich = isinstance(fields["description"], dict)
        if rich is not (self.version == 3) or not fields["summary"] or not fields["project"]["key"]:
            return Reply.json({"errorMessages": [], "errors": {"description": "Operation value must be another"}}, 400)
        issue: dict[str, Any] = {"fields": {**fields, "status": {"statusCategory": {"key": "new"}}}}
        number = self.opened(issue)
        issue["key"] = f"OPS-{number}"
        path = f"{self._root}/issue/OPS-{number}"
        self.on("GET", path, lambda _: Reply.json(issue))
        self.on("GET", f"{path}/comment", lambda _: Reply.json({"comments": self.comments[number]}))
        self.on("POST", f"{path}/comment", lambda r: self._comment(number, r))
        self.on("GET", f"{path}/transitions", lambda _: Reply.json({"transitions": self.transitions}))
        self.on("POST", f"{path}/transitions", lambda r: self._move(number, r))
        return Reply.json({"id": str(10_000 + number), "key": issue["key"], "self": "x"}, 201)

    def _comment(self, number: int, request: Request) -> Reply:
        self.comments[number].append({"body": request.json()["body"]})
        return Reply.json({"id": "1"}, 201)

    def _move(self, number: int, request: Request) -> Reply:
        to = next(t["to"] for t in self.transitions if t["id"] == request.json()["transition"]["id"])
        self.tickets[number - 1]["fields"]["status"] = to
        return Reply(204)

    def close_by_hand(self, number: int) -> None:
        self.tickets[number - 1]["fields"]["status"] = {"statusCategory": {"key": "done"}}

    def is_closed(self, number: int) -> bool:
        return bool(self.tickets[number - 1]["fields"]["status"]["statusCategory"]["key"] == "done")


class GitHub(_Api):
    """Issues of ``acme/bot``; lists are in pages."""

    def __init__(self, server: Loopback) -> None:
        super().__init__(server, "authorization", f"Bearer {KEY}")
        self._issues = "/repos/acme/bot/issues"
        self.on("GET", self._issues, self._list)
        self.on("POST", self._issues, self._create)

    def _list(self, request: Request) -> Reply:
        each, page = int(request.query["per_page"]), int(request.query["page"])
        hits = [t for t in self.tickets if {"name": request.query["labels"]} in t["labels"]]
        if request.query["state"] != "all":
            hits = [t for t in hits if t["state"] == "open"]
        return Reply.json(hits[::-1][(page - 1) * each : page * each])

    def _create(self, request: Request) -> Reply:
        given = request.json()
        if not given.get("title"):
            return Reply.json({"message": "Validation Failed", "errors": [{"field": "title"}]}, 422)
        issue = {**given, "labels": [{"name": name} for name in given["labels"]], "state": "open"}
        issue["number"] = number = self.opened(issue)
        issue["html_url"] = f"https://github.example/acme/bot/issues/{number}"
        path = f"{self._issues}/{number}"
        self.on("PATCH", path, lambda r: self._edit(number, r))
        self.on("GET", f"{path}/comments", lambda _: Reply.json(self.comments[number]))
        self.on("POST", f"{path}/comments", lambda r: self._comment(number, r))
        return Reply.json(issue, 201)

    def _comment(self, number: int, request: Request) -> Reply:
        self.comments[number].append(request.json())
        return Reply.json({"id": 1}, 201)

    def _edit(self, number: int, request: Request) -> Reply:
        self.tickets[number - 1] |= request.json()
        return Reply.json(self.tickets[number - 1])

    def close_by_hand(self, number: int) -> None:
        self.tickets[number - 1]["state"] = "closed"

    def is_closed(self, number: int) -> bool:
        return bool(self.tickets[number - 1]["state"] == "closed")


class GitLab(_Api):
    """Issues of the project ``acme/bot``."""

    def __init__(self, server: Loopback) -> None:
        super().__init__(server, "private-token", KEY)
        self._issues = "/api/v4/projects/acme%2Fbot/issues"
        self.on("GET", self._issues, self._list)
        self.on("POST", self._issues, self._create)

    def _list(self, request: Request) -> Reply:
        return Reply.json([t for t in self.tickets if request.query["labels"] in t["labels"]])

    def _create(self, request: Request) -> Reply:
        given = request.json()
        issue = {**given, "labels": given["labels"].split(","), "state": "opened"}
        issue["iid"] = number = self.opened(issue)
        issue["web_url"] = f"https://gitlab.example/acme/bot/-/issues/{number}"
        path = f"{self._issues}/{number}"
        self.on("PUT", path, lambda r: self._edit(number, r))
        self.on("GET", f"{path}/notes", lambda _: Reply.json(self.comments[number]))
        self.on("POST", f"{path}/notes", lambda r: self._comment(number, r))
        return Reply.json(issue, 201)

    def _comment(self, number: int, request: Request) -> Reply:
        self.comments[number].append(request.json())
        return Reply.json({"id": 1}, 201)

    def _edit(self, number: int, request: Request) -> Reply:
        if request.json().get("state_event") == "close":
            self.close_by_hand(number)
        return Reply.json(self.tickets[number - 1])

    def close_by_hand(self, number: int) -> None:
        self.tickets[number - 1]["state"] = "closed"

    def is_closed(self, number: int) -> bool:
        return bool(self.tickets[number - 1]["state"] == "closed")


class ServiceNow(_Api):
    """A table. A query that it does not understand lists everything, as the real one does."""

    def __init__(self, server: Loopback, table: str = "incident") -> None:
        super().__init__(server, "authorization", BASIC)
        self.table = f"/api/now/table/{table}"
        self.understands = True
        self.stubborn = False
        """A rule of the instance keeps records open."""
        self.on("GET", self.table, self._list)
        self.on("POST", self.table, self._create)

    def _list(self, request: Request) -> Reply:
        word = re.match(r"correlation_id=([\w-]+)\^OR", request.query["sysparm_query"])
        hits = self.tickets
        if self.understands and word is not None:
            hits = [t for t in hits if word[1] in (t["correlation_id"], t["correlation_display"])]
        return Reply.json({"result": hits})

    def _create(self, request: Request) -> Reply:
        record = {**request.json(), "state": "1", "sys_id": f"{len(self.tickets) + 1:032x}"}
        number = self.opened(record)
        record["number"] = f"INC{number:07d}"
        path = f"{self.table}/{record['sys_id']}"
        self.on("GET", path, lambda _: Reply.json({"result": {"work_notes": "\n".join(self.comments[number])}}))
        self.on("PATCH", path, lambda r: self._edit(number, r))
        return Reply.json({"result": record}, 201)

    def _edit(self, number: int, request: Request) -> Reply:
        given = request.json()
        if "work_notes" in given:
            self.comments[number].append(given.pop("work_notes"))
        if self.stubborn:
            given.pop("state", None)
        self.tickets[number - 1] |= given
        return Reply.json({"result": self.tickets[number - 1]})

    def close_by_hand(self, number: int) -> None:
        self.tickets[number - 1]["state"] = "4" if self.table.endswith("change_request") else "7"

    def is_closed(self, number: int) -> bool:
        return self.tickets[number - 1]["state"] in ("3", "4", "6", "7")
