"""Advisories with the names they touch, findings, vendor notes."""

from __future__ import annotations

import sqlalchemy as sa

from pulse_tui.storage.sql.columns import metadata, text, time

advisories = sa.Table(
    "advisories",
    metadata,
    text("id", key=True),
    text("source"),
    time("modified"),
    text("name"),
    text("title"),
    text("aliases"),
    text("severity", null=True),
    sa.Column("cvss", sa.Float),
    text("vector", null=True),
    sa.Column("known_exploited", sa.Boolean),
    sa.Column("withdrawn", sa.Boolean, nullable=False),
    text("affected"),
    text("links"),
    sa.Index(None, "name"),
)

advisory_names = sa.Table(
    "advisory_names",
    metadata,
    text("advisory_id", key=True),
    text("kind", key=True),
    text("name", key=True),
    sa.Index(None, "name", "kind"),
    sa.Index(None, "kind"),
)
"""``kind`` is ``alias`` for other ids, or the ecosystem for a package name."""

findings = sa.Table(
    "findings",
    metadata,
    text("advisory_id", key=True),
    text("asset_id", key=True),
    text("component", key=True),
    sa.Column("environment", sa.Text, primary_key=True),
    text("audit"),
    text("reason"),
    text("fixed"),
    text("priority"),
    text("component_id", null=True),
    sa.Column("possible", sa.Boolean, nullable=False, server_default=sa.true()),
)

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
)
