"""The HTTP client: one deadline a call, a size cap, retries that honour Retry-After, conditional GET.

The only room that touches httpx, and it does so late: importing this module is cheap.
"""

from __future__ import annotations

import copy
import http.cookiejar
import math
import random
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NoReturn, Self

import msgspec

from pulse_tui import __version__
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Cursor
from pulse_tui.domain.text import address, clean
from pulse_tui.ports import Answer, Clock, Fetched
from pulse_tui.web.reach import Reach, literal

if TYPE_CHECKING:
    import httpx

    from pulse_tui.web.wire import Exchange

#: Default cap of a decoded body, in bytes.
BODY_CAP = 32 * 2**20
_MAX_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MEMBERS = 64
"""Members of one gzip body: servers send one, who packs in pieces some."""
_VALIDATOR = 512
"""Characters of an ETag or a date that is kept: the whole head of a request is 8 kB at many servers."""
_UNLIKED = frozenset({400, 412, 431})
"""How servers answer to a validator that they do not like, their own included."""


class Web:
    """:class:`pulse_tui.ports.Http` on one shared httpx client. Safe to use from several threads.

    A call ends at its deadline, from the look-up of the name to the last byte, redirects, retries and pauses included:
    ``total_s`` after its beginning, for ``send`` its ``timeout_s``. ``connect_s`` and ``read_s`` end it sooner when
    nothing comes at all.
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
        self._connections = _Connections()
        self._ends = math.inf

    def close(self) -> None:
        """Close the connections. A later call opens new ones."""
        self._connections.close()

    def within(self, seconds: float) -> Self:
        """The same connections; all calls of it end ``seconds`` from now, whatever each may take by itself."""
        bound = copy.copy(self)
        bound._ends = min(self._ends, time.monotonic() + seconds)
        return bound

    def upto(self, cap: int) -> Self:
        """The same connections, with another cap of a body."""
        bound = copy.copy(self)
        bound._cap = cap
        return bound

    def fetch(
        self, url: str, cursor: Cursor, headers: Mapping[str, str] | None = None, *, elsewhere: bool = False
    ) -> Fetched:
        """Conditional GET; each validator is sent when it is known, and kept on its own.

        A validator that cannot be sent back is not kept; one that its server does not like is left out. One document of
        a server is fetched after the other.
        """
        with self._connections.turn(url, min(self._total_s, self._ends - time.monotonic())):
            return self._fetched(url, cursor, dict(headers or {}), elsewhere=elsewhere)

    def _fetched(self, url: str, cursor: Cursor, given: dict[str, str], *, elsewhere: bool) -> Fetched:
        known = {"If-None-Match": _kept(cursor.etag), "If-Modified-Since": _kept(cursor.last_modified)}
        validators = {name: value for name, value in known.items() if value is not None}
        try:
            answer = self._get(url, None, {**given, **validators}, elsewhere=elsewhere)
        except _Status as error:
            if not validators or error.status not in _UNLIKED:
                raise
            validators = {}
            answer = self._get(url, None, given, elsewhere=elsewhere)
        etag, last_modified = _kept(answer.headers.get("etag")), _kept(answer.headers.get("last-modified"))
        if answer.status == 304:
            if not validators:
                raise SourceError(f"{address(url)} answered 304 although no validator was sent", todo="Ask its owner")
            kept = Cursor(
                etag=etag or _kept(cursor.etag),
                last_modified=last_modified or _kept(cursor.last_modified),
                bookmark=cursor.bookmark,
            )
            return Fetched(b"", unchanged=True, cursor=kept)
        # A validator that is missing in the new answer belonged to the old body: it is dropped.
        fresh = Cursor(etag=etag, last_modified=last_modified, bookmark=cursor.bookmark)
        return Fetched(answer.body, unchanged=False, cursor=fresh)

    def get_json(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        named_by: str | None = None,
    ) -> Any:
        """GET, the body as JSON. Raises SourceError for a body that is not JSON (truncated, HTML, NaN)."""
        answer = self._get(url, params, {"Accept": "application/json", **(headers or {})}, named_by=named_by)
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
        content: bytes | None = None,
        timeout_s: float = 10.0,
    ) -> Answer:
        """Exactly one request: no retry, no redirect, any status is an answer.

        Raises SourceError; its ``sent`` is False only when the request cannot have arrived, its ``status`` is that of an
        answer whose body could not be read.
        """
        exchange = self._begin(url, timeout_s)
        try:
            return self._once(
                exchange, method, url, params, dict(headers or {}), json, content=content, read_s=timeout_s
            )
        except SourceError as error:
            error.status = exchange.status
            raise

    # ------------------------------------------------------------------ GET with retries and redirects

    def _get(
        self,
        url: str,
        params: Mapping[str, str] | None,
        headers: dict[str, str],
        *,
        elsewhere: bool = False,
        named_by: str | None = None,
    ) -> Answer:
        exchange = self._begin(url, self._total_s)
        if named_by is not None:
            exchange.led, exchange.home = True, self._connections.met.get(_host(named_by))
        for attempt in range(1, self._attempts + 1):
            last = attempt == self._attempts
            try:
                answer = self._follow(exchange, url, params, headers, elsewhere=elsewhere)
            except SourceError as error:
                pause = self._pause(attempt)
                if last or not isinstance(error, _Transient) or not _fits(pause, exchange):
                    raise
                self._sleep(pause)
                continue
            if answer.status == 304 or 200 <= answer.status < 300:
                return answer
            asked = self._retry_after(answer)
            worth = answer.status == 429 or answer.status >= 500
            pause = asked if asked is not None else self._pause(attempt)
            if last or not worth or (asked or 0.0) > self._longest_wait_s or not _fits(pause, exchange):
                self._bad_status(url, answer, asked)
            self._sleep(pause)
        raise AssertionError("unreachable")

    def _follow(
        self,
        exchange: Exchange,
        url: str,
        params: Mapping[str, str] | None,
        headers: dict[str, str],
        *,
        elsewhere: bool,
    ) -> Answer:
        import httpx  # noqa: PLC0415  late: 90 ms

        here, there = url, params
        exchange.redirected = exchange.answered = False
        for _ in range(_MAX_REDIRECTS + 1):
            answer = self._once(exchange, "GET", here, there, headers, None, read_s=self._read_s)
            location = answer.headers.get("location")
            if answer.status not in _REDIRECTS or not location:
                return answer
            before = httpx.URL(here)
            try:
                after = before.join(location)
            except (httpx.InvalidURL, ValueError):
                what = f"{address(url)} redirects to an unreadable address"
                raise SourceError(what, todo="Correct the url") from None
            _may_lead(url, before, after, elsewhere=elsewhere)
            exchange.redirected, exchange.answered = True, False
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
        except (ValueError, TypeError, OverflowError):
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
            raise SourceError(what, todo=f"It asks for a wait of {asked:,.0f} s", retry_after=asked, sent=True)
        todo = {401: "Check the token", 403: "Check the token's rights", 404: "Check the url", 410: "It is gone"}
        raise _Status(what, answer.status, todo=todo.get(answer.status, ""))

    # ------------------------------------------------------------------ one request

    def _begin(self, url: str, seconds: float) -> Exchange:
        from pulse_tui.web.wire import Exchange  # noqa: PLC0415  it needs httpx

        left = self._ends - time.monotonic()
        if left <= 0:
            what = f"{address(url)} was not asked: what was asked before it took all the time that there was"
            raise SourceError(what, todo="Its server is slow; it is asked again later")
        return Exchange(address(url), min(seconds, left))

    def _once(
        self,
        exchange: Exchange,
        method: str,
        url: str,
        params: Mapping[str, str] | None,
        headers: dict[str, str],
        json: Any,
        *,
        content: bytes | None = None,
        read_s: float,
    ) -> Answer:
        import httpx  # noqa: PLC0415  late: 90 ms

        from pulse_tui.web.wire import during  # noqa: PLC0415  as above

        connect_s = min(self._connect_s, read_s)
        timeout = httpx.Timeout(read_s, connect=connect_s, pool=connect_s)
        with _reported(url, exchange, read_s, connect_s), during(exchange):
            if (spelled := literal(_host(url))) is not None:
                exchange.meet(spelled)  # behind a proxy nobody sees where it leads
            client = self._connections.client()
            body_of = {"json": json} if content is None else {"content": content}
            with client.stream(method, url, params=params, headers=headers, timeout=timeout, **body_of) as response:
                if not (exchange.redirected or exchange.led):
                    self._connections.met[_host(url)] = exchange.home
                exchange.status = response.status_code
                body = self._body(url, response)
                if response.status_code >= 400:
                    body = self._redact(body)  # an error page may repeat the token that was sent to it
                return Answer(response.status_code, dict(response.headers), body)

    def _body(self, url: str, response: httpx.Response) -> bytes:
        """The decoded body. A gzip bomb is refused as soon as it passes the cap, like any other body."""
        coding = response.headers.get("content-encoding", "identity").strip().lower()
        if coding not in ("gzip", "x-gzip", "identity", ""):
            raise SourceError(f"{address(url)} answered in {clean(coding, 40)}, which was not requested", sent=True)
        unzip = _Gzip(address(url), self._cap) if "gzip" in coding else None
        out = bytearray()
        for chunk in response.iter_raw():
            out += unzip.feed(chunk, self._cap + 1 - len(out)) if unzip else chunk
            if len(out) > self._cap:
                what = f"{address(url)} sent a body over the cap of {self._cap:,} bytes"
                raise SourceError(what, todo="Ask for less, or raise the cap", sent=True)
        if unzip is not None and not unzip.whole:
            raise _Transient(f"{address(url)} sent a truncated gzip body", sent=True)
        return bytes(out)


class _Gzip:
    """Unpacks a gzip body piece by piece: one member after the other, and nothing behind the last."""

    def __init__(self, shown: str, cap: int) -> None:
        self._shown = shown
        self._cap = cap
        self._member = zlib.decompressobj(31)
        self._members = 1
        self._packed = 0

    @property
    def whole(self) -> bool:
        """Whether it may end here; an empty body is no gzip at all, and one."""
        return self._member.eof or not self._packed

    def feed(self, data: bytes, most: int) -> bytes:
        """What the piece unpacks to, about ``most`` bytes of it."""
        out = bytearray()
        self._packed += len(data)
        if self._packed > self._cap:  # members may unpack to nothing
            raise SourceError(f"{self._shown} sent a packed body over the cap of {self._cap:,} bytes", sent=True)
        while data and len(out) < most:
            if self._member.eof:
                self._members += 1
                if data[:1] != b"\x1f" or self._members > _MEMBERS:
                    raise SourceError(f"{self._shown} sends on after the end of its gzip body", sent=True)
                self._member = zlib.decompressobj(31)
            try:
                out += self._member.decompress(data, most - len(out))
            except zlib.error:
                raise _Transient(f"{self._shown} sent a damaged gzip body", sent=True) from None
            data = self._member.unused_data
        return bytes(out)


class _Connections:
    """The client of a :class:`Web` and of what is bound to a time of it; opened when it is first used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._client: httpx.Client | None = None
        self.met: dict[str, Reach | None] = {}
        """Where each host that was asked was found; None: a proxy knows."""
        self._turns: dict[tuple[str, int | None], threading.Lock] = {}

    @contextmanager
    def turn(self, url: str, seconds: float) -> Iterator[None]:
        """Wait until nothing else is fetched from the server of ``url``. Raises SourceError after that many seconds."""
        import httpx  # noqa: PLC0415  late: 90 ms

        try:
            server = (httpx.URL(url).host, httpx.URL(url).port)
        except (httpx.InvalidURL, ValueError):
            server = ("", None)  # reported by whoever asks it
        with self._lock:
            lock = self._turns.setdefault(server, threading.Lock())
        if not lock.acquire(timeout=max(0.0, seconds)):
            what = f"{address(url)} was not asked: another document of that server took all the time that there was"
            raise SourceError(what, todo="Its server is slow; it is asked again later")
        try:
            yield
        finally:
            lock.release()

    def client(self) -> httpx.Client:
        import httpx  # noqa: PLC0415  late: 90 ms

        from pulse_tui.web.wire import Transport  # noqa: PLC0415  as above

        with self._lock:
            if self._client is None:
                nobody = http.cookiejar.DefaultCookiePolicy(allowed_domains=())
                self._client = httpx.Client(
                    headers={"User-Agent": f"pulse-tui/{__version__}", "Accept-Encoding": "gzip"},
                    follow_redirects=False,
                    cookies=http.cookiejar.CookieJar(nobody),
                    transport=Transport(),
                )
            return self._client

    def close(self) -> None:
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()


