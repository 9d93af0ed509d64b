"""Somebody decided that nobody is called for the condition."""

from __future__ import annotations

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.moments import iso
from pulse_tui.domain.notice import Withheld
from pulse_tui.domain.silence import SilenceKind
from pulse_tui.services.signals.withholding.about import About, Held


def muted(about: About) -> Held | None:
    """An episode under an acknowledgement, a silence, a window or a waiver calls nobody."""
    alert = about.alert
    suppressed = alert.state is AlertState.SUPPRESSED
    by = alert.suppressed_by if suppressed else alert.acknowledged_by
    until = alert.suppressed_until if suppressed else alert.acknowledged_until
    if alert.state not in (AlertState.SUPPRESSED, AlertState.ACKNOWLEDGED) or by is None or until is None:
        return None
    reason = Withheld.WAIVED if alert.waived else Withheld.SILENCED if suppressed else Withheld.ACKNOWLEDGED
    which = ""
    if suppressed and alert.silence_id is not None:
        silence = about.tx.silences.get(alert.silence_id)
        if silence is not None and silence.kind is SilenceKind.MAINTENANCE:
            reason = Withheld.MAINTENANCE
        which = f" ({alert.silence_id}: {alert.suppressed_why})"
    what = "under maintenance" if reason is Withheld.MAINTENANCE else reason.value
    return Held(reason, f"the condition is {what} by {by} until {iso(until)}{which}: nobody is notified")
