"""Whether a destination is used now: each check says why not, the first that does counts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.alert import Alert, AlertEvent, AlertState
from pulse_tui.domain.effect import Queue
from pulse_tui.domain.moments import iso
from pulse_tui.domain.notice import Withheld
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts


class Held(NamedTuple):
    """Why a message is not sent."""

    reason: Withheld
    why: str


class About(NamedTuple):
    """What a check may look at."""

    tx: Transaction
    parts: JudgeParts
    alert: Alert
    event: AlertEvent
    message: Queue
    now: datetime


Check = Callable[[About], Held | None]


def muted(about: About) -> Held | None:
    """An episode that opens under an acknowledgement, a silence, a window or a waiver calls nobody."""
    alert = about.alert
    suppressed = alert.state is AlertState.SUPPRESSED
    by = alert.suppressed_by if suppressed else alert.acknowledged_by
    until = alert.suppressed_until if suppressed else alert.acknowledged_until
    if alert.state not in (AlertState.SUPPRESSED, AlertState.ACKNOWLEDGED) or by is None or until is None:
        return None
    reason = Withheld.WAIVED if alert.waived else Withheld.SILENCED if suppressed else Withheld.ACKNOWLEDGED
    return Held(reason, f"the condition is {reason.value} by {by} until {iso(until)}: nobody is notified")


CHECKS: tuple[Check, ...] = (muted,)


def withheld(about: About) -> Held | None:
    """Why the message is not sent; None when it is. What follows an earlier message goes wherever that went."""
    if about.message.follows:
        return None
    return next((held for check in CHECKS if (held := check(about)) is not None), None)
