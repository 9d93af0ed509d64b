"""the registry: components and bills, claims, concerns, endpoints, workflows, rollback pointers"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

from pulse_tui.storage.migrations.as_of_0002.names import canonical
from pulse_tui.storage.migrations.as_of_0002.packages import package_of
from pulse_tui.storage.migrations.as_of_0002.touched import triggers

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None
# There is no way down: an edge of a bill has no place in the old table. An SQLite file is copied before an upgrade.

_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_OLD = sa.text("SELECT asset_id, component_id, kind, name, version, ecosystem, environments FROM dependencies")
_NEWEST = sa.text(
    "SELECT MAX(at) FROM (SELECT MAX(since) AS at FROM deployments UNION ALL "
    "SELECT MAX(last_good_at) FROM sources UNION ALL SELECT MAX(observed_at) FROM signals) AS known"
)

_CLAIM = """INSERT INTO claims (subject, field, source, value, since, event)
SELECT asset_id || '/' || environment, {field}, CASE source WHEN 'rollback' THEN 'pulse-tui' ELSE source END,
       {value}, since, (1 = 0) FROM deployments WHERE {where}"""
_CLAIMS = [
    _CLAIM.format(field="'version'", value="version", where="1 = 1"),
    _CLAIM.format(field="'traffic'", value="CAST(traffic AS TEXT)", where="traffic <> 100"),
    _CLAIM.format(field="'critical'", value="'true'", where="production_critical"),
]
"""A deployment becomes a claim of the source that reported it."""


def upgrade() -> None:
    connection = op.get_bind()
    old = connection.execute(_OLD).all()
    # A migration has no clock: what stands is as old as the newest record in the database.
    at = connection.execute(_NEWEST).scalar() or 0
    op.drop_index("ix_dependencies_component_id", table_name="dependencies")
    op.drop_table("dependencies")
    components, bills, edges = _bills_of_materials()
    _registry()
    op.add_column("findings", sa.Column("component_id", sa.Text(), nullable=True))
    op.add_column("releases", sa.Column("branch", sa.Text(), nullable=True))
    op.add_column("releases", sa.Column("interface", sa.Text(), server_default="{}", nullable=False))
    op.create_index("ix_releases_digest", "releases", ["digest"])
    _carry_over(connection, old, at, components, bills, edges)
    for claim in _CLAIMS:
        connection.execute(sa.text(claim))
    op.create_table(
        "touched",
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("mark", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("asset_id", name=op.f("pk_touched")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_touched_mark", "touched", ["mark"])
    for trigger in triggers(connection.dialect.name):
        connection.exec_driver_sql(trigger)


def _bills_of_materials() -> tuple[sa.Table, sa.Table, sa.Table]:
    components = op.create_table(
        "components",
        sa.Column("num", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ecosystem", sa.Text(), nullable=True),
        sa.Column("package", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("num", name=op.f("pk_components")),
        sa.UniqueConstraint("id", "version", name=op.f("uq_components_id_version")),
    )
    op.create_index("ix_components_package", "components", ["package"])
    op.create_index("ix_components_kind", "components", ["kind"])
    op.create_index("ix_components_name", "components", ["name"])
    bills = op.create_table(
        "bills",
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("num", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("asset_id", "origin", name=op.f("pk_bills")),
        sa.UniqueConstraint("num", name=op.f("uq_bills_num")),
    )
    edges = op.create_table(
        "dependencies",
        sa.Column("bill", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("parent", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("child", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("environments", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("bill", "parent", "child", name=op.f("pk_dependencies")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_dependencies_child", "dependencies", ["child", "bill", "parent", "environments"])
    op.create_table(
        "dependency_changes",
        sa.Column("seq", _SERIAL, autoincrement=True, nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=True),
        sa.Column("component_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("before", sa.Text(), nullable=True),
        sa.Column("after", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_dependency_changes")),
    )
    op.create_index("ix_dependency_changes_asset_id_at", "dependency_changes", ["asset_id", "at"])
    op.create_index("ix_dependency_changes_component_id_at", "dependency_changes", ["component_id", "at"])
    op.create_table(
        "heads",
        sa.Column("component_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("link", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("component_id", name=op.f("pk_heads")),
    )
    return components, bills, edges


def _registry() -> None:
    op.create_table(
        "claims",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("subject", "field", "source", name=op.f("pk_claims")),
    )
    op.create_index("ix_claims_source", "claims", ["source"])
    op.create_table(
        "concerns",
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("todo", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=True),
        sa.Column("version", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("asset_id", "key", name=op.f("pk_concerns")),
    )
    op.create_table(
        "endpoints",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("asset_id", sa.Text(), nullable=True),
        sa.Column("owner_team", sa.Text(), nullable=True),
        sa.Column("segments", sa.Text(), nullable=False),
        sa.Column("production_critical", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", "environment", "source", name=op.f("pk_endpoints")),
    )
    op.create_index("ix_endpoints_asset_id", "endpoints", ["asset_id"])
    op.create_table(
        "workflows",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("stages", sa.Text(), nullable=False),
        sa.Column("owner_team", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workflows")),
    )
    op.create_table(
        "pointers",
        sa.Column("asset_id", sa.Text(), nullable=False),
        sa.Column("environment", sa.Text(), nullable=False),
        sa.Column("serving", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("valid", sa.Boolean(), nullable=False),
        sa.Column("checks", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("asset_id", "environment", name=op.f("pk_pointers")),
    )


def _carry_over(
    connection: sa.Connection,
    old: Sequence[sa.Row[Any]],
    at: int,
    components: sa.Table,
    bills: sa.Table,
    edges: sa.Table,
) -> None:
    """Each asset's dependencies: one bill an asset, of the estate."""
    if not old:
        return
    kinds = {(r.component_id, r.version or ""): r for r in old}
    connection.execute(
        sa.insert(components),
        [
            {
                "id": ident, "version": version, "kind": r.kind, "ecosystem": r.ecosystem,
                # Tables show hosted models by the one naming scheme now.
                "name": canonical(ident).name if r.kind == "hosted_model" else r.name,
                "package": package_of(ident, r.name, r.ecosystem),
            }
            for (ident, version), r in kinds.items()
        ],
    )  # fmt: skip
    numbers = {
        (i, v): n for n, i, v in connection.execute(sa.select(components.c.num, components.c.id, components.c.version))
    }
    assets = {name: number for number, name in enumerate(sorted({r.asset_id for r in old}), start=1)}
    connection.execute(
        sa.insert(bills),
        [
            {"asset_id": name, "origin": "estate", "source": "estate", "document": "", "at": at, "num": number}
            for name, number in assets.items()
        ],
    )
    connection.execute(
        sa.insert(edges),
        [
            {
                "bill": assets[r.asset_id], "parent": 0, "child": numbers[r.component_id, r.version or ""],
                "environments": r.environments,
            }
            for r in old
        ],
    )  # fmt: skip
