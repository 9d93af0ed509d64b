"""Queries to a Prometheus server (HTTP API v1): its time, and the last points of one series.

Any server that speaks this API will do (Thanos, Mimir, VictoriaMetrics). A query is stopped by the server itself
after :data:`QUERY_S`, so that a heavy one harms neither it nor the round.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec

from pulse_tui.collectors._shared.web import get_json
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.text import address, clean
from pulse_tui.ports import CollectContext

QUERY_S = 5
"""Seconds after which the server aborts a query."""

Point = float | None
"""A value; NaN or infinite as the server sends it; None where it has no point."""


class _Envelope(msgspec.Struct):
    status: str
    data: Any = None
    errorType: str = ""  # noqa: N815  as the API spells it
    error: str = ""
    warnings: list[str] | None = None


class _Result(msgspec.Struct):
    resultType: str  # noqa: N815  as the API spells it
    result: list[Any]


class _Series(msgspec.Struct):
    metric: dict[str, str] = {}
    values: list[tuple[float, str]] = []
    histograms: list[Any] = []


class Grid(NamedTuple):
    """The moments asked for, in milliseconds by the server's clock: ``length`` of them, ``step`` apart, up to ``end``."""

    end: int
    step: int
    length: int

    @property
    def start(self) -> int:
        """The first of them."""
        return self.end - (self.length - 1) * self.step

    def lay(self, values: Sequence[tuple[float, float]]) -> list[Point]:
        """The (seconds, value) pairs on the grid, oldest first. A point belongs to the nearest moment; others are dropped."""
        laid: list[Point] = [None] * self.length
        for at, value in values:
            if math.isfinite(at):
                index = round((at * 1_000 - self.start) / self.step)
                if 0 <= index < self.length:
                    laid[index] = value
        return laid


class Points(NamedTuple):
    """The points of one series, oldest first, and the warnings that came with them: an answer that may be partial."""

    values: list[Point]
    warnings: tuple[str, ...] = ()


class Server:
    """One server in one round. Secrets are filled in when it is asked and never come back in a message."""

    def __init__(self, url: str, token: str | None, login: tuple[str, str] | None, context: CollectContext) -> None:
        """``token`` is a bearer token; ``login`` a user and a password. Secrets in them are not filled in yet."""
        self._root = url.rstrip("/")
        self._token = token
        self._context = context
        self._headers: dict[str, str] = {}
        if login is not None:
            user, password = (context.secret(text) for text in login)
            self._headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    def time(self) -> float:
        """The server's clock in seconds since the epoch. Raises SourceError when this is no such server, or it is down."""
        stated, _ = self._ask("query", {"query": "time()"})
        pair = stated.result
        if stated.resultType == "vector" and len(pair) == 1 and isinstance(pair[0], dict):
            pair = pair[0].get("value") or []
        try:
            seconds = float(pair[1])
        except (IndexError, TypeError, ValueError):
            seconds = math.nan
        if not 0 < seconds < 4e9:
            raise self._nonsense("query", "it does not send its time")
        return seconds

    def points(self, query: str, grid: Grid) -> Points:
        """The points of the one series that ``query`` yields.

        No series gives no points. Raises SourceError for a query that the server refuses or aborts, several series,
        native histograms, and a value that is not a number.
        """
        params = {"query": query, "start": _seconds(grid.start), "end": _seconds(grid.end), "step": _seconds(grid.step)}
        stated, warnings = self._ask("query_range", params)
        if stated.resultType != "matrix":
            raise self._nonsense("query_range", f"a {clean(stated.resultType, 40)} instead of a matrix")
        if len(stated.result) > 1:
            labels = ", ".join(_labels(raw) for raw in stated.result[:2])
            what = f"the query yields {len(stated.result)} series, one is needed (the first are {labels})"
            raise SourceError(what, todo="Aggregate to one: sum(...), or histogram_quantile over sum by (le) (...)")
        values: list[tuple[float, float]] = []
        for raw in stated.result:
            series = self._typed(raw, _Series, "query_range")
            if series.histograms:
                todo = "Put it into histogram_quantile(0.95, ...)"
                raise SourceError("the query yields a native histogram, not a number", todo=todo)
            values = [(at, self._number(value)) for at, value in series.values]
        return Points(grid.lay(values), warnings)

    def _ask(self, what: str, params: dict[str, str]) -> tuple[_Result, tuple[str, ...]]:
        whole = {**params, "timeout": f"{QUERY_S}s"}
        stated = get_json(self._context, f"{self._root}/api/v1/{what}", self._token, whole, self._headers)
        envelope = self._typed(stated, _Envelope, what)
        if envelope.status != "success":
            kind, detail = clean(envelope.errorType, 40) or "an error", clean(envelope.error, 200)
            raise SourceError(f"{self._where(what)} says {kind}: {detail}", todo="Correct the query, or ask its owner")
        warnings = tuple(clean(text, 200) for text in (envelope.warnings or [])[:3])
        return self._typed(envelope.data, _Result, what), warnings

    def _typed(self, stated: Any, shape: type[Any], what: str) -> Any:
        try:
            return msgspec.convert(stated, shape)
        except msgspec.ValidationError as error:
            raise self._nonsense(what, clean(str(error), 160)) from None

    def _number(self, text: str) -> float:
        try:
            return float(text)
        except ValueError:
            raise self._nonsense("query_range", f"{clean(text, 40)!r} is not a number") from None

    def _nonsense(self, what: str, why: str) -> SourceError:
        return SourceError(f"{self._where(what)} does not answer as Prometheus does: {why}", todo="Correct 'url'")

    def _where(self, what: str) -> str:
        return address(f"{self._root}/api/v1/{what}")


def _seconds(ms: int) -> str:
    """Seconds as the API reads them, without an exponent."""
    return f"{ms // 1_000}.{ms % 1_000:03d}"


def _labels(raw: Any) -> str:
    metric = raw.get("metric") if isinstance(raw, dict) else None
    pairs = metric.items() if isinstance(metric, dict) else ()
    return clean("{" + ", ".join(f'{name}="{value}"' for name, value in list(pairs)[:4]) + "}", 120)
