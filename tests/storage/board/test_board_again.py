"""A board that is read on from the last one is the board that somebody who reads everything sees."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pulse_tui.domain.advisory import Advisory, Audit, Finding
from pulse_tui.domain.alert import Alert
from pulse_tui.domain.concern import Concern
from pulse_tui.domain.delivery import Retest
from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.estate import Stage, Workflow
from pulse_tui.domain.hold import HoldKind
from pulse_tui.domain.incident import Incident
from pulse_tui.domain.incident import Member as IncidentMember
from pulse_tui.domain.pointer import PointerCheck
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.rollback import Check
from pulse_tui.domain.waiver import VexStatus, Waiver
from pulse_tui.domain.words import AssetType, Environment, Priority, Severity, SignalType
from pulse_tui.storage.board import deployments as registry
from pulse_tui.storage.engine import connect, normalize
from pulse_tui.storage.migrate import upgrade
from pulse_tui.storage.store import SqlStore, SqlTransaction
from pulse_tui.storage.tables import metadata
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, alert, asset, deployment, hold, later, release, signal
from tests.servers.forms import examples

NAMES, VERSIONS = ("a", "b", "c", "d"), ("1", "2", "3")
NAME, VERSION = st.sampled_from(NAMES), st.sampled_from(VERSIONS)
PLACE = st.sampled_from(list(Environment))
ANYWHERE, ANY_VERSION, NUMBER = st.none() | PLACE, st.none() | VERSION, st.integers(0, 5)
Deed = Callable[[SqlTransaction], object]


def pointer(name: str, place: Environment, serving: str, target: str | None, ok: bool) -> PointerCheck:
    checks = (Check(name="artifact", ok=ok, detail="seen"),)
    return PointerCheck(asset_id=name, environment=place, serving=serving, version=target, at=NOW, checks=checks)


def conflict(name: str, key: int, place: Environment | None, version: str | None, severity: Severity) -> Concern:
    return Concern(
        asset_id=name, key=f"k{key}", what=f"conflict {key}", todo="ask", source="ci", severity=severity, since=NOW,
        environment=place, version=version,
    )  # fmt: skip


def episode(
    number: int, name: str | None, place: Environment | None, priority: Priority, cause: str, state: str
) -> Alert:
    base = alert(
        number, asset_id=name, environment=place, priority=priority, signal_id=cause, first_at=later(hours=number),
        deadline=later(hours=number / 2),
    )  # fmt: skip
    if state == "acknowledged":
        return base.acknowledge("ana", later(hours=number / 3))
    if state == "suppressed":
        return base.suppress("ana", later(hours=1), "known")
    return base.resolve(NOW, "over") if state == "resolved" else base


def lines(number: int, first: str, second: str) -> list[Workflow]:
    both = Workflow(id="both", stages=(Stage("first", first), Stage("second", second)), owner_team=f"t{number}")
    return [both, Workflow(id="one", stages=(Stage("only", first),))][: number % 3]


def reached(
    number: int, name: str, place: Environment, audit: Audit, waiver: str | None, priority: Priority
) -> Finding:
    """Its condition is that of the alert with this number."""
    return Finding(
        advisory_id=f"v{number % 2}", asset_id=name, component="pkg 1", environment=place, audit=audit, waiver=waiver,
        priority=priority, fingerprint=f"f-{number}",
    )  # fmt: skip


def exception(number: int, hours: int) -> Waiver:
    return Waiver(
        id=f"w{number}", advisory="v0", asset_id=None, component_id=None, version=None, status=VexStatus.AFFECTED,
        justification=None, rationale="known", owner="ana", placed_by="ana", placed_at=NOW, review_at=later(hours=hours),
    )  # fmt: skip


def grouped(number: int, alert_number: int) -> Deed:
    incident = Incident(id=f"i{number}", title=f"trouble {number}", opened_at=NOW, last_at=NOW)
    member = IncidentMember(
        alert_id=f"alert-{alert_number}", incident_id=incident.id, joined_at=NOW, by="pulse", why="same asset"
    )
    return lambda tx: (tx.incidents.put(incident), tx.incidents.join(member))


OWN_ACTIONS: list[st.SearchStrategy[Deed]] = [
    st.builds(lambda i, t: lambda tx: tx.advisories.put(
        [Advisory(id=f"v{i % 2}", source="osv", modified=NOW, title=f"weakness {t}")]), NUMBER, NUMBER),
    st.builds(lambda *given: lambda tx: tx.advisories.put_findings([reached(*given)]), NUMBER, NAME, PLACE,
              st.sampled_from([Audit.MATCHED, Audit.NOT_AUDITED]), st.sampled_from([None, "w1", "w2"]),
              st.sampled_from([Priority.P1, Priority.P3, Priority.NOTE])),
    st.builds(lambda i, h: lambda tx: tx.waivers.put(exception(i, h)), st.integers(1, 2), st.integers(1, 9)),
    st.builds(grouped, st.integers(1, 2), NUMBER),
    st.builds(lambda n, k, i: lambda tx: tx.estate.put_assets([asset(n, asset_type=k, owner_team=f"team-{i}")]),
              NAME, st.sampled_from(list(AssetType)), NUMBER),
    st.builds(lambda n: lambda tx: tx.estate.drop_assets([n]), NAME),
    st.builds(lambda n, v: lambda tx: tx.estate.add_release(release(v, n)), NAME, VERSION),
    st.builds(lambda n, v: lambda tx: tx.estate.complete_release(release(v, n, rollback_pointer="0")), NAME, VERSION),
    st.builds(lambda n, v, s: lambda tx: tx.estate.set_release_state(n, v, s), NAME, VERSION,
              st.sampled_from([ReleaseState.APPROVED, ReleaseState.QUARANTINED])),
    st.builds(lambda n, v, p: lambda tx: tx.estate.set_rollback_pointer(n, v, p), NAME, VERSION, ANY_VERSION),
    st.builds(lambda n, e, v, c: lambda tx: tx.estate.deploy(
        deployment(v, e, asset_id=n, production_critical=c, traffic=50.0)), NAME, PLACE, VERSION, st.booleans()),
    st.builds(lambda n, e: lambda tx: tx.estate.undeploy(n, e, NOW), NAME, PLACE),
    st.builds(lambda n, e, s, v, ok: lambda tx: tx.inventory.put_pointer(pointer(n, e, s, v, ok)), NAME, PLACE, VERSION,
              ANY_VERSION, st.booleans()),
    st.builds(lambda n, k, e, v, s: lambda tx: tx.inventory.put_concern(conflict(n, k, e, v, s)), NAME, NUMBER, ANYWHERE,
              ANY_VERSION, st.sampled_from(list(Severity))),
    st.builds(lambda n, k: lambda tx: tx.inventory.drop_concern(n, f"k{k}"), NAME, NUMBER),
    st.builds(lambda i, n, k, e, v: lambda tx: tx.judgements.put_hold(
        hold(f"h{i}", asset_id=n, kind=k, environment=e, version=v, why=f"{k} {n}")), NUMBER, st.none() | NAME,
        st.sampled_from(list(HoldKind)), ANYWHERE, ANY_VERSION),
    st.builds(lambda i: lambda tx: tx.judgements.lift_hold(f"h{i}", "ana", NOW), NUMBER),
    st.builds(lambda *given: lambda tx: tx.judgements.put_alert(episode(*given)), NUMBER, st.none() | NAME, ANYWHERE,
              st.sampled_from(list(Priority)), st.sampled_from(["s-slow", "s-cve", "s-gone"]),
              st.sampled_from(["firing", "acknowledged", "suppressed", "resolved"])),
    st.builds(lambda i, n: lambda tx: tx.judgements.put_retest(
        Retest(key=f"r{i}", asset_id=n, owner=None, why=f"retest {i}", due_at=later(hours=i))), NUMBER, NAME),
    st.builds(lambda n: lambda tx: tx.judgements.finish_retest(n, NOW), NAME),
    st.builds(lambda i, a, b: lambda tx: tx.inventory.put_workflows(lines(i, a, b)), NUMBER, NAME, NAME),
]  # fmt: skip
HISTORY = st.lists(st.lists(st.one_of(OWN_ACTIONS), min_size=1, max_size=3), min_size=1, max_size=12)


def do(store: SqlStore, deeds: list[Deed]) -> None:
    for deed in deeds:
        with suppress(NotFound, Refused), store.write() as tx:  # a deed on what is not there is part of life
            deed(tx)


def together(store: SqlStore, deeds: list[Deed]) -> None:
    with suppress(NotFound, Refused), store.write() as tx:
        for deed in deeds:
            deed(tx)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_after_any_writes_the_board_is_what_a_reader_of_everything_sees(
    database: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    @settings(
        max_examples=examples(120 if database == "sqlite" else 15),
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(history=HISTORY, first=st.lists(st.tuples(NAME, PLACE, VERSION), max_size=6))
    def agrees(history: list[list[Deed]], first: list[tuple[str, Environment, str]]) -> None:
        folder = tmp_path_factory.mktemp("again")
        name = postgres().create() if database == "postgresql" else ""
        url = postgres().named(name) if name else sqlite_file(folder / "pulse.db")
        writer, reader = SqlStore(url, folder), SqlStore(url, folder)
        with writer.write() as tx:
            tx.signals.add([(signal("slow"), b"{}"), (signal("cve", SignalType.CVE), b"{}")])
            for n in NAMES[:3]:
                tx.estate.put_assets([asset(n)])
                tx.estate.add_release(release("1", n))
            for n, place, version in first:
                tx.estate.deploy(deployment(version, place, asset_id=n))
        for number, deeds in enumerate(history):
            (together if number % 2 else do)(writer, deeds)
            fresh, now = SqlStore(url, folder), later(hours=number // 2 * 0.5)  # time goes on with every second round
            assert reader.board("acme", None, now) == fresh.board("acme", None, now)
            fresh.close()
        writer.close()
        reader.close()
        if name:
            postgres().drop(name)

    agrees()


def deployed(store: SqlStore, count: int) -> list[str]:
    """So many assets that serve 1 in production."""
    names = [f"asset-{n:04d}" for n in range(count)]
    with store.write() as tx:
        tx.estate.put_assets([asset(n) for n in names])
        for n in names:
            tx.estate.add_release(release("1", n))
        tx.estate.deploy_new([deployment("1", PRODUCTION, asset_id=n) for n in names])
    return names


class Statements:
    """Which tables a store reads from."""

    advisories = 0
    signals = 0

    def __init__(self, store: SqlStore) -> None:
        self.whole: list[str] = []
        sa.event.listen(store._engine, "after_cursor_execute", self._seen)

    def _seen(self, _c: object, _cursor: object, statement: str, *_rest: object) -> None:
        self.advisories += "FROM findings f" in statement and "GROUP BY a.name" in statement
        self.signals += "FROM signals" in statement
        if "FROM deployments d" in statement and "WHERE d.asset_id" not in statement:
            self.whole.append(statement)


def test_what_nobody_touched_is_not_read_again_and_its_rows_are_the_same_objects(store: SqlStore) -> None:
    names = deployed(store, 20)
    before = store.board("acme", None, NOW)
    seen = Statements(store)
    assert store.board("acme", None, NOW).registry is before.registry
    with store.write() as tx:
        tx.estate.deploy(deployment("2", PRODUCTION, asset_id=names[7]))
        tx.judgements.put_alert(alert(1, asset_id=names[9], environment=PRODUCTION))
    after = store.board("acme", None, NOW)
    known = {id(row) for row in before.registry}
    assert {row.asset for row in after.registry if id(row) not in known} == {names[7], names[9]}
    assert seen.whole == []


def test_advisories_and_alerts_are_read_again_only_where_somebody_changed_them(store: SqlStore) -> None:
    with store.write() as tx:
        tx.advisories.put([Advisory(id="v0", source="osv", modified=NOW, title="weakness")])
        tx.advisories.put_findings([reached(0, "a", PRODUCTION, Audit.MATCHED, None, Priority.P1)])
        tx.judgements.put_alert(alert(0))
    before, seen = store.board("acme", None, NOW), Statements(store)
    deployed(store, 3)
    with store.write() as tx:
        tx.judgements.put_alert(alert(9, asset_id="asset-0000"))  # of no finding
    after = store.board("acme", None, NOW)
    assert after.advisories is before.advisories
    assert {row.id for row in after.alerts} == {"alert-0", "alert-9"}
    assert seen.advisories == 0
    with store.write() as tx:
        tx.judgements.put_alert(alert(0).suppress("ana", later(hours=1), "known"))
    assert store.board("acme", None, NOW).advisories[0].state == "silenced"
    assert store.board("acme", None, later(hours=1)).advisories[0].state == "open"
    assert seen.advisories == 2


def test_after_an_acknowledgement_only_that_row_is_made_again_and_no_signal_is_read(store: SqlStore) -> None:
    names = deployed(store, 5)
    with store.write() as tx:
        tx.signals.add([(signal(n), b"{}") for n in range(5)])
        for n, name in enumerate(names):
            tx.judgements.put_alert(alert(n, asset_id=name, environment=PRODUCTION, signal_id=f"s-{n}"))
    before, seen = store.board("acme", None, NOW), Statements(store)
    with store.write() as tx:
        tx.judgements.put_alert(
            alert(3, asset_id=names[3], environment=PRODUCTION, signal_id="s-3").acknowledge("ana", later(hours=1))
        )
    after = store.board("acme", None, NOW)
    known = {id(row) for row in before.alerts}
    assert [(row.id, row.state, row.by) for row in after.alerts if id(row) not in known] == [
        ("alert-3", "acknowledged", "ana")
    ]
    assert after.alerts[-1].id == "alert-3", "what nobody has in hand stands before it"
    assert after.registry is before.registry, "who has it in hand is nothing to what serves"
    assert seen.signals == 0


def test_a_signal_that_comes_after_its_alert_is_seen(store: SqlStore) -> None:
    with store.write() as tx:
        tx.judgements.put_alert(alert(1, signal_id="s-late"))
    assert store.board("acme", None, NOW).alerts[0].signal_type == ""
    with store.write() as tx:
        tx.signals.add([(signal("late", SignalType.CVE), b"{}")])
        tx.judgements.put_alert(alert(2, signal_id="another"))  # raises the mark of the alerts
    assert {row.id: row.signal_type for row in store.board("acme", None, NOW).alerts} == {
        "alert-1": "cve",
        "alert-2": "",
    }


def test_a_write_that_no_row_shows_touches_nothing(store: SqlStore) -> None:
    (name,) = deployed(store, 1)
    check = pointer(name, PRODUCTION, "1", None, True)
    with store.write() as tx:
        tx.inventory.put_pointer(check)
    before = _marks(store)
    assert set(before) == {name}
    with store.write() as tx:
        tx.estate.add_release(release("2", name))
        tx.estate.set_release_state(name, "2", ReleaseState.APPROVED)
        tx.estate.put_assets([asset("not-deployed")])
        tx.inventory.put_pointer(
            PointerCheck(**{**{f: getattr(check, f) for f in check.__struct_fields__}, "at": later(hours=1)})
        )
    assert _marks(store) == before
    with store.write() as tx:
        tx.estate.set_release_state(name, "1", ReleaseState.APPROVED)
    assert _marks(store)[name] > before[name]


def _marks(store: SqlStore) -> dict[str, int]:
    with store._engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT asset_id, mark FROM touched"))
        return {row.asset_id: row.mark for row in rows}


def test_many_changes_at_once_are_read_in_one_go(store: SqlStore) -> None:
    names = deployed(store, registry.MANY + 1)
    store.board("acme", None, NOW)
    seen = Statements(store)
    with store.write() as tx:
        for name in names:
            tx.estate.deploy(deployment("2", PRODUCTION, asset_id=name))
    assert {row.version for row in store.board("acme", None, NOW).registry} == {"2"}
    assert len(seen.whole) == 1


def test_a_write_of_a_transaction_that_was_open_for_long_is_seen(url: str, tmp_path: Path) -> None:
    if url.startswith("sqlite"):
        pytest.skip("SQLite has one writer at a time")
    store = SqlStore(url, tmp_path)
    slow, fast = deployed(store, 2)
    move = sa.text("UPDATE deployments SET version = '2' WHERE asset_id = :asset")
    engine = connect(store.url)  # a writer that does not take turns
    with engine.begin() as connection:
        connection.execute(move, {"asset": slow})
        with engine.begin() as other:
            other.execute(move, {"asset": fast})
        assert [row.version for row in store.board("acme", None, NOW).registry] == ["2", "1"]
        assert store.board("acme", None, NOW).registry[0].asset == fast
    assert [row.version for row in store.board("acme", None, NOW).registry] == ["2", "2"]
    engine.dispose()
    store.close()


def test_threads_that_read_while_somebody_writes_end_with_what_stands(url: str, tmp_path: Path) -> None:
    store, writer = SqlStore(url, tmp_path), SqlStore(url, tmp_path)
    names = deployed(writer, 10)
    stop, failed = threading.Event(), []

    def read() -> None:
        try:
            while not stop.is_set():
                store.board("acme", None, NOW)
        except Exception as error:
            failed.append(error)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for thread in readers:
        thread.start()
    for number in range(30):
        with writer.write() as tx:
            tx.estate.deploy(deployment(str(number), CANARY, asset_id=names[number % 10]))
    stop.set()
    for thread in readers:
        thread.join()
    assert failed == []
    assert store.board("acme", None, NOW) == writer.board("acme", None, NOW)
    store.close()
    writer.close()


def _made(engine: sa.Engine) -> Any:
    """The board's triggers and functions in the database's own words."""
    sql = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'touch%' ORDER BY name"
    if engine.dialect.name == "postgresql":
        sql = (
            "SELECT pg_get_triggerdef(t.oid), pg_get_functiondef(t.tgfoid) FROM pg_trigger t "
            "WHERE NOT t.tgisinternal AND t.tgname LIKE 'touch%' ORDER BY t.tgname"
        )
    with engine.connect() as connection:
        return connection.execute(sa.text(sql)).all()


def test_an_upgraded_database_and_one_that_is_made_anew_have_the_same_triggers(empty_url: str, tmp_path: Path) -> None:
    engine = connect(normalize(empty_url, tmp_path))
    upgrade(engine, "0001")
    assert _made(engine) == []
    upgrade(engine)
    upgraded = _made(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE alembic_version")
        metadata.drop_all(connection)
        metadata.create_all(connection)
    assert _made(engine) == upgraded != []
    engine.dispose()
