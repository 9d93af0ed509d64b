"""incidents, silences and windows, who was notified and why not, verdicts on alerts, reviews, policies, enforcement"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _texts(*names: str, null: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=null) for name in names]


def _times(*names: str, null: bool = False) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=null) for name in names]


def upgrade() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("state"),
        *_times("opened_at", "last_at"),
        *_texts("body"),
    )
    op.create_index("ix_incidents_state", "incidents", ["state"])
    op.create_index("ix_incidents_opened_at", "incidents", ["opened_at"])
    op.create_table(
        "incident_alerts",
        sa.Column("alert_id", sa.Text, primary_key=True),
        *_texts("incident_id"),
        *_times("joined_at"),
        *_texts("body"),
    )
    op.create_index("ix_incident_alerts_incident_id", "incident_alerts", ["incident_id"])
    op.create_table(
        "silences",
        sa.Column("id", sa.Text, primary_key=True),
        *_times("starts_at", "ends_at"),
        *_times("ended_at", null=True),
        *_texts("body"),
    )
    op.create_index("ix_silences_ends_at", "silences", ["ends_at"])
    op.create_table(
        "notices",
        sa.Column("seq", _BIG, primary_key=True, autoincrement=True),
        *_texts("alert_id"),
        *_times("at"),
        *_texts("outcome"),
        *_texts("route", "person", "incident_id", null=True),
        *_texts("body"),
    )
    for name in ("alert_id", "at", "incident_id"):
        op.create_index(f"ix_notices_{name}", "notices", [name])
    op.create_table("feedback", sa.Column("alert_id", sa.Text, primary_key=True), *_times("at"), *_texts("body"))
    op.create_table("missed", sa.Column("id", sa.Text, primary_key=True), *_times("at"), *_texts("body"))
    op.create_table(
        "review_tasks",
        sa.Column("key", sa.Text, primary_key=True),
        *_texts("owner"),
        *_times("opened_at"),
        *_times("done_at", null=True),
        *_texts("body"),
    )
    op.create_index("ix_review_tasks_done_at", "review_tasks", ["done_at"])
    op.create_table(
        "policies",
        sa.Column("digest", sa.Text, primary_key=True),
        *_texts("state"),
        *_times("seen_at"),
        *_texts("body"),
    )
    op.create_table(
        "enforcements",
        sa.Column("key", sa.Text, primary_key=True),
        *_texts("hold_id", "state", "body"),
    )
    op.create_index("ix_enforcements_hold_id", "enforcements", ["hold_id"])
    for name in ("first_acknowledged_at", "reminded_at"):
        op.add_column("alerts", sa.Column(name, sa.BigInteger))
    op.add_column("alerts", sa.Column("silence_id", sa.Text))
    op.add_column("alerts", sa.Column("flapping", sa.Boolean, nullable=False, server_default=sa.false()))
    op.create_index("ix_alerts_fingerprint_first_at", "alerts", ["fingerprint", "first_at"])
    op.create_index("ix_signals_occurred_at", "signals", ["occurred_at"])
