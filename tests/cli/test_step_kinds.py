"""A playbook of a repository, a flag and a program, from the shell: moved together, put back together, or not begun."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Shell
from tests.fakes.step_targets.git_commit import VALUES, Bare

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="the git program is not installed")
STEPS = """\
      - {{kind: git_commit, repository: ../deploy.git, path: "{{asset}}/values.yaml", field: image.tag}}
      - {{kind: flagd_file, path: flags.json, flag: "{{asset}}"}}
      - kind: command
        argv: [{folder}/set, "{{value}}", "{{environment}}"]
        probe: [{folder}/get]
        refusals: [3]
        sha256: {{{folder}/set: {set}, {folder}/get: {get}}}
"""


class Places:
    """What holds the version of my-bot's canary, and the estate's playbook that moves all three."""

    def __init__(self, shell: Shell, folder: Path) -> None:
        self.folder = folder
        self.bare = Bare(shell.config.parent / "deploy.git", {"my-bot/values.yaml": VALUES.format(value="1.1.0")})
        self.flags = shell.config / "flags.json"
        flag = {"state": "ENABLED", "variants": {"1.1.0": 1, "1.0.1": 2}, "defaultVariant": "1.1.0"}
        self.flags.write_text(json.dumps({"flags": {"my-bot": flag}}))
        (folder / "state").write_text("1.1.0\n")
        self.program("set", f'[ -e "{folder}/closed" ] && exit 3; echo "$1" > "{folder}/state"')
        self.program("get", f'cat "{folder}/state"')
        digests = {n: hashlib.sha256((folder / n).read_bytes()).hexdigest() for n in ("set", "get")}
        file = shell.config / "pulse.yaml"
        before, rest = file.read_text().split("      - kind: webhook\n")
        after = rest[rest.index("approvals:") :]
        file.write_text(before + STEPS.format(folder=folder, **digests) + after)

    def program(self, name: str, text: str) -> None:
        (self.folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (self.folder / name).chmod(0o755)

    @property
    def hold(self) -> list[str]:
        tag = self.bare.show("my-bot/values.yaml").partition('tag: "')[2].partition('"')[0]
        flag = json.loads(self.flags.read_text())["flags"]["my-bot"]["defaultVariant"]
        return [tag, flag, (self.folder / "state").read_text().strip()]


@pytest.fixture
def places(shell: Shell, tmp_path: Path) -> Places:
    (folder := tmp_path / "bin").mkdir()
    return Places(shell, folder)


def approved(shell: Shell) -> str:
    said = shell("rollback", "plan", "my-bot", "--env", "canary", "--json")
    assert said.code == 0, said
    plan = str(said.json()["hash"])
    assert shell("rollback", "approve", plan, "--why", "p95").code == 0
    return plan


def test_all_three_are_moved_read_back_and_undone(shell: Shell, places: Places) -> None:
    plan = approved(shell)
    done = shell("rollback", "run", plan)
    assert done.code == 0, done
    assert places.hold == ["1.0.1", "1.0.1", "1.0.1"]
    (commit,) = places.bare.steps()
    key = places.bare.line("log", "-1", "--format=%(trailers:key=Pulse-Step,valueonly)", commit)
    assert key.endswith("-0")
    assert key.removesuffix("-0") in done.out


def test_a_program_that_refuses_puts_the_repository_and_the_flag_back(shell: Shell, places: Places) -> None:
    plan = approved(shell)
    (places.folder / "closed").touch()
    said = shell("rollback", "run", plan)
    assert said.code == 1
    assert "ended with 3" in said.out + said.err
    assert places.hold == ["1.1.0", "1.1.0", "1.1.0"]
    assert len(places.bare.steps()) == 2


def test_a_program_that_was_exchanged_after_the_approval_begins_no_run(shell: Shell, places: Places) -> None:
    plan = approved(shell)
    places.program("set", "echo evil")
    said = shell("rollback", "run", plan)
    assert said.code == 1
    assert "has sha256:" in said.out + said.err
    assert places.hold == ["1.1.0", "1.1.0", "1.1.0"]
    assert places.bare.steps() == []
