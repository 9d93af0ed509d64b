"""Version orders: PEP 440 for PyPI, Semantic Versioning 2.0 for npm and its relatives.

Other ecosystems have no order here: only an exact list of versions can decide for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pulse_tui.domain.semver import Precedence, parse

_SHORT = re.compile(r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*))?")

SEMVER_ECOSYSTEMS = frozenset({"npm", "crates.io", "go", "hex", "pub", "swifturl", "github actions", "semver"})


@lru_cache(maxsize=65_536)
def _pep440(text: str) -> Any:
    from packaging.version import InvalidVersion, Version  # noqa: PLC0415  late: 10 ms

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


def order(ecosystem: str) -> Callable[[str], Any] | None:
    """A reader of versions of ``ecosystem`` (as :func:`~pulse_tui.enrich.lookups.ecosystem_key` spells it).

    It gives comparable values, None for a text that it cannot read. None when no order is known.
    """
    if ecosystem == "pypi":
        return _pep440
    return _semver if ecosystem in SEMVER_ECOSYSTEMS else None
