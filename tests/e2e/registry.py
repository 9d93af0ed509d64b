"""A tower over a real registry: its configuration, and how long a moved alias takes to the screen."""

from __future__ import annotations

import contextlib
import socket
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.terminal import Terminal
from tests.servers.mlflow_server import MlflowServer

SECRET = "not-so-s3cret"
_CONFIG = """\
name: moving
database: sqlite:///pulse.db
estate:
  assets:
    - {{id: my-bot, asset_type: service, owner_team: ml-team}}
sources:
  - {{id: registry, kind: mlflow, every: {every}, url: "{url}", models: [{model}], assets: {{{model}: my-bot}},
     webhook_secret: "${{PULSE_HOOK_SECRET}}"}}
{hooks}
"""


class Moving:
    """A model with an alias that moves, seen by a tower that polls it every ``every``."""

    def __init__(self, server: MlflowServer, folder: Path, every: str, port: int | None) -> None:
        self.server, self.port = server, port
        self.model = f"bot-{uuid.uuid4().hex[:8]}"
        self._numbers: dict[str, str] = {}
        server.model(self.model)
        self.move("1.0.1")
        hooks = f'hooks: {{listen: "127.0.0.1:{port}"}}' if port is not None else ""
        folder.mkdir()
        text = _CONFIG.format(url=server.url, every=every, model=self.model, hooks=hooks)
        (folder / "pulse.yaml").write_text(text, encoding="utf-8")
        self.folder = folder

    def make(self, version: str) -> None:
        """Have a version ready to be moved to."""
        self._numbers[version] = self.server.version(self.model, {"semver": version})

    def move(self, version: str) -> None:
        """Point the alias of production at a version."""
        if version not in self._numbers:
            self.make(version)
        self.server.alias(self.model, "champion", self._numbers[version])

    @contextlib.contextmanager
    def tower(self) -> Iterator[Terminal]:
        """The running tower, with the registry read once and the webhook in place."""
        environment = {"PULSE_HOOK_SECRET": SECRET}
        with Terminal(["--config", self.folder], columns=120, lines=36, environment=environment) as terminal:
            terminal.wait_for("my-bot", "1.0.1")
            if self.port is None:
                yield terminal
                return
            port = self.port
            terminal.wait_until(lambda: listens(port), "the receiver to listen")
            webhook = self.server.webhook(self.model, f"http://127.0.0.1:{port}/hooks/registry", SECRET)
            try:
                yield terminal
            finally:
                self.server.delete_webhook(webhook)

    def seconds_to_the_screen(self, terminal: Terminal, version: str, limit: float) -> float:
        """Move the alias; how long until the tower shows it."""
        began = time.monotonic()
        self.move(version)
        row = f"{version} of my-bot in the registry"
        terminal.wait_until(lambda: any("my-bot" in x and version in x for x in terminal.text.splitlines()), row, limit)
        return time.monotonic() - began


def listens(port: int) -> bool:
    """Whether somebody takes connections on a port of this host."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def quiet_for(terminal: Terminal, seconds: float) -> int:
    """How many bytes the terminal got in that time."""
    terminal.read(0.2)
    before = len(terminal.raw)
    terminal.read(seconds)
    return len(terminal.raw) - before
