"""The audit log, sources' health, leases, the outbox, small values."""

from __future__ import annotations

import sqlalchemy as sa

from pulse_tui.storage.sql.columns import metadata, text, time

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    time("at"),
    text("actor"),
    text("action"),
    text("subject"),
    text("detail"),
    text("previous"),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
    sa.Column("origin", sa.Text, nullable=False, server_default=sa.text("''")),
    sa.Column("records", sa.Text, nullable=False, server_default="{}"),
    sa.Index(None, "subject"),
)

sources = sa.Table(
    "sources",
    metadata,
    text("id", key=True),
    text("kind"),
    sa.Column("every_s", sa.Float, nullable=False),
    time("last_attempt_at", null=True),
    time("last_good_at", null=True),
    sa.Column("failures", sa.Integer, nullable=False),
    text("reason"),
    text("cursor"),
    time("next_at", null=True),
)

leases = sa.Table(
    "leases",
    metadata,
    text("name", key=True),
    text("holder"),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    time("expires_at"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    text("key", key=True),
    text("kind"),
    text("route"),
    text("payload"),
    time("created_at"),
    text("state"),
    sa.Column("attempts", sa.Integer, nullable=False),
    time("next_at", null=True),
    text("error"),
    text("receipt"),
    sa.Index(None, "state"),
)

values = sa.Table(
    "settings_values",
    metadata,
    text("key", key=True),
    text("value"),
)
