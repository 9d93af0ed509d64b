"""Servers on 127.0.0.1 that do to a client what a broken, slow or hostile one does: one behaviour a row.

A behaviour gets the connection after the request's head was read (``early``: at once), and plays until the client has
gone or the server is closed. What is right is said in the row: a pattern of the error, or None when it is an answer.
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

PEM = Path(__file__).parent / "loopback.pem"
"""Key and certificate of the TLS rows."""
GAP_S = 0.02
"""Between two bytes that trickle."""
CONNECTIONS = 40
"""A server that was asked more often than this has met a client in a loop."""

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
PACKED = OK + b"Content-Encoding: gzip\r\n\r\n"
REDIRECT = b"HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\nLocation: "
BUSY = b"HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nContent-Length: 0\r\nRetry-After: "
TAGGED = OK + b"Content-Length: 2\r\nETag: "

Play = Callable[[socket.socket, int], None]
"""Gets the connection and its port."""

SLOW = "did not (finish its answer|answer) within"
DROPPED = "dropped the connection before its answer was complete"
CAP = "over the cap of"
NO_TLS = "did not accept a connection|cannot be reached"


class Row(NamedTuple):
    """One behaviour."""

    name: str
    play: Play
    right: str | None
    """What the error must match; None: an answer."""
    early: bool = False
    """It does not wait for the request."""
    tls: bool = False
    upload: bool = False
    """The client sends a large body, once."""
    speaks_tls: bool = True
    """Whether a row that is asked over https shakes hands by itself."""
    host: str = "127.0.0.1"
    listens: bool = True

    @property
    def accepted(self) -> str | None:
        """``right``; what has no end may be ended by the deadline before it is noticed for what it is."""
        return f"{self.right}|{SLOW}" if self.right and "without an end" in self.name else self.right


class Hostile:
    """Runs one row; ``url`` is where, ``asked`` how often it was connected to."""

    def __init__(self, row: Row) -> None:
        self._row = row
        self._ended = threading.Event()
        self._open: list[socket.socket] = []
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind((row.host, 0))
        self.port: int = self._listener.getsockname()[1]
        self.url = f"{'https' if row.tls else 'http'}://{row.host}:{self.port}"
        self.asked = 0
        if row.listens:
            self._listener.listen(16)
            threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.close()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.asked += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.settimeout(15)
        with contextlib.suppress(OSError, ValueError):
            if self._row.tls and self._row.speaks_tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(PEM)
                connection = context.wrap_socket(connection, server_side=True)
                self._open.append(connection)
            if not self._row.early:
                head = b""
                while b"\r\n\r\n" not in head:
                    if not (more := connection.recv(4096)):
                        return
                    head += more
            self._row.play(connection, self.port)
            if self._row.early:
                with contextlib.suppress(OSError):
                    connection.recv(1 << 16)
            connection.close()


def says(*parts: bytes) -> Play:
    """Sends this, and closes."""

    def play(connection: socket.socket, _port: int) -> None:
        for part in parts:
            connection.sendall(part)

    return play


def stalls(*parts: bytes) -> Play:
    """Sends this, and nothing more, and stays."""

    def play(connection: socket.socket, port: int) -> None:
        says(*parts)(connection, port)
        silence(connection, port)

    return play


def trickles(data: bytes, first: bytes = b"", gap_s: float = GAP_S) -> Play:
    """``first`` at once, then ``data`` byte by byte, again and again."""

    def play(connection: socket.socket, _port: int) -> None:
        connection.sendall(first)
        for byte in itertools.cycle(data):
            connection.sendall(bytes([byte]))
            time.sleep(gap_s)

    return play


def forever(data: bytes, first: bytes = b"") -> Play:
    """``first``, then ``data`` without an end, as fast as it is taken."""
    many = data * max(1, 16_384 // len(data))

    def play(connection: socket.socket, _port: int) -> None:
        connection.sendall(first)
        while True:
            connection.sendall(many)
            time.sleep(0.001)

    return play


def silence(connection: socket.socket, _port: int) -> None:
    """Says nothing, and takes what comes until the client goes."""
    while connection.recv(1 << 16):
        pass


def reset(connection: socket.socket, _port: int) -> None:
    """Ends with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def resets(connection: socket.socket, port: int) -> None:
    """Begins a body and ends with RST."""
    connection.sendall(OK + b"\r\nfour")
    reset(connection, port)


