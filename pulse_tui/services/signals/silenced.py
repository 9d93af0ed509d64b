"""Which silence or window covers an alert: matched against what the policy saw when it decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.silence import Silence
from pulse_tui.enrich.variables import VARIABLES
from pulse_tui.policy.conditions import Condition, Flaw, Held, engine
from pulse_tui.ports import Transaction
from pulse_tui.services.signals import windows
from pulse_tui.settings.maintenance import MaintenanceShape

Seen = Callable[[], Mapping[str, Any]]
"""The variables of an alert's decision, asked for only where something stands."""


class Matcher:
    """One expression over the variables of policy."""

    def __init__(self, text: str) -> None:
        """``flaws`` says what is wrong with it; one that has any matches nothing."""
        found = engine(VARIABLES).compile(text)
        self.flaws: list[Flaw] = [] if isinstance(found, Condition) else found
        self._condition = found if isinstance(found, Condition) else None

    def holds(self, variables: Mapping[str, Any]) -> Held:
        """Whether it holds; None with the reason where that cannot be decided."""
        if self._condition is None:
            return Held(None, self.flaws[0].what)
        return self._condition.holds(engine(VARIABLES).activate(variables))


class Standing:
    """The silences and windows that stand at one moment."""

    def __init__(self, tx: Transaction, now: datetime, configured: Sequence[MaintenanceShape] = ()) -> None:
        """Nothing is read until an alert comes. ``configured``: windows that come again, of which one may begin just now."""
        self._tx = tx
        self._now = now
        self._configured = configured

    @cached_property
    def _all(self) -> list[tuple[Silence, Matcher]]:
        """What ends last first: an alert that several cover is covered until the last of them ends."""
        windows.keep(self._tx, self._configured, self._now)
        found = [s for s in self._tx.silences.all(ended_after=self._now) if s.stands(self._now)]
        return [(s, Matcher(s.match)) for s in sorted(found, key=lambda s: (s.ends_at, s.id), reverse=True)]

    def over(self, alert: Alert, seen: Seen) -> Silence | None:
        """What covers it and ends last. What cannot be decided covers nothing."""
        if not self._all:
            return None
        variables: Mapping[str, Any] | None = None
        for silence, matcher in self._all:
            if not silence.covers(alert):
                continue
            variables = seen() if variables is None else variables
            if matcher.holds(variables).held is True:
                return silence
        return None

    def settle(self, alert: Alert, seen: Seen | None = None) -> Alert:
        """The alert as it is under what stands now: covered, covered by something else, or free again.

        What somebody decided of this very condition (a silence of the alert, a waiver) goes before. ``seen``: None for the
        variables of its decision as they are stored.
        """
        if not alert.open:
            return alert
        until = alert.suppressed_until
        if alert.silence_id is None and until is not None and until > self._now:
            return alert
        silence = self.over(alert, seen or (lambda: self._tx.judgements.variables(alert.decision_id)))
        if silence is None:
            return _free(alert, self._now) if alert.silence_id is not None else alert
        if (alert.silence_id, until) == (silence.id, silence.ends_at):
            return alert
        return alert.silenced(silence.by, silence.ends_at, silence.why, silence.id)


def _free(alert: Alert, now: datetime) -> Alert:
    if alert.state is AlertState.FIRING:  # it was raised above what covered it, and its clock runs
        return alert.uncovered()
    return alert.unwaived(now)
