"""What the kinds behind the Kubernetes API have in common: one object of a stand-in for the API server."""

from __future__ import annotations

from typing import Any

from tests.fakes.step_targets import Fault, Target
from tests.servers.kubernetes_api import KubernetesApi
from tests.servers.loopback import Loopback

FAULTS = {Fault.REFUSED: "denied", Fault.LOST: "lost", Fault.LANDED: "landed", Fault.IGNORED: "ignored"}


class Object(Target):
    """One field of one object: ``way`` leads to it, ``prefix`` stands before the value."""

    keyed = False

    def __init__(
        self, server: Loopback, path: str, found: dict[str, Any], way: tuple[str | int, ...], prefix: str = ""
    ) -> None:
        super().__init__()
        self.secrets = {"KUBE": "s3cret-token"}
        self.options: dict[str, Any] = {"url": server.url, "namespace": "ai", "name": "bot", "token": "${KUBE}"}
        self.api = KubernetesApi(server, self.secrets["KUBE"])
        self.api.put(path, found)
        self._path, self._way, self._prefix = path, way, prefix

    def holds(self) -> str:
        return self._value(self.api.object(self._path))

    def put(self, value: str) -> None:
        self.api.touch(self._path, lambda found: self._set(found, value))

    def effects(self) -> list[str]:
        return [self._value(found) for found in self.api.patched]

    def fault(self, fault: Fault) -> None:
        self.api.fault(FAULTS[fault])

    def settle(self) -> None:
        self.api.follow(self._path, _ready)

    def vanish(self) -> None:
        self.api.server.close()

    def _set(self, found: Any, value: str) -> None:
        for part in self._way[:-1]:
            found = found[part]
        found[self._way[-1]] = self._prefix + value

    def _value(self, found: Any) -> str:
        for part in self._way:
            found = found[part]
        return str(found).removeprefix(self._prefix)


def _ready(found: dict[str, Any]) -> None:
    """The controllers of both kinds: seen, and healthy or ready with it."""
    generation = found["metadata"]["generation"]
    argo = "phase" in found["status"]
    found["status"] = (
        {"phase": "Healthy", "observedGeneration": str(generation)}
        if argo
        else {"observedGeneration": generation, "conditions": [{"type": "Ready", "status": "True"}]}
    )
