"""a run holds every target that its plan moves; a plan is found by each asset it moves"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "run_targets",
        sa.Column("run_id", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("active_key", sa.Text, nullable=True),
        sa.PrimaryKeyConstraint("run_id", "target", name="pk_run_targets"),
        sa.UniqueConstraint("active_key", name="uq_run_targets_active_key"),
    )
    op.create_index("ix_run_targets_target_started_at", "run_targets", ["target", "started_at"])
    op.create_table(
        "plan_members",
        sa.Column("plan_hash", sa.Text, nullable=False),
        sa.Column("asset_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("plan_hash", "asset_id", name="pk_plan_members"),
    )
    op.create_index("ix_plan_members_asset_id", "plan_members", ["asset_id"])
    op.execute(
        "INSERT INTO run_targets (run_id, target, started_at, active_key)"
        " SELECT id, target, started_at, active_key FROM runs"
    )
