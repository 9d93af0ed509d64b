"""SSH agents: one that holds keys in memory, ones that misbehave, and OpenSSH's own."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from pulse_tui.domain.errors import NoAgent
from pulse_tui.domain.sshsig import PublicKey, Reader, Signature, string
from pulse_tui.ports import HeldKey
from pulse_tui.signing import wrong
from tests.fakes.sshkeys import Pair


class Keys:
    """An agent without a socket: the keys that it holds now, and the real verification."""

    def __init__(self, *pairs: Pair) -> None:
        """``made`` says what it answers."""
        self.pairs = list(pairs)
        self.made: Callable[[Pair, bytes], bytes] = lambda pair, data: pair.made(data)
        self.asked = 0

    def held(self) -> list[HeldKey]:
        if not self.pairs:
            raise NoAgent("there is no SSH agent here")
        return [HeldKey(p.public, "in memory") for p in self.pairs]

    def sign(self, key: PublicKey, data: bytes) -> bytes:
        self.asked += 1
        return self.made(next(p for p in self.pairs if p.public == key), data)

    def wrong(self, signature: Signature, message: bytes) -> str:
        return wrong(signature, message)


OPENSSH = all(shutil.which(tool) for tool in ("ssh-agent", "ssh-add", "ssh-keygen"))
Answer = Callable[[socket.socket, bytes], None]


def answer(connection: socket.socket, kind: int, body: bytes = b"") -> None:
    """One message of the protocol."""
    connection.sendall(string(bytes([kind]) + body))


def holding(pairs: Sequence[Pair], made: Callable[[Pair, bytes], bytes] | None = None) -> Answer:
    """An agent that holds these keys; ``made`` is what it answers instead of a signature."""

    def act(connection: socket.socket, request: bytes) -> None:
        if request[0] == 11:
            keys = b"".join(string(p.public.blob) + string(b"a comment") for p in pairs)
            answer(connection, 12, len(pairs).to_bytes(4, "big") + keys)
            return
        reader = Reader(request[1:], "request")
        blob, data = reader.string(), reader.string()
        found = next((p for p in pairs if p.public.blob == blob), None)
        if found is None:
            answer(connection, 5)
        else:
            answer(connection, 14, string(made(found, data) if made else found.made(data)))

    return act


def _whole(connection: socket.socket) -> bytes:
    size = int.from_bytes(connection.recv(4, socket.MSG_WAITALL), "big")
    return connection.recv(size, socket.MSG_WAITALL) if size else b""


@contextlib.contextmanager
def agent(act: Answer) -> Iterator[str]:
    """The path of a socket behind which ``act`` answers each request."""
    with tempfile.TemporaryDirectory(prefix="agent-") as folder, socket.socket(socket.AF_UNIX) as listener:
        path = f"{folder}/s"
        listener.bind(path)
        listener.listen(8)

        def one(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                while request := _whole(connection):
                    act(connection, request)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    threading.Thread(target=one, args=(listener.accept()[0],), daemon=True).start()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield path
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(60)


@contextlib.contextmanager
def openssh(folder: Path, kinds: Sequence[str] = ("ed25519",)) -> Iterator[tuple[str, dict[str, str]]]:
    """OpenSSH's own agent with a key of each kind that ssh-keygen made: (socket, public line by kind)."""
    with tempfile.TemporaryDirectory(prefix="agent-") as short:
        path = f"{short}/s"
        started = subprocess.Popen(
            ["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            lines = {}
            for kind in kinds:
                name, _, bits = kind.partition(":")
                key = folder / f"id_{name}{bits}"
                size = ["-b", bits] if bits else []
                made = ["ssh-keygen", "-q", "-t", name, *size, "-N", "", "-C", f"{name} key", "-f", str(key)]
                subprocess.run(made, check=True)
                lines[kind] = key.with_suffix(".pub").read_text()
            while not Path(path).exists() and started.poll() is None:
                started.poll()
            add = ["ssh-add", "-q", *(str(folder / f"id_{k.replace(':', '')}") for k in kinds)]
            subprocess.run(
                add, check=True, env={"SSH_AUTH_SOCK": path, "PATH": "/usr/bin:/bin"}, stderr=subprocess.DEVNULL
            )
            yield path, lines
        finally:
            started.terminate()
            started.wait(60)
