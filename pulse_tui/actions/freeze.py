"""Releases of the asset are frozen until the condition that the freeze states holds."""

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
    """A freeze of the asset, in every environment."""
    return hold(case, HoldKind.FREEZE, version=None, environment=None)


def deliver(delivery: Delivery, options: Any, context: SendContext) -> str:
    """It has no destination: raises TargetError."""
    del options, context
    return no_delivery("freeze", delivery)
