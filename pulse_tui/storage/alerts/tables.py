"""Decisions with what they saw, alerts, holds, retests."""

from __future__ import annotations

import sqlalchemy as sa

from pulse_tui.storage.sql.columns import metadata, serial, text, time

decisions = sa.Table(
    "decisions",
    metadata,
    serial(),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    text("signal_id"),
    text("rule_id"),
    text("mode"),
    text("outcome"),
    text("priority"),
    text("severity"),
    text("actions"),
    text("comparisons"),
    text("policy_digest"),
    text("asset_id", null=True),
    text("environment", null=True),
    text("version", null=True),
    text("owner", null=True),
    text("title"),
    text("fingerprint"),
    time("at"),
    text("context"),
    sa.Column("respond_within_s", sa.BigInteger),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Index(None, "signal_id"),
    sa.Index(None, "outcome", "seq"),
)

responses = sa.Table(
    "responses",
    metadata,
    serial(),
    text("decision_id"),
    text("action"),
    text("what"),
    time("at"),
    sa.Column("did", sa.Text, nullable=False, server_default="done"),
    sa.Index(None, "decision_id"),
)

alerts = sa.Table(
    "alerts",
    metadata,
    text("id", key=True),
    text("fingerprint"),
    sa.Column("open_key", sa.Text, unique=True),
    text("signal_fingerprint"),
    text("rule_id"),
    text("decision_id"),
    text("signal_id"),
    text("title"),
    text("priority"),
    text("severity"),
    time("first_at"),
    time("last_at"),
    text("asset_id", null=True),
    text("environment", null=True),
    text("version", null=True),
    text("owner", null=True),
    text("state"),
    sa.Column("count", sa.BigInteger, nullable=False),
    text("acknowledged_by", null=True),
    time("acknowledged_until", null=True),
    text("suppressed_by", null=True),
    time("suppressed_until", null=True),
    text("suppressed_why", null=True),
    sa.Column("waived", sa.Boolean, nullable=False, server_default=sa.false()),
    time("resolved_at", null=True),
    text("resolved_why", null=True),
    time("deadline", null=True),
    time("cleared_at", null=True),
    sa.Column("respond_within_s", sa.BigInteger),
    sa.Column("escalations", sa.BigInteger, nullable=False),
    time("first_acknowledged_at", null=True),
    time("reminded_at", null=True),
    text("silence_id", null=True),
    sa.Column("flapping", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Index(None, "signal_fingerprint"),
    sa.Index(None, "state"),
    sa.Index(None, "fingerprint", "first_at"),
    sa.Index(None, "first_at"),
    sa.Index(None, "signal_id"),
)
"""``open_key`` is the fingerprint while the episode is open: two open episodes of one condition cannot be."""

holds = sa.Table(
    "holds",
    metadata,
    serial(),
    text("id"),
    sa.Column("open_key", sa.Text, unique=True),
    text("kind"),
    text("asset_id", null=True),
    text("why"),
    text("until_condition"),
    text("placed_by"),
    time("placed_at"),
    text("environment", null=True),
    text("version", null=True),
    text("decision_id", null=True),
    time("lifted_at", null=True),
    text("lifted_by", null=True),
    text("reviewed_by", null=True),
    time("reviewed_until", null=True),
    text("review_why", null=True),
    sa.Index(None, "asset_id"),
)

retests = sa.Table(
    "retests",
    metadata,
    text("key", key=True),
    text("asset_id"),
    text("owner", null=True),
    text("why"),
    time("due_at"),
    time("done_at", null=True),
    time("asked_at", null=True),
    text("version", null=True),
)

incidents = sa.Table(
    "incidents",
    metadata,
    text("id", key=True),
    text("state"),
    time("opened_at"),
    time("last_at"),
    text("body"),
    sa.Index(None, "state"),
    sa.Index(None, "opened_at"),
)

incident_alerts = sa.Table(
    "incident_alerts",
    metadata,
    text("alert_id", key=True),
    text("incident_id"),
    time("joined_at"),
    text("body"),
    sa.Index(None, "incident_id"),
)

silences = sa.Table(
    "silences",
    metadata,
    text("id", key=True),
    time("starts_at"),
    time("ends_at"),
    time("ended_at", null=True),
    text("body"),
    sa.Index(None, "ends_at"),
)

notices = sa.Table(
    "notices",
    metadata,
    serial(),
    text("alert_id"),
    time("at"),
    text("outcome"),
    text("route", null=True),
    text("person", null=True),
    text("incident_id", null=True),
    text("body"),
    sa.Index(None, "alert_id"),
    sa.Index(None, "at"),
    sa.Index(None, "incident_id"),
)

feedback = sa.Table("feedback", metadata, text("alert_id", key=True), time("at"), text("body"))
missed = sa.Table("missed", metadata, text("id", key=True), time("at"), text("body"))

review_tasks = sa.Table(
    "review_tasks",
    metadata,
    text("key", key=True),
    text("owner"),
    time("opened_at"),
    time("done_at", null=True),
    text("body"),
    sa.Index(None, "done_at"),
)

policies = sa.Table("policies", metadata, text("digest", key=True), text("state"), time("seen_at"), text("body"))

enforcements = sa.Table(
    "enforcements",
    metadata,
    text("key", key=True),
    text("hold_id"),
    text("state"),
    text("body"),
    sa.Index(None, "hold_id"),
)
