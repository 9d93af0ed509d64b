"""crates whose names differ in - and _ are one crate; records without a CVE that are aliases of each other have one name"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_PREFERRED = ("CVE-", "MAL-", "GHSA-")


def upgrade() -> None:
    c = op.get_bind()
    c.execute(sa.text("UPDATE components SET package = replace(package, '_', '-') WHERE package LIKE 'crates.io/%'"))
    crates = sa.text("SELECT advisory_id, name FROM advisory_names WHERE kind = 'crates.io'")
    there = {(row.advisory_id, row.name) for row in c.execute(crates)}
    for advisory, name in sorted(there):
        if "_" not in name:
            continue
        wanted = name.replace("_", "-")
        where = {"advisory": advisory, "name": name, "wanted": wanted}
        c.execute(
            sa.text("DELETE FROM advisory_names WHERE advisory_id = :advisory AND kind = 'crates.io' AND name = :name"),
            where,
        )
        if (advisory, wanted) not in there:
            there.add((advisory, wanted))
            c.execute(
                sa.text(
                    "INSERT INTO advisory_names (advisory_id, kind, name) VALUES (:advisory, 'crates.io', :wanted)"
                ),
                where,
            )
    for row in c.execute(sa.text("SELECT id, name, aliases FROM advisories WHERE name NOT LIKE 'CVE-%'")).all():
        try:
            ids = [row.id, *json.loads(row.aliases)]
        except ValueError:  # nothing that this product wrote
            continue
        best = min(ids, key=lambda i: (next((n for n, p in enumerate(_PREFERRED) if i.startswith(p)), 9), i))
        if best != row.name:
            c.execute(sa.text("UPDATE advisories SET name = :name WHERE id = :id"), {"name": best, "id": row.id})
