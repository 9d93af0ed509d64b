"""Triggers that note which asset was written to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple


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
    """The statements that make them on ``sqlite`` or ``postgresql``."""
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
