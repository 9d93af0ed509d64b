"""Version orders: PEP 440 for PyPI, Semantic Versioning 2.0 for npm and its relatives, those of distributions and of
other registries as the ``univers`` library has them.

Ecosystems that are not here have no order: only an exact list of versions can decide for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from pulse_tui.domain.semver import Precedence, parse

_SHORT = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))?")

SEMVER_ECOSYSTEMS = frozenset({"npm", "crates.io", "go", "hex", "pub", "swifturl", "github actions", "semver", "julia"})
_UNIVERS = {
    "debian": "DebianVersion", "ubuntu": "DebianVersion", "alpine": "AlpineLinuxVersion", "wolfi": "AlpineLinuxVersion",
    "chainguard": "AlpineLinuxVersion", "red hat": "RpmVersion", "almalinux": "RpmVersion", "rocky linux": "RpmVersion",
    "opensuse": "RpmVersion", "suse": "RpmVersion", "azure linux": "RpmVersion", "mageia": "RpmVersion",
    "openeuler": "RpmVersion", "maven": "MavenVersion", "nuget": "NugetVersion", "rubygems": "RubygemsVersion",
    "packagist": "ComposerVersion",
}  # fmt: skip
LONGEST = 300
"""Characters of a version; the readers of some take the square of their number, or more."""
_NUMBERED = re.compile(r"[vV]?[0-9]")
"""Some of its readers take any word for a version: one without a number is none."""


@lru_cache(maxsize=65_536)
def _pep440(text: str) -> Any:
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415  late: 10 ms

    if len(text) > LONGEST:
        return None
    try:
        return Version(text)
    except InvalidVersion:
        return None


@lru_cache(maxsize=65_536)
def _semver(text: str) -> Precedence | None:
    """As the standard orders it, forgiving a leading ``v`` or ``=`` and a missing minor or patch."""
    body = text[1:] if text.startswith(("v", "V", "=")) else text
    short = _SHORT.fullmatch(body)
    version = parse(body if short is None else body + (".0" if short[2] else ".0.0"))
    return version.precedence if version is not None else None


def _go(text: str) -> Precedence | None:
    """Modules have Semantic Versions; the toolchain and its library are called ``go1.20.1``."""
    return _semver(text.removeprefix("go"))


@cache
def _of_univers(name: str) -> Callable[[str], Any]:
    from univers import versions  # noqa: PLC0415  late: 110 ms

    made = getattr(versions, name)

    @lru_cache(maxsize=16_384)
    def read(text: str) -> Any:
        if not _NUMBERED.match(text) or len(text) > LONGEST:
            return None
        try:
            return made(text)
        except Exception:
            return None

    return read


def order(ecosystem: str) -> Callable[[str], Any] | None:
    """A reader of versions of ``ecosystem`` (as :func:`~pulse_tui.enrich.lookups.ecosystem_key` spells it).

    It gives comparable values, None for a text that it cannot read. None when no order is known.
    """
    if ecosystem == "pypi":
        return _pep440
    if ecosystem == "go":
        return _go
    if ecosystem in SEMVER_ECOSYSTEMS:
        return _semver
    return _of_univers(_UNIVERS[ecosystem]) if ecosystem in _UNIVERS else None


def against(mine: Any, bound: Any) -> Any:
    """``mine`` as it is compared with ``bound``: a local build (2.6.0+cu124) is its release to who names no build."""
    if getattr(mine, "local", None) and not getattr(bound, "local", None):
        return _pep440(mine.public)
    return mine
