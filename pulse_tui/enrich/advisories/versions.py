"""The version order of each ecosystem: PEP 440 for PyPI, Semantic Versioning 2.0 for npm and its relatives, those of
distributions and other registries as :mod:`~pulse_tui.enrich.advisories.orders` has them.

Ecosystems that are not here have no order: only an exact list of versions can decide for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from pulse_tui.domain.natural import natural
from pulse_tui.domain.semver import Precedence, parse
from pulse_tui.enrich.advisories import orders

_SHORT = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))?")
_TOOLCHAIN = re.compile(r"([0-9]+\.[0-9]+)(\.[0-9]+)?(rc|beta)([0-9]+)")

SEMVER_ECOSYSTEMS = frozenset({"npm", "crates.io", "hex", "pub", "swifturl", "github actions", "semver", "julia"})
_OTHERS: dict[str, Callable[[str], Any]] = {
    "debian": orders.debian, "ubuntu": orders.debian, "alpine": orders.alpine, "wolfi": orders.alpine,
    "chainguard": orders.alpine, "red hat": orders.rpm, "almalinux": orders.rpm, "rocky linux": orders.rpm,
    "opensuse": orders.rpm, "suse": orders.rpm, "azure linux": orders.rpm, "mageia": orders.rpm,
    "openeuler": orders.rpm, "maven": orders.maven, "nuget": orders.nuget, "rubygems": orders.rubygems,
    "packagist": orders.composer, "cpe": natural, "product": natural,
}  # fmt: skip
LONGEST = 300
"""Characters of a version; the readers of some take the square of their number, or more."""


def _pep440(text: str) -> Any:
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415  late: 10 ms

    try:
        return Version(text)
    except InvalidVersion:
        return None


def _semver(text: str) -> Precedence | None:
    """As the standard orders it, forgiving a leading ``v`` or ``=`` and a missing minor or patch."""
    body = text[1:] if text.startswith(("v", "V", "=")) else text
    short = _SHORT.fullmatch(body)
    version = parse(body if short is None else body + (".0" if short[2] else ".0.0"))
    return version.precedence if version is not None else None


def _go(text: str) -> Precedence | None:
    """Modules have Semantic Versions; the toolchain and its library are called ``go1.20.1``, before a release ``go1.22rc1``."""
    text = text.removeprefix("go")
    if (early := _TOOLCHAIN.fullmatch(text)) is not None:
        return _semver(f"{early[1]}{early[2] or '.0'}-{early[3]}.{early[4]}")
    return _semver(text)


@cache
def _short_ones(read: Callable[[str], Any]) -> Callable[[str], Any]:
    """The reader, kept from texts that are no version for their length alone; what it read last is remembered."""
    remembered = lru_cache(maxsize=65_536)(read)

    def bounded(text: str) -> Any:
        return remembered(text) if len(text) <= LONGEST else None

    return bounded


def order(ecosystem: str) -> Callable[[str], Any] | None:
    """A reader of versions of ``ecosystem`` (as :func:`~pulse_tui.enrich.lookups.ecosystem_key` spells it).

    It gives values that can be compared and hashed, None for a text that it cannot read. None when no order is known.
    """
    if ecosystem == "pypi":
        return _short_ones(_pep440)
    if ecosystem == "go":
        return _short_ones(_go)
    if ecosystem in SEMVER_ECOSYSTEMS:
        return _short_ones(_semver)
    return _short_ones(_OTHERS[ecosystem]) if ecosystem in _OTHERS else None


def against(mine: Any, bound: Any) -> Any:
    """``mine`` as it is compared with ``bound``: a local build (2.6.0+cu124) is its release to who names no build."""
    if getattr(mine, "local", None) and not getattr(bound, "local", None):
        return _short_ones(_pep440)(mine.public)
    return mine
