"""How a canary stands beside what serves with it is shown from the first look on, and never better than it is known."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec
import pytest

from pulse_tui.collectors.prometheus import Options
from pulse_tui.collectors.prometheus.beside import Comparison, Measure, Sides
from pulse_tui.domain.comparison import LiveComparison, kept_at, packed, unpacked
from pulse_tui.domain.health import Health
from pulse_tui.domain.words import Environment
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.beside import compared, compared_lines
from pulse_tui.services.signals.refresh import Round, refresh
from pulse_tui.services.signals.sources import keep_sources
from pulse_tui.settings.shapes import SourceShape
from tests.collectors.contexts import quick_web
from tests.fakes.clock import Clock
from tests.fakes.nouns import NOW, deployment
from tests.servers.loopback import Loopback
from tests.servers.prometheus_api import PrometheusApi, error

REFUSALS = Measure(name="refusals", events="refused{$side}[$window]", of="asked{$side}[$window]")
COST = Measure(name="cost", cost=True, total="usd{$side}[$window]", of="asked{$side}[$window]")


class Tower:
    """Rounds of a source ``live`` that compares the canary of support-bot with production."""

    def __init__(self, server: Loopback, judge: JudgeParts, clock: Clock) -> None:
        self.api, self.clock = PrometheusApi(server, NOW), clock
        self.http = quick_web()
        self.url = server.url
        self.parts = judge
        self.configure(REFUSALS)

    def configure(self, *measures: Measure) -> None:
        sides = Sides(canary='track="canary"', beside='track="stable"')
        one = Comparison(asset="support-bot", sides=sides, measures=measures)
        shape = SourceShape(id="live", kind="prometheus", every=30.0, options=Options(url=self.url, comparisons=(one,)))
        outside = self.parts.outside._replace(http=self.http)
        self.parts = self.parts._replace(sources={"live": shape}, outside=outside)

    def counts(self, **values: float) -> None:
        for name, value in values.items():
            metric, _, side = name.rpartition("_")
            self.api.series[f'{metric}{{track="{side}"}}[30s]'] = float(value)

    def round(self, holder: str = "tests") -> Round:
        self.api.now = self.clock.pass_(seconds=30).timestamp()
        return refresh("live", self.parts, holder)

    def rows(self) -> list[LiveComparison]:
        with self.parts.store.read() as tx:
            return compared(tx, self.clock())

    def row(self) -> LiveComparison:
        (row,) = self.rows()
        return row

    def line(self) -> str:
        with self.parts.store.read() as tx:
            (line,) = compared_lines(tx, self.clock(), "support-bot")
        return line

    def deploy(self, version: str, environment: Environment = Environment.CANARY) -> None:
        with self.parts.store.write() as tx:
            tx.estate.deploy(deployment(version, environment, since=self.clock()))


@pytest.fixture
def tower(judge: JudgeParts, clock: Clock) -> Iterator[Tower]:
    with Loopback() as server:
        made = Tower(server, judge, clock)
        made.counts(refused_canary=1, asked_canary=200, refused_stable=9, asked_stable=1_800)
        yield made


def test_it_goes_from_the_first_look_over_collecting_and_no_difference_to_a_verdict(tower: Tower) -> None:
    tower.round()
    assert (tower.row().state, tower.row().looks) == ("begun", 0)
    assert "first looked at" in tower.line()
    states = list[str]()
    for _ in range(400):
        tower.round()
        row = tower.row()
        if states[-1:] != [row.state]:
            states.append(row.state)
        if row.state == "PASS":
            break
        assert row.undecided
        assert row.towards == "PASS"
        assert row.more is not None
    assert states == ["collecting", "no difference found yet", "PASS"]
    assert row.fine >= 20
    assert row.low is None or row.high is not None
    assert (row.version, row.beside_version) == ("3.8.2", "3.8.1")


def test_what_would_decide_it_is_about_what_does(tower: Tower) -> None:
    for _ in range(12):
        tower.round()
    row = tower.row()
    assert row.more is not None
    assert f"as it goes {row.more:,} more requests of the canary" in tower.line()
    assert "first looked at" not in tower.line()
    asked = row.requests
    while tower.row().undecided:
        tower.round()
    assert tower.row().requests - asked == pytest.approx(row.more, rel=0.05)


def test_a_failure_stands_while_its_series_are_missing(tower: Tower) -> None:
    tower.counts(refused_canary=30)
    for _ in range(5):
        tower.round()
    assert tower.row().state == "FAIL"
    del tower.api.series['refused{track="canary"}[30s]']
    tower.round()
    assert tower.row().state == "FAIL"
    assert "'events' has no series in canary since" in tower.line()


def test_missing_series_and_refused_queries_are_named_and_are_no_health(tower: Tower) -> None:
    del tower.api.series['asked{track="stable"}[30s]']
    tower.round()
    tower.round()
    assert (tower.row().state, tower.row().undecided) == ("no series", True)
    assert "'of' has no series in production since 2026-" in tower.line()
    tower.configure(REFUSALS, COST)
    tower.counts(asked_stable=1_800, usd_canary=1.0, usd_stable=9.0)
    tower.api.replies['refused{track="canary"}[30s]'] = error("bad_data", "many-to-many matching", 400)
    for _ in range(3):
        tower.round()
    assert [(r.measure, r.state) for r in tower.rows()] == [("refusals", "not read"), ("cost", "collecting")]
    with tower.parts.store.read() as tx:
        refused = compared_lines(tx, tower.clock(), "support-bot")[0]
    assert "many-to-many matching" in refused


def test_another_canary_starts_from_nothing_and_says_so(tower: Tower) -> None:
    for _ in range(40):
        tower.round()
    assert tower.row().looks > 30
    tower.deploy("3.8.3")
    tower.round()
    row = tower.row()
    assert (row.state, row.version, row.looks, row.requests) == ("begun", "3.8.3", 0, 0)
    assert "3.8.3 began in place of 3.8.2" in tower.line()
    tower.round()
    assert tower.row().state == "collecting"
    gone = tower.api.series.pop('asked{track="canary"}[30s]')
    tower.round()
    tower.api.series |= {'asked{track="canary"}[30s]': gone}
    tower.round()
    assert "3.8.3 began in place of 3.8.2" in tower.line()  # also after nothing was seen for a while


def test_a_pass_is_not_kept_beside_another_release_and_a_failure_is(tower: Tower) -> None:
    while not tower.rows() or tower.row().state != "PASS":
        tower.round()
    tower.deploy("3.9.0", Environment.PRODUCTION)
    tower.round()
    row = tower.row()
    assert (row.state, row.version, row.beside_version, row.requests) == ("begun", "3.8.2", "3.9.0", 0)
    assert "3.9.0 began beside it in place of 3.8.1" in tower.line()
    tower.counts(refused_canary=60)
    while tower.row().state != "FAIL":
        tower.round()
    tower.deploy("3.9.1", Environment.PRODUCTION)
    tower.counts(refused_canary=1)
    tower.round()
    assert (tower.row().state, tower.row().beside_version) == ("FAIL", "3.9.0")


def test_a_source_that_fails_or_falls_silent_leaves_it_with_its_age(tower: Tower) -> None:
    for _ in range(400):
        tower.round()
        if tower.row().state == "PASS":
            break
    tower.api.replies |= {query: error("internal", "out of memory", 503) for query in tower.api.series}
    assert not tower.round().ok
    row = tower.row()
    assert row.undecided
    assert "failing" in row.stale
    tower.api.replies.clear()
    tower.api.series |= {query.replace("30s", "60s"): count for query, count in tower.api.series.items()}
    tower.round()
    assert not tower.row().stale
    tower.clock.pass_(hours=2)
    assert tower.row().stale == Health.LATE
    assert "PASS 2h ago, unknown since" in tower.line()


def test_what_is_no_longer_configured_is_not_shown(tower: Tower) -> None:
    tower.configure(REFUSALS, COST)
    tower.round()
    assert len(tower.rows()) == 2
    tower.configure(REFUSALS)
    tower.round()
    assert [row.measure for row in tower.rows()] == ["refusals"]
    keep_sources({}, tower.parts, tower.clock())
    assert tower.rows() == []
    with tower.parts.store.read() as tx:
        assert tx.plumbing.get_value(kept_at("live")) is None


def test_of_two_agents_the_one_with_the_lease_writes_and_the_count_goes_on(tower: Tower) -> None:
    tower.round("one")
    tower.round("two")
    tower.round("one")
    assert tower.row().looks == 2
    with tower.parts.store.write() as tx:
        assert tx.plumbing.claim("source:live", "other", tower.clock(), 120.0) is not None
    before = tower.row()
    assert tower.round("one").skipped
    assert tower.row() == before


def test_the_board_has_what_the_services_have(tower: Tower) -> None:
    for _ in range(5):
        tower.round()
    tower.clock.pass_(hours=1)
    board = tower.parts.store.board("acme", None, tower.clock())
    assert list(board.comparisons) == tower.rows()
    assert board.comparisons[0].stale == Health.LATE


def test_a_state_of_another_version_is_read_as_far_as_it_is_known() -> None:
    row = LiveComparison("bot", "canary", "production", "m", "collecting", 1, 1.25, looks=3)
    (later,) = msgspec.json.decode(packed([row]))
    later |= {"tomorrow": 1, "state": "weighed"}
    del later["looks"]
    (found,) = unpacked(msgspec.json.encode([later]).decode(), "live")
    assert (found.state, found.looks, found.source) == ("weighed", 0, "live")
    assert found.undecided or found.state not in ("PASS", "FAIL")
    assert unpacked("{", "live") == []


def test_words_say_how_long_it_takes_at_its_pace() -> None:
    minute = 60_000_000
    row = LiveComparison(
        "bot", "canary", "production", "refusals", "collecting", 61 * minute, 1.25, version="2", since_us=minute,
        looks=60, total=2, requests=600, other_total=20, other_requests=6_000, more=1_200, towards="PASS",
    )  # fmt: skip
    line = row.line(int(timedelta(minutes=61) / timedelta(microseconds=1)))
    assert "0.333 % (2 of 600) against 0.333 % (20 of 6,000)" in line
    assert "as it goes 1,200 more requests of the canary (2h at its pace) decide it: PASS" in line
    assert ", the last" not in line
    assert "60 looks since 1970-01-01T00:01:00Z (6h), the last 5h ago" in row.line(362 * minute)
