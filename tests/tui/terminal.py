"""A real terminal for tests: a program in a pty, its bytes, and its screen as pyte reads them."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping
from typing import Any

import pyte

_NOISE = re.compile(rb"\x1b\[\?[0-9;]*\$p|\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*u|\x1bP[^\x1b]*\x1b\\")
_WAIT_S = 60.0


class Terminal:
    """One program in a pty; a context manager that ends it."""

    def __init__(self, *arguments: str, size: tuple[int, int] = (80, 24), env: Mapping[str, str] = {}) -> None:
        """``python -m tests.tui.run_fake ARGUMENTS`` with ``env``; an empty value takes a variable away."""
        self.written = b""
        self._screen = pyte.Screen(*size)
        self._stream = pyte.ByteStream(self._screen)
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            environment = {
                **{k: v for k, v in os.environ.items() if not k.startswith(("TEXTUAL", "LC_", "TMUX", "NO_COLOR", "LINES", "COLUMNS"))},
                "TERM": "xterm-256color", "LANG": "C.UTF-8", **env,
            }  # fmt: skip
            command = [sys.executable, "-m", "tests.tui.run_fake", *arguments]
            os.execve(command[0], command, {k: v for k, v in environment.items() if v})
        self.resize(*size)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: Any) -> None:
        try:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass
        os.close(self.fd)

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self._screen.resize(rows, columns)

    def press(self, keys: str | bytes) -> None:
        os.write(self.fd, keys.encode() if isinstance(keys, str) else keys)

    def pump(self, seconds: float) -> bool:
        """Take what comes within ``seconds``; False when nothing did."""
        ready, _, _ = select.select([self.fd], [], [], seconds)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return False
        self.written += data
        self._stream.feed(_NOISE.sub(b"", data))
        return True

    def wait(self, holds: Callable[[], object], what: str) -> None:
        """Pump until it holds."""
        end = time.monotonic() + _WAIT_S
        while not holds():
            if time.monotonic() > end:
                raise AssertionError(f"{what} was not seen within {_WAIT_S:g} s:\n{self.text()}")
            self.pump(0.05)

    def see(self, text: str) -> None:
        """Pump until the screen shows ``text``."""
        self.wait(lambda: text in self.text(), repr(text))

    def quiet(self, seconds: float = 0.2) -> None:
        """Pump until nothing came for so long."""
        while self.pump(seconds):
            pass

    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display)

    def exit_code(self) -> int:
        """Of the program, once it has ended."""
        ended: list[int] = []

        def over() -> bool:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                ended.append(os.waitstatus_to_exitcode(status))
            return bool(pid)

        self.wait(over, "the end")
        return ended[0]
