"""A repository of a stand-in for GitHub, whose workflow sets a variable to the value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.fakes.step_targets import Fault, Target
from tests.servers.github_api import GithubApi
from tests.servers.loopback import Loopback

FAULTS = {Fault.REFUSED: "422", Fault.LOST: "lost", Fault.LANDED: "landed", Fault.IGNORED: "ignored"}


class Repository(Target):
    """The repository ``acme/bot`` and its workflow ``roll.yml``, which has the key in its run-name."""

    compares = False

    def __init__(self, server: Loopback) -> None:
        super().__init__()
        self.secrets = {"GITHUB": "s3cret-token"}
        self.options: dict[str, Any] = {
            "url": server.url, "repository": "acme/bot", "workflow": "roll.yml", "variable": "VERSION", "token": "${GITHUB}",
        }  # fmt: skip
        self.api = GithubApi(server, self.values[0], self.secrets["GITHUB"])

    def holds(self) -> str:
        return self.api.version

    def put(self, value: str) -> None:
        self.api.version = value

    def effects(self) -> list[str]:
        return list(self.api.took)

    def fault(self, fault: Fault) -> None:
        self.api.fault(FAULTS[fault])

    def vanish(self) -> None:
        self.api.server.close()


@contextmanager
def target(folder: Path) -> Iterator[Repository]:
    """A service that runs until the end of the block."""
    del folder
    with Loopback() as server:
        yield Repository(server)
