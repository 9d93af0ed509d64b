"""Advisories with the names they touch, findings."""

from __future__ import annotations

import sqlalchemy as sa

from pulse_tui.storage.sql.columns import metadata, text, texts, time

_ANNOUNCED = sa.text("withdrawn_at IS NOT NULL")

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
    time("withdrawn_at", null=True),
    texts("related"),
    texts("configurations"),
    sa.Index(None, "name"),
    sa.Index(None, "source"),
    sa.Index(None, "withdrawn_at", sqlite_where=_ANNOUNCED, postgresql_where=_ANNOUNCED),
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
    text("fingerprint", null=True),
    text("waiver", null=True),
    sa.Index(None, "asset_id"),
    sa.Index(None, "fingerprint"),
)

coverage = sa.Table(
    "coverage",
    metadata,
    text("source", key=True),
    text("ecosystem", key=True),
    text("package", key=True),
    time("at"),
    time("read_at"),
    sa.Column("records", sa.BigInteger, nullable=False),
    sa.Index(None, "ecosystem", "package"),
)
"""What each source answered for, as packages are compared; ``package`` "": the whole ecosystem."""

catalogues = sa.Table(
    "catalogues",
    metadata,
    text("source", key=True),
    text("catalogue"),
    time("at"),
    sa.Column("entries", sa.BigInteger, nullable=False),
)

exploited = sa.Table(
    "exploited",
    metadata,
    text("cve", key=True),
    text("source", key=True),
    text("added", null=True),
    text("due", null=True),
    sa.Column("ransomware", sa.Boolean),
    text("product"),
)

scored = sa.Table(
    "scored",
    metadata,
    text("cve", key=True),
    text("source", key=True),
    sa.Column("epss", sa.Float, nullable=False),
    sa.Column("percentile", sa.Float),
)

waivers = sa.Table(
    "waivers",
    metadata,
    text("id", key=True),
    text("advisory"),
    text("asset_id", null=True),
    text("component_id", null=True),
    text("version", null=True),
    text("status"),
    text("justification", null=True),
    text("rationale"),
    text("owner"),
    text("placed_by"),
    time("placed_at"),
    time("review_at"),
    text("environment", null=True),
    text("priority", null=True),
    text("source"),
    sa.Column("known_exploited", sa.Boolean),
    text("exposure"),
    text("fixed"),
    time("ended_at", null=True),
    text("ended_by", null=True),
    text("ended_why", null=True),
    sa.Index(None, "advisory"),
)

settled_fixes = sa.Table(
    "settled_fixes",
    metadata,
    text("advisory", key=True),
    text("ecosystem", key=True),
    text("package", key=True),
    text("fixed"),
    text("by"),
    text("why"),
    time("at"),
    text("ranges"),
)
"""Where sources name different fixes: which one an operator holds for right. ``advisory`` is the group's name."""

reports = sa.Table(
    "reports",
    metadata,
    text("asset_id", key=True),
    text("origin", key=True),
    text("source"),
    text("document"),
    text("version", null=True),
    text("tool"),
    text("tool_version", null=True),
    time("at"),
    time("database_at", null=True),
    text("claims"),
    sa.Column("components", sa.BigInteger, nullable=False),
    sa.Column("partial", sa.Boolean, nullable=False),
    text("skipped"),
    sa.Column("unplaced", sa.BigInteger, nullable=False),
)
"""The latest report of each document of a scanner; its components are a bill, its claims are advisories."""
