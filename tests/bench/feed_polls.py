"""What repeats of a feed cost by the kind of host that serves it, and how long the tower's keys wait while a feed of one
megabyte is read.

``python -m tests.bench feed_polls``: prints numbers, judges nothing.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from email.utils import format_datetime
from pathlib import Path

from pulse_tui.collectors import feed
from pulse_tui.domain.source import Cursor
from tests.bench.estate import build
from tests.bench.terminal import PYTHON, Program
from tests.collectors.contexts import NOW, context, quick_web
from tests.servers.loopback import Loopback, Reply, Request

REPEATS = 20
DOWN, UP = b"\x1b[B", b"\x1b[A"
WATCHED_S = 40.0


def rss(entries: int, size: int, built: str = "", first: str = "") -> bytes:
    """A feed of so many entries of about ``size`` bytes; ``built`` is the time of the answer."""
    text = "The default temperature of the batch endpoint is now 0.7 for all callers. " * (size // 74 + 1)
    items = "".join(
        f"<item><title>Change {n}</title><guid>c{n}</guid><pubDate>Sun, 22 Nov 2026 00:00:00 GMT</pubDate>"
        f"<description>{first if n == 0 else ''}{text[:size]}</description></item>"
        for n in range(entries)
    )
    head = f"<title>log</title><link>http://v.invalid/</link><lastBuildDate>{built}</lastBuildDate>"
    return f'<?xml version="1.0"?><rss version="2.0"><channel>{head}{items}</channel></rss>'.encode()


def hosts() -> dict[str, Callable[[int, Request], Reply]]:
    """By what a host does with validators: its answer to the n-th request."""
    body, date = rss(30, 300), format_datetime(NOW, usegmt=True)

    def stamped(n: int, _request: Request) -> Reply:
        return Reply(body=rss(30, 300, built=f"Sun, 22 Nov 2026 00:{n % 60:02}:00 GMT"))

    return {
        "strong ETag": lambda _n, _r: Reply(body=body, etag='"a"'),
        "weak ETag": lambda _n, _r: Reply(body=body, etag='W/"a"'),
        "Last-Modified alone": lambda _n, _r: Reply(body=body, last_modified=date),
        "two servers, two ETags": lambda n, _r: Reply(body=body, etag=f'W/"{n % 2}"'),
        "a new ETag each time": lambda n, _r: Reply(body=body, etag=f'"{n}"'),
        "always 200": lambda _n, _r: Reply(body=body),
        "always 200, with the time": stamped,
    }


def repeats() -> None:
    cheap = total = 0
    for name, answer in hosts().items():
        with Loopback() as server:
            count = [0]

            def scripted(
                request: Request, answer: Callable[[int, Request], Reply] = answer, count: list[int] = count
            ) -> Reply:
                count[0] += 1
                reply = answer(count[0], request)
                same = reply.etag is not None and request.headers.get("if-none-match") == reply.etag
                since = (
                    reply.last_modified is not None and request.headers.get("if-modified-since") == reply.last_modified
                )
                return Reply(304, etag=reply.etag, last_modified=reply.last_modified) if same or since else reply

            server.on("GET", "/feed", scripted)
            options = feed.Options(url=f"{server.url}/feed", vendor="v")
            cursor, unchanged = Cursor(), 0
            for n in range(REPEATS + 1):
                found = feed.collect(options, context(http=quick_web(), cursor=cursor))
                cursor = found.cursor
                unchanged += found.unchanged and n > 0
            print(f"repeats that cost a 304 or an equal digest  {name:<26} {unchanged}/{REPEATS}")
            cheap, total = cheap + unchanged, total + REPEATS
    print(f"repeats that cost a 304 or an equal digest  {'all hosts':<26} {cheap / total:.0%}")


def keys() -> None:
    body = rss(900, 1_100)
    began = time.process_time()
    feed.read("http://v.invalid/", body, "v", "src", NOW)
    print(f"a feed of {len(body) / 1e6:.2f} MB is read in {time.process_time() - began:.2f} s of CPU")
    with Loopback() as server, tempfile.TemporaryDirectory() as folder:
        count = [0]

        def other(_request: Request) -> Reply:
            count[0] += 1
            return Reply(body=rss(900, 1_100, first=f"Edited {count[0]} times. "))

        server.on("GET", "/feed", other)
        estate = build(Path(folder) / "estate")
        line = f"sources:\n  - {{id: news, kind: feed, every: 1s, url: '{server.url}/feed', vendor: openai}}\n"
        (estate / "news.yaml").write_text(line)
        program = Program(
            [PYTHON, "-m", "pulse_tui", "--config", str(estate)], {"XDG_STATE_HOME": folder, "PULSE_OPERATOR": "bench"}
        )
        program.settle(2.0, 10.0)
        program.run(10.0)
        program.press(b"1")
        times: list[float] = []
        before, end = count[0], program.now() + WATCHED_S
        while program.now() < end:
            answer = program.press(DOWN if len(times) % 8 < 4 else UP)
            if answer is not None:
                times.append(answer[0])
        program.close()
    times.sort()
    print(
        f"{len(times)} keys while it was read {count[0] - before} times, changed each time: p50 {times[len(times) // 2]:.1f} ms"
        f"  p95 {times[int(len(times) * 0.95)]:.1f} ms  longest {times[-1]:.0f} ms"
    )


def main() -> None:
    repeats()
    keys()


if __name__ == "__main__":
    main()
