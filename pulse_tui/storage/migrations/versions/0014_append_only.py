"""the log, the votes and the journal are append-only: triggers block every change and deletion

SQLite drops a table's triggers when a later migration copies it (``batch_alter_table``): such a one must make them again.
"""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_SAME = {
    "audit": "seq = NEW.seq OR hash = NEW.hash",
    "approvals": "plan_hash = NEW.plan_hash AND (principal = NEW.principal OR key = NEW.key)",
    "journal": "seq = NEW.seq",
}
_WHY = " is append-only: its rows are never changed or deleted"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        for table, same in _SAME.items():
            stop = f"ABORT, '{table}{_WHY}'"
            replaced = "IGNORE" if table == "approvals" else stop
            _trigger(table, "update", f"UPDATE ON {table} BEGIN SELECT RAISE({stop}); END")
            _trigger(table, "delete", f"DELETE ON {table} BEGIN SELECT RAISE({stop}); END")
            there = f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608
            _trigger(table, "insert", f"INSERT ON {table} WHEN {there} BEGIN SELECT RAISE({replaced}); END")
        return
    body = f"BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || '{_WHY}'; END"
    _run(f"CREATE OR REPLACE FUNCTION pulse_append_only() RETURNS trigger LANGUAGE plpgsql AS $${body}$$")
    for table in _SAME:
        for name, when, each in (("rows", "UPDATE OR DELETE", "ROW"), ("all", "TRUNCATE", "STATEMENT")):
            _run(
                f"CREATE OR REPLACE TRIGGER {table}_kept_{name} BEFORE {when} ON {table}"
                f" FOR EACH {each} EXECUTE FUNCTION pulse_append_only()"
            )
            _run(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_kept_{name}")


def _trigger(table: str, name: str, before: str) -> None:
    _run(f"DROP TRIGGER IF EXISTS {table}_kept_{name}")
    _run(f"CREATE TRIGGER {table}_kept_{name} BEFORE {before}")


def _run(sql: str) -> None:
    op.get_bind().exec_driver_sql(sql)
