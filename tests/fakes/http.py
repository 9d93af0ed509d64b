"""An Http adapter without a network: scripted answers, every request kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Cursor
from pulse_tui.ports import Answer, Fetched


class Asked(NamedTuple):
    """One request."""

    method: str
    url: str
    headers: Mapping[str, str]
    json: Any


class FakeHttp:
    """Answers 200 unless ``status`` says otherwise; ``down`` is a host that nobody reaches."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.status = 200
        self.down = False

    def within(self, seconds: float) -> FakeHttp:
        del seconds
        return self

    def upto(self, cap: int) -> FakeHttp:
        del cap
        return self

    def fetch(
        self, url: str, cursor: Cursor, headers: Mapping[str, str] | None = None, *, elsewhere: bool = False
    ) -> Fetched:
        del elsewhere
        self.send("GET", url, headers=headers)
        return Fetched(b"", True, cursor)

    def get_json(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        named_by: str | None = None,
    ) -> Any:
        del params, named_by
        self.send("GET", url, headers=headers)
        return {}

    def send(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        content: bytes | None = None,
        timeout_s: float = 10.0,
    ) -> Answer:
        del params, timeout_s
        self.asked.append(Asked(method, url, headers or {}, json if content is None else content))
        if self.down:
            raise SourceError(f"{url} cannot be reached")
        return Answer(self.status, {}, b"{}")
