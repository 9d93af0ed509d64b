"""What has been done about an alert already: nobody is advised to do it again, and what it brought is said."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from pulse_tui.domain.alert import Alert
from pulse_tui.domain.delivery import Retest
from pulse_tui.domain.evals import SuiteRun, SuiteRunState
from pulse_tui.domain.hold import Hold
from pulse_tui.domain.moments import iso
from pulse_tui.domain.rollback import Member, Plan, PlanState, Purpose, Run, RunState
from pulse_tui.ports import Transaction
from pulse_tui.services.registry.held import of_rollback
from pulse_tui.services.registry.overtaken import overtaken
from pulse_tui.services.registry.routing import routed


class RolledBack(NamedTuple):
    """The rollback that put there what serves now."""

    plan: Plan
    moved: Member
    """What it did to the asset of the alert."""
    run: Run
    at: datetime

    def __str__(self) -> str:
        moved = f"from {self.moved.from_version} to {self.moved.to_version}"
        given = self.plan.authorisation
        by = f"by itself, pre-authorisation {given[:12]}" if given is not None else f"by {self.run.started_by}"
        return f"rollback {self.run.id} {moved} ({iso(self.at)}, {by})"


class Underway:
    """Read when it is asked for; an alert without an asset has nothing under way."""

    def __init__(self, tx: Transaction, alert: Alert, now: datetime) -> None:
        """As it is at ``now``."""
        self._tx, self._alert, self._now = tx, alert, now
        self._asset = alert.asset_id
        self._where = (alert.asset_id, alert.environment)

    @cached_property
    def frozen(self) -> Hold | None:
        """A hold on every version of the asset: nothing of it is promoted."""
        standing = self._tx.judgements.holds(self._asset) if self._asset else []
        here = [h for h in standing if not of_rollback(h) or h.environment is self._alert.environment]
        return next((h for h in here if h.asset_id in (None, self._asset) and h.version is None), None)

    @property
    def paused(self) -> list[Hold]:
        """What a run that paused or shifted the rollout there left."""
        if self._asset is None or self._alert.environment is None:
            return []
        return list(routed(self._tx, self._asset, self._alert.environment))

    @property
    def waiver(self) -> str:
        """``waived already by ana until 2026-12-23: behind the proxy``; empty without one."""
        alert = self._alert
        if not alert.waived or alert.suppressed_until is None or alert.suppressed_until <= self._now:
            return ""
        return (
            f"waived already by {alert.suppressed_by} until {alert.suppressed_until:%Y-%m-%d}: {alert.suppressed_why}"
        )

    @cached_property
    def plan(self) -> tuple[Plan, PlanState] | None:
        """The open rollback plan of the deployment."""
        for plan, state in self._tx.rollbacks.plans(self._asset) if self._asset else ():
            waits = state in (PlanState.PROPOSED, PlanState.APPROVED) and plan.expires_at > self._now
            rollback = plan.purpose is Purpose.ROLLBACK and plan.undoes is None
            if waits and rollback and plan.environment is self._alert.environment and not overtaken(self._tx, plan):
                return plan, state
        return None

    @cached_property
    def rolled_back(self) -> RolledBack | None:
        """The last run there, when it was verified and what it put there serves still."""
        if self._asset is None or self._alert.environment is None:
            return None
        serving = self._tx.estate.deployment(self._asset, self._alert.environment)
        target = f"{self._asset}/{self._alert.environment.value}"
        for run in self._tx.rollbacks.runs(target=target):  # newest first
            found = self._tx.rollbacks.plan(run.plan_hash)
            if found is None or not found[0].purpose.moves_what_serves:
                continue
            plan, moved = found[0], found[0].moved(self._asset)
            serves = moved is not None and serving is not None and serving.version == moved.to_version
            verified = run.state is RunState.VERIFIED and serves and plan.undoes is None
            if moved is not None and verified and run.ended_at is not None:
                return RolledBack(plan, moved, run, run.ended_at)
            return None
        return None

    @property
    def overdue(self) -> bool:
        """Whether a retest was asked for, its day passed, and nothing runs for it."""
        return self._running is None and self._retest is not None and self._retest.due_at < self._now

    @cached_property
    def _running(self) -> SuiteRun | None:
        runs = self._tx.evals.suite_runs(asset_id=self._asset) if self._asset else []
        return next((r for r in runs if r.state is SuiteRunState.RUNNING), None)

    @cached_property
    def _retest(self) -> Retest | None:
        return next(iter(self._tx.judgements.retests(asset_id=self._asset)), None) if self._asset else None

    @property
    def measuring(self) -> str:
        """What measures the asset again already; empty when nothing does."""
        if (run := self._running) is not None:
            return f"suite {run.suite} runs on {run.version} since {iso(run.started_at)}: wait for its result"
        if (retest := self._retest) is None:
            return ""
        word = "OVERDUE since" if self.overdue else "due by"
        return f"a retest of {self._asset} is asked for already, {word} {retest.due_at:%Y-%m-%d}"
