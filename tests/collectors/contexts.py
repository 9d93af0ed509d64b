"""A collector's context for tests: a fixed moment, secrets from a dict, a web whose waits are recorded."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pulse_tui.domain.errors import ConfigError, Problem
from pulse_tui.domain.source import Cursor
from pulse_tui.ports import CollectContext, Http
from pulse_tui.web import Web
from pulse_tui.wiring import outside

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def quick_web(waits: list[float] | None = None, *, body_cap: int = 2**20, read_s: float = 5.0) -> Web:
    """A Web that does not really sleep; ``waits`` collects what it would have slept, in seconds."""
    return Web(
        clock=lambda: NOW,
        body_cap=body_cap,
        read_s=read_s,
        sleep=(waits if waits is not None else []).append,
        jitter=lambda: 0.5,
    )


class NoNetwork(Web):
    """A Web that must not be used."""

    def __init__(self) -> None:
        super().__init__(clock=lambda: NOW, attempts=1, connect_s=0.01)


def context(
    base: Path = Path(),
    *,
    http: Http | None = None,
    cursor: Cursor | None = None,
    source: str = "src",
    secrets: Mapping[str, str] | None = None,
) -> CollectContext:
    """What wiring would give."""
    known = secrets or {}

    def secret(text: str) -> str:
        if "${" not in text:
            return text
        for name, value in known.items():
            text = text.replace("${" + name + "}", value)
        if "${" in text:
            raise ConfigError([Problem("secret", f"{text} is not set")])
        return text

    return outside(http or NoNetwork(), base, lambda: NOW)._replace(secret=secret).collecting(source, NOW, cursor)
