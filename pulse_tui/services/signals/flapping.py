"""A condition that opens and ends again and again: one message says so, and the alert stays open until it is steady."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from pulse_tui.domain.alert import Alert, AlertEvent
from pulse_tui.domain.notice import Notice, NoticeOutcome, Use, Withheld
from pulse_tui.domain.text import span_words
from pulse_tui.domain.words import SignalType
from pulse_tui.policy.rules import Flap
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import Judge
from pulse_tui.settings.check import Seconds

FLAP = Flap(episodes=3, within=Seconds(3_600))
"""Of a rule that says nothing of it."""


def flap_of(policy: Judge, rule_id: str) -> Flap:
    """When the rule's conditions flap."""
    rule = policy.rule(rule_id)
    return (rule.flap if rule is not None else None) or FLAP


def opened(tx: Transaction, policy: Judge, alert: Alert, kind: SignalType) -> Alert:
    """A new episode, marked when it is one too many. A vulnerability ends by what serves or by its record, not by itself."""
    if kind is SignalType.CVE:
        return alert
    flap = flap_of(policy, alert.rule_id)
    earlier = tx.judgements.episodes(alert.fingerprint, alert.first_at - timedelta(seconds=flap.within))
    return msgspec.structs.replace(alert, flapping=len(earlier) + 1 >= flap.episodes) if earlier else alert


def words(tx: Transaction, policy: Judge, alert: Alert) -> str:
    """``it comes and goes: 3 times within 1 h``."""
    flap = flap_of(policy, alert.rule_id)
    earlier = tx.judgements.episodes(alert.fingerprint, alert.first_at - timedelta(seconds=flap.within))
    times = len([e for e in earlier if e.id != alert.id]) + 1
    return f"it comes and goes: {times} times within {span_words(flap.within)}"


def unsteady(policy: Judge, alert: Alert, now: datetime) -> bool:
    """Whether it flaps, and has not been steady for as long as its rule asks."""
    return alert.flapping and now - alert.last_at < timedelta(seconds=flap_of(policy, alert.rule_id).within)


def came_again(tx: Transaction, policy: Judge, standing: Alert, now: datetime) -> None:
    """A flapping condition was reported again after it had ended: it is kept why nobody was notified."""
    if not standing.flapping or standing.cleared_at is None:
        return
    steady = span_words(flap_of(policy, standing.rule_id).within)
    notice = Notice(
        alert_id=standing.id,
        at=now,
        event=AlertEvent.REPEATED,
        use=Use.NOTIFY,
        outcome=NoticeOutcome.WITHHELD,
        reason=Withheld.FLAPPING,
        why=f"it flaps: it ended and came again, and nobody is notified of each time until it is steady for {steady}",
    )
    tx.notices.add([notice])
