"""Where a git repository is: a folder or a URL, with its password kept apart."""

from __future__ import annotations

import base64
import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from pulse_tui.domain.text import address, clean

_SCHEMES = frozenset({"https", "http", "ssh", "git", "file"})
_SCP = re.compile(r"(?!-)[\w.-]+@[\w.-]+:[^:].*", re.ASCII)


class Remote(NamedTuple):
    """An address without its password, and the header that stands for it."""

    url: str
    scope: str
    header: str | None


def is_url(repository: str) -> bool:
    """Whether git would go over a network (or a transport) for it."""
    return "://" in repository or "::" in repository or _SCP.fullmatch(repository) is not None


def bad_address(repository: str) -> str | None:
    """Why a repository's address is refused, or None."""
    if not repository.strip() or repository.startswith("-"):
        return f"{clean(repository, 80)!r} is not a repository"
    scheme, sep, rest = repository.partition("://")
    if "::" in scheme or (sep and (scheme.lower() not in _SCHEMES or rest.startswith("-"))):
        return f"{address(repository)} is none of {', '.join(sorted(_SCHEMES))} or a folder"
    return None


def remote(url: str) -> Remote:
    """Take user and password out of an http(s) address: git would write them into its files and its arguments."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or "@" not in parts.netloc:
        return Remote(url, "", None)
    user, _, host = parts.netloc.rpartition("@")
    word = base64.b64encode(unquote(user if ":" in user else f"{user}:").encode()).decode()
    return Remote(parts._replace(netloc=host).geturl(), f"{parts.scheme}://{host}/", f"Authorization: Basic {word}")
