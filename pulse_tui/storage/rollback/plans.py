"""Plans by hash, approvals, runs and their append-only journal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

import msgspec

from pulse_tui.domain.errors import NotFound, Refused, StorageError
from pulse_tui.domain.moments import from_us, to_us
from pulse_tui.domain.rollback import (
    Approval,
    Authorisation,
    Drill,
    Plan,
    PlanState,
    Run,
    StepRecord,
    decode_plan,
)
from pulse_tui.storage.rollback.later import t
from pulse_tui.storage.sql.codec import Codec
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.lookup import named
from pulse_tui.storage.sql.plain import asked, where
from pulse_tui.storage.sql.protected import Protected
from pulse_tui.storage.sql.upsert import insert_new, upsert

_APPROVAL = Codec(Approval)
_RUN = Codec(Run)
_STEP = Codec(StepRecord)
_DRILL = Codec(Drill)
_AUTHORISATION = Codec(Authorisation)
_SHORTEST_PREFIX = 8


class RollbackTables:
    """Implements :class:`pulse_tui.ports.Rollbacks`."""

    def __init__(self, connection: sa.Connection, protected: Protected) -> None:
        """All work happens in the connection's transaction; ``protected`` notes what the log must record."""
        self._c = connection
        self._protected = protected

    def add_plan(self, plan: Plan) -> bool:
        row = {
            "hash": plan.hash,
            "asset_id": plan.asset_id,
            "state": PlanState.PROPOSED.value,
            "body": plan.canonical(),
        }
        self._protected.wrote("plans", plan.hash)
        new = insert_new(self._c, t.plans, row)
        if new and plan.members:
            rows = [{"plan_hash": plan.hash, "asset_id": m.asset_id} for m in plan.members]
            self._c.execute(sa.insert(t.plan_members), rows)
        return new

    def plan(self, plan_hash: str) -> tuple[Plan, PlanState] | None:
        if len(plan_hash) < _SHORTEST_PREFIX:
            raise NotFound(f"plan {plan_hash!r} is too short a name", todo="Give at least 8 digits of its hash")
        row = named(self._c, t.plans, t.plans.c.hash, plan_hash, _SHORTEST_PREFIX)
        return _plan(row["hash"], row["state"], row["body"]) if row else None

    def plans(self, asset_id: str | None = None, limit: int = 50) -> list[tuple[Plan, PlanState]]:
        moved = "hash IN (SELECT plan_hash FROM plan_members WHERE asset_id = :asset)"
        wanted = where([f"(asset_id = :asset OR {moved})"] * (asset_id is not None))
        sql = f"SELECT hash, state, body FROM plans {wanted} ORDER BY seq DESC LIMIT :limit"  # noqa: S608  names of our own
        return [_plan(*row) for row in asked(self._c, sql, {"asset": asset_id, "limit": limit})]

    def set_plan_state(self, plan_hash: str, state: PlanState) -> None:
        self._protected.wrote("plans", plan_hash)
        self._c.execute(sa.update(t.plans).where(t.plans.c.hash == plan_hash).values(state=state.value))

    def add_approval(self, approval: Approval) -> None:
        self._protected.wrote("approvals", approval.plan_hash)
        if not insert_new(self._c, t.approvals, _APPROVAL.row(approval)):
            raise Refused(
                f"{approval.principal} (or this key) has already decided on plan {approval.plan_hash[:12]}",
                todo="Another operator with another key must give the next approval",
            )

    def approvals(self, plan_hash: str) -> list[Approval]:
        query = sa.select(t.approvals).where(t.approvals.c.plan_hash == plan_hash).order_by(t.approvals.c.at)
        return [_APPROVAL.item(r) for r in self._c.execute(query).mappings()]

    def heads(self) -> list[tuple[str, str]]:
        a = t.approvals.c
        rows = self._c.execute(sa.select(a.principal, a.plan_hash, a.audit_head).order_by(a.at))
        return [(f"{row.principal} on {str(row.plan_hash)[:12]}", row.audit_head) for row in rows]

    def signed_votes(self) -> Iterator[Approval]:
        query = sa.select(t.approvals).where(t.approvals.c.signature != "").order_by(t.approvals.c.at)
        for row in self._c.execute(query).mappings():
            with suppress(ValueError, TypeError, OverflowError, msgspec.MsgspecError):
                yield _APPROVAL.item(row)

    def start_run(self, run: Run, steps: int, targets: Sequence[str] = ()) -> None:
        held = [self._held(run, target) for target in dict.fromkeys((run.target, *targets))]
        taken = next((row["target"] for row in held if not insert_new(self._c, t.run_targets, row)), None)
        if taken is not None or not insert_new(self._c, t.runs, {**_RUN.row(run), "active_key": run.target}):
            raise Refused(
                f"another run is active on {taken or run.target}",
                todo="Wait for it, or see its state: pulse-tui rollback show",
            )
        self._protected.wrote("runs", run.id)
        self._protected.wrote("steps", run.id)
        records = [StepRecord(run_id=run.id, index=i, key=f"{run.id}-{i}") for i in range(steps)]
        self._c.execute(sa.insert(t.steps), [_STEP.row(s) for s in records])

    def _held(self, run: Run, target: str) -> dict[str, Any]:
        return {"run_id": run.id, "target": target, "started_at": to_us(run.started_at), "active_key": target}

    def targets(self, run_id: str) -> list[str]:
        query = sa.select(t.run_targets.c.target).where(t.run_targets.c.run_id == run_id)
        return sorted(self._c.execute(query).scalars())

    def run(self, run_id: str) -> Run | None:
        row = self._c.execute(sa.select(t.runs).where(t.runs.c.id == run_id)).mappings().first()
        return _RUN.item(row) if row else None

    def runs(
        self, *, plan_hash: str | None = None, target: str | None = None, active_only: bool = False, limit: int = 50
    ) -> list[Run]:
        wanted = ["plan_hash = :plan"] * (plan_hash is not None) + ["active_key IS NOT NULL"] * active_only
        wanted += ["id IN (SELECT run_id FROM run_targets WHERE target = :target)"] * (target is not None)
        sql = f"SELECT {_RUN.columns} FROM runs {where(wanted)} ORDER BY started_at DESC LIMIT :limit"  # noqa: S608
        return list(_RUN.items(asked(self._c, sql, {"plan": plan_hash, "target": target, "limit": limit})))

    def put_run(self, run: Run) -> None:
        self._protected.wrote("runs", run.id)
        upsert(self._c, t.runs, [{**_RUN.row(run), "active_key": run.target if run.active else None}])
        held = t.run_targets.c.target if run.active else None
        here = t.run_targets.c.run_id == run.id
        self._c.execute(sa.update(t.run_targets).where(here).values(active_key=held))

    def steps(self, run_id: str) -> list[StepRecord]:
        query = sa.select(t.steps).where(t.steps.c.run_id == run_id).order_by(t.steps.c.index)
        return [_STEP.item(r) for r in self._c.execute(query).mappings()]

    def put_step(self, step: StepRecord) -> None:
        self._protected.wrote("steps", step.run_id)
        self._protected.wrote("journal", step.run_id)
        upsert(self._c, t.steps, [_STEP.row(step)])
        moment = step.at
        if moment is None:
            raise ValueError(f"step {step.index} of run {step.run_id} is journalled without a time")
        line = {
            "run_id": step.run_id,
            "step": step.index,
            "at": to_us(moment),
            "state": step.state.value,
            "detail": step.detail,
        }
        self._c.execute(sa.insert(t.journal), [line])

    def journal(self, run_id: str) -> list[tuple[datetime, int, str, str]]:
        query = sa.select(t.journal).where(t.journal.c.run_id == run_id).order_by(t.journal.c.seq)
        return [(from_us(r.at), r.step, r.state, r.detail) for r in self._c.execute(query)]

    def add_drill(self, drill: Drill) -> None:
        self._protected.wrote("drills", drill.run_id)
        upsert(self._c, t.drills, [_DRILL.row(drill)])

    def drills(self, asset_id: str | None = None, limit: int = 50) -> list[Drill]:
        query = sa.select(t.drills).order_by(t.drills.c.at.desc(), t.drills.c.run_id).limit(limit)
        if asset_id is not None:
            query = query.where(t.drills.c.asset_id == asset_id)
        return [_DRILL.item(r) for r in self._c.execute(query).mappings()]

    def add_authorisation(self, authorisation: Authorisation) -> bool:
        self._protected.wrote("authorisations", authorisation.hash)
        row = {
            **_AUTHORISATION.row(authorisation),
            "hash": authorisation.hash,
            "state": PlanState.PROPOSED.value,
        }
        return insert_new(self._c, t.authorisations, row)

    def authorisations(self, asset_id: str | None = None) -> list[tuple[Authorisation, str]]:
        wanted = ["asset_id = :asset"] * (asset_id is not None)
        sql = (
            f"SELECT state, {_AUTHORISATION.columns} FROM authorisations {where(wanted)} ORDER BY created_at DESC, hash"  # noqa: S608
        )
        rows = asked(self._c, sql, {"asset": asset_id})
        return list(zip(_AUTHORISATION.items(row[1:] for row in rows), (row[0] for row in rows), strict=True))

    def set_authorisation_state(self, authorisation_hash: str, state: str) -> None:
        self._protected.wrote("authorisations", authorisation_hash)
        here = t.authorisations.c.hash == authorisation_hash
        self._c.execute(sa.update(t.authorisations).where(here).values(state=state))


def _plan(name: str, state: str, body: bytes) -> tuple[Plan, PlanState]:
    try:
        plan = decode_plan(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        plan = None
    if plan is None or plan.hash != name:
        raise StorageError(
            f"plan {name[:12]} was changed in the database after it was made",
            todo="Do not run it: make a new plan and read the audit log",
        )
    return plan, PlanState(state)
