"""Stands before a target's server as the target's process: it can be killed, and begun again on its port.

What the server behind it holds stays, as a real target's database would. After SIGUSR1 it ends like a process that is
killed between the effect of a write and its answer: the next write's answer is swallowed, and the process with it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import threading
import time

from tests.servers.ports import free_port

_CHUNK = 1 << 16


class Forwarder:
    """``begin`` forks it; ``kill`` and ``kill_at_the_next_answer`` work from any process that knows the pid."""

    def __init__(self, to: tuple[str, int]) -> None:
        self._to = to
        self.port = free_port()
        self.pid = 0
        self.begin()

    def begin(self) -> None:
        """As long as it runs, do nothing; else begin it again, and return when it takes connections."""
        if self.pid and os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            return
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", self.port))
        listening.listen(16)
        self.pid = os.fork()
        if not self.pid:
            _serve(listening, self._to)
        listening.close()

    def kill(self) -> None:
        """Now, and return when it is gone."""
        os.kill(self.pid, signal.SIGKILL)
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)):
                    return
            time.sleep(0.001)

    def kill_at_the_next_write(self) -> None:
        """The request is passed on and takes effect; nobody hears of it."""
        os.kill(self.pid, signal.SIGUSR1)

    def end(self) -> None:
        """For good."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)


def _serve(listening: socket.socket, to: tuple[str, int]) -> None:
    asked, dying = threading.Event(), threading.Event()
    signal.signal(signal.SIGUSR1, lambda *_: asked.set())
    parent = os.getppid()
    listening.settimeout(0.2)
    while os.getppid() == parent:
        try:
            client, _ = listening.accept()
        except TimeoutError:
            continue
        behind = socket.create_connection(to)
        for one, other, sends in ((client, behind, True), (behind, client, False)):
            threading.Thread(target=_pass, args=(one, other, asked, dying, sends), daemon=True).start()
    os._exit(0)


def _pass(
    one: socket.socket, other: socket.socket, asked: threading.Event, dying: threading.Event, sends: bool
) -> None:
    try:
        while data := one.recv(_CHUNK):
            if not sends and dying.is_set():
                os._exit(9)
            if sends and asked.is_set() and not (data.startswith(b"GET") or b"Describe" in data):
                dying.set()
            other.sendall(data)
    except OSError:
        pass
    for each in (one, other):
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
