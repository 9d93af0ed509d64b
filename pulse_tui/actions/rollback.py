"""A rollback is proposed: an operator plans and approves it. Nothing is executed here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pulse_tui.actions._shared.case import NoOptions, no_delivery, once
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect, Nothing, ProposeRollback
from pulse_tui.ports import Case, SendContext

Options = NoOptions


def respond(case: Case) -> Sequence[Effect]:
    """A proposal, when the version that the signal is about still serves there."""
    if (nothing := once(case, "a rollback was proposed")) is not None:
        return nothing
    decision, serving = case.decision, case.fact.deployment
    if decision.asset_id is None or decision.environment is None:
        return (Nothing("the signal names no asset and environment of the estate: there is nothing to roll back"),)
    if serving is None:
        return (
            Nothing(f"{decision.asset_id} is not deployed in {decision.environment}: there is nothing to roll back"),
        )
    if decision.version is not None and decision.version != serving.version:
        where = f"{decision.asset_id} {decision.environment}"
        return (
            Nothing(
                f"{decision.version} no longer serves {where}, {serving.version} does: check again before rolling back"
            ),
        )
    return (ProposeRollback(decision.asset_id, decision.environment, decision.title),)


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """It has no destination: raises TargetError."""
    del options, context
    return no_delivery("rollback", delivery)
