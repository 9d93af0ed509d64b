"""What people think of an alert, and what no alert reported: recorded, and nothing else. A verdict changes no state."""

from __future__ import annotations

from datetime import datetime, timedelta

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.errors import NotFound, WrongUse
from pulse_tui.domain.feedback import Feedback, Missed, Usefulness
from pulse_tui.domain.moments import iso
from pulse_tui.domain.signal import fingerprint
from pulse_tui.domain.text import clean
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Store, Transaction
from pulse_tui.settings.check import nearest

GIVEN, MISSED = "alert.verdict", "missed.recorded"
"""The audit log's actions."""
LONGEST = 2_000
"""Characters of a reason, and of what was missed."""
EARLIEST = timedelta(days=3_660)
NEAR = timedelta(days=7)
"""What was missed on an asset so long before or after an alert is shown with it."""


def usefulness(word: str) -> Usefulness:
    """The verdict of this name. Raises WrongUse with the nearest one."""
    names = {u.value: u for u in Usefulness}
    if not word:
        raise WrongUse("no verdict is stated", todo=f"one of: {', '.join(names)}")
    if word not in names:
        raise WrongUse(f"there is no verdict {clean(word, 40)!r}", todo=nearest(word, names))
    return names[word]


def give(store: Store, alert_id: str, verdict: Usefulness, by: str, why: str, now: datetime) -> str:
    """Record what an alert was worth; the last verdict counts, the log keeps all. Raises NotFound.

    It may be given while the alert is open and after; state, mutes and holds stay as they are.
    """
    reason = clean(why, LONGEST)
    with store.write() as tx:
        alert = tx.judgements.alert(alert_id)
        if alert is None:
            raise NotFound(f"there is no alert {alert_id!r}", todo="see the open ones: pulse-tui status")
        before = of_alert(tx, alert.id)
        tx.learning.put_feedback(Feedback(alert_id=alert.id, usefulness=verdict, by=by, at=now, why=reason))
        detail = {"verdict": verdict.value, **({"why": reason} if reason else {})}
        if before is not None:
            detail["before"] = before.usefulness.value
        tx.log.append(now, by, GIVEN, alert.id, detail)
    instead = f", instead of {before.usefulness.value}" if before is not None else ""
    return f"{verdict.value}{instead}: {alert.title} (a verdict: the alert stays {alert.state.value})"


def add_missed(
    store: Store,
    what: str,
    onset: datetime,
    by: str,
    now: datetime,
    *,
    asset_id: str = "",
    environment: Environment | None = None,
    incident_id: str = "",
) -> str:
    """Record something that no alert reported, or that one reported too late; ``onset`` is when it began.

    Raises WrongUse for a text that says nothing and for a moment that is to come, NotFound for an asset or incident that
    is not there.
    """
    words = clean(what, LONGEST)
    if not words:
        raise WrongUse("what was missed is not stated", todo="Say what happened, in quotes")
    if not now - EARLIEST < onset <= now:
        when = "is to come" if onset > now else "is more than ten years ago"
        raise WrongUse(f"{iso(onset)} {when}: something is missed once it has begun", todo="Correct --onset")
    with store.write() as tx:
        if asset_id and asset_id not in (known := tx.estate.load().assets):
            raise NotFound(f"there is no asset {clean(asset_id, 80)!r}", todo=nearest(asset_id, known))
        if incident_id and tx.incidents.get(incident_id) is None:
            raise NotFound(f"there is no incident {clean(incident_id, 80)!r}", todo="Name it as its page does")
        ident = "m-" + fingerprint("missed", words, asset_id, iso(onset), by, now.isoformat())[:10]
        tx.learning.put_missed(
            Missed(
                id=ident, what=words, by=by, at=now, onset_at=onset, asset_id=asset_id or None,
                environment=environment, incident_id=incident_id or None,
            )
        )  # fmt: skip
        detail = {"what": words, "onset": iso(onset), "asset": asset_id, "incident": incident_id}
        tx.log.append(now, by, MISSED, ident, {key: text for key, text in detail.items() if text})
    return f"recorded as missed ({ident}): {words}, since {iso(onset)}" + (f", on {asset_id}" if asset_id else "")


def of_alert(tx: Transaction, alert_id: str) -> Feedback | None:
    """The verdict on an alert; None while nobody gave one."""
    return next(iter(tx.learning.feedback([alert_id])), None)


def verdict_words(found: Feedback | None) -> str:
    """``noise by ana 2026-11-23T03:10:00Z: planned load test``; empty without one."""
    if found is None:
        return ""
    return f"{found.usefulness.value} by {found.by} {iso(found.at)}" + (f": {found.why}" if found.why else "")


def missed_lines(tx: Transaction, alert: Alert) -> list[str]:
    """What was recorded as missed on the alert's asset around that time."""
    if alert.asset_id is None:
        return []
    near = [m for m in tx.learning.missed() if m.asset_id == alert.asset_id and abs(m.onset_at - alert.first_at) < NEAR]
    return [f"missed: {m.what}, since {iso(m.onset_at)} (recorded by {m.by})" for m in near]
