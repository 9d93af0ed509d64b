"""Completion in the shells themselves, and the manual page in the programs that read it."""

from __future__ import annotations

import os
import pty
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pulse_tui.cli.completion import bash, fish, zsh
from pulse_tui.cli.main import COMMANDS
from pulse_tui.cli.manual import manual
from pulse_tui.cli.parsed import commands
from tests.cli.conftest import Shell

CASES = [
    ("ga", {"gate"}),
    ("gate --e", {"--env"}),
    ("gate --env ca", {"canary"}),
    ("rollback pl", {"plan"}),
    ("completion ", {"bash", "zsh", "fish"}),
    ("agent --log-format j", {"json"}),
    ("help sourc", {"sources"}),
]
SCRIPTS = {"bash": bash, "zsh": zsh, "fish": fish}


def needs(name: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed here")


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completion")
    for name, make in SCRIPTS.items():
        (folder / name).write_text(make())
    return folder


def offered_by_bash(script: Path, line: str, folder: Path) -> set[str]:
    words = ["pulse-tui", *line.split(" ")]
    program = (
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _pulse_tui; '
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    command = ["bash", "--norc", "-uc", program, "bash", str(script), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, cwd=folder, check=True)
    assert done.stderr == ""
    return set(done.stdout.split("\n")) - {""}


@needs("bash")
@pytest.mark.parametrize(("line", "wanted"), CASES)
def test_bash_offers_what_begins_so(scripts: Path, tmp_path: Path, line: str, wanted: set[str]) -> None:
    assert offered_by_bash(scripts / "bash", line, tmp_path) >= wanted


@needs("bash")
def test_bash_offers_files_with_their_spaces_and_an_option_before_the_command_hides_nothing(
    scripts: Path, tmp_path: Path
) -> None:
    (tmp_path / "my bill.json").touch()
    assert offered_by_bash(scripts / "bash", "match my", tmp_path) == {"my bill.json"}
    assert offered_by_bash(scripts / "bash", "--config x rollback pl", tmp_path) == {"plan"}
    assert offered_by_bash(scripts / "bash", "gate --env = ca", tmp_path) == {"canary"}


@needs("fish")
@pytest.mark.parametrize(("line", "wanted"), CASES)
def test_fish_offers_what_begins_so(scripts: Path, tmp_path: Path, line: str, wanted: set[str]) -> None:
    program = f"source {scripts / 'fish'}; complete -C 'pulse-tui {line}'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", program],
        capture_output=True, text=True, timeout=30, cwd=tmp_path, env={**os.environ, "HOME": str(tmp_path)}, check=True,
    )  # fmt: skip
    assert {each.split("\t")[0] for each in done.stdout.splitlines()} >= wanted


class Typing:
    """zsh on a terminal of its own: what is typed is seen as a person sees it."""

    def __init__(self, script: Path, home: Path) -> None:
        self.process, self.terminal = pty.fork()
        if self.process == 0:
            environment = {
                "PATH": os.environ["PATH"],
                "HOME": str(home),
                "TERM": "vt100",
                "PS1": "> ",
                "COLUMNS": "200",
            }
            os.execvpe("zsh", ["zsh", "-f", "-i"], environment)
        os.set_blocking(self.terminal, False)
        os.write(self.terminal, f"autoload -U compinit; compinit -u -D; source {script}; echo re''ady\n".encode())
        self.until("ready")

    def until(self, *wanted: str, seconds: float = 20.0) -> None:
        seen, end = "", time.monotonic() + seconds
        while not all(each in seen for each in wanted):
            if time.monotonic() > end:
                raise AssertionError(f"zsh showed {seen!r}, and not {wanted!r}")
            try:
                seen += os.read(self.terminal, 65_536).decode(errors="replace")
            except BlockingIOError:
                time.sleep(0.02)

    def close(self) -> None:
        os.close(self.terminal)
        os.waitpid(self.process, 0)


@pytest.fixture
def zsh_there(scripts: Path, tmp_path: Path) -> Iterator[Typing]:
    there = Typing(scripts / "zsh", tmp_path)
    yield there
    there.close()


@needs("zsh")
def test_zsh_offers_what_begins_so(zsh_there: Typing) -> None:
    for line, wanted in CASES:
        os.write(zsh_there.terminal, b"\x15" + f"pulse-tui {line}\t".encode())
        zsh_there.until(*wanted)


def test_every_command_and_option_is_in_every_script() -> None:
    made = {name: make() for name, make in SCRIPTS.items()}
    shown = [name for name, (_, about) in COMMANDS.items() if about]
    assert [c.name for c in commands()] == shown
    for command in commands():
        for option in command.options:
            for flag in option.flags:
                assert flag in made["bash"]
                assert flag in made["zsh"]
                assert (f"-l {flag[2:]} " if flag.startswith("--") else f"-s {flag[1:]} ") in made["fish"]


def test_the_command_prints_the_script_without_a_configuration(shell: Shell) -> None:
    said = shell.bare("completion", "bash")
    assert (said.code, said.err, said.out) == (0, "", bash())
    assert shell.bare("completion", "tcsh").code == 2


# ---------------------------------------------------------------------- the manual


def test_the_manual_has_every_command_with_its_options() -> None:
    text = manual()
    for command in commands():
        assert f".SS pulse\\-tui {command.name}\n" in text
        for option in command.options:
            for flag in option.flags:
                assert flag.replace("-", "\\-") in text
    assert text.isascii()
    assert not re.search(r"^['.](?![A-Z]{1,2}\b|nf$|fi$|br$)", text, re.M), "no line of a help text is a request"


@pytest.mark.parametrize(
    ("program", "arguments"),
    [("groff", ["-man", "-ww", "-z", "-Tutf8"]), ("mandoc", ["-T", "lint", "-W", "warning"])],
)
def test_what_reads_manuals_has_nothing_to_complain_of(tmp_path: Path, program: str, arguments: list[str]) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed here")
    page = tmp_path / "pulse-tui.1"
    page.write_text(manual())
    done = subprocess.run([program, *arguments, str(page)], capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed here")
def test_man_shows_it_as_it_is_typed(tmp_path: Path) -> None:
    (tmp_path / "pulse-tui.1").write_text(manual())
    environment = {**os.environ, "MANWIDTH": "100", "LC_ALL": "C.UTF-8", "MAN_KEEP_FORMATTING": ""}
    done = subprocess.run(
        ["man", "-l", str(tmp_path / "pulse-tui.1")],
        capture_output=True, text=True, timeout=60, env=environment, check=True,
    )  # fmt: skip
    assert "pulse-tui gate" in done.stdout
    assert "--log-format text|json" in " ".join(done.stdout.split())
