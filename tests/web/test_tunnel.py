"""TLS through a proxy of the environment: whole answers come through, and the deadline holds in the tunnel as well."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Cursor
from tests.collectors.contexts import quick_web
from tests.servers.hostile import OK, PEM, Hostile, Row, says, stalls, trickles

ANSWER = OK + b"Content-Length: 2\r\n\r\nok"


class Tunnel:
    """A proxy that takes CONNECT and leads every name to this machine."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        line = head.partition(b"\r\n")[0].decode()
        self.asked.append(line)
        port = int(line.split()[1].rpartition(":")[2])
        target = socket.create_connection(("127.0.0.1", port))
        client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=self._pump, args=(client, target), daemon=True).start()
        self._pump(target, client)

    def _pump(self, source: socket.socket, to: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                to.sendall(data)
            to.shutdown(socket.SHUT_WR)


@pytest.fixture
def tunnel(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tunnel]:
    made = Tunnel()
    monkeypatch.setenv("https_proxy", made.url)
    monkeypatch.setenv("SSL_CERT_FILE", str(PEM))
    yield made
    made.close()


def test_an_answer_in_tls_comes_through_a_proxy(tunnel: Tunnel) -> None:
    with Hostile(Row("answers", says(ANSWER), None, tls=True)) as server:
        got = quick_web().fetch(f"https://models.test:{server.port}/f", Cursor())
        assert got.body == b"ok"
        assert tunnel.asked == [f"CONNECT models.test:{server.port} HTTP/1.1"]


@pytest.mark.parametrize(
    ("row", "sent"),
    [
        (Row("trickles headers", trickles(b"X: 1\r\n", OK), None, tls=True), True),
        (Row("trickles a body", trickles(b"x", OK + b"\r\n"), None, tls=True), True),
        (Row("stalls", stalls(OK), None, tls=True), True),
        (Row("never shakes hands", stalls(), None, early=True, tls=True, speaks_tls=False), False),
        (Row("trickles its handshake", trickles(b"\x16\x03\x03\x40\x00"), None, early=True, tls=True, speaks_tls=False), False),
    ],
    ids=lambda value: value.name if isinstance(value, Row) else "",
)  # fmt: skip
def test_the_deadline_holds_in_the_tunnel(tunnel: Tunnel, row: Row, sent: bool) -> None:
    with Hostile(row) as server, pytest.raises(SourceError, match=r"did not|cannot be reached") as caught:
        quick_web().send("PUT", f"https://models.test:{server.port}/f", json={}, timeout_s=0.4)
    assert caught.value.sent is sent
    assert tunnel.asked
