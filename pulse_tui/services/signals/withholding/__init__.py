"""Whether a destination is used now: each check says why not, the first that does counts. One file a check."""

from __future__ import annotations

from pulse_tui.services.signals.withholding.about import About, Check, Held
from pulse_tui.services.signals.withholding.flapping import flapping
from pulse_tui.services.signals.withholding.healing import may_heal
from pulse_tui.services.signals.withholding.hours import hours
from pulse_tui.services.signals.withholding.muted import muted
from pulse_tui.services.signals.withholding.of_incident import same_incident
from pulse_tui.services.signals.withholding.same_condition import same_condition
from pulse_tui.services.signals.withholding.storm import storm

__all__ = ["CHECKS", "About", "Check", "Held", "withheld"]

CHECKS: tuple[Check, ...] = (
    muted,
    flapping,
    may_heal,
    hours,
    same_incident,
    same_condition,
    storm,  # the last: what another check keeps back is no part of a storm
)


def withheld(about: About) -> Held | None:
    """Why the message is not sent; None when it is. What follows an earlier message goes wherever that went."""
    if about.message.follows:
        return None
    return next((held for check in CHECKS if (held := check(about)) is not None), None)
