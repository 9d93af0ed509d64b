"""When a release was approved: recorded once, in the audit log, and read from there."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.audit import AuditEntry
from pulse_tui.domain.estate import Deployment
from pulse_tui.ports import Transaction

APPROVED = "release.approved"
QUARANTINED = "release.quarantined"


def subject(asset_id: str, version: str) -> str:
    """How the audit log names a release."""
    return f"{asset_id}@{version}"


def approval(tx: Transaction, asset_id: str, version: str) -> AuditEntry | None:
    """The newest approval of the release, if it was ever approved."""
    entries = tx.log.entries(subject=subject(asset_id, version))
    return next((e for e in reversed(entries) if e.action == APPROVED), None)


def approved_at(tx: Transaction, deployment: Deployment) -> tuple[datetime, str]:
    """From when changes of what serves there are counted: its approval, else its first promotion there, else its start.

    The word names which: approved, promoted or deployed.
    """
    entry = approval(tx, deployment.asset_id, deployment.version)
    if entry is not None:
        return entry.at, "approved"
    first = [
        p.at
        for p in tx.estate.promotions(deployment.asset_id)
        if (p.version, p.environment) == (deployment.version, deployment.environment)
    ]
    return (min(first), "promoted") if first else (deployment.since, "deployed")
