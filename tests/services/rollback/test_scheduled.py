"""Drills by schedule: each once, one at a time, caught up once, and never while something is wrong with the asset."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.cron import next_fire
from pulse_tui.domain.errors import Refused
from pulse_tui.domain.hold import HoldKind
from pulse_tui.domain.rollback import PlanState, RunState
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.services.alerts.operate import freeze, resolve
from pulse_tui.services.parts import SYSTEM, RollbackParts
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute, resume
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.rollback.rehearse import propose_drill
from pulse_tui.services.rollback.scheduled import end_stale, hold_due, notice
from pulse_tui.services.rollback.unfinished import check_runs
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.house import judging, playbook, rollback
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, alert, deployment, later
from tests.fakes.target import PlaceOptions, Places
from tests.services.estates import fill

MONDAYS = "0 4 * * mon"
"""NOW is a Monday, ten past three."""


def book(**more: Any) -> Any:
    base = msgspec.structs.replace(playbook("alias-{environment}"), environments=(CANARY, PRODUCTION), digest="d" * 64)
    return msgspec.structs.replace(base, **{"drill": MONDAYS, **more})


def prepared(store: SqlStore, folder: Path, clock: Clock) -> RollbackParts:
    fill(store)
    target = Places(folder / "target.json")
    with store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", PRODUCTION, since=later(hours=-1)))
        tx.estate.deploy(deployment("3.8.2", Environment.REPLICA, since=later(hours=-1)))
    for environment in Environment:
        target.put(f"alias-{environment.value}", "3.8.2")
    parts = rollback(judging(store, folder, clock), target, clock, book())
    scheduled = parts._replace(outside=parts.outside._replace(cron=next_fire))
    notice(scheduled, clock())
    return scheduled


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    server = postgres() if request.param == "postgresql" else None
    name = server.create() if server is not None else ""
    opened = SqlStore(server.named(name) if server is not None else sqlite_file(tmp_path / "pulse.db"), tmp_path)
    yield opened
    opened.close()
    if server is not None:
        server.drop(name)


@pytest.fixture
def parts(store: SqlStore, tmp_path: Path, clock: Clock) -> RollbackParts:
    return prepared(store, tmp_path, clock)


@pytest.fixture
def target(parts: RollbackParts) -> Places:
    place = parts.steps["place"]
    assert isinstance(place, Places)
    return place


def drills(parts: RollbackParts) -> list[tuple[bool, str]]:
    with parts.store.read() as tx:
        return [(d.ok, d.by) for d in tx.rollbacks.drills()]


def test_a_drill_is_held_when_its_time_has_come_and_not_before(parts: RollbackParts, clock: Clock) -> None:
    assert hold_due(parts, "host:1") is None
    clock.pass_(minutes=50)
    ended = hold_due(parts, "host:1")
    assert ended is not None
    assert ended.ok, ended
    assert drills(parts) == [(True, SYSTEM)]
    assert hold_due(parts, "host:1") is None
    clock.pass_(days=7)
    assert hold_due(parts, "host:1") is not None


def test_what_was_missed_for_weeks_is_caught_up_once(parts: RollbackParts, clock: Clock) -> None:
    clock.pass_(days=30)
    assert hold_due(parts, "host:1") is not None
    assert hold_due(parts, "host:1") is None
    assert len(drills(parts)) == 1


def test_many_agents_hold_it_once(parts: RollbackParts, clock: Clock, target: Places) -> None:
    clock.pass_(minutes=50)
    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(lambda n: hold_due(parts, f"host:{n}"), range(4)))
    assert sum(e is not None for e in ended) == 1
    assert drills(parts) == [(True, SYSTEM)]
    assert [e["value"] for e in target.effects] == ["3.8.1", "3.8.2"]


def test_it_waits_while_a_p1_is_open_on_the_asset(parts: RollbackParts, clock: Clock) -> None:
    open_one = alert(priority=Priority.P1, asset_id="support-bot", environment=PRODUCTION)
    with parts.store.write() as tx:
        tx.judgements.put_alert(open_one)
    clock.pass_(minutes=50)
    assert hold_due(parts, "host:1") is None
    resolve(parts.judging, open_one.id, "ana", "it is well again", clock())
    assert hold_due(parts, "host:1") is not None


def test_it_waits_for_a_run_of_the_asset_and_not_for_a_freeze(
    parts: RollbackParts, clock: Clock, target: Places
) -> None:
    plan = propose(parts, "support-bot", CANARY, by="ana", reason="x")
    approve(parts, plan.hash, "ana", "x")
    target.fault(("write", "alias-canary", "lost"))
    run = execute(parts, plan.hash, "ana", "host:9")
    assert run.state is RunState.UNKNOWN
    freeze(parts.store, "support-bot", "ana", "an incident review", clock())
    with parts.store.read() as tx:
        assert [h.kind for h in tx.judgements.holds("support-bot")] == [HoldKind.FREEZE]
    clock.pass_(minutes=50)
    assert hold_due(parts, "host:1") is None
    resume(parts, run.id, "ana", "host:9")
    assert hold_due(parts, "host:1") is not None


def test_one_that_is_refused_is_an_alert_and_its_time_is_used_up(
    parts: RollbackParts, clock: Clock, target: Places
) -> None:
    target.put("alias-replica", "3.9.0")
    clock.pass_(minutes=50)
    ended = hold_due(parts, "host:1")
    assert ended is not None
    assert not ended.ok
    assert "could not be held" in ended.sentence
    assert hold_due(parts, "host:1") is None
    with parts.store.read() as tx:
        (concern,) = tx.inventory.concerns("support-bot")
        (line,) = [e for e in tx.log.entries() if e.action == "drill.refused"]
        assert tx.rollbacks.plans() == []
    assert concern.key == "drill:production"
    assert "place alias-replica holds 3.9.0" in concern.what
    assert line.detail["playbook"] == "move"


def test_only_an_asset_that_is_named_must_have_a_replica(parts: RollbackParts, clock: Clock) -> None:
    named = parts._replace(playbooks=(book(id="all", assets=("gateway",)), book()))
    notice(named, NOW)
    clock.pass_(minutes=50)
    first, second = hold_due(named, "h"), hold_due(named, "h")
    assert first is not None
    assert second is not None
    assert "gateway has no replica" in first.sentence
    assert second.ok
    assert hold_due(named, "h") is None


def test_a_changed_schedule_counts_from_now(parts: RollbackParts, clock: Clock) -> None:
    clock.pass_(days=3)
    changed = parts._replace(playbooks=(book(drill="0 5 * * *"),))
    assert hold_due(changed, "h") is None
    clock.pass_(days=1)
    assert hold_due(changed, "h") is not None


def test_what_stands_about_a_drill_ends_with_what_it_was_of(parts: RollbackParts, clock: Clock, target: Places) -> None:
    target.put("alias-replica", "3.9.0")
    clock.pass_(minutes=50)
    hold_due(parts, "host:1")
    assert end_stale(parts, clock()) == 0
    assert end_stale(parts._replace(playbooks=()), clock()) == 1
    with parts.store.read() as tx:
        assert tx.inventory.concerns("support-bot") == []
        assert not any(a.open for a in tx.judgements.alerts())


def test_one_whose_process_is_gone_is_brought_to_its_end_by_the_next_agent(
    parts: RollbackParts, clock: Clock, target: Places
) -> None:
    class Dies(Places):
        writes = 0

        def write(self, options: PlaceOptions, value: str, **more: Any) -> None:
            self.writes += 1
            if self.writes == 2:
                raise SystemExit
            super().write(options, value, **more)

    clock.pass_(minutes=50)
    with pytest.raises(SystemExit):
        hold_due(parts._replace(steps={"place": Dies(target.path)}), "host:1")
    assert target.holds("alias-replica") == "3.8.1"
    assert hold_due(parts, "host:2") is None, "its process may still be there"
    clock.pass_(seconds=61)
    check_runs(parts, clock())
    ended = hold_due(parts, "host:2")
    assert ended is not None
    assert ended.ok
    assert target.holds("alias-replica") == "3.8.2"
    assert drills(parts) == [(True, SYSTEM)]
    with parts.store.read() as tx:
        assert tx.inventory.concerns("support-bot") == []
        assert tx.judgements.alerts() == []


def test_one_that_stopped_as_unknown_waits_for_a_person(parts: RollbackParts, clock: Clock, target: Places) -> None:
    target.fault(("write", "alias-replica", "lost"))
    clock.pass_(minutes=50)
    ended = hold_due(parts, "host:1")
    assert ended is not None
    assert not ended.ok
    clock.pass_(days=7)
    assert hold_due(parts, "host:1") is None
    assert target.effects == []


def test_a_drill_with_other_steps_than_its_playbook_makes_is_not_held_unasked(
    parts: RollbackParts, target: Places
) -> None:
    """It waits for no votes: a row in the database, with its line of the log, must not be enough to write anywhere."""
    honest = propose_drill(parts, "support-bot", PRODUCTION, by=SYSTEM)
    target.put("billing", "1")
    step = msgspec.structs.replace(
        honest.steps[0], target="place billing", params={"name": "billing"}, expected="1", desired="2"
    )
    forged = msgspec.structs.replace(honest, steps=(step, *honest.steps))
    with parts.store.write() as tx:
        tx.rollbacks.add_plan(forged)
        tx.log.append(NOW, SYSTEM, "plan.proposed", forged.target, {"plan": forged.hash})
        tx.rollbacks.set_plan_state(forged.hash, PlanState.APPROVED)
    for who in (SYSTEM, "ana"):
        with pytest.raises(Refused, match="not those that playbook move makes"):
            execute(parts, forged.hash, who, "host:1")
    assert target.effects == []
