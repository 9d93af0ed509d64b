"""A flag of a stand-in for Unleash, of which one variant is everybody's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.fakes.step_targets import Fault, Target
from tests.servers.loopback import Loopback
from tests.servers.unleash_api import TOKEN, UnleashApi, variant

FAULTS = {Fault.REFUSED: "403", Fault.LOST: "lost", Fault.LANDED: "landed", Fault.IGNORED: "ignored"}


class Flag(Target):
    """The flag ``bot`` with one strategy."""

    keyed = False

    def __init__(self, server: Loopback) -> None:
        super().__init__()
        self.secrets = {"UNLEASH": TOKEN}
        self.options: dict[str, Any] = {
            "url": server.url, "feature": "bot", "environment": "production", "token": "${UNLEASH}",
        }  # fmt: skip
        self.api = UnleashApi(server)
        self.api.strategy(self.api.flag("bot"), "model", *self._all(self.values[0]))

    def _all(self, value: str) -> list[dict[str, Any]]:
        names = [*self.values, *(f"{self.values[0]}-{n}" for n in range(4))]
        return [variant(name, *((1000, "variable") if name == value else (0, "fix"))) for name in names]

    def holds(self) -> str:
        return self._value(self.api.first("bot"))

    def put(self, value: str) -> None:
        self.api.reset("bot", *self._all(value))

    def effects(self) -> list[str]:
        return [self._value(strategy) for strategy in self.api.changed]

    def fault(self, fault: Fault) -> None:
        self.api.fault(FAULTS[fault])

    def vanish(self) -> None:
        self.api.server.close()

    def _value(self, strategy: dict[str, Any]) -> str:
        return ",".join(v["name"] for v in strategy["variants"] if v["weight"])


@contextmanager
def target(folder: Path) -> Iterator[Flag]:
    """A server that runs until the end of the block."""
    del folder
    with Loopback() as server:
        yield Flag(server)
