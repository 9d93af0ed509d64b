"""What a kind of source is: ``collectors/<kind>.py``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import msgspec

from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.words import Environment
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
    packages: Callable[[], tuple[tuple[str, str], ...]] = tuple
    """The (ecosystem, name) of every package that the estate runs, as OSV spells them."""
    serving: Callable[[str, Environment], str | None] = lambda _asset, _environment: None
    """The version that serves there; None: it is not known."""
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


HEAD = 4096
"""Bytes of a file that most kinds are known by."""
KEYS = 1_500_000
"""Keys of a file that is recognised by them."""
_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])
_STRING = msgspec.json.Decoder(str)
_BAD_JSON = (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError)


class Peek(bytes):
    """The first :data:`HEAD` bytes of a file, with the whole of it for kinds that these do not distinguish.

    Writers put the key that names a format first, last, or behind megabytes of others: :attr:`top` finds it anywhere.
    """

    whole: bytes

    def __new__(cls, whole: bytes) -> Peek:
        """``whole`` is all of the file; it is decoded once, when a kind asks, and not more than its top level."""
        self = super().__new__(cls, whole[:HEAD])
        self.whole = whole
        return self

    @cached_property
    def top(self) -> Mapping[str, msgspec.Raw]:
        """The members of the JSON object, or of the first one of an array or of JSON Lines; empty for anything else."""
        data = self.whole.removeprefix(b"\xef\xbb\xbf").lstrip()
        if data.count(b'":') > KEYS:
            return {}
        try:
            if data[:1] == b"[":
                items = _ITEMS.decode(data)
                return members(items[0]) if items else {}
            if data[:1] != b"{":
                return {}
        except _BAD_JSON:
            return {}
        return members(data) or members(data.partition(b"\n")[0])

    def says(self, key: str) -> str:
        """The text of a member of :attr:`top`; "" when there is none or it is no text."""
        try:
            return _STRING.decode(self.top[key]) if key in self.top else ""
        except _BAD_JSON:
            return ""


def members(raw: bytes | msgspec.Raw) -> Mapping[str, msgspec.Raw]:
    """The members of a JSON object, their values undecoded; empty for anything else."""
    try:
        return _MEMBERS.decode(raw)
    except _BAD_JSON:
        return {}


class FileFormat(Collector, Protocol):
    """A collector that can also read one file, for ``pulse-tui ingest``."""

    def accepts(self, name: str, head: Peek) -> bool:
        """Whether a file of this name beginning with ``head`` (4 kB, and more when asked) is of this format."""
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


class Placing(Collector, Protocol):
    """A collector whose source says what serves where, and in which words that is changed there."""

    MOVED_BY: str
    """Goes before a version: ``set its alias to`` (3.8.1 in registry)."""


class Declaring(Placing, Protocol):
    """A collector whose source says what is wanted, not what is: something else deploys from it, and may undo a rollback."""

    DECLARES: bool


class Hinted(Collector, Protocol):
    """A collector whose source sends signed webhooks: the next poll comes at once."""

    def hint(self, options: Any, request: HookRequest, context: CollectContext) -> Hint:
        """Verify a webhook. Raises Refused with the reason: no secret configured, a bad or missing signature,
        a time more than five minutes from ``context.now``."""
        ...
