"""The prometheus collector against a real Prometheus: a breach that is there, silence, the end, and a bad query."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from pulse_tui.collectors import prometheus
from pulse_tui.collectors.prometheus import Options
from pulse_tui.collectors.prometheus.options import Errors, Latency, Objective
from pulse_tui.domain.evidence import HealthEvidence, ServiceEvidence
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.source import Cursor, Rejected
from pulse_tui.domain.words import SignalType
from pulse_tui.settings.check import Seconds
from tests.collectors.contexts import context, quick_web
from tests.servers.prometheus_server import Exporter, PrometheusServer, binary

LIMIT_S = 60.0
"""The longest that any one thing may take to be seen."""

pytestmark = pytest.mark.skipif(binary() is None, reason="there is no prometheus on PATH")

GOOD = Objective(
    asset="support-bot",
    latency=Latency(
        p95="histogram_quantile(0.95, sum by (le) (rate(http_request_duration_seconds_bucket[$window])))",
        objective="800ms",
    ),
    errors=Errors(
        rate='sum(rate(http_requests_total{code="500"}[$window])) / sum(rate(http_requests_total[$window]))',
        objective="1%",
    ),
    requests="sum(increase(http_requests_total[$window]))",
)
BAD = Objective(asset="typo", latency=Latency(p95="histogram_quantile(0.95, ", objective="1s"))
MANY = Objective(asset="many", latency=Latency(p95="http_request_duration_seconds_bucket", objective="1s"))


class Watch:
    """Rounds of a source with short windows, by the real clock."""

    def __init__(self, url: str) -> None:
        self.options = Options(url=url, objectives=(GOOD, BAD, MANY), window=Seconds(4), step=Seconds(1))
        self.web = quick_web()
        self.cursor = Cursor()
        self.signals: list[Signal] = []
        self.rejected: list[Rejected] = []
        self._begun = 0

    def begin(self) -> None:
        """From here on something else is waited for: what was told until now counts no more."""
        self._begun = len(self.signals)

    def until(self, seen: Callable[[Signal], bool]) -> Signal:
        """Look until such a signal was told since :meth:`begin`. Fails after :data:`LIMIT_S`."""
        end = time.monotonic() + LIMIT_S
        while time.monotonic() < end:
            if found := [s for s in self.signals[self._begun :] if seen(s)]:
                return found[-1]
            time.sleep(0.25)
            self.look()
        raise AssertionError(f"not seen in {LIMIT_S:g} s; told was {[s.title for s in self.signals]}, {self.rejected}")

    def look(self) -> None:
        where = context(http=self.web, cursor=self.cursor, source="live")._replace(now=datetime.now(UTC))
        got = prometheus.collect(self.options, where)
        self.cursor = got.cursor
        self.signals += [o for o in got.observations if isinstance(o, Signal)]
        self.rejected += got.rejected


def level(kind: SignalType, *, breach: bool) -> Callable[[Signal], bool]:
    def matches(signal: Signal) -> bool:
        proof = signal.evidence
        return (
            signal.signal_type is kind
            and isinstance(proof, ServiceEvidence)
            and (proof.value > proof.objective) is breach
        )

    return matches


def silent(signal: Signal) -> bool:
    return isinstance(signal.evidence, HealthEvidence) and signal.evidence.state == "silent"


def test_a_real_server_shows_a_breach_that_outlives_silence_its_end_and_what_is_wrong_with_a_query() -> None:
    with Exporter() as service, PrometheusServer(service.address) as server:
        watch = Watch(server.url)
        while service.reads < 4:
            watch.look()
            time.sleep(0.2)
        assert watch.signals == []
        service.latency_s, service.failing = 2.0, 20
        slow = watch.until(level(SignalType.LATENCY_BREACH, breach=True))
        failing = watch.until(level(SignalType.ERROR_RATE_BREACH, breach=True))
        watch.begin()
        service.requests = 0
        lost = watch.until(silent)
        assert [s for s in watch.signals if level(SignalType.LATENCY_BREACH, breach=False)(s)] == []
        watch.begin()
        service.requests, service.latency_s, service.failing = 100, 0.05, 0
        fast = watch.until(level(SignalType.LATENCY_BREACH, breach=False))
        well = watch.until(level(SignalType.ERROR_RATE_BREACH, breach=False))
    assert (slow.fingerprint, failing.fingerprint) == (fast.fingerprint, well.fingerprint)
    proof = slow.evidence
    assert isinstance(proof, ServiceEvidence)
    assert 920 < proof.value <= 2500  # in the bucket of 1 s to 2.5 s, or between the two while it rises
    assert proof.requests is not None
    assert 100 <= proof.requests <= 600
    assert lost.asset_id == "support-bot"
    refused = {r.problem.where: r.problem.what for r in watch.rejected}
    assert "answered 400" in refused["typo production p95_latency"]
    assert "parse error" in refused["typo production p95_latency"]
    assert "yields 8 series" in refused["many production p95_latency"]
