"""An alert is an episode: an open condition on an asset, deduplicated by fingerprint."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from pulse_tui.domain.errors import Refused
from pulse_tui.domain.words import Environment, Priority, Severity


class AlertState(StrEnum):
    """The state of an alert."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"
    SUPPRESSED = "suppressed"


OPEN = (AlertState.FIRING, AlertState.ACKNOWLEDGED, AlertState.SUPPRESSED)
"""Every state in which the condition still holds."""


class AlertEvent(StrEnum):
    """What happened to an alert: each is passed to the actions, in the transaction in which it happens."""

    OPENED = "opened"
    REPEATED = "repeated"
    """The condition was reported again while the alert was open."""
    RAISED = "raised"
    """More urgent now: its priority rose, or nobody acknowledged it before its deadline."""
    ACKNOWLEDGED = "acknowledged"
    REOPENED = "reopened"
    """It fires again: its acknowledgement or silence ran out."""
    RESOLVED = "resolved"
    REMINDED = "reminded"
    """It is acknowledged, and still open shortly before that ends."""

    @property
    def calls(self) -> bool:
        """Whether somebody has to be found who responds, also one who has not been notified of the alert before."""
        return self in (AlertEvent.OPENED, AlertEvent.RAISED)

    @property
    def follows(self) -> bool:
        """Whether it matters only to those who were notified of the alert before."""
        return self in (AlertEvent.ACKNOWLEDGED, AlertEvent.REOPENED, AlertEvent.RESOLVED, AlertEvent.REMINDED)


