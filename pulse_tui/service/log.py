"""The log of a process that runs as a service: a line for each happening, text or JSON, that never waits for its reader.

Lines wait in a row of their own and a thread writes them: a pipe that nobody empties holds up nothing but the log. When
the row is full, new lines are counted instead of kept, and the count stands where they are missing.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from pulse_tui.domain.happening import Happening, Level, happening
from pulse_tui.domain.lock import escaped, safe
from pulse_tui.domain.moments import iso
from pulse_tui.settings.service import LogForm

WAITING = 2_000
"""Lines that wait to be written."""
LONGEST = 4_000
"""Characters of a message."""
OUT = 1
"""Standard output."""


def to_descriptor(line: str, descriptor: int = OUT) -> None:
    """Write it whole, without a buffer in between: a thread that waits here holds no lock that an end of the process needs."""
    left = memoryview(line.encode("utf-8", "replace"))
    while left:
        left = left[os.write(descriptor, left) :]


def in_journal(environment: Mapping[str, str], descriptor: int = OUT) -> bool:
    """Whether it is written to systemd's journal, which reads ``<3>`` before a line as its priority."""
    device, _, inode = environment.get("JOURNAL_STREAM", "").partition(":")
    with contextlib.suppress(OSError):
        there = os.fstat(descriptor)
        return (device, inode) == (str(there.st_dev), str(there.st_ino))
    return False


class Log:
    """Takes happenings from any thread."""

    def __init__(
        self,
        clock: Callable[[], datetime],
        redact: Callable[[bytes], bytes],
        *,
        form: LogForm = LogForm.TEXT,
        level: Level = Level.INFO,
        journal: bool = False,
        write: Callable[[str], None] = to_descriptor,
        waiting: int = WAITING,
    ) -> None:
        """``redact`` takes secrets out; ``level`` is the least that is written; ``write`` may block and may raise OSError."""
        self._clock, self._redact, self._form, self._level = clock, redact, form, level
        self._journal, self._write, self._most = journal, write, waiting
        self._row: deque[str] = deque()
        self._there = threading.Condition()
        self._writing = False
        self._closed = False
        self._thread: threading.Thread | None = None
        self._missing = 0
        self.dropped = 0
        """Lines that were not kept because their reader is too slow."""

    def __call__(self, message: str) -> None:
        """Put it in the row; returns at once."""
        what = happening(message)
        if what.level.rank < self._level.rank:
            return
        line = self._line(what, self._clock())
        with self._there:
            if len(self._row) >= self._most:
                self.dropped += 1
                self._missing += 1
                return
            self._row.append(line)
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="log", daemon=True)
                self._thread.start()
            self._there.notify()

    def flush(self, within_s: float) -> bool:
        """Whether all that waits was written in time."""
        with self._there:
            return self._there.wait_for(lambda: not self._row and not self._writing, within_s)

    def close(self, within_s: float) -> None:
        """Write what waits, as far as the reader takes it in time, and end."""
        self.flush(within_s)
        with self._there:
            self._closed = True
            self._there.notify_all()

    def _run(self) -> None:
        while True:
            with self._there:
                self._there.wait_for(lambda: self._row or self._closed)
                if not self._row:
                    return
                lines, missing = list(self._row), self._missing
                self._row.clear()
                self._missing, self._writing = 0, True
            if missing:
                words = f"{missing} lines of this log are missing here: its reader was too slow"
                lines.append(
                    self._line(Happening(words, "log_lines_missing", Level.WARNING, lines=missing), self._clock())
                )
            with contextlib.suppress(OSError):  # nobody reads it: the work goes on
                for line in lines:
                    self._write(line)
            with self._there:
                self._writing = False
                self._there.notify_all()

    def _line(self, what: Happening, at: datetime) -> str:
        """One line, whatever is quoted in it."""
        message = self._clean(what)
        if self._form is LogForm.JSON:
            head = {"at": iso(at), "level": what.level.value, "event": what.event, "message": message}
            rest = {k: self._clean(v) if isinstance(v, str) else v for k, v in what.about.items()}
            return escaped(msgspec.json.encode({**rest, **head}, order=None).decode()) + "\n"
        priority = f"<{what.level.priority}>" if self._journal else ""
        return f"{priority}{iso(at)} {what.level.value:<7} {message}\n"

    def _clean(self, text: str) -> str:
        return safe(self._redact(text[:LONGEST].encode("utf-8", "replace")).decode("utf-8", "replace"))
