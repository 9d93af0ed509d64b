"""what vendors publish: notes with their changes, pages, lifecycles, catalogues, the tripwire, what is asked of owners"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def upgrade() -> None:
    for name, default in (("kind", "changelog"), ("section", sa.text("''")), ("models", "[]"), ("why", "[]")):
        op.add_column("notes", sa.Column(name, sa.Text, nullable=False, server_default=default))
    for name in ("package", "version"):
        op.add_column("notes", sa.Column(name, sa.Text))
    for name, value in (("dated", sa.true()), ("review", sa.false()), ("floor", sa.false())):
        op.add_column("notes", sa.Column(name, sa.Boolean, nullable=False, server_default=value))
    for name, value in (("listed", sa.true()), ("baseline", sa.false())):
        op.add_column("notes", sa.Column(name, sa.Boolean, nullable=False, server_default=value))
    for name in ("first_at", "changed_at"):
        op.add_column("notes", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
    # When they were first read was not kept: the nearest that is known is their own date.
    op.execute("UPDATE notes SET first_at = published_at, changed_at = published_at")
    for name in ("review", "first_at"):
        op.create_index(f"ix_notes_{name}", "notes", [name])
    op.add_column("sources", sa.Column("next_at", sa.BigInteger))
    op.create_table(
        "note_changes",
        sa.Column("seq", _BIG, primary_key=True, autoincrement=True),
        *_texts("source", "key"),
        sa.Column("at", sa.BigInteger, nullable=False),
        *_texts("what"),
        sa.Column("before", sa.Text),
    )
    op.create_index("ix_note_changes_source", "note_changes", ["source", "key"])
    for name in ("pages", "probe_baselines"):
        op.create_table(name, sa.Column("source", sa.Text, primary_key=True), *_texts("body"))
    op.create_table("local_rules", sa.Column("id", sa.Text, primary_key=True), *_texts("body"))
    op.create_table(
        "lifecycles",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("source", "platform", "model")),
        sa.Column("ends_at", sa.BigInteger),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("listed", sa.Boolean, nullable=False),
        *_texts("body"),
    )
    op.create_table(
        "catalogue_models",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("source", "key")),
        *_texts("body"),
    )
    op.create_table(
        "catalogue_events",
        sa.Column("seq", _BIG, primary_key=True, autoincrement=True),
        *_texts("source"),
        sa.Column("at", sa.BigInteger, nullable=False),
        *_texts("type", "model", "body"),
    )
    for name in ("at", "model"):
        op.create_index(f"ix_catalogue_events_{name}", "catalogue_events", [name])
    op.create_table(
        "probe_rounds",
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, primary_key=True),
        *_texts("body"),
    )
    op.create_table(
        "vendor_tasks",
        sa.Column("key", sa.Text, primary_key=True),
        *_texts("asset_id", "source"),
        sa.Column("due_at", sa.BigInteger),
        sa.Column("done_at", sa.BigInteger),
        *_texts("body"),
    )
    op.create_index("ix_vendor_tasks_asset_id", "vendor_tasks", ["asset_id"])
