"""May this version be promoted there? Every reason, and what is missing by name."""

from __future__ import annotations

from typing import NamedTuple

from pulse_tui.domain.alert import AlertState
from pulse_tui.domain.errors import NotFound
from pulse_tui.domain.evals import Gate
from pulse_tui.domain.release import Release
from pulse_tui.domain.words import Environment, Priority
from pulse_tui.ports import Transaction
from pulse_tui.services.known_good import way_back
from pulse_tui.services.parts import JudgeParts


class Reason(NamedTuple):
    """One thing the gate looked at. ``blocking`` reasons that are not ok close it."""

    name: str
    ok: bool
    blocking: bool
    detail: str


class GateAnswer(NamedTuple):
    """The whole answer."""

    asset: str
    version: str
    environment: str
    go: bool
    reasons: tuple[Reason, ...]


def gate(parts: JudgeParts, asset_id: str, version: str, environment: Environment) -> GateAnswer:
    """Look at holds, release state, verdicts, the way back and open alerts. Raises NotFound for an unknown asset or version."""
    with parts.store.read() as tx:
        if asset_id not in tx.estate.load().assets:
            raise NotFound(f"there is no asset {asset_id!r}", todo="pulse-tui status lists the estate")
        release = tx.estate.release(asset_id, version)
        if release is None:
            raise NotFound(f"{asset_id} has no release {version!r}", todo="Has the registry been refreshed?")
        reasons = [
            *_holds(tx, release, environment),
            _state(release),
            *_verdicts(tx, parts, release),
            _way_back(tx, release, environment),
            Reason(
                "digest", release.digest is not None, False, release.digest or "no digest is recorded for this release"
            ),
            *_alerts(tx, release),
            Reason("drill", False, False, "no drill is recorded: the playbook for this asset has not been rehearsed"),
        ]
    go = all(r.ok or not r.blocking for r in reasons)
    return GateAnswer(asset_id, version, environment.value, go, tuple(reasons))


def _holds(tx: Transaction, release: Release, environment: Environment) -> list[Reason]:
    standing = [h for h in tx.judgements.holds(release.asset_id) if h.covers(release.asset_id, release.version)]
    if not standing:
        return [Reason("holds", True, True, f"nothing holds {release.asset_id} back from {environment.value}")]
    return [
        Reason(h.kind.value, False, True, f"{h.why}; until {h.until_condition} (placed by {h.placed_by})")
        for h in standing
    ]


def _state(release: Release) -> Reason:
    return Reason(
        "state", release.usable, True, f"{release.version} is {release.state.value}, iteration {release.iteration}"
    )


def _verdicts(tx: Transaction, parts: JudgeParts, release: Release) -> list[Reason]:
    """A functional and a safety suite must have been run on this version *and compared*; raw deltas, no statistics."""
    compared: dict[Gate, str] = {}
    missed: dict[Gate, str] = {}
    for suite in parts.suites.values():
        baseline = tx.evals.baseline(release.asset_id, suite.id)
        for _, run in tx.evals.runs(release.asset_id, suite.id):
            if run.version != release.version:
                continue
            for task in (t for t in suite.tasks if run.score(t.name, t.metric) is not None):
                if baseline is None:
                    named = suite.baselines.get(release.asset_id)
                    missed[task.gate] = (
                        f"run {run.id} was not compared: baseline {named or '(none)'} has no run of {suite.id}"
                    )
                elif baseline.id == run.id:
                    compared[task.gate] = f"run {run.id} is the baseline of {suite.id} itself"
                elif baseline.score(task.name, task.metric) is None:
                    missed[task.gate] = f"run {run.id} was not compared: the baseline has no {task.name} {task.metric}"
                else:
                    compared[task.gate] = f"run {run.id} of {suite.id} was compared with {baseline.version} (raw delta)"
    out = []
    for kind in (Gate.FUNCTIONAL, Gate.SAFETY):
        detail = compared.get(kind) or missed.get(kind) or f"no {kind.value} suite was run on {release.version}"
        out.append(Reason(f"{kind.value} evaluation", kind in compared, kind in missed, detail))
    return out


def _way_back(tx: Transaction, release: Release, environment: Environment) -> Reason:
    back = way_back(tx, release.asset_id, environment, release.version)
    if back.release is not None:
        return Reason("way back", True, True, f"{back.release.version}: {back.proof}")
    first = not tx.estate.stays(release.asset_id, environment)
    detail = "; ".join(back.tried) or f"no other healthy release is known in {environment.value}"
    return Reason("way back", False, not first, "nothing has served there before" if first else detail)


def _alerts(tx: Transaction, release: Release) -> list[Reason]:
    urgent = [
        a
        for a in tx.judgements.alerts([AlertState.FIRING, AlertState.ACKNOWLEDGED], 100_000, release.asset_id)
        if a.priority is Priority.P1 and a.version in (None, release.version)
    ]
    if not urgent:
        return [Reason("alerts", True, True, "no P1 alert is open on this release")]
    return [Reason("alert", False, True, f"{a.priority.value} {a.title} ({a.id})") for a in urgent]
