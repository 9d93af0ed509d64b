"""What the prometheus collector tells of breaches, of their end, of silence, and of a server that answers nonsense."""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pulse_tui.collectors import prometheus
from pulse_tui.collectors.prometheus import Options
from pulse_tui.collectors.prometheus.options import Errors, Latency, Objective, Unit
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.evidence import HealthEvidence, ServiceEvidence
from pulse_tui.domain.signal import Signal, decode, encode
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.words import Environment, Outcome, Recommended, Severity, SignalType
from pulse_tui.enrich.facts import facts
from tests.collectors.contexts import NOW, context, quick_web
from tests.enrich.build import ESTATE
from tests.fakes.house import default_policy
from tests.servers.loopback import Loopback, Reply
from tests.servers.prometheus_api import PrometheusApi, error, matrix

P95, RATE, COUNT = "p95[300s]", "rate[300s]", "count[300s]"
LATENCY = Latency(p95="p95[$window]", objective="800ms")
ERRORS = Errors(rate="rate[$window]", objective="1%")
CANARY = Environment.CANARY
NAN = math.nan


class Tower:
    """Rounds of one source, half a minute apart, by one clock or two."""

    def __init__(self, server: Loopback, *objectives: Objective, **more: Any) -> None:
        wanted = objectives or (Objective(asset="support-bot", environment=CANARY, latency=LATENCY),)
        self.options = Options(url=server.url, objectives=wanted, **more)
        self.api = PrometheusApi(server, NOW)
        self.now = NOW
        self.cursor = Cursor()
        self.waits: list[float] = []
        self.web = quick_web(self.waits)

    def round(self, **passed: float) -> Collected:
        """Let some time pass, then look."""
        self.now += timedelta(**passed)
        self.api.now += timedelta(**passed).total_seconds()
        known = {"T": "s3cret", "P": "pa55"}
        where = context(http=self.web, cursor=self.cursor, source="live", secrets=known)._replace(now=self.now)
        got = prometheus.collect(self.options, where)
        self.cursor = got.cursor
        return got

    def signals(self, **passed: float) -> list[Signal]:
        """What the next round tells."""
        got = self.round(**passed)
        assert got.unchanged is not bool(got.observations or got.rejected)
        return [o for o in got.observations if isinstance(o, Signal)]


@pytest.fixture
def tower(server: Loopback) -> Tower:
    return Tower(server)


def last(values: Sequence[float | None]) -> Any:
    """A series whose last points before :data:`NOW` are these, 30 s apart."""
    first = NOW.timestamp() - 30 * (len(values) - 1)

    def at(moment: float) -> float | None:
        index = round((moment - first) / 30)
        return values[index] if 0 <= index < len(values) else None

    return at


def proof(signal: Signal) -> ServiceEvidence:
    assert isinstance(signal.evidence, ServiceEvidence)
    return signal.evidence


def health(signal: Signal) -> HealthEvidence:
    assert isinstance(signal.evidence, HealthEvidence)
    return signal.evidence


def fired(signal: Signal) -> list[str]:
    """The rules of the default policy that fire on it."""
    judged = [d for fact in facts(signal, ESTATE) for d in default_policy().judge(fact)]
    assert not [d for d in judged if d.outcome is Outcome.INDETERMINATE]
    return [d.rule_id for d in judged if d.outcome is Outcome.FIRED]


# --------------------------------------------------------------------------- breaches


