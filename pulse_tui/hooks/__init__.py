"""The listening socket: signed webhooks come in as ``POST /hooks/<source id>``, hints go out.

One request a connection, with a limit on everything: connections, time, head and body. When there is no room, whoever
has not finished a request makes room, first of the address with the most connections: idle ones keep nobody out. An
answer never holds a word of what was sent. Whether a webhook is believed is asked in a thread; it is a hint, its content is not kept here.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import ssl
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import ClassVar, NamedTuple
from urllib.parse import unquote

import h11

from pulse_tui.domain.errors import NotFound, PulseError, Refused, Replayed
from pulse_tui.domain.text import clean
from pulse_tui.ports import Hint, HookRequest

PREFIX = "/hooks/"
BODY_CAP = 1 << 20
HEAD_CAP = 16 << 10
CONNECTIONS = 32
"""Requests that are read or judged at once."""
OPEN = 4 * CONNECTIONS
"""Connections at once, with those that are only being closed."""
REQUEST_S = 10.0
"""For one request, from the first byte of its head to the last of its body, and once more for its answer."""
LINGER_S = 1.0
"""How long what is still being sent is read away: closing on it would take the answer back."""
TOLD_S = 60.0
"""At most one sentence about refused webhooks of a source in this time."""
RETRY_S = 30.0
"""Between attempts to listen on an address that somebody else has."""

Take = Callable[[str, HookRequest], Hint]
"""Believe a webhook of a source; blocks. Raises NotFound, Replayed, Refused, or another PulseError for our trouble."""


class Stop(Exception):
    """The request ends here, with this status."""

    def __init__(self, status: HTTPStatus) -> None:
        self.status = status


class Asked(NamedTuple):
    """A request that arrived whole; ``source`` is what its path names."""

    source: str
    request: HookRequest


class Reply(NamedTuple):
    """What it is answered with; no ``body``: the words of the status."""

    status: HTTPStatus
    body: bytes | None = None
    kind: str = "text/plain"


class Receiver:
    """Takes requests on one address, one a connection. It lives on the running loop."""

    NAME: ClassVar[str] = ""
    """What its sentences begin with."""
    CAP: ClassVar[int] = BODY_CAP
    """Bytes of a body."""
    LINGERS: ClassVar[bool] = True
    """Whether it waits for the sender to close; what came of a request that was not read whole is always read away."""
    THREADS: ClassVar[int] = 2
    """In which requests are judged."""

    def __init__(self, host: str, port: int) -> None:
        """``port`` 0 lets the system choose; ``address`` says which."""
        self._host, self._port = host, port
        self._server: asyncio.Server | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._open: set[asyncio.Task[None]] = set()
        self._reading: dict[asyncio.Task[None], str] = {}
        """Whose request has not arrived yet, the eldest first, with its address."""
        self._judging = 0
        self._listening: asyncio.Task[None] | None = None
        self._tell: Callable[[str], None] = lambda _message: None
        self._hint: Callable[[str], None] = lambda _source: None

    @property
    def address(self) -> tuple[str, int] | None:
        """Where it listens; None while it does not."""
        if self._server is None or not self._server.sockets:
            return None
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    async def start(self, on_event: Callable[[str], None], on_hint: Callable[[str], None]) -> None:
        """Listen. An address that is taken is reported, and tried again now and then; it is no error.

        ``on_hint`` gets the source of every webhook that was believed, ``on_event`` sentences; both on the loop.
        """
        self._tell, self._hint = on_event, on_hint
        self._pool = ThreadPoolExecutor(self.THREADS, self.NAME)
        if (trouble := await self._listen()) is not None:
            on_event(f"{self.NAME}: {self._shown()} cannot be listened on: {trouble}")
            self._listening = asyncio.create_task(self._listen_later())

    async def stop(self) -> None:
        """Close the socket and every connection; a webhook that is being judged is let go."""
        if self._listening is not None:
            self._listening.cancel()
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for task in list(self._open):
            task.cancel()
        if self._open:
            await asyncio.wait(self._open, timeout=LINGER_S)
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    async def _listen(self) -> str | None:
        try:
            self._server = await asyncio.start_server(
                self._connected, self._host, self._port, limit=HEAD_CAP, ssl=self._tls()
            )
        except (OSError, OverflowError) as error:
            return _reason(error)
        return None

    async def _listen_later(self) -> None:
        while await self._listen() is not None:
            await asyncio.sleep(RETRY_S)
        self._tell(f"{self.NAME}: listening on {self._shown()} now")

    def _tls(self) -> ssl.SSLContext | None:
        """How connections are secured; None: in the clear. Raises OSError for what cannot be read."""
        return None

    def _route(self, head: h11.Request) -> str:
        """What the path names. Raises Stop for a request that goes no further."""
        raise NotImplementedError

    async def _judged(self, asked: Asked) -> Reply:
        """The answer to a whole request."""
        raise NotImplementedError

    def _shown(self) -> str:
        return f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"

    # ------------------------------------------------------------------ one connection

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        many = len(self._open) >= OPEN
        self._open.add(task)
        try:
            if many:
                return
            if len(self._reading) + self._judging >= CONNECTIONS and not self._make_room():
                await self._answer(h11.Connection(h11.SERVER), writer, Reply(HTTPStatus.SERVICE_UNAVAILABLE))
            else:
                await self._serve(task, reader, writer)
        except (OSError, TimeoutError):
            pass  # the sender went away, or takes no answer
        except asyncio.CancelledError:
            pass  # stopped: asyncio would print the task's end over the screen
        finally:
            self._open.discard(task)
            writer.close()

    def _make_room(self) -> bool:
        """Send somebody away who has not finished a request; False when there is none."""
        if not self._reading:
            return False
        counts = Counter(self._reading.values())
        most = max(counts.values())
        eldest = next(task for task, address in self._reading.items() if counts[address] == most)
        del self._reading[eldest]
        return eldest.cancel()

    async def _serve(
        self, task: asyncio.Task[None], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        wire = h11.Connection(h11.SERVER, max_incomplete_event_size=HEAD_CAP)
        whole = False
        self._reading[task] = str((writer.get_extra_info("peername") or ("",))[0])
        try:
            async with asyncio.timeout(REQUEST_S):
                asked = await self._read(wire, reader, writer)
            whole = True
            del self._reading[task]
            reply = await self._judged(asked)
        except asyncio.CancelledError:
            if task in self._reading or self._server is None:
                raise  # stopped
            task.uncancel()
            reply = Reply(HTTPStatus.SERVICE_UNAVAILABLE)
        except Stop as stop:
            reply = Reply(stop.status)
        except TimeoutError:
            reply = Reply(HTTPStatus.REQUEST_TIMEOUT)
        except h11.RemoteProtocolError as error:
            reply = Reply(HTTPStatus(error.error_status_hint))
        finally:
            self._reading.pop(task, None)
        async with asyncio.timeout(REQUEST_S):
            await self._answer(wire, writer, reply)
        if self.LINGERS or not whole:
            await _read_away(reader)

    async def _answer(self, wire: h11.Connection, writer: asyncio.StreamWriter, reply: Reply) -> None:
        status = reply.status
        body = reply.body if reply.body is not None else f"{status.phrase.lower()}\n".encode()
        headers = [("content-type", reply.kind), ("content-length", str(len(body))), ("connection", "close")]
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append(("allow", "POST"))
        if status is HTTPStatus.SERVICE_UNAVAILABLE:
            headers.append(("retry-after", "1"))
        if wire.our_state not in (h11.IDLE, h11.SEND_RESPONSE):  # what came was no HTTP at all
            wire = h11.Connection(h11.SERVER)
        response = h11.Response(status_code=status, headers=headers, reason=status.phrase.encode())
        for event in (response, h11.Data(data=body), h11.EndOfMessage()):
            writer.write(wire.send(event) or b"")
        await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()

    async def _read(self, wire: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Asked:
        """One request. Raises Stop, TimeoutError or h11.RemoteProtocolError."""
        head: h11.Request | None = None
        source, body = "", bytearray()
        while True:
            event = wire.next_event()
            if event is h11.NEED_DATA:
                if wire.they_are_waiting_for_100_continue:
                    go_on = h11.InformationalResponse(status_code=100, headers=[])
                    writer.write(wire.send(go_on) or b"")
                wire.receive_data(await reader.read(HEAD_CAP))
            elif isinstance(event, h11.Request):
                head, source = event, self._begun(event)
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > self.CAP:
                    raise Stop(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                headers = {name.decode("ascii"): value.decode("latin-1") for name, value in head.headers}
                return Asked(source, HookRequest(headers, bytes(body)))
            else:  # closed before a request was whole
                raise ConnectionResetError

    def _begun(self, head: h11.Request) -> str:
        """What a request's head names, when it may go on at all."""
        source = self._route(head)
        if head.method != b"POST":
            raise Stop(HTTPStatus.METHOD_NOT_ALLOWED)
        length = next((value for name, value in head.headers if name == b"content-length"), b"0")
        if (
            len(length) > len(str(self.CAP)) + 12 or int(length) > self.CAP
        ):  # Python refuses to read thousands of digits
            raise Stop(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return source


class Hooks(Receiver):
    """A receiver of webhooks."""

    NAME = "hooks"

    def __init__(self, host: str, port: int, take: Take) -> None:
        """``take`` believes a webhook, in a thread."""
        super().__init__(host, port)
        self._take = take
        self._told: dict[str, float] = {}

    def _route(self, head: h11.Request) -> str:
        path = head.target.decode("latin-1").partition("?")[0]
        source = unquote(path.removeprefix(PREFIX)) if path.startswith(PREFIX) else ""
        if not source:
            raise Stop(HTTPStatus.NOT_FOUND)
        return source

    async def _judged(self, asked: Asked) -> Reply:
        loop = asyncio.get_running_loop()
        self._judging += 1
        try:
            await loop.run_in_executor(self._pool, self._take, asked.source, asked.request)
        except NotFound:
            return Reply(HTTPStatus.NOT_FOUND)
        except Refused as refused:
            self._tell_refused(asked.source, refused)
            return Reply(HTTPStatus.CONFLICT if isinstance(refused, Replayed) else HTTPStatus.UNAUTHORIZED)
        except PulseError as error:  # our own trouble: the sender tries again
            self._tell(f"hooks: {error}")
            return Reply(HTTPStatus.SERVICE_UNAVAILABLE)
        except Exception as error:  # shown, not hidden
            self._tell(f"hooks: internal error: {type(error).__name__}: {error}")
            return Reply(HTTPStatus.SERVICE_UNAVAILABLE)
        finally:
            self._judging -= 1
        self._hint(asked.source)
        return Reply(HTTPStatus.ACCEPTED)

    def _tell_refused(self, source: str, refused: Refused) -> None:
        """A wrong secret must not go unseen, and a flood must not fill the screen."""
        now = time.monotonic()
        if now - self._told.get(source, -TOLD_S) >= TOLD_S:
            self._told[source] = now
            self._tell(f"hooks: a webhook for {source} was refused: {clean(refused.what)}")


async def _read_away(reader: asyncio.StreamReader) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LINGER_S):
            while await reader.read(1 << 16):
                pass


def _reason(error: OSError | OverflowError) -> str:
    if isinstance(error, socket.gaierror):
        return str(error.strerror).lower()
    if not isinstance(error, OSError) or not error.errno:
        return str(error)
    reason = os.strerror(error.errno).lower()
    return f"{reason}; another tower or agent may have it" if error.errno == errno.EADDRINUSE else reason
