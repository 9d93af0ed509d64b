"""Pictures of the board, the towers and agents that share the database, what was pruned."""

from __future__ import annotations

import sqlalchemy as sa

from pulse_tui.storage.sql.columns import metadata, serial, text, time

frames = sa.Table(
    "frames",
    metadata,
    serial(),
    time("at"),
    sa.Column("whole", sa.Boolean, nullable=False),
    text("format"),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Index(None, "at"),
)

members = sa.Table("members", metadata, text("id", key=True), time("seen_at"), text("body"))

pruned = sa.Table("pruned", metadata, text("kind", key=True), time("at"), text("body"))
