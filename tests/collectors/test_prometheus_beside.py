"""A canary that is compared with what serves beside it: what is reported, when, and that unknown is no health."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from pulse_tui.collectors import prometheus
from pulse_tui.collectors.prometheus import Options
from pulse_tui.collectors.prometheus.beside import Comparison, Measure, Preset, Sides
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evals import Verdict
from pulse_tui.domain.evidence import CostEvidence, HealthEvidence, MetricEvidence
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.words import Environment, Outcome, SignalType
from pulse_tui.enrich.facts import facts
from tests.collectors.contexts import NOW, context, quick_web
from tests.enrich.build import ESTATE
from tests.fakes.house import default_policy
from tests.servers.loopback import Loopback
from tests.servers.prometheus_api import PrometheusApi

SIDES = Sides(canary='track="canary"', beside='track="stable"')
REFUSED = Measure(name="refusals", events="refused{$side}[$window]", of="asked{$side}[$window]")


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback() as started:
        yield started


class Watch:
    """Rounds half a minute apart; each side's counts of a round are written by the test."""

    def __init__(self, server: Loopback, *measures: Measure, **more: object) -> None:
        given = {"asset": "support-bot", "sides": SIDES, "measures": measures or (REFUSED,), **more}
        self.options = Options(url=server.url, comparisons=(Comparison(**given),))  # type: ignore[arg-type]
        self.api = PrometheusApi(server, NOW)
        self.now, self.cursor, self.version = NOW, Cursor(), "3.8.2"
        self.web = quick_web([])

    def counts(self, window: str = "30s", **values: float) -> None:
        for name, value in values.items():
            metric, _, side = name.rpartition("_")
            self.api.series[f'{metric}{{track="{side}"}}[{window}]'] = float(value)

    def round(self, seconds: float = 30) -> Collected:
        self.now += timedelta(seconds=seconds)
        self.api.now += seconds
        where = context(http=self.web, cursor=self.cursor, source="live")._replace(
            now=self.now, serving=lambda _asset, place: self.version if place is Environment.CANARY else "3.8.1"
        )
        got = prometheus.collect(self.options, where)
        self.cursor = got.cursor
        return got

    def rounds(self, count: int) -> list[Signal]:
        return [s for _ in range(count) for s in self.round().observations if isinstance(s, Signal)]


def settled(server: Loopback, *measures: Measure) -> Watch:
    """After the first look, from which on is counted."""
    watch = Watch(server, *measures)
    assert watch.round().observations == ()
    return watch


def test_a_canary_that_refuses_more_is_reported_once_and_held_by_policy(server: Loopback) -> None:
    watch = settled(server)
    watch.counts(refused_canary=12, asked_canary=200, refused_stable=18, asked_stable=1_800)
    (failed,) = watch.rounds(20)
    assert failed.signal_type is SignalType.BENCHMARK_REGRESSION
    assert (failed.current_version, failed.baseline_version) == ("3.8.2", "3.8.1")
    evidence = failed.evidence
    assert isinstance(evidence, MetricEvidence)
    assert evidence.verdict is Verdict.FAIL
    assert evidence.low is not None
    assert evidence.low > 0
    assert "refusals of support-bot canary" in failed.title
    fired = [
        d.rule_id for fact in facts(failed, ESTATE) for d in default_policy().judge(fact) if d.outcome is Outcome.FIRED
    ]
    assert "must-pass-regression" in fired


def test_a_guardrail_that_blocks_more_is_about_safety_and_a_cost_about_money(server: Loopback) -> None:
    guard = Measure(name="blocks", safety=True, events="refused{$side}[$window]", of="asked{$side}[$window]")
    cost = Measure(name="cost", cost=True, total="usd{$side}[$window]", of="asked{$side}[$window]")
    watch = Watch(server, guard, cost)
    watch.counts(refused_canary=20, asked_canary=200, refused_stable=18, asked_stable=1_800)
    watch.counts(usd_canary=8.0, usd_stable=36.0)
    found = {s.signal_type: s for s in watch.rounds(15)}
    assert set(found) == {SignalType.SAFETY_REGRESSION, SignalType.COST_CHANGE}
    money = found[SignalType.COST_CHANGE].evidence
    assert isinstance(money, CostEvidence)
    assert money.current == pytest.approx(0.04)
    assert money.baseline == pytest.approx(0.02)


