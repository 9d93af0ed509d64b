"""Components, the bills that list them, and what of them changed when."""

from __future__ import annotations

import sqlalchemy as sa

from pulse_tui.storage.sql.columns import metadata, serial, text, texts, time

components = sa.Table(
    "components",
    metadata,
    sa.Column("num", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    text("id"),
    text("version"),
    text("kind"),
    text("name"),
    text("ecosystem", null=True),
    texts("known_as"),
    texts("platform"),
    sa.Column("readable", sa.Boolean, nullable=False, server_default=sa.true()),
    text("package", null=True),
    text("source", null=True),
    sa.UniqueConstraint("id", "version"),
    sa.Index(None, "package"),
    sa.Index(None, "source"),
    sa.Index(None, "kind"),
    sa.Index(None, "name"),
)
"""Each version of a component once. ``version`` is "" when it is not known; ``package`` is ``ecosystem/name`` as
packages are compared, so that an advisory finds whom it hits without reading every bill; null: no advisory can name it.
``source`` is its other key, of its source package or Go repository. ``readable``: its version can be compared with others."""

bills = sa.Table(
    "bills",
    metadata,
    text("asset_id", key=True),
    text("origin", key=True),
    text("source"),
    text("document"),
    text("version", null=True),
    text("subject", null=True),
    text("digest", null=True),
    sa.Column("refused", sa.BigInteger, nullable=False, server_default="0"),
    sa.Column("partial", sa.Boolean, nullable=False, server_default=sa.false()),
    time("at"),
    sa.Column("num", sa.BigInteger, nullable=False, unique=True),
)

dependencies = sa.Table(
    "dependencies",
    metadata,
    sa.Column("bill", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("parent", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("child", sa.BigInteger, primary_key=True, autoincrement=False),
    text("environments"),
    sa.Index("ix_dependencies_child", "child", "bill", "parent", "environments"),
    sqlite_with_rowid=False,
)
"""Edges of the bills: ``bill`` is ``bills.num``, ``parent`` and ``child`` are ``components.num``, parent 0 the asset.
The index holds whole edges: thousands of users of a component are read from it alone."""

dependency_changes = sa.Table(
    "dependency_changes",
    metadata,
    serial(),
    text("asset_id", null=True),
    text("component_id"),
    text("kind"),
    text("name"),
    text("before", null=True),
    text("after", null=True),
    time("at"),
    text("source"),
    sa.Index(None, "asset_id", "at"),
    sa.Index(None, "component_id", "at"),
)
"""Append-only. ``asset_id`` is null for a head that moved."""

heads = sa.Table(
    "heads",
    metadata,
    text("component_id", key=True),
    text("kind"),
    text("name", null=True),
    text("version"),
    text("source"),
    time("at"),
    text("link", null=True),
)

loading = sa.Table(
    "loading",
    metadata,
    text("asset_id", key=True),
    text("component_id", key=True),
    text("source", key=True),
    sa.Column("loaded", sa.Boolean, nullable=False),
    time("at"),
)
"""Whether a component of an asset is loaded when it runs, by who says so; no row: unknown."""
