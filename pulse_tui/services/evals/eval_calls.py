"""The calls of the desk about evaluations."""

from __future__ import annotations

from pulse_tui.domain.errors import WrongUse
from pulse_tui.domain.evals import Gate
from pulse_tui.domain.views.evals import BenchStory, Flips, Trend
from pulse_tui.services.calls import Calls, place
from pulse_tui.services.evals import baselines
from pulse_tui.services.evals.flips import flips
from pulse_tui.services.evals.story import bench_story
from pulse_tui.settings.check import nearest


class EvalCalls(Calls):
    """A part of :class:`pulse_tui.ports.tower.Desk`. Calls block."""

    def trends(self, asset: str) -> tuple[Trend, ...]:
        return self._store.trends(asset)

    def bench(self, asset_id: str, suite: str, run_id: str | None = None) -> BenchStory:
        return bench_story(self._parts.judging, asset_id, suite, run_id)

    def flips(self, run_id: str, task: str, metric: str) -> Flips:
        return flips(self._parts.judging, run_id, task, metric)

    def pin_baseline(self, run_id: str, why: str) -> str:
        parts = self.acting("baseline.pin", run_id)
        return baselines.pin_baseline(parts.judging, run_id, self.operator, why, judge_now=False)

    def accept_risk(self, run_id: str, environment: str, gate: str, days: int, why: str) -> str:
        where = place(environment)
        parts = self.acting("risk.accept", run_id, where)
        return baselines.accept_risk(parts.judging, run_id, where, _gate(gate), days, self.operator, why)


def _gate(name: str) -> Gate:
    """The kind of gate of this name. Raises WrongUse with the nearest name."""
    names = {g.value: g for g in Gate}
    if name not in names:
        raise WrongUse(f"there is no gate {name!r}", todo=nearest(name, names))
    return names[name]
