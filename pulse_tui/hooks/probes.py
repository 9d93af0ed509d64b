"""What a supervisor and a scraper ask: ``/healthz``, ``/readyz`` and ``/metrics``."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus

from pulse_tui.domain.vitals import Readiness, State
from pulse_tui.hooks.receiver import Asked, Receiver, Reply, Served

HEALTHZ, READYZ, METRICS = "/healthz", "/readyz", "/metrics"
PATHS = (HEALTHZ, READYZ, METRICS)
OPENMETRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
PLAIN = "text/plain; charset=utf-8"


def probes(
    stuck: Callable[[], list[str]], readiness: Callable[[], Readiness], metrics: Callable[[], Awaitable[bytes]]
) -> list[Served]:
    """The entries of a table. ``metrics`` computes nothing on the loop, however often it is asked."""

    async def alive(_asked: Asked, _receiver: Receiver) -> Reply:
        reasons = stuck()
        if reasons:
            return Reply(HTTPStatus.SERVICE_UNAVAILABLE, "\n".join(["stuck", *reasons, ""]).encode(), PLAIN)
        return Reply(HTTPStatus.OK, b"alive\n", PLAIN)

    async def ready(_asked: Asked, _receiver: Receiver) -> Reply:
        found = readiness()
        bad = found.state is State.NOT_READY
        return Reply(HTTPStatus.SERVICE_UNAVAILABLE if bad else HTTPStatus.OK, found.lines().encode(), PLAIN)

    async def measured(_asked: Asked, _receiver: Receiver) -> Reply:
        return Reply(HTTPStatus.OK, await metrics(), OPENMETRICS)

    answers = ((HEALTHZ, alive), (READYZ, ready), (METRICS, measured))
    return [Served("GET", path, answer) for path, answer in answers]
