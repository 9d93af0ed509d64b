"""The calls of the desk about an alert, and about what is quiet."""

from __future__ import annotations

from collections.abc import Iterator

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.views.alerts import AlertStory, QuietRow
from pulse_tui.domain.views.rollback import unsettled
from pulse_tui.services.alerts import operate
from pulse_tui.services.alerts.quiet import quiet
from pulse_tui.services.alerts.story import alert_story
from pulse_tui.services.calls import Calls
from pulse_tui.services.parts import RollbackParts


class AlertCalls(Calls):
    """A part of :class:`pulse_tui.ports.tower.Desk`. Calls block."""

    _acknowledge_for: float

    def story(self, alert_id: str) -> AlertStory:
        story = alert_story(self._parts, alert_id)
        if not story.alert.asset:
            return story
        alert, waits = story.alert, tuple(self._by_itself(story))
        return story._replace(
            rollbacks=unsettled(self.plans(alert.asset), alert.environment or None),
            todo=(*waits, *story.todo),
            advice=(*waits, *story.advice),
        )

    def _by_itself(self, story: AlertStory) -> Iterator[str]:
        """That an alert is about to be answered, until what came of it is on record."""
        alert = story.alert
        if alert.state == AlertState.RESOLVED or story.by_itself or not self._parts.judging.policy.phase.rolls_back:
            return
        for row in self.authorisations(alert.asset):
            if row.state == "valid" and (row.environment, row.trigger) == (alert.environment, alert.rule):
                given = f"{row.hash[:12]} of {' and '.join(row.voters)}"
                yield f"pre-authorised ({given}): it rolls back by itself once an agent or a tower runs and no guard rail holds it"

    def acknowledge(self, alert_id: str) -> str:
        parts = self._on(alert_id)
        return operate.acknowledge(parts.judging, alert_id, self.operator, self._acknowledge_for, parts.clock())

    def resolve(self, alert_id: str, why: str) -> str:
        parts = self._on(alert_id)
        return operate.resolve(parts.judging, alert_id, self.operator, why, parts.clock())

    def silence(self, alert_id: str, hours: float, why: str) -> str:
        parts = self._on(alert_id, "alert.silence")
        return operate.silence(parts.store, alert_id, self.operator, hours, why, parts.clock())

    def waive(self, alert_id: str, days: int, why: str) -> str:
        parts = self._on(alert_id, "alert.waive")
        return operate.waive(parts.store, alert_id, self.operator, days, why, parts.clock())

    def unmute(self, alert_id: str, why: str) -> str:
        parts = self._on(alert_id)
        return operate.unmute(parts.judging, alert_id, self.operator, why, parts.clock())

    def quiet(self) -> tuple[QuietRow, ...]:
        return quiet(self._store, self._parts.clock())

    def _on(self, alert_id: str, what: str = "alert") -> RollbackParts:
        """Who acts on an alert is an operator who may act where it stands."""
        with self._store.read() as tx:
            alert = tx.judgements.alert(alert_id)
        return self.acting(what, alert_id, alert.environment if alert is not None else None)
