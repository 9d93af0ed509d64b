"""A breach that a Prometheus source sees opens an alert, lasts as one, and its end ends it: by rounds, as the tower does."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from pulse_tui.collectors.prometheus import Options
from pulse_tui.collectors.prometheus.options import Errors, Latency, Objective
from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.words import Outcome, Priority
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.refresh import Round, refresh
from pulse_tui.settings.shapes import SourceShape
from tests.collectors.contexts import quick_web
from tests.fakes.clock import Clock
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, deployment, later
from tests.servers.loopback import Loopback
from tests.servers.prometheus_api import PrometheusApi

P95, RATE, COUNT = "p95[300s]", "rate[300s]", "count[300s]"
LATENCY = Latency(p95="p95[$window]", objective="800ms")


class Tower:
    """Rounds of the source ``live`` over the service tests' estate."""

    def __init__(self, server: Loopback, judge: JudgeParts, clock: Clock) -> None:
        self.api = PrometheusApi(server, NOW)
        self.clock = clock
        options = Options(
            url=server.url,
            objectives=(
                Objective(asset="support-bot", environment=CANARY, latency=LATENCY, requests="count[$window]"),
                Objective(asset="support-bot", errors=Errors(rate="rate[$window]", objective="1%")),
            ),
        )
        shape = SourceShape(id="live", kind="prometheus", every=30.0, options=options)
        self.parts = judge._replace(sources={"live": shape}, outside=judge.outside._replace(http=quick_web()))

    def round(self, **passed: float) -> Round:
        """Let some time pass, then refresh the source."""
        self.api.now = self.clock.pass_(**passed).timestamp()
        done = refresh("live", self.parts, "tests")
        assert done.ok, done.message
        return done

    def alerts(self) -> list[Alert]:
        """The newest first."""
        with self.parts.store.read() as tx:
            return tx.judgements.alerts(None)


@pytest.fixture
def tower(judge: JudgeParts, clock: Clock) -> Iterator[Tower]:
    with Loopback() as server:
        made = Tower(server, judge, clock)
        made.api.series |= {P95: 0.4, RATE: 0.001, COUNT: 900.0}
        yield made


def test_an_alert_opens_counts_and_resolves_by_itself(tower: Tower) -> None:
    assert tower.round().message == "unchanged"
    tower.api.series |= {P95: 1.05}
    assert tower.round(seconds=30).tally.alerts == 1
    (alert,) = tower.alerts()
    assert (alert.rule_id, alert.environment, alert.version) == ("latency-breach-canary", CANARY, "3.8.2")
    assert (alert.priority, alert.title) == (Priority.P2, "p95 1.31 x objective on support-bot canary")
    for _ in range(20):
        tower.round(seconds=30)
    assert [(a.state, a.count) for a in tower.alerts()] == [(AlertState.FIRING, 3)]
    tower.api.series |= {P95: 0.4}
    tower.round(seconds=30)
    (over,) = tower.alerts()
    assert (over.id, over.state) == (alert.id, AlertState.RESOLVED)
    assert "reports that the condition is resolved" in (over.resolved_why or "")
    assert tower.round(seconds=30).message == "unchanged"
    tower.api.series |= {P95: 1.05}
    tower.round(minutes=2)
    assert [a.state for a in tower.alerts()] == [AlertState.FIRING, AlertState.RESOLVED]


def test_errors_in_production_page_and_their_end_closes_the_page(tower: Tower) -> None:
    tower.api.series |= {RATE: 0.025}
    tower.round()
    (alert,) = tower.alerts()
    assert (alert.rule_id, alert.title) == ("error-rate-breach", "error rate 2.50 x objective on support-bot prod")
    tower.api.series |= {RATE: 0.0}
    tower.round(seconds=30)
    assert [a.state for a in tower.alerts()] == [AlertState.RESOLVED]


def test_a_series_that_goes_silent_ends_no_alert_and_opens_one_that_ends_with_the_silence(tower: Tower) -> None:
    tower.api.series |= {P95: 1.05}
    tower.round()
    tower.api.series |= {P95: math.nan}
    tower.round(seconds=30)
    tower.round(hours=2)
    silent, breach = tower.alerts()
    assert (silent.rule_id, breach.rule_id) == ("source-failing", "latency-breach-canary")
    assert silent.title.startswith("source live (p95 latency of support-bot canary) is silent: every point is NaN")
    assert (silent.owner, breach.state) == ("ml-support", AlertState.FIRING)
    tower.api.series |= {P95: 0.4}
    tower.round(seconds=30)
    assert [a.state for a in tower.alerts()] == [AlertState.RESOLVED, AlertState.RESOLVED]


def test_an_operator_who_closes_a_breach_that_lasts_hears_of_it_within_a_window(tower: Tower) -> None:
    tower.api.series |= {P95: 1.05}
    tower.round()
    with tower.parts.store.write() as tx:
        (alert,) = tx.judgements.alerts(None)
        tx.judgements.put_alert(alert.resolve(tower.clock(), "ana says so"))
    tower.round(minutes=5)
    assert [a.state for a in tower.alerts()] == [AlertState.FIRING, AlertState.RESOLVED]


def test_what_was_measured_before_a_version_served_is_not_held_against_it(tower: Tower) -> None:
    tower.api.series |= {P95: 1.05}
    tower.round()
    with tower.parts.store.write() as tx:
        tx.estate.deploy(deployment("3.8.1", CANARY, since=later(minutes=4), traffic=12.0))
    tower.round(minutes=5)  # the window still reaches back to the other version
    assert _healthy(tower) == {"3.8.2": False, "3.8.1": True}
    tower.round(minutes=7)
    assert _healthy(tower) == {"3.8.2": False, "3.8.1": False}


def _healthy(tower: Tower) -> dict[str, bool]:
    with tower.parts.store.read() as tx:
        stays = tx.estate.stays("support-bot", CANARY)[:2]
    return {stay.version: stay.healthy for stay in reversed(stays)}


def test_no_decision_about_the_levels_is_left_open(tower: Tower) -> None:
    tower.api.series |= {P95: 1.05, RATE: 0.025}
    tower.round()
    tower.api.series |= {P95: math.nan}
    tower.round(seconds=30)
    tower.api.series |= {P95: 0.4, RATE: 0.0}
    tower.round(seconds=30)
    with tower.parts.store.read() as tx:
        decisions = tx.judgements.decisions()
        assert {d.environment for d in decisions} == {CANARY, PRODUCTION}
        assert not [d.rule_id for d in decisions if d.outcome is Outcome.INDETERMINATE]
