"""Connections that keep a deadline: one moment at which everything ends, however the bytes trickle.

httpx's timeouts begin again with every byte. Here each read, write, handshake and lookup of a call has no more time than
is left of the whole, and where a connection leads is judged by the address that it is really made to. Imported late,
as it needs httpx.
"""

from __future__ import annotations

import contextlib
import math
import os
import queue
import select
import socket
import ssl
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from functools import cache
from typing import Any, TypeVar

import httpcore
import httpx

from pulse_tui.domain.errors import SourceError
from pulse_tui.web.reach import Reach, is_here, literal, reach

T = TypeVar("T")

CHUNK = 1 << 16
_PORTS = 0xFFFF
ADDRESSES = 8
"""Addresses of one name that are tried; the time to connect is shared among them."""
POOL: dict[str, Any] = {"max_connections": 100, "max_keepalive_connections": 20, "keepalive_expiry": 5.0}


class Exchange:
    """One call, with its redirects: when it ends, and how far it may reach."""

    def __init__(self, shown: str, seconds: float) -> None:
        """``shown`` is the address in words; it ends so many seconds from now."""
        self.shown = shown
        self.seconds = seconds
        self.ends = time.monotonic() + seconds
        self.answered = False
        """A request of it was answered: whatever fails from here on, it has arrived."""
        self.status: int | None = None
        """Of the last answer, as far as it came."""
        self.redirected = False
        self.home: Reach | None = None
        """Where it began; what it is led to may be no further inside."""
        self.led = False
        """A server named its first address."""

    def meet(self, address: str) -> None:
        """It is about to talk to this address. Raises SourceError when it was led further in than where it began."""
        found = reach(address)
        if not (self.redirected or self.led):
            self.home = found
        elif found is not Reach.PUBLIC and found is not self.home:
            what = f"{self.shown} leads to {address}, a {found.value} address"
            raise SourceError(
                what, todo="Nothing was sent there; ask its owner, or set the url to where it is meant to be"
            )


_exchange: ContextVar[Exchange | None] = ContextVar("exchange", default=None)


@contextlib.contextmanager
def during(exchange: Exchange) -> Iterator[None]:
    """Whatever this thread sends and reads meanwhile is a part of the exchange."""
    token = _exchange.set(exchange)
    try:
        yield
    finally:
        _exchange.reset(token)


def _left(timeout: float | None, late: type[Exception]) -> float | None:
    """Seconds that the next operation may take; None without a limit. Raises ``late`` when there are none."""
    exchange = _exchange.get()
    ends = math.inf if exchange is None else exchange.ends - time.monotonic()
    left = min(ends, math.inf if timeout is None else timeout)
    if left <= 0:
        raise late("the deadline has passed")
    return None if left == math.inf else left


@contextlib.contextmanager
def _as(late: type[Exception], broken: type[Exception]) -> Iterator[None]:
    try:
        yield
    except TimeoutError:
        raise late from None
    except OSError as error:
        raise broken(str(error)) from error


class _Socket(httpcore.NetworkStream):
    """A connection in the clear. ``judged`` is False for one to a proxy, whose address says nothing of the target's."""

    def __init__(self, made: socket.socket, *, judged: bool) -> None:
        self._socket = made
        self._peer = made.getpeername()[0].partition("%")[0] if judged else None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        with _as(httpcore.ReadTimeout, httpcore.ReadError):
            self._socket.settimeout(_left(timeout, httpcore.ReadTimeout))
            return self._socket.recv(max_bytes)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        exchange = _exchange.get()
        if exchange is not None and self._peer is not None:
            exchange.meet(self._peer)  # a connection that another call left open
        rest = memoryview(buffer)
        with _as(httpcore.WriteTimeout, httpcore.WriteError):
            while rest:
                self._socket.settimeout(_left(timeout, httpcore.WriteTimeout))
                rest = rest[self._socket.send(rest) :]

    def close(self) -> None:
        self._socket.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Tls(self, ssl_context, server_hostname, timeout)

    def get_extra_info(self, info: str) -> Any:
        return _readable(self._socket) if info == "is_readable" else None


class _Tls(httpcore.NetworkStream):
    """TLS over any connection, also over TLS with a proxy; each piece that it waits for keeps the deadline below."""

    def __init__(
        self, under: httpcore.NetworkStream, context: ssl.SSLContext, host: str | None, timeout: float | None
    ) -> None:
        self._under = under
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        try:
            self._ssl = context.wrap_bio(self._in, self._out, server_hostname=host)
            self._turn(self._ssl.do_handshake, timeout)
        except httpcore.TimeoutException:  # the request was not sent yet
            under.close()
            raise httpcore.ConnectTimeout from None
        except (httpcore.NetworkError, OSError, ValueError) as error:
            under.close()
            raise httpcore.ConnectError(str(error)) from error

    def _turn(self, step: Callable[[], T], timeout: float | None) -> T:
        while True:
            try:
                done = step()
            except ssl.SSLWantReadError:
                self._flush(timeout)
                if data := self._under.read(CHUNK, timeout):
                    self._in.write(data)
                else:
                    self._in.write_eof()
            else:
                self._flush(timeout)
                return done

    def _flush(self, timeout: float | None) -> None:
        if data := self._out.read():
            self._under.write(data, timeout)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            return self._turn(lambda: self._ssl.read(max_bytes), timeout)
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""
        except ssl.SSLError as error:
            raise httpcore.ReadError(str(error)) from error

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        rest = memoryview(buffer)
        try:
            while rest:
                rest = rest[self._turn(lambda part=rest: self._ssl.write(part), timeout) :]  # type: ignore[misc]
        except ssl.SSLError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self._under.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Tls(self, ssl_context, server_hostname, timeout)

    def get_extra_info(self, info: str) -> Any:
        return self._ssl if info == "ssl_object" else self._under.get_extra_info(info)


