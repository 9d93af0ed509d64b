"""A server that speaks the part of Prometheus's published HTTP API (v1) that is used, with series that a test writes."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.servers.loopback import Loopback, Reply, Request

Series = Callable[[float], float | None]
"""The value at a moment (seconds since the epoch); None: no point."""


class PrometheusApi:
    """``now`` is its clock in seconds; ``series`` the one that each query yields; ``replies`` say something else."""

    def __init__(self, server: Loopback, now: datetime) -> None:
        self.server = server
        self.now = now.timestamp()
        self.series: dict[str, Series | float] = {}
        self.replies: dict[str, Reply] = {}
        self.warnings: list[str] = []
        server.on("GET", "/api/v1/query", self._time)
        server.on("GET", "/api/v1/query_range", self._range)

    @property
    def asked(self) -> list[str]:
        """The range queries, in the order in which they came."""
        return [r.query["query"] for r in self.server.seen("GET", "/api/v1/query_range")]

    def _time(self, request: Request) -> Reply:
        assert request.query["query"] == "time()"
        return self._success("scalar", [self.now, f"{self.now:.3f}"])

    def _range(self, request: Request) -> Reply:
        query = request.query["query"]
        if query in self.replies:
            return self.replies[query]
        start, end, step = (float(request.query[key]) for key in ("start", "end", "step"))
        one = self.series.get(query)
        if one is None:
            return self._success("matrix", [])
        values: list[list[Any]] = []
        for i in range(round((end - start) / step) + 1):
            at = start + i * step
            value = one if isinstance(one, float) else one(at)
            if value is not None:
                values.append([at, text(value)])
        return self._success("matrix", [{"metric": {}, "values": values}] if values else [])

    def _success(self, kind: str, result: Any) -> Reply:
        told = {"status": "success", "data": {"resultType": kind, "result": result}}
        return Reply.json({**told, "warnings": self.warnings} if self.warnings else told)


def text(value: float) -> str:
    """A number as the API writes it."""
    if math.isnan(value):
        return "NaN"
    return ("+Inf" if value > 0 else "-Inf") if math.isinf(value) else repr(value)


def error(kind: str, said: str, status: int) -> Reply:
    """An answer of status error."""
    return Reply.json({"status": "error", "errorType": kind, "error": said}, status)


def matrix(*series: Any) -> Reply:
    """An answer to a range query with these series."""
    return Reply.json({"status": "success", "data": {"resultType": "matrix", "result": list(series)}})
