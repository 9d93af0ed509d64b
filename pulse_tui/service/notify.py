"""Words to the supervisor: systemd's notification protocol (sd_notify(3)), a datagram each. Without one they go nowhere."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Mapping

SOCKET = "NOTIFY_SOCKET"
LONGEST_STATUS = 300


class Supervisor:
    """Whoever started this process and waits for its words."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """``environment`` names the socket, and for how long the process may be silent."""
        self._address = _address(environment.get(SOCKET, ""))
        self.watchdog_s = _watchdog(environment)
        """Seconds after which it is ended when it does not say that it lives; None: nobody asks."""

    @property
    def there(self) -> bool:
        """Whether anybody listens."""
        return self._address is not None

    def ready(self, status: str) -> None:
        """It is started, or has taken up a configuration."""
        self._send("READY=1", _status(status))

    def status(self, status: str) -> None:
        """What it does, in a line."""
        self._send(_status(status))

    def reloading(self, status: str) -> None:
        """It takes up its configuration anew; :meth:`ready` ends that."""
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1_000}", _status(status))

    def stopping(self, status: str) -> None:
        """It leaves."""
        self._send("STOPPING=1", _status(status))

    def alive(self) -> None:
        """Nothing of it is stuck."""
        self._send("WATCHDOG=1")

    def patience(self, seconds: float) -> None:
        """It needs so long from now on for what it does."""
        self._send(f"EXTEND_TIMEOUT_USEC={int(seconds * 1_000_000)}")

    def _send(self, *lines: str) -> None:
        if self._address is None:
            return
        # Never a reason to stop, or to wait: a supervisor that is gone or slow misses a word, and the next one comes.
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as out,
        ):
            out.setblocking(False)
            out.sendto("\n".join(lines).encode("utf-8", "replace"), self._address)


def _address(named: str) -> str | None:
    """A path, or ``@name`` in the abstract space, which the kernel begins with a zero byte; None for anything else."""
    if named.startswith("@") and len(named) > 1:
        return "\0" + named[1:]
    return named if named.startswith("/") else None


def _watchdog(environment: Mapping[str, str]) -> float | None:
    microseconds, process = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not microseconds.isdecimal() or int(microseconds) == 0 or (process and process != str(os.getpid())):
        return None
    return int(microseconds) / 1_000_000


def _status(text: str) -> str:
    return "STATUS=" + " ".join(text.split())[:LONGEST_STATUS]
