"""``${NAME}`` of the configuration, filled in from the environment when it is used, and taken out of all that is quoted."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from urllib.parse import quote

from pulse_tui.domain.errors import ConfigError, Problem
from pulse_tui.domain.secrets import HIDDEN, redacted, spellings

_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
SHORTEST_SECRET = 4
"""Shorter values are left alone: they would blank out ordinary words."""
_filled: set[bytes] = set()


def redact(body: bytes) -> bytes:
    """``body`` without any secret that this process has filled in anywhere, and without what looks like one."""
    for value in sorted(_filled, key=len, reverse=True):
        body = body.replace(value, HIDDEN)
    return redacted(body)


def secret(text: str, encode: Callable[[str], str] = str) -> str:
    """``${NAME}`` replaced from the environment, each value encoded by ``encode``. Raises ConfigError for a name that is not set."""

    def value(match: re.Match[str]) -> str:
        found = os.environ.get(match[1])
        if found is None:
            raise ConfigError([Problem("environment", f"${{{match[1]}}} is not set", "export it before the start")])
        filled = encode(found)
        if len(found) >= SHORTEST_SECRET:
            _filled.update(spelling for v in {found, filled} for spelling in spellings(v))
        return filled

    return _SECRET.sub(value, text)


def secret_url(url: str) -> str:
    """A database URL with ``${NAME}`` replaced; in the user and the password no character of a value means anything."""
    scheme, mark, rest = url.partition("://")
    if not mark:
        return secret(url)
    server, slash, path = rest.partition("/")
    account, at, host = server.rpartition("@")
    return scheme + mark + secret(account, lambda value: quote(value, safe="")) + at + secret(host + slash + path)
