"""Kills a rollback of one step at one of six points, and brings it to its end: ``python -m tests.faults.killing URL``.

A driver without threads that forks a process for each part of a case. It reads a case a line (JSON: kind, options,
secrets, values, folder, point, side) and answers what became of it. The target is the test's: it counts the effects.

Who is killed: ``executor`` is the process that carries the run out (SIGKILL to itself), ``target`` is the target's own
process, which is begun again before the run is resumed. Where a target is a file or a program, it is away meanwhile.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.release import ReleaseState
from pulse_tui.domain.rollback import Plan, PlanState, RunState
from pulse_tui.domain.words import Environment
from pulse_tui.kinds import Kinds
from pulse_tui.services.parts import Outside, RollbackParts
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.execute import execute, resume
from pulse_tui.services.rollback.journal import LEASE_S
from pulse_tui.services.rollback.plan import propose
from pulse_tui.services.rollback.watch import FIRST_S, watch_targets
from pulse_tui.settings.shapes import PlaybookShape, StepShape
from pulse_tui.storage.store import SqlStore, SqlTransaction
from pulse_tui.web import Web
from pulse_tui.wiring import outside
from tests.fakes.clock import Clock
from tests.fakes.house import default_policy, judging, rollback
from tests.fakes.nouns import CANARY, NOW, asset, deployment, later, release
from tests.faults.forwarder import Forwarder

POINTS = ("claimed", "intended", "sending", "sent", "reading back", "closing")
"""The run exists; its intent is journalled; right before the write; right after it; journalled as sent; verified, and
the run is not ended yet.
"""
SIDES = ("executor", "target")
PAUSED, LATE = "paused", "late"
"""The executor is suspended right before its write (SIGSTOP), its lease runs out, another one resumes the run, and it wakes.
``late``: it wakes only after the rollback was undone again by a run of its own.
"""
NOBODY = "nobody"
"""A case without a kill, in the driver itself: what is compiled by it no child has to compile."""
VERSIONS = ("3.8.2", "3.8.1")
TIMEOUT_S = 2.0
"""Of a step. The clock is the tests' own: a wait costs nothing."""


class Case(NamedTuple):
    """One kill."""

    kind: str
    options: dict[str, Any]
    secrets: dict[str, str]
    numbers: tuple[str | None, str | None]
    """The registry's numbers of the two releases, for kinds that move a number."""
    folder: str
    point: str
    side: str


class Killing:
    """The step kind as the executor sees it, and what happens at the point."""

    def __init__(self, inner: Any, point: str, strike: Callable[[], None]) -> None:
        self._inner, self._point, self._strike = inner, point, strike
        self.claimed = self.written = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def at(self, point: str) -> None:
        """Strike once, at the chosen point."""
        if point == self._point:
            self._point = ""
            self._strike()

    def read(self, options: Any, context: Any) -> Any:
        if self.claimed:
            self.at("reading back" if self.written else "intended")
        return self._inner.read(options, context)

    def write(self, options: Any, value: str, **more: Any) -> None:
        self.at("sending")
        self._inner.write(options, value, **more)
        self.at("sent")
        self.written = True


class WatchedStore(SqlStore):
    """Says when the run was claimed, and when it is about to be closed."""

    killing: Killing | None = None

    @contextmanager
    def write(self, *, quiet: bool = False) -> Iterator[SqlTransaction]:
        with super().write(quiet=quiet) as tx:
            yield tx
            if self.killing is not None and self.killing.claimed and not tx.rollbacks.runs(active_only=True):
                self.killing.at("closing")
        if self.killing is not None and not self.killing.claimed:
            self.killing.claimed = True
            self.killing.at("claimed")


