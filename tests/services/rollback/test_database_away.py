"""The database is locked, full or away in the middle of a run: it is waited for, and when it stays away the run is named."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pulse_tui import process
from pulse_tui.domain.alert import OPEN
from pulse_tui.domain.errors import HalfDone, StorageError
from pulse_tui.domain.rollback import Plan, Run, RunState
from pulse_tui.domain.words import Priority
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute, put_back, resume
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.rollback.recorded import verified
from pulse_tui.services.rollback.unfinished import check_runs
from pulse_tui.storage import engine as engines
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import postgres
from tests.fakes.house import judging, playbook, rollback
from tests.fakes.nouns import CANARY
from tests.fakes.target import Places
from tests.services.estates import fill


class Fault:
    """Something that happens to the database at one touch of the target, until it is ended."""

    def __init__(self, begin: Callable[[], Callable[[], None]], at: str) -> None:
        self._begin, self._at = begin, at
        self.end: Callable[[], None] | None = None

    def __call__(self, name: str) -> None:
        if name == self._at and self.end is None:
            self.end = self._begin()


def approved(parts: RollbackParts) -> Plan:
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    approve(parts, plan.hash, "ana", "it hurts")
    return plan


def locked(path: Path) -> Callable[[], Callable[[], None]]:
    def begin() -> Callable[[], None]:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        return other.close

    return begin


def full(path: Path) -> Callable[[], Callable[[], None]]:
    """No file of this process may grow beyond what the database's log has now, as on a full disk or over a quota."""

    def begin() -> Callable[[], None]:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (Path(f"{path}-wal").stat().st_size, before[1]))
        return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, before)

    return begin


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "BUSY_MS", 20)  # the wait, not the behaviour


def seen(parts: RollbackParts, run: Run) -> None:
    """As an operator sees it, once its lease ran out: board, alert, and that it can be brought to its end."""
    check_runs(parts, parts.clock())
    board = parts.store.board("t", None, parts.clock())
    assert [(r.id, r.state) for r in board.runs] == [(run.id, "abandoned")]
    assert board.header.stopped == 1
    with parts.store.read() as tx:
        assert [a.priority for a in tx.judgements.alerts(list(OPEN))] == [Priority.P1]
    assert resume(parts, run.id, "ben", "host:2").state is RunState.VERIFIED
    with parts.store.read() as tx:
        assert verified(tx, ()).wrong == []


@pytest.mark.parametrize("at", ["read", "before write", "after write"])
@pytest.mark.parametrize("kind", ["locked", "full"])
def test_a_database_that_stays_away_is_reported_with_the_run_and_its_commands(
    parts: RollbackParts, tmp_path: Path, clock: Clock, at: str, kind: str
) -> None:
    plan = approved(parts)
    fault = Fault((locked if kind == "locked" else full)(tmp_path / "pulse.db"), at)
    reads = iter(range(99))

    def point(name: str) -> None:
        if name != "read" or next(reads) > 0:  # the first one is of the preflight
            fault(name)

    target = Places(tmp_path / "target.json", point)
    before = clock()
    try:
        with pytest.raises(HalfDone) as caught:
            execute(parts._replace(steps={"place": target}), plan.hash, "ana", "host:1")
        with parts.store.read() as tx:  # reading goes on
            (run,) = tx.rollbacks.runs(active_only=True)
        assert parts.store.board("t", None, clock()).header.running == 1
    finally:
        assert fault.end is not None
        fault.end()
    assert (clock() - before).total_seconds() >= 15
    said = str(caught.value)
    assert f"run {run.id} of support-bot/canary stopped half-way" in said
    assert ("a full disk" if kind == "full" else "is locked") in said
    assert f"pulse-tui rollback resume {run.id}" in said
    assert f"pulse-tui rollback undo {run.id}" in said
    clock.pass_(seconds=61)
    seen(parts, run)
    assert [e["key"] for e in target.effects] == [f"{run.id}-0"]


def test_a_lock_that_ends_in_time_is_waited_for(parts: RollbackParts, tmp_path: Path, clock: Clock) -> None:
    plan = approved(parts)
    fault = Fault(locked(tmp_path / "pulse.db"), "after write")

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if fault.end is not None:
            fault.end()

    patient = parts._replace(steps={"place": Places(tmp_path / "target.json", fault)}, sleep=sleep)
    run = execute(patient, plan.hash, "ana", "host:1")
    assert run.state is RunState.VERIFIED
    assert fault.end is not None


def test_a_resume_and_an_undo_that_lose_the_database_name_the_run_too(
    parts: RollbackParts, target: Places, tmp_path: Path, clock: Clock
) -> None:
    target.fault(("write", "alias", "lost"))
    run = execute(parts, approved(parts).hash, "ana", "host:1")
    for number, again in enumerate((resume, put_back)):
        fault = Fault(locked(tmp_path / "pulse.db"), "read")
        away = parts._replace(steps={"place": Places(target.path, fault)})
        with pytest.raises(HalfDone, match=f"run {run.id} of support-bot/canary stopped half-way"):
            again(away, run.id, "ben", f"host:{number + 2}")
        assert fault.end is not None
        fault.end()
        clock.pass_(seconds=61)
    seen(parts, run)


