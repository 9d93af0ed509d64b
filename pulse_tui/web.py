"""The HTTP client: timeouts, a size cap, retries that honour Retry-After, conditional GET.

The only file that touches httpx, and it does so late: importing this module is cheap.
"""

from __future__ import annotations

import random
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec

from pulse_tui import __version__
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Cursor
from pulse_tui.domain.text import address, clean
from pulse_tui.ports import Answer, Clock, Fetched

if TYPE_CHECKING:
    import httpx

#: Default cap of a decoded body, in bytes.
BODY_CAP = 32 * 2**20
_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LOOPBACK = ("all://127.0.0.1", "all://localhost", "all://[::1]")


class Web:
    """:class:`pulse_tui.ports.Http` on one shared httpx client. Safe to use from several threads.

    ``clock`` is needed for a Retry-After that names a date; ``sleep`` and ``jitter`` (a number from
    0 to 1) are arguments so that tests need not wait. ``longest_wait_s`` is how long a Retry-After
    may hold a round up; a longer one ends the round with ``SourceError.retry_after`` set.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        body_cap: int = BODY_CAP,
        connect_s: float = 5.0,
        read_s: float = 10.0,
        total_s: float = 120.0,
        attempts: int = 3,
        backoff_s: float = 0.5,
        longest_wait_s: float = 30.0,
        sleep: Callable[[float], None] = time.sleep,
        jitter: Callable[[], float] = random.random,
        redact: Callable[[bytes], bytes] = lambda body: body,
    ) -> None:
        self._clock = clock
        self._cap = body_cap
        self._connect_s = connect_s
        self._read_s = read_s
        self._total_s = total_s
        self._attempts = max(1, attempts)
        self._backoff_s = backoff_s
        self._longest_wait_s = longest_wait_s
        self._sleep = sleep
        self._jitter = jitter
        self._redact = redact
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None

    def close(self) -> None:
        """Close the connections. A later call opens new ones."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def fetch(self, url: str, cursor: Cursor, headers: Mapping[str, str] | None = None) -> Fetched:
        """Conditional GET; each validator is sent when it is known, and kept on its own."""
        asked = dict(headers or {})
        if cursor.etag:
            asked["If-None-Match"] = cursor.etag
        if cursor.last_modified:
            asked["If-Modified-Since"] = cursor.last_modified
        answer = self._get(url, None, asked)
        etag, last_modified = answer.headers.get("etag"), answer.headers.get("last-modified")
        if answer.status == 304:
            if not (cursor.etag or cursor.last_modified):
                raise SourceError(f"{address(url)} answered 304 although no validator was sent", todo="Ask its owner")
            kept = Cursor(
                etag=etag or cursor.etag,
                last_modified=last_modified or cursor.last_modified,
                bookmark=cursor.bookmark,
            )
            return Fetched(b"", unchanged=True, cursor=kept)
        # A validator that is missing in the new answer belonged to the old body: it is dropped.
        fresh = Cursor(etag=etag, last_modified=last_modified, bookmark=cursor.bookmark)
        return Fetched(answer.body, unchanged=False, cursor=fresh)

    def get_json(
        self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Any:
        """GET, the body as JSON. Raises SourceError for a body that is not JSON (truncated, HTML, NaN)."""
        answer = self._get(url, params, {"Accept": "application/json", **(headers or {})})
        if answer.status == 304:
            raise SourceError(f"{address(url)} answered 304 although no validator was sent", todo="Ask its owner")
        try:
            return msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            what = f"{address(url)} did not answer with JSON ({len(answer.body)} bytes: {clean(str(error), 120)})"
            raise SourceError(what, todo="Check that the address is the API and not a web page") from None

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        timeout_s: float = 10.0,
    ) -> Answer:
        """Exactly one request: no retry, no redirect, any status is an answer.

        Raises SourceError; its ``sent`` is False only when the request cannot have arrived.
        """
        return self._once(method, url, params, dict(headers or {}), json, read_s=timeout_s, total_s=timeout_s)

    # ------------------------------------------------------------------ GET with retries and redirects

    def _get(self, url: str, params: Mapping[str, str] | None, headers: dict[str, str]) -> Answer:
        for attempt in range(1, self._attempts + 1):
            last = attempt == self._attempts
            try:
                answer = self._follow(url, params, headers)
            except SourceError as error:
                if last or not isinstance(error, _Transient):
                    raise
                self._sleep(self._pause(attempt))
                continue
            if answer.status == 304 or 200 <= answer.status < 300:
                return answer
            asked = self._retry_after(answer)
            worth = answer.status == 429 or answer.status >= 500
            if last or not worth or (asked or 0.0) > self._longest_wait_s:
                self._bad_status(url, answer, asked)
            self._sleep(asked if asked is not None else self._pause(attempt))
        raise AssertionError("unreachable")

    def _follow(self, url: str, params: Mapping[str, str] | None, headers: dict[str, str]) -> Answer:
        import httpx  # noqa: PLC0415  late: 90 ms

        here, there = url, params
        for _ in range(_MAX_REDIRECTS + 1):
            answer = self._once("GET", here, there, headers, None, read_s=self._read_s, total_s=self._total_s)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not location:
                return answer
            before = httpx.URL(here)
            try:
                after = before.join(location)
            except httpx.InvalidURL:
                what = f"{address(url)} redirects to an unreadable address"
                raise SourceError(what, todo="Correct the url") from None
            if after.scheme not in ("http", "https") or not after.host:
                shown = address(str(after))
                raise SourceError(f"{address(url)} redirects to {shown}, which is not http(s)", todo="Correct the url")
            if (before.scheme, before.host, before.port) != (after.scheme, after.host, after.port):
                # Another origin gets no token: only the content headers are sent on.
                headers = {k: v for k, v in headers.items() if k.lower() in _TRAVELS}
            here, there = str(after), None
        raise SourceError(f"{address(url)} redirects more than {_MAX_REDIRECTS} times", todo="Correct the url")

    def _pause(self, attempt: int) -> float:
        """Exponential, with half of it random so that many towers do not retry together."""
        return float(self._backoff_s * 2.0 ** (attempt - 1) * (0.5 + self._jitter()))

    def _retry_after(self, answer: Answer) -> float | None:
        text = answer.headers.get("retry-after", "").strip()
        if not text:
            return self._limited(answer)
        if text.isascii() and text.isdigit():
            return float(text[:9])
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, TypeError):
            return None
        if moment.tzinfo is None:
            return None
        return max(0.0, (moment - self._clock()).total_seconds())

    def _limited(self, answer: Answer) -> float | None:
        """Seconds until a spent rate limit resets, as GitHub and GitLab send it: a moment since the epoch."""
        for prefix in ("x-ratelimit", "ratelimit"):
            left, reset = (answer.headers.get(f"{prefix}-{name}", "").strip() for name in ("remaining", "reset"))
            if left == "0" and reset.isascii() and reset.isdigit() and len(reset) <= 11:
                return max(0.0, int(reset) - self._clock().timestamp())
        return None

    def _bad_status(self, url: str, answer: Answer, asked: float | None) -> NoReturn:
        what = f"{address(url)} answered {answer.status}"
        if said := _reason(answer.body):
            what += f": {said}"
        if asked is not None:
            raise SourceError(what, todo=f"It asks for a wait of {asked:.0f} s", retry_after=asked, sent=True)
        todo = {401: "Check the token", 403: "Check the token's rights", 404: "Check the url", 410: "It is gone"}
        raise SourceError(what, todo=todo.get(answer.status, ""), sent=True)

    # ------------------------------------------------------------------ one request

    def _once(
        self,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        headers: dict[str, str],
        json: Any,
        *,
        read_s: float,
        total_s: float,
    ) -> Answer:
        import httpx  # noqa: PLC0415  late: 90 ms

        connect_s = min(self._connect_s, read_s)
        timeout = httpx.Timeout(read_s, connect=connect_s, pool=connect_s)
        ends = time.monotonic() + total_s
        with _told(url, read_s, connect_s):
            client = self._shared()
            with client.stream(method, url, params=params, headers=headers, json=json, timeout=timeout) as response:
                body = self._body(url, response, ends)
                if response.status_code >= 400:
                    body = self._redact(body)  # an error page may repeat the token that was sent to it
                return Answer(response.status_code, dict(response.headers), body)

    def _body(self, url: str, response: httpx.Response, ends: float) -> bytes:
        """The decoded body. A gzip bomb is refused as soon as it passes the cap, like any other body."""
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("gzip", "x-gzip", "identity", ""):
            raise SourceError(f"{address(url)} answered in {clean(coding, 40)}, which was not requested", sent=True)
        unzip = zlib.decompressobj(31) if "gzip" in coding else None
        out = bytearray()
        for chunk in response.iter_raw():
            try:
                out += unzip.decompress(chunk, self._cap + 1 - len(out)) if unzip else chunk
            except zlib.error:
                raise _Transient(f"{address(url)} sent a damaged gzip body", sent=True) from None
            if len(out) > self._cap:
                what = f"{address(url)} sent a body over the cap of {self._cap:,} bytes"
                raise SourceError(what, todo="Ask for less, or raise the cap", sent=True)
            if time.monotonic() > ends:
                raise _Transient(f"{address(url)} did not finish its answer in time", sent=True)
        if unzip is not None and out and not unzip.eof:
            raise _Transient(f"{address(url)} sent a truncated gzip body", sent=True)
        return bytes(out)

    def _shared(self) -> httpx.Client:
        import httpx  # noqa: PLC0415  late: 90 ms

        with self._lock:
            if self._client is None:
                self._client = httpx.Client(
                    headers={"User-Agent": f"pulse-tui/{__version__}", "Accept-Encoding": "gzip"},
                    follow_redirects=False,
                    # A proxy of the environment must never see what is meant for this machine.
                    mounts=dict.fromkeys(_LOOPBACK),
                )
            return self._client