def _kept(validator: str | None) -> str | None:
    """A validator that can be sent back; None for one that no request could carry."""
    fits = validator and len(validator) <= _VALIDATOR and validator.isascii() and validator.isprintable()
    return validator if fits else None


def _host(url: str) -> str:
    import httpx  # noqa: PLC0415  late: 90 ms

    return httpx.URL(url).host


def _fits(pause: float, exchange: Exchange) -> bool:
    """Whether there is time left after a pause."""
    return time.monotonic() + pause < exchange.ends


def _may_lead(url: str, before: httpx.URL, after: httpx.URL, *, elsewhere: bool) -> None:
    """Refuse a redirect that leads out of the web, to another host, or from TLS into the clear."""
    shown = f"{address(url)} redirects to {address(str(after))}"
    if after.scheme not in ("http", "https") or not after.host:
        raise SourceError(f"{shown}, which is not http(s)", todo="Correct the url")
    if before.scheme == "https" and after.scheme == "http":
        raise SourceError(f"{shown}, out of TLS", todo="Nothing was sent there; ask its owner for an https address")
    if before.host.rstrip(".") != after.host.rstrip(".") and not elsewhere:
        raise SourceError(
            f"{shown}, on another host", todo="Nothing was sent there; if that is right, set the url to it"
        )


