"""What the configuration says a source reports about."""

from __future__ import annotations

from typing import NamedTuple


class Scope(NamedTuple):
    """The assets that a source's options name, and whose notes it brings."""

    assets: frozenset[str] = frozenset()
    vendor: str = ""
    """A vendor of models or a package's name; empty when it is of none."""