MIN_RESPONSE = timedelta(minutes=15)
"""No escalation gives an operator less time than this."""
_DOUBLED = 6
"""How often the time between two escalations doubles at most."""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """One episode of one condition. Moves return a new value; a closed episode never reopens."""

    id: str
    fingerprint: str
    signal_fingerprint: str
    rule_id: str
    decision_id: str
    signal_id: str
    title: str
    priority: Priority
    severity: Severity
    first_at: datetime
    last_at: datetime
    asset_id: str | None = None
    environment: Environment | None = None
    version: str | None = None
    owner: str | None = None
    state: AlertState = AlertState.FIRING
    count: int = 1
    acknowledged_by: str | None = None
    acknowledged_until: datetime | None = None
    suppressed_by: str | None = None
    suppressed_until: datetime | None = None
    suppressed_why: str | None = None
    waived: bool = False
    """Suppressed by a waiver: a recorded exception, which lifts what the condition held back too."""
    resolved_at: datetime | None = None
    resolved_why: str | None = None
    deadline: datetime | None = None
    cleared_at: datetime | None = None
    """When the condition was last reported as resolved, while ``keep_firing_for`` keeps the episode open."""
    respond_within_s: int | None = None
    escalations: int = 0
    first_acknowledged_at: datetime | None = None
    """When somebody first responded to this episode; stays when the acknowledgement ends."""
    reminded_at: datetime | None = None
    """When somebody was last reminded that it is still open."""
    silence_id: str | None = None
    """The silence or window that suppresses it, when one does."""
    flapping: bool = False
    """It opens and ends again and again: nobody is notified of each time."""

    @property
    def word(self) -> str:
        """The state as it is shown: ``waived`` or ``muted`` for suppressed."""
        if self.state is AlertState.SUPPRESSED:
            return "waived" if self.waived else "muted"
        return self.state.value

    @property
    def order(self) -> tuple[int, bool, int, datetime]:
        """Sort key of a list: the most urgent first, and of these what is not muted, production, the oldest."""
        where = self.environment.rank if self.environment is not None else -1
        return self.priority.rank, self.state is AlertState.SUPPRESSED, where, self.first_at

    @property
    def open(self) -> bool:
        """Whether the condition still holds."""
        return self.state is not AlertState.RESOLVED

    def seen_again(
        self, *, decision_id: str, signal_id: str, at: datetime, priority: Priority, title: str, counts: bool = True
    ) -> Alert:
        """The same condition was reported again: a count, and the more urgent priority wins. ``counts``: False for what is the
        same report, read in another place or judged again."""
        if not self.open:
            raise Refused(f"alert {self.id} is closed; a new signal opens a new episode")
        return msgspec.structs.replace(
            self,
            decision_id=decision_id,
            signal_id=signal_id,
            last_at=max(at, self.last_at),
            cleared_at=None,
            count=self.count + counts,
            priority=min(priority, self.priority, key=lambda p: p.rank),
            title=title,
        )

    def corrected(self, at: datetime, priority: Priority, respond_within_s: int | None) -> Alert:
        """What was reported was put right and is less urgent: its clock starts afresh, what was missed does not count."""
        due = at + timedelta(seconds=respond_within_s) if respond_within_s else None
        return msgspec.structs.replace(
            self, priority=priority, deadline=due, respond_within_s=respond_within_s, escalations=0
        )

    def acknowledge(self, by: str, until: datetime, at: datetime | None = None) -> Alert:
        """An operator acknowledges it, until then. A resolve that came first wins. ``at``: when that is, for the record."""
        if not self.open:
            raise Refused(f"alert {self.id} is already resolved", [self.resolved_why or "no reason was given"])
        return msgspec.structs.replace(
            self,
            state=AlertState.ACKNOWLEDGED,
            acknowledged_by=by,
            acknowledged_until=until,
            first_acknowledged_at=self.first_acknowledged_at or at,
            reminded_at=None,
        )

    def suppress(self, by: str, until: datetime, why: str, *, waived: bool = False) -> Alert:
        """Silenced or waived until then, with the reason; it fires again by itself."""
        if not self.open:
            raise Refused(f"alert {self.id} is already resolved", [self.resolved_why or "no reason was given"])
        return msgspec.structs.replace(
            self,
            state=AlertState.SUPPRESSED,
            suppressed_by=by,
            suppressed_until=until,
            suppressed_why=why,
            waived=waived,
            silence_id=None,
        )

    def silenced(self, by: str, until: datetime, why: str, silence_id: str) -> Alert:
        """Covered by a silence or window that matches it; one that is acknowledged stays so, and is covered after that."""
        covered = msgspec.structs.replace(self.suppress(by, until, why), silence_id=silence_id)
        if self.state is not AlertState.ACKNOWLEDGED:
            return covered
        return msgspec.structs.replace(covered, state=AlertState.ACKNOWLEDGED)

    def muted_at(self, now: datetime) -> bool:
        """Whether what an operator decided of this condition (acknowledged, silenced, waived) stands at ``now``."""
        return any(until is not None and until > now for until in (self.suppressed_until, self.acknowledged_until))

    def muted_like(self, other: Alert, now: datetime) -> Alert:
        """What an operator decided of the condition when ``other`` stood for it holds for this episode too."""
        same = {
            name: getattr(other, name)
            for name in (
                "acknowledged_by",
                "acknowledged_until",
                "suppressed_by",
                "suppressed_until",
                "suppressed_why",
                "waived",
                "silence_id",
            )
        }
        suppressed = other.suppressed_until is not None and other.suppressed_until > now
        state = AlertState.SUPPRESSED if suppressed else AlertState.ACKNOWLEDGED
        return msgspec.structs.replace(self, state=state, **same)

    def unmuted(self, now: datetime) -> Alert:
        """Nobody's decision mutes it any more; if it is open it fires, with a fresh deadline."""
        bare = msgspec.structs.replace(
            self, acknowledged_by=None, acknowledged_until=None, suppressed_by=None, suppressed_until=None,
            suppressed_why=None, waived=False, silence_id=None,
        )  # fmt: skip
        if not self.open:
            return bare
        due = now + timedelta(seconds=self.respond_within_s) if self.respond_within_s else None
        return msgspec.structs.replace(bare, state=AlertState.FIRING, deadline=due)

    def unwaived(self, now: datetime) -> Alert:
        """Its waiver or silence ended; an acknowledgement that stands stays, else it fires with a fresh clock."""
        if self.acknowledged_until is None or self.acknowledged_until <= now:
            return self.unmuted(now)
        return msgspec.structs.replace(self.uncovered(), state=AlertState.ACKNOWLEDGED)

    def uncovered(self) -> Alert:
        """Nothing suppresses it, and its state and its clock stay as they are."""
        return msgspec.structs.replace(
            self, suppressed_by=None, suppressed_until=None, suppressed_why=None, waived=False, silence_id=None
        )

    def lapse(self, now: datetime) -> Alert:
        """The same alert, firing again when its acknowledgement or silence has run out by ``now``.

        Its clock starts afresh: nobody missed a deadline while it was muted. Where both were given, the one that
        outlasts the other stands to its own end.
        """
        until = {AlertState.ACKNOWLEDGED: self.acknowledged_until, AlertState.SUPPRESSED: self.suppressed_until}
        ends = until.pop(self.state, None)
        if ends is None or ends > now:
            return self
        if not any(other is not None and other > now for other in until.values()):
            return self.unmuted(now)
        if self.state is AlertState.ACKNOWLEDGED:
            return msgspec.structs.replace(
                self, state=AlertState.SUPPRESSED, acknowledged_by=None, acknowledged_until=None
            )
        return self.unwaived(now)

    @property
    def span(self) -> timedelta:
        """How long there is to respond."""
        return max(timedelta(seconds=self.respond_within_s or 0), MIN_RESPONSE)

    def escalate(self, now: datetime) -> Alert:
        """Not acknowledged in time: what is P2 is P1 from now on, and there is as much time again; each further time twice
        as much. P1 stays P1. What can wait (P3, P4) does not get urgent by waiting: it is late."""
        if self.state is not AlertState.FIRING or self.deadline is None or self.deadline > now:
            return self
        return msgspec.structs.replace(
            self,
            priority=Priority.P1 if self.priority in (Priority.P2, Priority.UNKNOWN) else self.priority,
            deadline=now + self.span * (1 << min(self.escalations, _DOUBLED)),
            escalations=self.escalations + 1,
        )

    def resolve(self, at: datetime, why: str) -> Alert:
        """The condition no longer holds. Resolving twice changes nothing."""
        if not self.open:
            return self
        return msgspec.structs.replace(self, state=AlertState.RESOLVED, resolved_at=at, resolved_why=why)


