"""Workflows as lines: the stages of each in an environment, and the state of the worst."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pulse_tui.domain.board import RegistryRow
from pulse_tui.domain.views import StageCell, WorkflowRow
from pulse_tui.storage.registry import ENVIRONMENT_RANK, STATE_RANK
from pulse_tui.storage.trends import Execute

_WORKFLOWS = "SELECT id, stages, owner_team FROM workflows"
_PRODUCTION = "production"


def read_workflows(execute: Execute, registry: Sequence[RegistryRow]) -> tuple[WorkflowRow, ...]:
    """A row for each environment where a stage is deployed; sorted as the registry is.

    A stage that is not deployed there is served by production's, as a canary of one stage is; where
    production has none either it is ``missing``.
    """
    declared = [(ident, json.loads(stages), owner or "") for ident, stages, owner in execute(_WORKFLOWS, {})]
    if not declared:
        return ()
    wanted = {stage["asset_id"] for _, stages, _ in declared for stage in stages}
    serving: dict[str, dict[str, RegistryRow]] = {}
    for row in registry:
        if row.asset in wanted:
            serving.setdefault(row.asset, {})[row.environment] = row
    rows: list[WorkflowRow] = []
    for ident, stages, owner in declared:
        named = [(s["name"], s["asset_id"]) for s in stages]
        environments = {e for _, asset in named for e in serving.get(asset, ())}
        rows.extend(_row(ident, environment, owner, named, serving) for environment in environments)
    urgent: dict[str, int] = {}
    for line in rows:
        urgent[line.id] = min(urgent.get(line.id, len(STATE_RANK)), STATE_RANK[line.state])
    rows.sort(key=lambda r: (urgent[r.id], r.id, ENVIRONMENT_RANK[r.environment]))
    return tuple(rows)


def _row(
    ident: str,
    environment: str,
    owner: str,
    stages: Sequence[tuple[str, str]],
    serving: dict[str, dict[str, RegistryRow]],
) -> WorkflowRow:
    cells, since = [], []
    worst, why = "ok", ""
    for name, asset in stages:
        places = serving.get(asset, {})
        row = places.get(environment) or places.get(_PRODUCTION)
        if row is None:
            cell, reason = (
                StageCell(name, asset, "", "missing"),
                f"{name}: {asset}: not deployed here nor in production",
            )
        else:
            cell, reason = StageCell(name, asset, row.version, row.state), f"{name}: {asset} {row.version}: {row.why}"
            if row.since_us is not None:
                since.append(row.since_us)
        cells.append(cell)
        if STATE_RANK[cell.state] < STATE_RANK[worst]:
            worst, why = cell.state, reason
    return WorkflowRow(ident, environment, worst, why, tuple(cells), max(since, default=None), owner)
