"""Nobody changes or deletes a line of the log, a vote or a line of the journal: the database itself refuses."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest
import sqlalchemy as sa

from pulse_tui.domain.errors import Refused
from pulse_tui.domain.rollback import StepState
from pulse_tui.services.rollback.recorded import verified
from pulse_tui.storage.engine import connect, normalize
from pulse_tui.storage.migrate import upgrade
from pulse_tui.storage.sql import append_only
from pulse_tui.storage.store import SqlStore
from tests.fakes.databases import postgres
from tests.fakes.nouns import NOW, approval, plan, run
from tests.fakes.tampering import tamper

TABLES = sorted(append_only.TABLES)
COLUMNS = {"audit": "actor", "approvals": "reason", "journal": "detail"}
CHANGES = [
    "UPDATE {table} SET {column} = 'x'",
    "UPDATE {table} SET {column} = 'x' WHERE {column} = (SELECT min({column}) FROM {table})",
    "UPDATE {table} SET {column} = {column}",
    "DELETE FROM {table}",
]
MORE = {
    "sqlite": ["INSERT OR REPLACE INTO {table} SELECT * FROM {table}", "UPDATE OR REPLACE {table} SET {column} = 'x'"],
    "postgresql": [
        "TRUNCATE {table}",
        "TRUNCATE holds, {table} CASCADE",
        "SET session_replication_role = replica; DELETE FROM {table}",
        "SET session_replication_role = replica; TRUNCATE {table}",
    ],
}


@pytest.fixture
def engine(store: SqlStore) -> Iterator[sa.Engine]:
    """Whoever may write into the database, without this program; a line, a vote and a journal are in it."""
    with store.write() as tx:
        tx.rollbacks.add_approval(approval(plan(), "ana", "k1"))
        tx.rollbacks.start_run(run(plan(), id="r1"), 1)
        (step,) = tx.rollbacks.steps("r1")
        tx.rollbacks.put_step(step.move(StepState.INTENT, at=NOW))
        tx.log.append(NOW, "ana", "plan.approved", "support-bot/canary")
    opened = connect(store.url)
    yield opened
    opened.dispose()


def _rows(engine: sa.Engine, table: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(sa.text(f"SELECT * FROM {table}"))]


def _execute(engine: sa.Engine, statement: sa.Executable) -> None:
    with engine.begin() as connection:
        connection.execute(statement)


@pytest.mark.parametrize("table", TABLES)
def test_the_database_refuses_every_change_of_a_row(engine: sa.Engine, table: str) -> None:
    before = _rows(engine, table)
    assert len(before) == 1
    for change in [*CHANGES, *MORE[engine.dialect.name]]:
        statement = sa.text(change.format(table=table, column=COLUMNS[table]))
        # A vote that is there already is left as it is, without an error: the program asks that way.
        ignored = "INSERT" in change and table == "approvals"
        with nullcontext() if ignored else pytest.raises(sa.exc.DBAPIError, match=f"{table} is append-only"):
            _execute(engine, statement)
        assert _rows(engine, table) == before, change


def test_what_the_program_adds_is_added_and_a_second_vote_is_refused_as_ever(
    engine: sa.Engine, store: SqlStore
) -> None:
    with store.write() as tx:
        (step,) = tx.rollbacks.steps("r1")
        tx.rollbacks.put_step(step.move(StepState.SENT, at=NOW))
        tx.rollbacks.add_approval(approval(plan(), "ben", "k2"))
        tx.log.append(NOW, "ben", "plan.approved", "support-bot/canary")
        with pytest.raises(Refused, match="already decided"):
            tx.rollbacks.add_approval(approval(plan(), "ben", "k3"))
    assert [len(_rows(engine, table)) for table in ("journal", "approvals", "audit")] == [2, 2, 2]


WEAKER = {
    "sqlite": [
        "DROP TRIGGER {table}_kept_update",
        "DROP TRIGGER {table}_kept_insert",
        "DROP TRIGGER {table}_kept_delete THEN CREATE TRIGGER {table}_kept_delete BEFORE DELETE ON {table} WHEN 1 = 0 BEGIN SELECT RAISE(ABORT, 'x'); END",
        "CREATE TRIGGER other BEFORE INSERT ON {table} BEGIN SELECT RAISE(IGNORE); END",
    ],
    "postgresql": [
        "DROP TRIGGER {table}_kept_rows ON {table}",
        "DROP TRIGGER {table}_kept_all ON {table}",
        "ALTER TABLE {table} DISABLE TRIGGER ALL",
        "ALTER TABLE {table} ENABLE TRIGGER {table}_kept_rows",
        "CREATE OR REPLACE TRIGGER {table}_kept_rows BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW WHEN (false) EXECUTE FUNCTION pulse_append_only()",
        "CREATE OR REPLACE TRIGGER {table}_kept_rows AFTER UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION pulse_append_only()",
        "CREATE OR REPLACE FUNCTION pulse_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
        "CREATE TRIGGER other BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION pulse_append_only()",
    ],
}


@pytest.mark.parametrize("table", TABLES)
def test_a_trigger_that_is_gone_off_weaker_or_strange_is_named(engine: sa.Engine, table: str) -> None:
    for change in WEAKER[engine.dialect.name]:
        with engine.connect() as connection:
            assert append_only.weakened(connection) == []
            for statement in change.format(table=table).split(" THEN "):
                connection.exec_driver_sql(statement)
            found = append_only.weakened(connection)
            connection.rollback()
        assert any(line.startswith(f"{table} ") for line in found), change


def test_a_database_of_before_gets_the_triggers_and_one_that_has_them_keeps_them(
    empty_url: str, tmp_path: Path
) -> None:
    engine = connect(normalize(empty_url, tmp_path))
    upgrade(engine, "0013")
    for _ in range(2):
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE alembic_version SET version_num = '0013'")
        upgrade(engine, "0014")
        with engine.connect() as connection:
            assert append_only.weakened(connection) == []
    engine.dispose()


def test_a_copy_of_the_file_is_guarded_as_the_file_is(store: SqlStore) -> None:
    if not store.is_sqlite:
        return
    copy = SqlStore(f"sqlite:///{store.backup(NOW)}", Path("/"))
    with copy.read() as tx:
        assert tx.log.weakened() == []
    copy.close()


@pytest.mark.parametrize("table", TABLES)
def test_what_is_changed_while_the_triggers_are_away_is_found_by_the_hashes(
    engine: sa.Engine, store: SqlStore, table: str
) -> None:
    with store.read() as tx:
        assert verified(tx, ()).wrong == []
    for change in ("UPDATE {table} SET {column} = 'x'", "DELETE FROM {table}"):
        tamper(store, sa.text(change.format(table=table, column=COLUMNS[table])))
        with store.read() as tx:
            found = verified(tx, ())
        assert found.wrong, change
        assert not any("trigger" in line for line in found.wrong)
    assert _rows(engine, table) == []


_GRANTS = [
    "DROP ROLE IF EXISTS tower",
    "CREATE ROLE tower",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO tower",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO tower",
]
_OWNERS = [
    "DROP TRIGGER audit_kept_rows ON audit",
    "ALTER TABLE audit DISABLE TRIGGER ALL",
    "CREATE OR REPLACE FUNCTION pulse_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "SET session_replication_role = replica",
    "TRUNCATE audit",
    "DROP TABLE audit",
]


def test_on_postgresql_a_tower_that_does_not_own_its_tables_works_and_cannot_lift_the_guard(tmp_path: Path) -> None:
    server = postgres()
    name = server.create()
    owner = connect(normalize(server.named(name), tmp_path))
    for statement in _GRANTS:
        _execute(owner, sa.text(statement))
    store = SqlStore(f"{server.named(name)}&options=-c%20role%3Dtower", tmp_path)
    with store.write() as tx:
        tx.rollbacks.add_approval(approval(plan(), "ana", "k1"))
        tx.rollbacks.start_run(run(plan(), "r1"), 1)
        (step,) = tx.rollbacks.steps("r1")
        tx.rollbacks.put_step(step.move(StepState.INTENT, at=NOW))
        tx.log.append(NOW, "ana", "plan.approved", "support-bot/canary")
    tower = connect(store.url)
    for statement in _OWNERS:
        with pytest.raises(sa.exc.DBAPIError, match=r"owner|permission"):
            _execute(tower, sa.text(statement))
    with store.read() as tx:
        assert verified(tx, ()).wrong == []
    for opened in (tower, owner):
        opened.dispose()
    store.close()
    server.drop(name)
    server.sql("DROP ROLE tower")
