"""A stand-in for the GitHub API on loopback: dispatches, runs, variables, deployments, files; it is no GitHub.

A dispatch makes a run named by its key, as a workflow does whose ``run-name`` has it, which sets the variable ``VERSION`` of
the repository when it ends: after so many listings as ``slow`` says. What goes wrong with the next dispatch is scripted by
:meth:`GithubApi.fault`.
"""

from __future__ import annotations

import threading
from typing import Any

from tests.servers.loopback import Loopback, Reply, Request

REPOSITORY = "/repos/acme/bot"
WORKFLOW = f"{REPOSITORY}/actions/workflows/roll.yml"


class GithubApi:
    """One repository behind a :class:`Loopback`; ``took`` is what runs set, in order."""

    def __init__(self, server: Loopback, version: str, token: str = "", *, slow: int = 0) -> None:
        self.server = server
        self.version = version
        self.took: list[str] = []
        self.runs: list[dict[str, Any]] = []
        self.deployments: list[dict[str, Any]] = []
        self.conclusion = "success"
        self.slow = slow
        self._token = token
        self._left: dict[int, int] = {}
        self._faults: list[str] = []
        self._lock = threading.RLock()
        self._on("GET", f"{REPOSITORY}/actions/variables/VERSION", lambda _: Reply.json({"value": self.version}))
        self._on("GET", f"{REPOSITORY}/environments/prod/variables/VERSION", lambda _: Reply.json({"value": "of prod"}))
        self._on("GET", f"{REPOSITORY}/contents/deploy/version", lambda _: Reply(body=f"{self.version}\n".encode()))
        self._on("GET", f"{REPOSITORY}/git/ref/tags/v3.8.1", lambda _: Reply.json({"ref": "refs/tags/v3.8.1"}))
        self._on("GET", WORKFLOW, lambda _: Reply.json({"state": "active"}))
        self._on("GET", f"{WORKFLOW}/runs", self._listed)
        self._on("GET", f"{REPOSITORY}/actions/runs", self._listed)
        self._on("POST", f"{WORKFLOW}/dispatches", self._dispatch)
        self._on("POST", f"{REPOSITORY}/dispatches", self._dispatch)
        self._on("GET", f"{REPOSITORY}/deployments", lambda _: Reply.json(self.deployments[::-1]))

    def _on(self, method: str, path: str, answer: Any) -> None:
        def guarded(request: Request) -> Reply:
            if self._token and request.headers.get("authorization") != f"Bearer {self._token}":
                return Reply.json({"message": "Not Found"}, status=404)  # as for what is private
            with self._lock:
                return answer(request)  # type: ignore[no-any-return]

        self.server.on(method, path, guarded)

    def fault(self, *what: str) -> None:
        """What the next dispatches meet: ``ignored``, ``lost``, ``landed``, or a status code."""
        self._faults += what

    def deployed(self, ref: str, state: str) -> None:
        """A deployment, the newest so far."""
        number = len(self.deployments) + 1
        self.deployments.append({"id": number, "ref": ref})
        path = f"{REPOSITORY}/deployments/{number}/statuses"
        self._on("GET", path, lambda _: Reply.json([{"state": state}] if state else []))

    def running(self, title: str) -> dict[str, Any]:
        """Somebody else's run, under way."""
        run = {"id": 900 + len(self.runs), "display_title": title, "status": "in_progress", "conclusion": None}
        self.runs.append(run)
        return run

    def _dispatch(self, request: Request) -> Reply:
        what = self._faults.pop(0) if self._faults else ""
        if what.isdigit():
            return Reply.json({"message": "No ref found for: main"}, status=int(what))
        if what not in ("lost", "ignored"):
            body = request.json()
            inputs = body.get("inputs") or body["client_payload"]
            run = {"id": len(self.runs) + 1, "display_title": f"roll {inputs['key']}", "inputs": inputs}
            self.runs.append({**run, "status": "queued", "conclusion": None})
            self._left[run["id"]] = self.slow
            self._work()
        return Reply(drop=True) if what in ("lost", "landed") else Reply(204)

    def _listed(self, request: Request) -> Reply:
        del request
        answer = Reply.json({"workflow_runs": [{k: v for k, v in r.items() if k != "inputs"} for r in self.runs[::-1]]})
        self._left = {number: left - 1 for number, left in self._left.items()}
        self._work()
        return answer

    def _work(self) -> None:
        for run in self.runs:
            if run["status"] != "completed" and self._left.get(run["id"], 1) <= 0:
                run["status"], run["conclusion"] = "completed", self.conclusion
                if self.conclusion == "success":
                    self.version = run["inputs"]["version"]
                    self.took.append(self.version)
