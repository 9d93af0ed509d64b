"""Four processes on one plan, and on rival plans for one target, at the same moment: exactly one of them executes."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from pulse_tui.domain.rollback import Plan, PlanState
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.approve import approve
from pulse_tui.services.rollback.plan import propose
from pulse_tui.storage.store import SqlStore
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.nouns import CANARY
from tests.fakes.target import Places
from tests.faults import racing
from tests.faults.kills import DATABASES, ROOT
from tests.services.estates import fill

PROCESSES = 4
VERSIONS = ("3.8.0", "3.8.1", "3.8.2")
LEAD_S = 0.02
"""Between the line that names the plan and the moment: all processes have read it by then."""


@contextmanager
def racers(url: str, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """All of them, ready."""
    command = [sys.executable, "-m", "tests.faults.racing", url, str(folder), str(PROCESSES)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture(params=DATABASES)
def estate(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, RollbackParts, Path]]:
    """(the database's URL, parts on it, the folder of the target)."""
    name = "" if request.param == "sqlite" else postgres().create()
    url = postgres().named(name) if name else sqlite_file(tmp_path / "pulse.db")
    url = url.replace("postgresql://", "postgresql+psycopg://")
    store = SqlStore(url, tmp_path)
    fill(store)
    store.close()
    Places(tmp_path / "target.json").put("alias", "3.8.2")
    made = racing.parts(url, tmp_path)
    yield url, made, tmp_path
    made.store.close()
    if name:
        postgres().drop(name)


def moves(parts: RollbackParts, base: Plan, to: list[str]) -> list[Plan]:
    """An approved plan for each of the versions, from what serves now; more than one may want the same."""
    with parts.store.read() as tx:
        serving = tx.estate.deployment("support-bot", CANARY)
    assert serving is not None
    now, plans = parts.clock(), []
    for number, version in enumerate(to):
        (step,) = base.steps
        plan = msgspec.structs.replace(
            base, from_version=serving.version, from_digest=f"sha256:{serving.version}", to_version=version,
            to_digest=f"sha256:{version}", steps=(msgspec.structs.replace(step, expected=serving.version, desired=version),),
            created_at=now, expires_at=now + timedelta(hours=1), reason=f"rival {number}", undoes=base.hash,
        )  # fmt: skip
        with parts.store.write() as tx:
            tx.rollbacks.add_plan(plan)
            tx.log.append(now, "ana", "plan.proposed", plan.target, {"plan": plan.hash})
        plans.append(plan)
    for plan in plans:
        assert approve(parts, plan.hash, "ana", "x") is PlanState.APPROVED
    return plans


@pytest.mark.parametrize(
    "rounds", [pytest.param(26, id="short"), pytest.param(1000, id="long", marks=pytest.mark.slow)]
)
def test_of_processes_on_one_plan_and_on_rival_plans_exactly_one_executes(
    rounds: int, estate: tuple[str, RollbackParts, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    url, parts, folder = estate
    target = Places(folder / "target.json")
    base = propose(parts, "support-bot", CANARY, by="ana", reason="p95 breach")
    began = time.monotonic()
    with racers(url, folder) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(rounds):
            here = target.holds("alias")
            others = [v for v in VERSIONS if v != here]
            plans = moves(parts, base, others if number % 2 else others[:1])
            effects = len(target.effects)
            print(time.monotonic() + LEAD_S, *(plan.hash for plan in plans), file=process.stdin, flush=True)
            answers = [process.stdout.readline().strip() for _ in range(PROCESSES)]
            assert answers.count("verified") == 1, answers
            assert [a for a in answers if not a.startswith("refused: ") and a != "verified"] == [], answers
            (effect,) = target.effects[effects:]
            with parts.store.read() as tx:
                runs = [run for plan in plans for run in tx.rollbacks.runs(plan_hash=plan.hash)]
            assert len(runs) == 1, runs
            assert effect["value"] == target.holds("alias") != here
    with capsys.disabled():
        print(
            f"{rounds} rounds of {PROCESSES} processes on one plan and on rival plans, {url.partition(':')[0]}: "
            f"one executor each ({time.monotonic() - began:.1f} s)"
        )