def deaf(connection: socket.socket, _port: int) -> None:
    """Never reads."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    time.sleep(12)


def sips(connection: socket.socket, _port: int) -> None:
    """Takes the request in small sips."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    while connection.recv(512):
        time.sleep(GAP_S)


def half_closed(connection: socket.socket, port: int) -> None:
    """Closes its own side and stays."""
    connection.shutdown(socket.SHUT_WR)
    silence(connection, port)


def no_goodbye(connection: socket.socket, _port: int) -> None:
    """A whole answer over TLS, the connection cut without a close_notify."""
    connection.sendall(OK + b"Content-Length: 2\r\n\r\nok")
    connection.shutdown(socket.SHUT_RDWR)


def chain(gap_s: float) -> Play:
    """Each answer leads to another path of its own."""
    numbers = itertools.count()

    def play(connection: socket.socket, _port: int) -> None:
        time.sleep(gap_s)
        connection.sendall(REDIRECT + b"/%d\r\n\r\n" % next(numbers))

    return play


def to_port(location: bytes) -> Play:
    """Redirects to a location that may name the server's own port."""

    def play(connection: socket.socket, port: int) -> None:
        connection.sendall(REDIRECT + location.replace(b"PORT", str(port).encode()) + b"\r\n\r\n")

    return play


def tag(value: bytes) -> Play:
    """A good answer with this ETag."""
    return says(TAGGED + value + b"\r\n\r\nok")


def pieces(data: bytes, size: int) -> Iterable[bytes]:
    """Cut into chunks of the chunked encoding."""
    for at in range(0, len(data), size):
        part = data[at : at + size]
        yield b"%x\r\n%s\r\n" % (len(part), part)
    yield b"0\r\n\r\n"


_GZIP = gzip.compress(b"hello")
_BOMB = gzip.compress(b"\0" * 50_000_000)
_NAMED = b"\x1f\x8b\x08\x08\0\0\0\0\0\xff"
_EMPTY = gzip.compress(b"")
_HELLO = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc"  # a handshake record that announces 16 kB
_LEGAL = OK + b"Content-Length: 2\r\n"

