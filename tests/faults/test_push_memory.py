"""What bodies take of a real agent: those that never arrive whole share what the page of pushes says, and keep nobody out."""

from __future__ import annotations

import contextlib
import signal as signals
import socket
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pulse_tui.hooks.receiver import HELD
from tests.fakes.pushing import quiet
from tests.fakes.pushing_agent import Line, body_of, configure, memory_mb, ready, start, wire
from tests.servers.ports import free_port

SENDERS = 300
HALF = 1_000_000
ASIDE_MB = 30
"""For what is read of sockets and of heads, and what the allocator keeps for itself."""
_DECLARED = b"Content-Length: %d" % (2 * HALF)


@pytest.mark.parametrize("form", [_DECLARED, pytest.param(b"Transfer-Encoding: chunked", marks=pytest.mark.slow)])
def test_bodies_that_never_arrive_whole_take_no_more_than_they_may(tmp_path: Path, form: bytes) -> None:
    port = free_port()
    configure(tmp_path, port)
    agent = start(tmp_path)
    open_: list[socket.socket] = []
    try:
        ready(port, agent)
        now = datetime.now(UTC).isoformat()
        genuine = [
            wire(1, body_of(quiet(n, asset_id="asset-0", occurred_at=now, observed_at=now))) for n in ("first", "last")
        ]
        assert Line(port).send(genuine[0])[0] == 202  # all that is imported late is there
        before = memory_mb(agent.pid)
        head = wire(0, b"").replace(b"Content-Length: 0", form)
        piece = b"x" * 50_000
        piece = b"%x\r\n%s\r\n" % (len(piece), piece) if b"chunked" in form else piece

        def half() -> None:
            with contextlib.suppress(OSError):  # it made room for others
                line = socket.create_connection(("127.0.0.1", port), timeout=60)
                open_.append(line)
                line.sendall(head)
                for _ in range(HALF // 50_000):
                    line.sendall(piece)
                while line.recv(65_536):  # it makes room at once, or is cut off after ten seconds
                    pass

        threads = [threading.Thread(target=half) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert Line(port).send(genuine[1])[0] == 202
        taken = memory_mb(agent.pid) - before
        assert taken < HELD / 2**20 + ASIDE_MB, f"{taken:.0f} MB more than before"
        assert taken > HELD / 2**20 / 2, f"{taken:.0f} MB more than before: they did not arrive"
    finally:
        for line in open_:
            line.close()
        agent.send_signal(signals.SIGTERM)
        agent.wait(60)
