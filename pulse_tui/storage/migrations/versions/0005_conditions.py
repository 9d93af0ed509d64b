"""under what conditions a run was made, what of it was refused, and whether anybody says which way a score is better"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None
# Of runs that were stored before nothing is known of this: they are compared as they were.


def upgrade() -> None:
    for name in ("conditions", "refused"):
        op.add_column("eval_runs", sa.Column(name, sa.Text(), nullable=False, server_default="{}"))
    directed: sa.Column[bool] = sa.Column("directed", sa.Boolean(), nullable=False, server_default=sa.true())
    op.add_column("eval_scores", directed)
