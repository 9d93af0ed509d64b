"""What a check looks at, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from pulse_tui.domain.alert import Alert, AlertEvent
from pulse_tui.domain.effect import Queue
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
    batch: dict[str, Any]
    """What a check keeps between the messages of one transaction, under names that begin with its own."""
    incident: Callable[[], str | None]
    """The incident that the alert belongs to; looked up once for all messages of an event."""


Check = Callable[[About], Held | None]
