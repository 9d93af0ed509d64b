"""The read model against a recomputation in plain Python, and against its own quick form."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulse_tui.domain.advisory import Advisory, Audit, Finding
from pulse_tui.domain.alert import Alert
from pulse_tui.domain.evals import Comparison, Verdict
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.source import SourceStatus
from pulse_tui.domain.views.advisories import ROW_STATES
from pulse_tui.domain.views.evals import Serving
from pulse_tui.domain.words import Environment, Priority, SignalType
from pulse_tui.storage.board.panes import quick_board
from pulse_tui.storage.store import SqlStore
from tests.fakes.databases import sqlite_file
from tests.fakes.nouns import (
    NOW,
    PRODUCTION,
    alert,
    asset,
    changed,
    deployment,
    hold,
    later,
    release,
    run_of,
    score,
    signal,
)
from tests.fakes.runs import comparison, verdict_line
from tests.servers.forms import examples

ASSETS = ("a", "b")
KINDS = (SignalType.LATENCY_BREACH, SignalType.CVE)
_PLACES = st.tuples(st.sampled_from(ASSETS), st.sampled_from(list(Environment)))
_WORLD = st.fixed_dictionaries(
    {
        "deployments": st.lists(st.tuples(_PLACES, st.sampled_from(["1", "2", "9"])), max_size=8),
        "alerts": st.lists(
            st.tuples(
                _PLACES,
                st.sampled_from(list(Priority)),
                st.sampled_from(["firing", "acknowledged", "suppressed", "resolved"]),
                st.integers(-600, 600),
            ),
            max_size=8,
        ),
        "freezes": st.lists(st.sampled_from([*ASSETS, None]), max_size=2, unique=True),
        "sources": st.lists(st.tuples(st.integers(0, 2), st.integers(0, 100)), max_size=4),
        "findings": st.lists(
            st.tuples(_PLACES, st.sampled_from(list(Audit)), st.sampled_from(list(Priority))), max_size=6
        ),
    }
)


def _alert(i: int, place: tuple[str, Environment], priority: Priority, state: str, minutes: int) -> Alert:
    at = NOW + timedelta(minutes=minutes)
    base = alert(i, asset_id=place[0], environment=place[1], priority=priority, first_at=at, deadline=at)
    if state == "acknowledged":
        return base.acknowledge("ana", later(hours=1))
    if state == "suppressed":
        return base.suppress("ana", later(hours=1), "known")
    return base.resolve(NOW, "over") if state == "resolved" else base


def _fill(store: SqlStore, world: dict[str, Any]) -> tuple[list[Alert], dict[tuple[str, Environment], str]]:
    serving: dict[tuple[str, Environment], str] = {}
    alerts = [_alert(i, *row) for i, row in enumerate(world["alerts"])]
    with store.write() as tx:
        tx.estate.put_assets([asset("a"), asset("b", owner_team="other")])
        for name in ASSETS:
            for version in ("1", "2"):
                tx.estate.add_release(release(version, name))
        tx.estate.set_release_state("a", "2", ReleaseState.QUARANTINED)
        for place, version in world["deployments"]:
            serving[place] = version
            tx.estate.deploy(deployment(version, place[1], asset_id=place[0]))
        for i, item in enumerate(alerts):
            tx.judgements.put_alert(item)
            tx.signals.add([(signal(i, KINDS[i % 2]), b"{}")])
        for scope in world["freezes"]:
            tx.judgements.put_hold(hold(f"f-{scope}", asset_id=scope, kind=_freeze()))
        for i, (failures, minutes) in enumerate(world["sources"]):
            good = NOW - timedelta(minutes=minutes)
            tx.plumbing.put_source(SourceStatus(id=f"s{i}", kind="feed", failures=failures, last_good_at=good))
        tx.advisories.put([Advisory(id="G-1", source="osv", modified=NOW, title="t", aliases=("CVE-1",))])
        tx.advisories.put_findings(
            Finding(advisory_id="G-1", asset_id=p[0], component="x 1", environment=p[1], audit=audit, priority=prio)
            for p, audit, prio in world["findings"]
        )
    return alerts, serving


def _freeze() -> Any:
    from pulse_tui.domain.hold import HoldKind

    return HoldKind.FREEZE


def _word(
    place: tuple[str, Environment], version: str, alerts: list[Alert], frozen: list[str | None], silent: bool
) -> str:
    """The state of a deployment, by the definition and not by the code."""
    here = [a for a in alerts if a.open and (a.asset_id, a.environment) == place]
    urgent = [a for a in here if a.priority.rank <= 1]
    if any(int(a.signal_id.removeprefix("s-")) % 2 == 0 for a in urgent):
        return "FAIL"
    if (place[0], version) == ("a", "2"):
        return "quarantined"
    if urgent:
        return "risk"
    if version not in ("1", "2"):
        return "unknown"
    if place[0] in frozen or None in frozen:
        return "frozen"
    if silent:
        return "stale"
    return "watch" if any(a.priority.rank <= 3 for a in here) else "ok"


def _advisory_word(audit: Audit, priority: Priority) -> str:
    """Without an alert and a waiver."""
    if audit is Audit.NOT_AUDITED:
        return "not audited"
    return "note" if priority is Priority.NOTE else "open"


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_board_is_what_a_recomputation_says(database: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    @settings(
        max_examples=examples(25 if database == "sqlite" else 8), deadline=None, suppress_health_check=list(HealthCheck)
    )
    @given(world=_WORLD)
    def holds(world: dict[str, Any]) -> None:
        folder = tmp_path_factory.mktemp("board")
        if database == "sqlite":
            _agrees(SqlStore(sqlite_file(folder / "pulse.db"), folder), world, folder / "pulse.db")
            return
        from tests.fakes.databases import postgres

        name = postgres().create()
        _agrees(SqlStore(postgres().named(name), folder), world, None)
        postgres().drop(name)

    holds()


def _agrees(store: SqlStore, world: dict[str, Any], path: Path | None) -> None:
    alerts, serving = _fill(store, world)
    board = store.board("acme", None, NOW)
    states = {(r.asset, r.environment): r.state for r in board.registry}
    frozen = world["freezes"]
    silent = any(minutes > 15 for _, minutes in world["sources"])  # none of them brought anything of one asset
    assert states == {(p[0], p[1].value): _word(p, v, alerts, frozen, silent) for p, v in serving.items()}
    standing = [a for a in alerts if a.open]
    states_of_alerts = ["firing", "acknowledged", "suppressed"]
    order = sorted((a.priority.rank, states_of_alerts.index(a.state.value), to_us(a.first_at)) for a in standing)
    assert order == [(Priority(r.priority).rank, states_of_alerts.index(r.state), r.since_us) for r in board.alerts]
    assert {r.id: r.overdue for r in board.alerts} == {
        a.id: a.state.value == "firing" and a.first_at < NOW for a in standing
    }
    live = standing  # muting is about who is notified, never about what is so
    head = board.header
    assert (head.p1, head.p2) == tuple(sum(a.priority is p for a in live) for p in (Priority.P1, Priority.P2))
    production = [states[place] for place in states if place[1] == "production"]
    bad = sum(s in ("FAIL", "risk", "quarantined", "conflict", "unknown") for s in production)
    assert (head.production_risk, head.production_ok) == (bad, production.count("ok"))
    canaries = [states[place] for place in states if place[1] == "canary"]
    assert head.canary_risk == sum(s in ("FAIL", "risk", "quarantined", "conflict", "unknown") for s in canaries)
    assert head.production_stale == production.count("stale")
    assert head.production_other == len(production) - bad - head.production_ok - head.production_stale
    assert head.frozen == tuple(sorted({s or "everything" for s in frozen}))
    health = [
        SourceStatus(id="", kind="", failures=f, last_good_at=NOW - timedelta(minutes=m)) for f, m in world["sources"]
    ]
    assert [s.health for s in board.sources] == [s.health(NOW).value for s in health]
    found: dict[Any, Any] = {}
    for place, audit, priority in world["findings"]:
        found[place] = (audit, priority)
    seen = [(p, v) for p, v in found.items() if v[0] is not Audit.CLEAN]
    if seen:
        (row,) = board.advisories
        reached = [place for place, value in seen if value[0] is Audit.MATCHED]
        assert (row.id, row.record, row.reach) == ("CVE-1", "G-1", len(reached))
        assert row.production_hits == sum(place[1] is PRODUCTION for place in reached)
        words = {_advisory_word(audit, priority) for audit, priority in found.values() if audit is not Audit.CLEAN}
        assert row.state == min(words, key=ROW_STATES.index)
        assert Priority(row.priority).rank == min(v[1].rank for _, v in seen)
    else:
        assert board.advisories == ()
    if path is not None:
        assert quick_board(path, "acme", NOW) == board
    store.close()


def measured(store: SqlStore, *values: float, baseline: str = "r1", **fields: Any) -> None:
    """Runs r1, r2 ... of releases 1, 2 ..., with the share of right answers and another metric that nobody asks for."""
    with store.write() as tx:
        for i, value in enumerate(values, start=1):
            scores = (score(value, stderr=0.01, **fields), score(5.0, "speed", "ms"))
            tx.estate.add_release(release(str(i)))
            tx.evals.add(changed(run_of(f"r{i}", str(i), value), scores=scores), 10 * i)
        tx.evals.pin("support-bot", "golden", baseline)


def said(store: SqlStore, *comparisons: Comparison) -> None:
    with store.write() as tx:
        for one in comparisons:
            tx.evals.put_comparison(one)


def test_a_trend_goes_by_iteration_with_its_baseline(store: SqlStore) -> None:
    measured(store, 0.90, 0.92, 0.86, baseline="r2")
    lost = {"baseline": 0.92, "current": 0.86, "delta": -0.06, "low": -0.082, "high": -0.041}
    said(store, comparison("r3", "r2", verdict_line(Verdict.FAIL, **lost)))
    first, second = store.trends("support-bot")
    assert (first.task, first.verdict, first.baseline, first.baseline_version) == ("qa", "FAIL", 0.92, "2")
    assert [(p.label, p.iteration, p.value) for p in first.points] == [("1", 1, 0.90), ("2", 2, 0.92), ("3", 3, 0.86)]
    assert first.points[0].low == pytest.approx(0.90 - 0.016449)
    assert (first.delta, first.low, first.high, first.margin) == pytest.approx((-6.0, -8.2, -4.1, 2.0))
    assert (first.unit, first.n, first.note) == ("pp", 500, "500 items, tango score")
    assert (second.task, second.verdict, second.note) == ("speed", "", "no suite asks for it: shown, not judged")
    assert store.trends("nobody") == ()


def test_a_trend_names_what_serves_with_its_own_result(store: SqlStore) -> None:
    measured(store, 0.90, 0.92, 0.86)
    said(store, comparison("r2", "r1", verdict_line(Verdict.PASS)), comparison("r3", "r1", verdict_line(Verdict.FAIL)))
    with store.write() as tx:
        for environment, version in ((Environment.CANARY, "2"), (PRODUCTION, "9")):
            tx.estate.deploy(deployment(version, environment))
    trend = store.trends("support-bot")[0]
    assert trend.serving == (Serving("production", "9", None), Serving("canary", "2", 0.92, "PASS"))
    assert (trend.points[-1].label, trend.verdict, trend.measured) == ("3", "FAIL", "candidate")
    with store.write() as tx:
        tx.estate.deploy(deployment("1", PRODUCTION))
        tx.estate.deploy(deployment("3", Environment.CANARY))
    trend = store.trends("support-bot")[0]
    assert trend.serving == (Serving("production", "1", 0.90, "baseline"), Serving("canary", "3", 0.86, "FAIL"))
    assert trend.measured == "canary"


def test_a_trend_says_what_would_decide(store: SqlStore) -> None:
    measured(store, 0.92, 0.90)
    said(store, comparison("r2", "r1", verdict_line(Verdict.INCONCLUSIVE, more_items=1_240, more_repeats=3)))
    trend = store.trends("support-bot")[0]
    assert (trend.verdict, trend.note) == (
        "INCONCLUSIVE",
        "500 items, tango score; about 1,240 more items or 3 more repeats would decide",
    )


@pytest.mark.parametrize(
    ("told", "verdict", "note"),
    [
        ([], "", "no suite asks for it: shown, not judged"),
        ([comparison("r2", "r1", verdict_line())], "", "judged in the next round"),  # the newest run is not judged yet
        ([comparison("r3", "r0", verdict_line())], "", "judged in the next round"),  # it was, against another baseline
        ([comparison("r3", "r1", refused="the items differ")], "refused", "not compared: the items differ"),
        ([comparison("r3", "r0", refused="the items differ")], "", "no suite asks for it: shown, not judged"),
        ([comparison("r3", "r1", verdict_line(slice="long context"))], "", "no suite asks for it: shown, not judged"),
    ],
)
def test_a_trend_says_why_nothing_was_said(store: SqlStore, told: list[Comparison], verdict: str, note: str) -> None:
    measured(store, 0.92, 0.90, 0.89)
    said(store, *told)
    trend = next(t for t in store.trends("support-bot") if t.task == "qa")
    assert (trend.verdict, trend.note, trend.delta) == (verdict, note, None)


def test_the_baseline_itself_and_a_metric_without_one_are_not_judged(store: SqlStore) -> None:
    measured(store, 0.92)
    assert store.trends("support-bot")[0].note == "this run is the baseline"
    with store.write() as tx:
        tx.evals.add(changed(run_of("x", "1", 0.9, asset_id="other")), 1)
    assert store.trends("other")[0].note == "no baseline is pinned"


def test_a_run_that_failed_stays_failed_when_its_alert_is_closed(store: SqlStore) -> None:
    measured(store, 0.92, 0.86)
    said(store, comparison("r2", "r1", verdict_line()))
    with store.write() as tx:
        tx.judgements.put_alert(alert(1).resolve(NOW, "known"))
    assert store.trends("support-bot")[0].verdict == "FAIL"


def test_worse_within_the_margin_passes_and_says_by_how_much(store: SqlStore) -> None:
    measured(store, 0.92, 0.91)
    slight = {"baseline": 0.92, "current": 0.91, "delta": -0.01, "low": -0.018, "high": -0.004}
    said(store, comparison("r2", "r1", verdict_line(Verdict.PASS, **slight)))
    trend = store.trends("support-bot")[0]
    assert trend.verdict == "PASS"
    assert (trend.delta, trend.low) == pytest.approx((-1.0, -1.8))


def test_the_suite_says_which_way_is_better_whatever_the_file_says(store: SqlStore) -> None:
    measured(store, 0.02, 0.05, metric="attacks")
    worse = {"metric": "attacks", "higher_is_better": False, "delta": 0.03, "low": 0.02, "high": 0.041}
    said(store, comparison("r2", "r1", verdict_line(Verdict.FAIL, **worse)))
    trend = store.trends("support-bot")[0]
    assert (trend.metric, trend.higher_is_better, trend.verdict) == ("attacks", False, "FAIL")


def test_failures_come_first_then_what_is_not_decided_then_what_is_worse(store: SqlStore) -> None:
    words = {"a": (Verdict.PASS, 0.92), "b": (Verdict.INCONCLUSIVE, 0.91), "c": (Verdict.FAIL, 0.93)}
    words |= {"d": (Verdict.PASS, 0.90), "e": (Verdict.FAIL, 0.80)}
    with store.write() as tx:
        for i, values in enumerate(([0.92] * 5, [value for _, value in words.values()]), start=1):
            scores = tuple(score(value, task) for task, value in zip(words, values, strict=True))
            tx.evals.add(changed(run_of(f"r{i}", str(i), 0.0), scores=scores), i)
        tx.evals.pin("support-bot", "golden", "r1")
    said(store, comparison("r2", "r1", *(verdict_line(word, task=task) for task, (word, _) in words.items())))
    assert [t.task for t in store.trends("support-bot")] == ["e", "c", "b", "d", "a"]


def test_a_trend_looks_back_forty_runs_of_its_suite(store: SqlStore) -> None:
    with store.write() as tx:
        for i in range(1, 56):
            tx.evals.add(run_of(f"r{i}", str(i), 0.9), 2 * i)
            tx.evals.add(run_of(f"o{i}", str(i), 0.9, suite="other"), 2 * i + 1)
        tx.evals.pin("support-bot", "golden", "r1")
        tx.evals.put_comparison(comparison("r55", "r1", verdict_line()))
    golden, other = store.trends("support-bot")
    assert (golden.suite, golden.verdict, golden.baseline_version) == ("golden", "FAIL", "1")
    assert [p.label for p in golden.points] == [p.label for p in other.points] == [str(i) for i in range(16, 56)]


def test_a_file_of_another_schema_is_left_to_the_storage(tmp_path: Path) -> None:
    assert quick_board(tmp_path / "missing.db", "x", NOW) is None
    (tmp_path / "empty.db").touch()
    assert quick_board(tmp_path / "empty.db", "x", NOW) is None
    assert not list(tmp_path.glob("empty.db-*"))
