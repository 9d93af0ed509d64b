"""Runs with scores and items, baselines, verdicts, accepted risks, and runs of suites' own commands."""

from __future__ import annotations

import sqlalchemy as sa

from pulse_tui.storage.sql.columns import metadata, text, time

eval_runs = sa.Table(
    "eval_runs",
    metadata,
    text("id", key=True),
    text("asset_id"),
    text("version"),
    text("suite"),
    time("at"),
    text("suite_digest", null=True),
    text("source"),
    text("format"),
    sa.Column("iteration", sa.BigInteger, nullable=False),
    sa.Column("conditions", sa.Text, nullable=False, server_default="{}"),
    sa.Column("refused", sa.Text, nullable=False, server_default="{}"),
    sa.Index(None, "asset_id", "suite", "iteration"),
)

eval_scores = sa.Table(
    "eval_scores",
    metadata,
    text("run_id", key=True),
    text("task", key=True),
    text("metric", key=True),
    sa.Column("value", sa.Float, nullable=False),
    sa.Column("higher_is_better", sa.Boolean, nullable=False),
    sa.Column("stderr", sa.Float),
    sa.Column("n", sa.BigInteger),
    sa.Column("directed", sa.Boolean, nullable=False, server_default=sa.true()),
)

eval_sheets = sa.Table(
    "eval_sheets",
    metadata,
    text("run_id", key=True),
    text("task", key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
    # A task's items in columns, compressed: a comparison reads two of these, and never one item of thousands.
    sa.Column("data", sa.LargeBinary, nullable=False),
)

baselines = sa.Table(
    "baselines",
    metadata,
    text("asset_id", key=True),
    text("suite", key=True),
    text("run_id"),
)

comparisons = sa.Table(
    "comparisons",
    metadata,
    text("run_id", key=True),
    text("baseline_id"),
    text("definition"),
    text("refused"),
    text("measures"),
)

task_verdicts = sa.Table(
    "task_verdicts",
    metadata,
    text("run_id", key=True),
    text("task", key=True),
    text("metric", key=True),
    text("slice", key=True),
    sa.Column("place", sa.BigInteger, nullable=False),
    text("gate"),
    sa.Column("must_pass", sa.Boolean, nullable=False),
    sa.Column("weight", sa.Float, nullable=False),
    sa.Column("scale", sa.Float, nullable=False),
    sa.Column("higher_is_better", sa.Boolean, nullable=False),
    text("verdict"),
    text("basis"),
    sa.Column("baseline", sa.Float),
    sa.Column("current", sa.Float),
    sa.Column("delta", sa.Float),
    sa.Column("low", sa.Float),
    sa.Column("high", sa.Float),
    sa.Column("margin", sa.Float, nullable=False),
    text("method"),
    sa.Column("n", sa.BigInteger, nullable=False),
    sa.Column("repeats", sa.BigInteger, nullable=False),
    sa.Column("clusters", sa.Float),
    sa.Column("p_worse", sa.Float, nullable=False),
    sa.Column("more_items", sa.BigInteger),
    sa.Column("more_repeats", sa.BigInteger),
    text("note"),
    sa.Column("objective", sa.Float),
)

acceptances = sa.Table(
    "acceptances",
    metadata,
    text("id", key=True),
    text("asset_id"),
    text("version"),
    text("environment"),
    text("gate"),
    text("run_id"),
    text("baseline_id"),
    text("definition"),
    text("accepted_by"),
    text("why"),
    time("at"),
    time("until"),
    sa.Index(None, "asset_id", "version"),
)

suite_runs = sa.Table(
    "suite_runs",
    metadata,
    text("id", key=True),
    text("suite"),
    text("asset_id"),
    text("version"),
    text("why"),
    text("state"),
    time("started_at"),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("exit_code", sa.BigInteger),
    text("detail"),
    text("run_id", null=True),
    sa.Column("iteration", sa.BigInteger),
    sa.Index(None, "suite", "asset_id", "started_at"),
)
