"""Sends a signal at one point of a rollback after another: ``python -m tests.cli.interrupting SCENARIO:SIGNALS:STEP:FIRST ...``.

One process that forks a child for each try. A child is the whole command, or the whole tower in a terminal of its own,
and signals itself at the chosen point: before or after any commit, and around any touch of the target. Every STEP-th
point is taken, from FIRST on; SIGNALS are sent one after the other, ``*`` is another one at each point, ``hangup`` closes
the terminal instead, as a dropped session does. Then the parent
looks as an operator would: what was printed, what the board says, which alerts are open, whether a resume brings the run
to its end. One JSON line a try.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import pty
import select
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

from pulse_tui import wiring
from pulse_tui.cli import main as cli
from pulse_tui.cli import output
from pulse_tui.cli import tower as tower_command
from pulse_tui.domain.alert import OPEN
from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.release import Release
from pulse_tui.domain.rollback import Check, Run, RunState
from pulse_tui.domain.words import Priority
from pulse_tui.ports import StepContext
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.execute import resume
from pulse_tui.services.rollback.recorded import verified
from pulse_tui.services.rollback.unfinished import check_runs
from pulse_tui.steps import webhook
from pulse_tui.storage import store as stores
from pulse_tui.storage.store import SqlStore, SqlTransaction
from pulse_tui.tui import app
from pulse_tui.tui.asks.rollback import Execute
from pulse_tui.wiring import House
from tests.fakes.databases import sqlite_file
from tests.fakes.house import default_policy
from tests.fakes.small_estate import write_estate
from tests.fakes.target import PlaceOptions, Places

URL = "http://127.0.0.1:1"
SECOND = """      - kind: webhook
        read_url: "http://127.0.0.1:1/second"
        write_url: "http://127.0.0.1:1/second"
"""
FIRST_PLACE, SECOND_PLACE = f"{URL}/deployments/my-bot/canary", f"{URL}/second"
Point = Callable[[str], None]
ALL = (signal.SIGKILL, signal.SIGHUP, signal.SIGINT, signal.SIGTERM)


def nothing(_name: str) -> None:
    """No signal."""


class Signals:
    """Counts the points that were passed; signals this process at the chosen one, whose name it leaves in ``mark``."""

    def __init__(self, at: int, kinds: Sequence[signal.Signals], mark: Path) -> None:
        self.at, self.kinds, self.mark = at, kinds, mark
        self.passed = 0

    def __call__(self, name: str) -> None:
        self.passed += 1
        if self.passed == self.at:
            self.mark.write_text(name)
            for kind in self.kinds:
                os.kill(os.getpid(), kind)
                time.sleep(0.005)
            while not self.kinds and not select.select([0], [], [], 0.005)[0]:
                pass  # until the terminal is gone: reading from it would end


class Webhooks(Places):
    """The webhook kind, with a file for its server."""

    Options = webhook.Options  # type: ignore[assignment]

    def target(self, options: Any) -> str:
        return str(options.read_url)

    def read(self, options: Any, context: StepContext) -> str:
        return super().read(PlaceOptions(name=options.read_url), context)

    def write(self, options: Any, value: str, **more: Any) -> None:
        super().write(PlaceOptions(name=options.read_url), value, **more)

    def check(self, options: Any, release: Release, context: StepContext) -> Sequence[Check]:
        del options, release, context
        return ()


class Pointed(SqlStore):
    """A store with a point before and after each commit, once it is armed."""

    point: Point = staticmethod(nothing)

    @contextmanager
    def write(self, *, quiet: bool = False) -> Iterator[SqlTransaction]:
        with super().write(quiet=quiet) as tx:
            yield tx
            self.point("before a commit")
        self.point("after a commit")


class Played(House):
    """A house whose target is a file; the points count from the first question about rollbacks on."""

    point: Point = staticmethod(nothing)

    @cached_property
    def policy(self) -> Any:
        return default_policy()

    @cached_property
    def rollback(self) -> RollbackParts:
        parts = super().rollback
        assert isinstance(parts.store, Pointed)
        parts.store.point = self.point
        return parts._replace(steps={"webhook": Webhooks(self.base / "target.json", self.point)})


def prepare(folder: Path, scenario: str) -> str:
    """An approved plan, and for ``resume`` and ``put_back`` its run, halted half-way. Returns what the command is about."""
    write_estate(folder, URL)
    config = (folder / "pulse.yaml").read_text().replace("timeout: 10s", "timeout: 1s")
    if scenario != "run":
        config = config.replace("approvals:", SECOND + "approvals:")
    if scenario in ("resume", "put_back"):
        config = config.replace("on_failure: undo", "on_failure: halt")
    (folder / "pulse.yaml").write_text(config)
    sqlite_file(folder / "pulse.db")
    target = Webhooks(folder / "target.json")
    for place in (FIRST_PLACE, SECOND_PLACE):
        target.put(place, "1.1.0")
    house = Played(folder)
    house.sync()
    desk = house.desk("ana")
    subject = desk.propose("my-bot", "canary", None, "x").hash
    desk.approve(subject, "x")
    if scenario == "undo":
        target.fault(*[("write", SECOND_PLACE, "refuse")] * 9)
    if scenario in ("resume", "put_back"):
        target.fault(("write", SECOND_PLACE, "refuse"))
        desk.execute(subject)
        subject = runs(house)[0].id
    house.close()
    return subject


def runs(house: House) -> list[Run]:
    with house.store.read() as tx:
        return tx.rollbacks.runs()


def _command(scenario: str, subject: str, folder: Path) -> None:
    action = {"undo": "run", "put_back": "undo"}.get(scenario, scenario)
    code = 3
    try:
        code = cli.run(["rollback", action, subject, "--config", str(folder)])
    except SystemExit as left:
        code = int(left.code or 0)
    finally:
        sys.stdout.flush()
        os._exit(code)


class Acting(app.Tower):
    """A tower that runs the plan as soon as it stands, and is left after that if it was not before."""

    subject = ""

    async def _start(self) -> None:
        await super()._start()
        self.post_message(Execute(self.subject))
        self.set_interval(0.02, self._leave)

    def _leave(self) -> None:
        if self.context.page is self.context.main and self.notices.log and not self.threads.busy:
            self.exit()


def _tower(_scenario: str, subject: str, folder: Path) -> None:
    Acting.subject = subject
    app.Tower = Acting  # type: ignore[misc]
    tower_command.scheduler = lambda *_: None  # type: ignore[assignment]
    code = 3
    try:
        code = tower_command.open_tower(folder, None, read_only=False)
    except BaseException as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
    finally:
        with contextlib.suppress(OSError):
            sys.stderr.flush()
        os._exit(code)


def go(scenario: str, subject: str, folder: Path, signals: Signals) -> tuple[int, str]:
    """The command or the tower in a child, in a terminal of its own. The exit code (negative: killed), and what it wrote."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.environ.update(PULSE_OPERATOR="ana", XDG_STATE_HOME=str(folder), TERM="xterm-256color", LANG="C.UTF-8")
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w"), encoding="utf-8", write_through=True)
        sys.stderr = vars(sys)["__stderr__"] = io.TextIOWrapper(io.FileIO(2, "w"), encoding="utf-8", write_through=True)
        vars(sys)["__stdout__"] = sys.stdout
        sys.stdin = vars(sys)["__stdin__"] = io.TextIOWrapper(io.FileIO(0), encoding="utf-8")
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda kind, _frame: sys.exit(128 + kind))
        Played.point = signals
        (_tower if scenario == "tower" else _command)(scenario, subject, folder)
    written = b""
    hung_up = gone = False
    while True:
        if not gone and not signals.kinds and signals.mark.exists():
            os.close(terminal)
            hung_up = gone = True
        ready, _, _ = select.select([terminal] if not hung_up else [], [], [], 0.02)
        if ready:
            try:
                written += os.read(terminal, 1 << 16)
            except OSError:
                hung_up = True
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            break
    if not hung_up:
        with contextlib.suppress(OSError):
            while select.select([terminal], [], [], 0)[0] and (more := os.read(terminal, 1 << 16)):
                written += more
    if not gone:
        os.close(terminal)
    return os.waitstatus_to_exitcode(status), written.decode(errors="replace").replace("\r\n", "\n")


