"""Registry snapshots, rounds of sources, and the gate."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.errors import ConfigError, NotFound, Problem, SourceError, StorageError
from pulse_tui.domain.release import RegistrySnapshot, RegistryVersion, ReleaseState
from pulse_tui.domain.source import Collected, Cursor, Rejected
from pulse_tui.domain.words import Change, Environment, SignalType
from pulse_tui.ports import CollectContext
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.ingest import Tally, ingest
from pulse_tui.services.signals.refresh import refresh
from pulse_tui.settings.shapes import SourceShape
from tests.fakes.clock import Clock
from tests.fakes.house import gate
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, changed, deployment, hold, signal
from tests.fakes.runs import measured_well


def version(name: str, digest: str | None = "sha256:a", number: str = "1") -> RegistryVersion:
    return RegistryVersion(asset_id="embedder", registry_version=number, version=name, digest=digest, created_at=NOW)


def snapshot(placed: dict[Environment, tuple[str, float]], *versions: RegistryVersion) -> RegistrySnapshot:
    return RegistrySnapshot(
        source="mlflow",
        asset_id="embedder",
        versions=versions or (version("1"), version("2", number="2")),
        placements=placed,
        managed=(CANARY, PRODUCTION),
    )


def take(judge: JudgeParts, item: RegistrySnapshot) -> Tally:
    return ingest([item], [], judge, judge.clock())


def changes(judge: JudgeParts) -> list[tuple[Change | None, str | None]]:
    with judge.store.read() as tx:
        return [(s.change, s.current_version) for s in reversed(tx.signals.recent(100, "embedder"))]


def test_a_registry_brings_releases_and_where_they_serve(judge: JudgeParts) -> None:
    take(judge, snapshot({PRODUCTION: ("1", 100.0), CANARY: ("2", 10.0)}))
    assert changes(judge) == [
        (Change.BUILD, "1"),
        (Change.BUILD, "2"),
        (Change.DEPLOYMENT, "2"),
        (Change.PROMOTION, "1"),
    ]
    with judge.store.read() as tx:
        assert [(r.version, r.iteration, r.state) for r in tx.estate.releases("embedder")] == [
            ("1", 1, ReleaseState.PROMOTED),
            ("2", 2, ReleaseState.DRAFT),
        ]


def test_an_unchanged_snapshot_writes_nothing(judge: JudgeParts, clock: Clock) -> None:
    same = snapshot({PRODUCTION: ("1", 100.0)})
    take(judge, same)
    before = _rows(judge)
    clock.pass_(minutes=5)
    assert take(judge, same).signals == 0
    assert _rows(judge) == before


def _rows(judge: JudgeParts) -> Any:
    with judge.store.read() as tx:
        return (tx.estate.load(), tx.signals.count(), len(tx.log.entries()), tx.estate.stays("embedder", PRODUCTION))


def test_a_moved_alias_is_a_promotion_with_a_way_back(judge: JudgeParts, clock: Clock) -> None:
    take(judge, snapshot({PRODUCTION: ("1", 100.0)}))
    clock.pass_(days=1)
    take(judge, snapshot({PRODUCTION: ("2", 100.0)}))
    assert changes(judge)[-1] == (Change.PROMOTION, "2")
    with judge.store.read() as tx:
        release = tx.estate.release("embedder", "2")
        assert [s.version for s in tx.estate.stays("embedder", PRODUCTION)] == ["2", "1"]
    assert release is not None
    assert release.rollback_pointer == "1"


def test_an_alias_that_goes_and_comes_back_is_told_each_time(judge: JudgeParts, clock: Clock) -> None:
    for where in ("1", "2", "1", "2"):
        clock.pass_(hours=1)
        take(judge, snapshot({PRODUCTION: (where, 100.0)}))
    assert [v for c, v in changes(judge) if c is Change.PROMOTION] == ["1", "2", "1", "2"]


def test_another_digest_of_the_same_version_is_told_and_never_overwrites(judge: JudgeParts) -> None:
    take(judge, snapshot({}))
    take(judge, snapshot({}, version("1", "sha256:evil"), version("2", number="2")))
    assert changes(judge)[-1] == (Change.DIGEST_CHANGED, "1")
    count = len(changes(judge))
    take(judge, snapshot({}, version("1", "sha256:evil"), version("2", number="2")))
    assert len(changes(judge)) == count
    with judge.store.read() as tx:
        release = tx.estate.release("embedder", "1")
    assert release is not None
    assert release.digest == "sha256:a"


def test_an_alias_that_was_taken_away_ends_the_deployment(judge: JudgeParts) -> None:
    take(judge, snapshot({CANARY: ("2", 10.0)}))
    take(judge, snapshot({}))
    with judge.store.read() as tx:
        assert tx.estate.deployment("embedder", CANARY) is None
        (last,) = tx.signals.recent(1, "embedder")
    assert (last.change, last.baseline_version) == (Change.CONFIG_CHANGE, "2")


def test_a_registry_takes_away_only_what_it_spoke_for(judge: JudgeParts) -> None:
    with judge.store.write() as tx:
        tx.estate.deploy(deployment("1", CANARY, asset_id="embedder", source="estate"))
    take(judge, snapshot({}))
    with judge.store.read() as tx:
        assert tx.estate.deployment("embedder", CANARY) is not None


# --------------------------------------------------------------------------- rounds


class Feed:
    """A collector that does what the test says."""

    class Options(msgspec.Struct, frozen=True):
        """None."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.again_s: float | None = None
        self.items: tuple[Any, ...] = ()
        self.seen: list[Cursor] = []

    def collect(self, options: Any, context: CollectContext) -> Collected:
        del options
        self.seen.append(context.cursor)
        if self.error is not None:
            raise self.error
        bad = Rejected(source=context.source, problem=Problem("x", "y"), raw=b"")
        cursor = Cursor(bookmark=str(len(self.seen)))
        return Collected(observations=self.items, rejected=(bad,), cursor=cursor, again_s=self.again_s)


