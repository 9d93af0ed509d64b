"""A full-screen program in a pty, watched from outside: when what was painted, bytes, CPU and memory of its process."""

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
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyte

#: Queries a terminal answers; unanswered, a program may wait for them.
_QUERY = re.compile(rb"\x1b\[\?(\d+)\$p|\x1b\[0?c|\x1b\[6n")
_NOISE = re.compile(rb"\x1b\[\?[0-9;]*\$p|\x1b\[[<>=][0-9;]*[a-zA-Z]|\x1b\[\?[0-9;]*u|\x1bP[^\x1b]*\x1b\\")


class Chunk(NamedTuple):
    """Bytes and when they came, in seconds since the program was started."""

    at: float
    data: bytes


class Program:
    """One run of a program in a pty of 120x36."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], columns: int = 120, rows: int = 36) -> None:
        """Start it."""
        self.size = (columns, rows)
        self.chunks: list[Chunk] = []
        self.started = time.perf_counter()
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe(command[0], list(command), {**os.environ, "TERM": "xterm-256color", **env})
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def now(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self.started

    def pump(self, wait: float) -> bool:
        """Take what comes within ``wait`` seconds; False when nothing did."""
        ready, _, _ = select.select([self.fd], [], [], max(0.0, wait))
        if not ready:
            return False
        try:
            data = os.read(self.fd, 1 << 16)
        except OSError:
            return False
        self.chunks.append(Chunk(self.now(), data))
        for query in _QUERY.finditer(data):
            mode = query[1]
            os.write(
                self.fd,
                b"\x1b[?%s;0$y" % mode if mode else b"\x1b[?64;1c" if query[0].endswith(b"c") else b"\x1b[1;1R",
            )
        return True

    def settle(self, quiet: float, most: float) -> None:
        """Pump until nothing came for ``quiet`` seconds, at most ``most``."""
        end = self.now() + most
        while self.now() < end and self.pump(min(quiet, end - self.now())):
            pass

    def run(self, seconds: float) -> None:
        """Pump for this long."""
        end = self.now() + seconds
        while self.now() < end:
            self.pump(end - self.now())

    def send(self, keys: bytes) -> None:
        """Type, without waiting for an answer."""
        os.write(self.fd, keys)

    def press(self, key: bytes, gap: float = 0.08) -> tuple[float, int] | None:
        """(ms to the first byte, bytes) of the answer to a key; None when there was none."""
        self.settle(0.12, 0.6)
        mark, pressed = len(self.chunks), self.now()
        os.write(self.fd, key)
        self.settle(gap, 0.8)
        answer = self.chunks[mark:]
        return ((answer[0].at - pressed) * 1e3, sum(len(c.data) for c in answer)) if answer else None

    def cpu(self) -> float:
        """CPU seconds of this process alone, all its threads."""
        total = 0
        for task in Path(f"/proc/{self.pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def rss_mb(self) -> float:
        """Resident memory of this process alone."""
        return _rss(self.pid)

    def children_mb(self) -> list[float]:
        """Resident memory of its worker processes."""
        pids = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return [_rss(int(pid)) for pid in pids]

    def painted(self, share: float) -> float:
        """Seconds until this share of the final screen's characters stood where they stay (digits do not count)."""
        screen, snaps = pyte.Screen(*self.size), []
        stream = pyte.ByteStream(screen)
        for chunk in self.chunks:
            stream.feed(_NOISE.sub(b"", chunk.data))
            snaps.append((chunk.at, [re.sub(r"\d", "#", line) for line in screen.display]))
        final = [(y, x, c) for y, line in enumerate(snaps[-1][1]) for x, c in enumerate(line) if not c.isspace()]
        for at, lines in snaps:
            if sum(lines[y][x] == c for y, x, c in final) >= share * len(final):
                return at
        return snaps[-1][0]

    def first_paint(self) -> float:
        """Seconds until something could be read."""
        screen = pyte.Screen(*self.size)
        stream = pyte.ByteStream(screen)
        for chunk in self.chunks:
            stream.feed(_NOISE.sub(b"", chunk.data))
            if sum(not c.isspace() for line in screen.display for c in line) >= 5:
                return chunk.at
        return self.chunks[-1].at

    def close(self) -> None:
        """End it."""
        for kind in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.kill(self.pid, kind)
            except ProcessLookupError:
                break
            for _ in range(40):
                self.pump(0.05)
                if os.waitpid(self.pid, os.WNOHANG)[0]:
                    os.close(self.fd)
                    return
        os.close(self.fd)


def _rss(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


PYTHON = sys.executable
