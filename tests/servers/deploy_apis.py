"""Stand-ins on loopback for where deploys happen: GitHub's runs, rules and statuses, GitLab's freeze periods; neither is the provider."""

from __future__ import annotations

from typing import Any

from tests.servers.loopback import Loopback, Reply, Request

SHA = "a" * 40


class GitHubDeploys:
    """``acme/bot`` with one environment; ``waits`` are the runs that wait for it, ``answers`` what was posted."""

    def __init__(self, server: Loopback) -> None:
        self.server = server
        self.enabled = True
        self.waits: dict[int, dict[str, Any]] = {}
        self.answers: list[dict[str, Any]] = []
        self.statuses: list[dict[str, Any]] = []
        root = "/repos/acme/bot"
        server.on("GET", f"{root}/actions/runs", self._runs)
        server.on("GET", f"{root}/environments/prod/deployment_protection_rules", self._rules)
        server.on("POST", f"{root}/statuses/{SHA}", self._status)
        server.on("GET", f"{root}/commits/{SHA}/status", lambda _: Reply.json({"statuses": self.statuses[-1:]}))
        self._root = root

    def wait(self, number: int, **run: Any) -> None:
        """A deploy to prod begins to wait."""
        self.waits[number] = {"id": number, "head_sha": SHA, "head_branch": "v3.8.2", "display_title": "deploy", **run}
        path = f"{self._root}/actions/runs/{number}"
        self.server.on("GET", f"{path}/pending_deployments", lambda _: Reply.json(self._pending(number)))
        self.server.on("POST", f"{path}/deployment_protection_rule", lambda r: self._answer(number, r))

    def _pending(self, number: int) -> list[dict[str, Any]]:
        return [{"environment": {"id": 1, "name": "prod"}, "wait_timer": 0}] if number in self.waits else []

    def _runs(self, request: Request) -> Reply:
        assert request.query["status"] == "waiting"
        return Reply.json({"total_count": len(self.waits), "workflow_runs": list(self.waits.values())})

    def _answer(self, number: int, request: Request) -> Reply:
        given = request.json()
        if number not in self.waits:
            return Reply.json({"message": "Not Found"}, status=404)
        if not given.get("environment_name") or not given.get("comment"):
            return Reply.json({"message": "Invalid request"}, status=422)
        self.answers.append(given)
        if given.get("state"):
            del self.waits[number]
        return Reply(204)

    def _rules(self, _request: Request) -> Reply:
        rule = {"id": 3, "enabled": self.enabled, "app": {"id": 1, "slug": "pulse-gate", "integration_url": "x"}}
        return Reply.json({"total_count": 1, "custom_deployment_protection_rules": [rule]})

    def _status(self, request: Request) -> Reply:
        given = request.json()
        if given["state"] not in ("error", "failure", "pending", "success") or len(given["description"]) > 140:
            return Reply.json({"message": "Validation Failed"}, status=422)
        self.statuses.append(given)
        return Reply.json(given, 201)


class GitLabFreezes:
    """Freeze periods of the project ``acme/bot``."""

    def __init__(self, server: Loopback) -> None:
        self.server = server
        self.periods: dict[int, dict[str, Any]] = {}
        self.path = "/api/v4/projects/acme%2Fbot/freeze_periods"
        server.on("GET", self.path, lambda _: Reply.json(list(self.periods.values())))
        server.on("POST", self.path, self._create)

    def _create(self, request: Request) -> Reply:
        given = request.json()
        if len(given["freeze_start"].split()) != 5 or len(given["freeze_end"].split()) != 5:
            return Reply.json({"message": {"freeze_start": ["is invalid syntax"]}}, status=400)
        number = max(self.periods, default=0) + 1
        self.periods[number] = {"id": number, **given}
        self.server.on("DELETE", f"{self.path}/{number}", lambda _: self._delete(number))
        return Reply.json(self.periods[number], 201)

    def _delete(self, number: int) -> Reply:
        del self.periods[number]
        return Reply(204)
