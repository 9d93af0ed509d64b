"""Assets, releases and deployments; which source claims what; endpoints, workflows and rollback pointers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from pulse_tui.storage.board.marks import made_of_marks
from pulse_tui.storage.board.touched import triggers
from pulse_tui.storage.sql.columns import metadata, serial, text, time

assets = sa.Table(
    "assets",
    metadata,
    text("id", key=True),
    text("asset_type"),
    text("owner_team"),
    text("tier"),
    text("exposure"),
    text("data"),
    text("workflow", null=True),
)

releases = sa.Table(
    "releases",
    metadata,
    text("asset_id", key=True),
    text("version", key=True),
    sa.Column("iteration", sa.BigInteger, nullable=False),
    text("digest", null=True),
    time("created_at"),
    text("state"),
    text("lineage"),
    text("provenance"),
    text("rollback_pointer", null=True),
    text("registry_version", null=True),
    text("branch", null=True),
    sa.Column("interface", sa.Text, nullable=False, server_default="{}"),
    sa.UniqueConstraint("asset_id", "iteration"),
    sa.Index(None, "digest"),
)

iterations = sa.Table(
    "iterations",
    metadata,
    text("asset_id", key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

pushed_changes = sa.Table(
    "pushed_changes",
    metadata,
    text("asset_id", key=True),
    sa.Column("iteration", sa.BigInteger, primary_key=True),
    text("version", null=True),
    text("environment", null=True),
    text("change"),
    time("at"),
    text("by"),
    text("what"),
    text("digest", null=True),
)

deployments = sa.Table(
    "deployments",
    metadata,
    text("asset_id", key=True),
    text("environment", key=True),
    text("version"),
    time("since"),
    sa.Column("traffic", sa.Float, nullable=False),
    sa.Column("production_critical", sa.Boolean, nullable=False),
    text("source"),
)

stays = sa.Table(
    "stays",
    metadata,
    serial(),
    text("asset_id"),
    text("environment"),
    text("version"),
    time("since"),
    time("until", null=True),
    sa.Column("healthy", sa.Boolean, nullable=False),
    sa.Index(None, "asset_id", "environment"),
)

promotions = sa.Table(
    "promotions",
    metadata,
    serial(),
    text("asset_id"),
    text("version"),
    text("environment"),
    text("by"),
    time("at"),
    text("decision_id", null=True),
    text("why"),
    sa.Index(None, "asset_id", "version"),
)

claims = sa.Table(
    "claims",
    metadata,
    text("subject", key=True),
    text("field", key=True),
    text("source", key=True),
    text("value"),
    time("since"),
    sa.Column("event", sa.Boolean, nullable=False),
    sa.Index(None, "source"),
)

concerns = sa.Table(
    "concerns",
    metadata,
    text("asset_id", key=True),
    text("key", key=True),
    text("what"),
    text("todo"),
    text("source"),
    text("severity"),
    time("since"),
    text("environment", null=True),
    text("version", null=True),
)

endpoints = sa.Table(
    "endpoints",
    metadata,
    text("id", key=True),
    text("environment", key=True),
    text("asset_id", null=True),
    text("owner_team", null=True),
    text("segments"),
    sa.Column("production_critical", sa.Boolean, nullable=False),
    text("source", key=True),
    sa.Index(None, "asset_id"),
)

workflows = sa.Table(
    "workflows",
    metadata,
    text("id", key=True),
    text("stages"),
    text("owner_team", null=True),
)

pointers = sa.Table(
    "pointers",
    metadata,
    text("asset_id", key=True),
    text("environment", key=True),
    text("serving"),
    text("version", null=True),
    time("at"),
    sa.Column("valid", sa.Boolean, nullable=False),
    text("checks"),
)

touched = sa.Table(
    "touched",
    metadata,
    text("asset_id", key=True),
    sa.Column("mark", sa.BigInteger, nullable=False),
    sa.Index(None, "mark"),
    sqlite_with_rowid=False,
)
"""Which asset's row in the registry may differ since when: written by triggers, and nothing else."""

marks = sa.Table(
    "marks",
    metadata,
    text("name", key=True),
    sa.Column("writer", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("value", sa.BigInteger, nullable=False),
)
"""Rise with every change of what they are about, by triggers: whoever has read it at a mark has it whole."""


@sa.event.listens_for(metadata, "after_create")
def _watch(_metadata: sa.MetaData, connection: sa.Connection, *, tables: Sequence[sa.Table], **_: Any) -> None:
    for statement in triggers(connection.dialect.name) if touched in tables else ():
        connection.exec_driver_sql(statement)
    if marks in tables:
        for statement in made_of_marks(connection.dialect.name):
            connection.exec_driver_sql(statement)
