"""Reviews on the list: put there once, ended with the alert that asked for them."""

from __future__ import annotations

from datetime import datetime

import msgspec

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.effect import effect_name
from pulse_tui.domain.moments import iso
from pulse_tui.domain.review_task import ReviewTask
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import SYSTEM


def put_review(tx: Transaction, task: ReviewTask, now: datetime) -> bool:
    """On the list, once while it is open; False when it was there."""
    known = tx.learning.review(task.key)
    if known is not None and known.done_at is None:
        return False
    tx.learning.put_review(task)
    detail = {"what": task.what, "owner": task.owner, "kind": task.kind}
    tx.log.append(now, SYSTEM, "review.asked", task.key, {**detail, "due": iso(task.due_at) if task.due_at else ""})
    return True


def end_review(tx: Transaction, task: ReviewTask, by: str, how: str, now: datetime) -> None:
    """It is done, or is not asked any more: ``how`` is kept for good."""
    tx.learning.put_review(msgspec.structs.replace(task, done_at=now, done_by=by, how=how))
    tx.log.append(now, by, "review.done", task.key, {"what": task.what, "why": how})


def end_with_alert(tx: Transaction, alert: Alert, why: str, now: datetime) -> None:
    """The alert is over, and so is the review that it asked for."""
    task = tx.learning.review(effect_name("review", alert.rule_id, alert.id))
    if task is not None and task.done_at is None:
        end_review(tx, task, SYSTEM, f"the alert has ended: {why}", now)
