"""The listening socket for Kubernetes: ``POST /validate`` with an AdmissionReview, over TLS, answered within a second."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

from pulse_tui.domain.happening import Happening, Level
from pulse_tui.domain.text import clean
from pulse_tui.hooks.receiver import Asked, Receiver, Reply, Served

PATH = "/validate"
CAP = 8 << 20
"""Bytes of a review: an object and the one before it have up to three megabytes."""
WITHIN_S = 0.9
"""For one answer: the API server's own time is the webhook's timeoutSeconds, at least one."""
SAID_S = 60.0
"""The same sentence at most once in this time: controllers ask again and again."""


class Ruled(NamedTuple):
    """The answer to a review."""

    body: bytes
    allowed: bool
    about: str


Rule = Callable[[bytes], Ruled]
"""Answers a review; blocks. Raises ValueError for what is none."""
Late = Callable[[bytes, str], Ruled]
"""The answer when none came in time, or something broke: why. Raises ValueError for what is no review."""


class Admission(Receiver):
    """A receiver of admission reviews."""

    THREADS = 8
    KEEPS = False

    def __init__(self, host: str, port: int, rule: Rule, late: Late, files: tuple[Path, Path] | None = None) -> None:
        """``files``: certificate and key; None: in the clear."""
        super().__init__("admission", host, port, [Served("POST", PATH, self._judged, CAP)])
        self._rule, self._late, self._files = rule, late, files
        self._context: ssl.SSLContext | None = None
        self._seen: object = None
        self._shown_at: dict[str, float] = {}

    def _tls(self) -> ssl.SSLContext | None:
        if self._files is None:
            return None
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._load(self._context, self._files)
        return self._context

    def _load(self, context: ssl.SSLContext, files: tuple[Path, Path]) -> None:
        """Raises OSError (an SSLError is one) with the file that it is about."""
        try:
            context.load_cert_chain(*files)
        except ssl.SSLError as error:
            raise OSError(f"{files[0]} and {files[1]} are no certificate with its key: {error.reason}") from None
        except OSError as error:
            names = " or ".join(str(f) for f in files if not f.is_file()) or str(files[0])
            raise OSError(f"{names} cannot be read: {error.strerror or error}") from None
        self._seen = _stamps(files)

    def _renew(self) -> None:
        """A renewed certificate counts from the next connection on; one that cannot be read leaves the old one."""
        if self._files is None or self._context is None or _stamps(self._files) in (self._seen, None):
            return
        try:
            self._load(self._context, self._files)
            self.report(f"{self.name}: the certificate was renewed")
        except OSError as error:
            self._seen = _stamps(self._files)
            what = f"{self.name}: the renewed certificate is not used: {error}"
            self.report(Happening(what, "certificate_unusable", Level.ERROR))

    async def _judged(self, asked: Asked, _at: Receiver) -> Reply:
        self._renew()
        body = asked.body
        try:
            try:
                ruled = await asyncio.wait_for(self.aside(self._rule, body), WITHIN_S)
            except TimeoutError:
                ruled = self._late(body, f"it did not answer within {WITHIN_S:g} s")
        except ValueError as error:
            return Reply(HTTPStatus.BAD_REQUEST, f"{clean(str(error), 200)}\n".encode())
        except Exception as error:  # shown, and answered as the configuration says
            ruled = self._late(body, f"internal error: {type(error).__name__}: {error}")
        self._say(ruled.about)
        return Reply(HTTPStatus.OK, ruled.body, "application/json")

    def _say(self, sentence: str) -> None:
        now = time.monotonic()
        if not sentence or now - self._shown_at.get(sentence, -SAID_S) < SAID_S:
            return
        if len(self._shown_at) > 1_000:
            self._shown_at.clear()
        self._shown_at[sentence] = now
        self.report(Happening(f"{self.name}: {clean(sentence, 500)}", "admission"))


def _stamps(files: tuple[Path, Path]) -> tuple[tuple[int, int], ...] | None:
    """What distinguishes the files as they are now; None while one is not there."""
    try:
        return tuple((there.st_mtime_ns, there.st_size) for there in (f.stat() for f in files))
    except OSError:
        return None
