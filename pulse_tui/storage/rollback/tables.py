"""Plans, approvals, runs and their journal."""

from __future__ import annotations

import sqlalchemy as sa

from pulse_tui.storage.sql.columns import metadata, serial, text, time

plans = sa.Table(
    "plans",
    metadata,
    serial(),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
    text("asset_id"),
    text("state"),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Index(None, "asset_id"),
)

approvals = sa.Table(
    "approvals",
    metadata,
    text("plan_hash", key=True),
    text("principal", key=True),
    text("key"),
    sa.Column("yes", sa.Boolean, nullable=False),
    time("at"),
    time("expires_at"),
    text("audit_head"),
    text("reason"),
    sa.Column("payload", sa.Text, nullable=False, server_default=sa.text("''")),
    sa.Column("signature", sa.Text, nullable=False, server_default=sa.text("''")),
    sa.Column("break_glass", sa.Boolean, nullable=False, server_default=sa.text("false")),
    sa.UniqueConstraint("plan_hash", "key"),
)

authorisations = sa.Table(
    "authorisations",
    metadata,
    text("hash", key=True),
    text("asset_id"),
    text("environment"),
    text("playbook"),
    text("playbook_digest"),
    text("trigger"),
    text("drill"),
    text("proposed_by"),
    time("created_at"),
    time("expires_at"),
    sa.Column("approvals_needed", sa.Integer, nullable=False),
    text("operators_digest"),
    text("state"),
    sa.Index(None, "asset_id"),
)
"""``state`` is a word of PlanState, or ``revoked``."""

drills = sa.Table(
    "drills",
    metadata,
    text("run_id", key=True),
    text("asset_id"),
    text("playbook"),
    text("playbook_digest"),
    text("trigger"),
    text("from_version"),
    text("to_version"),
    time("at"),
    sa.Column("ok", sa.Boolean, nullable=False),
    text("detail"),
    sa.Column("seconds", sa.Float, nullable=False),
    text("by"),
    sa.Index(None, "asset_id", "at"),
)

runs = sa.Table(
    "runs",
    metadata,
    text("id", key=True),
    text("plan_hash"),
    text("target"),
    sa.Column("active_key", sa.Text, unique=True),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    text("holder"),
    text("started_by"),
    time("started_at"),
    text("state"),
    text("detail"),
    time("ended_at", null=True),
    sa.Index(None, "plan_hash"),
)
"""``active_key`` is the target while the run owns it; :data:`run_targets` has it of every target."""

run_targets = sa.Table(
    "run_targets",
    metadata,
    text("run_id", key=True),
    text("target", key=True),
    time("started_at"),
    sa.Column("active_key", sa.Text, unique=True),
    sa.Index(None, "target", "started_at"),
)
"""What a run moves. ``active_key`` is the target while the run owns it: one active run per target."""

plan_members = sa.Table(
    "plan_members",
    metadata,
    text("plan_hash", key=True),
    text("asset_id", key=True),
    sa.Index(None, "asset_id"),
)
"""Assets that a plan moves beside its own."""

steps = sa.Table(
    "steps",
    metadata,
    text("run_id", key=True),
    sa.Column("index", sa.Integer, primary_key=True, autoincrement=False),
    text("state"),
    text("key"),
    text("seen_before", null=True),
    text("seen_after", null=True),
    text("detail"),
    time("at", null=True),
    time("sent_at", null=True),
)

journal = sa.Table(
    "journal",
    metadata,
    serial(),
    text("run_id"),
    sa.Column("step", sa.Integer, nullable=False),
    time("at"),
    text("state"),
    text("detail"),
    sa.Index(None, "run_id"),
)