@pytest.fixture
def feed() -> Feed:
    return Feed()


@pytest.fixture
def source(judge: JudgeParts, feed: Feed) -> JudgeParts:
    shape = SourceShape(id="news", kind="feed", every=100.0, options=None)
    return judge._replace(source_kinds={"feed": feed}, sources={"news": shape})


def status(judge: JudgeParts) -> Any:
    with judge.store.read() as tx:
        return tx.plumbing.sources()["news"]


def test_a_good_round_is_taken_in_and_remembered(source: JudgeParts, feed: Feed) -> None:
    feed.items = (signal(1),)
    done = refresh("news", source, "h")
    assert (done.ok, done.tally.signals, done.tally.rejected, done.next_s) == (True, 1, 1, 100.0)
    refresh("news", source, "h")
    assert feed.seen == [Cursor(), Cursor(bookmark="1")]
    assert (status(source).last_good_at, status(source).failures) == (NOW, 0)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (SourceError("news cannot be reached"), "cannot be reached"),
        (ConfigError([Problem("environment", "${TOKEN} is not set")]), "TOKEN"),
        (KeyError("a bug"), "feed collector broke: KeyError"),
    ],
)
def test_a_source_that_fails_says_why_waits_longer_and_keeps_its_bookmark(
    source: JudgeParts, feed: Feed, error: Exception, words: str
) -> None:
    refresh("news", source, "h")
    feed.error = error
    first, second = refresh("news", source, "h"), refresh("news", source, "h")
    assert (first.ok, first.next_s, second.next_s) == (False, 200.0, 400.0)
    assert words in first.message
    assert words in status(source).reason
    assert (status(source).failures, status(source).cursor, status(source).last_good_at) == (
        2,
        Cursor(bookmark="1"),
        NOW,
    )


def test_a_source_with_more_to_read_than_a_round_takes_is_asked_again_soon(source: JudgeParts, feed: Feed) -> None:
    feed.again_s = 30.0
    assert refresh("news", source, "h").next_s == 30.0
    feed.again_s = 900.0
    assert refresh("news", source, "h").next_s == 100.0


def test_a_source_that_is_read_seldom_is_asked_again_within_the_hour_after_a_failure(
    source: JudgeParts, feed: Feed
) -> None:
    seldom = source._replace(sources={"news": SourceShape(id="news", kind="feed", every=7_200.0, options=None)})
    feed.error = SourceError("busy")
    assert [refresh("news", seldom, "h").next_s for _ in range(6)] == [
        600.0,
        1_200.0,
        2_400.0,
        4_800.0,
        4_800.0,
        4_800.0,
    ]
    feed.error = None
    assert refresh("news", seldom, "h").next_s == 7_200.0


