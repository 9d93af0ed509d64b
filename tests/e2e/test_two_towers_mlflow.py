"""Two operators with a key each, two terminals, one PostgreSQL, a real registry: each sees what the other does, one executes."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.e2e.terminal import Terminal
from tests.fakes.agents import agent, holding
from tests.fakes.databases import postgres
from tests.fakes.sshkeys import pair
from tests.servers.mlflow_server import MARKS, MlflowServer, mlflow_server_fixture

__all__ = ["mlflow_server_fixture"]

pytestmark = MARKS

SEEN_S = 2.0
"""What the other tower does is on the screen within this time."""
SLACK_S = 20.0
"""For a loaded machine: the numbers are printed."""
CTRL_Y = "\x19"
CONFIG = """\
name: two-towers
database: "{database}"
estate:
  assets:
    - {{id: my-bot, asset_type: service, owner_team: ml-team, tier: customer-facing}}
sources:
  - {{id: registry, kind: mlflow, every: 10m, url: "{url}", models: [{model}], assets: {{{model}: my-bot}}}}
playbooks:
  - id: move-alias
    environments: [production]
    on_failure: undo
    steps:
      - {{kind: mlflow_alias, timeout: 10s, url: "{url}", model: "{model}", alias: champion}}
approvals: {{production: 2}}
operators:
  - {{name: ana, key: "{ana}"}}
  - {{name: ben, key: "{ben}"}}
"""


class TwoTowers:
    """A model that serves 1.0.1 after 1.0.0, its configuration, and a tower for each of two operators."""

    def __init__(self, server: MlflowServer, folder: Path, database: str, shell: Shell) -> None:
        self.server, self.folder, self.shell = server, folder, shell
        self.model = f"bot-{uuid.uuid4().hex[:8]}"
        folder.mkdir()
        server.model(self.model)
        self.numbers = {v: server.version(self.model, {"semver": v}) for v in ("1.0.0", "1.0.1")}
        keys = {name: pair(name=name).public.line for name in ("ana", "ben")}
        text = CONFIG.format(database=database, url=server.url, model=self.model, **keys)
        (folder / "pulse.yaml").write_text(text, encoding="utf-8")
        for version in ("1.0.0", "1.0.1"):
            server.alias(self.model, "champion", self.numbers[version])
            shell("refresh")

    @contextmanager
    def tower(self, by: str, columns: int, lines: int) -> Iterator[Terminal]:
        """With an agent that holds the operator's key."""
        environment = {"PULSE_OPERATOR": by, "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
        with (
            agent(holding([pair(name=by)])) as socket,
            Terminal(
                ["--config", self.folder],
                columns=columns,
                lines=lines,
                environment={**environment, "SSH_AUTH_SOCK": socket},
            ) as terminal,
        ):
            yield terminal

    @property
    def champion(self) -> str:
        """The version that the registry's alias points at."""
        answer = self.server.call("GET", "/registered-models/alias", name=self.model, alias="champion")
        number = str(answer["model_version"]["version"])
        return next(v for v, n in self.numbers.items() if n == number)


@pytest.fixture
def database() -> Iterator[str]:
    server = postgres()
    name = server.create()
    yield server.named(name).replace("postgresql://", "postgresql+psycopg://")
    server.drop(name)


def seconds_until(terminal: Terminal, *words: str) -> float:
    """How long until the screen shows them."""
    began = time.monotonic()
    terminal.wait_for(*words)
    return time.monotonic() - began


def approve(terminal: Terminal) -> None:
    """By keyboard, as the dialog wants it."""
    terminal.wait_for("[a] approve")
    terminal.type("a")
    terminal.wait_for("Type my-bot", "Cancel")
    terminal.read(0.4)  # keys typed before the dialog was seen are dropped
    terminal.type("my-bot")
    terminal.read(0.2)
    terminal.type(CTRL_Y)


def test_a_plan_is_approved_from_two_towers_one_executes_and_each_sees_the_other_within_two_seconds(
    mlflow_server: MlflowServer,
    tmp_path: Path,
    database: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shell = Shell(capsys, monkeypatch, tmp_path / "estate")
    estate = TwoTowers(mlflow_server, shell.config, database, shell)
    took: dict[str, float] = {}
    with estate.tower("ana", 80, 24) as ana, estate.tower("ben", 120, 36) as ben:
        for tower in (ana, ben):
            tower.wait_for("my-bot", "1.0.1")
        ana.type("1")
        ana.read(0.3)
        ana.type("p")
        ana.wait_for("Rollback plan", "1.0.1 → 1.0.0", "proposed")
        took["a plan"] = seconds_until(ben, "⧗ 1 waiting")
        ben.type("P")
        ben.wait_for("1.0.1 → 1.0.0", "waits for 2 of: ana, ben")
        ben.type("\r")
        ben.wait_for("0 of 2 given", "[a] approve")

        approve(ana)
        ana.wait_for("1 of 2 given")
        took["an approval"] = seconds_until(ben, "1 of 2 given", "ana approved", "(signed)")
        assert estate.champion == "1.0.1", "one approval moves nothing"

        approve(ben)
        ben.wait_for("verified")
        took["a verified run"] = seconds_until(ana, "verified at", "from the first intent")
        assert estate.champion == "1.0.0"

        # The undo is approved without being run, and both start it at once.
        ana.read(0.5)
        ana.type("u")
        ana.wait_for("Undo plan", "1.0.0 → 1.0.1", "proposed")
        approve(ana)
        ana.wait_for("1 of 2 given")
        plans = shell("rollback", "list").out.splitlines()
        undo = next(line.split()[0] for line in plans if "1.0.0 -> 1.0.1" in line)
        with agent(holding([pair(name="ben")])) as socket:
            monkeypatch.setenv("SSH_AUTH_SOCK", socket)
            assert "rollback run" in shell("rollback", "approve", undo, "--why", "it was not that", by="ben").out
        took["an approval in a shell"] = seconds_until(ana, "[X]")
        ben.type("\x1b")
        ben.wait_for("Rollback plans", "1.0.0 → 1.0.1", "approved")
        ben.read(0.6)  # keys typed before the page was left are dropped
        ben.type("g")
        ben.read(0.2)
        ben.type("\r")
        ben.wait_for("Undo plan", "[X]")
        ana.type("X")
        ben.type("X")
        for tower in (ana, ben):
            tower.wait_for("verified at", "from the first intent")
        assert estate.champion == "1.0.1"
    assert shell("audit", "export").out.count('"run.started"') == 2, "one run of each plan"
    with capsys.disabled():
        print("seen in the other tower: " + ", ".join(f"{what} after {s:.2f} s" for what, s in took.items()))
    assert max(took.values()) <= SEEN_S + SLACK_S, took