ROWS: tuple[Row, ...] = (
    # the connection
    Row("refuses", silence, "cannot be reached", listens=False),
    Row("accepts and says nothing", silence, SLOW, early=True),
    Row("closes at once", says(), DROPPED, early=True),
    Row("resets at once", reset, DROPPED, early=True),
    Row("closes its side and stays", half_closed, DROPPED),
    Row("never takes the request", deaf, SLOW, early=True, upload=True),
    Row("takes the request in sips", sips, SLOW, early=True, upload=True),
    Row("speaks first, as SSH does", stalls(b"SSH-2.0-OpenSSH_9.6\r\n"), SLOW, early=True),
    Row("speaks first, HTTP nobody asked for", stalls(_LEGAL + b"\r\nok"), None, early=True),
    Row("sends zeros without an end", forever(b"\0"), DROPPED, early=True),
    Row("trickles zeros", trickles(b"\0"), DROPPED, early=True),
    Row("answers in TLS", stalls(b"\x15\x03\x03\x00\x02\x02\x28"), DROPPED),
    Row("answers in HTTP/2", stalls(b"\0\0\x12\x04\0\0\0\0\0" + b"\0" * 18), DROPPED),
    # the head
    Row("trickles the status line", trickles(b"HTTP/1.1 200 OKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOKOK"), SLOW),
    Row("trickles its headers", trickles(b"X: 1\r\n", OK), SLOW),
    Row("headers without an end", forever(b"X: 1\r\n", OK), DROPPED),
    Row("one header without an end", forever(b"x", OK + b"X: "), DROPPED),
    Row("folded lines without an end", forever(b" x\r\n", OK + b"X: 1\r\n"), DROPPED),
    Row("empty lines without an end", forever(b"\r\n"), DROPPED),
    Row("a status line without an end", forever(b"2", b"HTTP/1.1 "), DROPPED),
    Row("100 Continue without an end", forever(b"HTTP/1.1 100 Continue\r\n\r\n"), SLOW),
    Row("100 Continue, trickled", trickles(b"HTTP/1.1 100 Continue\r\n\r\n"), SLOW),
    Row("100 Continue and silence", stalls(b"HTTP/1.1 100 Continue\r\n\r\n"), SLOW),
    Row("103 Early Hints without an end", forever(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"), SLOW),
    Row("101 and another protocol", forever(b"x", b"HTTP/1.1 101 Up\r\nUpgrade: x\r\n\r\n"), f"answered 101|{DROPPED}"),
    Row("a status of letters", says(b"HTTP/1.1 abc OK\r\n\r\n"), DROPPED),
    Row("a status of 5,000 digits", says(b"HTTP/1.1 " + b"2" * 5_000 + b" OK\r\n\r\n"), DROPPED),
    Row("HTTP/9.9", says(b"HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\nok"), None),
    Row("a NUL in a header", says(OK + b"X: a\0b\r\nContent-Length: 2\r\n\r\nok"), DROPPED),
    Row("a header without a name", says(OK + b": a\r\n\r\nok"), DROPPED),
    Row("a space before a colon", says(OK + b"Content-Length : 2\r\n\r\nok"), DROPPED),
    Row("two lengths", says(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok"), DROPPED),
    Row("a negative length", says(OK + b"Content-Length: -2\r\n\r\nok"), DROPPED),
    Row("a length of 5,000 digits", stalls(OK + b"Content-Length: " + b"9" * 5_000 + b"\r\n\r\n"), DROPPED),
    Row("an exabyte announced", stalls(OK + b"Content-Length: 1000000000000000000\r\n\r\n"), SLOW),
    Row("an unknown transfer encoding", says(OK + b"Transfer-Encoding: soup\r\n\r\n"), DROPPED),
    Row("length and chunks, which smuggles", says(_LEGAL + b"Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), None),
    Row("a thousand headers", says(_LEGAL + b"".join(b"X-%d: 1\r\n" % n for n in range(1_000)) + b"\r\nok"), None),
    Row("a header of 200 kB", says(_LEGAL + b"X: " + b"x" * 200_000 + b"\r\n\r\nok"), DROPPED),
    Row("bytes that are no text in a header", says(_LEGAL + b"X: \xff\xfe\x80\r\n\r\nok"), None),
    # the body
    Row("trickles a body of known length", trickles(b"x", OK + b"Content-Length: 1000000\r\n\r\n"), SLOW),
    Row("trickles a body up to its close", trickles(b"x", OK + b"\r\n"), SLOW),
    Row("trickles chunks", trickles(b"1\r\nx\r\n", CHUNKED), SLOW),
    Row("stalls in the body", stalls(OK + b"Content-Length: 9\r\n\r\nfour"), SLOW),
    Row("stalls before the last chunk", stalls(CHUNKED + b"2\r\nok\r\n"), SLOW),
    Row("ends in the body", says(OK + b"Content-Length: 9\r\n\r\nfour"), DROPPED),
    Row("ends in a chunk", says(CHUNKED + b"9\r\nfour"), DROPPED),
    Row("resets in the body", resets, DROPPED),
    Row("a body without an end", forever(b"x", OK + b"\r\n"), CAP),
    Row("a body over the cap", says(OK + b"Content-Length: 2000000\r\n\r\n" + b"x" * 2_000_000), CAP),
    Row("more than was announced", stalls(_LEGAL + b"\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"), None),
    Row("chunks of one byte without an end", forever(b"1\r\nx\r\n", CHUNKED), CAP),
    Row("a chunk extension without an end", forever(b"x", CHUNKED + b"1;"), DROPPED),
    Row("chunk extensions without an end", forever(b"1;" + b"x" * 99 + b"\r\nx\r\n", CHUNKED), CAP),
    Row("a chunk size of 30 digits", stalls(CHUNKED + b"f" * 30 + b"\r\n"), DROPPED),
    Row("a chunk size of letters", stalls(CHUNKED + b"zz\r\n"), DROPPED),
    Row("a negative chunk size", stalls(CHUNKED + b"-1\r\n"), DROPPED),
    Row("trailers without an end", forever(b"X: 1\r\n", CHUNKED + b"2\r\nok\r\n0\r\n"), DROPPED),
    Row("trailers, trickled", trickles(b"X: 1\r\n", CHUNKED + b"2\r\nok\r\n0\r\n"), SLOW),
    # packed bodies
    Row("a gzip bomb", says(PACKED + _BOMB), CAP),
    Row("a gzip bomb in small chunks", says(OK + b"Transfer-Encoding: chunked\r\nContent-Encoding: gzip\r\n\r\n", *pieces(_BOMB, 512)), CAP),
    Row("a gzip bomb in a gzip bomb", says(PACKED + gzip.compress(_BOMB)), None),
    Row("bytes without an end after gzip", forever(b"x", PACKED + _GZIP), "sends on after the end"),
    Row("gzip members without an end", forever(_EMPTY, PACKED + _GZIP), "sends on after the end"),
    Row("a gzip name without an end", forever(b"x", PACKED + _NAMED), CAP),
    Row("two gzip members", says(PACKED + _GZIP + _GZIP), None),
    Row("trickles gzip", trickles(_GZIP[:10] + b"x" * 90, PACKED), "damaged gzip|did not"),
    Row("damaged gzip", says(PACKED + _GZIP[:10] + b"\xff" * 40), "damaged gzip"),
    Row("gzip with a wrong sum", says(PACKED + _GZIP[:-8] + b"\0" * 8), "damaged gzip"),
    Row("truncated gzip", says(PACKED + _GZIP[:-4]), "truncated gzip"),
    Row("plain text that is called gzip", says(PACKED + b"hello"), "damaged gzip"),
    Row("a coding nobody asked for", says(OK + b"Content-Encoding: br\r\n\r\nxx"), "which was not requested"),
    Row("gzip twice", says(OK + b"Content-Encoding: gzip, gzip\r\n\r\n" + _GZIP), "which was not requested"),
    Row("deflate", says(OK + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(b"x")), "which was not requested"),
    # redirects
    Row("leads in a circle", says(REDIRECT + b"/\r\n\r\n"), "redirects more than 3 times"),
    Row("leads on without an end", chain(0.0), "redirects more than 3 times"),
    Row("leads on, slowly", chain(0.4), f"{SLOW}|redirects more than 3 times"),
    Row("leads to a file", says(REDIRECT + b"file:///etc/passwd\r\n\r\n"), r"not http\(s\)"),
    Row("leads to a script", says(REDIRECT + b"javascript:alert(1)\r\n\r\n"), "unreadable"),
    Row("leads to another host", says(REDIRECT + b"http://example.com/\r\n\r\n"), "on another host"),
    Row("leads to another name of this machine", to_port(b"http://localhost:PORT/\r\n\r\n"), "on another host"),
    Row("leads to another address here", to_port(b"http://127.0.0.2:PORT/"), "on another host"),
    Row("leads to the cloud's metadata", says(REDIRECT + b"http://169.254.169.254/\r\n\r\n"), "on another host"),
    Row("leads to another port here", says(REDIRECT + b"http://127.0.0.1:1/\r\n\r\n"), "cannot be reached"),
    Row("leads nowhere", says(b"HTTP/1.1 302 Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), "answered 302"),
    Row("leads to port 99999", says(REDIRECT + b"http://127.0.0.1:99999/\r\n\r\n"), "malformed"),
    Row("leads to half an address", says(REDIRECT + b"http://[::\r\n\r\n"), "unreadable"),
    Row("leads to a path of 90 kB", says(REDIRECT + b"/" + b"x" * 90_000 + b"\r\n\r\n"), "unreadable"),
    # asking for patience
    Row("wait 1e308 s", says(BUSY + b"1e308\r\n\r\n"), "answered 429"),
    Row("wait a number of 90,000 digits", says(BUSY + b"9" * 90_000 + b"\r\n\r\n"), "answered 429"),
    Row("wait -5 s", says(BUSY + b"-5\r\n\r\n"), "answered 429"),
    Row("wait until the year 9999", says(BUSY + b"Fri, 31 Dec 9999 23:59:59 GMT\r\n\r\n"), "asks for a wait"),
    Row("wait until the year 99999", says(BUSY + b"Fri, 31 Dec 99999 23:59:59 GMT\r\n\r\n"), "answered 429"),
    Row("wait until the year 1", says(BUSY + b"Mon, 01 Jan 0001 00:00:00 +2359\r\n\r\n"), "answered 429"),
    Row("wait until February 31", says(BUSY + b"Tue, 31 Feb 2026 00:00:00 GMT\r\n\r\n"), "answered 429"),
    Row("wait in an odd zone", says(BUSY + b"Fri, 31 Dec 2027 23:59:59 +99999999999999\r\n\r\n"), "answered 429"),
    Row("wait, in words", says(BUSY + b"a while\r\n\r\n"), "answered 429"),
    Row("wait 0 s, again and again", says(BUSY + b"0\r\n\r\n"), "answered 429"),
    Row("a limit that is lifted in a thousand years", says(
        b"HTTP/1.1 403 No\r\nContent-Length: 0\r\nX-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 33000000000\r\n\r\n"
    ), "asks for a wait"),
    # validators
    Row("an ETag that is not ASCII", tag(b'"caf\xe9"'), None),
    Row("an ETag with an escape", tag(b'"\x1b[31m"'), None),
    Row("an ETag with a tab", tag(b'"\t"'), None),
    Row("an ETag of 20 kB", tag(b'"' + b"x" * 20_000 + b'"'), None),
    Row("304 to who asked for all", says(b"HTTP/1.1 304 Not Modified\r\n\r\n"), "answered 304"),
    # TLS
    Row("a body that trickles in TLS", trickles(b"x", OK + b"\r\n"), SLOW, tls=True),
    Row("headers that trickle in TLS", trickles(b"X: 1\r\n", OK), SLOW, tls=True),
    Row("a body without an end in TLS", forever(b"x", OK + b"\r\n"), CAP, tls=True),
    Row("no goodbye in TLS", no_goodbye, None, tls=True),
    Row("the certificate of somebody else", says(_LEGAL + b"\r\nok"), "certificate verify failed", tls=True, host="127.0.0.2"),
    Row("leads out of TLS", says(REDIRECT + b"http://127.0.0.1/\r\n\r\n"), "out of TLS", tls=True),
    Row("never shakes hands", silence, NO_TLS, early=True, tls=True, speaks_tls=False),
    Row("trickles its handshake", trickles(b"\0", _HELLO), NO_TLS, early=True, tls=True, speaks_tls=False),
    Row("shakes hands in zeros", forever(b"\0"), NO_TLS, early=True, tls=True, speaks_tls=False),
    Row("shakes hands in HTTP", says(OK + b"\r\n"), NO_TLS, early=True, tls=True, speaks_tls=False),
    Row("leaves in the handshake", says(_HELLO), NO_TLS, early=True, tls=True, speaks_tls=False),
)  # fmt: skip
