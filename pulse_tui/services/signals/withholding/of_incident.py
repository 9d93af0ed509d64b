"""Its incident called the same destination already."""

from __future__ import annotations

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.delivery import DeliveryState
from pulse_tui.domain.notice import NoticeOutcome, Use, Withheld
from pulse_tui.domain.words import SignalType
from pulse_tui.services.parts import SYSTEM
from pulse_tui.services.signals.withholding.about import About, Held

_CALLS = frozenset({Use.PAGE, Use.NOTIFY})
"""What calls a person. A ticket and a review are work of their own, whatever else is broken."""
_LOST = frozenset({DeliveryState.DEAD, DeliveryState.DROPPED})
_OWN_WORK = frozenset({SignalType.CVE, SignalType.DEPRECATION})
"""A vulnerability is closed by other people than an outage is: it is never passed over because of one."""
_OURS = frozenset({SignalType.VERSION_EVENT, SignalType.SOURCE_HEALTH})
"""Nor is what this program itself did or could not do: a rollback by itself, a run that stopped, a message that was lost."""


def same_incident(about: About) -> Held | None:
    """A destination that was notified of one alert of an incident is not notified of another that is no more urgent.

    While the other one is open, nobody silenced it, and its message is not lost. The ladder climbs all the same, and a page
    is not passed over because of a mere message.
    """
    message = about.message
    if message.use not in _CALLS or message.rung:
        return None
    incident = about.incident()
    if incident is None or _stands_alone(about, about.alert):
        return None
    seen: set[str] = {about.alert.id}
    called = about.tx.notices.of_incident(incident)
    sent = about.tx.plumbing.deliveries_of([n.key for n in called if n.key is not None])
    for notice in called:
        here = notice.route == message.delivery.route and notice.outcome is NoticeOutcome.QUEUED
        lost = notice.key is not None and notice.key in sent and sent[notice.key].state in _LOST
        if not here or lost or notice.alert_id in seen or (message.use is Use.PAGE and notice.use is not Use.PAGE):
            continue
        seen.add(notice.alert_id)
        other = about.tx.judgements.alert(notice.alert_id)
        if other is None or other.state not in (AlertState.FIRING, AlertState.ACKNOWLEDGED):
            continue
        if other.priority.rank <= about.alert.priority.rank and not _stands_alone(about, other):
            why = f"{notice.route} was notified of {other.id} ({other.title}) of the same incident, {incident}"
            return Held(Withheld.INCIDENT, f"{why}, which is {_urgent(other, about.alert)}")
    return None


def _urgent(other: Alert, alert: Alert) -> str:
    return "as urgent" if other.priority is alert.priority else f"more urgent ({other.priority.value})"


def _stands_alone(about: About, alert: Alert) -> bool:
    signal = about.tx.signals.get(alert.signal_id)
    if signal is None:
        return False
    return signal.signal_type in _OWN_WORK or (signal.source == SYSTEM and signal.signal_type in _OURS)
