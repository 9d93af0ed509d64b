"""What the command step starts, what it never starts, and what a program that hangs or floods makes of a run."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.errors import TargetError
from pulse_tui.steps import command
from pulse_tui.steps.command import Options
from tests.fakes.step_targets import context, release
from tests.test_running import gone


class Program:
    """A shell script that serves as the program, with its digest."""

    def __init__(self, folder: Path, text: str, name: str = "deploy") -> None:
        self.path = folder / name
        self.path.write_text(f"#!/bin/sh\n{text}\n")
        self.path.chmod(0o755)

    @property
    def sha256(self) -> dict[str, str]:
        return {str(self.path): hashlib.sha256(self.path.read_bytes()).hexdigest()}

    def options(self, *arguments: str, **more: Any) -> Options:
        made = {"argv": [str(self.path), *arguments], "sha256": self.sha256, **more}
        return msgspec.convert(made, Options)


def write(folder: Path, options: Options, value: str = "3.8.1", timeout_s: float = 5.0, **secrets: str) -> None:
    command.write(options, value, expected="3.8.2", key="run-0", epoch=7, context=context(folder, secrets, timeout_s))


def test_the_program_gets_its_arguments_whole_and_the_key_in_its_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOT_FOR_IT", "s3cret")
    program = Program(tmp_path, 'for a in "$@"; do echo "[$a]"; done > out; env >> out; pwd >> out')
    options = program.options("--to={value}", "a b; $HOME", "{expected}", "{other}", env={"KUBE": "${TOKEN}"})
    write(tmp_path, options, TOKEN="t0ken-of-it")
    out = (tmp_path / "out").read_text().splitlines()
    assert out[:4] == ["[--to=3.8.1]", "[a b; $HOME]", "[3.8.2]", "[{other}]"]
    wanted = {"PULSE_STEP_KEY=run-0", "PULSE_FENCING_EPOCH=7", "PULSE_EXPECTED=3.8.2", "KUBE=t0ken-of-it"}
    assert wanted <= set(out)
    assert not [line for line in out if line.startswith(("NOT_FOR_IT", "HOME"))]
    assert out[-1] == str(tmp_path)


@pytest.mark.parametrize(
    "value",
    ["-rf", "--help", "", "a b", "a\nb", "a;b", "$(id)", "`id`", "a\0b", "../../etc", "a..b", "é", "x" * 201, "/a"],
)
def test_a_value_that_a_program_could_take_for_something_else_starts_nothing(tmp_path: Path, value: str) -> None:
    options = Program(tmp_path, "touch started").options("{value}")
    with pytest.raises(TargetError, match="no value that a program gets") as caught:
        write(tmp_path, options, value)
    assert not caught.value.ambiguous
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize("value", ["3.8.1", "v1", "ghcr.io/acme/bot@sha256:ab", "a/b:c", "1.0+build.5", "3.8.1~rc1"])
def test_versions_tags_and_digests_are_values(tmp_path: Path, value: str) -> None:
    write(tmp_path, Program(tmp_path, 'echo "$1" > out').options("{value}"), value)
    assert (tmp_path / "out").read_text() == f"{value}\n"


def test_a_program_that_is_another_one_than_was_approved_is_not_started(tmp_path: Path) -> None:
    program = Program(tmp_path, "touch started")
    options = program.options("{value}")
    program.path.write_text("#!/bin/sh\ntouch started; touch more\n")
    with pytest.raises(TargetError, match=r"nothing was started: .* has sha256:") as caught:
        write(tmp_path, options)
    assert not caught.value.ambiguous
    assert not (tmp_path / "started").exists()
    assert [c.ok for c in command.check(options, release("3.8.1"), context(tmp_path, {})) if c.blocking] == [False]


def test_a_program_that_somebody_else_can_change_or_that_is_a_link_is_not_started(tmp_path: Path) -> None:
    program = Program(tmp_path, "touch started")
    options = program.options()
    program.path.chmod(0o777)
    with pytest.raises(TargetError, match="can be written by everybody"):
        write(tmp_path, options)
    program.path.rename(tmp_path / "real")
    program.path.symlink_to(tmp_path / "real")
    with pytest.raises(TargetError, match="is a symbolic link"):
        write(tmp_path, options)
    assert not (tmp_path / "started").exists()


def test_a_program_that_hangs_is_ended_with_its_children_and_the_write_is_ambiguous(tmp_path: Path) -> None:
    options = Program(tmp_path, "sleep 600 & echo $! > child; wait").options()
    for timeout_s in (0.3, 3.0):  # on a busy machine the first may be over before the child is there
        with pytest.raises(TargetError, match=rf"did not end within {timeout_s} s and was ended") as caught:
            write(tmp_path, options, timeout_s=timeout_s)
        assert caught.value.ambiguous
        if (tmp_path / "child").exists() and (pid := (tmp_path / "child").read_text()):
            break
    assert gone(int(pid))


@pytest.mark.parametrize(
    ("text", "said", "ambiguous"),
    [
        ("echo no such version >&2; exit 4", "ended with 4: no such version", False),
        ("exit 5", "ended with 5", True),
        ("kill -9 $$", "ended with -9", True),
        ("printf 'bad \\033[2J words\\n' >&2; exit 4", "ended with 4: bad words", False),
        ("while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done", "64 KB", True),
    ],
)
def test_only_an_exit_code_that_was_named_a_refusal_says_that_nothing_happened(
    tmp_path: Path, text: str, said: str, ambiguous: bool
) -> None:
    with pytest.raises(TargetError) as caught:
        write(tmp_path, Program(tmp_path, text).options(refusals=[4]))
    assert said in caught.value.what
    assert caught.value.ambiguous is ambiguous


def test_a_program_that_is_gone_or_cannot_be_started_is_not_ambiguous(tmp_path: Path) -> None:
    program = Program(tmp_path, "exit 0")
    options = program.options()
    program.path.chmod(0o644)
    with pytest.raises(TargetError, match="may not be executed") as caught:
        write(tmp_path, options)
    program.path.unlink()
    with pytest.raises(TargetError, match="does not exist") as gone:
        write(tmp_path, options)
    assert (caught.value.ambiguous, gone.value.ambiguous) == (False, False)


def test_without_a_probe_what_it_holds_is_unknown(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="what it holds is unknown") as caught:
        command.read(Program(tmp_path, "exit 0").options(), context(tmp_path, {}))
    assert caught.value.ambiguous


@pytest.mark.parametrize(
    ("text", "value"),
    [("echo 3.8.1", "3.8.1"), ("printf 3.8.1", "3.8.1"), ("printf '3.8.1\\r\\n'", "3.8.1"), ("exit 0", "")],
)
def test_the_probe_prints_the_value(tmp_path: Path, text: str, value: str) -> None:
    probe = Program(tmp_path, f"echo remark >&2; {text}", "probe")
    options = probe.options(probe=[str(probe.path)])
    assert command.read(options, context(tmp_path, {})) == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("echo a; echo b", "more than one line"),
        ("printf '\\377'", "no text"),
        ("exit 1", "ended with 1"),
        ("sleep 9", "0.3 s"),
    ],
)
def test_a_probe_that_says_anything_else_is_an_error_and_no_value(tmp_path: Path, text: str, said: str) -> None:
    probe = Program(tmp_path, text, "probe")
    options = probe.options(probe=[str(probe.path)])
    with pytest.raises(TargetError, match=said) as caught:
        command.read(options, context(tmp_path, {}, 0.3 if "sleep" in text else 10.0))
    assert not caught.value.ambiguous


def test_a_value_with_control_characters_never_reads_like_the_clean_one(tmp_path: Path) -> None:
    probe = Program(tmp_path, "printf '3.8\\033[2J.1\\n'", "probe")
    seen = command.read(probe.options(probe=[str(probe.path)]), context(tmp_path, {}))
    assert seen.startswith("3.8.1~")


def test_the_artifact_is_asked_for_before_a_rollback(tmp_path: Path) -> None:
    program = Program(tmp_path, '[ "$1" = 3.8.1 ] && echo sha256:aa')
    options = program.options(artifact=[str(program.path), "{value}"])

    def bad(version: str, digest: str | None) -> list[str]:
        checks = command.check(options, release(version, digest=digest), context(tmp_path, {}))
        return [c.name for c in checks if not c.ok and c.blocking]

    assert bad("3.8.1", "sha256:aa") == []
    assert bad("3.8.1", "sha256:bb") == ["digest"]
    assert bad("3.8.0", "sha256:aa") == ["artifact"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"argv": []},
        {"argv": ["deploy"]},
        {"argv": ["/bin/../other"]},
        {"argv": ["/bin/deploy", "${TOKEN}"]},
        {"argv": ["/bin/deploy", "a\0"]},
        {"probe": ["/bin/other"]},
        {"probe": ["/bin/deploy", "{value}"]},
        {"artifact": ["/bin/deploy", "{key}"]},
        {"sha256": {"/bin/deploy": "00"}},
        {"sha256": {"/bin/deploy": "0" * 64, "rel": "0" * 64}},
        {"env": {"PULSE_EXPECTED": "x"}},
        {"env": {"A=B": "x"}},
        {"refusals": [0]},
        {"value": "latest"},
        {"value": "{secret}"},
        {"shell": True},
    ],
)
def test_options_that_could_start_something_else_are_refused_at_load(wrong: dict[str, Any]) -> None:
    right = {"argv": ["/bin/deploy", "{value}"], "sha256": {"/bin/deploy": "0" * 64}}
    msgspec.convert(right, Options)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({**right, **wrong}, Options)


def test_one_program_with_another_environment_is_another_target(tmp_path: Path) -> None:
    program = Program(tmp_path, "exit 0")
    names = [command.target(program.options("{value}", env=env)) for env in ({}, {"AT": "replica"}, {"AT": "${AT}"})]
    assert names[0] == f"command {program.path} {{value}}"
    assert len(set(names)) == 3


def test_the_value_is_a_template_of_the_release(tmp_path: Path) -> None:
    options = Program(tmp_path, "exit 0").options(value="ghcr.io/acme/bot:{version}")
    assert command.value_of(options, release("3.8.1")) == "ghcr.io/acme/bot:3.8.1"
    digest = Program(tmp_path, "exit 0").options(value="bot@{digest}")
    with pytest.raises(TargetError, match="has no digest"):
        command.value_of(digest, release("3.8.1"))
    with pytest.raises(TargetError, match="no value that a program gets"):
        command.value_of(options, release("3.8.1 --force"))
