"""A supervisor as systemd is one towards its services: a datagram socket, and what was sent to it."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Listening:
    """Datagrams in the order in which they came, each as its lines."""

    def __init__(self, taking: socket.socket, name: str) -> None:
        self._socket = taking
        self.name = name
        """For ``NOTIFY_SOCKET``."""
        self.heard: list[list[str]] = []

    def take(self) -> list[list[str]]:
        """Everything so far."""
        self._socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.heard.append(self._socket.recv(4_096).decode().split("\n"))
        return self.heard

    def lines(self) -> list[str]:
        """The lines of all."""
        return [line for each in self.take() for line in each]

    def until(self, met: Callable[[list[str]], object], what: str, seconds: float = 60.0) -> list[str]:
        """The lines, once they are as wanted."""
        end = time.monotonic() + seconds
        while not met(self.lines()):
            if time.monotonic() > end:
                raise AssertionError(f"waited {seconds:g} s for {what}; there is {self.heard}")
            time.sleep(0.02)
        return self.lines()


@contextmanager
def supervisor(*, abstract: bool = False) -> Iterator[Listening]:
    """One that listens at a path, or in the abstract space."""
    with (
        tempfile.TemporaryDirectory(prefix="sd-") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as taking,
    ):
        place = str(Path(folder) / "notify")
        taking.bind("\0" + place if abstract else place)
        yield Listening(taking, "@" + place if abstract else place)
