"""The reason of an action, as the log keeps it."""

from __future__ import annotations

from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.text import clean


def reason_of(why: str) -> str:
    """The reason as the log keeps it. Raises WrongUse when there is none."""
    reason = clean(why, 500)
    if not reason:
        raise WrongUse("a reason is missing", todo="Give a reason: it goes into the audit log")
    return reason
