"""A listening socket with a table of what it serves, and a limit on everything: connections, time, heads and bodies.

A connection may carry one request after the other. When there is no room, whoever has not finished a request makes
room, first of the address with the most connections: idle ones keep nobody out. An answer never holds a word of what
was sent, unless an entry of the table puts it there. What has been read whole is answered, also while it stops.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import ssl
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import Any, ClassVar, NamedTuple
from urllib.parse import unquote

import h11

from pulse_tui.domain.happening import Happening, Level

BODY_CAP = 1 << 20
"""Bytes of a body, where an entry names no cap."""
HEAD_CAP = 16 << 10
SPARED = 64 << 10
"""Bytes of a refused request that are read away so that its connection can go on."""
HELD = 96 << 20
"""Bytes of all bodies together that are read or judged."""
BLOCK = 64 << 10
"""Bytes of a body that are kept in one piece while the rest comes."""
CONNECTIONS = 128
"""Requests that are read or judged at once."""
OPEN = 4 * CONNECTIONS
"""Connections at once, with those that wait for their next request or are only being closed."""
ROOM_S, ROOM_TRIES = 0.02, 50
"""How often and how many times it is looked whether there is room for a connection."""
REQUEST_S = 10.0
"""For one request, from the first byte of its head to the last of its body, and once more for its answer."""
IDLE_S = 60.0
"""How long a connection may wait for its next request."""
LINGER_S = 1.0
"""How long what is still being sent is read away: closing on it would take the answer back."""
DRAIN_S = 3.0
"""How long requests that are judged may take once it stops."""
RETRY_S = 30.0
"""Between attempts to listen on an address that somebody else has."""


class Reply(NamedTuple):
    """What a request is answered with; no ``body``: the words of the status."""

    status: HTTPStatus
    body: bytes | None = None
    kind: str = "text/plain"
    headers: Sequence[tuple[str, str]] = ()


class Stop(Exception):
    """The request ends here, with this answer."""

    def __init__(self, status: HTTPStatus, *headers: tuple[str, str], body: bytes | None = None) -> None:
        """``headers`` stand beside those of every answer."""
        self.reply = Reply(status, body, headers=headers)


class Head(NamedTuple):
    """A request of which the body has not been read."""

    path: str
    """As it was sent, without the query."""
    rest: str
    """What stands in the path behind that of the entry, unescaped."""
    query: str
    headers: Mapping[str, str]
    """Names in lower case; one that came several times has its values in a row, with commas."""
    peer: str
    """The address of the other end."""


class Asked(NamedTuple):
    """A request that arrived whole."""

    head: Head
    body: bytes


Answer = Callable[[Asked, "Receiver"], Awaitable[Reply]]
"""Answers a request, on the loop: what blocks goes through :meth:`Receiver.aside`."""


class Served(NamedTuple):
    """An entry of the table: what one method at one path is answered by."""

    method: str
    path: str
    """Exactly this path, or all that begin with it where it ends in ``/``."""
    answer: Answer
    cap: int = BODY_CAP
    """Bytes of a body; above it 413."""
    admit: Callable[[Head, Receiver], None] = lambda _head, _receiver: None
    """Whether the body is read at all. Raises Stop."""


class _Body:
    """What has come of a body, in blocks of one size: one that grows is moved again and again, and what it leaves behind is
    of no use to others that grow."""

    def __init__(self) -> None:
        """Nothing has come."""
        self.size = 0
        self._blocks: list[bytes] = []
        self._last = bytearray()

    def add(self, data: bytes) -> None:
        """The next bytes; a sender chooses how few at a time."""
        self.size += len(data)
        self._last += data
        if len(self._last) >= BLOCK:
            self._blocks.append(bytes(self._last))
            self._last.clear()

    def whole(self) -> bytes:
        """All of it, which is kept no longer here."""
        data = b"".join((*self._blocks, self._last))
        self.drop()
        return data

    def drop(self) -> None:
        """Keep nothing of it; the size stays."""
        self._blocks.clear()
        self._last = bytearray()


class _Wire(h11.Connection):
    """One connection's requests and answers."""

    bare = False
    """Whether the request that is answered asks for the head of an answer alone."""