def test_a_breach_is_confirmed_by_the_last_points_and_tells_their_median(tower: Tower) -> None:
    tower.api.series[P95] = last([0.7, 1.0, 1.3, 1.1])
    (told,) = tower.signals()
    assert (told.signal_type, told.asset_id, told.environment) == (SignalType.LATENCY_BREACH, "support-bot", CANARY)
    assert proof(told) == ServiceEvidence(
        metric="p95_latency", value=1100.0, objective=800.0, unit="ms", window_s=300.0, requests=None
    )
    assert (told.severity, told.recommended_action) == (Severity.HIGH, Recommended.ROLLBACK)
    assert told.title == "p95 latency of support-bot canary is 1.38 times its objective"
    assert (told.occurred_at, told.observed_at) == (NOW - timedelta(minutes=1), NOW)
    assert decode(encode(told)) == told
    asked = tower.api.server.seen("GET", "/api/v1/query_range")[0].query
    end = int(NOW.timestamp())
    assert asked == {
        "query": P95, "start": f"{end - 60}.000", "end": f"{end}.000", "step": "30.000", "timeout": "5s"
    }  # fmt: skip


@pytest.mark.parametrize(
    "points",
    [[0.9, 1.3, 1.3], [1.3, 0.7, 1.3], [1.3, 1.3, 0.92], [None, 1.3, 1.3], [1.3, NAN, 1.3], [1.3, 1.3, math.inf]],
)
def test_one_point_that_does_not_confirm_tells_nothing(tower: Tower, points: list[float | None]) -> None:
    tower.api.series[P95] = last(points)
    got = tower.round()
    assert got.unchanged
    assert (got.observations, got.rejected) == ((), ())


def test_exactly_the_limit_is_no_breach_for_the_source_as_for_the_policy(tower: Tower) -> None:
    tower.api.series[P95] = 0.8 * 1.15
    assert tower.round().unchanged


def test_milliseconds_and_a_window_of_its_own_are_taken_as_configured(server: Loopback) -> None:
    latency = Latency(p95="p95[$window:$window]", objective="0.5s", unit=Unit.MILLISECONDS, limit=2.0)
    tower = Tower(server, Objective(asset="bot", latency=latency, confirm=1), window=120.0, step=15.0)
    tower.api.series["p95[120s:120s]"] = 1010.0
    (told,) = tower.signals()
    assert (proof(told).value, proof(told).objective, proof(told).window_s) == (1010.0, 500.0, 120.0)
    assert (told.environment, told.recommended_action) == (Environment.PRODUCTION, Recommended.NOTIFY)


def test_a_breach_that_lasts_is_told_once_a_window_and_began_when_it_began(tower: Tower) -> None:
    tower.api.series[P95] = 1.2
    told = [(i, s) for i in range(25) for s in tower.signals(seconds=30 if i else 0)]
    assert [i for i, _ in told] == [0, 10, 20]
    assert len({s.id for _, s in told}) == 3
    assert len({s.fingerprint for _, s in told}) == 1
    began = NOW - timedelta(minutes=1)
    assert [s.occurred_at for _, s in told] == [began, began, NOW + timedelta(minutes=4)]


def test_the_same_moment_asked_twice_is_the_same_signal(tower: Tower) -> None:
    tower.api.series[P95] = 1.2
    (first,) = tower.signals()
    tower.cursor = Cursor()
    (second,) = tower.signals(seconds=12)
    assert first.id == second.id


def test_samples_that_come_late_and_change_the_same_moment_are_told_as_well(tower: Tower) -> None:
    tower.api.series[P95] = 1.2
    (breach,) = tower.signals()
    tower.api.series[P95] = 0.4
    (over,) = tower.signals(seconds=5)
    assert over.id != breach.id


def test_places_and_levels_and_sources_are_conditions_of_their_own(server: Loopback) -> None:
    tower = Tower(
        server,
        Objective(asset="support-bot", latency=LATENCY, errors=ERRORS),
        Objective(asset="support-bot", environment=CANARY, latency=LATENCY),
        Objective(asset="embed-gateway", errors=ERRORS),
    )
    tower.api.series |= {P95: 1.2, RATE: 0.02}
    told = tower.signals()
    assert len(told) == len({s.fingerprint for s in told}) == len({s.id for s in told}) == 4


# --------------------------------------------------------------------------- and their end


