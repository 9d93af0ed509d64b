"""What a kind of source is: ``collectors/<kind>.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.ports.running import Files, Processes
from pulse_tui.ports.world import Http


class CollectContext(NamedTuple):
    """What a collector gets beside its options."""

    source: str
    """The source's id in the configuration."""
    now: datetime
    http: Http
    cursor: Cursor
    base: Path
    """Relative paths in options start here (the configuration's folder)."""
    files: Files
    processes: Processes
    secret: Callable[[str], str]
    """Replaces ``${NAME}`` in a text by the environment's value; raises ConfigError when unset."""
    folder: Path | None = None
    """Where the file that is parsed lies, for formats that are spread over several files; None: it came alone."""


class Collector(Protocol):
    """A kind of source: ``collectors/<kind>.py``."""

    @property
    def Options(self) -> type[msgspec.Struct]:  # noqa: N802  a class in the module; read-only, so that subtypes fit
        """Options of this kind, as the configuration gives them."""
        ...

    def collect(self, options: Any, context: CollectContext) -> Collected:
        """One round. Raises SourceError when the source as a whole cannot be read.

        A bad record among good ones is a :class:`~pulse_tui.domain.source.Rejected`, not an error.
        """
        ...


class FileFormat(Collector, Protocol):
    """A collector that can also read one file, for ``pulse-tui ingest``."""

    def accepts(self, name: str, head: bytes) -> bool:
        """Whether a file of this name beginning with ``head`` (4 kB) is of this format."""
        ...

    def parse(self, name: str, data: bytes, options: Any, context: CollectContext) -> Collected:
        """All of one file. Raises SourceError when it is no such file at all."""
        ...


# --------------------------------------------------------------------------- hints


class HookRequest(NamedTuple):
    """A webhook as it came in. Header names are lower case; the body is exactly the bytes that were signed."""

    headers: Mapping[str, str]
    body: bytes


class Hint(NamedTuple):
    """A webhook that is genuine: it says that something changed, never what is true now."""

    delivery: str
    """Names this delivery, so that a replay of it counts for nothing."""
    at: datetime
    """When the sender signed it."""
    about: str
    """What it says in a few words, safe to draw."""


class Hinted(Collector, Protocol):
    """A collector whose source sends signed webhooks: the next poll comes at once."""

    def hint(self, options: Any, request: HookRequest, context: CollectContext) -> Hint:
        """Verify a webhook. Raises Refused with the reason: no secret configured, a bad or missing signature,
        a time more than five minutes from ``context.now``."""
        ...