def test_a_planned_round_gives_way_where_that_server_was_asked_lately_also_before_a_restart(
    source: JudgeParts, feed: Feed, clock: Clock
) -> None:
    shape = SourceShape(id="news", kind="feed", every=900.0, options=None, floor=900.0)
    polite = source._replace(sources={"news": shape})
    refresh("news", polite, "h", due=True)
    clock.pass_(minutes=5)
    waiting = refresh("news", polite, "another tower", due=True)
    assert (waiting.skipped, waiting.ok, waiting.next_s) == (True, True, 600.0)
    assert not refresh("news", polite, "h").skipped, "whoever asks for it gets it"
    clock.pass_(minutes=14)
    assert not refresh("news", polite, "h", due=True).skipped, "rounds are spread by chance"
    clock.pass_(days=-400)
    assert not refresh("news", polite, "h", due=True).skipped, "a time of another clock holds nobody up"
    assert len(feed.seen) == 4


def test_a_pause_that_was_asked_for_is_kept_across_a_restart(source: JudgeParts, feed: Feed, clock: Clock) -> None:
    shape = SourceShape(id="news", kind="feed", every=900.0, options=None, floor=900.0)
    polite = source._replace(sources={"news": shape})
    feed.error = SourceError("busy", retry_after=3_000.0)
    refresh("news", polite, "h", due=True)
    clock.pass_(minutes=31)
    assert refresh("news", polite, "after the restart", due=True).next_s == 1_140.0


def test_a_server_of_ones_own_is_read_at_once_after_a_restart(source: JudgeParts, feed: Feed, clock: Clock) -> None:
    refresh("news", source, "h", due=True)
    clock.pass_(seconds=1)
    assert not refresh("news", source, "h", due=True).skipped


def test_a_source_that_asks_for_a_pause_gets_it(source: JudgeParts, feed: Feed) -> None:
    feed.error = SourceError("busy", retry_after=900.0)
    assert refresh("news", source, "h").next_s == 900.0


@pytest.mark.parametrize("asked", [3_601.0, 253_402_300_799.0, 1e308, math.inf])
def test_a_source_that_asks_for_a_long_pause_gets_an_hour_and_that_is_said(
    source: JudgeParts, feed: Feed, asked: float
) -> None:
    feed.error = SourceError("busy", retry_after=asked)
    assert refresh("news", source, "h").next_s == 3_600.0
    assert "asked again after 60 minutes all the same" in status(source).reason


@pytest.mark.parametrize("asked", [0.0, -5.0, -math.inf, math.nan])
def test_a_pause_that_is_none_changes_nothing(source: JudgeParts, feed: Feed, asked: float) -> None:
    feed.error = SourceError("busy", retry_after=asked)
    assert refresh("news", source, "h").next_s == 200.0


def test_after_three_failures_there_is_an_alert_and_it_goes_when_the_source_answers(
    source: JudgeParts, feed: Feed, clock: Clock
) -> None:
    feed.error = SourceError("down")
    tallies = []
    for _ in range(6):
        clock.pass_(minutes=5)
        tallies.append(refresh("news", source, "h").tally.alerts)
    assert tallies == [0, 0, 1, 0, 0, 0]
    with source.store.read() as tx:
        (alert,) = tx.judgements.alerts()
        (told, _again) = [s for s in tx.signals.recent(9) if s.signal_type is SignalType.SOURCE_HEALTH]
    assert (alert.rule_id, alert.count, told.summary) == ("source-failing", 2, "down")
    feed.error = None
    clock.pass_(minutes=5)
    refresh("news", source, "h")
    with source.store.read() as tx:
        assert [a.state for a in tx.judgements.alerts()] == [AlertState.RESOLVED]


def test_a_database_that_fails_is_no_failure_of_the_source(source: JudgeParts, feed: Feed) -> None:
    feed.error = StorageError("database is locked")
    with pytest.raises(StorageError):
        refresh("news", source, "h")
    assert status(source).failures == 0
    feed.error = None
    assert refresh("news", source, "other").ok  # the lease was given back


def test_another_collector_that_has_it_is_left_alone(source: JudgeParts, feed: Feed) -> None:
    with source.store.write() as tx:
        tx.plumbing.claim("source:news", "elsewhere", NOW, 120)
    assert refresh("news", source, "h").skipped
    assert feed.seen == []


def test_a_source_that_is_not_configured_names_the_nearest(source: JudgeParts) -> None:
    with pytest.raises(NotFound, match="did you mean 'news'"):
        refresh("nwes", source, "h")


# --------------------------------------------------------------------------- the gate


