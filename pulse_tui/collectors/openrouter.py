"""OpenRouter's list of models: prices, limits, the snapshot behind each name, and when it is to be removed.

``kind: openrouter`` alone reads it where it is published; ``url`` names a mirror, ``path`` a copy on disk.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from pulse_tui.collectors._shared.catalogues import EVERY, FLOOR, collect_catalogue
from pulse_tui.domain.source import Collected
from pulse_tui.ports import CollectContext


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing is needed. ``url`` names a mirror of the list, ``path`` a file instead of it."""

    EVERY: ClassVar[float] = EVERY
    FLOOR: ClassVar[float] = FLOOR

    url: str = "https://openrouter.ai/api/v1/models"
    path: str = ""
    token: str | None = None
    """A bearer token for ``url``."""


def collect(options: Options, context: CollectContext) -> Collected:
    """One round: the list when it changed."""
    return collect_catalogue(context, options.url, options.token, "openrouter", path=options.path)
