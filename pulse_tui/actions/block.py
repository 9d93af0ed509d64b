"""The gate says no to this version of the asset until a run is within the margin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pulse_tui.actions._shared.case import NoOptions, hold, no_delivery
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.domain.hold import HoldKind
from pulse_tui.ports import Case, SendContext

Options = NoOptions


def respond(case: Case) -> Sequence[Effect]:
    """A block on the version; a signal that names none holds every version of the asset."""
    return hold(case, HoldKind.BLOCK, version=case.decision.version, environment=None)


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """It has no destination: raises TargetError."""
    del options, context
    return no_delivery("block", delivery)
