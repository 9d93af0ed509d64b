"""The one door to other programs: started without a shell, watched, and ended with everything that they started."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, NoReturn

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.text import clean, clean_block
from pulse_tui.ports.running import Ended, Finished, Output

if TYPE_CHECKING:
    from asyncio.subprocess import Process

MARK = "PULSE_RUN"
"""The variable that names a run in the environment of everything that it started."""
PASSED_ON = frozenset({"PATH", "HOME", "LANG", "TZ", "TMPDIR"})
"""Beside ``LC_*``, all that a command gets of our environment unasked."""
KEPT = 64 * 2**10
"""Bytes of output that are kept: the last ones of a command, the first ones of what a program complains."""
LONGEST_LINE = 2**20
"""Bytes of a line that a program which is talked to may write."""
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
        process = _start(argv, folder, {**_passed_on(), **environment, MARK: mark})
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

    def ask(
        self,
        argv: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        feed: bytes = b"",
        timeout_s: float,
        cap: int = 2**20,
    ) -> Output:
        with tempfile.TemporaryFile() as errors, tempfile.TemporaryFile() as given:
            given.write(feed)
            given.seek(0)
            process = _start(argv, folder, environment, stdin=given, stderr=errors)
            assert process.stdout is not None
            late = threading.Event()

            def stop() -> None:
                late.set()
                _stop_group(process)

            timer = threading.Timer(timeout_s, stop)
            timer.start()
            try:
                with process.stdout as pipe:
                    data = _read_up_to(pipe, cap + 1)
                    if len(data) > cap:
                        _stop_group(process)
                with contextlib.suppress(ChildProcessError):  # the timer waited for it
                    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
                    # Its number is taken until it is waited for: the group cannot be somebody else's yet.
                    _signal_group(process.pid, signal.SIGKILL)
                process.wait()
            except BaseException:
                _stop_group(process)
                raise
            finally:
                timer.cancel()
            errors.seek(0)
            complaint = clean_block(self._redact(errors.read(KEPT)).decode("utf-8", "replace"), KEPT)
        if late.is_set():
            return Output(Ended.TIMED_OUT, None, data, complaint)
        if len(data) > cap:
            return Output(Ended.FLOODED, None, data[:cap], complaint)
        return Output(Ended.EXITED, process.returncode, data, complaint)

    def end(self, mark: str) -> int:
        """Found by their environment, where the system shows it: also those that left the session."""
        wanted, count = f"{MARK}={mark}".encode(), 0
        for place in Path("/proc").glob("[0-9]*/environ"):
            with contextlib.suppress(OSError):
                if wanted in place.read_bytes().split(b"\0") and int(place.parent.name) != os.getpid():
                    os.kill(int(place.parent.name), signal.SIGKILL)
                    count += 1
        return count


def _passed_on() -> dict[str, str]:
    """What every program needs of our environment; passwords and tokens stand there, too, and are for those that name them."""
    return {n: value for n, value in os.environ.items() if n in PASSED_ON or n.startswith("LC_")}


def start_again() -> NoReturn:
    """This process from its beginning, as it was started: nothing of what it read and no thread of it goes on."""
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606  ourselves, without a shell


async def converse(argv: Sequence[str]) -> Process:
    """Start a program that is talked to over its standard input and output, in lines.

    In a session of its own, so that the terminal's Ctrl-C is not for it; what it complains is not on the screen.
    """
    import asyncio.subprocess as pipes  # noqa: PLC0415  whoever talks has a loop; who only runs commands need not

    return await pipes.create_subprocess_exec(
        *argv,
        stdin=pipes.PIPE,
        stdout=pipes.PIPE,
        stderr=pipes.DEVNULL,
        start_new_session=True,
        limit=LONGEST_LINE,
    )


def _start(
    argv: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    *,
    stdin: IO[bytes] | int = subprocess.DEVNULL,
    stderr: IO[bytes] | int = subprocess.STDOUT,
) -> subprocess.Popen[bytes]:
    program = clean(argv[0], 200)
    try:
        return subprocess.Popen(  # noqa: S603  argv from the configuration, no shell
            list(argv),
            cwd=folder,
            env=dict(environment),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
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


def _stop_group(process: subprocess.Popen[bytes]) -> None:
    """It and whatever it started: asked first, so that it takes its lock files away."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=GRACE_S)
        os.killpg(process.pid, signal.SIGKILL)


def _read_up_to(pipe: IO[bytes], most: int) -> bytes:
    """Until the end, or so many bytes."""
    parts, left = list[bytes](), most
    while left and (part := pipe.read(min(left, KEPT))):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


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