def test_the_gate_says_go_with_its_reasons(judge: JudgeParts) -> None:
    answer = gate(measured_well(judge, "3.8.1", "3.8.2"), "support-bot", "3.8.2", PRODUCTION)
    assert answer.go
    assert {"holds", "state", "pointer", "alerts", "functional", "safety"} <= {r.name for r in answer.reasons if r.ok}
    assert {"drilled", "authorised"} <= {r.name for r in answer.reasons if r.ok}


def test_nothing_goes_to_production_without_a_functional_and_a_safety_verdict(judge: JudgeParts) -> None:
    answer = gate(judge, "support-bot", "3.8.2", PRODUCTION)
    assert not answer.go
    assert answer.blocking == [
        "functional: no functional suite names support-bot",
        "safety: no safety suite names support-bot",
    ]


@pytest.mark.parametrize("scope", ["support-bot", None])
def test_a_freeze_closes_the_gate(judge: JudgeParts, scope: str | None) -> None:
    with judge.store.write() as tx:
        tx.judgements.put_hold(hold(asset_id=scope))
    assert not gate(judge, "support-bot", "3.8.2", PRODUCTION).go
    other = gate(judge, "gateway", "1.9.3", PRODUCTION)
    assert all(r.ok for r in other.reasons if r.name == "holds") is (scope is not None)


def test_a_quarantined_release_and_an_open_p1_close_the_gate(judge: JudgeParts) -> None:
    with judge.store.write() as tx:
        tx.estate.set_release_state("support-bot", "3.8.0", ReleaseState.QUARANTINED)
        tx.estate.deploy(deployment("3.8.2", CANARY, traffic=12.0, production_critical=True))
    assert not gate(judge, "support-bot", "3.8.0", PRODUCTION).go
    breach = signal(1, asset_id="support-bot", environment=CANARY, current_version="3.8.2")
    ingest([breach], [], judge, NOW)
    assert not gate(judge, "support-bot", "3.8.2", PRODUCTION).go
    assert all(r.ok for r in gate(judge, "support-bot", "3.8.1", CANARY).reasons if r.name == "alerts")


def test_an_open_p1_closes_the_gate_however_many_alerts_came_after_it(judge: JudgeParts) -> None:
    from pulse_tui.domain.words import Priority
    from tests.fakes.nouns import alert, later

    with judge.store.write() as tx:
        tx.judgements.put_alert(alert("p1", priority=Priority.P1, first_at=later(days=-3), version="3.8.2"))
        for i in range(1_050):
            tx.judgements.put_alert(alert(i, priority=Priority.P4, asset_id="gateway"))
    assert not gate(judge, "support-bot", "3.8.2", PRODUCTION).go


def test_who_is_not_known_is_said(judge: JudgeParts) -> None:
    with pytest.raises(NotFound, match="no asset 'nobody'"):
        gate(judge, "nobody", "1", PRODUCTION)
    with pytest.raises(NotFound, match=r"no release '9\.9'"):
        gate(judge, "support-bot", "9.9", PRODUCTION)
    assert changed(hold(), why="x") != hold()


def test_a_source_that_another_living_collector_read_is_not_asked_again_before_its_time(
    source: JudgeParts, feed: Feed, clock: Clock
) -> None:
    """Whatever its floor: this one has none."""
    refresh("news", source, "host-a:space:1", due=True)
    clock.pass_(seconds=95)
    early = refresh("news", source, "host-b:space:1", due=True)
    assert (early.skipped, early.next_s) == (True, 5.0)
    assert not refresh("news", source, "host-a:space:1", due=True).skipped, "its own rounds are spread by chance"
    clock.pass_(seconds=101)
    assert not refresh("news", source, "host-b:space:1", due=True).skipped, "its time has come, whoever had it last"
    dead = source._replace(outside=source.outside._replace(dead=lambda holder: holder == "host-b:space:1"))
    assert not refresh("news", dead, "host-b:space:2", due=True).skipped, "a restart on the same host reads at once"
    assert len(feed.seen) == 4


def test_a_source_whose_collector_died_in_the_middle_of_a_round_is_asked_for_again_when_the_lease_ends(
    source: JudgeParts, clock: Clock
) -> None:
    hourly = source._replace(sources={"news": SourceShape(id="news", kind="feed", every=3_600.0, options=None)})
    with hourly.store.write() as tx:
        tx.plumbing.claim("source:news", "host-a:space:1", clock(), 120.0)
    waiting = refresh("news", hourly, "host-b:space:1", due=True)
    assert (waiting.skipped, waiting.next_s) == (True, 120.0)
    clock.pass_(seconds=121)
    assert not refresh("news", hourly, "host-b:space:1", due=True).skipped
