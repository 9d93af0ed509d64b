"""The schema. Times are integer microseconds since the epoch, nested values are JSON text.

``signals`` is append-only and keeps the raw payload; everything judged can be rebuilt from it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from pulse_tui.storage.board.touched import triggers

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _serial() -> sa.Column[int]:
    """A sequence number; SQLite hands out row ids only for INTEGER."""
    kind = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Column("seq", kind, primary_key=True, autoincrement=True)


def _text(name: str, *, null: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=null, primary_key=key)


def _time(name: str, *, null: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=null)


signals = sa.Table(
    "signals",
    metadata,
    _serial(),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    _text("source"),
    _text("signal_type"),
    _text("change", null=True),
    _text("asset_type", null=True),
    _text("asset_id", null=True),
    _text("environment", null=True),
    _text("baseline_version", null=True),
    _text("current_version", null=True),
    _text("severity"),
    sa.Column("confidence", sa.Float, nullable=False),
    _text("recommended_action"),
    _text("owner_team", null=True),
    _time("occurred_at"),
    _time("observed_at"),
    _text("title"),
    _text("summary", null=True),
    _text("links"),
    _text("evidence"),
    _text("fingerprint"),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Index(None, "asset_id", "seq"),
    sa.Index(None, "fingerprint"),
)

quarantine = sa.Table(
    "quarantine",
    metadata,
    _serial(),
    _time("at"),
    _text("source"),
    _text("place"),
    _text("reason"),
    _text("hint"),
    sa.Column("raw", sa.LargeBinary, nullable=False),
)

assets = sa.Table(
    "assets",
    metadata,
    _text("id", key=True),
    _text("asset_type"),
    _text("owner_team"),
    _text("tier"),
    _text("exposure"),
    _text("data"),
    _text("workflow", null=True),
)

components = sa.Table(
    "components",
    metadata,
    sa.Column("num", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    _text("id"),
    _text("version"),
    _text("kind"),
    _text("name"),
    _text("ecosystem", null=True),
    _text("package", null=True),
    sa.UniqueConstraint("id", "version"),
    sa.Index(None, "package"),
    sa.Index(None, "kind"),
    sa.Index(None, "name"),
)
"""Each version of a component once. ``version`` is "" when it is not known; ``package`` is ``ecosystem/name`` as
packages are compared, so that an advisory finds whom it hits without reading every bill."""

bills = sa.Table(
    "bills",
    metadata,
    _text("asset_id", key=True),
    _text("origin", key=True),
    _text("source"),
    _text("document"),
    _text("version", null=True),
    _text("subject", null=True),
    _text("digest", null=True),
    _time("at"),
    sa.Column("num", sa.BigInteger, nullable=False, unique=True),
)

dependencies = sa.Table(
    "dependencies",
    metadata,
    sa.Column("bill", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("parent", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("child", sa.BigInteger, primary_key=True, autoincrement=False),
    _text("environments"),
    sa.Index("ix_dependencies_child", "child", "bill", "parent", "environments"),
    sqlite_with_rowid=False,
)
"""Edges of the bills: ``bill`` is ``bills.num``, ``parent`` and ``child`` are ``components.num``, parent 0 the asset.
The index holds whole edges: thousands of users of a component are read from it alone."""

dependency_changes = sa.Table(
    "dependency_changes",
    metadata,
    _serial(),
    _text("asset_id", null=True),
    _text("component_id"),
    _text("kind"),
    _text("name"),
    _text("before", null=True),
    _text("after", null=True),
    _time("at"),
    _text("source"),
    sa.Index(None, "asset_id", "at"),
    sa.Index(None, "component_id", "at"),
)
"""Append-only. ``asset_id`` is null for a head that moved."""

heads = sa.Table(
    "heads",
    metadata,
    _text("component_id", key=True),
    _text("kind"),
    _text("name", null=True),
    _text("version"),
    _text("source"),
    _time("at"),
    _text("link", null=True),
)

claims = sa.Table(
    "claims",
    metadata,
    _text("subject", key=True),
    _text("field", key=True),
    _text("source", key=True),
    _text("value"),
    _time("since"),
    sa.Column("event", sa.Boolean, nullable=False),
    sa.Index(None, "source"),
)

concerns = sa.Table(
    "concerns",
    metadata,
    _text("asset_id", key=True),
    _text("key", key=True),
    _text("what"),
    _text("todo"),
    _text("source"),
    _text("severity"),
    _time("since"),
    _text("environment", null=True),
    _text("version", null=True),
)

endpoints = sa.Table(
    "endpoints",
    metadata,
    _text("id", key=True),
    _text("environment", key=True),
    _text("asset_id", null=True),
    _text("owner_team", null=True),
    _text("segments"),
    sa.Column("production_critical", sa.Boolean, nullable=False),
    _text("source", key=True),
    sa.Index(None, "asset_id"),
)

workflows = sa.Table(
    "workflows",
    metadata,
    _text("id", key=True),
    _text("stages"),
    _text("owner_team", null=True),
)

pointers = sa.Table(
    "pointers",
    metadata,
    _text("asset_id", key=True),
    _text("environment", key=True),
    _text("serving"),
    _text("version", null=True),
    _time("at"),
    sa.Column("valid", sa.Boolean, nullable=False),
    _text("checks"),
)

releases = sa.Table(
    "releases",
    metadata,
    _text("asset_id", key=True),
    _text("version", key=True),
    sa.Column("iteration", sa.BigInteger, nullable=False),
    _text("digest", null=True),
    _time("created_at"),
    _text("state"),
    _text("lineage"),
    _text("provenance"),
    _text("rollback_pointer", null=True),
    _text("registry_version", null=True),
    _text("branch", null=True),
    sa.Column("interface", sa.Text, nullable=False, server_default="{}"),
    sa.UniqueConstraint("asset_id", "iteration"),
    sa.Index(None, "digest"),
)

iterations = sa.Table(
    "iterations",
    metadata,
    _text("asset_id", key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

deployments = sa.Table(
    "deployments",
    metadata,
    _text("asset_id", key=True),
    _text("environment", key=True),
    _text("version"),
    _time("since"),
    sa.Column("traffic", sa.Float, nullable=False),
    sa.Column("production_critical", sa.Boolean, nullable=False),
    _text("source"),
)

stays = sa.Table(
    "stays",
    metadata,
    _serial(),
    _text("asset_id"),
    _text("environment"),
    _text("version"),
    _time("since"),
    _time("until", null=True),
    sa.Column("healthy", sa.Boolean, nullable=False),
    sa.Index(None, "asset_id", "environment"),
)

promotions = sa.Table(
    "promotions",
    metadata,
    _serial(),
    _text("asset_id"),
    _text("version"),
    _text("environment"),
    _text("by"),
    _time("at"),
    _text("decision_id", null=True),
    _text("why"),
    sa.Index(None, "asset_id", "version"),
)

eval_runs = sa.Table(
    "eval_runs",
    metadata,
    _text("id", key=True),
    _text("asset_id"),
    _text("version"),
    _text("suite"),
    _time("at"),
    _text("suite_digest", null=True),
    _text("source"),
    _text("format"),
    sa.Column("iteration", sa.BigInteger, nullable=False),
    sa.Index(None, "asset_id", "suite", "iteration"),
)

eval_scores = sa.Table(
    "eval_scores",
    metadata,
    _text("run_id", key=True),
    _text("task", key=True),
    _text("metric", key=True),
    sa.Column("value", sa.Float, nullable=False),
    sa.Column("higher_is_better", sa.Boolean, nullable=False),
    sa.Column("stderr", sa.Float),
    sa.Column("n", sa.BigInteger),
)

baselines = sa.Table(
    "baselines",
    metadata,
    _text("asset_id", key=True),
    _text("suite", key=True),
    _text("run_id"),
)

eval_sheets = sa.Table(
    "eval_sheets",
    metadata,
    _text("run_id", key=True),
    _text("task", key=True),
    sa.Column("n", sa.BigInteger, nullable=False),
    # A task's items in columns, compressed: a comparison reads two of these, and never one item of thousands.
    sa.Column("data", sa.LargeBinary, nullable=False),
)

comparisons = sa.Table(
    "comparisons",
    metadata,
    _text("run_id", key=True),
    _text("baseline_id"),
    _text("definition"),
    _text("refused"),
    _text("measures"),
)

task_verdicts = sa.Table(
    "task_verdicts",
    metadata,
    _text("run_id", key=True),
    _text("task", key=True),
    _text("metric", key=True),
    _text("slice", key=True),
    sa.Column("place", sa.BigInteger, nullable=False),
    _text("gate"),
    sa.Column("must_pass", sa.Boolean, nullable=False),
    sa.Column("weight", sa.Float, nullable=False),
    sa.Column("scale", sa.Float, nullable=False),
    sa.Column("higher_is_better", sa.Boolean, nullable=False),
    _text("verdict"),
    _text("basis"),
    sa.Column("baseline", sa.Float),
    sa.Column("current", sa.Float),
    sa.Column("delta", sa.Float),
    sa.Column("low", sa.Float),
    sa.Column("high", sa.Float),
    sa.Column("margin", sa.Float, nullable=False),
    _text("method"),
    sa.Column("n", sa.BigInteger, nullable=False),
    sa.Column("repeats", sa.BigInteger, nullable=False),
    sa.Column("clusters", sa.Float),
    sa.Column("p_worse", sa.Float, nullable=False),
    sa.Column("more_items", sa.BigInteger),
    sa.Column("more_repeats", sa.BigInteger),
    _text("note"),
    sa.Column("objective", sa.Float),
)

acceptances = sa.Table(
    "acceptances",
    metadata,
    _text("id", key=True),
    _text("asset_id"),
    _text("version"),
    _text("environment"),
    _text("gate"),
    _text("run_id"),
    _text("baseline_id"),
    _text("definition"),
    _text("accepted_by"),
    _text("why"),
    _time("at"),
    _time("until"),
    sa.Index(None, "asset_id", "version"),
)

suite_runs = sa.Table(
    "suite_runs",
    metadata,
    _text("id", key=True),
    _text("suite"),
    _text("asset_id"),
    _text("version"),
    _text("why"),
    _text("state"),
    _time("started_at"),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("exit_code", sa.BigInteger),
    _text("detail"),
    _text("run_id", null=True),
    sa.Column("iteration", sa.BigInteger),
    sa.Index(None, "suite", "asset_id", "started_at"),
)

advisories = sa.Table(
    "advisories",
    metadata,
    _text("id", key=True),
    _text("source"),
    _time("modified"),
    _text("name"),
    _text("title"),
    _text("aliases"),
    _text("severity", null=True),
    sa.Column("cvss", sa.Float),
    _text("vector", null=True),
    sa.Column("known_exploited", sa.Boolean),
    sa.Column("withdrawn", sa.Boolean, nullable=False),
    _text("affected"),
    _text("links"),
    sa.Index(None, "name"),
)

advisory_names = sa.Table(
    "advisory_names",
    metadata,
    _text("advisory_id", key=True),
    _text("kind", key=True),
    _text("name", key=True),
    sa.Index(None, "name", "kind"),
)
"""``kind`` is ``alias`` for other ids, or the ecosystem for a package name."""

findings = sa.Table(
    "findings",
    metadata,
    _text("advisory_id", key=True),
    _text("asset_id", key=True),
    _text("component", key=True),
    sa.Column("environment", sa.Text, primary_key=True),
    _text("audit"),
    _text("reason"),
    _text("fixed"),
    _text("priority"),
    _text("component_id", null=True),
)

notes = sa.Table(
    "notes",
    metadata,
    _text("source", key=True),
    _text("key", key=True),
    _text("vendor"),
    _text("title"),
    _text("body"),
    _time("published_at"),
    _text("link", null=True),
    _text("labels"),
    _text("phrase", null=True),
    _time("effective_at", null=True),
)

decisions = sa.Table(
    "decisions",
    metadata,
    _serial(),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    _text("signal_id"),
    _text("rule_id"),
    _text("mode"),
    _text("outcome"),
    _text("priority"),
    _text("severity"),
    _text("actions"),
    _text("comparisons"),
    _text("policy_digest"),
    _text("asset_id", null=True),
    _text("environment", null=True),
    _text("version", null=True),
    _text("owner", null=True),
    _text("title"),
    _text("fingerprint"),
    _time("at"),
    _text("context"),
    sa.Column("respond_within_s", sa.BigInteger),
    sa.Column("facts", sa.Text, nullable=False),
    sa.Index(None, "signal_id"),
    sa.Index(None, "outcome", "seq"),
)

responses = sa.Table(
    "responses",
    metadata,
    _serial(),
    _text("decision_id"),
    _text("action"),
    _text("what"),
    _time("at"),
    sa.Index(None, "decision_id"),
)

alerts = sa.Table(
    "alerts",
    metadata,
    _text("id", key=True),
    _text("fingerprint"),
    sa.Column("open_key", sa.Text, unique=True),
    _text("signal_fingerprint"),
    _text("rule_id"),
    _text("decision_id"),
    _text("signal_id"),
    _text("title"),
    _text("priority"),
    _text("severity"),
    _time("first_at"),
    _time("last_at"),
    _text("asset_id", null=True),
    _text("environment", null=True),
    _text("version", null=True),
    _text("owner", null=True),
    _text("state"),
    sa.Column("count", sa.BigInteger, nullable=False),
    _text("acknowledged_by", null=True),
    _time("acknowledged_until", null=True),
    _text("suppressed_by", null=True),
    _time("suppressed_until", null=True),
    _text("suppressed_why", null=True),
    _time("resolved_at", null=True),
    _text("resolved_why", null=True),
    _time("deadline", null=True),
    _time("cleared_at", null=True),
    sa.Column("respond_within_s", sa.BigInteger),
    sa.Column("escalations", sa.BigInteger, nullable=False),
    sa.Index(None, "signal_fingerprint"),
    sa.Index(None, "state"),
)
"""``open_key`` is the fingerprint while the episode is open: two open episodes of one condition cannot be."""

holds = sa.Table(
    "holds",
    metadata,
    _serial(),
    _text("id"),
    sa.Column("open_key", sa.Text, unique=True),
    _text("kind"),
    _text("asset_id", null=True),
    _text("why"),
    _text("until_condition"),
    _text("placed_by"),
    _time("placed_at"),
    _text("environment", null=True),
    _text("version", null=True),
    _text("decision_id", null=True),
    _time("lifted_at", null=True),
    _text("lifted_by", null=True),
    sa.Index(None, "asset_id"),
)

retests = sa.Table(
    "retests",
    metadata,
    _text("key", key=True),
    _text("asset_id"),
    _text("owner", null=True),
    _text("why"),
    _time("due_at"),
    _time("done_at", null=True),
)

plans = sa.Table(
    "plans",
    metadata,
    _serial(),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
    _text("asset_id"),
    _text("state"),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Index(None, "asset_id"),
)

approvals = sa.Table(
    "approvals",
    metadata,
    _text("plan_hash", key=True),
    _text("principal", key=True),
    _text("key"),
    sa.Column("yes", sa.Boolean, nullable=False),
    _time("at"),
    _time("expires_at"),
    _text("audit_head"),
    _text("reason"),
    sa.UniqueConstraint("plan_hash", "key"),
)

runs = sa.Table(
    "runs",
    metadata,
    _text("id", key=True),
    _text("plan_hash"),
    _text("target"),
    sa.Column("active_key", sa.Text, unique=True),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    _text("holder"),
    _text("started_by"),
    _time("started_at"),
    _text("state"),
    _text("detail"),
    _time("ended_at", null=True),
    sa.Index(None, "plan_hash"),
)
"""``active_key`` is the target while the run owns it: one active run per target."""

steps = sa.Table(
    "steps",
    metadata,
    _text("run_id", key=True),
    sa.Column("index", sa.Integer, primary_key=True, autoincrement=False),
    _text("state"),
    _text("key"),
    _text("seen_before", null=True),
    _text("seen_after", null=True),
    _text("detail"),
    _time("at", null=True),
    _time("sent_at", null=True),
)

journal = sa.Table(
    "journal",
    metadata,
    _serial(),
    _text("run_id"),
    sa.Column("step", sa.Integer, nullable=False),
    _time("at"),
    _text("state"),
    _text("detail"),
    sa.Index(None, "run_id"),
)

audit = sa.Table(
    "audit",
    metadata,
    sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
    _time("at"),
    _text("actor"),
    _text("action"),
    _text("subject"),
    _text("detail"),
    _text("previous"),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
    sa.Index(None, "subject"),
)

sources = sa.Table(
    "sources",
    metadata,
    _text("id", key=True),
    _text("kind"),
    sa.Column("every_s", sa.Float, nullable=False),
    _time("last_attempt_at", null=True),
    _time("last_good_at", null=True),
    sa.Column("failures", sa.Integer, nullable=False),
    _text("reason"),
    _text("cursor"),
)

leases = sa.Table(
    "leases",
    metadata,
    _text("name", key=True),
    _text("holder"),
    sa.Column("epoch", sa.BigInteger, nullable=False),
    _time("expires_at"),
)

outbox = sa.Table(
    "outbox",
    metadata,
    _text("key", key=True),
    _text("kind"),
    _text("route"),
    _text("payload"),
    _time("created_at"),
    _text("state"),
    sa.Column("attempts", sa.Integer, nullable=False),
    _time("next_at", null=True),
    _text("error"),
    _text("receipt"),
    sa.Index(None, "state"),
)

values = sa.Table(
    "settings_values",
    metadata,
    _text("key", key=True),
    _text("value"),
)

touched = sa.Table(
    "touched",
    metadata,
    _text("asset_id", key=True),
    sa.Column("mark", sa.BigInteger, nullable=False),
    sa.Index(None, "mark"),
    sqlite_with_rowid=False,
)
"""Which asset's row in the registry may differ since when: written by triggers, and nothing else."""


@sa.event.listens_for(metadata, "after_create")
def _watch(_metadata: sa.MetaData, connection: sa.Connection, *, tables: Sequence[sa.Table], **_: Any) -> None:
    for statement in triggers(connection.dialect.name) if touched in tables else ():
        connection.exec_driver_sql(statement)