def test_a_recovery_is_told_once_and_health_is_quiet(tower: Tower) -> None:
    tower.api.series[P95] = 1.2
    (breach,) = tower.signals()
    tower.api.series[P95] = 0.4
    (over,) = tower.signals(seconds=30)
    assert over.fingerprint == breach.fingerprint
    assert (over.signal_type, over.severity) == (SignalType.LATENCY_BREACH, Severity.LOW)
    assert proof(over).value == 400.0
    assert over.title == "p95 latency of support-bot canary is within its objective again (0.50 times)"
    assert (fired(breach), fired(over)) == (["latency-breach-canary"], [])
    for _ in range(30):
        assert tower.round(seconds=30).unchanged
    assert tower.cursor == Cursor(bookmark="{}")


def test_one_good_point_ends_no_breach(tower: Tower) -> None:
    tower.api.series[P95] = 1.2
    tower.signals()
    tower.api.series[P95] = lambda at: 0.4 if at >= tower.api.now else 1.2
    assert tower.round(seconds=30).unchanged


def test_between_the_objective_and_the_limit_it_is_told_once_and_over_only_within_the_objective(tower: Tower) -> None:
    tower.api.series[P95] = 1.2
    tower.signals()
    tower.api.series[P95] = 0.88
    (eased,) = tower.signals(seconds=30)
    assert (proof(eased).value, fired(eased)) == (880.0, [])
    assert "within its limit again: 1.10 times" in eased.title
    assert tower.round(minutes=10).unchanged
    tower.api.series[P95] = 0.8
    (over,) = tower.signals(seconds=30)
    assert proof(over).value / proof(over).objective <= 1
    assert tower.round(minutes=10).unchanged


def test_a_breach_that_comes_back_is_told_at_once(tower: Tower) -> None:
    tower.api.series[P95] = 1.2
    tower.signals()
    for value in (0.88, 1.2, 0.4, 1.2):
        tower.api.series[P95] = value
        (told,) = tower.signals(seconds=30)
        assert bool(fired(told)) is (value == 1.2)
    assert told.occurred_at == tower.now - timedelta(minutes=1)


# --------------------------------------------------------------------------- errors and requests


def test_an_error_rate_is_told_in_percent_and_its_policy_rules_fire(server: Loopback) -> None:
    places = (CANARY, Environment.PRODUCTION)
    asked = [
        Objective(asset="support-bot", environment=e, errors=ERRORS, latency=LATENCY, requests="count[$window]")
        for e in places
    ]
    tower = Tower(server, *asked)
    tower.api.series |= {RATE: 0.025, P95: 1.2, COUNT: 2140.7}
    told = tower.signals()
    rules = {rule: proof(s) for s in told for rule in fired(s)}
    assert rules.keys() == {
        "latency-breach",
        "latency-breach-canary",
        "error-rate-breach",
        "error-rate-breach-canary",
    }
    assert rules["error-rate-breach"] == ServiceEvidence(
        metric="error_rate", value=2.5, objective=1.0, unit="%", window_s=300.0, requests=2140
    )
    assert rules["latency-breach"].requests == 2140
    tower.api.series |= {RATE: 0.0, P95: 0.1}
    over = tower.signals(seconds=30)
    assert {s.fingerprint for s in over} == {s.fingerprint for s in told}
    assert [rule for s in over for rule in fired(s)] == []


@pytest.mark.parametrize(("requests", "rate", "breach"), [(50, 0.02, False), (50, 1.0, True), (3000, 0.02, True)])
def test_one_error_among_few_requests_is_chance_and_all_of_them_is_not(
    server: Loopback, requests: int, rate: float, breach: bool
) -> None:
    tower = Tower(server, Objective(asset="bot", errors=ERRORS, requests="count[$window]"))
    tower.api.series |= {RATE: rate, COUNT: float(requests)}
    assert bool(tower.signals()) is breach


