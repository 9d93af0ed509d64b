"""Eval runs with their scores and items, the pinned baselines, comparisons, accepted risks, runs of suites' commands."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import msgspec

from pulse_tui.domain.evals import Acceptance, Comparison, EvalRun, Measure, Score, Sheet, SuiteRun, TaskVerdict
from pulse_tui.domain.moments import from_us
from pulse_tui.ports import RunHead
from pulse_tui.storage.evals.later import t
from pulse_tui.storage.sql.codec import Codec
from pulse_tui.storage.sql.later import sa
from pulse_tui.storage.sql.plain import asked, one, where
from pulse_tui.storage.sql.protected import Protected
from pulse_tui.storage.sql.upsert import insert_new, upsert

_RUN = Codec(EvalRun, skip=("scores", "sheets"))
_SCORE = Codec(Score)
_COMPARISON = Codec(Comparison, skip=("verdicts", "measures"))
_VERDICT = Codec(TaskVerdict)
_ACCEPTANCE = Codec(Acceptance)
_SUITE_RUN = Codec(SuiteRun)
_HEADS = (
    "SELECT iteration, id, version, at FROM eval_runs WHERE asset_id = :asset AND suite = :suite ORDER BY iteration"
)
_PINNED = "SELECT run_id FROM baselines WHERE asset_id = :asset AND suite = :suite"
_COMPARED = f"SELECT {_COMPARISON.columns}, measures FROM comparisons WHERE run_id = :run"  # noqa: S608  names of our own
_VERDICTS = f"SELECT {_VERDICT.columns} FROM task_verdicts WHERE run_id = :run ORDER BY place"  # noqa: S608
_SCORES = f"SELECT {_SCORE.columns} FROM eval_scores WHERE run_id = :run ORDER BY task, metric"  # noqa: S608
_SHEET = msgspec.json.Decoder(Sheet)
_MEASURES = msgspec.json.Decoder(tuple[Measure, ...])


class EvalTables:
    """Implements :class:`pulse_tui.ports.Evals`."""

    def __init__(self, connection: sa.Connection, protected: Protected) -> None:
        """All work happens in the connection's transaction; ``protected`` notes what the log must record."""
        self._c = connection
        self._protected = protected

    def add(self, run: EvalRun, iteration: int) -> bool:
        if not insert_new(self._c, t.eval_runs, {**_RUN.row(run), "iteration": iteration}):
            return False
        if run.scores:
            self._c.execute(sa.insert(t.eval_scores), [{"run_id": run.id, **_SCORE.row(s)} for s in run.scores])
        self._put_sheets(run)
        return True

    def attach(self, run: EvalRun) -> bool:
        stored = self.get(run.id) if run.sheets else None
        if stored is None:
            return False
        there = sa.select(t.eval_sheets.c.task).where(t.eval_sheets.c.run_id == run.id)
        tasks = set(self._c.execute(there).scalars())
        fresh = tuple(s for s in run.sheets if s.task not in tasks)
        if not fresh:
            return False
        self._put_sheets(msgspec.structs.replace(run, sheets=fresh))
        known = {(s.task, s.metric) for s in stored.scores}
        made = [{"run_id": run.id, **_SCORE.row(s)} for s in run.scores if (s.task, s.metric) not in known]
        if made:
            self._c.execute(sa.insert(t.eval_scores), made)
        return True

    def _put_sheets(self, run: EvalRun) -> None:
        rows = [
            {"run_id": run.id, "task": s.task, "n": len(s.items), "data": zlib.compress(msgspec.json.encode(s), 6)}
            for s in run.sheets
        ]
        if rows:
            self._c.execute(sa.insert(t.eval_sheets), rows)

    def has(self, run_id: str) -> bool:
        return self._c.execute(sa.select(t.eval_runs.c.id).where(t.eval_runs.c.id == run_id)).first() is not None

    def get(self, run_id: str, *, sheets: bool = False) -> EvalRun | None:
        rows = asked(self._c, f"SELECT {_RUN.columns} FROM eval_runs WHERE id = :id", {"id": run_id})  # noqa: S608
        return self._run(dict(zip(_RUN.names, rows[0], strict=True)), sheets=sheets) if rows else None

    def items_pruned(self, run_id: str) -> bool:
        s = t.eval_sheets.c
        gone = sa.select(s.run_id).where(s.run_id == run_id, sa.func.length(s.data) == 0).limit(1)
        return self._c.execute(gone).first() is not None

    def iteration(self, run_id: str) -> int | None:
        return self._c.execute(sa.select(t.eval_runs.c.iteration).where(t.eval_runs.c.id == run_id)).scalar()

    def runs(self, asset_id: str, suite: str, newest: int | None = None) -> list[tuple[int, EvalRun]]:
        mine: tuple[sa.ColumnElement[bool], ...] = (t.eval_runs.c.asset_id == asset_id, t.eval_runs.c.suite == suite)
        if newest is not None:
            last = sa.select(t.eval_runs.c.iteration).where(*mine).order_by(t.eval_runs.c.iteration.desc())
            since = self._c.execute(last.limit(1).offset(newest - 1)).scalar()
            mine = mine if since is None else (*mine, t.eval_runs.c.iteration >= since)
        rows = self._c.execute(sa.select(t.eval_runs).where(*mine).order_by(t.eval_runs.c.iteration)).mappings().all()
        scores: dict[str, list[Score]] = {}
        joined = sa.select(t.eval_scores).join(t.eval_runs, t.eval_runs.c.id == t.eval_scores.c.run_id).where(*mine)
        for row in self._c.execute(joined.order_by(t.eval_scores.c.task, t.eval_scores.c.metric)).mappings():
            scores.setdefault(row["run_id"], []).append(_SCORE.item(row))
        return [(r["iteration"], _RUN.item(r, scores=tuple(scores.get(r["id"], ())))) for r in rows]

    def heads(self, asset_id: str, suite: str) -> list[RunHead]:
        rows = asked(self._c, _HEADS, {"asset": asset_id, "suite": suite})
        return [RunHead(iteration, run, version, from_us(at)) for iteration, run, version, at in rows]

    def versions(self, asset_id: str, suite: str) -> set[str]:
        mine = (t.eval_runs.c.asset_id == asset_id, t.eval_runs.c.suite == suite)
        return set(self._c.execute(sa.select(t.eval_runs.c.version).where(*mine).distinct()).scalars())

    def suites_of(self, asset_id: str) -> list[str]:
        query = sa.select(t.eval_runs.c.suite).where(t.eval_runs.c.asset_id == asset_id).distinct()
        return sorted(self._c.execute(query).scalars())

    def baseline(self, asset_id: str, suite: str, *, sheets: bool = False) -> EvalRun | None:
        run_id = one(self._c, _PINNED, {"asset": asset_id, "suite": suite})
        return self.get(run_id, sheets=sheets) if run_id is not None else None

    def baselines(self) -> list[tuple[str, str, str]]:
        query = sa.select(t.baselines.c.asset_id, t.baselines.c.suite, t.baselines.c.run_id)
        return [(asset, suite, run) for asset, suite, run in self._c.execute(query.order_by("asset_id", "suite"))]

    def pin(self, asset_id: str, suite: str, run_id: str) -> None:
        upsert(self._c, t.baselines, [{"asset_id": asset_id, "suite": suite, "run_id": run_id}])

    def put_comparison(self, comparison: Comparison) -> None:
        measures = msgspec.json.encode(comparison.measures).decode()
        upsert(self._c, t.comparisons, [{**_COMPARISON.row(comparison), "measures": measures}])
        mine = t.task_verdicts.c.run_id == comparison.run_id
        self._c.execute(sa.delete(t.task_verdicts).where(mine))
        rows = [
            {"run_id": comparison.run_id, "place": place, **_VERDICT.row(verdict)}
            for place, verdict in enumerate(comparison.verdicts)
        ]
        if rows:
            self._c.execute(sa.insert(t.task_verdicts), rows)

    def comparison(self, run_id: str) -> Comparison | None:
        rows = asked(self._c, _COMPARED, {"run": run_id})
        if not rows:
            return None
        verdicts = tuple(_VERDICT.items(asked(self._c, _VERDICTS, {"run": run_id})))
        row = dict(zip((*_COMPARISON.names, "measures"), rows[0], strict=True))
        return _COMPARISON.item(row, verdicts=verdicts, measures=_MEASURES.decode(row["measures"]))

    def reopen(self, baseline_id: str) -> int:
        against = sa.update(t.comparisons).where(t.comparisons.c.baseline_id == baseline_id)
        return self._c.execute(against.values(definition="")).rowcount

    def unjudged(
        self, definitions: Mapping[str, str], newest: int, asset_id: str | None = None
    ) -> list[tuple[str, str, str]]:
        if not definitions:
            return []
        pinned, runs, made, older = t.baselines, t.eval_runs, t.comparisons, t.eval_runs.alias("older")
        # Asked every few seconds, of every baseline that is pinned: goes to the newest runs by the index over them.
        before = (
            sa.select(older.c.iteration)
            .where(older.c.asset_id == pinned.c.asset_id, older.c.suite == pinned.c.suite)
            .order_by(older.c.iteration.desc())
            .limit(1)
            .offset(newest)
            .scalar_subquery()
        )
        since = (
            sa.select(pinned, sa.func.coalesce(before, -1).label("before"))
            .where(pinned.c.suite.in_(definitions), *([pinned.c.asset_id == asset_id] if asset_id is not None else []))
            .cte("since")
        )
        found = sa.select(runs.c.asset_id, runs.c.suite, runs.c.iteration, runs.c.id).select_from(since)
        stale = sa.or_(
            made.c.run_id.is_(None),
            made.c.baseline_id != since.c.run_id,
            made.c.definition != sa.case(dict(definitions), value=since.c.suite),
        )
        mine = sa.and_(runs.c.asset_id == since.c.asset_id, runs.c.suite == since.c.suite)
        newer = found.join(runs, mine).outerjoin(made, made.c.run_id == runs.c.id)
        itself = found.join(runs, runs.c.id == since.c.run_id).outerjoin(made, made.c.run_id == runs.c.id)
        query = sa.union(newer.where(runs.c.iteration > since.c.before, stale), itself.where(stale))
        return [(asset, suite, run) for asset, suite, _, run in sorted(tuple(row) for row in self._c.execute(query))]

    def put_acceptance(self, acceptance: Acceptance) -> None:
        self._protected.wrote("acceptances", acceptance.id)
        upsert(self._c, t.acceptances, [_ACCEPTANCE.row(acceptance)])

    def acceptances(self, asset_id: str, version: str | None = None) -> list[Acceptance]:
        query = sa.select(t.acceptances).where(t.acceptances.c.asset_id == asset_id)
        if version is not None:
            query = query.where(t.acceptances.c.version == version)
        rows = self._c.execute(query.order_by(t.acceptances.c.at.desc(), t.acceptances.c.id)).mappings()
        return [_ACCEPTANCE.item(r) for r in rows]

    def put_suite_run(self, run: SuiteRun) -> None:
        upsert(self._c, t.suite_runs, [_SUITE_RUN.row(run)])

    def suite_runs(self, suite: str | None = None, asset_id: str | None = None, limit: int = 200) -> list[SuiteRun]:
        wanted = where(["suite = :suite"] * (suite is not None) + ["asset_id = :asset"] * (asset_id is not None))
        sql = f"SELECT {_SUITE_RUN.columns} FROM suite_runs {wanted} ORDER BY started_at DESC, id LIMIT :limit"  # noqa: S608
        given = {"suite": suite, "asset": asset_id, "limit": limit}
        return list(_SUITE_RUN.items(asked(self._c, sql, given)))

    def _run(self, row: Mapping[Any, Any], *, sheets: bool) -> EvalRun:
        scores = tuple(_SCORE.items(asked(self._c, _SCORES, {"run": row["id"]})))
        return _RUN.item(row, scores=scores, sheets=self._sheets(row["id"]) if sheets else ())

    def _sheets(self, run_id: str) -> tuple[Sheet, ...]:
        query = sa.select(t.eval_sheets.c.data).where(t.eval_sheets.c.run_id == run_id).order_by(t.eval_sheets.c.task)
        return tuple(_SHEET.decode(zlib.decompress(data)) for data in self._c.execute(query).scalars() if data)
