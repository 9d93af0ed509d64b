"""The price file of litellm: prices, limits, rates and dates of ends of models by platform.

``kind: litellm`` alone reads it where it is published; ``url`` names a mirror, ``path`` a copy on disk.
"""

from __future__ import annotations

from typing import ClassVar

import msgspec

from pulse_tui.collectors._shared.catalogues import EVERY, FLOOR, collect_catalogue
from pulse_tui.domain.source import Collected
from pulse_tui.ports import CollectContext

URL = "https://raw.githubusercontent.com/BerriAI/litellm/main/model_prices_and_context_window.json"


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing is needed. ``url`` names a mirror of the price file, ``path`` a file instead of it."""

    EVERY: ClassVar[float] = EVERY
    FLOOR: ClassVar[float] = FLOOR

    url: str = URL
    path: str = ""
    token: str | None = None
    """A bearer token for ``url``."""


def collect(options: Options, context: CollectContext) -> Collected:
    """One round: the price file when it changed."""
    return collect_catalogue(context, options.url, options.token, "litellm", path=options.path)