def test_too_few_requests_under_any_point_are_no_evidence(server: Loopback) -> None:
    tower = Tower(server, Objective(asset="bot", latency=LATENCY, requests="count[$window]", min_requests=100))
    tower.api.series |= {P95: 2.0, COUNT: last([99.0, 500.0, 500.0])}
    got = tower.round()
    assert got.observations == ()
    assert [r.problem.what for r in got.rejected] == ["fewer than 100 requests a window: neither a breach nor health"]
    tower.api.series[COUNT] = 500.0
    assert proof(tower.signals(seconds=30)[0]).requests == 500


# --------------------------------------------------------------------------- silence


@pytest.mark.parametrize(
    ("series", "why"),
    [
        (None, "the query yields no series"),
        (NAN, "every point is NaN or infinite: there is no traffic"),
        (math.inf, "every point is NaN or infinite: there is no traffic"),
        (-math.inf, "every point is NaN or infinite: there is no traffic"),
    ],
)
def test_silence_is_neither_a_breach_nor_health_and_said_once_a_day(
    server: Loopback, series: float | None, why: str
) -> None:
    tower = Tower(server, silent_after=7 * 86_400.0)
    if series is not None:
        tower.api.series[P95] = series
    first = tower.round()
    assert first.observations == ()
    (said,) = first.rejected
    assert (said.problem.where, said.problem.what) == (
        "support-bot canary p95_latency",
        f"{why}: neither a breach nor health",
    )
    assert said.raw == P95.encode()
    assert tower.round(minutes=30).unchanged
    assert len(tower.round(days=1).rejected) == 1


@pytest.mark.parametrize("series", [None, NAN])
def test_a_breach_that_goes_silent_is_not_over_and_that_is_an_alert(tower: Tower, series: float | None) -> None:
    tower.api.series[P95] = 1.2
    (breach,) = tower.signals()
    del tower.api.series[P95]
    if series is not None:
        tower.api.series[P95] = series
    (lost,) = tower.signals(seconds=30)
    assert (lost.signal_type, health(lost).state) == (SignalType.SOURCE_HEALTH, "silent")
    assert "may be open or resolved" in (lost.summary or "")
    assert fired(lost) == ["source-failing"]
    for _ in range(20):
        assert tower.round(minutes=5).unchanged
    tower.api.series[P95] = 0.4
    back, over = tower.signals(seconds=30)
    assert (health(back).state, back.fingerprint, fired(back)) == ("good", lost.fingerprint, [])
    assert (over.fingerprint, fired(over)) == (breach.fingerprint, [])
    assert tower.round(seconds=30).unchanged


def test_a_series_that_is_missing_for_long_is_an_alert_and_one_without_traffic_is_not(server: Loopback) -> None:
    tower = Tower(
        server,
        Objective(asset="bot", latency=LATENCY),
        Objective(asset="idle", errors=ERRORS),
        silent_after=600.0,
    )
    tower.api.series[RATE] = NAN
    assert len(tower.round().rejected) == 2
    assert tower.round(minutes=9).unchanged
    (lost,) = tower.signals(minutes=2)
    assert (lost.asset_id, health(lost).state, lost.occurred_at) == ("bot", "silent", NOW)
    assert tower.round(hours=12).unchanged
    tower.api.series[P95] = 0.4
    (back,) = tower.signals(seconds=30)
    assert health(back).state == "good"


def test_requests_without_a_series_are_a_query_to_correct(server: Loopback) -> None:
    tower = Tower(server, Objective(asset="bot", latency=LATENCY, requests="count[$window]"))
    tower.api.series[P95] = 2.0
    (said,) = tower.round().rejected
    assert said.problem.what.startswith("'requests' yields no series")


