"""A small threaded HTTP server on 127.0.0.1 whose routes are scripted by the test.

with Loopback() as server:
    server.on("GET", "/feed", Reply(503), Reply(body=b"..."))   # one after the other; the last one stays
    server.on("PUT", "/state", answer)                          # or a function of the request
    ...
    assert server.log[0].headers["if-none-match"] == '"a"'
"""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, urlsplit


class Request(NamedTuple):
    """What a client sent. Header names are lower case; of a repeated query key the last value counts."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """What the server does with a request."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    """Wait before the status line."""
    etag: str | None = None
    """Sent as ETag; a request with the same If-None-Match gets 304."""
    last_modified: str | None = None
    """Sent as Last-Modified; a request with the same If-Modified-Since (and no If-None-Match) gets 304."""
    drop: bool = False
    """Read the request, then close without an answer."""
    cut_at: int | None = None
    """Send the head with the full length, then only this many bytes of the body, then close."""

    @classmethod
    def json(cls, value: Any, status: int = 200, **more: Any) -> Reply:
        """A JSON answer."""
        headers = {"Content-Type": "application/json", **more.pop("headers", {})}
        return cls(status=status, body=json.dumps(value).encode(), headers=headers, **more)


Script = Reply | Callable[[Request], Reply]


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what some tests are about; nothing is printed."""


class Loopback:
    """The server; ``url`` is its root without a slash at the end, ``log`` every request in order."""

    def __init__(self, host: str = "127.0.0.1") -> None:
        self.log: list[Request] = []
        self._routes: dict[tuple[str, str], list[Script]] = {}
        self._lock = threading.Lock()
        self._server = _Server((host, 0), self._handler())
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)

    def on(self, method: str, path: str, *script: Script) -> None:
        """Script a route anew: replies are used up one by one, the last one stays."""
        with self._lock:
            self._routes[method, path] = list(script)

    def seen(self, method: str, path: str) -> list[Request]:
        """The requests a route got so far."""
        with self._lock:
            return [r for r in self.log if (r.method, r.path) == (method, path)]

    def _next(self, request: Request) -> Reply:
        with self._lock:
            self.log.append(request)
            script = self._routes.get((request.method, request.path))
            if not script:
                return Reply(404, b"no such route")
            step = script.pop(0) if len(script) > 1 else script[0]
        reply = step if isinstance(step, Reply) else step(request)
        known = request.headers.get("if-none-match")
        since = request.headers.get("if-modified-since")
        fresh = known == reply.etag if known else since == reply.last_modified
        if reply.status == 200 and (known or since) and fresh:
            return Reply(304, etag=reply.etag, last_modified=reply.last_modified, headers=reply.headers)
        return reply

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                super().setup()

            def _serve(self) -> None:
                parts = urlsplit(self.path)
                query = {k: v[-1] for k, v in parse_qs(parts.query, keep_blank_values=True).items()}
                length = int(self.headers.get("Content-Length") or 0)
                headers = {k.lower(): v for k, v in self.headers.items()}
                request = Request(self.command, parts.path, query, headers, self.rfile.read(length))
                reply = outer._next(request)
                if reply.delay_s:
                    time.sleep(reply.delay_s)
                try:
                    self._answer(reply)
                except OSError:  # the client went away, which some tests are about
                    self.close_connection = True

            def _answer(self, reply: Reply) -> None:
                if reply.drop:
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                named = {"ETag": reply.etag, "Last-Modified": reply.last_modified}
                for name, value in {**reply.headers, **{k: v for k, v in named.items() if v}}.items():
                    self.send_header(name, value)
                bodyless = reply.status in (204, 304) or self.command == "HEAD"
                if not bodyless:
                    self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                if not bodyless:
                    self.wfile.write(reply.body if reply.cut_at is None else reply.body[: reply.cut_at])
                if reply.cut_at is not None:
                    self.close_connection = True

            do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = _serve  # noqa: N815  names of http.server

            def log_message(self, format: str, *args: Any) -> None:
                """The log is ``Loopback.log``; the terminal belongs to pytest."""

        return Handler
