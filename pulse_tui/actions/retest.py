"""A suite must be run again on the asset: a task on the owner's list, with a date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pulse_tui.actions._shared.case import NoOptions, due, name, no_delivery, once
from pulse_tui.domain.delivery import Delivery, Retest
from pulse_tui.domain.effect import AskRetest, AskTask, Effect, Nothing
from pulse_tui.domain.evidence import MetricEvidence, NoteEvidence
from pulse_tui.domain.words import SignalType
from pulse_tui.enrich.vendors.tasks import asked
from pulse_tui.ports import Case, SendContext

DEFAULT_S = 7 * 86_400.0
"""A week, when the decision's priority asks for no response within a time."""

Options = NoOptions


def respond(case: Case) -> Sequence[Effect]:
    """One retest an episode, due when the priority says so; before what is announced ends, and after what is announced
    changes: a run before that measures nothing of it. Of a vendor's announcement also the tasks that it brings."""
    if (nothing := once(case, "a retest was requested")) is not None:
        return nothing
    decision = case.decision
    if decision.asset_id is None:
        return (Nothing("the signal matched no asset, there is nothing to test again: add the asset to the estate"),)
    evidence = case.fact.signal.evidence
    latest = evidence.effective_at if isinstance(evidence, NoteEvidence) and not evidence.floor else None
    seconds = decision.respond_within_s or DEFAULT_S
    changes = latest if latest is not None and latest > case.now and not _ends(case) else None
    retest = Retest(
        key=name("retest", case, decision.asset_id),
        asset_id=decision.asset_id,
        owner=decision.owner,
        why=decision.title,
        asked_at=changes or case.fact.signal.occurred_at,
        version=decision.version if isinstance(evidence, MetricEvidence) else None,
        due_at=changes + timedelta(seconds=seconds) if changes is not None else due(case, seconds, latest),
    )
    tasks = asked(
        case.fact.signal,
        rule_id=decision.rule_id,
        alert_id=case.alert.id,
        version=decision.version or (case.fact.deployment.version if case.fact.deployment else None),
        retest=retest.key,
        due=retest.due_at,
        now=case.now,
    )
    return (AskRetest(retest), *(AskTask(task) for task in tasks))


def _ends(case: Case) -> bool:
    return case.fact.signal.signal_type is SignalType.DEPRECATION


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """It has no destination: raises TargetError."""
    del options, context
    return no_delivery("retest", delivery)
