"""Eval runs, their scores, and the pinned baselines."""

from __future__ import annotations

import sqlalchemy as sa

from pulse_tui.domain.evals import EvalRun, Score
from pulse_tui.storage import tables as t
from pulse_tui.storage.codec import Codec
from pulse_tui.storage.upsert import insert_new, upsert

_RUN = Codec(EvalRun, skip=("scores",))
_SCORE = Codec(Score)


class EvalTables:
    """Implements :class:`pulse_tui.ports.Evals`."""

    def __init__(self, connection: sa.Connection) -> None:
        """All work happens in the connection's transaction."""
        self._c = connection

    def add(self, run: EvalRun, iteration: int) -> bool:
        if not insert_new(self._c, t.eval_runs, {**_RUN.row(run), "iteration": iteration}):
            return False
        if run.scores:
            self._c.execute(sa.insert(t.eval_scores), [{"run_id": run.id, **_SCORE.row(s)} for s in run.scores])
        return True

    def has(self, run_id: str) -> bool:
        return self._c.execute(sa.select(t.eval_runs.c.id).where(t.eval_runs.c.id == run_id)).first() is not None

    def get(self, run_id: str) -> EvalRun | None:
        row = self._c.execute(sa.select(t.eval_runs).where(t.eval_runs.c.id == run_id)).mappings().first()
        return self._run(row) if row else None

    def runs(self, asset_id: str, suite: str) -> list[tuple[int, EvalRun]]:
        query = (
            sa.select(t.eval_runs)
            .where(t.eval_runs.c.asset_id == asset_id, t.eval_runs.c.suite == suite)
            .order_by(t.eval_runs.c.iteration)
        )
        return [(r["iteration"], self._run(r)) for r in self._c.execute(query).mappings().all()]

    def baseline(self, asset_id: str, suite: str) -> EvalRun | None:
        query = sa.select(t.baselines.c.run_id).where(t.baselines.c.asset_id == asset_id, t.baselines.c.suite == suite)
        run_id = self._c.execute(query).scalar()
        return self.get(run_id) if run_id is not None else None

    def pin(self, asset_id: str, suite: str, run_id: str) -> None:
        upsert(self._c, t.baselines, [{"asset_id": asset_id, "suite": suite, "run_id": run_id}])

    def _run(self, row: sa.RowMapping) -> EvalRun:
        query = sa.select(t.eval_scores).where(t.eval_scores.c.run_id == row["id"]).order_by(t.eval_scores.c.task)
        scores = tuple(_SCORE.item(r) for r in self._c.execute(query).mappings())
        return _RUN.item(row, scores=scores)
