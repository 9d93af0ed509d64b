"""The calls of the desk about holds and freezes."""

from __future__ import annotations

from datetime import datetime

from pulse_tui.domain.words import Environment
from pulse_tui.services.alerts import operate
from pulse_tui.services.alerts.quiet import hold_lines
from pulse_tui.services.calls import Calls


class HoldCalls(Calls):
    """A part of :class:`pulse_tui.ports.tower.Desk`. Calls block."""

    def freeze(self, asset_id: str | None, why: str) -> str:
        parts = self.acting("freeze", asset_id or "everything", Environment.PRODUCTION)
        return operate.freeze(parts.store, asset_id, self.operator, why, parts.clock())

    def holds(self, asset_id: str | None) -> tuple[tuple[str, str], ...]:
        with self._store.read() as tx:
            standing = [h for h in tx.judgements.holds(asset_id) if h.asset_id in (asset_id, None)]
        return tuple((h.id, f"{h.kind.value}: {h.why}; until {h.until_condition} (by {h.placed_by})") for h in standing)

    def lift(self, hold_id: str, why: str) -> str:
        parts = self.acting("lift", hold_id, self._held_in(hold_id))
        return operate.lift(parts.store, hold_id, self.operator, why, parts.clock())

    def review_hold(self, hold_id: str, until: datetime, why: str) -> str:
        parts = self.acting("hold.review", hold_id, self._held_in(hold_id))
        return operate.review(parts.store, hold_id, self.operator, until, why, parts.clock())

    def hold_story(self, hold_id: str) -> tuple[tuple[str, str], ...]:
        return hold_lines(self._store, hold_id, self._parts.clock())

    def _held_in(self, hold_id: str) -> Environment | None:
        with self._store.read() as tx:
            hold = next((h for h in tx.judgements.holds() if h.id == hold_id), None)
        # One that names no environment holds production, too.
        return (hold.environment or Environment.PRODUCTION) if hold is not None else None
