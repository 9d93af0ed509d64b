"""The catalogue of models.dev: what many platforms serve, at which price and limit, and when it was released.

``kind: models_dev`` alone reads it where it is published; ``url`` names a mirror, ``path`` a copy on disk.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from pulse_tui.collectors._shared.catalogues import EVERY, FLOOR, collect_catalogue
from pulse_tui.domain.source import Collected
from pulse_tui.ports import CollectContext


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing is needed. ``url`` names a mirror of ``api.json``, ``path`` a file instead of it."""

    EVERY: ClassVar[float] = EVERY
    FLOOR: ClassVar[float] = FLOOR

    url: str = "https://models.dev/api.json"
    path: str = ""
    token: str | None = None
    """A bearer token for ``url``."""


def collect(options: Options, context: CollectContext) -> Collected:
    """One round: the catalogue when it changed."""
    return collect_catalogue(context, options.url, options.token, "models.dev", path=options.path)
