"""pictures of the board, the towers and agents that share a database, what was pruned, a mark of the estate"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


_MARKS = ("estate", "alerts", "advised")
_MARKED = (
    ("estate", "assets"),
    ("estate", "deployments"),
    ("alerts", "alerts"),
    ("alerts", "incidents"),
    ("alerts", "incident_alerts"),
    ("advised", "findings"),
    ("advised", "waivers"),
    ("advised", "advisories"),
)
_RAISE = (
    "INSERT INTO marks (name, writer, value) VALUES ('{mark}', {writer}, 1) "
    "ON CONFLICT (name, writer) DO UPDATE SET value = marks.value + 1"
)
_FUNCTION = (
    "CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$"
)
_PID = "pg_backend_pid()"
_VERBS = (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))


def upgrade() -> None:
    op.create_table(
        "frames",
        sa.Column("seq", _BIG, primary_key=True, autoincrement=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_frames_at", "frames", ["at"])
    op.create_table(
        "members",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "pruned",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_alerts_first_at", "alerts", ["first_at"])
    op.create_index("ix_alerts_signal_id", "alerts", ["signal_id"])
    op.create_table(
        "marks",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("writer", sa.BigInteger, nullable=False),
        sa.Column("value", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("name", "writer", name=op.f("pk_marks")),
    )
    for statement in made_of_marks(op.get_bind().dialect.name):
        op.get_bind().exec_driver_sql(statement)


def made_of_marks(dialect: str) -> Iterator[str]:
    yield from _sqlite() if dialect == "sqlite" else _postgresql()


def _sqlite() -> Iterator[str]:
    for verb, row in _VERBS:
        for mark, table in _MARKED:
            yield (
                f"CREATE TRIGGER mark_{mark}_{table}_{verb.lower()} AFTER {verb} ON {table} "
                f"BEGIN {_RAISE.format(mark=mark, writer=0)}; END"
            )
        found = f"EXISTS (SELECT 1 FROM findings f WHERE f.fingerprint = {row}.signal_fingerprint)"  # noqa: S608  as above
        yield (
            f"CREATE TRIGGER mark_advised_alerts_{verb.lower()} AFTER {verb} ON alerts WHEN {found} "
            f"BEGIN {_RAISE.format(mark='advised', writer=0)}; END"
        )


def _postgresql() -> Iterator[str]:
    for mark in _MARKS:
        yield _FUNCTION.format(name=f"mark_{mark}", body=_RAISE.format(mark=mark, writer=_PID))
    found = "EXISTS (SELECT 1 FROM changed c JOIN findings f ON f.fingerprint = c.signal_fingerprint)"
    body = f"IF {found} THEN {_RAISE.format(mark='advised', writer=_PID)}; END IF"
    yield _FUNCTION.format(name="mark_advised_alerts", body=body)
    for verb, row in _VERBS:
        for mark, table in _MARKED:
            yield (
                f"CREATE TRIGGER mark_{mark}_{table}_{verb.lower()} AFTER {verb} ON {table} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION mark_{mark}()"
            )
        yield (
            f"CREATE TRIGGER mark_advised_alerts_{verb.lower()} AFTER {verb} ON alerts REFERENCING {row} TABLE AS changed "
            f"FOR EACH STATEMENT EXECUTE FUNCTION mark_advised_alerts()"
        )