def look(folder: Path) -> dict[str, Any]:
    """What is known afterwards, and what a resume makes of it."""
    house = Played(folder)
    try:
        made = runs(house)
        if not made:
            return {"run": "", "state": "never begun"}
        run = made[0]
        board = house.store.board("small", None, house.clock())
        check_runs(house.rollback, house.clock())
        with house.store.read() as tx:
            urgent = [a.title for a in tx.judgements.alerts(list(OPEN)) if a.priority is Priority.P1]
        seen = {
            "run": run.id,
            "state": run.state.value,
            "status": any(r.stopped and r.id == run.id for r in board.runs),
            "header": board.header.stopped,
            "row": [r.run for r in board.registry if r.key == "my-bot/canary"],
            "p1": any(run.id in title or "rollback" in title for title in urgent),
        }
        after = run
        if run.state not in (RunState.VERIFIED, RunState.UNDONE):
            try:
                after = resume(house.rollback, run.id, "ben", "host:1")
            except PulseError as error:
                return {**seen, "resumed": f"refused: {error}"}
        with house.store.read() as tx:
            wrong = verified(tx, ()).wrong
        target = Webhooks(folder / "target.json")
        return {
            **seen,
            "resumed": after.state.value,
            "effects": sorted(e["key"].split("-", 1)[1] for e in target.effects),
            "audit": wrong,
        }
    finally:
        house.close()


def tries(home: Path, scenario: str, kinds: str, step: int, at: int) -> Iterator[dict[str, Any]]:
    """One after the other, until the command is over before the point is reached."""
    ready = home / "ready"
    subject = prepare(ready, "run" if scenario == "tower" else scenario)
    while True:
        folder = home / f"try-{at}"
        shutil.copytree(ready, folder)
        chosen = tuple(signal.Signals[k] for k in kinds.split(",") if k not in ("*", "hangup"))
        chosen = (ALL[at % len(ALL)],) if kinds == "*" else chosen
        signals = Signals(at, chosen, folder / "passed")
        code, written = go(scenario, subject, folder, signals)
        if not signals.mark.exists():
            return
        yield {
            "scenario": scenario,
            "at": at,
            "point": signals.mark.read_text(),
            "signals": [k.name for k in chosen] or [kinds],
            "code": code,
            "written": written[-3_000:],
            **look(folder),
        }
        shutil.rmtree(folder)
        at += step


def main(home: Path, what: Sequence[str]) -> None:
    """``what``: as in the first line of this file."""
    default_policy()  # loaded once, before the children part
    wiring.House = vars(output)["House"] = Played  # type: ignore[misc]
    stores.SqlStore = Pointed  # type: ignore[misc]
    for number, each in enumerate(what):
        scenario, kinds, step, first = each.split(":")
        for line in tries(home / str(number), scenario, kinds, int(step), int(first)):
            print(json.dumps(line), flush=True)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="pulse-signals-") as fast:
        main(Path(fast), sys.argv[1:])
