"""An alias at the real registry."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.step_targets._registry import Behind
from tests.servers.loopback import Loopback
from tests.servers.mlflow_server import MlflowServer, shared

_PATH = "/registered-models/alias"


class Alias(Behind):
    """``champion``, at version 2."""

    def __init__(self, registry: MlflowServer, front: Loopback) -> None:
        super().__init__(registry, front, _PATH, {"POST": _PATH, "DELETE": _PATH})
        self.options["alias"] = "champion"
        self.put(self.values[0])

    def holds(self) -> str:
        found = self._registry.call("GET", _PATH, name=self.model, alias="champion")
        return str(found["model_version"]["version"])

    def put(self, value: str) -> None:
        self._registry.alias(self.model, "champion", value)


@contextmanager
def target(folder: Path) -> Iterator[Alias]:
    """An alias of a model of its own, in the registry of this process."""
    del folder
    with Loopback() as front:
        yield Alias(shared(), front)
