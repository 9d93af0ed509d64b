"""when a retest was asked for, and of which release: only a run of that, or of what serves, begun after the cause ends it"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None
# A retest of before has no such time: any later run of what serves ends it, as it did.


def upgrade() -> None:
    op.add_column("retests", sa.Column("asked_at", sa.BigInteger(), nullable=True))
    op.add_column("retests", sa.Column("version", sa.Text(), nullable=True))
