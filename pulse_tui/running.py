"""The one door to other programs: started without a shell, watched, and ended with everything that they started."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.text import clean, clean_block
from pulse_tui.ports.running import Ended, Finished

MARK = "PULSE_RUN"
"""The variable that names a run in the environment of everything that it started."""
KEPT = 64 * 2**10
"""Bytes of output that are kept: the last ones."""
POLL_S = 0.1
GRACE_S = 1.0
"""Between asking it to end and ending it."""
DRAIN_S = 0.5
"""How long output is still read after the end: what it left running may hold the pipe open for ever."""


class SystemProcesses:
    """Implements :class:`pulse_tui.ports.Processes`."""

    def __init__(self, redact: Callable[[bytes], bytes] = bytes) -> None:
        """``redact`` takes secrets out of what a program wrote."""
        self._redact = redact

    def run(
        self,
        argv: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        mark: str,
        timeout_s: float,
        stop: Callable[[], bool],
    ) -> Finished:
        process = _start(argv, folder, {**os.environ, **environment, MARK: mark})
        assert process.stdout is not None
        output = _Tail(process.stdout)
        try:
            how = _watch(process, output, time.monotonic() + timeout_s, stop)
            if how is not Ended.EXITED:
                _signal_group(process.pid, signal.SIGTERM)
                _watch(process, output, time.monotonic() + GRACE_S, lambda: False)
        finally:
            # Its number is taken until it is waited for: the group cannot be somebody else's yet.
            _signal_group(process.pid, signal.SIGKILL)
            self.end(mark)
            process.wait()
        output.drain()
        code = process.returncode if how is Ended.EXITED else None
        return Finished(how, code, output.text(self._redact))

    def end(self, mark: str) -> int:
        """Found by their environment, where the system shows it: also those that left the session."""
        wanted, count = f"{MARK}={mark}".encode(), 0
        for place in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if wanted in place.read_bytes().split(b"\0") and int(place.parent.name) != os.getpid():
                    os.kill(int(place.parent.name), signal.SIGKILL)
                    count += 1
        return count


def _start(argv: Sequence[str], folder: Path, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    program = clean(argv[0], 200)
    try:
        return subprocess.Popen(  # noqa: S603  argv from the configuration, no shell
            list(argv),
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            bufsize=0,
        )
    except FileNotFoundError as error:
        if error.filename == str(folder) or not folder.is_dir():
            raise SourceError(f"the folder {folder} does not exist", todo="Correct the configuration") from None
        todo = "Install it, or write its path; a relative one starts at the configuration's folder"
        raise SourceError(f"the program {program!r} was not found", todo=todo) from None
    except PermissionError:
        raise SourceError(f"{program!r} may not be executed", todo="chmod +x, or name its interpreter first") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise SourceError(f"{program!r} cannot be started: {clean(str(reason), 200)}") from None


def _watch(process: subprocess.Popen[bytes], output: _Tail, until: float, stop: Callable[[], bool]) -> Ended:
    while not _is_over(process.pid):
        if stop():
            return Ended.STOPPED
        if time.monotonic() >= until:
            return Ended.TIMED_OUT
        output.read(POLL_S)
    return Ended.EXITED


def _is_over(pid: int) -> bool:
    """Whether it ended; it is not waited for."""
    return os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None


def _signal_group(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


class _Tail:
    """The end of what comes out of a pipe."""

    def __init__(self, pipe: IO[bytes]) -> None:
        self._pipe = pipe
        self._kept = bytearray()
        self._cut = False
        self._open = True
        self._selector = selectors.DefaultSelector()
        os.set_blocking(pipe.fileno(), False)
        self._selector.register(pipe, selectors.EVENT_READ)

    def read(self, seconds: float) -> bool:
        """Take what comes within the time; whether something did. Once the pipe is closed it only waits."""
        if not self._open:
            time.sleep(seconds)
            return False
        if not self._selector.select(seconds):
            return False
        chunk: bytes | None = self._pipe.read(KEPT)
        if not chunk:
            self._open = chunk is None  # nothing yet, or the end
            return False
        self._kept += chunk
        if len(self._kept) > KEPT:
            self._cut = True
            del self._kept[:-KEPT]
        return True

    def drain(self) -> None:
        """What is still in the pipe; then it is closed."""
        until = time.monotonic() + DRAIN_S
        while self._open and time.monotonic() < until and self.read(POLL_S / 10):
            pass
        self._selector.close()
        self._pipe.close()

    def text(self, redact: Callable[[bytes], bytes]) -> str:
        """Safe to draw; a line that was cut at the front is left out."""
        kept = bytes(self._kept)
        if self._cut:
            kept = kept.partition(b"\n")[2] or kept
        return clean_block(redact(kept).decode("utf-8", "replace"), KEPT)
