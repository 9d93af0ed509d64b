"""Who carries a run out may be interrupted: what it is asked between two steps, and what names a run that stopped."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from pulse_tui.domain.errors import HalfDone, NotFound, PulseError, Refused, StorageError
from pulse_tui.domain.rollback import Run, RunState
from pulse_tui.ports import Transaction
from pulse_tui.services.parts import RollbackParts


class Attendant(NamedTuple):
    """Whoever started the run, as far as the run is concerned."""

    begun: Callable[[Run], None] = lambda _run: None
    """Called once, when the run owns its target and before anything is sent: its id is what resumes it."""
    stop: Callable[[Run | None], str] = lambda _run: ""
    """Why not to go on; empty: go on. Asked before the start (None) and before each step, never within one."""


UNATTENDED = Attendant()


def next_commands(run_id: str) -> str:
    """What brings a run that stopped half-way to an end."""
    return f"Continue it: pulse-tui rollback resume {run_id}; or put back what moved: pulse-tui rollback undo {run_id}"


def half_done(run_id: str, where: str, error: PulseError) -> HalfDone:
    """The run could not go on and could not record that: whoever reads this must know which one."""
    why = error.what.rstrip(".")
    return HalfDone(f"run {run_id} of {where} stopped half-way: {why}", todo=next_commands(run_id))


def perhaps_begun(parts: RollbackParts, plan_hash: str, holder: str, error: StorageError) -> PulseError:
    """The claim was not confirmed: it may have landed all the same."""
    try:
        with parts.store.read() as tx:
            run = next((r for r in tx.rollbacks.runs(plan_hash=plan_hash) if r.holder.startswith(f"{holder}/")), None)
    except StorageError:
        return HalfDone(
            f"plan {plan_hash[:12]}: {error.what.rstrip('.')}, and whether its run has begun is unknown",
            todo="Nothing was sent. When the database is back: pulse-tui rollback list",
        )
    return half_done(run.id, run.target, error) if run is not None else error


def halt(parts: RollbackParts, run_id: str, by: str) -> str:
    """Ask whoever carries the run out to stop before its next step, in whatever process; returns a sentence.

    It counts for those who carry it out now: who resumes the run later goes on.
    """
    with parts.store.write() as tx:
        run = tx.rollbacks.run(run_id)
        if run is None:
            raise NotFound(f"there is no run {run_id!r}", todo="see the plans and their runs: pulse-tui rollback list")
        if run.state is not RunState.RUNNING:
            raise Refused(f"run {run_id} is {run.state.value}, it has no next step")
        tx.plumbing.put_value(_halt(run), by)
        detail = {"run": run.id, "epoch": str(run.epoch)}
        tx.log.append(parts.clock(), by, "run.halt", run.target, detail)
    return f"run {run_id} halts before its next step; a step that was begun is carried out and read back first"


def halt_asked(tx: Transaction, run: Run) -> str:
    """Who asked the present carrier of the run to halt; empty: nobody."""
    return tx.plumbing.get_value(_halt(run)) or "" if run.state is RunState.RUNNING else ""


def _halt(run: Run) -> str:
    return f"halt:{run.id}:{run.epoch}"
