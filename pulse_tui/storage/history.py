"""An asset's releases as rows: where each serves, who promoted it, what its runs said."""

from __future__ import annotations

from pulse_tui.domain import semver
from pulse_tui.domain.views import ReleaseRow
from pulse_tui.domain.words import Environment
from pulse_tui.storage.registry import ENVIRONMENT_RANK
from pulse_tui.storage.trends import WORST_FIRST, Execute, read_judged

_RELEASES = """
SELECT version, iteration, branch, state, created_at, rollback_pointer, digest
FROM releases WHERE asset_id = :asset ORDER BY iteration DESC
"""
_SERVING = "SELECT version, environment FROM deployments WHERE asset_id = :asset"
_PROMOTIONS = 'SELECT version, environment, "by", at FROM promotions WHERE asset_id = :asset ORDER BY at, seq'
_CONCERNS = """
SELECT version, what FROM concerns WHERE asset_id = :asset AND version IS NOT NULL ORDER BY since, key
"""
_RUNS = "SELECT version, suite, id FROM eval_runs WHERE asset_id = :asset ORDER BY iteration, id"


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
    return tuple(rows)


def _verdicts(execute: Execute, asset: str) -> dict[str, str]:
    """The worst that is said of what must pass, over a version's latest run of each suite; no entry without a comparison."""
    latest = {(version, suite): run for version, suite, run in execute(_RUNS, {"asset": asset})}
    if not latest:
        return {}
    known = read_judged(execute, asset)
    said: dict[str, set[str]] = {}
    for (run, *_), line in known.lines.items():
        if line.must_pass:
            said.setdefault(run, set()).add(line.verdict)
    for run in known.refused:
        said[run] = {"INCONCLUSIVE"}
    found: dict[str, set[str]] = {}
    for (version, _), run in latest.items():
        if run in said:
            found.setdefault(version, set()).update(said[run])
    return {version: next(v for v in WORST_FIRST if v in words) for version, words in found.items()}
