"""The calls of the desk about rollback plans and their runs."""

from __future__ import annotations

from functools import partial

from pulse_tui.domain.alert import Alert, AlertState
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.rollback import Purpose
from pulse_tui.domain.views.rollback import DrillLine, PlanLine, PlanStory, ReviewRow
from pulse_tui.domain.words import UNHEALTHY, Environment
from pulse_tui.ports import Transaction
from pulse_tui.services.calls import Calls, place
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.registry.routing import routed
from pulse_tui.services.rollback import approve, attended, execute, glass, plan, rehearse, route
from pulse_tui.services.rollback.drill_list import drills
from pulse_tui.services.rollback.listing import listed
from pulse_tui.services.rollback.preflight import Looked
from pulse_tui.services.rollback.story import plan_story


class PlanCalls(Calls):
    """A part of :class:`pulse_tui.ports.tower.Desk`. Calls block."""

    _holder: str
    _looked: Looked | None = None

    def propose(
        self, asset_id: str, environment: str, alert_id: str | None, why: str = "", *, checked: bool = True
    ) -> PlanStory:
        where = place(environment)
        parts = self.acting("rollback.plan", f"{asset_id}/{environment}", where)
        with self._store.read() as tx:
            alert = tx.judgements.alert(alert_id) if alert_id else None
            if alert is None:
                alert = _answered(tx, asset_id, environment)
        made = plan.propose(
            parts,
            asset_id,
            where,
            by=self.operator,
            reason=self._because(why, alert),
            alert_id=alert.id if alert else None,
        )
        return self.plan_story(made.hash, checked=checked)

    def plan_story(self, plan_hash: str, *, checked: bool = True) -> PlanStory:
        return plan_story(self._parts, plan_hash, self.operator, checked=checked)

    def approve(self, plan_hash: str, reason: str, *, break_glass: bool = False) -> PlanStory:
        parts = self.on_plan("rollback.approve", plan_hash)
        approve.approve(
            parts, plan_hash, self.operator, reason, break_glass=break_glass, looked=partial(setattr, self, "_looked")
        )
        return plan_story(self._parts, plan_hash, self.operator, checked=False)

    def reviews(self) -> tuple[ReviewRow, ...]:
        with self._store.read() as tx:
            return glass.reviews(tx)

    def review(self, run_id: str, why: str) -> str:
        return glass.review(self.on_run("rollback.review", run_id), run_id, self.operator, why)

    def reject(self, plan_hash: str, reason: str) -> PlanStory:
        approve.reject(self.on_plan("rollback.reject", plan_hash), plan_hash, self.operator, reason)
        return plan_story(self._parts, plan_hash, self.operator, checked=False)

    def execute(self, plan_hash: str) -> PlanStory:
        parts = self.on_plan("rollback.run", plan_hash)
        execute.execute(parts, plan_hash, self.operator, self._holder, looked=self._looked)
        return plan_story(self._parts, plan_hash, self.operator, checked=False)

    def route(
        self,
        asset_id: str,
        environment: str,
        purpose: str = "",
        traffic: float | None = None,
        why: str = "",
        *,
        checked: bool = True,
    ) -> PlanStory:
        where = place(environment)
        with self._store.read() as tx:
            held = next(routed(tx, asset_id, where), None)
            wanted = Purpose(purpose) if purpose else Purpose.PAUSE if held is None else Purpose.RESUME
            alert = _answered(tx, asset_id, environment) if wanted is not Purpose.RESUME else None
        parts = self.acting(f"rollback.{wanted.value}", f"{asset_id}/{environment}", where)
        made = route.propose(
            parts,
            asset_id,
            where,
            wanted,
            by=self.operator,
            reason=self._because(why, alert),
            traffic=traffic,
            alert_id=alert.id if alert else None,
        )
        return self.plan_story(made.hash, checked=checked)

    def undo(self, plan_hash: str, *, checked: bool = True) -> PlanStory:
        parts = self.on_plan("rollback.undo", plan_hash)
        with self._store.read() as tx:
            done, _ = approve.find(tx, plan_hash)
            verified = any(r.state.value == "verified" for r in tx.rollbacks.runs(plan_hash=done.hash))
        if not verified:
            raise NotFound(f"plan {done.hash[:12]} has no verified run to undo")
        return self.plan_story(plan.propose_undo(parts, done, by=self.operator).hash, checked=checked)

    def plans(self, asset_id: str | None = None) -> tuple[PlanLine, ...]:
        return listed(self._parts, asset_id=asset_id)

    def drills(self, asset_id: str | None = None) -> tuple[DrillLine, ...]:
        return drills(self._parts, asset_id)

    def resume(self, run_id: str) -> PlanStory:
        run = execute.resume(self.on_run("rollback.resume", run_id), run_id, self.operator, self._holder)
        return plan_story(self._parts, run.plan_hash, self.operator, checked=False)

    def put_back(self, run_id: str) -> PlanStory:
        run = execute.put_back(self.on_run("rollback.undo", run_id), run_id, self.operator, self._holder)
        return plan_story(self._parts, run.plan_hash, self.operator, checked=False)

    def drill(self, asset_id: str, environment: str, trigger: str = "") -> PlanStory:
        parts = self.acting("rollback.drill", f"{asset_id}/{Environment.REPLICA.value}", Environment.REPLICA)
        held = rehearse.drill(parts, asset_id, place(environment), self.operator, self._holder, trigger)
        return plan_story(self._parts, held.plan.hash, self.operator, checked=False)

    def halt(self, run_id: str) -> str:
        return attended.halt(self.on_run("rollback.halt", run_id), run_id, self.operator)

    def _because(self, why: str, alert: Alert | None) -> str:
        """The reason of a plan: what was said, and the alert that it answers."""
        if alert is None:
            return why or f"requested by {self.operator}"
        about = f"{alert.priority.value} {alert.title} (alert {alert.id})"
        return f"{why}; {about}" if why else about

    def on_plan(self, what: str, plan_hash: str) -> RollbackParts:
        """:meth:`acting` where a plan moves something. Raises NotFound for one that is not there."""
        with self._store.read() as tx:
            about, _ = approve.find(tx, plan_hash)
        return self.acting(what, about.target, about.environment)

    def on_run(self, what: str, run_id: str) -> RollbackParts:
        """:meth:`acting` where a run moves something. Raises NotFound for one that is not there."""
        with self._store.read() as tx:
            run = tx.rollbacks.run(run_id)
        if run is None:
            raise NotFound(f"there is no run {run_id!r}", todo="see the plans and their runs: pulse-tui rollback list")
        return self.on_plan(what, run.plan_hash)


_LIVE = (AlertState.FIRING, AlertState.ACKNOWLEDGED)


def _answered(tx: Transaction, asset_id: str, environment: str) -> Alert | None:
    """The most urgent open alert there that a rollback can answer: one that says that the release does badly.

    A rollback says nothing of a vulnerability or an announcement: such an alert is named by who plans, or by nobody.
    """
    for alert in sorted(tx.judgements.alerts(list(_LIVE), asset_id=asset_id), key=lambda a: a.priority.rank):
        signal = tx.signals.get(alert.signal_id) if alert.environment == environment else None
        if signal is not None and signal.signal_type in UNHEALTHY:
            return alert
    return None
