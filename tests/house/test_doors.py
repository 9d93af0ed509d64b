"""What touches the world stands in one file each: nobody else starts a program."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import pulse_tui

ROOT = Path(pulse_tui.__file__).parent
DOOR = ROOT / "running.py"
STARTERS = frozenset({"create_subprocess_exec", "create_subprocess_shell", "subprocess_exec", "subprocess_shell"})
OF_OS = ("exec", "spawn", "posix_spawn", "fork", "popen", "system")


def starts(source: str) -> Iterator[str]:
    """Each way by which a program could be started in the source."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (n.name for n in names if n.name.split(".")[0] in ("subprocess", "multiprocessing", "pty"))
            case ast.ImportFrom(module=str(module), names=names):
                if module.split(".")[0] in ("subprocess", "multiprocessing", "pty"):
                    yield module
                yield from (n.name for n in names if n.name in STARTERS)
                yield from (n.name for n in names if module == "os" and n.name.startswith(OF_OS))
            case ast.Attribute(attr=attr) if attr in STARTERS:
                yield attr
            case ast.Attribute(value=ast.Name(id="os"), attr=attr) if attr.startswith(OF_OS):
                yield f"os.{attr}"


def test_only_one_file_starts_programs() -> None:
    found = {path.relative_to(ROOT).as_posix(): list(starts(path.read_text())) for path in ROOT.rglob("*.py")}
    assert {name: how for name, how in found.items() if how} == {DOOR.name: list(starts(DOOR.read_text()))}
    assert {"subprocess", "create_subprocess_exec"} <= set(found[DOOR.name])


@pytest.mark.parametrize(
    "line",
    [
        "import subprocess",
        "from subprocess import run",
        "def f():\n    import subprocess as s",
        "import asyncio\nasyncio.create_subprocess_exec('x')",
        "from asyncio import create_subprocess_shell",
        "loop.subprocess_exec(x)",
        "import os\nos.execv('x', [])",
        "from os import system",
        "import multiprocessing",
    ],
)
def test_no_way_around_the_door_is_overlooked(line: str) -> None:
    assert list(starts(line))
