"""whether an alert was suppressed by a waiver or by a silence: a waiver lifts what the condition held back too"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None
# Of what was suppressed before nobody knows which it was: it goes on as a silence.


def upgrade() -> None:
    op.add_column("alerts", sa.Column("waived", sa.Boolean(), nullable=False, server_default=sa.false()))