class _Backend(httpcore.NetworkBackend):
    """Makes connections: the name is looked up, each address is judged and tried, all within the time to connect."""

    def __init__(self, *, judged: bool) -> None:
        self._judged = judged

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        del local_address, socket_options
        if port > _PORTS:
            raise OverflowError("no port")  # the resolver would take the rest of a division for it
        left = _left(timeout, httpcore.ConnectTimeout)
        ends = math.inf if left is None else time.monotonic() + left
        exchange = _exchange.get()
        failed: OSError | None = None
        with _as(httpcore.ConnectTimeout, httpcore.ConnectError):
            found = _resolve(host, port, ends)[:ADDRESSES]
            for number, (family, kind, protocol, _, address) in enumerate(found):
                if self._judged and exchange is not None:
                    exchange.meet(str(address[0]).partition("%")[0])
                share = (ends - time.monotonic()) / (len(found) - number)
                if share <= 0:
                    raise TimeoutError
                made = socket.socket(family, kind, protocol)
                try:
                    made.settimeout(None if share == math.inf else share)
                    made.connect(address)
                    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    return _Socket(made, judged=self._judged)
                except OSError as error:
                    made.close()
                    failed = error
            raise failed or OSError("its name has no address")


def _resolve(host: str, port: int, ends: float) -> list[Any]:
    """The addresses of a host. The system's resolver knows no deadline: who waits for it here does."""
    if literal(host) is not None:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    answered: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answered.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except Exception as error:  # raised where it is waited for
            answered.put(error)

    threading.Thread(target=ask, name="lookup", daemon=True).start()
    try:
        found = answered.get(timeout=None if ends == math.inf else max(0.0, ends - time.monotonic()))
    except queue.Empty:
        raise TimeoutError from None
    if isinstance(found, Exception):
        raise found
    return found


def _readable(made: socket.socket) -> bool:
    """Of a connection nobody uses: the other side has closed it, or sent what nobody asked for."""
    if made.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(made, select.POLLIN)
    return bool(poll.poll(0))


@cache
def _tls(_file: str | None, _folder: str | None) -> ssl.SSLContext:
    """What servers must prove, by the certificates that the environment names: read once, which takes 25 ms."""
    return httpx.create_ssl_context()


class Transport(httpx.BaseTransport):
    """Sends over connections of our own; through a proxy of the environment, but never to this machine."""

    def __init__(self) -> None:
        self._tls = _tls(os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR"))
        self._direct = httpcore.ConnectionPool(network_backend=_Backend(judged=True), **self._options())
        self._proxies: dict[str, httpcore.HTTPProxy] = {}
        self._lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        url = request.url
        target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path)
        answer = self._pool(url).handle_request(
            httpcore.Request(
                request.method,
                target,
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        if (exchange := _exchange.get()) is not None:
            exchange.answered = True
        body = _Body(answer.stream)
        return httpx.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)

    def close(self) -> None:
        for pool in (self._direct, *self._proxies.values()):
            pool.close()

    def _options(self) -> dict[str, Any]:
        return {"ssl_context": self._tls, **POOL}

    def _pool(self, url: httpx.URL) -> httpcore.ConnectionPool:
        proxy = None if is_here(url.host) else _proxy_of(url)
        if proxy is None:
            return self._direct
        with self._lock:
            if proxy not in self._proxies:
                self._proxies[proxy] = self._through(httpx.URL(proxy))
            return self._proxies[proxy]

    def _through(self, proxy: httpx.URL) -> httpcore.HTTPProxy:
        if proxy.scheme not in ("http", "https"):
            raise SourceError(
                f"a proxy of kind {proxy.scheme} is not supported", todo="Set HTTPS_PROXY to an http(s) proxy"
            )
        login = (proxy.username, proxy.password) if proxy.username or proxy.password else None
        return httpcore.HTTPProxy(
            proxy_url=httpcore.URL(scheme=proxy.raw_scheme, host=proxy.raw_host, port=proxy.port, target=b"/"),
            proxy_auth=login,
            network_backend=_Backend(judged=False),
            **self._options(),
        )


def _proxy_of(url: httpx.URL) -> str | None:
    """The proxy that the environment names for an address; NO_PROXY as the standard library reads it."""
    known = urllib.request.getproxies()
    named = known.get(url.scheme) or known.get("all")
    if not named or urllib.request.proxy_bypass(url.host if url.port is None else f"{url.host}:{url.port}"):
        return None
    return named if "://" in named else f"http://{named}"


class _Body(httpx.SyncByteStream):
    """The bytes of an answer."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        yield from self._stream

    def close(self) -> None:
        self._stream.close()
