"""A receiver of webhooks in a process of its own: takes whatever is posted, and writes key and moment of each to a file.

``python -m tests.servers.sink FILE``: prints the port on a line, then runs until standard input is closed. A line of the
file is ``KEY SECONDS BYTES``; it is written before the answer, so that what was answered is in the file.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

_ANSWER = b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n"


class Taken(NamedTuple):
    """One request."""

    key: str
    at: float
    """Seconds since the epoch."""


class Sink:
    """A running receiver."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, path: Path) -> None:
        self._process = process
        self.url = f"http://127.0.0.1:{port}/hook"
        self._path = path

    def taken(self) -> list[Taken]:
        """What came so far, in order."""
        lines = self._path.read_text().split("\n")[:-1]  # the last one may be half written
        return [Taken(key, float(at)) for key, at, _ in (line.split(" ") for line in lines)]

    def wait(self, count: int, seconds: float) -> list[Taken]:
        """Until so many different keys came."""
        end = time.monotonic() + seconds
        taken = self.taken()
        while len({t.key for t in taken}) < count and time.monotonic() < end:
            time.sleep(0.02)
            taken = self.taken()
        return taken


@contextmanager
def sink(path: Path) -> Iterator[Sink]:
    """A receiver that writes to ``path``."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.servers.sink", str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Sink(process, int(process.stdout.readline()), path)
    finally:
        process.stdin.close()
        process.wait(60)
        process.stdout.close()


async def _serve(file: BinaryIO) -> None:
    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:-2])
                body = await reader.readexactly(int(fields.get(b"content-length", b"0")))
                key = fields.get(b"idempotency-key", b"-")
                file.write(b"%s %.6f %d\n" % (key, time.time(), len(body)))
                file.flush()
                writer.write(_ANSWER)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client went away
        finally:
            writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.buffer.read)
    server.close()


if __name__ == "__main__":
    with Path(sys.argv[1]).open("ab") as opened:
        asyncio.run(_serve(opened))
