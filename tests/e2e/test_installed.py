"""The wheel in an environment of its own, made by the steps of the shipped container file, and what runs from there."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulse_tui import __version__
from tests.cli.processes import STARTED, until
from tests.fakes.examples import Image, build_wheel, steps
from tests.fakes.small_estate import write_estate
from tests.servers.loopback import Loopback
from tests.servers.ports import free_port

pytestmark = [
    pytest.mark.xdist_group("wheel"),
    pytest.mark.skipif(
        importlib.util.find_spec("hatchling") is None, reason="hatchling, which builds the wheel, is not here"
    ),
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def image(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    made = Image(tmp_path_factory.mktemp("image"), wheel)
    yield made
    shutil.rmtree(made.root, ignore_errors=True)


def test_the_container_runs_as_nobody_special_and_writes_only_to_its_volume() -> None:
    every = list(steps())
    (user,) = [s.rest for s in every if s.word == "USER"]
    assert user == "10001:10001"
    assert every.index(next(s for s in every if s.word == "USER")) > max(
        n for n, s in enumerate(every) if s.word in ("RUN", "COPY")
    )
    assert [s.rest for s in every if s.word == "VOLUME"] == ["/var/lib/pulse-tui"]


def test_it_runs_from_there_and_not_from_this_tree(image: Image) -> None:
    said = image.run("--version")
    assert (said.returncode, said.stdout) == (0, f"pulse-tui {__version__}\n")
    python = str(image.root / "opt/pulse-tui/bin/python")
    where = [python, "-c", "import pulse_tui; print(pulse_tui.__file__)"]
    found = subprocess.run(where, env=image.environment, cwd=image.root, capture_output=True, text=True, check=True)
    assert found.stdout.startswith(str(image.root))


def test_the_documentation_completion_and_examples_are_in_the_wheel(image: Image) -> None:
    assert "#compdef" in image.run("completion", "zsh").stdout
    assert image.run("help", "--man").stdout.startswith(".TH PULSE-TUI 1")
    assert "ProtectSystem=strict" in image.run("help", "service").stdout


@pytest.mark.slow
def test_the_night_of_the_demo_plays_from_there(image: Image) -> None:
    said = image.run("demo", "--headless", "--json")
    assert said.returncode == 0, said.stderr


def test_the_container_answers_its_health_check_keeps_its_state_and_stops(image: Image) -> None:
    port = free_port()
    with Loopback() as server:
        config = image.root / "etc/pulse-tui"
        write_estate(config, server.url)
        text = (config / "pulse.yaml").read_text().replace("database: sqlite:///pulse.db\n", "")
        (config / "pulse.yaml").write_text(text + f"service: {{listen: '0.0.0.0:{port}'}}\n")
        before = everything(image.root)
        agent = image.start()
        STARTED.append(agent)
        check = [word.replace("9464", str(port)) for word in image.health]
        check[0] = str(image.root / "opt/pulse-tui/bin" / check[0])

        def healthy() -> bool:
            return subprocess.run(check, env=image.environment, capture_output=True, check=False).returncode == 0

        until(healthy, "the health check", 30)
        agent.send_signal(signal.SIGTERM)
        out, _ = agent.communicate(timeout=60)
        assert not healthy()
    assert agent.returncode == 0
    assert [json.loads(line)["event"] for line in out.splitlines()][-1] == "stopping"
    fresh = everything(image.root) - before
    assert Path("var/lib/pulse-tui/pulse.db") in fresh
    assert {path.parts[:3] for path in fresh} == {("var", "lib", "pulse-tui")}


def everything(root: Path) -> set[Path]:
    return {path.relative_to(root) for path in root.rglob("*") if path.is_file()}


@pytest.mark.slow
@pytest.mark.skipif(shutil.which("uv") is None and shutil.which("pipx") is None, reason="neither uv nor pipx is here")
def test_it_installs_as_a_tool_with_what_the_index_has(wheel: Path, tmp_path: Path) -> None:
    """Needs a package index."""
    environment = {**os.environ, "UV_TOOL_DIR": str(tmp_path / "t"), "UV_TOOL_BIN_DIR": str(tmp_path / "b")}
    environment |= {"PIPX_HOME": str(tmp_path / "t"), "PIPX_BIN_DIR": str(tmp_path / "b")}
    environment.pop("PYTHONPATH", None)
    tool = ["uv", "tool", "install", "--python", sys.executable] if shutil.which("uv") else ["pipx", "install"]
    subprocess.run([*tool, str(wheel)], env=environment, check=True, capture_output=True, timeout=600)
    said = subprocess.run(
        [tmp_path / "b" / "pulse-tui", "--version"], env=environment, capture_output=True, text=True, check=True
    )
    assert said.stdout == f"pulse-tui {__version__}\n"