ESCALATED = "alert.escalated"
"""The audit log's action of an escalation."""


def escalated(before: Alert, after: Alert, last: Mapping[str, str] | None) -> dict[str, str]:
    """What the audit log keeps of an escalation: also the first deadline that was missed, as an ISO moment.

    ``last``: the detail of the escalation before it, None for the first.
    """
    first = missed_at(last, before.deadline) if last is not None else None
    return {
        "from": before.priority.value,
        "to": after.priority.value,
        "why": "deadline missed",
        "missed": str(first or before.deadline),
        "due": str(after.deadline),
        "again": str(_again(before, after)),
    }


def _again(before: Alert, after: Alert) -> datetime | None:
    """When the deadline would be if the time had not doubled: a clock that began afresh since ends after that."""
    if after.deadline is None:
        return None
    return after.deadline - before.span * ((1 << min(before.escalations, _DOUBLED)) - 1)


def missed_at(last: Mapping[str, str], deadline: datetime | None) -> datetime | None:
    """The first deadline that was missed, by the ``last`` escalation's detail; None when the clock began afresh since."""
    detail: Mapping[str, str] = last or {}
    missed, due = detail.get("missed"), detail.get("due")
    if deadline is None or missed is None or due is None:
        return None
    if str(deadline) != due and deadline > datetime.fromisoformat(detail.get("again", due)):
        return None
    return datetime.fromisoformat(missed)


FINGERPRINT_RECIPE = 1
"""The version of what an alert's fingerprint is made of.

1: the rule's id, ``/``, the signal's fingerprint (what a source makes that of is pinned for each kind), and ``/`` with the
environment where a signal that names none concerns several. A new recipe gets a new number and a migration that renames the fingerprints of what
is open: without it every open alert would stay open for ever, and open once more beside itself.
"""


def alert_fingerprint(rule_id: str, signal_fingerprint: str) -> str:
    """The name under which an open alert of a rule about a condition is found; by recipe :data:`FINGERPRINT_RECIPE`."""
    return f"{rule_id}/{signal_fingerprint}"
