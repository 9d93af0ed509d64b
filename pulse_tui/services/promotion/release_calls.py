"""The calls of the desk about a release: its gate, its moves, an emergency."""

from __future__ import annotations

from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.views.registry import GateStory, ReleaseStory
from pulse_tui.services.calls import Calls, place
from pulse_tui.services.promotion import decide as release
from pulse_tui.services.promotion import emergency
from pulse_tui.services.promotion import story as release_views
from pulse_tui.services.promotion.gate import gate_page
from pulse_tui.settings.check import nearest


class ReleaseCalls(Calls):
    """A part of :class:`pulse_tui.ports.tower.Desk`. Calls block."""

    def release_story(self, asset_id: str, version: str) -> ReleaseStory:
        return release_views.release_story(self._parts.judging, asset_id, version)

    def release_diff(self, asset_id: str, older: str, newer: str) -> tuple[tuple[str, str], ...]:
        return release_views.release_diff(self._parts.judging, asset_id, older, newer)

    def gate_story(self, asset_id: str, version: str, environment: str) -> GateStory:
        return gate_page(self._parts, asset_id, version, place(environment))

    def move_release(self, asset_id: str, version: str, action: str, why: str) -> str:
        move = _MOVES.get(action)
        if move is None:
            raise WrongUse(f"there is no action {action!r}", todo=nearest(action, _MOVES))
        return move(self.acting(f"release.{action}", f"{asset_id} {version}"), asset_id, version, self.operator, why)

    def promote(self, asset_id: str, version: str, environment: str, why: str) -> str:
        where = place(environment)
        parts = self.acting("release.promote", f"{asset_id} {version}", where)
        return release.promote(parts, asset_id, version, where, self.operator, why)

    def override_freeze(self, asset_id: str, version: str, environment: str, why: str) -> str:
        where = place(environment)
        parts = self.acting("freeze.override", f"{asset_id} {version}", where)
        return emergency.override(parts, asset_id, version, where, self.operator, why)

    def review_override(self, asset_id: str, version: str, environment: str, why: str) -> str:
        where = place(environment)
        parts = self.acting("freeze.review", f"{asset_id} {version}", where)
        return emergency.review_override(parts, asset_id, version, where, self.operator, why)


_MOVES = {"approve": release.approve, "quarantine": release.quarantine, "retire": release.retire}
