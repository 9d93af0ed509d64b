"""How seldom other people's servers are asked: the least time between two rounds of a source."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

import msgspec


def floor_of(options: msgspec.Struct) -> float:
    """The kind's ``FLOOR`` in seconds; 0 where it has none, for files, and for a server of one's own (this machine, a
    private address)."""
    floor: float = getattr(type(options), "FLOOR", 0.0)
    path: object = getattr(options, "path", "")
    if not floor or path:
        return 0.0
    return 0.0 if _own(str(getattr(options, "url", "") or "")) else floor


def _own(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
        return host == "localhost" or (bool(host) and not ipaddress.ip_address(host).is_global)
    except ValueError:  # a name, or no address at all
        return False
