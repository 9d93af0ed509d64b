"""Another rule called the same destination of the very same condition already."""

from __future__ import annotations

from pulse_tui.domain.alert import AlertEvent, AlertState
from pulse_tui.domain.notice import NoticeOutcome, Use, Withheld
from pulse_tui.services.signals.withholding.about import About, Held

_CALLS = frozenset({Use.PAGE, Use.NOTIFY})


def same_condition(about: About) -> Held | None:
    """One signal may make two rules fire (a vulnerability is critical, and is exploited): whoever was called of one alert
    that is as urgent is not called of the other. Tickets are work of their own."""
    alert, message = about.alert, about.message
    if about.event is not AlertEvent.OPENED or message.use not in _CALLS or message.rung:
        return None
    for other in about.tx.judgements.open_alerts_about(alert.signal_fingerprint, besides=alert.id):
        same = other.environment is alert.environment and other.priority.rank <= alert.priority.rank
        if not same or other.state not in (AlertState.FIRING, AlertState.ACKNOWLEDGED):
            continue
        for notice in about.tx.notices.of(other.id):
            reached = notice.route == message.delivery.route and notice.outcome is NoticeOutcome.QUEUED
            if reached and notice.event.calls and (message.use is not Use.PAGE or notice.use is Use.PAGE):
                why = f"{notice.route} was notified of the same condition by {other.id} (rule {other.rule_id})"
                return Held(Withheld.DUPLICATE, why)
    return None
