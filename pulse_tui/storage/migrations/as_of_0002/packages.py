"""A package under the name by which packages are compared."""

from __future__ import annotations

import re

_PURL_TYPES = {
    "golang": "go",
    "cargo": "crates.io",
    "gem": "rubygems",
    "composer": "packagist",
    "githubactions": "github actions",
    "swift": "swifturl",
    "deb": "debian",
    "apk": "alpine",
}
_SEPARATORS = re.compile(r"[-_.]+")


def package_of(ident: str, name: str, ecosystem: str | None) -> str | None:
    """``ecosystem/name``: PyPI by PEP 503, Go and Maven as written, others in lower case; None when it is no package."""
    if ecosystem is None and ident.startswith("pkg:"):
        ecosystem = ident[4:].partition("/")[0]
    if not ecosystem:
        return None
    base = ecosystem.partition(":")[0].strip().lower()
    kind, plain = _PURL_TYPES.get(base, base), name.strip()
    if kind == "pypi":
        return f"{kind}/{_SEPARATORS.sub('-', plain).lower()}"
    return f"{kind}/{plain if kind in ('go', 'maven') else plain.lower()}"
