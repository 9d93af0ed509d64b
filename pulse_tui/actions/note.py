"""An audit note: the stored decision is the note, nobody is notified."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pulse_tui.actions._shared.case import NoOptions, no_delivery
from pulse_tui.domain.delivery import Delivery
from pulse_tui.domain.effect import Effect
from pulse_tui.ports import Case, SendContext

Options = NoOptions


def respond(case: Case) -> Sequence[Effect]:
    """Nothing beyond the decision itself."""
    del case
    return ()


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """It has no destination: raises TargetError."""
    del options, context
    return no_delivery("note", delivery)
