"""approvals carry their signature; pre-authorisations and drills have tables"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    text = ("payload", "signature")
    for name in text:
        op.add_column("approvals", sa.Column(name, sa.Text, nullable=False, server_default=sa.text("''")))
    op.add_column("approvals", sa.Column("break_glass", sa.Boolean, nullable=False, server_default=sa.text("false")))
    op.create_table(
        "authorisations",
        sa.Column("hash", sa.Text, nullable=False),
        *(sa.Column(n, sa.Text, nullable=False) for n in ("asset_id", "environment", "playbook", "playbook_digest")),
        *(sa.Column(n, sa.Text, nullable=False) for n in ("trigger", "drill", "proposed_by")),
        *(sa.Column(n, sa.BigInteger, nullable=False) for n in ("created_at", "expires_at")),
        sa.Column("approvals_needed", sa.Integer, nullable=False),
        sa.Column("operators_digest", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_authorisations"),
    )
    op.create_index("ix_authorisations_asset_id", "authorisations", ["asset_id"])
    op.create_table(
        "drills",
        sa.Column("run_id", sa.Text, nullable=False),
        *(sa.Column(n, sa.Text, nullable=False) for n in ("asset_id", "playbook", "playbook_digest", "trigger")),
        *(sa.Column(n, sa.Text, nullable=False) for n in ("from_version", "to_version")),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("ok", sa.Boolean, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_drills"),
    )
    op.create_index("ix_drills_asset_id_at", "drills", ["asset_id", "at"])