# --------------------------------------------------------------------------- bad answers


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (
            matrix({"metric": {"pod": "a"}, "values": [[1, "1"]]}, {"metric": {"pod": "b"}, "values": [[1, "1"]]}),
            r'yields 2 series, one is needed \(the first are \{pod="a"\}, \{pod="b"\}\)',
        ),
        (matrix({"metric": {}, "histograms": [[1, {"count": "1"}]]}), "native histogram"),
        (matrix({"metric": {}, "values": [[NOW.timestamp(), "fast"]]}), "'fast' is not a number"),
        (matrix({"metric": {}, "values": [["x", "1"]]}), "does not answer as Prometheus does"),
        (matrix(None, None), "yields 2 series"),
        (matrix(7), "does not answer as Prometheus does"),
        (Reply.json({"status": "success", "data": {"resultType": "vector", "result": []}}), "vector instead of a"),
        (Reply.json({"status": "success"}), "does not answer as Prometheus does"),
        (Reply.json([]), "does not answer as Prometheus does"),
        (error("bad_data", 'invalid parameter "query": 1:9: parse error', 400), "answered 400: .*parse error"),
        (error("execution", "many-to-many matching not allowed", 422), "answered 422: many-to-many"),
        (error("timeout", "query timed out in expression evaluation", 503), "answered 503: query timed out"),
        (error("internal", "it \x1b[31mbroke", 200), "says internal: it broke"),
        (Reply(body=b"<html>sign in</html>"), "did not answer with JSON"),
        (Reply(body=b'{"status": NaN}'), "did not answer with JSON"),
        (Reply(404, body=b"<html>no</html>"), "answered 404"),
        (Reply(body=b"[" * 2**21), "over the cap"),
        (Reply(drop=True), "dropped the connection"),
        (matrix({"metric": {}, "values": [[NOW.timestamp(), "-1"]]}), "-1000 ms cannot be"),
    ],
)
def test_an_objective_with_a_bad_answer_is_refused_and_the_others_go_on(
    server: Loopback, reply: Reply, why: str
) -> None:
    tower = Tower(server, Objective(asset="bad", latency=LATENCY), Objective(asset="good", errors=ERRORS))
    tower.api.replies[P95] = reply
    tower.api.series[RATE] = 0.5
    got = tower.round()
    assert [o.asset_id for o in got.observations if isinstance(o, Signal)] == ["good"]
    (refused,) = got.rejected
    assert refused.problem.where == "bad production p95_latency"
    assert re.search(why, refused.problem.what), refused.problem.what
    assert "\x1b" not in refused.problem.what
    assert tower.round(seconds=30).rejected == ()
    del tower.api.replies[P95]
    tower.api.series[P95] = 1.2
    assert [s.asset_id for s in tower.signals(seconds=30)] == ["bad"]


def test_a_query_that_gets_no_answer_in_time_is_refused_and_the_others_go_on(server: Loopback) -> None:
    tower = Tower(server, Objective(asset="bad", latency=LATENCY), Objective(asset="good", errors=ERRORS))
    tower.web = quick_web(read_s=0.2)
    tower.api.replies[P95] = Reply(delay_s=0.6)
    tower.api.series[RATE] = 0.5
    got = tower.round()
    assert [o.asset_id for o in got.observations if isinstance(o, Signal)] == ["good"]
    assert "did not answer within 0.2 s" in got.rejected[0].problem.what


def test_a_breach_stands_while_its_query_fails(server: Loopback) -> None:
    tower = Tower(server, Objective(asset="bad", latency=LATENCY), Objective(asset="good", errors=ERRORS))
    tower.api.series |= {P95: 1.2, RATE: 0.0}
    assert len(tower.signals()) == 1
    tower.api.replies[P95] = error("timeout", "query timed out", 503)
    assert tower.round(seconds=30).observations == ()
    del tower.api.replies[P95]
    tower.api.series[P95] = 0.4
    assert len(tower.signals(seconds=30)) == 1


def test_requests_that_cannot_be_counted_hold_the_verdict_of_that_objective(server: Loopback) -> None:
    tower = Tower(
        server,
        Objective(asset="bad", latency=LATENCY, requests="count[$window]"),
        Objective(asset="good", errors=ERRORS),
    )
    tower.api.series |= {P95: 1.2, RATE: 0.0}
    tower.api.replies[COUNT] = error("bad_data", "parse error", 400)
    got = tower.round()
    assert got.observations == ()
    assert [r.problem.where for r in got.rejected] == ["bad production requests"]


