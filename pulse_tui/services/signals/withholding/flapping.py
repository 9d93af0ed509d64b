"""An alert that flaps called somebody when that began."""

from __future__ import annotations

from datetime import timedelta

from pulse_tui.domain.alert import AlertEvent
from pulse_tui.domain.notice import Withheld
from pulse_tui.domain.text import span_words
from pulse_tui.services.parts import SYSTEM
from pulse_tui.services.signals.flapping import flap_of
from pulse_tui.services.signals.withholding.about import About, Held


def flapping(about: About) -> Held | None:
    """One that was flapping already when it opened again. Where a person had closed it, it calls: they thought it had ended."""
    alert = about.alert
    if not alert.flapping or about.event is not AlertEvent.OPENED:
        return None
    within = flap_of(about.parts.policy, alert.rule_id).within
    since = alert.first_at - timedelta(seconds=within)
    before = [a for a in about.tx.judgements.episodes(alert.fingerprint, since) if a.id != alert.id and a.flapping]
    if not before:
        return None
    ended = [e for e in about.tx.log.entries(subject=before[0].id) if e.action == "alert.resolved"]
    if ended and ended[-1].actor != SYSTEM:
        return None
    why = f"it flaps: nobody is notified of each time until it is steady for {span_words(within)}"
    return Held(Withheld.FLAPPING, why)
