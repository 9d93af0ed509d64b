"""A process in a pseudo-terminal of a given size, with pyte as the terminal that it writes to.

with Terminal(["demo"], columns=80, lines=24) as terminal:
    terminal.wait_for("Registry")
    terminal.type("q")
    assert terminal.wait_exit() == 0

Every wait has a time limit and shows the screen when it runs out.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import pyte

WAIT_S = 60.0
_BASE = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
_PASSED = ("PATH", "HOME", "PULSE_OPERATOR")
ENTER, ESCAPE, TAB, DOWN = "\r", "\x1b", "\t", "\x1b[B"


class Terminal:
    """A running ``python -m pulse_tui`` and its screen; ``raw`` is every byte that it wrote."""

    def __init__(
        self, arguments: Sequence[str | Path], *, columns: int, lines: int, environment: Mapping[str, str] | None = None
    ) -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        self._master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.modes = termios.tcgetattr(slave)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pulse_tui", *map(str, arguments)],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            env={**_BASE, **{n: os.environ[n] for n in _PASSED if n in os.environ}, **(environment or {})},
            start_new_session=True,
        )
        self._slave = slave

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._slave)
        os.close(self._master)

    @property
    def text(self) -> str:
        """The screen as it stands, one line a row."""
        return "\n".join(line.rstrip() for line in self._screen.display)

    @property
    def restored(self) -> bool:
        """The alternate screen was left, the cursor is shown, and the line discipline is as it was."""
        left = self.raw.rfind(b"\x1b[?1049l") > self.raw.rfind(b"\x1b[?1049h")
        shown = self.raw.rfind(b"\x1b[?25h") > self.raw.rfind(b"\x1b[?25l")
        return left and shown and termios.tcgetattr(self._slave) == self.modes

    def type(self, keys: str) -> None:
        """Press keys, one after the other."""
        os.write(self._master, keys.encode())

    def read(self, seconds: float) -> None:
        """Take in what is written within ``seconds``."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            ready, _, _ = select.select([self._master], [], [], left)
            if ready:
                self._take()

    @property
    def after(self) -> str:
        """What was written after the alternate screen was left: what the operator finds in the shell."""
        return self.raw.rpartition(b"\x1b[?1049l")[2].decode(errors="replace")

    def wait_worker(self) -> list[int]:
        """Until the tower has its collecting process; returns its children."""
        self.wait_until(lambda: children(self.process.pid), "a worker process")
        return children(self.process.pid)

    def wait_for(self, *words: str, seconds: float = WAIT_S) -> str:
        """Until all ``words`` are on the screen; returns it."""
        return self.wait_until(lambda: all(w in self.text for w in words), f"{words} on the screen", seconds)

    def wait_gone(self, word: str, seconds: float = WAIT_S) -> str:
        """Until ``word`` has left the screen."""
        return self.wait_until(lambda: word not in self.text, f"{word!r} gone from the screen", seconds)

    def wait_exit(self, seconds: float = WAIT_S) -> int:
        """Until the process has ended; returns its exit code."""
        self.wait_until(lambda: self.process.poll() is not None, "the process to end", seconds)
        self.read(0.05)
        return int(self.process.returncode)

    def terminate(self) -> None:
        """SIGTERM to the process alone."""
        self.process.send_signal(signal.SIGTERM)

    def _take(self) -> None:
        try:
            data = os.read(self._master, 1 << 16)
        except OSError:  # nobody has the other side open any more
            return
        self.raw += data
        self._stream.feed(data)

    def wait_until(self, met: Callable[[], object], what: str, seconds: float = WAIT_S) -> str:
        """Until ``met``; returns the screen."""
        end = time.monotonic() + seconds
        while not met():
            if time.monotonic() > end:
                raise AssertionError(f"waited {seconds:g} s for {what}; the screen:\n{self.text}")
            self.read(0.05)
        return self.text


def children(pid: int) -> list[int]:
    """The processes whose parent is ``pid`` (Linux)."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="utf-8", errors="replace") as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid and fields[0] != "Z":
                found.append(int(name))
    return found


def alive(pid: int) -> bool:
    """Whether a process runs and is no zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