class Receiver:
    """Takes requests on one address. It lives on the running loop."""

    KEEPS: ClassVar[bool] = True
    """Whether a connection may carry several requests."""
    THREADS: ClassVar[int] = 2
    """In which requests are judged that block."""

    def __init__(self, name: str, host: str, port: int, served: Sequence[Served]) -> None:
        """``name`` stands before every sentence of it; ``port`` 0 lets the system choose, ``address`` says which."""
        self.ends: list[Callable[[], Awaitable[None]]] = []
        """What is awaited when it has answered for the last time."""
        self.notes: Sequence[str] = ()
        """Sentences for whoever starts it."""
        self.name = name
        self._host, self._port, self._served = host, port, tuple(served)
        self._server: asyncio.Server | None = None
        self._pool: ThreadPoolExecutor | None = None
        self._open: set[asyncio.Task[None]] = set()
        self._reading: dict[asyncio.Task[None], str] = {}
        """Whose request has not arrived yet, the eldest first, with its address."""
        self._idle: dict[asyncio.Task[None], str] = {}
        """Which wait for their next request, the longest first, with their address."""
        self._leaving: dict[asyncio.Task[None], str] = {}
        """Which have their answer and are only being closed."""
        self._judging: set[asyncio.Task[None]] = set()
        self._held = 0
        self._stopping = False
        self._listening: asyncio.Task[None] | None = None
        self._bound: socket.socket | None = None
        self.report: Callable[[str], None] = lambda _message: None
        """Takes a sentence for the operator."""
        self.hint: Callable[[str], None] = lambda _source: None
        """Takes the id of a source at which something changed."""
        self.counts: Callable[[], Mapping[str, int]] = dict
        """What came since the start, and what waits, for whoever measures."""

    @property
    def address(self) -> tuple[str, int] | None:
        """Where it listens; None while it does not."""
        if self._server is None or not self._server.sockets:
            return None
        host, port = self._server.sockets[0].getsockname()[:2]
        return host, port

    def also(self, served: Sequence[Served]) -> None:
        """Serve this, too; before it is started."""
        self._served += tuple(served)

    def adopt(self, bound: socket.socket) -> None:
        """Listen on a socket that is bound already; before it is started."""
        self._bound = bound

    def handed(self) -> socket.socket | None:
        """Its socket once more, for a process that goes on with it: it takes connections until both are closed."""
        if self._server is None or len(self._server.sockets) != 1:  # a name with two addresses is bound anew
            return None
        return self._server.sockets[0].dup()

    async def start(
        self, on_event: Callable[[str], None], on_hint: Callable[[str], None] = lambda _source: None
    ) -> None:
        """Listen. An address that is taken is reported, and tried again now and then; it is no error.

        ``on_event`` gets sentences, ``on_hint`` the source of every webhook that was believed; both on the loop.
        """
        self.report, self.hint, self._stopping = on_event, on_hint, False
        self._pool = ThreadPoolExecutor(self.THREADS, self.name)
        for note in self.notes:
            on_event(note)
        if (trouble := await self._listen()) is not None:
            what = f"{self.name}: {self._shown()} cannot be listened on: {trouble}"
            on_event(Happening(what, "listen_failed", Level.ERROR))
            self._listening = asyncio.create_task(self._listen_later())

    async def stop(self) -> None:
        """Close the socket and every connection, once what has been read whole is answered."""
        self._stopping = True
        if self._listening is not None:
            self._listening.cancel()
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for task in self._open - self._judging:
            task.cancel()
        if self._judging:
            await asyncio.wait(self._judging, timeout=DRAIN_S)
        for task in list(self._open):
            task.cancel()
        if self._open:
            await asyncio.wait(self._open, timeout=LINGER_S)
        while self.ends:
            await self.ends.pop()()
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    async def aside(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """What ``work`` returns or raises, from a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, work, *arguments)

    async def _listen(self) -> str | None:
        try:
            where: dict[str, Any] = {"host": self._host, "port": self._port}
            if self._bound is not None:
                where, self._bound = {"sock": self._bound}, None
            self._server = await asyncio.start_server(
                self._connected, **where, limit=HEAD_CAP, ssl=self._tls(), backlog=OPEN
            )
        except (OSError, OverflowError) as error:
            return _reason(error)
        return None

    async def _listen_later(self) -> None:
        while await self._listen() is not None:
            await asyncio.sleep(RETRY_S)
        self.report(Happening(f"{self.name}: listening on {self._shown()} now", "listening"))

    def _tls(self) -> ssl.SSLContext | None:
        """How connections are secured; None: in the clear. Raises OSError for what cannot be read."""
        return None

    def _shown(self) -> str:
        return f"[{self._host}]:{self._port}" if ":" in self._host else f"{self._host}:{self._port}"

    # ------------------------------------------------------------------ one connection

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        address = str((writer.get_extra_info("peername") or ("",))[0])
        wire = _Wire(h11.SERVER, max_incomplete_event_size=HEAD_CAP)
        # What is read of a socket at once stands in no account, and asyncio takes 256 KB: hundreds of connections have that.
        writer.transport.max_size = HEAD_CAP  # type: ignore[attr-defined]
        try:
            room = await self._room(task)
            while room and await self._serve(task, address, wire, reader, writer):
                wire.start_next_cycle()
                if not wire.trailing_data[0]:
                    wire.receive_data(await self._next(task, address, reader))
        except (OSError, TimeoutError):
            pass  # the sender went away, or takes no answer
        except asyncio.CancelledError:
            pass  # stopped: asyncio would print the task's end over the screen
        except h11.LocalProtocolError as error:  # an answer that cannot be sent; asyncio would print that, too
            self.report(Happening(f"{self.name}: internal error: {error}", "internal_error", Level.ERROR))
        finally:
            self._open.discard(task)
            self._idle.pop(task, None)
            self._leaving.pop(task, None)
            writer.close()

    async def _room(self, task: asyncio.Task[None]) -> bool:
        """Whether there is room for one connection more: of a burst, those that came before are ended first."""
        tries = ROOM_TRIES if len(self._open) < 2 * OPEN else 0
        self._open.add(task)
        while len(self._open) > OPEN and not self._end(self._leaving) and not self._end(self._idle):
            if not tries:
                return False
            tries -= 1
            await asyncio.sleep(ROOM_S)
        return True

    async def _next(self, task: asyncio.Task[None], address: str, reader: asyncio.StreamReader) -> bytes:
        """The first bytes of the next request. Raises ConnectionResetError where none comes, and TimeoutError."""
        self._idle[task] = address
        async with asyncio.timeout(IDLE_S):
            data = await reader.read(HEAD_CAP)
        self._idle.pop(task, None)
        if not data:
            raise ConnectionResetError
        return data

    def _make_room(self) -> bool:
        """Send somebody away who has not finished a request; False when there is none."""
        return self._end(self._reading)

    @staticmethod
    def _end(waiting: dict[asyncio.Task[None], str]) -> bool:
        """End the eldest of the address that has the most of these."""
        if not waiting:
            return False
        counts = Counter(waiting.values())
        most = max(counts.values())
        eldest = next(task for task, address in waiting.items() if counts[address] == most)
        del waiting[eldest]
        return eldest.cancel()

    async def _serve(
        self,
        task: asyncio.Task[None],
        address: str,
        wire: _Wire,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> bool:
        """One request and its answer; whether another one may follow."""
        body = _Body()
        wire.bare = False
        try:
            reply = await self._replied(task, address, wire, reader, writer, body)
        finally:
            self._reading.pop(task, None)
            self._judging.discard(task)
            self._held -= body.size
            body.drop()
        whole = wire.their_state in (h11.DONE, h11.MUST_CLOSE)
        on = await self._answer(wire, writer, reply, whole and self.KEEPS and not self._stopping)
        if not whole:
            self._leaving[task] = address
            await _read_away(reader)
        return on

    async def _replied(
        self,
        task: asyncio.Task[None],
        address: str,
        wire: _Wire,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        body: _Body,
    ) -> Reply:
        if len(self._reading) + len(self._judging) >= CONNECTIONS and not self._make_room():
            return _BUSY
        self._reading[task] = address
        try:
            async with asyncio.timeout(REQUEST_S):
                served, head = await self._read(wire, address, reader, writer, body)
            del self._reading[task]
            self._judging.add(task)
            return await served.answer(Asked(head, body.whole()), self)
        except asyncio.CancelledError:
            if task in self._reading or task in self._judging or self._stopping:
                raise  # stopped
            task.uncancel()
            return _BUSY
        except Stop as stop:
            return stop.reply
        except TimeoutError:
            return Reply(HTTPStatus.REQUEST_TIMEOUT)
        except h11.RemoteProtocolError as error:
            return Reply(HTTPStatus(error.error_status_hint))
        except OSError:
            raise
        except Exception as error:  # shown, not hidden
            what = f"{self.name}: internal error: {type(error).__name__}: {error}"
            self.report(Happening(what, "internal_error", Level.ERROR))
            return _BUSY

    async def _answer(self, wire: _Wire, writer: asyncio.StreamWriter, reply: Reply, on: bool) -> bool:
        """Write it; whether the connection goes on, which it does at most where ``on``."""
        status = reply.status
        body = reply.body if reply.body is not None else f"{status.phrase.lower()}\n".encode()
        headers = [("content-type", reply.kind), ("content-length", str(len(body))), *reply.headers]
        if not on:
            headers.append(("connection", "close"))
        if wire.our_state not in (h11.IDLE, h11.SEND_RESPONSE):  # what came was no HTTP at all
            wire = _Wire(h11.SERVER)
        response = h11.Response(status_code=status, headers=headers, reason=status.phrase.encode())
        sent = [
            wire.send(event) or b""
            for event in (response, h11.Data(data=b"" if wire.bare else body), h11.EndOfMessage())
        ]
        writer.write(b"".join(sent))
        if writer.transport.get_write_buffer_size():
            async with asyncio.timeout(REQUEST_S):
                await writer.drain()
        if on and wire.our_state is h11.DONE:
            return True
        if writer.can_write_eof():
            writer.write_eof()
        return False

    async def _read(
        self,
        wire: _Wire,
        address: str,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        body: _Body,
    ) -> tuple[Served, Head]:
        """One request, its body into ``body``. Raises Stop, TimeoutError or h11.RemoteProtocolError."""
        begun: tuple[Served, Head] | Stop | None = None
        while True:
            event = wire.next_event()
            if event is h11.NEED_DATA:
                if wire.they_are_waiting_for_100_continue:
                    go_on = h11.InformationalResponse(status_code=100, headers=[])
                    writer.write(wire.send(go_on) or b"")
                wire.receive_data(await reader.read(HEAD_CAP))
            elif isinstance(event, h11.Request):
                wire.bare = event.method == b"HEAD"
                try:
                    begun = self._begun(event, address)
                except Stop as stop:
                    if wire.they_are_waiting_for_100_continue or not _is_short(event):
                        raise
                    begun = stop  # a sender that is only too quick keeps its connection
            elif isinstance(event, h11.Data) and not isinstance(begun, Stop):
                assert begun is not None
                if body.size + len(event.data) > begun[0].cap:
                    raise Stop(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
                body.add(event.data)
                self._held += len(event.data)
                if self._held > HELD:
                    self._make_room()
            elif isinstance(event, h11.EndOfMessage) and begun is not None:
                if isinstance(begun, Stop):
                    raise begun
                return begun
            elif not isinstance(event, h11.Data):  # closed before a request was whole
                raise ConnectionResetError

    def _begun(self, head: h11.Request, address: str) -> tuple[Served, Head]:
        """What answers a request of this head. Raises Stop where it may not go on."""
        path, _, query = head.target.decode("latin-1").partition("?")
        at = [s for s in self._served if path == s.path or (s.path.endswith("/") and path.startswith(s.path))]
        at = [s for s in at if path != s.path or not s.path.endswith("/")]
        if not at:
            raise Stop(HTTPStatus.NOT_FOUND)
        method = head.method.decode("latin-1")
        served = next((s for s in at if s.method == ("GET" if method == "HEAD" else method)), None)
        if served is None:
            raise Stop(HTTPStatus.METHOD_NOT_ALLOWED, ("allow", ", ".join(dict.fromkeys(s.method for s in at))))
        headers: dict[str, str] = {}
        for raw_name, raw in head.headers:
            name, value = raw_name.decode("ascii"), raw.decode("latin-1")
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
        if "content-length" in headers and "transfer-encoding" in headers:  # two readers may see two requests
            raise Stop(HTTPStatus.BAD_REQUEST)
        asked = Head(path, unquote(path.removeprefix(served.path)), query, headers, address)
        served.admit(asked, self)
        if _length(headers.get("content-length", "0")) > served.cap:
            raise Stop(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        return served, asked


_BUSY = Reply(HTTPStatus.SERVICE_UNAVAILABLE, headers=(("retry-after", "1"),))


def _length(header: str) -> int:
    """Python refuses to read thousands of digits."""
    return int(header) if len(header) <= 20 else 1 << 62


def _is_short(head: h11.Request) -> bool:
    """Whether all of it is known to come soon."""
    lengths = [value for name, value in head.headers if name == b"content-length"]
    chunked = any(name == b"transfer-encoding" for name, _ in head.headers)
    return not chunked and all(_length(value.decode("latin-1")) <= SPARED for value in lengths)


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
