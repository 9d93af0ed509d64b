"""The ``links`` section: addresses of logs, traces and dashboards, filled in for the window of an incident."""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import quote

import msgspec
from msgspec import Meta

from pulse_tui.domain.errors import Problem
from pulse_tui.settings.check import convert
from pulse_tui.settings.document import Node

NAMES = ("from", "to", "from_s", "to_s", "from_ms", "to_ms", "asset", "environment", "incident", "owner")
"""What a link may ask for: the window as ISO 8601, in seconds and in milliseconds since 1970, and what it is about."""


class LinkShape(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A place to look: ``https://grafana.acme/d/x?from={from_ms}&to={to_ms}&var-asset={asset}``."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    url: Annotated[str, Meta(max_length=2_000)]
    """http or https; names in braces are replaced, percent-encoded: from, to, from_s, to_s, from_ms, to_ms, asset,
    environment, incident, owner."""

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ValueError("url is not an http or https address")
        try:
            fields = [(name, spec, how) for _, name, spec, how in string.Formatter().parse(self.url)]
        except ValueError as error:
            raise ValueError(f"url: {error}; a brace of its own is written twice") from None
        if self.url.split("://", 1)[1].split("/", 1)[0].count("{"):
            raise ValueError("url: the host is not filled in")
        for name, spec, how in fields:
            if name is not None and (name not in NAMES or spec or how):
                raise ValueError(f"url asks for {{{name}}}: it may ask for {', '.join(NAMES)}")

    def filled(self, values: Mapping[str, str]) -> str:
        """The address, every value percent-encoded."""
        return self.url.format(**{name: quote(values.get(name, ""), safe="") for name in NAMES})


def read_links(node: Node | None, problems: list[Problem]) -> tuple[LinkShape, ...]:
    """The section."""
    if node is None or node.value is None:
        return ()
    return convert(node, tuple[LinkShape, ...], problems, path="links") or ()
