"""What time alone does to a board: sources fall silent, and what was ok is no longer known to be."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from pulse_tui.domain.moments import from_us
from pulse_tui.domain.scope import Scope
from pulse_tui.domain.source import SourceStatus
from pulse_tui.domain.views.board import Board, Review
from pulse_tui.domain.words import ComponentKind, Environment, Priority
from pulse_tui.storage.store import SqlStore
from tests.fakes.bills import bill, declared, package
from tests.fakes.databases import sqlite_file
from tests.fakes.nouns import NOW, alert, asset, deployment, release, run_of, signal

MINUTE = timedelta(minutes=1)


@pytest.fixture
def estate(tmp_path: Path) -> Iterator[SqlStore]:
    """A bot that mlflow reports and a router of the configuration; mlflow is asked each minute, osv each hour."""
    store = SqlStore(sqlite_file(tmp_path / "pulse.db"), tmp_path)
    with store.write() as tx:
        for name, source in (("bot", "mlflow"), ("router", "estate")):
            tx.estate.put_assets([asset(name)])
            tx.estate.add_release(release("1.0", name))
            tx.estate.deploy(deployment("1.0", Environment.PRODUCTION, asset_id=name, source=source))
        for ident, every in (("mlflow", 60.0), ("osv", 3_600.0)):
            tx.plumbing.put_source(
                SourceStatus(id=ident, kind="x", every_s=every, last_attempt_at=NOW, last_good_at=NOW)
            )
    yield store
    store.close()


def at(estate: SqlStore, moment: datetime) -> Board:
    return estate.board("acme", None, moment)


def states(board: Board) -> dict[str, str]:
    return {row.asset: row.state for row in board.registry}


def test_what_a_silent_source_reports_is_stale_and_the_rest_is_ok(estate: SqlStore) -> None:
    assert states(at(estate, NOW + 3 * MINUTE)) == {"bot": "ok", "router": "ok"}
    board = at(estate, NOW + 4 * MINUTE)
    assert states(board) == {"bot": "stale", "router": "ok"}
    assert board.registry[0].why == "nothing came from mlflow since 03:10:00"
    assert (board.header.production_ok, board.header.production_stale, board.header.production_risk) == (1, 1, 0)


@pytest.mark.parametrize("kind", ["osv", "feed", "prometheus", "signals"])
def test_one_that_reports_on_no_asset_by_name_takes_ok_from_all_of_them(estate: SqlStore, kind: str) -> None:
    with estate.write() as tx:
        tx.plumbing.put_source(SourceStatus(id="late", kind=kind, every_s=60.0, last_attempt_at=NOW, last_good_at=NOW))
        tx.plumbing.put_source(SourceStatus(id="mlflow", kind="mlflow", every_s=900.0, last_good_at=NOW))
    assert set(states(at(estate, NOW + 3 * MINUTE)).values()) == {"ok"}
    board = at(estate, NOW + 4 * MINUTE)
    assert states(board) == {"bot": "stale", "router": "stale"}
    assert board.registry[0].why == "nothing came from late since 03:10:00"
    assert (board.header.production_ok, board.header.sources_good, board.header.sources_total) == (0, 2, 3)


@pytest.mark.parametrize(
    ("scope", "stale"),
    [
        (Scope(frozenset({"bot"})), {"bot"}),
        (Scope(vendor="openai"), {"bot"}),
        (Scope(vendor="vllm"), {"router"}),
        (Scope(vendor="amazon"), {"cloudy"}),
        (Scope(vendor="bedrock"), {"cloudy"}),
        (Scope(vendor="somebody"), {"bot", "router", "cloudy"}),
    ],
)
def test_objectives_and_vendors_are_only_about_the_assets_that_they_name_and_about_all_where_nobody_knows(
    tmp_path: Path, scope: Scope, stale: set[str]
) -> None:
    uses = {
        "bot": declared("openai/gpt-4.1", ComponentKind.HOSTED_MODEL),
        "router": package("vllm", "0.9.1"),
        "cloudy": declared("bedrock/us.anthropic.claude-sonnet-4-20250514-v1:0", ComponentKind.HOSTED_MODEL),
    }
    store = SqlStore(sqlite_file(tmp_path / "pulse.db"), tmp_path, scopes=lambda: {"late": scope})
    with store.write() as tx:
        for name, component in uses.items():
            tx.estate.put_assets([asset(name)])
            tx.estate.add_release(release("1.0", name))
            tx.estate.deploy(deployment("1.0", Environment.PRODUCTION, asset_id=name, source="estate"))
            tx.dependencies.put_bill(bill(component, asset_id=name))
        for ident, good in (("late", NOW - timedelta(hours=9)), ("osv", NOW)):
            tx.plumbing.put_source(SourceStatus(id=ident, kind="x", every_s=60.0, last_good_at=good))
    shown = at(store, NOW)
    assert {name for name, state in states(shown).items() if state == "stale"} == stale
    assert (shown.header.sources_good, shown.header.sources_total) == (1, 2), "the header says it in any case"
    store.close()


def test_results_and_bills_are_only_of_the_assets_that_they_were_brought_for(estate: SqlStore) -> None:
    with estate.write() as tx:
        tx.evals.add(run_of("r1", "1.0", 0.9, asset_id="bot", source="evals"), 1)
        tx.plumbing.put_source(SourceStatus(id="evals", kind="lm_eval", every_s=60.0, last_good_at=NOW))
        tx.plumbing.put_source(SourceStatus(id="mlflow", kind="mlflow", every_s=900.0, last_good_at=NOW))
    assert states(at(estate, NOW + 4 * MINUTE)) == {"bot": "stale", "router": "ok"}


def test_silence_stands_beside_what_is_worse(estate: SqlStore) -> None:
    with estate.write() as tx:
        tx.signals.add([(signal(1), b"{}")])
        tx.judgements.put_alert(alert(asset_id="bot", environment=Environment.PRODUCTION, priority=Priority.P1))
    (row, *_) = at(estate, NOW + 4 * MINUTE).registry
    assert (row.asset, row.state, row.also) == ("bot", "FAIL", ("stale",))


def test_when_all_are_silent_nothing_is_ok(estate: SqlStore) -> None:
    board = at(estate, NOW + timedelta(hours=4))
    assert states(board) == {"bot": "stale", "router": "stale"}
    assert (board.header.production_ok, board.header.sources_good) == (0, 0)


def test_a_source_that_was_never_read_vouches_for_nothing(estate: SqlStore) -> None:
    with estate.write() as tx:
        for ident in ("mlflow", "osv"):
            tx.plumbing.put_source(SourceStatus(id=ident, kind="x"))
    board = at(estate, NOW)
    assert set(states(board).values()) == {"stale"}
    assert board.header.as_of == ""


def test_it_is_ok_again_when_the_source_answers(estate: SqlStore) -> None:
    late = NOW + timedelta(hours=4)
    assert at(estate, late).header.production_stale == 2
    with estate.write() as tx:
        for status in tx.plumbing.sources().values():
            tx.plumbing.put_source(msgspec.structs.replace(status, last_good_at=late))
    assert states(at(estate, late)) == {"bot": "ok", "router": "ok"}


def test_a_failure_is_not_yet_a_silence(estate: SqlStore) -> None:
    with estate.write() as tx:
        status = tx.plumbing.sources()["mlflow"]
        tx.plumbing.put_source(msgspec.structs.replace(status, failures=2, reason="refused"))
    board = at(estate, NOW + MINUTE)
    assert (board.header.sources_good, states(board)["bot"]) == (1, "ok")
    assert states(at(estate, NOW + 4 * MINUTE))["bot"] == "stale"


def test_the_header_says_from_when_it_is_once_nothing_came_for_a_while(estate: SqlStore) -> None:
    assert at(estate, NOW + 3 * MINUTE).header.as_of == ""
    assert at(estate, NOW + 4 * MINUTE).header.as_of == "03:10:00"
    assert at(estate, NOW + timedelta(days=2)).header.as_of == "2026-11-23 03:10"


def test_what_was_read_under_a_clock_that_was_set_back_is_not_fresh(estate: SqlStore) -> None:
    assert states(at(estate, NOW - MINUTE)) == {"bot": "ok", "router": "ok"}, "two machines are never quite together"
    before = at(estate, NOW - timedelta(hours=1))
    assert states(before) == {"bot": "stale", "router": "stale"}
    assert before.registry[0].why == "nothing came from mlflow since the clock was set back from 03:10:00"
    assert (before.header.sources_good, before.header.as_of) == (0, "03:10:00")
    assert {s.health for s in before.sources} == {"late"}
    assert before.changes_us is not None
    again = from_us(before.changes_us)
    assert at(estate, again).header.sources_good == 2, "when its hour comes again nobody can tell any more"
    with estate.write() as tx:
        for status in tx.plumbing.sources().values():
            tx.plumbing.put_source(msgspec.structs.replace(status, last_good_at=NOW - timedelta(hours=1)))
    assert states(at(estate, NOW - timedelta(hours=1))) == {"bot": "ok", "router": "ok"}


def test_a_board_knows_when_time_alone_changes_it(estate: SqlStore) -> None:
    """A tower that reads again only then shows at any second what a fresh read says."""
    moment, shown = NOW, at(estate, NOW)
    for second in itertools.count(7, 97):
        moment = NOW + timedelta(seconds=second)
        if second > 4 * 3_600:
            break
        if shown.changes_us is not None and from_us(shown.changes_us) <= moment:
            shown = at(estate, moment)
        assert shown == at(estate, moment)
    assert shown.header.production_stale == 2


def test_a_silence_that_ran_out_is_none_though_nobody_recorded_that(estate: SqlStore) -> None:
    until = NOW + timedelta(hours=1)
    with estate.write() as tx:
        tx.signals.add([(signal(1), b"{}")])
        tx.judgements.put_alert(alert(asset_id="bot").suppress("ana", until, "known"))
    muted = at(estate, NOW)
    assert (muted.alerts[0].state, muted.header.muted) == ("suppressed", 1)
    assert muted.changes_us is not None
    assert from_us(muted.changes_us) <= until
    over = at(estate, until)
    assert (over.alerts[0].state, over.alerts[0].by, over.header.muted) == ("firing", "", 0)


def test_a_review_is_overdue_from_the_day_after_its_date_on(tmp_path: Path) -> None:
    reviews = (Review("cve", "platform", NOW.date()), Review("latency", "ml", NOW.date() + timedelta(days=9)))
    store = SqlStore(sqlite_file(tmp_path / "pulse.db"), tmp_path, reviews=lambda: reviews)
    today = at(store, NOW)
    assert today.header.reviews == ()
    assert today.changes_us is not None
    tomorrow = from_us(today.changes_us)
    assert tomorrow.date() == NOW.date() + timedelta(days=1)
    assert at(store, tomorrow).header.reviews == reviews[:1]
    store.close()
