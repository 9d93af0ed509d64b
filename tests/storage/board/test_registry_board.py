"""Pane 1's rows: pointers, conflicts, sources; and workflows as one line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from pulse_tui.domain.concern import Concern
from pulse_tui.domain.delivery import Retest
from pulse_tui.domain.estate import Stage, Workflow
from pulse_tui.domain.evals import Verdict
from pulse_tui.domain.moments import to_us
from pulse_tui.domain.pointer import PointerCheck
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.vendor_task import TaskKind, VendorTask
from pulse_tui.domain.views.board import Board
from pulse_tui.domain.views.registry import RegistryRow
from pulse_tui.domain.words import Environment, Priority, Severity, SignalType
from pulse_tui.storage.board.panes import quick_board
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import (
    CANARY,
    NOW,
    PRODUCTION,
    alert,
    asset,
    changed,
    deployment,
    evidence,
    later,
    release,
    signal,
)


@pytest.fixture
def estate(store: SqlStore) -> Iterator[SqlStore]:
    """router, retriever and writer in production; writer 2.0.0 in canary too."""
    with store.write() as tx:
        tx.estate.put_assets([asset("router"), asset("retriever"), asset("writer", owner_team="ml-writer")])
        for name in ("router", "retriever", "writer"):
            for version in ("1.0.0", "2.0.0"):
                tx.estate.add_release(release(version, name))
            tx.estate.deploy(deployment("1.0.0", PRODUCTION, asset_id=name))
        tx.signals.add([(signal(1), b"{}"), (signal(2, SignalType.CVE), b"{}")])
        tx.estate.deploy(deployment("2.0.0", CANARY, asset_id="writer", source="mlflow", since=later(hours=2)))
    yield store
    if store.is_sqlite:  # whatever a test wrote, the quick form reads the same
        assert quick_board(Path(store.url.database or ""), "acme", NOW) == store.board("acme", None, NOW)


def board(store: SqlStore) -> Board:
    return store.board("acme", None, NOW)


def row(store: SqlStore, key: str = "writer/canary") -> RegistryRow:
    return next(r for r in board(store).registry if r.key == key)


def conflict(key: str = "dispute:version", **fields: object) -> Concern:
    values: dict[str, object] = {
        "asset_id": "writer", "key": key, "what": "mlflow says 2.0.0, ci says 2.0.1", "todo": "ask", "source": "mlflow",
        "severity": Severity.MEDIUM, "since": NOW,
    }  # fmt: skip
    return Concern(**{**values, **fields})  # type: ignore[arg-type]


def test_a_row_says_by_whose_word_it_serves_and_in_which_state_of_its_life(estate: SqlStore) -> None:
    with estate.write() as tx:
        tx.estate.set_release_state("writer", "2.0.0", ReleaseState.APPROVED)
    assert row(estate) == RegistryRow(
        "writer", "canary", "2.0.0", 2, "ok", "", to_us(later(hours=2)), "ml-writer", "internal", 100.0, False,
        release="approved", source="mlflow", kind="service",
    )  # fmt: skip


def test_the_pointer_is_what_was_found_when_it_was_looked_at(estate: SqlStore) -> None:
    def looked(version: str | None, ok: bool, serving: str = "2.0.0") -> tuple[str, bool]:
        checks = (Check(name="artifact", ok=ok, detail="seen"),)
        check = PointerCheck(
            asset_id="writer", environment=CANARY, serving=serving, version=version, at=NOW, checks=checks
        )
        with estate.write() as tx:
            tx.inventory.put_pointer(check)
        return row(estate).pointer, row(estate).pointer_ok

    assert (row(estate).pointer, row(estate).pointer_ok) == ("", True)
    assert looked("1.0.0", ok=True) == ("1.0.0", True)
    assert looked("1.0.0", ok=False) == ("1.0.0", False)
    assert looked(None, ok=False) == ("", False)
    with estate.write() as tx:
        tx.estate.set_rollback_pointer("writer", "2.0.0", "0.9.0")
    assert looked("1.0.0", ok=True, serving="1.5.0") == ("0.9.0", True)  # nobody looked since 2.0.0 serves


def test_what_does_not_fit_together_is_a_conflict_and_is_counted_as_a_risk(estate: SqlStore) -> None:
    assert board(estate).header.production_risk == 0
    with estate.write() as tx:
        tx.inventory.put_concern(conflict())
        tx.inventory.put_concern(conflict("cycle", what="its lineage is a circle", severity=Severity.HIGH))
        tx.inventory.put_concern(conflict("shadowy", what="elsewhere", environment=Environment.SHADOW))
    assert (row(estate).state, row(estate).why, row(estate).concerns) == ("conflict", "its lineage is a circle", 2)
    assert row(estate, "router/production").concerns == 0
    assert (board(estate).header.production_risk, board(estate).header.production_ok) == (1, 2)
    assert board(estate).registry[0].asset == "writer"


def test_a_concern_about_a_version_that_does_not_serve_is_counted_and_no_more(estate: SqlStore) -> None:
    with estate.write() as tx:
        tx.inventory.put_concern(conflict("deleted:1.0.0", version="1.0.0", environment=CANARY))
    assert (row(estate).state, row(estate).concerns) == ("ok", 1)


def test_a_concern_of_low_severity_is_counted_and_makes_no_conflict(estate: SqlStore) -> None:
    before = board(estate).registry
    with estate.write() as tx:
        tx.inventory.put_concern(conflict("dispute:owner_team", what="two owners", severity=Severity.LOW))
    after = board(estate).registry
    assert [r.state for r in after] == [r.state for r in before]
    assert sum(r.concerns for r in after) > sum(r.concerns for r in before)


def test_a_conflict_says_more_than_that_a_version_is_unknown_and_less_than_an_alert(estate: SqlStore) -> None:
    with estate.write() as tx:
        tx.estate.deploy(deployment("9.9.9", CANARY, asset_id="writer"))
    assert (row(estate).state, row(estate).release, row(estate).iteration) == ("unknown", "", None)
    with estate.write() as tx:
        tx.inventory.put_concern(conflict())
    assert row(estate).state == "conflict"
    with estate.write() as tx:
        tx.judgements.put_alert(alert(1, asset_id="writer", environment=CANARY, priority=Priority.P1))
    assert row(estate).state == "FAIL"


def test_an_alert_on_the_whole_asset_is_not_hidden_by_a_lesser_one_here(estate: SqlStore) -> None:
    with estate.write() as tx:
        tx.judgements.put_alert(alert(1, asset_id="writer", environment=CANARY, priority=Priority.P4))
        tx.judgements.put_alert(alert(2, asset_id="writer", environment=None, priority=Priority.P1))
    assert row(estate).state == "risk"


def test_a_row_fails_by_what_was_measured_and_not_by_how_a_rule_is_called(estate: SqlStore) -> None:
    with estate.write() as tx:
        cve = alert(2, asset_id="writer", environment=CANARY, priority=Priority.P1, rule_id="my-regression-watch")
        tx.judgements.put_alert(cve)
        slow = alert(1, asset_id="router", environment=PRODUCTION, priority=Priority.P1, rule_id="slow")
        tx.judgements.put_alert(slow)
    assert (row(estate).state, row(estate, "router/production").state) == ("risk", "FAIL")
    assert [(a.signal_type, a.verdict) for a in board(estate).alerts] == [("latency_breach", ""), ("cve", "")]


@pytest.mark.parametrize(("verdict", "state"), [("FAIL", "FAIL"), ("INCONCLUSIVE", "risk"), (None, "FAIL")])
def test_an_undecided_verdict_is_a_risk_and_no_failure(estate: SqlStore, verdict: str | None, state: str) -> None:
    kind = SignalType.BENCHMARK_REGRESSION
    proof = changed(evidence(kind), verdict=Verdict(verdict) if verdict else None)
    with estate.write() as tx:
        tx.signals.add([(signal(3, kind, evidence=proof), b"{}")])
        tx.judgements.put_alert(alert(3, asset_id="writer", environment=CANARY, priority=Priority.P2))
    assert row(estate).state == state
    assert board(estate).alerts[0].verdict == (verdict or "")


ANSWER = Workflow(
    id="answer", stages=(Stage("classify", "router"), Stage("retrieve", "retriever"), Stage("generate", "writer"))
)


def test_a_workflow_is_one_line_an_environment_with_productions_stages_beside_a_canary(estate: SqlStore) -> None:
    with estate.write() as tx:
        tx.inventory.put_workflows([ANSWER, Workflow(id="idle", stages=(Stage("x", "nobody"),), owner_team="t")])
    production, canary = board(estate).workflows
    assert (production.key, production.state, production.why, production.owner) == ("answer/production", "ok", "", "")
    assert [tuple(s) for s in canary.stages] == [
        ("classify", "router", "1.0.0", "ok"),
        ("retrieve", "retriever", "1.0.0", "ok"),
        ("generate", "writer", "2.0.0", "ok"),
    ]
    assert (production.since_us, canary.since_us) == (to_us(NOW), to_us(later(hours=2)))


def test_a_change_under_one_stage_shows_on_the_whole(estate: SqlStore) -> None:
    with estate.write() as tx:
        tx.inventory.put_workflows([ANSWER, Workflow(id="a-calm-one", stages=(Stage("route", "router"),))])
        tx.inventory.put_concern(conflict())
        tx.judgements.put_alert(alert(1, asset_id="retriever", environment=PRODUCTION, priority=Priority.P2))
    rows = board(estate).workflows
    assert [r.key for r in rows] == ["answer/production", "answer/canary", "a-calm-one/production"]
    assert [r.state for r in rows] == ["FAIL", "FAIL", "ok"]
    assert rows[0].why == "retrieve: retriever 1.0.0: p95 breach"
    assert [s.state for s in rows[1].stages] == ["ok", "FAIL", "conflict"]


def test_a_stage_that_serves_nowhere_is_missing(estate: SqlStore) -> None:
    with estate.write() as tx:
        tx.estate.undeploy("router", PRODUCTION, NOW + timedelta(minutes=1))
        tx.inventory.put_workflows([ANSWER])
    production, _ = board(estate).workflows
    assert production.stages[0] == ("classify", "router", "", "missing")
    assert (production.state, production.why) == (
        "missing",
        "classify: router: not deployed here nor in production",
    )


def test_an_estate_without_anything_has_an_empty_board(store: SqlStore) -> None:
    assert (board(store).registry, board(store).workflows) == ((), ())


def test_what_is_not_declared_is_never_ok_and_is_counted_as_undecided(estate: SqlStore) -> None:
    with estate.write() as tx:
        tx.estate.add_release(release("1.0.0", "stray"))
        tx.estate.deploy(deployment("1.0.0", PRODUCTION, asset_id="stray", source="mlflow"))
    shown = board(estate)
    stray = row(estate, "stray/production")
    assert (stray.state, stray.words) == ("not declared", ("not declared",))
    assert "declare it under estate.assets" in stray.why
    assert (shown.header.production_ok, shown.header.production_risk, shown.header.undeclared) == (3, 0, 1)
    with estate.write() as tx:
        tx.estate.put_assets([asset("stray")])
    assert row(estate, "stray/production").state == "ok"
    assert board(estate).header.undeclared == 0


def test_a_migration_that_is_overdue_stands_on_the_row_and_on_the_calendar(estate: SqlStore) -> None:
    task = VendorTask(
        key="m", kind=TaskKind.MIGRATION, asset_id="writer", component="openai/gpt-4.1", source="feed", note="n", title="t",
        asked_at=later(days=-9), due_at=later(days=-1),
    )  # fmt: skip
    with estate.write() as tx:
        tx.vendors.put_task(changed(task, kind=TaskKind.SUCCESSOR, key="s"))
        tx.vendors.put_task(changed(task, asset_id="router", due_at=later(days=1)))
    assert (row(estate).state, row(estate, "router/production").state) == ("ok", "ok")
    with estate.write() as tx:
        tx.vendors.put_task(task)
    assert row(estate).state == "migrate"
    assert row(estate).why.startswith("openai/gpt-4.1 was to be left by 2026-11-22")
    dues = [(r.what, r.subject, r.detail) for r in estate.calendar(later(days=-2), later(days=2))]
    assert ("migration due", "writer", "openai/gpt-4.1") in dues
    assert ("successor to be evaluated", "writer", "openai/gpt-4.1") in dues


def test_a_retest_that_is_overdue_says_since_when_also_beside_something_worse(estate: SqlStore) -> None:
    with estate.write() as tx:
        tx.judgements.put_retest(Retest(key="r", asset_id="writer", owner=None, why="m-1", due_at=later(days=-3)))
    now_us = to_us(NOW)
    assert row(estate).dated(now_us) == ("retest overdue 3d",)
    assert row(estate).why == "overdue: m-1"
    with estate.write() as tx:
        tx.estate.set_release_state("writer", "2.0.0", ReleaseState.QUARANTINED)
        tx.judgements.put_retest(Retest(key="r2", asset_id="router", owner=None, why="m-1", due_at=later(days=3)))
    assert row(estate).dated(now_us) == ("quarantined", "retest overdue 3d")
    assert row(estate, "router/production").dated(now_us) == ("retest",)