def test_when_no_objective_can_be_read_the_source_has_failed(server: Loopback) -> None:
    tower = Tower(server, Objective(asset="bot", latency=LATENCY, errors=ERRORS))
    for query in (P95, RATE):
        tower.api.replies[query] = error("bad_data", "parse error", 400)
    with pytest.raises(SourceError, match=r"parse error \(and 1 more\)"):
        tower.round()


@pytest.mark.parametrize("rate", [2.5, -0.1])
def test_an_error_rate_that_is_no_share_is_refused(server: Loopback, rate: float) -> None:
    tower = Tower(server, Objective(asset="bot", errors=ERRORS), Objective(asset="good", latency=LATENCY))
    tower.api.series |= {RATE: rate, P95: 0.1}
    (refused,) = tower.round().rejected
    assert "divide the errors by the requests" in refused.problem.what


def test_an_answer_with_warnings_may_open_a_breach_with_less_confidence_and_ends_none(tower: Tower) -> None:
    tower.api.series[P95] = 1.2
    tower.api.warnings = ["store gateway-1 \x1b[2J did not answer"]
    got = tower.round()
    (breach,) = got.observations
    assert isinstance(breach, Signal)
    assert breach.confidence == 0.5
    assert "may be partial" in (breach.summary or "")
    assert [r.problem.what for r in got.rejected] == ["answered with a warning: store gateway-1 did not answer"]
    tower.api.series[P95] = 0.1
    assert tower.round(seconds=30).unchanged
    tower.api.warnings = []
    (over,) = tower.signals(seconds=30)
    assert (proof(over).value, over.confidence) == (100.0, 0.95)


# --------------------------------------------------------------------------- the server


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(401), "401"),
        (Reply(403), "403"),
        (Reply(500), "500"),
        (Reply(body=b"<html>sign in</html>"), "did not answer with JSON"),
        (Reply.json({"status": "success", "data": {"resultType": "scalar", "result": []}}), "does not send its time"),
        (Reply.json({"status": "success", "data": {"resultType": "scalar", "result": [1, "NaN"]}}), "send its time"),
        (error("unavailable", "starting up", 503), "starting up"),
        (Reply(drop=True), "dropped"),
    ],
)
def test_a_server_that_is_down_or_none_is_a_source_error_without_the_secret(
    server: Loopback, reply: Reply, why: str
) -> None:
    tower = Tower(server, token="${T}")
    server.on("GET", "/api/v1/query", reply)
    with pytest.raises(SourceError, match=why) as caught:
        tower.round()
    assert "127.0.0.1" in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert tower.api.asked == []


def test_a_server_that_does_not_exist_is_a_source_error() -> None:
    options = Options(url="http://127.0.0.1:1", objectives=(Objective(asset="bot", latency=LATENCY),))
    with pytest.raises(SourceError, match="cannot be reached"):
        prometheus.collect(options, context(http=quick_web()))


def test_a_server_that_fails_for_a_moment_is_asked_again(tower: Tower, server: Loopback) -> None:
    tower.api.series[P95] = 1.2
    server.on("GET", "/api/v1/query", Reply(503), tower.api._time)
    assert len(tower.signals()) == 1
    assert len(tower.waits) == 1


def test_a_server_that_asks_to_wait_ends_the_round(server: Loopback) -> None:
    tower = Tower(server, Objective(asset="bad", latency=LATENCY), Objective(asset="good", errors=ERRORS))
    for query in (P95, RATE):
        tower.api.replies[query] = Reply(429, headers={"Retry-After": "120"})
    with pytest.raises(SourceError) as caught:
        tower.round()
    assert caught.value.retry_after == 120
    assert len(tower.api.asked) == 1


