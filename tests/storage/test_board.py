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
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.source import SourceStatus
from pulse_tui.domain.words import Environment, Outcome, Priority, SignalType
from pulse_tui.storage.board import quick_board
from pulse_tui.storage.store import SqlStore
from tests.fakes.databases import sqlite_file
from tests.fakes.nouns import (
    NOW,
    PRODUCTION,
    alert,
    asset,
    changed,
    decision,
    deployment,
    fact,
    hold,
    later,
    release,
    run_of,
    score,
    signal,
)

ASSETS = ("a", "b")
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
        for item in alerts:
            tx.judgements.put_alert(item)
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


def _word(place: tuple[str, Environment], version: str, alerts: list[Alert], frozen: list[str | None]) -> str:
    """The state of a deployment, by the definition and not by the code."""
    if (place[0], version) == ("a", "2"):
        return "quarantined"
    here = [a for a in alerts if a.open and a.state.value != "suppressed" and (a.asset_id, a.environment) == place]
    worst = min((a.priority.rank for a in here), default=9)
    if worst <= 1:
        return "FAIL"  # the rule is latency-breach
    if place[0] in frozen or None in frozen:
        return "frozen"
    if worst <= 3:
        return "watch"
    return "ok" if version in ("1", "2") else "unknown"


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_the_board_is_what_a_recomputation_says(database: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    @settings(max_examples=25 if database == "sqlite" else 8, deadline=None, suppress_health_check=list(HealthCheck))
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
    assert states == {(p[0], p[1].value): _word(p, v, alerts, frozen) for p, v in serving.items()}
    standing = [a for a in alerts if a.open]
    order = sorted(standing, key=lambda a: (a.priority.rank, -to_us(a.first_at)))
    assert [(a.priority.rank, to_us(a.first_at)) for a in order] == [
        (Priority(r.priority).rank, r.since_us) for r in board.alerts
    ]
    assert {r.id: r.overdue for r in board.alerts} == {
        a.id: a.state.value == "firing" and a.first_at < NOW for a in standing
    }
    live = [a for a in standing if a.state.value != "suppressed"]
    head = board.header
    assert (head.p1, head.p2) == tuple(sum(a.priority is p for a in live) for p in (Priority.P1, Priority.P2))
    production = [states[place] for place in states if place[1] == "production"]
    bad = sum(s in ("FAIL", "risk", "quarantined", "doubt", "unknown") for s in production)
    assert (head.production_risk, head.production_ok) == (bad, len(production) - bad)
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
        assert (row.name, row.hits) == ("CVE-1", len(seen))
        assert row.production_hits == sum(p[1] is PRODUCTION for p, _ in seen)
        assert Priority(row.priority).rank == min(v[1].rank for _, v in seen)
    else:
        assert board.advisories == ()
    if path is not None:
        assert quick_board(path, "acme", NOW) == board
    store.close()


def test_a_trend_goes_by_iteration_with_its_baseline(store: SqlStore) -> None:
    with store.write() as tx:
        for i, (version, value) in enumerate([("1", 0.90), ("2", 0.92), ("3", 0.86)], start=1):
            made = changed(
                run_of(f"r{i}", version, value), scores=(score(value, stderr=0.01), score(5.0, "speed", "ms"))
            )
            tx.evals.add(made, i)
        tx.evals.pin("support-bot", "golden", "r2")
    (first, _) = store.trends("support-bot")
    assert (first.verdict, first.note) == (
        "INCONCLUSIVE",
        "raw delta against the pinned baseline, no rule has judged it",
    )
    judge_run(store, "r3", Outcome.FIRED)
    first, second = store.trends("support-bot")
    assert (first.task, first.verdict, first.baseline, first.baseline_version) == ("qa", "FAIL", 0.92, "2")
    assert [(p.label, p.iteration, p.value) for p in first.points] == [("1", 1, 0.90), ("2", 2, 0.92), ("3", 3, 0.86)]
    assert first.points[0].low == pytest.approx(0.90 - 0.016449)
    assert (second.task, second.verdict) == ("speed", "PASS")
    assert store.trends("nobody") == ()


def judge_run(store: SqlStore, run: str, outcome: Outcome) -> None:
    about = signal(run, SignalType.BENCHMARK_REGRESSION, asset_id="support-bot")
    proof = changed(about.evidence, task="qa", metric="accuracy", candidate_run=run)
    about = changed(about, evidence=proof)
    with store.write() as tx:
        tx.signals.add([(about, b"{}")])
        tx.judgements.add_decisions([(decision(run, about, outcome=outcome), fact(about))])


def test_a_run_that_failed_stays_failed_when_its_alert_is_closed(store: SqlStore) -> None:
    with store.write() as tx:
        for i, (version, value) in enumerate([("1", 0.92), ("2", 0.86)], start=1):
            tx.evals.add(run_of(f"r{i}", version, value), i)
        tx.evals.pin("support-bot", "golden", "r1")
    judge_run(store, "r2", Outcome.FIRED)
    assert store.trends("support-bot")[0].verdict == "FAIL"


def test_worse_within_the_margin_of_the_rules_passes_and_says_so(store: SqlStore) -> None:
    with store.write() as tx:
        for i, (version, value) in enumerate([("1", 0.92), ("2", 0.91)], start=1):
            tx.evals.add(run_of(f"r{i}", version, value), i)
        tx.evals.pin("support-bot", "golden", "r1")
    judge_run(store, "r2", Outcome.NOT_FIRED)
    (trend,) = store.trends("support-bot")
    assert (trend.verdict, trend.note) == ("PASS", "raw delta against the pinned baseline, within the rules' margin")


def test_a_file_of_another_schema_is_left_to_the_storage(tmp_path: Path) -> None:
    assert quick_board(tmp_path / "missing.db", "x", NOW) is None
    (tmp_path / "empty.db").touch()
    assert quick_board(tmp_path / "empty.db", "x", NOW) is None
    assert not list(tmp_path.glob("empty.db-*"))
