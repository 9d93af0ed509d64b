"""The matrix of the kills: every kind x point x side x database, and what every one of them must come to."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.step_targets import StepTarget, opened
from tests.faults.killing import NOBODY, POINTS, SIDES

ROOT = Path(__file__).parents[2]
DATABASES = ("sqlite", "postgresql")
Choice = Callable[[Sequence[str], str], "list[Kill]"]
"""Some of the matrix, of some kinds on one database."""


class Kill(NamedTuple):
    """Who is killed where."""

    kind: str
    point: str
    side: str
    database: str


def matrix(kinds: Sequence[str], database: str) -> list[Kill]:
    """All of it on one database."""
    return [Kill(k, p, s, database) for k in kinds for p in POINTS for s in SIDES]


def spread(kinds: Sequence[str], database: str) -> list[Kill]:
    """A quarter of it: every kind at every point on one of the databases, so that each side meets each point on each."""
    pairs = [(s, d) for s in SIDES for d in DATABASES]
    return [
        Kill(kind, point, side, database)
        for n, kind in enumerate(kinds)
        for m, point in enumerate(POINTS)
        for side, chosen in [pairs[(n + m) % len(pairs)]]
        if chosen == database
    ]


class Numbers(NamedTuple):
    """What came of them."""

    kills: int
    lost: list[str]
    duplicated: list[str]
    stuck: list[str]
    ends: Counter[str]
    seconds: float

    def line(self) -> str:
        """To print."""
        ends = ", ".join(f"{n} {word}" for word, n in sorted(self.ends.items()))
        return (
            f"{self.kills} kills: {len(self.lost)} lost, {len(self.duplicated)} duplicated, {len(self.stuck)} stuck "
            f"({ends}; {self.seconds:.1f} s)"
        )


Tried = tuple[Kill, StepTarget, dict[str, Any], list[str]]
"""What was done, at which target, what came of it, and the values that took effect meanwhile."""


def tried(kills: Sequence[Kill], home: Path) -> Iterator[Tried]:
    """One after the other; a target and a driver serve all that are theirs."""
    with ExitStack() as stack:
        drivers = {d: stack.enter_context(_driver(d, home)) for d in sorted({k.database for k in kills})}
        targets = dict[tuple[str, str], tuple[StepTarget, Path]]()
        for kill in kills:
            place = (kill.kind, kill.database)
            if place not in targets:
                cold = kill.database not in {database for _, database in targets}
                folder = home / "-".join(place)
                folder.mkdir()
                targets[place] = (stack.enter_context(opened(kill.kind, folder)), folder)
                targets[place][0].settle()
                if cold:
                    drivers[kill.database](kill._replace(side=NOBODY), *targets[place])
            target, folder = targets[place]
            before = len(target.effects())
            came = drivers[kill.database](kill, target, folder)
            yield kill, target, came, target.effects()[before:]


def carried_out(kills: Sequence[Kill], home: Path) -> Numbers:
    """Each kill, and the run brought to its end after it; the targets count their effects."""
    lost, duplicated, stuck = list[str](), list[str](), list[str]()
    ends = Counter[str]()
    began = time.monotonic()
    for kill, target, came, effects in tried(kills, home):
        name = f"{kill}: {came}; effects {effects}; holds {target.holds()}"
        ends[f"{came['state']} after {came['resumed']} resumes"] += 1
        there_and_back = [[], [came["to"], came["from"]]]
        verified = came["state"] == "verified"
        if came["state"] not in ("verified", "undone") or came["active"]:
            stuck.append(name)
        elif target.holds() != (came["to"] if verified else came["from"]):
            lost.append(name)
        elif effects not in ([[came["to"]]] if verified else there_and_back):
            duplicated.append(name)
    return Numbers(len(kills), lost, duplicated, stuck, ends, time.monotonic() - began)


class _Driver:
    def __init__(self, process: subprocess.Popen[str], errors: Path) -> None:
        self._process, self._errors = process, errors

    def __call__(self, kill: Kill, target: StepTarget, folder: Path) -> dict[str, Any]:
        numbers = [target.release(value).registry_version for value in target.values]
        case = [kill.kind, target.options, target.secrets, numbers, str(folder), kill.point, kill.side]
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(case) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, f"the driver ended at {kill}: {self._errors.read_text()[-2_000:]}"
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def _driver(database: str, home: Path) -> Iterator[_Driver]:
    base = home / database
    base.mkdir()
    name = "" if database == "sqlite" else postgres().create()
    url = sqlite_file(base / "pulse.db") if database == "sqlite" else postgres().named(name)
    with (base / "errors").open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.killing", url.replace("postgresql://", "postgresql+psycopg://"), str(base)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, env={**os.environ},
        )  # fmt: skip
        try:
            yield _Driver(process, base / "errors")
        finally:
            if process.stdin is not None:
                process.stdin.close()
            process.wait(timeout=20)
            if process.stdout is not None:
                process.stdout.close()
            if name:
                postgres().drop(name)
