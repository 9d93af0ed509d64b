"""The calls of the desk about the registry."""

from __future__ import annotations

from datetime import timedelta

from pulse_tui.domain.views.registry import CalendarRow, InventoryRow, ReleaseRow
from pulse_tui.services.calls import Calls
from pulse_tui.services.registry.inventory import inventory
from pulse_tui.services.registry.story import asset_story

BACK, AHEAD = timedelta(days=90), timedelta(days=180)
"""How far ahead the calendar goes."""


class RegistryCalls(Calls):
    """A part of :class:`pulse_tui.ports.tower.Desk`. Calls block."""

    def asset_story(self, asset_id: str) -> tuple[tuple[str, str], ...]:
        given = (("Pre-authorised", f"{row.meaning} ({row.hash[:12]})") for row in self.authorisations(asset_id))
        return (*asset_story(self._parts, asset_id), *given)

    def history(self, asset_id: str) -> tuple[ReleaseRow, ...]:
        return self._store.history(asset_id)

    def calendar(self) -> tuple[CalendarRow, ...]:
        now = self._parts.clock()
        return self._store.calendar(now - BACK, now + AHEAD)

    def inventory(self) -> tuple[InventoryRow, ...]:
        return inventory(self._parts.judging)
