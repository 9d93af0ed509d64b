"""What the tower can ask for about people."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Protocol

from pulse_tui.domain.views.people import Handover, OnCallRow, ReviewTaskRow


class PeopleDesk(Protocol):
    """Who is on call, who was notified, the handover, and reviews as work."""

    def on_call(self, at: datetime | None = None) -> tuple[OnCallRow, ...]:
        """Every schedule, now or at another moment."""
        ...

    def why_called(self, alert_id: str, name: str) -> tuple[str, ...]:
        """Whether a person, team, role or route was notified of an alert, by what, or why not. Raises NotFound."""
        ...

    def handover(self, since: timedelta) -> Handover:
        """What the next shift must know."""
        ...

    def hand_over(self, to: str, since: timedelta) -> str:
        """The shift is handed over: kept in the log. Raises NotFound for somebody whom the configuration does not have."""
        ...

    def review_tasks(self, *, every: bool = False) -> tuple[ReviewTaskRow, ...]:
        """What waits for a review, what is due first; ``every``: also what was done in the last 30 days."""
        ...

    def take_review(self, key: str) -> str:
        """The operator works on it. Raises NotFound, Refused."""
        ...

    def finish_review(self, key: str, why: str) -> str:
        """It is done: what was found is kept for good. Raises NotFound, Refused."""
        ...
