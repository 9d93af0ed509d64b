"""Start a review: a task for the team that owns the rule (the safety team of a safety rule).

A review has no destination of its own. It goes out by the reviewers' routes that keep tasks (tickets), or by all of
their routes when none does; its payload says ``task: review``. When no route serves the rule's owner, the asset's
owner is asked. It is work on a list (`pulse-tui review list`) whether or not a route serves anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pulse_tui.actions._shared.case import NoOptions, due, name, no_delivery, once, queue
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import AskReview, Effect, Nothing
from pulse_tui.domain.notice import Use
from pulse_tui.domain.review_task import ReviewTask
from pulse_tui.ports import Case, SendContext, Target

Options = NoOptions
_WITHIN_S = 3 * 86_400.0
"""How long a review may take where the alert has no deadline."""


def respond(case: Case) -> Sequence[Effect]:
    """One task for each route of the first team that has any; what follows goes to the same routes."""
    if case.event.follows:
        return queue(case, [Target(r, Use.REVIEW) for r in case.routes], task="review")
    if (nothing := once(case, "a review was requested")) is not None:
        return nothing
    task = AskReview(_task(case))
    reviewers: list[str | None] = [o for o in (case.rule_owner, case.decision.owner) if o is not None]
    for owner in reviewers or [None]:
        asked = [t for use in (Use.NOTIFY, Use.REVIEW) for t in case.address(use, owner)]
        serving = list({t.route.id: t for t in asked}.values())
        if chosen := [t for t in serving if t.route.keeps_tasks] or serving:
            chosen = [t._replace(use=Use.REVIEW) for t in chosen]
            return [task, *queue(case, chosen, task="review", reviewer=owner or "anybody")]
    names = " or ".join(dict.fromkeys(o for o in reviewers if o)) or "(none)"
    return (task, Nothing(f"no route serves owner {names}, nobody is notified of the review: add one under routes"))


def _task(case: Case) -> ReviewTask:
    """The work: of the team that owns the rule, by the alert's deadline."""
    return ReviewTask(
        key=name("review", case),
        kind="alert",
        what=f"{case.decision.priority.value} {case.decision.title}",
        owner=case.rule_owner or case.decision.owner or "",
        opened_at=case.now,
        due_at=due(case, _WITHIN_S, case.alert.deadline),
        alert_id=case.alert.id,
        asset_id=case.decision.asset_id,
    )


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """Reviews are delivered by the kind of their route: raises TargetError."""
    del options, context
    return no_delivery("review", delivery)
