"""items of runs, verdicts of comparisons, accepted risks, runs of suites' own commands"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None
# Nothing is carried over: what was stored before are totals, and they are judged again when they are asked for.


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _number(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), nullable=null)


def _float(name: str, *, null: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Float(), nullable=null)


def upgrade() -> None:
    op.create_table(
        "eval_sheets",
        *_text("run_id", "task"),
        _number("n"),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "task", name=op.f("pk_eval_sheets")),
    )
    op.create_table(
        "comparisons",
        *_text("run_id", "baseline_id", "definition", "refused", "measures"),
        sa.PrimaryKeyConstraint("run_id", name=op.f("pk_comparisons")),
    )
    op.create_table(
        "task_verdicts",
        *_text("run_id", "task", "metric", "slice"),
        _number("place"),
        *_text("gate"),
        sa.Column("must_pass", sa.Boolean(), nullable=False),
        _float("weight"),
        _float("scale"),
        sa.Column("higher_is_better", sa.Boolean(), nullable=False),
        *_text("verdict", "basis"),
        _float("baseline", null=True),
        _float("current", null=True),
        _float("delta", null=True),
        _float("low", null=True),
        _float("high", null=True),
        _float("margin"),
        *_text("method"),
        _number("n"),
        _number("repeats"),
        _float("clusters", null=True),
        _float("p_worse"),
        _number("more_items", null=True),
        _number("more_repeats", null=True),
        *_text("note"),
        _float("objective", null=True),
        sa.PrimaryKeyConstraint("run_id", "task", "metric", "slice", name=op.f("pk_task_verdicts")),
    )
    op.create_table(
        "acceptances",
        *_text(
            "id",
            "asset_id",
            "version",
            "environment",
            "gate",
            "run_id",
            "baseline_id",
            "definition",
            "accepted_by",
            "why",
        ),
        _number("at"),
        _number("until"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_acceptances")),
    )
    op.create_index("ix_acceptances_asset_id_version", "acceptances", ["asset_id", "version"])
    op.create_table(
        "suite_runs",
        *_text("id", "suite", "asset_id", "version", "why", "state"),
        _number("started_at"),
        _number("ended_at", null=True),
        _number("exit_code", null=True),
        *_text("detail"),
        sa.Column("run_id", sa.Text(), nullable=True),
        _number("iteration", null=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suite_runs")),
    )
    op.create_index("ix_suite_runs_suite_asset_id_started_at", "suite_runs", ["suite", "asset_id", "started_at"])
