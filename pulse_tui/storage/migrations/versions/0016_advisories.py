"""coverage and exploitation of advisories, waivers as VEX states them, reviewed holds, products that have no package"""

import re

import sqlalchemy as sa
from alembic import op
from packaging.version import InvalidVersion, Version

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

# What advisories are stored of, their sources had answered for when they were last read.
_COVERAGE = """
INSERT INTO coverage (source, ecosystem, package, at, read_at, records)
SELECT a.source, n.kind, '', COALESCE(s.last_good_at, MAX(a.modified)), COALESCE(s.last_good_at, MAX(a.modified)),
       COUNT(DISTINCT a.id)
FROM advisory_names n JOIN advisories a ON a.id = n.advisory_id LEFT JOIN sources s ON s.id = a.source
WHERE n.kind <> 'alias' GROUP BY a.source, n.kind, s.last_good_at
"""
_UNREAD = sa.text("UPDATE components SET readable = false WHERE num = :num")
_SEMVER = re.compile(r"(go|[vV=])?[0-9]+(\.[0-9]+(\.[0-9]+([-+].*)?)?)?\Z")


def _readable(package: str, version: str) -> bool:
    """Whether a version could be compared with others of its ecosystem when this was written."""
    ecosystem = package.partition("/")[0]
    if ecosystem == "pypi":
        try:
            Version(version)
        except InvalidVersion:
            return False
        return True
    if ecosystem in ("npm", "go", "crates.io"):
        return _SEMVER.match(version) is not None
    return bool(version)


def upgrade() -> None:
    for name in ("related", "configurations"):
        op.add_column("advisories", sa.Column(name, sa.Text, nullable=False, server_default="[]"))
    op.add_column("advisories", sa.Column("withdrawn_at", sa.BigInteger))
    op.add_column("findings", sa.Column("fingerprint", sa.Text))
    op.add_column("findings", sa.Column("waiver", sa.Text))
    announced = sa.text("withdrawn_at IS NOT NULL")
    op.create_index(
        "ix_advisories_withdrawn_at", "advisories", ["withdrawn_at"], sqlite_where=announced, postgresql_where=announced
    )
    for name in ("asset_id", "fingerprint"):
        op.create_index(f"ix_findings_{name}", "findings", [name])
    for name in ("known_as", "platform"):
        op.add_column("components", sa.Column(name, sa.Text, nullable=False, server_default="[]"))
    op.add_column("components", sa.Column("readable", sa.Boolean, nullable=False, server_default=sa.true()))
    connection = op.get_bind()
    versions = connection.execute(sa.text("SELECT num, package, version FROM components WHERE package IS NOT NULL"))
    if unread := [{"num": num} for num, package, version in versions if not _readable(package, version)]:
        connection.execute(_UNREAD, unread)
    op.add_column("holds", sa.Column("reviewed_by", sa.Text))
    op.add_column("holds", sa.Column("reviewed_until", sa.BigInteger))
    op.add_column("holds", sa.Column("review_why", sa.Text))
    op.add_column("bills", sa.Column("partial", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_table(
        "reports",
        sa.Column("asset_id", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("document", sa.Text, nullable=False),
        sa.Column("version", sa.Text),
        sa.Column("tool", sa.Text, nullable=False),
        sa.Column("tool_version", sa.Text),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("database_at", sa.BigInteger),
        sa.Column("claims", sa.Text, nullable=False),
        sa.Column("components", sa.BigInteger, nullable=False),
        sa.Column("partial", sa.Boolean, nullable=False),
        sa.Column("skipped", sa.Text, nullable=False),
        sa.Column("unplaced", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("asset_id", "origin", name="pk_reports"),
    )
    op.create_table(
        "coverage",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("ecosystem", sa.Text, nullable=False),
        sa.Column("package", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("read_at", sa.BigInteger, nullable=False),
        sa.Column("records", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source", "ecosystem", "package", name="pk_coverage"),
    )
    op.create_index("ix_advisories_source", "advisories", ["source"])
    op.create_index("ix_coverage_ecosystem_package", "coverage", ["ecosystem", "package"])
    op.execute(_COVERAGE)
    op.create_table(
        "catalogues",
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("catalogue", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("entries", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("source", name="pk_catalogues"),
    )
    op.create_table(
        "exploited",
        sa.Column("cve", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("added", sa.Text),
        sa.Column("due", sa.Text),
        sa.Column("ransomware", sa.Boolean),
        sa.Column("product", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("cve", "source", name="pk_exploited"),
    )
    op.create_table(
        "scored",
        sa.Column("cve", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("epss", sa.Float, nullable=False),
        sa.Column("percentile", sa.Float),
        sa.PrimaryKeyConstraint("cve", "source", name="pk_scored"),
    )
    op.create_table(
        "waivers",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("advisory", sa.Text, nullable=False),
        sa.Column("asset_id", sa.Text),
        sa.Column("component_id", sa.Text),
        sa.Column("version", sa.Text),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("justification", sa.Text),
        sa.Column("rationale", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("placed_by", sa.Text, nullable=False),
        sa.Column("placed_at", sa.BigInteger, nullable=False),
        sa.Column("review_at", sa.BigInteger, nullable=False),
        sa.Column("environment", sa.Text),
        sa.Column("priority", sa.Text),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("known_exploited", sa.Boolean),
        sa.Column("exposure", sa.Text, nullable=False),
        sa.Column("fixed", sa.Text, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("ended_by", sa.Text),
        sa.Column("ended_why", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_waivers"),
    )
    op.create_index("ix_waivers_advisory", "waivers", ["advisory"])
    op.create_table(
        "settled_fixes",
        sa.Column("advisory", sa.Text, nullable=False),
        sa.Column("ecosystem", sa.Text, nullable=False),
        sa.Column("package", sa.Text, nullable=False),
        sa.Column("fixed", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("ranges", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("advisory", "ecosystem", "package", name="pk_settled_fixes"),
    )
    op.create_table(
        "loading",
        sa.Column("asset_id", sa.Text, nullable=False),
        sa.Column("component_id", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("loaded", sa.Boolean, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("asset_id", "component_id", "source", name="pk_loading"),
    )
