"""pictures of the board, the towers and agents that share a database, what was pruned, a mark of the estate"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


_FUNCTION = """CREATE OR REPLACE FUNCTION mark_estate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN UPDATE marks SET value = value + 1 WHERE name = 'estate'; RETURN NULL; END $$"""


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
    op.create_table(
        "marks",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.execute("INSERT INTO marks (name, value) VALUES ('estate', 0)")
    sqlite = op.get_bind().dialect.name == "sqlite"
    if not sqlite:
        op.execute(_FUNCTION)
    for table in ("assets", "deployments"):
        for verb in ("INSERT", "UPDATE", "DELETE"):
            then = (
                "BEGIN UPDATE marks SET value = value + 1 WHERE name = 'estate'; END"
                if sqlite
                else "FOR EACH STATEMENT EXECUTE FUNCTION mark_estate()"
            )
            op.execute(f"CREATE TRIGGER mark_{table}_{verb.lower()} AFTER {verb} ON {table} {then}")
