"""What a command prints steers no terminal, whatever it quotes; JSON says the same value without an escape in it."""

from __future__ import annotations

import io
import json
import sys

import pytest

from pulse_tui.cli.locked import Locked, locked
from pulse_tui.cli.main import run
from pulse_tui.cli.output import put_json
from pulse_tui.domain.text import is_clean

HOSTILE = "a\x1b]52;c;ZXZpbA==\x07\x9b31m\x7f\u202eb\u200b\xad\u3164"


@pytest.mark.parametrize("argv", [["gate", HOSTILE], ["nonsense" + HOSTILE], ["schema", HOSTILE], ["--" + HOSTILE]])
def test_an_argument_that_is_quoted_in_an_error_writes_on_no_terminal(
    argv: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    code: int | str | None
    try:
        code = run(argv)
    except SystemExit as left:
        code = left.code
    printed = capsys.readouterr()
    assert code == 2
    assert printed.err
    assert all(is_clean(line) for line in (printed.out + printed.err).split("\n"))


def test_a_traceback_is_locked_too(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_: object) -> int:
        raise RuntimeError(HOSTILE)

    monkeypatch.setattr("pulse_tui.cli.schema.run", breaks)
    assert run(["schema", "signal"]) == 3
    assert "RuntimeError: ab" in (err := capsys.readouterr().err)
    assert all(is_clean(line) for line in err.split("\n"))


def test_json_keeps_the_value_and_holds_no_escape(capsys: pytest.CaptureFixture[str]) -> None:
    with locked():
        put_json({HOSTILE: HOSTILE})
    out = capsys.readouterr().out
    assert is_clean(out.rstrip("\n"))
    assert json.loads(out) == {HOSTILE: HOSTILE}


def test_the_streams_are_the_real_ones_again_afterwards_and_all_but_text_is_theirs() -> None:
    before = sys.stdout, sys.stderr
    with locked():
        assert sys.stdout is not before[0]
    assert (sys.stdout, sys.stderr) == before
    stream = io.StringIO()
    lock = Locked(stream)
    lock.writelines(["columns   stay\n", "a\tb\n"])
    assert lock.write("x\x07") == 2
    assert stream.getvalue() == "columns   stay\na b\nx"
    assert not lock.isatty()
