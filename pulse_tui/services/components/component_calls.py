"""The calls of the desk about components: what uses them, what they reach."""

from __future__ import annotations

from pulse_tui.domain.views.advisories import Radius
from pulse_tui.domain.views.registry import Dependents, Tree
from pulse_tui.domain.words import Environment
from pulse_tui.services.calls import Calls
from pulse_tui.services.components.loaded import ANSWERS, state_loaded
from pulse_tui.services.components.radius import radius
from pulse_tui.services.components.tree import asset_tree, dependents


class ComponentCalls(Calls):
    """A part of :class:`pulse_tui.ports.tower.Desk`. Calls block."""

    def radius(self, advisory_id: str) -> Radius:
        return radius(self._store, advisory_id)

    def tree(self, asset_id: str) -> Tree:
        return asset_tree(self._store, asset_id, self._parts.clock())

    def dependents(self, component_id: str) -> Dependents:
        return dependents(self._store, component_id)

    def state_loaded(self, asset_id: str, component: str, answer: str, why: str) -> str:
        parts = self.acting("component.loaded", asset_id, Environment.PRODUCTION)
        return state_loaded(parts.judging, asset_id, component, ANSWERS[answer], self.operator, why, parts.clock())
