"""Signals as they came in, and records that were refused. Append-only; everything judged can be rebuilt from the raw payload."""

from __future__ import annotations

import sqlalchemy as sa

from pulse_tui.storage.sql.columns import metadata, serial, text, time

signals = sa.Table(
    "signals",
    metadata,
    serial(),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    text("source"),
    text("signal_type"),
    text("change", null=True),
    text("asset_type", null=True),
    text("asset_id", null=True),
    text("environment", null=True),
    text("baseline_version", null=True),
    text("current_version", null=True),
    text("severity"),
    sa.Column("confidence", sa.Float, nullable=False),
    text("recommended_action"),
    text("owner_team", null=True),
    time("occurred_at"),
    time("observed_at"),
    text("title"),
    text("summary", null=True),
    text("links"),
    text("evidence"),
    text("fingerprint"),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Index(None, "asset_id", "seq"),
    sa.Index(None, "fingerprint"),
    sa.Index(None, "occurred_at"),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    serial(),
    time("at"),
    text("source"),
    text("place"),
    text("reason"),
    text("hint"),
    sa.Column("raw", sa.LargeBinary, nullable=False),
)
