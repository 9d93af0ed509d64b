"""Which command is meant, what is said when it is not, and the exit codes that a script can rely on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pulse_tui.cli.main import COMMANDS, run
from pulse_tui.storage.store import SqlStore
from tests.cli.conftest import Shell
from tests.fakes.small_estate import measure, signal_line

SHOWN = [name for name, (_, text) in COMMANDS.items() if text]


def test_help_lists_every_command_and_the_exit_codes(shell: Shell) -> None:
    said = shell.bare("--help")
    assert said.code == 0
    for name in SHOWN:
        assert f"  {name} " in said.out
    assert "worker" not in said.out
    assert "exit codes: 0 yes, 1 no, 2 wrong use or bad configuration, 3 internal error" in said.out


@pytest.mark.parametrize("name", SHOWN)
def test_every_command_has_a_help_that_explains_each_argument(shell: Shell, name: str) -> None:
    said = shell.bare(name, "--help")
    assert said.code == 0
    assert said.err == ""
    assert said.out.startswith(f"usage: pulse-tui {name}")


def test_a_misspelt_command_names_the_nearest(shell: Shell) -> None:
    said = shell.bare("statsu")
    assert said.code == 2
    assert "unknown command 'statsu': did you mean 'status'?" in said.err
    assert "pulse-tui --help" in said.err


@pytest.mark.parametrize("arguments", [["status", "--nope"], ["gate", "my-bot"], ["audit"], ["schema", "x"]])
def test_wrong_use_exits_with_2_and_points_to_the_help(shell: Shell, arguments: list[str]) -> None:
    said = shell.bare(*arguments)
    assert said.code == 2
    assert f"See pulse-tui {arguments[0]} --help" in said.err
    assert said.out == ""


def test_the_tower_without_a_terminal_says_what_to_use_instead(shell: Shell) -> None:
    said = shell.bare()
    assert said.code == 2
    assert "needs a terminal" in said.err
    assert "pulse-tui status" in said.err


def test_an_option_that_would_be_ignored_is_refused(shell: Shell) -> None:
    assert shell.bare("demo", "--config", "x").code == 2
    assert shell.bare("schema", "signal", "--database", "x").code == 2


def test_an_internal_error_exits_with_3(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise ZeroDivisionError

    # The only way to meet a bug on purpose.
    monkeypatch.setattr(SqlStore, "board", broken)
    shell("refresh", "drop")
    said = shell("status")
    assert said.code == 3
    assert "ZeroDivisionError" in said.err
    assert "bug in pulse-tui" in said.err


def test_the_configuration_is_found_in_the_order_that_help_promises(
    shell: Shell, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, name, how in (
        (home / "config", "here", "./config of the working directory"),
        (home / ".config" / "pulse-tui", "user", "your own"),
        (home / "other", "env", "$PULSE_CONFIG"),
    ):
        folder.mkdir(parents=True)
        (folder / "pulse.yaml").write_text(f"name: {name}\ndatabase: sqlite:///p.db\n")
        if name == "env":
            monkeypatch.setenv("PULSE_CONFIG", str(folder))
        assert shell.bare("refresh").code == 0
        said = shell.bare("status")
        assert said.out.startswith(f"{name}:")
        assert f"\nconfiguration {folder} ({how}), database " in said.out
        assert (f"configuration {folder}" in said.err) is (name == "here"), "what nobody named is never taken silently"
        assert f"config: {folder.relative_to(home) if name == 'here' else folder} ({how})" in shell.bare("doctor").out


def test_a_relative_database_on_the_command_line_starts_where_the_user_stands(shell: Shell, home: Path) -> None:
    assert shell("db", "upgrade", "--database", "sqlite:///here.db").code == 0
    assert (home / "here.db").exists()
    assert not (shell.config / "here.db").exists()


@pytest.mark.parametrize("contract", ["signal", "facts", "policy"])
def test_schemas_are_json(shell: Shell, contract: str) -> None:
    assert "properties" in shell.bare("schema", contract).json()


@pytest.mark.parametrize(
    "arguments",
    [
        ["refresh"],
        ["status"],
        ["status", "--quarantine"],
        ["gate", "my-bot", "1.0.1", "--env", "production"],
        ["policy", "check"],
        ["policy", "test"],
        ["freeze", "my-bot", "--why", "x"],
        ["rollback", "show"],
        ["rollback", "plan", "my-bot", "--env", "canary"],
        ["audit", "verify"],
        ["doctor"],
        ["db", "upgrade"],
        ["db", "backup"],
    ],
    ids=" ".join,
)
def test_json_is_one_value_and_nothing_else(shell: Shell, arguments: list[str]) -> None:
    shell("refresh", "drop")
    said = shell(*arguments, "--json")
    assert said.code in (0, 1)
    said.json()
    assert said.err == ""


def test_a_wrong_answer_as_json_leaves_standard_output_empty(shell: Shell) -> None:
    said = shell("explain", "nix", "--json")
    assert (said.code, said.out) == (2, "")


def test_a_reader_that_goes_away_is_no_error(shell: Shell) -> None:
    command = f"{sys.executable} -m pulse_tui policy check --config {shell.config} | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=60, check=False)
    assert done.stderr == ""
    assert done.stdout.splitlines()[-1] == "0"


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_a_reader_that_goes_away_makes_no_answer_better(
    shell: Shell, monkeypatch: pytest.MonkeyPatch, form: tuple[str, ...]
) -> None:
    (shell.config / "signals" / "s.jsonl").write_text(signal_line())
    shell("refresh", "drop")
    assert shell("status").code == 1
    reads, writes = os.pipe()
    os.close(reads)
    with monkeypatch.context() as patched, os.fdopen(writes, "w") as gone:
        patched.setattr(sys, "stdout", gone)
        assert run(["status", *form, "--config", str(shell.config)]) == 1


def test_a_locale_without_the_characters_is_no_error(shell: Shell) -> None:
    shell("rollback", "plan", "my-bot", "--env", "canary")
    done = subprocess.run(
        [sys.executable, "-m", "pulse_tui", "gate", "my-bot", "1.0.1", "--env", "production", "--config", shell.config],
        capture_output=True,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, 1)
    assert done.stderr == b""


def test_the_version_is_printed(shell: Shell) -> None:
    assert shell.bare("--version").out.startswith("pulse-tui ")


def test_a_freeze_blocks_the_gate_until_it_is_lifted(shell: Shell) -> None:
    gate = ("gate", "my-bot", "1.0.1", "--env", "canary")
    measure(shell.config, "1.0.1")
    assert shell(*gate).code == 0
    assert shell("freeze", "my-bot", "--why", "audit week").code == 0
    blocked = shell(*gate)
    assert blocked.code == 1
    assert blocked.out.startswith("BLOCKED")
    assert "audit week" in blocked.out
    assert shell("freeze", "my-bot", "--lift", "--why", "measured", "--json").code == 0
    assert shell(*gate).code == 0
    assert shell("freeze", "my-bot", "--lift", "--why", "measured").code == 1


def test_a_deed_without_a_reason_or_a_subject_is_refused(shell: Shell) -> None:
    for arguments, word in (
        (("freeze", "my-bot"), "reason"),
        (("freeze", "nobot", "--why", "x"), "nobot"),
        (("alert", "ack", "zz"), "zz"),
        (("gate", "my-bot", "7.7.7", "--env", "canary"), "7.7.7"),
        (("gate", "nobot", "1", "--env", "canary"), "nobot"),
        (("explain", "zz"), "zz"),
    ):
        said = shell(*arguments)
        assert said.code == 2, (arguments, said)
        assert word in said.err


def test_a_first_configuration_can_be_read_whatever_the_umask(shell: Shell, home: Path) -> None:
    before = os.umask(0)
    try:
        assert shell.bare("init", home / "first").code == 0
        said = shell.bare("--config", home / "first", "policy", "check")
    finally:
        os.umask(before)
    assert said.code == 0, said