_TRAVELS = frozenset({"accept", "if-none-match", "if-modified-since"})


class _Transient(SourceError):
    """Worth another try in fetch and get_json."""


class _Status(SourceError):
    """A status that is no success, and no request to wait."""

    def __init__(self, what: str, status: int, *, todo: str) -> None:
        super().__init__(what, todo=todo, sent=True)
        self.status = status
        self.missing = status in (404, 410)


@contextmanager
def _reported(url: str, exchange: Exchange, read_s: float, connect_s: float) -> Iterator[None]:
    """Turn httpx's errors into ours. Their texts may hold header values or the query: they are not repeated."""
    import httpcore  # noqa: PLC0415  as late as httpx
    import httpx  # noqa: PLC0415  late: 90 ms

    where = address(url)
    malformed = (httpx.HTTPError, httpx.InvalidURL, httpcore.UnsupportedProtocol, httpcore.LocalProtocolError)
    try:
        yield
    except (httpcore.ConnectTimeout, httpcore.PoolTimeout):
        what = f"{where} did not accept a connection within {connect_s:g} s"
        raise _Transient(what, todo="Check that it runs and is reachable from here") from None
    except httpcore.ConnectError as error:
        what = f"{where} cannot be reached: {clean(str(error), 160)}"
        raise _Transient(what, todo="Check that it runs and is reachable from here") from None
    except (*malformed, ValueError, OverflowError):
        if exchange.answered:  # httpx reads every Location, also where it is not to follow it
            raise SourceError(
                f"{where} redirects to an unreadable address", todo="Correct the url", sent=True
            ) from None
        raise SourceError(
            f"{where} cannot be requested: the address or a header is malformed", todo="Correct it"
        ) from None
    except httpcore.ProxyError:
        raise _Transient(f"the proxy refused {where}", todo="Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY") from None
    except httpcore.TimeoutException:
        if exchange.seconds > read_s and time.monotonic() >= exchange.ends:
            raise _Transient(f"{where} did not finish its answer within {exchange.seconds:.3g} s", sent=True) from None
        raise _Transient(f"{where} did not answer within {min(read_s, exchange.seconds):.3g} s", sent=True) from None
    except (httpcore.NetworkError, httpcore.ProtocolError):
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
