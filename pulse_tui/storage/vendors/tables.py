"""Notes with what happened to them, pages, lifecycles, catalogues, the tripwire's rounds, what is asked of owners.

``body`` is the whole value as JSON; what is searched by stands beside it in a column of its own.
"""

from __future__ import annotations

import sqlalchemy as sa

from pulse_tui.storage.sql.columns import metadata, serial, text, texts, time

notes = sa.Table(
    "notes",
    metadata,
    text("source", key=True),
    text("key", key=True),
    text("vendor"),
    text("title"),
    text("body"),
    time("published_at"),
    text("link", null=True),
    text("labels"),
    text("phrase", null=True),
    time("effective_at", null=True),
    sa.Column("kind", sa.Text, nullable=False, server_default="changelog"),
    sa.Column("section", sa.Text, nullable=False, server_default=sa.text("''")),
    texts("models"),
    text("package", null=True),
    text("version", null=True),
    sa.Column("dated", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("review", sa.Boolean, nullable=False, server_default=sa.false(), index=True),
    sa.Column("floor", sa.Boolean, nullable=False, server_default=sa.false()),
    texts("why"),
    sa.Column("first_at", sa.BigInteger, nullable=False, server_default="0", index=True),
    sa.Column("changed_at", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("listed", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("baseline", sa.Boolean, nullable=False, server_default=sa.false()),
)
note_changes = sa.Table(
    "note_changes",
    metadata,
    serial(),
    text("source"),
    text("key"),
    time("at"),
    text("what"),
    text("before", null=True),
    sa.Index("ix_note_changes_source", "source", "key"),
)
pages = sa.Table("pages", metadata, text("source", key=True), text("body"))
local_rules = sa.Table("local_rules", metadata, text("id", key=True), text("body"))
lifecycles = sa.Table(
    "lifecycles",
    metadata,
    text("source", key=True),
    text("platform", key=True),
    text("model", key=True),
    time("ends_at", null=True),
    time("changed_at"),
    sa.Column("listed", sa.Boolean, nullable=False),
    text("body"),
)
catalogue_models = sa.Table("catalogue_models", metadata, text("source", key=True), text("key", key=True), text("body"))
catalogue_events = sa.Table(
    "catalogue_events",
    metadata,
    serial(),
    text("source"),
    sa.Column("at", sa.BigInteger, nullable=False, index=True),
    text("type"),
    sa.Column("model", sa.Text, nullable=False, index=True),
    text("body"),
)
probe_rounds = sa.Table(
    "probe_rounds", metadata, text("source", key=True), sa.Column("at", sa.BigInteger, primary_key=True), text("body")
)
probe_baselines = sa.Table("probe_baselines", metadata, text("source", key=True), text("body"))
vendor_tasks = sa.Table(
    "vendor_tasks",
    metadata,
    text("key", key=True),
    sa.Column("asset_id", sa.Text, nullable=False, index=True),
    text("source"),
    time("due_at", null=True),
    time("done_at", null=True),
    text("body"),
)
