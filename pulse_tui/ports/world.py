"""The network, as far as anybody but ``web`` knows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from pulse_tui.domain.source import Cursor


class Answer(NamedTuple):
    """An HTTP answer. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Fetched(NamedTuple):
    """The answer to a conditional GET. ``body`` is empty when ``unchanged``.

    ``cursor`` carries the validators to keep *after a good parse*.
    """

    body: bytes
    unchanged: bool
    cursor: Cursor


class Http(Protocol):
    """The only way to the network. Every call has a deadline and a size cap.

    Raises :class:`~pulse_tui.domain.errors.SourceError` for an unreachable host, a body over the
    cap, or (in ``fetch`` and ``get_json``) a status that is not 2xx after the retries.
    """

    def within(self, seconds: float) -> Http:
        """The same, whose calls all end ``seconds`` from now: for work that may make many."""
        ...

    def upto(self, cap: int) -> Http:
        """The same, whose bodies may have ``cap`` bytes: for a kind that is known to send more than the others."""
        ...

    def fetch(
        self, url: str, cursor: Cursor, headers: Mapping[str, str] | None = None, *, elsewhere: bool = False
    ) -> Fetched:
        """Conditional GET with retries (429 and 5xx, honouring Retry-After).

        A redirect to another host is refused, unless it may lead ``elsewhere``: when a digest proves what comes.
        """
        ...

    def get_json(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        named_by: str | None = None,
    ) -> Any:
        """GET with retries, the body decoded as JSON.

        ``named_by`` is the URL whose server named this one: it may lead no further inside than that one did.
        """
        ...

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
        """Exactly one request, no retries, any status is an answer. A SourceError has the ``status`` of an answer whose body
        could not be read.

        ``content`` is the body to the byte, for what is signed; ``json`` is a value that becomes one.
        """
        ...
