"""Version orders: PEP 440 for PyPI, Semantic Versioning 2.0 for npm and its relatives.

Other ecosystems have no order here: only an exact list of versions can decide for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, total_ordering
from typing import Any

_SEMVER = re.compile(
    r"[vV=]?(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)\.(0|[1-9][0-9]*)"
    r"(?:-((?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*))*))?"
    r"(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?\Z",
    re.ASCII,
)
_SHORT = re.compile(r"[vV=]?(0|[1-9][0-9]*)(?:\.(0|[1-9][0-9]*))?\Z", re.ASCII)

SEMVER_ECOSYSTEMS = frozenset({"npm", "crates.io", "go", "hex", "pub", "swifturl", "github actions", "semver"})


@total_ordering
class SemVer:
    """A version by Semantic Versioning 2.0.0, section 11: build metadata has no part in the order."""

    __slots__ = ("_key", "release")

    def __init__(self, release: tuple[int, int, int], prerelease: tuple[str, ...] = ()) -> None:
        """``prerelease`` identifiers as written; none means a final release."""
        self.release = release
        # Numeric identifiers sort before alphanumeric ones, fewer before more, and no prerelease after any.
        ids = tuple((0, int(p), "") if p.isdigit() else (1, 0, p) for p in prerelease)
        self._key: tuple[Any, ...] = (release, not prerelease, ids)

    @classmethod
    def parse(cls, text: str) -> SemVer | None:
        """Read ``1.2.3-rc.1+build``, forgiving a leading ``v`` and a missing minor or patch; None when it is none."""
        if (match := _SEMVER.match(text)) is not None:
            major, minor, patch, pre, _ = match.groups()
            return cls((int(major), int(minor), int(patch)), tuple(pre.split(".")) if pre else ())
        if (short := _SHORT.match(text)) is not None:
            return cls((int(short[1]), int(short[2] or 0), 0))
        return None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SemVer) and bool(self._key == other._key)

    def __lt__(self, other: SemVer) -> bool:
        return bool(self._key < other._key)

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"SemVer{self._key!r}"


@lru_cache(maxsize=65_536)
def _pep440(text: str) -> Any:
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415  late: 10 ms

    try:
        return Version(text)
    except InvalidVersion:
        return None


@lru_cache(maxsize=65_536)
def _semver(text: str) -> Any:
    return SemVer.parse(text)


def order(ecosystem: str) -> Callable[[str], Any] | None:
    """A reader of versions of ``ecosystem`` (as :func:`~pulse_tui.enrich.places.ecosystem_key` spells it).

    It gives comparable values, None for a text that it cannot read. None when no order is known.
    """
    if ecosystem == "pypi":
        return _pep440
    return _semver if ecosystem in SEMVER_ECOSYSTEMS else None