def test_a_tower_that_lives_on_does_not_call_it_running_and_resumes_it_at_once(
    parts: RollbackParts, tmp_path: Path, clock: Clock
) -> None:
    outside = parts.outside._replace(dead=process.is_dead, give_up=process.give_up)
    parts = parts._replace(outside=outside, judging=parts.judging._replace(outside=outside))
    fault = Fault(locked(tmp_path / "pulse.db"), "after write")
    away = parts._replace(steps={"place": Places(tmp_path / "target.json", fault)})
    with pytest.raises(HalfDone):
        execute(away, approved(parts).hash, "ana", process.holder_name())
    assert fault.end is not None
    fault.end()
    with closing(SqlStore(f"sqlite:///{tmp_path / 'pulse.db'}", tmp_path, dead=process.is_dead)) as store:
        (row,) = store.board("t", None, clock()).runs
    assert row.state == "abandoned"
    assert resume(parts, row.id, "ana", process.holder_name()).state is RunState.VERIFIED


def test_a_bug_on_the_way_leaves_no_run_without_an_end(parts: RollbackParts, target: Places, clock: Clock) -> None:
    def broken(_seconds: float) -> None:
        raise ZeroDivisionError("a bug")

    target.fault(("write", "alias", "ignored"))  # accepted, and read again until it is there
    with pytest.raises(ZeroDivisionError):
        execute(parts._replace(sleep=broken), approved(parts).hash, "ana", "host:1")
    (row,) = parts.store.board("t", None, clock()).runs
    assert row.state == "unknown"
    assert "ZeroDivisionError: a bug" in row.detail


@pytest.fixture
def on_postgresql(tmp_path: Path, clock: Clock, target: Places) -> Iterator[tuple[RollbackParts, str]]:
    name = postgres().create()
    store = SqlStore(postgres().named(name), tmp_path)
    fill(store)
    yield rollback(judging(store, tmp_path, clock), target, clock, playbook("alias")), name
    store.close()
    postgres().drop(name)


def _cut(name: str, *, for_good: bool) -> Callable[[], Callable[[], None]]:
    def begin() -> Callable[[], None]:
        if for_good:
            postgres().sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        postgres().sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        return lambda: postgres().sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    return begin


def test_lost_connections_to_postgresql_are_made_again(
    on_postgresql: tuple[RollbackParts, str], tmp_path: Path
) -> None:
    parts, name = on_postgresql
    target = Places(tmp_path / "target.json", Fault(_cut(name, for_good=False), "after write"))
    run = execute(parts._replace(steps={"place": target}), approved(parts).hash, "ana", "host:1")
    assert run.state is RunState.VERIFIED
    assert len(target.effects) == 1


def test_a_postgresql_that_stays_away_is_reported_with_the_run(
    on_postgresql: tuple[RollbackParts, str], tmp_path: Path, clock: Clock
) -> None:
    parts, name = on_postgresql
    fault = Fault(_cut(name, for_good=True), "after write")
    target = Places(tmp_path / "target.json", fault)
    with pytest.raises(HalfDone, match=r"stopped half-way: database .* rollback resume"):
        execute(parts._replace(steps={"place": target}), approved(parts).hash, "ana", "host:1")
    assert fault.end is not None
    fault.end()
    clock.pass_(seconds=61)
    with parts.store.read() as tx:
        (run,) = tx.rollbacks.runs(active_only=True)
    seen(parts, run)
    assert len(target.effects) == 1


class Unanswered(SqlStore):
    """The claim's commit lands, and its answer does not come."""

    lost = False

    def write(self, *, quiet: bool = False) -> Any:
        inner = super().write(quiet=quiet)
        store = self

        class Commit:
            def __enter__(self) -> Any:
                return inner.__enter__()

            def __exit__(self, *error: Any) -> Any:
                done = inner.__exit__(*error)
                if not store.lost:
                    store.lost = True
                    raise StorageError("database x cannot be reached")
                return done

        return Commit()


def test_a_claim_that_landed_without_an_answer_names_its_run(parts: RollbackParts, tmp_path: Path) -> None:
    plan = approved(parts)
    store = Unanswered(f"sqlite:///{tmp_path / 'pulse.db'}", tmp_path)
    with pytest.raises(HalfDone) as caught:
        execute(parts._replace(store=store), plan.hash, "ana", "host:1")
    store.close()
    with parts.store.read() as tx:
        (run,) = tx.rollbacks.runs(active_only=True)
    assert f"rollback resume {run.id}" in str(caught.value)
