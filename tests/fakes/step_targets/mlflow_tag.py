"""A model's tag at the real registry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.step_targets._registry import Behind
from tests.servers.loopback import Loopback
from tests.servers.mlflow_server import MlflowServer, shared


class Tag(Behind):
    """``serving``, which is 2."""

    def __init__(self, registry: MlflowServer, front: Loopback) -> None:
        writes = {"POST": "/registered-models/set-tag", "DELETE": "/registered-models/delete-tag"}
        super().__init__(registry, front, "/registered-models/get", writes)
        self.options["tag"] = "serving"
        self.put(self.values[0])

    def holds(self) -> str:
        found = self._registry.call("GET", "/registered-models/get", name=self.model)["registered_model"]
        return {tag["key"]: str(tag["value"]) for tag in found.get("tags", ())}.get("serving", "")

    def put(self, value: str) -> None:
        self._registry.call("POST", "/registered-models/set-tag", name=self.model, key="serving", value=value)


@contextmanager
def target(folder: Path) -> Iterator[Tag]:
    """A tag of a model of its own, in the registry of this process."""
    del folder
    with Loopback() as front:
        yield Tag(shared(), front)
