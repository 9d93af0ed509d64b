"""Tables whose rows are only ever added: triggers stop everybody who would change or delete one, this program included.

The owner of the database can drop a trigger. :func:`weakened` finds that, the hashes of the log what was done then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import fetched


class _Table(NamedTuple):
    """How a row that would take another one's place is recognized: SQLite's ``INSERT OR REPLACE`` fires no DELETE."""

    same: str
    ignored: bool = False
    """The program itself asks whether a row is there by inserting it: SQLite then leaves the old one, without an error."""


TABLES: Mapping[str, _Table] = {
    "audit": _Table("seq = NEW.seq OR hash = NEW.hash"),
    "approvals": _Table("plan_hash = NEW.plan_hash AND (principal = NEW.principal OR key = NEW.key)", ignored=True),
    "journal": _Table("seq = NEW.seq"),
}
_WHY = " is append-only: its rows are never changed or deleted"
_FUNCTION = "pulse_append_only"
_BODY = f"BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || '{_WHY}'; END"
_BEFORE, _ROW, _DELETE, _UPDATE, _TRUNCATE = 2, 1, 8, 16, 32
"""Bits of PostgreSQL's ``pg_trigger.tgtype``."""
_ALWAYS = "A"
"""``pg_trigger.tgenabled``: it fires in a session of ``session_replication_role = replica`` too."""


def create(dialect: str) -> list[str]:
    """The statements that make every trigger, whether it is there or not."""
    if dialect == "sqlite":
        return [*drop(dialect), *(sql for table in TABLES for sql in _sqlite(table).values())]
    made = [f"CREATE OR REPLACE FUNCTION {_FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $${_BODY}$$"]
    for table in TABLES:
        for name, when, each in (("rows", "UPDATE OR DELETE", "ROW"), ("all", "TRUNCATE", "STATEMENT")):
            trigger = f"{table}_kept_{name}"
            made += [
                f"CREATE OR REPLACE TRIGGER {trigger} BEFORE {when} ON {table} FOR EACH {each} EXECUTE FUNCTION {_FUNCTION}()",
                f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {trigger}",
            ]
    return made


def drop(dialect: str) -> list[str]:
    """The statements that take every trigger away."""
    if dialect == "sqlite":
        return [f"DROP TRIGGER IF EXISTS {name}" for table in TABLES for name in _sqlite(table)]
    return [f"DROP TRIGGER IF EXISTS {t}_kept_{name} ON {t}" for t in TABLES for name in ("rows", "all")]


def _sqlite(table: str) -> dict[str, str]:
    """By name; SQLite keeps the text as it is."""
    stop = f"ABORT, '{table}{_WHY}'"
    same = f"EXISTS (SELECT 1 FROM {table} WHERE {TABLES[table].same})"  # noqa: S608  names of this file
    before = {
        "update": f"UPDATE ON {table} BEGIN SELECT RAISE({stop}); END",
        "delete": f"DELETE ON {table} BEGIN SELECT RAISE({stop}); END",
        "insert": f"INSERT ON {table} WHEN {same} BEGIN SELECT RAISE({'IGNORE' if TABLES[table].ignored else stop}); END",
    }
    return {f"{table}_kept_{name}": f"CREATE TRIGGER {table}_kept_{name} BEFORE {sql}" for name, sql in before.items()}


def weakened(connection: sa.Connection) -> list[str]:
    """Which tables are not guarded as they should be, and why, in words."""
    sqlite = connection.dialect.name == "sqlite"
    there = fetched(connection, _SQLITE if sqlite else _POSTGRESQL)
    found = []
    for table in TABLES:
        wanted = set(_sqlite(table).items()) if sqlite else _postgresql(table)
        have = {(name, made) for on, name, made in there if on == table}
        missing, strange = sorted(dict(wanted - have)), sorted(dict(have - wanted))
        if missing:
            found.append(
                f"{table} can be changed: its trigger {missing[0]} is gone, off or another one (pulse-tui db upgrade makes it)"
            )
        elif strange:
            found.append(f"{table} has a trigger that this program did not make: {strange[0]}")
    return found


def _postgresql(table: str) -> set[tuple[str, str]]:
    rows, whole = _BEFORE + _ROW + _DELETE + _UPDATE, _BEFORE + _TRUNCATE
    return {(f"{table}_kept_{name}", f"{kind} {_ALWAYS} {_BODY}") for name, kind in (("rows", rows), ("all", whole))}


_SQLITE = "SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'"
_POSTGRESQL = (
    "SELECT c.relname, t.tgname, concat_ws(' ', t.tgtype, t.tgenabled, p.prosrc, CASE WHEN t.tgqual IS NOT NULL THEN 'when' END)"
    " FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
    " WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace"
)
