"""A real agent in a process of its own, with senders, and a client that costs little."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import msgspec

from tests.fakes.pushing import SECRETS

TOKENS = [f"token-of-sender-{n:02}-for-tests" for n in range(8)]


def configure(
    folder: Path, port: int, assets: int = 2, *, database: str = "sqlite:///pulse.db", rate: str = "1000000/s"
) -> None:
    """A configuration with eight senders ``s0`` to ``s7``, and assets ``asset-0`` ... in production."""
    estate = "".join(
        f"    - {{id: asset-{n}, asset_type: service, owner_team: t, tier: internal, environments: {{production: {{version: 1.0.0}}}}, "
        "releases: [{version: 1.0.0, state: promoted}]}\n"
        for n in range(assets)
    )
    senders = "".join(f'    - {{id: s{n}, token: "${{SENDER_{n}}}", rate: {rate}}}\n' for n in range(8))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pulse.yaml").write_text(
        f"name: pushed\ndatabase: {database}\nestate:\n  assets:\n{estate}"
        f'hooks:\n  listen: "127.0.0.1:{port}"\n  senders:\n{senders}'
    )
    (folder / "pulse.yaml").chmod(0o600)
    folder.chmod(0o700)


def environment() -> dict[str, str]:
    """With the tokens of the senders."""
    return {**os.environ, **SECRETS, **{f"SENDER_{n}": token for n, token in enumerate(TOKENS)}}


def start(folder: Path) -> subprocess.Popen[bytes]:
    """An agent; its output goes to ``agent.log`` in the folder."""
    with (folder / "agent.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "pulse_tui", "agent", "--config", str(folder)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment(),
        )  # fmt: skip


def ready(port: int, process: subprocess.Popen[bytes], seconds: float = 60.0) -> None:
    """Wait until it listens. Raises AssertionError when it ends or takes too long."""
    end = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert process.poll() is None, f"the agent ended with {process.returncode}"
            assert time.monotonic() < end, "the agent does not listen"
            time.sleep(0.02)
        else:
            return


def wire(sender: int, body: bytes, kind: str = "application/json") -> bytes:
    """A request of a sender, ready to be sent."""
    head = (
        f"POST /signals HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKENS[sender]}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Line:
    """A connection that is kept."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left = b""

    def send(self, request: bytes) -> tuple[int, bytes]:
        """Status and body of the answer. Raises OSError when the other end goes away."""
        status, _, body = self.sent(request)
        return status, body

    def sent(self, request: bytes) -> tuple[int, bytes, bytes]:
        """The same with the head of the answer, in small letters."""
        self._socket.sendall(request)
        data = self._left
        while b"\r\n\r\n" not in data:
            data += self._more()
        head, _, body = data.partition(b"\r\n\r\n")
        low = head.lower()
        at = low.index(b"content-length:") + 15
        length = int(low[at:].split(b"\r\n", 1)[0])
        while len(body) < length:
            body += self._more()
        self._left = body[length:]
        return int(head[9:12]), low, body[:length]

    def _more(self) -> bytes:
        data = self._socket.recv(65_536)
        if not data:
            raise ConnectionResetError
        return data

    def close(self) -> None:
        self._socket.close()


def processor_s(pid: int) -> float:
    """Seconds of processor time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int, what: str = "VmHWM") -> float:
    """Megabytes of a process: the most that it took so far, or with ``VmRSS`` what it takes now."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{what}:"))


def body_of(*records: object) -> bytes:
    """One record, or a list of them."""
    return msgspec.json.encode(records[0] if len(records) == 1 else records)
