"""Kills a rollback at one point after another and resumes it: ``python -m tests.services.crashing SCENARIO SEED TIMES``.

One process that forks a child for each try. A child runs the plan and ends with ``os._exit`` at the chosen point:
before or after any commit, and around any touch of the target. Another child resumes. One JSON line a try.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.rollback import PlanState
from pulse_tui.domain.words import Environment
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute, resume
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.rollback.rehearse import propose_drill
from pulse_tui.storage.store import SqlStore, SqlTransaction
from tests.fakes.clock import Clock
from tests.fakes.databases import sqlite_file
from tests.fakes.house import default_policy, judging, playbook, rollback
from tests.fakes.nouns import CANARY, PRODUCTION, deployment, later
from tests.fakes.target import Places
from tests.servers import forms
from tests.services.estates import fill

PLACES = ("alias-{environment}", "gateway-{environment}")
REPLICA = Environment.REPLICA


class Bomb:
    """Counts the points that were passed; ends the process at the chosen one."""

    def __init__(self, at: int | None) -> None:
        self.at = at
        self.passed = 0

    def __call__(self, name: str) -> None:
        del name
        self.passed += 1
        if self.passed == self.at:
            os._exit(9)


class CrashingStore(SqlStore):
    """A store that may end the process before or after any commit."""

    bomb: Callable[[str], None] = staticmethod(lambda _name: None)

    @contextmanager
    def write(self, *, quiet: bool = False) -> Iterator[SqlTransaction]:
        with super().write(quiet=quiet) as tx:
            yield tx
            self.bomb("before a commit")
        self.bomb("after a commit")


def _parts(folder: Path, bomb: Bomb, minutes: int) -> RollbackParts:
    clock = Clock(later(minutes=minutes))
    store = CrashingStore(f"sqlite:///{folder / 'pulse.db'}", folder)
    store.bomb = bomb
    target = Places(folder / "target.json", bomb)
    book = msgspec.structs.replace(playbook(*PLACES), environments=(CANARY, PRODUCTION))
    return rollback(judging(store, folder, clock), target, clock, book)


def _places(environment: Environment) -> list[str]:
    return [place.replace("{environment}", environment.value) for place in PLACES]


def prepare(folder: Path, scenario: str) -> str:
    """An approved plan of two steps; ``undo``: the second target will refuse; ``drill``: there and back on the replica.
    Returns the plan's hash.
    """
    folder.mkdir()
    store = SqlStore(sqlite_file(folder / "pulse.db"), folder)
    fill(store)
    store.close()
    target = Places(folder / "target.json")
    for environment in Environment:
        for place in _places(environment):
            target.put(place, "3.8.2")
    if scenario == "undo":
        target.fault(*[("write", "gateway-canary", "refuse")] * 9)
    parts = _parts(folder, Bomb(None), 0)
    if scenario == "drill":
        with parts.store.write() as tx:
            tx.estate.deploy(deployment("3.8.2", REPLICA, since=later(hours=-1)))
        plan = propose_drill(parts, "support-bot", CANARY, by="ana")
    else:
        plan = propose(parts, "support-bot", CANARY, by="ana", reason="x")
    approve(parts, plan.hash, "ana", "x")
    parts.store.close()
    return plan.hash


def go(folder: Path, plan_hash: str, at: int | None, minutes: int) -> int:
    """In a child: run or resume, whichever is due. The exit code: 9 blown up, else 0. Points are left in a file."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    bomb = Bomb(at)
    try:
        parts = _parts(folder, bomb, minutes)
        with parts.store.read() as tx:
            active = tx.rollbacks.runs(active_only=True)
            found = tx.rollbacks.plan(plan_hash)
        if active:
            resume(parts, active[0].id, "ben", f"pid:{minutes}")
        elif found is not None and found[1] is PlanState.APPROVED:
            execute(parts, plan_hash, "ana", f"pid:{minutes}")
    except PulseError as error:
        (folder / "error").write_text(str(error))
    (folder / "points").write_text(str(bomb.passed))
    os._exit(0)


def outcome(folder: Path) -> dict[str, Any]:
    """What is left: the run, the steps, and every effect at the target by key."""
    target = Places(folder / "target.json")
    store = SqlStore(f"sqlite:///{folder / 'pulse.db'}", folder)
    with store.read() as tx:
        (run,) = tx.rollbacks.runs()
        steps = [s.state.value for s in tx.rollbacks.steps(run.id)]
        where = Environment(run.target.rpartition("/")[2])
        serving = tx.estate.deployment("support-bot", where)
        drills = [d.ok for d in tx.rollbacks.drills()]
    store.close()
    error = folder / "error"
    return {
        "state": run.state.value,
        "steps": steps,
        "effects": sorted(e["key"].split("-", 1)[1] for e in target.effects),
        "touched": sorted({e["place"].rpartition("-")[2] for e in target.effects}),
        "holds": [target.holds(p) for p in _places(where)],
        "drills": drills,
        "serving": serving.version if serving else None,
        "error": error.read_text() if error.exists() else "",
    }


def attempts(home: Path, scenario: str, tries: list[list[int]]) -> Iterator[dict[str, Any]]:
    """For each try a list of points to end at, one process after the other; a last one runs undisturbed."""
    plan_hash = prepare(home / "ready", scenario)
    for number, points in enumerate(tries):
        folder = home / f"try-{number}"
        shutil.copytree(home / "ready", folder)
        codes = [go(folder, plan_hash, at, 2 * n) for n, at in enumerate(points)]
        codes.append(go(folder, plan_hash, None, 2 * len(points)))
        yield {"points": points, "codes": codes, **outcome(folder)}
        shutil.rmtree(folder)


def main(home: Path, scenario: str, seed: int, times: int) -> None:
    """``times`` 0: once at every point of an undisturbed run, in the short form at every third; else so many random double and triple crashes."""
    default_policy()  # loaded once, before the children part
    plan_hash = prepare(home / "count", scenario)
    go(home / "count", plan_hash, None, 0)
    last = int((home / "count" / "points").read_text())
    chance = random.Random(seed)
    tries = [[n] for n in range(1, last + 1, 1 if forms.full() else 3)]
    if times:
        tries = [[chance.randint(1, last) for _ in range(chance.randint(2, 4))] for _ in range(times)]
    for line in attempts(home, scenario, tries):
        print(json.dumps(line), flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="pulse-crash-") as fast:
        main(Path(fast), sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
