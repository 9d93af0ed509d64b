"""Workflows as lines: the stages of each in an environment, and the state of the worst."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pulse_tui.domain.standing import STANDING_RANK, Standing
from pulse_tui.domain.views.registry import RegistryRow, StageCell, WorkflowRow
from pulse_tui.domain.words import ENVIRONMENT_RANK, Environment
from pulse_tui.storage.board.trends import Execute

_WORKFLOWS = "SELECT id, stages, owner_team FROM workflows"


class _Line(NamedTuple):
    """A workflow as it was read, and what that rests on."""

    stages: str
    owner: str
    named: Sequence[tuple[str, str]]
    """(stage, asset)"""
    serving: Sequence[tuple[RegistryRow, ...]]
    rows: Sequence[WorkflowRow]


class Workflows(NamedTuple):
    """The rows, and the lines that they came from."""

    rows: tuple[WorkflowRow, ...]
    lines: Mapping[str, _Line]


def stage_assets(execute: Execute) -> set[str]:
    """The assets that any workflow has as a stage."""
    return {stage["asset_id"] for _, stages, _ in execute(_WORKFLOWS, {}) for stage in json.loads(stages)}


def read_workflows(
    execute: Execute, places: Mapping[str, tuple[RegistryRow, ...]], before: Workflows | None = None
) -> Workflows:
    """A row for each environment where a stage is deployed; row by row worst first.

    A stage that is not deployed there is served by production's, as a canary of one stage is; where
    production has none either it is ``missing``. ``places`` are the registry's rows by asset; a line whose rows
    are those of ``before`` stays as it was.
    """
    known = before.lines if before is not None else {}
    lines: dict[str, _Line] = {}
    for ident, stages, team in execute(_WORKFLOWS, {}):
        owner, old = team or "", known.get(ident)
        declared = old is not None and (old.stages, old.owner) == (stages, owner)
        named = old.named if old is not None and declared else [(s["name"], s["asset_id"]) for s in json.loads(stages)]
        serving = [places.get(asset, ()) for _, asset in named]
        if old is not None and declared and all(a is b for a, b in zip(old.serving, serving, strict=True)):
            lines[ident] = old
        else:
            lines[ident] = _line(ident, stages, owner, named, serving)
    if before is not None and len(lines) == len(known) and all(lines[i] is known.get(i) for i in lines):
        return before
    return Workflows(tuple(sorted((row for line in lines.values() for row in line.rows), key=_worst_first)), lines)


def _worst_first(row: WorkflowRow) -> tuple[int, int, int, str]:
    return STANDING_RANK[row.state], ENVIRONMENT_RANK[row.environment], -(row.since_us or 0), row.id


def _line(
    ident: str,
    stages: str,
    owner: str,
    named: Sequence[tuple[str, str]],
    serving: Sequence[tuple[RegistryRow, ...]],
) -> _Line:
    by_asset = {asset: {row.environment: row for row in rows} for (_, asset), rows in zip(named, serving, strict=True)}
    environments = sorted({e for rows in by_asset.values() for e in rows}, key=ENVIRONMENT_RANK.__getitem__)
    rows = [_row(ident, environment, owner, named, by_asset) for environment in environments]
    return _Line(stages, owner, named, serving, rows)


def _why(stage: StageCell, row: RegistryRow | None) -> str:
    if row is None:
        return f"{stage.name}: {stage.asset}: not deployed here nor in production"
    return f"{stage.name}: {stage.asset} {row.version}: {row.why}"


def _row(
    ident: str,
    environment: str,
    owner: str,
    stages: Sequence[tuple[str, str]],
    serving: dict[str, dict[str, RegistryRow]],
) -> WorkflowRow:
    cells, since = [], []
    worst, why = str(Standing.OK), ""
    words: set[str] = set()
    for name, asset in stages:
        places = serving.get(asset, {})
        row = places.get(environment) or places.get(Environment.PRODUCTION)
        if row is None:
            cell = StageCell(name, asset, "", Standing.MISSING)
        else:
            cell = StageCell(name, asset, row.version, row.state)
            words.update(row.also)
            if row.since_us is not None:
                since.append(row.since_us)
        cells.append(cell)
        if STANDING_RANK[cell.state] < STANDING_RANK[worst]:
            worst, why = cell.state, _why(cell, row)
    words.update(cell.state for cell in cells)
    words -= {worst, Standing.OK}
    also = tuple(sorted(words, key=STANDING_RANK.__getitem__)) if words else ()
    return WorkflowRow(ident, environment, worst, why, tuple(cells), max(since, default=None), owner, also)
