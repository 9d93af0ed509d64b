"""Programs are run without a shell, watched, and ended with everything that they started."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pulse_tui.domain.errors import SourceError
from pulse_tui.ports import Ended, Finished, Output, Processes
from pulse_tui.running import KEPT, PASSED_ON, SystemProcesses

SLEEPER = "import sys, time; print('up', flush=True); time.sleep(600)"
PARENT = (
    "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']{more});"
    "open('child', 'w').write(str(p.pid)); print('up', flush=True); {then}"
)


def execute(
    folder: Path, *argv: str, timeout_s: float = 20.0, stop: Callable[[], bool] = lambda: False, **environment: str
) -> Finished:
    processes: Processes = SystemProcesses()
    return processes.run(argv, folder=folder, environment=environment, mark=str(folder), timeout_s=timeout_s, stop=stop)


def python(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def lives(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def gone(pid: int) -> bool:
    """Killed processes take a moment."""
    end = time.monotonic() + 60
    while lives(pid) and time.monotonic() < end:
        time.sleep(0.01)
    return not lives(pid)


def test_output_and_exit_code_are_told(tmp_path: Path) -> None:
    said = execute(tmp_path, *python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"))
    assert (said.how, said.code) == (Ended.EXITED, 3)
    assert sorted(said.output.split("\n")) == ["err", "out"]


def test_no_shell_looks_at_the_arguments(tmp_path: Path) -> None:
    said = execute(tmp_path, *python("import sys; print(sys.argv[1:])"), "$HOME; rm -rf *", "`id`")
    assert said.output == "['$HOME; rm -rf *', '`id`']"


def test_it_stands_in_its_folder_with_its_environment_and_nothing_to_read(tmp_path: Path) -> None:
    code = (
        "import os, sys; print(os.getcwd(), os.environ['PULSE_ASSET'], os.environ['PULSE_RUN'], repr(sys.stdin.read()))"
    )
    said = execute(tmp_path, *python(code), PULSE_ASSET="my-bot")
    assert said.output == f"{tmp_path} my-bot {tmp_path} ''"


def test_it_has_a_session_of_its_own(tmp_path: Path) -> None:
    said = execute(tmp_path, *python("import os; print(os.getsid(0) == os.getpid())"))
    assert said.output == "True"


def test_a_time_limit_ends_it_with_its_children(tmp_path: Path) -> None:
    began = time.monotonic()
    said = execute(tmp_path, *python(PARENT.format(more="", then="time.sleep(600)")), timeout_s=1.0)
    assert time.monotonic() - began < 60
    assert (said.how, said.code, said.output) == (Ended.TIMED_OUT, None, "up")
    assert gone(int((tmp_path / "child").read_text()))


def test_one_that_does_not_listen_is_ended_too(tmp_path: Path) -> None:
    code = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {SLEEPER}"
    assert execute(tmp_path, *python(code), timeout_s=1.0).how is Ended.TIMED_OUT


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are found by their environment in /proc")
def test_a_child_that_left_the_session_is_ended_too(tmp_path: Path) -> None:
    execute(tmp_path, *python(PARENT.format(more=", start_new_session=True", then="time.sleep(600)")), timeout_s=1.0)
    assert gone(int((tmp_path / "child").read_text()))


def test_what_it_leaves_running_is_ended_and_holds_nothing_up(tmp_path: Path) -> None:
    began = time.monotonic()
    said = execute(tmp_path, *python(PARENT.format(more="", then="sys.exit(0)")))
    assert time.monotonic() - began < 60
    assert (said.how, said.code) == (Ended.EXITED, 0)
    assert gone(int((tmp_path / "child").read_text()))


def test_it_can_be_stopped(tmp_path: Path) -> None:
    began = time.monotonic()
    said = execute(tmp_path, *python(SLEEPER), stop=lambda: time.monotonic() - began > 0.5)
    assert said.how is Ended.STOPPED
    assert time.monotonic() - began < 60


def test_the_end_of_much_output_is_kept(tmp_path: Path) -> None:
    said = execute(tmp_path, *python("for i in range(200_000): print('line', i)\nprint('the last')"))
    assert said.output.endswith("line 199999\nthe last")
    assert KEPT / 2 < len(said.output) <= KEPT
    assert said.output.startswith("line ")


def test_output_is_safe_to_draw(tmp_path: Path) -> None:
    said = execute(
        tmp_path, *python(r"print('\x1b[31mred\x1b[0m \x1b]0;title\x07 \u202e x'); import os; os.write(1, b'\xff')")
    )
    assert "\x1b" not in said.output
    assert "\u202e" not in said.output
    assert "red" in said.output


def test_secrets_are_taken_out(tmp_path: Path) -> None:
    processes = SystemProcesses(redact=lambda body: body.replace(b"s3cret", b"***"))
    said = processes.run(
        python("print('token s3cret')"),
        folder=tmp_path,
        environment={},
        mark=str(tmp_path),
        timeout_s=10,
        stop=lambda: False,
    )
    assert said.output == "token ***"


def test_one_that_was_killed_says_by_what(tmp_path: Path) -> None:
    assert execute(tmp_path, *python("import os; os.kill(os.getpid(), 9)")).code == -9


@pytest.mark.parametrize(
    ("program", "what"),
    [("no-such-program", "was not found"), ("./plain", "may not be executed"), ("a\0b", "cannot be")],
)
def test_what_cannot_be_started_is_told(tmp_path: Path, program: str, what: str) -> None:
    (tmp_path / "plain").write_text("x")
    with pytest.raises(SourceError, match=what):
        execute(tmp_path, program)


def test_a_folder_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"folder .* does not exist"):
        execute(tmp_path / "gone", *python("0"))


def test_a_relative_program_starts_at_the_folder(tmp_path: Path) -> None:
    script = tmp_path / "run.sh"
    script.write_text("#!/bin/sh\necho here\n")
    script.chmod(0o755)
    assert execute(tmp_path, "./run.sh").output == "here"


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="processes are found by their environment in /proc")
def test_what_a_process_that_died_left_is_found_by_its_mark(tmp_path: Path) -> None:
    left = os.spawnve(os.P_NOWAIT, sys.executable, [*python("import time; time.sleep(600)")], {"PULSE_RUN": "run-7"})
    end = time.monotonic() + 60
    while b"PULSE_RUN=run-7" not in Path(f"/proc/{left}/environ").read_bytes() and time.monotonic() < end:
        time.sleep(0.01)
    assert SystemProcesses().end("run-8") == 0
    assert SystemProcesses().end("run-7") == 1
    os.waitpid(left, 0)


# ------------------------------------------------------------------ a program that is asked


def ask(folder: Path, code: str, *, feed: bytes = b"", timeout_s: float = 20.0, cap: int = 2**20) -> Output:
    processes: Processes = SystemProcesses(redact=lambda body: body.replace(b"s3cret", b"***"))
    return processes.ask(python(code), folder=folder, environment={}, feed=feed, timeout_s=timeout_s, cap=cap)


def test_the_answer_is_standard_output_as_it_is_and_what_it_complains_is_apart(tmp_path: Path) -> None:
    code = "import sys; sys.stdout.buffer.write(b'\\0' + sys.stdin.buffer.read()); print('s3cret', file=sys.stderr); sys.exit(3)"
    assert ask(tmp_path, code, feed=b"\xff\x00") == Output(Ended.EXITED, 3, b"\0\xff\0", "***")


def test_a_program_that_is_asked_gets_the_given_environment_and_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULSE_TEST_TOKEN", "s3cret")
    assert b"PULSE_TEST_TOKEN" not in ask(tmp_path, "import os; print(list(os.environ))").data


def test_a_program_that_writes_too_much_or_takes_too_long_is_ended_with_its_children(tmp_path: Path) -> None:
    flood = ask(tmp_path, "import sys\nwhile True: sys.stdout.write('x' * 1000)", cap=5_000)
    assert (flood.how, flood.code, len(flood.data)) == (Ended.FLOODED, None, 5_000)
    began = time.monotonic()
    late = ask(tmp_path, PARENT.format(more="", then="time.sleep(600)"), timeout_s=1.0)
    assert (late.how, late.data) == (Ended.TIMED_OUT, b"up\n")
    assert time.monotonic() - began < 60
    assert gone(int((tmp_path / "child").read_text()))


def test_what_a_program_that_was_asked_leaves_running_is_ended_with_it(tmp_path: Path) -> None:
    code = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], stdout=-3, stderr=-3)
print(child.pid)
"""
    answer = ask(tmp_path, code)
    assert (answer.how, answer.code) == (Ended.EXITED, 0)
    assert gone(int(answer.data))


def test_a_program_that_is_not_there_cannot_be_asked(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="was not found"):
        SystemProcesses().ask(("no-such-program",), folder=tmp_path, environment={}, timeout_s=1.0)


def test_it_gets_no_password_and_no_token_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PULSE_DB_PASSWORD", "DEPLOY_TOKEN", "AWS_SECRET_ACCESS_KEY", "LD_PRELOAD_NOT", "PYTHONPATH"):
        monkeypatch.setenv(name, "s3cret")
    monkeypatch.setenv("TZ", "Europe/Vienna")
    monkeypatch.setenv("LC_TIME", "C")
    said = execute(tmp_path, *python("import os; print(*sorted(os.environ))"), ASKED_FOR="x")
    given = set(said.output.split())
    assert given - {"LC_CTYPE"} <= {
        *PASSED_ON,
        *(n for n in os.environ if n.startswith("LC_")),
        "ASKED_FOR",
        "PULSE_RUN",
    }
    assert {"PATH", "TZ", "LC_TIME", "ASKED_FOR"} <= given
