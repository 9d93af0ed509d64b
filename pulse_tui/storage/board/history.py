"""An asset's releases and their changes as rows: where each serves, who promoted it, its verdicts."""

from __future__ import annotations

from pulse_tui.domain import semver
from pulse_tui.domain.views.registry import ReleaseRow
from pulse_tui.domain.words import ENVIRONMENT_RANK, Environment
from pulse_tui.storage.board.trends import WORST_FIRST, Execute

_RELEASES = """
SELECT version, iteration, branch, state, created_at, rollback_pointer, digest
FROM releases WHERE asset_id = :asset ORDER BY iteration DESC
"""
_CHANGES = """
SELECT version, iteration, change, at, "by", what, digest FROM pushed_changes
WHERE asset_id = :asset ORDER BY iteration DESC
"""
_SERVING = "SELECT version, environment FROM deployments WHERE asset_id = :asset"
_PROMOTIONS = 'SELECT version, environment, "by", at FROM promotions WHERE asset_id = :asset ORDER BY at, seq'
_CONCERNS = """
SELECT version, what FROM concerns WHERE asset_id = :asset AND version IS NOT NULL ORDER BY since, key
"""
_RUNS = "SELECT version, suite, id FROM eval_runs WHERE asset_id = :asset ORDER BY at, iteration"
_SAID = """
SELECT DISTINCT v.run_id, v.verdict FROM eval_runs e JOIN task_verdicts v ON v.run_id = e.id
WHERE e.asset_id = :asset AND v.must_pass
"""
_REFUSED = """
SELECT c.run_id, 'INCONCLUSIVE' FROM eval_runs e JOIN comparisons c ON c.run_id = e.id
WHERE e.asset_id = :asset AND c.refused <> ''
"""


def read_history(execute: Execute, asset: str) -> tuple[ReleaseRow, ...]:
    """Newest iteration first."""
    about = {"asset": asset}
    serves: dict[str, list[str]] = {}
    for version, environment in execute(_SERVING, about):
        serves.setdefault(version, []).append(environment)
    promoted = {row[0]: (f"{Environment(row[1]).short} by {row[2]}", row[3]) for row in execute(_PROMOTIONS, about)}
    remarks: dict[str, list[str]] = {}
    for version, what in execute(_CONCERNS, about):
        remarks.setdefault(version, []).append(what)
    verdicts = _verdicts(execute, asset)
    rows = []
    for version, iteration, branch, state, created, pointer, digest in execute(_RELEASES, about):
        parsed = semver.parse(version)
        odd = [*remarks.get(version, ()), *(["not a semantic version"] if parsed is None else [])]
        words, when = promoted.get(version, ("", None))
        rows.append(
            ReleaseRow(
                version,
                int(iteration),
                branch or (parsed.line if parsed else ""),
                state,
                tuple(sorted(serves.get(version, ()), key=ENVIRONMENT_RANK.__getitem__)),
                created,
                words,
                when,
                pointer or "",
                verdicts.get(version, ""),
                digest or "",
                "; ".join(odd),
            )
        )
    changes = [_changed(*row) for row in execute(_CHANGES, about)]
    return tuple(sorted([*rows, *changes], key=lambda row: -row.iteration) if changes else rows)


def _changed(
    version: str | None, iteration: int, change: str, at: int, by: str, what: str, digest: str | None
) -> ReleaseRow:
    return ReleaseRow(
        version or "", int(iteration), "", "", (), at, "", None, "", "", digest or "", "", change.replace("_", " "), by, what
    )  # fmt: skip


def _verdicts(execute: Execute, asset: str) -> dict[str, str]:
    """The worst verdict on what must pass, over a version's latest run of each suite; no entry without a comparison."""
    latest = {(version, suite): run for version, suite, run in execute(_RUNS, {"asset": asset})}
    if not latest:
        return {}
    said: dict[str, set[str]] = {}
    for query in (_SAID, _REFUSED):
        for run, verdict in execute(query, {"asset": asset}):
            said.setdefault(run, set()).add(verdict)
    found: dict[str, set[str]] = {}
    for (version, _), run in latest.items():
        if run in said:
            found.setdefault(version, set()).update(said[run])
    return {version: next(v for v in WORST_FIRST if v in words) for version, words in found.items()}
