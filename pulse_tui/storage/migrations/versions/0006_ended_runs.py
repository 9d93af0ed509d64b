"""a suite's run that was stopped or interrupted says so by its state; the detail used to begin with the word"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None
_ENDED = ("interrupted", "stopped")


def upgrade() -> None:
    runs = sa.table("suite_runs", sa.column("state", sa.Text), sa.column("detail", sa.Text))
    for state in _ENDED:
        begun = f"{state}: "
        rest = sa.func.substr(runs.c.detail, len(begun) + 1)
        begins = sa.func.substr(runs.c.detail, 1, len(begun)) == begun
        op.execute(runs.update().where(runs.c.state == "failed", begins).values(state=state, detail=rest))