_TRAVELS = frozenset({"accept", "if-none-match", "if-modified-since"})


class _Transient(SourceError):
    """Worth another try in fetch and get_json."""


@contextmanager
def _told(url: str, read_s: float, connect_s: float) -> Iterator[None]:
    """Turn httpx's errors into ours. Their texts may hold header values or the query: they are not repeated."""
    import httpx  # noqa: PLC0415  late: 90 ms

    where = address(url)
    try:
        yield
    except (httpx.ConnectTimeout, httpx.PoolTimeout):
        what = f"{where} did not accept a connection within {connect_s:g} s"
        raise _Transient(what, todo="Check that it runs and is reachable from here") from None
    except httpx.ConnectError as error:
        what = f"{where} cannot be reached: {clean(str(error), 160)}"
        raise _Transient(what, todo="Check that it runs and is reachable from here") from None
    except (httpx.UnsupportedProtocol, httpx.LocalProtocolError, httpx.InvalidURL, UnicodeError, OverflowError):
        raise SourceError(
            f"{where} cannot be requested: the address or a header is malformed", todo="Correct it"
        ) from None
    except httpx.ProxyError:
        raise _Transient(f"the proxy refused {where}", todo="Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY") from None
    except httpx.TimeoutException:
        raise _Transient(f"{where} did not answer within {read_s:g} s", sent=True) from None
    except httpx.TransportError:
        raise _Transient(f"{where} dropped the connection before its answer was complete", sent=True) from None


def _reason(body: bytes) -> str:
    """The ``message`` or ``error`` text of a JSON error body; nothing of a page."""
    try:
        told = msgspec.json.decode(body[:65_536])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    if isinstance(told, dict):
        for key in ("message", "error", "detail"):
            if isinstance(told.get(key), str):
                return clean(told[key], 200)
    return ""
