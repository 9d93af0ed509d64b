"""what of a bill could not be read, by which other names advisories know a component, and what no advisory can name"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_UNCOVERED = ("bitbucket", "conda", "cpan", "docker", "generic", "github", "gitlab", "huggingface", "oci", "swid")
"""Types of package URLs that stood as ecosystems, and that no advisory database has."""


def upgrade() -> None:
    op.add_column("bills", sa.Column("refused", sa.BigInteger(), nullable=False, server_default="0"))
    possible: sa.Column[bool] = sa.Column("possible", sa.Boolean(), nullable=False, server_default=sa.true())
    op.add_column("findings", possible)
    op.add_column("components", sa.Column("source", sa.Text(), nullable=True))
    op.create_index("ix_components_source", "components", ["source"])
    op.create_index("ix_advisory_names_kind", "advisory_names", ["kind"])
    connection = op.get_bind()
    uncovered: sa.BindParameter[tuple[str, ...]] = sa.bindparam("uncovered", _UNCOVERED, expanding=True)
    drop = sa.text("UPDATE components SET ecosystem = NULL, package = NULL WHERE lower(ecosystem) IN :uncovered")
    connection.execute(drop.bindparams(uncovered))
    for kind in _UNCOVERED:
        connection.execute(
            sa.text("UPDATE components SET package = NULL WHERE package LIKE :kind"), {"kind": f"{kind}/%"}
        )
    _go(connection)


def _go(connection: sa.Connection) -> None:
    """Go's names are compared in lower case, and by the repository they are in."""
    rows = connection.execute(sa.text("SELECT num, package FROM components WHERE package LIKE 'go/%'")).all()
    for number, package in rows:
        lower, tree = package.lower(), "go/" + _tree(package[3:].lower())
        words = {"n": number, "p": lower, "s": tree if tree != lower else None}
        connection.execute(sa.text("UPDATE components SET package = :p, source = :s WHERE num = :n"), words)
    named = connection.execute(sa.text("SELECT advisory_id, name FROM advisory_names WHERE kind = 'go'")).all()
    connection.execute(sa.text("DELETE FROM advisory_names WHERE kind = 'go'"))
    keys = sorted({(i, key) for i, name in named for key in (name.lower(), _tree(name.lower()))})
    for ident, name in keys:
        words = {"i": ident, "n": name}
        connection.execute(sa.text("INSERT INTO advisory_names (advisory_id, kind, name) VALUES (:i, 'go', :n)"), words)


def _tree(name: str) -> str:
    parts = name.split("/")
    hosts = ("github.com", "gitlab.com", "bitbucket.org", "golang.org")
    return "/".join(parts[: 3 if parts[0] in hosts else 2])
