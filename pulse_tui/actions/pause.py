"""The rollout stays where it is: nothing of the asset is promoted, whatever its version."""

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
    """A pause of the asset's rollout."""
    return hold(case, HoldKind.PAUSE, version=None, environment=case.decision.environment)


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """It has no destination: raises TargetError."""
    del options, context
    return no_delivery("pause", delivery)
