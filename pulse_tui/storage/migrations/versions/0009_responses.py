"""what came of a response, as a word of its own: it used to be read from the end of its sentence"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("responses", sa.Column("did", sa.Text(), nullable=False, server_default="done"))
    rows = sa.table("responses", sa.column("what", sa.Text), sa.column("did", sa.Text))
    op.execute(rows.update().where(rows.c.what.like("% queued")).values(did="queued"))
    op.execute(rows.update().where(rows.c.what.like("nothing done: %")).values(did="nothing"))
