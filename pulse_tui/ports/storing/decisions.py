"""What is made of alerts: incidents, silences, who was notified, what people said, what is enforced elsewhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from pulse_tui.domain.alert import AlertEvent
from pulse_tui.domain.enforcement import Enforcement
from pulse_tui.domain.feedback import Feedback, Missed
from pulse_tui.domain.incident import Incident, IncidentState, Member, Tally
from pulse_tui.domain.notice import Notice
from pulse_tui.domain.policy_change import PolicyState, PolicyVersion
from pulse_tui.domain.review_task import ReviewTask
from pulse_tui.domain.silence import Silence
from pulse_tui.domain.words import Priority


class Incidents(Protocol):
    """Incidents and which alerts belong to them."""

    def put(self, incident: Incident) -> bool: ...
    def get(self, ident: str) -> Incident | None: ...
    def all(
        self, states: Sequence[IncidentState] | None = None, *, since: datetime | None = None, limit: int = 1_000
    ) -> list[Incident]:
        """Newest first; ``since``: that something happened to since then."""
        ...

    def join(self, member: Member) -> bool:
        """The alert belongs to this incident from now on, and to no other."""
        ...

    def leave(self, alert_id: str) -> bool:
        """It belongs to none."""
        ...

    def member(self, alert_id: str) -> Member | None: ...
    def members(self, incident_id: str, limit: int | None = None) -> list[Member]:
        """In the order in which they joined."""
        ...

    def tallies(self, incident_ids: Collection[str]) -> dict[str, Tally]:
        """How many alerts each has, how many are open, and how urgent; those without an alert are left out."""
        ...

    def urgencies(self, incident_id: str) -> list[tuple[Priority, bool, int]]:
        """(priority, whether they are open, how many) of its alerts."""
        ...

    def named(self, name: str) -> Incident | None:
        """By id, by a beginning of at least 4 characters that only one has, or by its name elsewhere."""
        ...

    def of_alerts(self, alert_ids: Collection[str]) -> dict[str, str]:
        """The incident of each alert that belongs to one."""
        ...


class Silences(Protocol):
    """Silences and maintenance windows."""

    def put(self, silence: Silence) -> bool: ...
    def get(self, ident: str) -> Silence | None: ...
    def standing(self, now: datetime) -> list[Silence]:
        """Those that keep somebody from being called now; none taken back."""
        ...

    def all(self, *, ended_after: datetime | None = None) -> list[Silence]:
        """In the order of their beginning; those over before ``ended_after`` left out."""
        ...


class Notices(Protocol):
    """Append-only: who was notified, and why somebody was not."""

    def add(self, notices: Sequence[Notice]) -> None: ...
    def of(self, alert_id: str) -> list[Notice]:
        """In order."""
        ...

    def of_incident(self, incident_id: str) -> list[Notice]: ...
    def called(self, rule_id: str, event: AlertEvent, since: datetime, limit: int | None = None) -> list[str]:
        """Ids of the rule's alerts of which somebody was notified by that event since then, or was not because there were
        too many; the first ``limit`` of them."""
        ...

    def stormy(self, rule_id: str, event: AlertEvent, since: datetime) -> list[tuple[str, str, datetime]]:
        """(alert, route, when) of each message of the rule's alerts that was not sent since then because there were too many."""
        ...

    def between(
        self, since: datetime, until: datetime, *, person: str | None = None, route: str | None = None
    ) -> list[Notice]: ...


class Learning(Protocol):
    """What people said of alerts, what was missed, and reviews as work."""

    def put_feedback(self, feedback: Feedback) -> bool: ...
    def feedback(
        self, alert_ids: Collection[str] | None = None, *, since: datetime | None = None
    ) -> list[Feedback]: ...
    def put_missed(self, missed: Missed) -> bool: ...
    def missed(self, *, since: datetime | None = None) -> list[Missed]: ...
    def put_review(self, task: ReviewTask) -> bool: ...
    def review(self, key: str) -> ReviewTask | None: ...
    def reviews(self, *, open_only: bool = True, since: datetime | None = None) -> list[ReviewTask]:
        """The oldest first."""
        ...


class Policies(Protocol):
    """Every policy that was ever in force or proposed."""

    def put(self, version: PolicyVersion) -> bool: ...
    def get(self, digest: str) -> PolicyVersion | None: ...
    def in_state(self, *states: PolicyState) -> list[PolicyVersion]:
        """The newest first. Of :attr:`PolicyState.IN_FORCE` there is one at most."""
        ...

    def all(self, limit: int = 1_000) -> list[PolicyVersion]:
        """Newest first."""
        ...


class Enforcements(Protocol):
    """Holds where deploys happen."""

    def put(self, enforcement: Enforcement) -> bool: ...
    def get(self, key: str) -> Enforcement | None: ...
    def all(self, hold_id: str | None = None) -> list[Enforcement]: ...