class Driver:
    """Cases on one database, one after the other; each is the way back of the one before it of its kind."""

    def __init__(self, url: str, base: Path) -> None:
        default_policy()  # loaded once, before the children part
        self.base = base
        self._store = WatchedStore(url, base)
        self._forwarders: dict[str, Forwarder] = {}
        self._last: dict[str, tuple[Plan, bool]] = {}
        """The last plan of a kind, and whether it was verified."""
        self._minutes = 0

    def run(self, case: Case) -> dict[str, Any]:
        """Plan, kill, resume until it has an end."""
        case = self._behind(case)
        self._up(case)
        self._minutes += 5
        plan = self._planned(case)
        first, asleep, resumed = 0, 0, 0
        if case.side == NOBODY:
            self._go(case, plan, killed=False)
        elif case.side in (PAUSED, LATE):
            asleep = self._suspended(lambda: self._go(case, plan, killed=True))
        else:
            first = self._child(lambda: self._go(case, plan, killed=True))
        while (state := self._state(plan)) in (None, "running", "unknown", "halted") and resumed < 4:
            self._up(case)
            self._minutes += 5
            resumed += self._child(lambda: self._go(case, plan, killed=False)) == 0
        self._up(case)
        self._last[case.kind] = plan, state == "verified"
        if asleep:
            first, detected = self._woken(case, asleep)
        else:
            detected = None
        with self._store.read() as tx:
            runs = tx.rollbacks.runs(plan_hash=plan.hash)
            active = tx.rollbacks.runs(active_only=True)
        return {
            "state": state,
            "code": first,
            "resumed": resumed,
            "from": plan.steps[0].expected,
            "to": plan.steps[0].desired,
            "runs": len(runs),
            "active": len(active),
            "detail": runs[0].detail if runs else "",
            "detected_s": detected,
        }

    def _suspended(self, work: Callable[[], None]) -> int:
        """The number of the process that does it, once it is suspended."""
        pid = self._begun(work)
        _, status = os.waitpid(pid, os.WUNTRACED)
        if not os.WIFSTOPPED(status):
            raise AssertionError("it was to be suspended right before its write")
        return pid

    def _woken(self, case: Case, asleep: int) -> tuple[int, float | None]:
        """How the process that slept ended, and after how many seconds the watch found what it did."""
        if case.side == LATE:
            self._minutes += 5
            plan = self._planned(case)
            self._child(lambda: self._go(case, plan, killed=False))
            self._last[case.kind] = plan, True
        os.kill(asleep, signal.SIGCONT)
        code = os.waitstatus_to_exitcode(os.waitpid(asleep, 0)[1])
        if case.side == PAUSED or (seen := self._detected(case, plan)) is None:
            return code, None
        self._last[case.kind] = plan, False  # what that run had moved was moved again
        return code, seen

    def _detected(self, case: Case, plan: Plan) -> float | None:
        """After how many seconds the watch says that a target was moved; None: within two leases it does not."""
        parts = self._parts(case)
        clock = parts.clock
        assert isinstance(clock, Clock)
        passed = 0.0
        for at in (*FIRST_S, 2 * LEASE_S):
            clock.sleep(at - passed)
            passed = at
            watch_targets(parts, clock())
            with parts.store.read() as tx:
                if any(c.kind == "late" for c in tx.inventory.concerns(plan.asset_id)):
                    return passed
        return None

    def end(self) -> None:
        for forwarder in self._forwarders.values():
            forwarder.end()

    # ------------------------------------------------------------------ the target

    def _behind(self, case: Case) -> Case:
        """The case with its target's address behind a process that can be killed; a file or a program has none."""
        text = json.dumps(case.options)
        url = next((str(v) for v in case.options.values() if str(v).startswith("http://127.0.0.1:")), "")
        if not url:
            return case
        port = urlsplit(url).port or 0
        if case.kind not in self._forwarders:
            self._forwarders[case.kind] = Forwarder(("127.0.0.1", port))
        mine = self._forwarders[case.kind].port
        return case._replace(options=json.loads(text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{mine}")))

    def _strike(self, case: Case) -> None:
        if case.side == "executor":
            os.kill(os.getpid(), signal.SIGKILL)
        if case.side in (PAUSED, LATE):
            os.kill(os.getpid(), signal.SIGSTOP)
            return
        if (forwarder := self._forwarders.get(case.kind)) is not None:
            (forwarder.kill_at_the_next_write if case.point == "sending" else forwarder.kill)()
            return
        for file in _files(case):
            if case.point == "sending" and case.kind == "command":
                state = json.loads(file.read_text())
                file.write_text(json.dumps({**state, "faults": ["landed"]}))  # its program is killed after the effect
            else:
                file.rename(file.with_suffix(".away"))

    def _up(self, case: Case) -> None:
        if (forwarder := self._forwarders.get(case.kind)) is not None:
            forwarder.begin()
        for file in _files(case):
            if (away := file.with_suffix(".away")).exists():
                away.rename(file)

    # ------------------------------------------------------------------ the run

    def _parts(self, case: Case, killing: Killing | None = None) -> RollbackParts:
        clock = Clock(later(minutes=self._minutes))
        self._store.killing = killing
        step = StepShape(kind=case.kind, timeout=TIMEOUT_S, options=case.options, mark="playbooks.yaml:1")
        book = PlaybookShape(id="move", assets=(), environments=tuple(Environment), steps=(step,), on_failure="undo")
        parts = rollback(judging(self._store, self.base, clock), None, clock, book)  # type: ignore[arg-type]
        kind = killing if killing is not None else Kinds("steps")[case.kind]
        return parts._replace(steps={case.kind: kind}, outside=_outside(case))

    def _planned(self, case: Case) -> Plan:
        """An approved plan: the first move of this kind, or the undo of the last one."""
        parts = self._parts(case)
        last = self._last.get(case.kind)
        if last is None:
            _fill(parts, case)
            made = propose(parts, _bot(case), CANARY, by="ana", reason="x")
        else:
            made = self._next(parts, *last)
        if approve(parts, made.hash, "ana", "x") is not PlanState.APPROVED:
            raise AssertionError("one approval is enough on a canary")
        return made

    def _next(self, parts: RollbackParts, done: Plan, verified: bool) -> Plan:
        """The way back of the last one; the same again when it was undone."""
        now = parts.clock()
        (step,) = done.steps
        turned = {
            "from_version": done.to_version, "from_digest": done.to_digest,
            "to_version": done.from_version, "to_digest": done.from_digest,
            "steps": (msgspec.structs.replace(step, expected=step.desired, desired=step.expected),),
        }  # fmt: skip
        plan = msgspec.structs.replace(
            done,
            **(turned if verified else {}),
            created_at=now,
            expires_at=later(minutes=self._minutes + 60),
            undoes=done.hash,
        )
        with parts.store.write() as tx:
            tx.rollbacks.add_plan(plan)
            tx.log.append(now, "ana", "plan.proposed", plan.target, {"plan": plan.hash})
        return plan

    def _go(self, case: Case, plan: Plan, *, killed: bool) -> None:
        inner = Kinds("steps")[case.kind]
        killing = Killing(inner, case.point, lambda: self._strike(case)) if killed else None
        parts = self._parts(case, killing)
        with parts.store.read() as tx:
            run = next(iter(tx.rollbacks.runs(plan_hash=plan.hash)), None)
        if run is None:
            execute(parts, plan.hash, "ana", f"host:{self._minutes}")
        elif run.active or run.state is RunState.HALTED:
            resume(parts, run.id, "ben", f"host:{self._minutes}")

    def _child(self, work: Callable[[], None]) -> int:
        """In a process of its own; its exit code, or the negative number of the signal that ended it."""
        return os.waitstatus_to_exitcode(os.waitpid(self._begun(work), 0)[1])

    def _begun(self, work: Callable[[], None]) -> int:
        """Connections are closed before: what a child inherits is only what this process has compiled."""
        self._store.close()
        pid = os.fork()
        if pid:
            return pid
        try:
            work()
        except PulseError as error:
            print(error, file=sys.stderr)
            os._exit(1)
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(2)
        os._exit(0)

    def _state(self, plan: Plan) -> str | None:
        with self._store.read() as tx:
            run = next(iter(tx.rollbacks.runs(plan_hash=plan.hash)), None)
        return run.state.value if run is not None else None


def _outside(case: Case) -> Outside:
    def now() -> datetime:
        return datetime.now(UTC)

    def secret(text: str) -> str:
        for name, value in case.secrets.items():
            text = text.replace("${" + name + "}", value)
        return text

    # A holder's number is a minute here, and no process of this host.
    return outside(Web(clock=now), Path(case.folder), now)._replace(secret=secret)


def _files(case: Case) -> list[Path]:
    """What a target without a server is made of."""
    folder = Path(case.folder)
    return [
        folder / name
        for name in ("flags.json", "state.json")
        if (folder / name).exists() or (folder / name).with_suffix(".away").exists()
    ]


def _bot(case: Case) -> str:
    return f"bot-{case.kind.replace('_', '-')}"


def _fill(parts: RollbackParts, case: Case) -> None:
    bot = _bot(case)
    with parts.store.write() as tx:
        tx.estate.put_assets([asset(bot)])
        for version, number in zip(VERSIONS, case.numbers, strict=True):
            made = release(version, bot, state=ReleaseState.PROMOTED, digest=None, registry_version=number)
            tx.estate.add_release(made)
        tx.estate.deploy(deployment(VERSIONS[1], CANARY, asset_id=bot, since=later(days=-7)))
        tx.estate.deploy(deployment(VERSIONS[0], CANARY, asset_id=bot, since=NOW))


def main(url: str, base: str) -> None:
    """One answer a line, in the order of the cases."""
    driver = Driver(url, Path(base))
    try:
        for line in sys.stdin:
            print(json.dumps(driver.run(msgspec.json.decode(line, type=Case))), flush=True)
    finally:
        driver.end()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