def test_tokens_and_logins_are_sent_and_never_told(server: Loopback) -> None:
    tower = Tower(server, token="${T}")
    tower.api.series[P95] = 0.1
    tower.round()
    assert {r.headers["authorization"] for r in server.log} == {"Bearer s3cret"}
    login = Tower(server, username="ana", password="${P}")
    login.api.series[P95] = 0.1
    login.round()
    assert server.log[-1].headers["authorization"] == "Basic " + base64.b64encode(b"ana:pa55").decode()


def test_a_server_that_tells_its_time_in_a_vector_is_understood(tower: Tower, server: Loopback) -> None:
    now = NOW.timestamp()
    result = [{"metric": {}, "value": [now, str(now)]}]
    told = {"status": "success", "data": {"resultType": "vector", "result": result}}
    server.on("GET", "/api/v1/query", Reply.json(told))
    tower.api.series[P95] = 1.2
    assert len(tower.signals()) == 1


@pytest.mark.parametrize("ahead", [-900.0, 900.0])
def test_a_clock_that_differs_is_said_and_nothing_is_lost_by_it(tower: Tower, ahead: float) -> None:
    tower.api.now += ahead
    tower.api.series[P95] = lambda at: 1.2 if abs(at - tower.api.now) <= 90 else None
    got = tower.round()
    (told,) = got.observations
    assert isinstance(told, Signal)
    assert told.occurred_at == NOW - timedelta(minutes=1)
    (said,) = got.rejected
    assert f"its clock is 900 s {'ahead of' if ahead > 0 else 'behind'} this host's" in said.problem.what
    assert tower.round(seconds=30).unchanged


def test_the_link_shows_the_query_and_no_secret(tower: Tower, server: Loopback) -> None:
    tower.api.series[P95] = 1.2
    (link,) = tower.signals()[0].links
    assert parse_qs(urlsplit(link).query)["g0.expr"] == [P95]
    hidden = Tower(server)
    hidden.options = Options(url=server.url.replace("//", "//ana:${P}@"), objectives=hidden.options.objectives)
    hidden.api.series[P95] = 1.2
    assert hidden.signals()[0].links == []


# --------------------------------------------------------------------------- what is remembered


def test_a_watch_that_is_given_up_while_its_breach_stands_is_said(server: Loopback) -> None:
    tower = Tower(server, Objective(asset="bot", latency=LATENCY), Objective(asset="other", errors=ERRORS))
    tower.api.series |= {P95: 1.2, RATE: 0.0}
    tower.signals()
    tower.options = Options(url=server.url, objectives=tower.options.objectives[1:])
    (said,) = tower.round(seconds=30).rejected
    assert (said.problem.where, said.problem.hint) == ("bot production p95_latency", "Resolve its alert by hand")
    assert tower.round(seconds=30).unchanged


@pytest.mark.parametrize("bookmark", ["[]", "{", '{"levels": 7}'])
def test_the_bookmark_of_another_kind_is_no_trouble(tower: Tower, bookmark: str) -> None:
    tower.cursor = Cursor(bookmark=bookmark)
    tower.api.series[P95] = 1.2
    assert len(tower.signals()) == 1


def test_a_clock_that_is_set_back_keeps_nothing_quiet_for_good(tower: Tower) -> None:
    tower.api.series[P95] = 1.2
    tower.api.now += 86_400
    assert len([o for o in tower.round().observations if isinstance(o, Signal)]) == 1
    tower.api.now -= 86_400
    assert len([o for o in tower.round(seconds=30).observations if isinstance(o, Signal)]) == 1


def test_a_round_that_takes_too_long_tells_what_it_has_seen(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [f"bot-{i}" for i in range(6)]
    tower = Tower(server, *(Objective(asset=name, latency=LATENCY) for name in names))
    tower.api.series[P95] = 1.2
    monkeypatch.setattr(prometheus, "_ROUND_S", -1.0)
    got = tower.round()
    assert got.observations == ()
    assert len(got.rejected) == 6
    monkeypatch.undo()
    assert {s.asset_id for s in tower.signals(seconds=30)} == set(names)
