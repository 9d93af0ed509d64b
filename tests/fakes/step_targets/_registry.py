"""A real MLflow registry behind a server that lets its requests through, or does not."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from pulse_tui.domain.release import Release
from tests.fakes.step_targets import Fault, Target, release
from tests.servers.loopback import Loopback, Reply, Request
from tests.servers.mlflow_server import MlflowServer

_API = "/api/2.0/mlflow"


class Behind(Target):
    """A model with versions 1 and 2 in the registry; the kind sees it through ``front``. MLflow compares nothing."""

    values = ("2", "1")
    compares = False
    keyed = False

    def __init__(self, registry: MlflowServer, front: Loopback, reads: str, writes: Mapping[str, str]) -> None:
        """``reads`` is the path that is read, ``writes`` maps the methods that change it to their paths."""
        super().__init__()
        self._registry = registry
        self._front = front
        self.model = f"target-{uuid.uuid4().hex[:8]}"
        registry.model(self.model)
        for version in ("3.8.1", "3.8.2"):
            registry.version(self.model, {"semver": version})
        self.options: dict[str, Any] = {"url": front.url, "model": self.model}
        for path in (reads, "/model-versions/get"):
            front.on("GET", _API + path, self._forward)
        for method, path in writes.items():
            front.on(method, _API + path, self._change)

    def release(self, value: str) -> Release:
        return release(f"3.8.{value}", number=value)

    def vanish(self) -> None:
        self._front.close()

    def _forward(self, request: Request) -> Reply:
        body = {"json": request.json()} if request.body else {}
        answer = self._registry.client.request(
            request.method, request.path.removeprefix(_API), params=request.query, **body
        )
        return Reply(answer.status_code, answer.content)

    def _change(self, request: Request) -> Reply:
        fault = self.due()
        if fault is Fault.REFUSED:
            return Reply(403)
        if fault is Fault.LOST:
            return Reply(drop=True)
        if fault is Fault.IGNORED:
            return Reply.json({})
        reply = self._forward(request)
        if reply.status == 200:
            sent = request.json()
            self.took.append("" if request.method == "DELETE" else str(sent.get("value", sent.get("version"))))
        return Reply(drop=True) if fault is Fault.LANDED else reply
