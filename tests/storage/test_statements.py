"""Statements that go to the driver as they are: what they answer, what they raise, and who else sees them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from pulse_tui.storage.plumbing import tables as t
from pulse_tui.storage.sql.lookup import fetched
from pulse_tui.storage.sql.plain import asked, driver
from pulse_tui.storage.sql.upsert import insert_many, insert_new, upsert
from pulse_tui.storage.store import SqlStore

_VALUE = "SELECT value FROM settings_values WHERE key = :key AND value <> 'gone'"


def test_a_question_is_answered_with_what_was_written_in_the_same_transaction(store: SqlStore) -> None:
    with store.write() as tx:
        assert insert_new(tx.plumbing._c, t.values, {"key": "a", "value": "1"})
        assert not insert_new(tx.plumbing._c, t.values, {"key": "a", "value": "2"})
        assert upsert(tx.plumbing._c, t.values, [{"key": "a", "value": "1"}]) == 0
        assert upsert(tx.plumbing._c, t.values, [{"key": "a", "value": "3"}, {"key": "b", "value": "gone"}]) == 2
        assert asked(tx.plumbing._c, _VALUE, {"key": "a"}) == [("3",)]
        assert asked(tx.plumbing._c, _VALUE, {"key": "b"}) == []
    with store.read() as tx:
        assert tx.plumbing.get_value("a") == "3"


def test_what_the_driver_refuses_is_raised_as_ever(store: SqlStore) -> None:
    rows = [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]
    with pytest.raises(sa.exc.IntegrityError), store._engine.begin() as connection:
        insert_many(connection, t.values, rows)
    with pytest.raises(sa.exc.DBAPIError), store._engine.begin() as connection:
        fetched(connection, "SELECT nothing FROM nowhere")
    with store.read() as tx:
        assert tx.plumbing.get_value("a") is None  # nothing of it stayed


def test_whoever_listens_to_statements_sees_all_of_them(store: SqlStore) -> None:
    seen: list[str] = []

    def note(_c: object, _cursor: object, sql: str, *_: object) -> None:
        seen.append(sql)

    with store.read() as tx:
        assert (driver(tx.plumbing._c) is not None) == store.is_sqlite
    sa.event.listen(store._engine, "before_cursor_execute", note)
    try:
        with store.write() as tx:
            tx.plumbing.put_value("a", "1")
            assert tx.plumbing.get_value("a") == "1"
    finally:
        sa.event.remove(store._engine, "before_cursor_execute", note)
    assert [sql.split()[0] for sql in seen if "settings_values" in sql and "SELECT" in sql] == ["SELECT"]
    assert any(sql.startswith("INSERT INTO settings_values") for sql in seen)


def test_outside_of_a_transaction_nothing_goes_past_the_one_that_would_begin(store: SqlStore) -> None:
    with store._engine.connect() as connection:
        assert driver(connection) is None
        fetched(connection, "SELECT 1")
        assert connection.in_transaction()
