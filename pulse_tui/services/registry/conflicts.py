"""What to do about two sources that report another version: who moved it, and what is to be changed where."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from pulse_tui.domain.claim import ESTATE, OWN_ACTIONS, Claim, Settled, place_subject
from pulse_tui.domain.moments import iso
from pulse_tui.domain.rollback import RunState
from pulse_tui.domain.words import Environment
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import JudgeParts


class Move(NamedTuple):
    """What was done through this program and put the believed version there."""

    at: datetime
    words: str
    """``rollback run-1 moved it from 3.8.2 to 3.8.1 (2026-11-24T03:14:00Z, by ana)``."""
    back: str
    """The command that takes it back."""


def conflict_todo(tx: Transaction, parts: JudgeParts, asset_id: str, environment: Environment, settled: Settled) -> str:
    """One sentence: what was done here is never reported as somebody unknown's doing."""
    move = _move(tx, asset_id, environment, settled)
    stale = [c for c in settled.against if move is not None and c.since <= move.at]
    where = "; ".join(_correction(parts, asset_id, environment, claim, settled.value) for claim in settled.against)
    if move is None or not stale:
        head = f"{settled.source} is believed (see precedence): find out which is right"
        return f"{head}. If it is {settled.value}: {where}"
    return f"{move.words}, on purpose: {where}. If {stale[0].value} is to serve again: {move.back}"


def _move(tx: Transaction, asset_id: str, environment: Environment, settled: Settled) -> Move | None:
    """The last rollback or promotion there, when it put the version there that is believed."""
    return next(iter(sorted(_moves(tx, asset_id, environment, settled), key=lambda m: m.at, reverse=True)), None)


def _moves(tx: Transaction, asset_id: str, environment: Environment, settled: Settled) -> Iterator[Move]:
    for run in tx.rollbacks.runs(target=place_subject(asset_id, environment)):  # newest first
        found = tx.rollbacks.plan(run.plan_hash)
        if found is not None and not found[0].purpose.moves_what_serves:
            continue
        if run.state is RunState.VERIFIED and run.ended_at:
            moved = found[0].moved(asset_id) if found is not None else None
            if moved is not None and moved.to_version == settled.value:
                words = f"moved it from {moved.from_version} to {moved.to_version} ({iso(run.ended_at)}, by {run.started_by})"
                undo = f"pulse-tui rollback undo {run.plan_hash[:12]}"
                yield Move(run.ended_at, f"rollback {run.id} {words}", undo)
            break
    for entry in tx.estate.promotions(asset_id):  # newest first
        if entry.environment is environment and entry.version == settled.value and entry.decision_id is not None:
            words = f"the promotion on decision {entry.decision_id} put {entry.version} there ({iso(entry.at)}, by {entry.by})"
            back = f"pulse-tui rollback plan {asset_id} --env {environment.value}"
            yield Move(entry.at, words, back)
            return


def _correction(parts: JudgeParts, asset_id: str, environment: Environment, claim: Claim, version: str) -> str:
    """What makes this source report ``version``, as exactly as is known."""
    if claim.source == ESTATE:
        at = parts.written.get(place_subject(asset_id, environment), "the estate section")
        return f"write version: {version} for {environment.value} at {at} (it says {claim.value})"
    if claim.source == OWN_ACTIONS:
        return f"{version} came after what was done here ({claim.value} at {iso(claim.since)})"
    shape = parts.sources.get(claim.source)
    kind = parts.source_kinds.get(shape.kind) if shape is not None else None
    how = getattr(kind, "MOVED_BY", "report")  # a kind may say what places a version there
    return f"{how} {version} in {claim.source} (it says {claim.value} since {iso(claim.since)})"