def test_another_canary_begins_anew(server: Loopback) -> None:
    watch = settled(server)
    watch.counts(refused_canary=12, asked_canary=200, refused_stable=18, asked_stable=1_800)
    assert len(watch.rounds(20)) == 1
    watch.version = "3.8.3"
    assert watch.rounds(1) == []  # what was counted in it may be of the one before
    watch.counts(refused_canary=8, asked_canary=800, refused_stable=72, asked_stable=7_200)
    (passed,) = watch.rounds(120)
    assert isinstance(passed.evidence, MetricEvidence)
    assert (passed.current_version, passed.evidence.verdict) == ("3.8.3", Verdict.PASS)


def test_a_series_that_is_missing_is_no_health_and_is_reported(server: Loopback) -> None:
    watch = settled(server)
    assert watch.rounds(100) == []
    (lost,) = watch.rounds(21)
    assert lost.signal_type is SignalType.SOURCE_HEALTH
    assert isinstance(lost.evidence, HealthEvidence)
    assert lost.evidence.state == "silent"
    watch.counts(refused_canary=2, asked_canary=200, refused_stable=18, asked_stable=1_800)
    (back,) = watch.rounds(1)
    assert isinstance(back.evidence, HealthEvidence)
    assert back.evidence.state == "good"


def test_more_events_than_requests_are_refused_and_named(server: Loopback) -> None:
    watch = settled(server)
    watch.counts(refused_canary=500, asked_canary=200, refused_stable=18, asked_stable=1_800)
    with pytest.raises(SourceError, match="500 events of 200 requests"):
        watch.round()


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"events": "a{$side}[$window]", "total": "b{$side}[$window]"}, "'events' for a share"),
        ({}, "'events' for a share"),
        ({"events": "a[$window]"}, "'events' has no \\$side"),
        ({"events": "a{$side}"}, "'events' has no \\$window"),
        ({"events": "a{$side}[$__rate_interval]"}, "nobody fills in"),
        ({"events": "a{$side}[$window]", "safety": True, "cost": True}, "not both"),
    ],
)
def test_a_measure_that_cannot_be_judged_is_refused_when_it_is_loaded(given: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        Measure(name="m", of="n{$side}[$window]", **given)  # type: ignore[arg-type]


def test_a_comparison_of_nothing_or_with_itself_is_refused() -> None:
    with pytest.raises(ValueError, match="'measures' or a 'preset'"):
        Comparison(asset="bot", sides=SIDES)
    with pytest.raises(ValueError, match="are the same"):
        Comparison(asset="bot", sides=SIDES, measures=(REFUSED,), beside=Environment.CANARY)
    with pytest.raises(ValueError, match="nothing would ever differ"):
        Sides(canary="a=1", beside="a=1")
    with pytest.raises(ValueError, match="one name"):
        Comparison(asset="bot", sides=SIDES, measures=(REFUSED, REFUSED))


def test_a_preset_has_the_names_of_the_convention_and_own_measures_take_their_place() -> None:
    own = Measure(name="errors", events="e{$side}[$window]", of="n{$side}[$window]")
    wanted = Comparison(asset="bot", sides=SIDES, preset=Preset.OTEL_GENAI, measures=(own,)).wanted
    assert [m.name for m in wanted] == ["tool_errors", "input_tokens", "output_tokens", "duration", "errors"]
    tools = wanted[0]
    assert 'gen_ai_client_operation_duration_seconds_count{$side, gen_ai_operation_name="execute_tool"}' in tools.of
