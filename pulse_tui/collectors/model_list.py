"""What a platform says that it serves: an OpenAI-compatible ``/v1/models``, Anthropic's, or Gemini's ``models``.

Ends are read where the platform states them (``shutdown_date``, ``deprecation``). A list of several pages is followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import msgspec

from pulse_tui.collectors._shared.catalogues import FLOOR, collect_catalogue
from pulse_tui.collectors._shared.presets import Given, fill, presets
from pulse_tui.domain.source import Collected
from pulse_tui.ports import CollectContext

BEARER = "Authorization"


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ``preset``, or ``url`` of the list and the ``platform`` whose it is, as components name it: ``openai`` of
    ``openai/gpt-4.1``."""

    EVERY: ClassVar[float] = 3_600.0
    FLOOR: ClassVar[float] = FLOOR / 4
    PRESETS: ClassVar[Mapping[str, Given]] = presets("model_list")

    preset: str = ""
    """A platform that is known by name: ``openai``, ``anthropic``."""
    platform: str = ""
    url: str = ""
    path: str = ""
    """A file instead of ``url``."""
    token: str | None = None
    """The key: ``${OPENAI_API_KEY}``."""
    header: str = BEARER
    """Where the key stands: ``Authorization`` as a bearer token; ``x-api-key`` (Anthropic), ``x-goog-api-key`` (Gemini),
    ``api-key`` (Azure)."""
    headers: dict[str, str] = {}
    """More headers: ``anthropic-version: "2023-06-01"``."""

    def __post_init__(self) -> None:
        """A preset that there is, the platform, and ``url`` or ``path``."""
        fill(self, "model_list", "platform")
        if not self.url and not self.path:
            raise ValueError("url or path is needed")


def collect(options: Options, context: CollectContext) -> Collected:
    """One round: the list when it changed."""
    bearer = options.header.lower() == BEARER.lower()
    headers = {name: context.secret(value) for name, value in options.headers.items()}
    if options.token and not bearer:
        headers[options.header] = context.secret(options.token)
    if options.platform.lower() == "anthropic" and not any(h.lower() == "anthropic-version" for h in headers):
        headers["anthropic-version"] = "2023-06-01"
    return collect_catalogue(
        context,
        options.url,
        options.token if bearer else None,
        "model_list",
        path=options.path,
        platform=options.platform,
        headers=headers,
    )
