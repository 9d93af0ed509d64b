"""An estate in a temporary folder, and the commands run in this process."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from pulse_tui.cli.main import run
from pulse_tui.storage.store import SqlStore
from tests.fakes.small_estate import Target, write_estate
from tests.servers.loopback import Loopback


class Said(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Standard output as one JSON value, with nothing beside it."""
        return json.loads(self.out)


class Shell:
    """``shell("status", "--json")`` with the estate's configuration."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, config: Path) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch
        self.config = config

    def __call__(self, *arguments: str | Path, by: str = "ana") -> Said:
        """Run a command on the estate as an operator."""
        return self.bare(*arguments, "--config", self.config, by=by)

    def bare(self, *arguments: str | Path, by: str = "ana") -> Said:
        """Run a command without naming a configuration."""
        self._monkeypatch.setenv("PULSE_OPERATOR", by)
        self._capsys.readouterr()
        try:
            code = run([str(a) for a in arguments])
        except SystemExit as left:  # argparse leaves this way
            code = int(left.code or 0)
        said = self._capsys.readouterr()
        return Said(code, said.out, said.err)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's empty home, which is also the working directory."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("PULSE_CONFIG", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(home)
    return home


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as server:
        yield server


@pytest.fixture
def target(server: Loopback) -> Target:
    return Target(server)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the schema and nothing in it: making one takes longer than most tests here."""
    folder = tmp_path_factory.mktemp("empty")
    SqlStore("sqlite:///pulse.db", folder).close()
    return folder / "pulse.db"


@pytest.fixture
def shell(
    home: Path,
    server: Loopback,
    target: Target,
    empty_database: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Shell:
    config = write_estate(home / "estate", server.url)
    shutil.copyfile(empty_database, config / "pulse.db")
    return Shell(capsys, monkeypatch, config)
