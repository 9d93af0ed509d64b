"""What was written to that a registry row rests on: an asset and a mark, kept by triggers, so that a board is read again
only where it changed.

Triggers see every writer and every table, also those that are thought of later. They cost a write, so they stay silent
about what no row shows: a release that serves nowhere, a rollback target that was checked and found unchanged. Alerts, holds
and retests need none: they are few, and read whole for every board.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from pulse_tui.storage.board.trends import Execute


class Mark(NamedTuple):
    """How far a reader has seen."""

    position: int
    """Rises; one that is lower than before is another database's."""
    token: str
    """What the next question names."""


class _Watched(NamedTuple):
    table: str
    key: str
    columns: Sequence[str]
    """An update of others is no news; () for any."""
    served: str
    """"" where every row counts, else a condition with ``{row}`` for NEW or OLD."""


_SERVES = "EXISTS (SELECT 1 FROM deployments d WHERE d.asset_id = {row}.asset_id AND d.version = {row}.version)"
_IS_SOMEWHERE = "EXISTS (SELECT 1 FROM deployments d WHERE d.asset_id = {row}.id)"
_WATCHED = (
    _Watched("deployments", "asset_id", (), ""),
    _Watched("releases", "asset_id", ("iteration", "state", "rollback_pointer"), _SERVES),
    _Watched("assets", "id", ("owner_team", "tier", "asset_type"), _IS_SOMEWHERE),
    _Watched("pointers", "asset_id", ("serving", "version", "valid"), ""),
    _Watched("concerns", "asset_id", (), ""),
)
_VERBS = (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))

_SQLITE = """CREATE TRIGGER touch_{table}_{name} AFTER {event} ON {table}{condition} BEGIN
INSERT INTO touched (asset_id, mark) VALUES ({row}.{key}, (SELECT COALESCE(MAX(mark), 0) + 1 FROM touched))
ON CONFLICT (asset_id) DO UPDATE SET mark = excluded.mark; END"""
_FUNCTION = """CREATE OR REPLACE FUNCTION touch_{table}() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE this bigint := CAST(CAST(pg_current_xact_id() AS text) AS bigint); changed record;
BEGIN
    IF TG_OP = 'DELETE' THEN changed := OLD; ELSE changed := NEW; END IF;
    IF NOT EXISTS (SELECT 1 FROM touched WHERE asset_id = changed.{key} AND mark = this){served} THEN
        INSERT INTO touched (asset_id, mark) VALUES (changed.{key}, this)
        ON CONFLICT (asset_id) DO UPDATE SET mark = excluded.mark;
    END IF;
    RETURN NULL;
END $$"""
_POSTGRES = """CREATE TRIGGER touch_{table}_{name} AFTER {event} ON {table}
FOR EACH ROW{condition} EXECUTE FUNCTION touch_{table}()"""


def triggers(dialect: str) -> Iterator[str]:
    """The statements that make them in a new database. A change needs a migration: 0002 has a copy of its own."""
    sqlite = dialect == "sqlite"
    for watched in _WATCHED:
        table, key = watched.table, watched.key
        if not sqlite:
            served = f" AND {watched.served.format(row='changed')}" if watched.served else ""
            yield _FUNCTION.format(table=table, key=key, served=served)
        for verb, row in _VERBS:
            conditions, event = [], verb
            if verb == "UPDATE" and watched.columns:
                event = f"UPDATE OF {', '.join(watched.columns)}"
                differs = "IS NOT" if sqlite else "IS DISTINCT FROM"
                conditions.append(" OR ".join(f"NEW.{c} {differs} OLD.{c}" for c in watched.columns))
            if watched.served and sqlite:  # PostgreSQL allows no query in a WHEN
                conditions.append(watched.served.format(row=row))
            when = " AND ".join(f"({c})" for c in conditions)
            yield (_SQLITE if sqlite else _POSTGRES).format(
                table=table, key=key, row=row, name=verb.lower(), event=event,
                condition=f" WHEN ({when})" if when else "",
            )  # fmt: skip


_MARK_SQLITE = "SELECT COALESCE(MAX(mark), 0) FROM touched"
_SINCE_SQLITE = "SELECT asset_id FROM touched WHERE mark > CAST(:token AS INTEGER) LIMIT :most"
# A mark is the number of the transaction that wrote. What a snapshot did not see is known exactly from that snapshot,
# whoever commits in which order; a mark from the future is another server's, out of a copy.
_MARK_POSTGRES = "SELECT CAST(pg_current_snapshot() AS text)"
_SINCE_POSTGRES = """
SELECT asset_id FROM touched
WHERE mark >= CAST(CAST(pg_snapshot_xmin(CAST(:token AS pg_snapshot)) AS text) AS bigint)
  AND mark < CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)
  AND NOT pg_visible_in_snapshot(CAST(CAST(mark AS text) AS xid8), CAST(:token AS pg_snapshot))
LIMIT :most
"""
_SOME = {"sqlite": "IN (SELECT value FROM json_each(:some))", "postgresql": "= ANY(:some)"}


class Touched:
    """The questions that a reader asks, in the SQL of one database."""

    def __init__(self, execute: Execute, dialect: str) -> None:
        """``execute`` runs in the transaction that reads the board."""
        self._execute = execute
        self._dialect = dialect

    def mark(self) -> Mark:
        """How far this transaction sees."""
        if self._dialect == "sqlite":
            ((position,),) = self._execute(_MARK_SQLITE, {})
            return Mark(int(position), str(position))
        ((token,),) = self._execute(_MARK_POSTGRES, {})
        return Mark(int(token.split(":")[1]), token)

    def since(self, mark: Mark, most: int) -> set[str]:
        """The assets that were written to since; ``most`` of them may be not all."""
        sql = _SINCE_SQLITE if self._dialect == "sqlite" else _SINCE_POSTGRES
        return {asset for (asset,) in self._execute(sql, {"token": mark.token, "most": most})}

    def some(self, sql: str, assets: Sequence[str]) -> Sequence[Sequence[Any]]:
        """Rows of ``sql``, whose ``{some}`` stands for "is one of these assets"."""
        given = json.dumps(assets) if self._dialect == "sqlite" else list(assets)
        return self._execute(sql.replace("{some}", _SOME[self._dialect]), {"some": given})
