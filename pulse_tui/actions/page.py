"""Page whoever is on call for the owner, by the routes that can wake somebody; where none can, by all that notify."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pulse_tui.actions._shared.case import NoOptions, no_delivery, notified
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect, Nothing
from pulse_tui.domain.notice import Use
from pulse_tui.ports import Case, SendContext

Options = NoOptions


def respond(case: Case) -> Sequence[Effect]:
    """One message for each of these routes when the alert opens or is raised; to the same ones what follows."""
    paged = notified(case, Use.PAGE, "the owner was paged")
    if all(isinstance(effect, Nothing) for effect in paged) and case.event.calls:
        return notified(case, Use.NOTIFY, "the owner was paged")
    return paged


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """Pages are delivered by the kind of their route: raises TargetError."""
    del options, context
    return no_delivery("page", delivery)
