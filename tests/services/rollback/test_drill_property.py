"""Whatever a playbook looks like and whatever goes wrong: a drill never writes what serves."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pulse_tui.domain.errors import PulseError
from pulse_tui.domain.rollback import RunState
from pulse_tui.domain.words import Environment
from pulse_tui.services.parts import RollbackParts
from pulse_tui.services.rollback.execute import put_back, resume
from pulse_tui.services.rollback.rehearse import drill
from pulse_tui.settings.shapes import PlaybookShape
from pulse_tui.storage.store import SqlStore
from tests.fakes.clock import Clock
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.house import judging, playbook, rollback
from tests.fakes.nouns import CANARY, PRODUCTION, deployment, later
from tests.fakes.target import PlaceOptions, Places
from tests.servers.forms import examples
from tests.services.estates import fill

REPLICA = Environment.REPLICA
NAMES = (
    "alias-{environment}", "gateway-{environment}", "{asset}-{environment}", "cache-{environment}", "alias",
    "{asset}", "alias-replica", "alias-production",
)  # fmt: skip
FAULTS = ("refuse", "lost", "landed", "ignored", "bug")


class Dies(Places):
    """Ends the process that carries the drill out before its n-th write."""

    writes = 0
    at = 0

    def write(self, options: PlaceOptions, value: str, **more: Any) -> None:
        self.writes += 1
        if self.writes == self.at:
            raise SystemExit
        super().write(options, value, **more)


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path, clock: Clock) -> Iterator[RollbackParts]:
    server = postgres() if request.param == "postgresql" else None
    name = server.create() if server is not None else ""
    store = SqlStore(server.named(name) if server is not None else sqlite_file(tmp_path / "pulse.db"), tmp_path)
    fill(store)
    with store.write() as tx:
        tx.estate.deploy(deployment("3.8.2", PRODUCTION, since=later(hours=-1)))
        tx.estate.deploy(deployment("3.8.2", REPLICA, since=later(hours=-1)))
    yield rollback(judging(store, tmp_path, clock), Places(tmp_path / "target.json"), clock)
    store.close()
    if server is not None:
        server.drop(name)


def books(chance: random.Random) -> tuple[PlaybookShape, ...]:
    made = []
    for number in range(chance.randint(1, 2)):
        weights = [6, 6, 4, 4, 1, 1, 1, 1]
        names = list(dict.fromkeys(chance.choices(NAMES, weights, k=chance.randint(1, 3))))
        plain = playbook(*names, on_failure=chance.choice(["undo", "halt"]))
        environments = chance.choice([(PRODUCTION,), (CANARY, PRODUCTION), tuple(Environment)])
        made.append(msgspec.structs.replace(plain, id=f"b{number}", environments=environments, digest=f"{number}" * 64))
    return tuple(made)


def serves(parts: RollbackParts) -> set[str]:
    """The places that something that serves would be moved at."""
    found = set()
    for book in parts.playbooks:
        for environment in set(book.environments) - {REPLICA}:
            for step in book.steps:
                for asset in ("support-bot", "gateway"):
                    name = step.options["name"].replace("{environment}", environment.value)
                    found.add(name.replace("{asset}", asset))
    return found


def test_a_drill_never_writes_what_serves(house: RollbackParts, tmp_path: Path, clock: Clock) -> None:
    target, outcomes = Dies(tmp_path / "target.json"), set[str]()
    for seed in range(examples(80)):
        chance = random.Random(seed)
        parts = house._replace(playbooks=books(chance), steps={"place": target})
        every = serves(parts) | {n.replace("{environment}", "replica").replace("{asset}", "support-bot") for n in NAMES}
        for place in every:
            target.put(place, "3.8.2")
        before, target.writes, target.at = len(target.effects), 0, chance.choice([0, 0, 1, 2, 3])
        target.fault(
            *[("write", chance.choice(sorted(every)), chance.choice(FAULTS)) for _ in range(chance.randint(0, 4))]
        )
        try:
            held = drill(parts, "support-bot", PRODUCTION, "ana", f"host:{seed}")
            outcomes.add(held.run.state.value if held.run is not None else "waits")
        except SystemExit:
            outcomes.add("died")
        except PulseError:
            outcomes.add("refused")
        clock.pass_(seconds=120)
        target.at = 0
        _bring_to_an_end(parts, chance)
        written = {e["place"] for e in target.effects[before:]}
        assert not written & serves(parts), (seed, parts.playbooks, written)
        with target._state() as state:
            state["faults"].clear()
    assert {"verified", "refused", "died"} <= outcomes


def _bring_to_an_end(parts: RollbackParts, chance: random.Random) -> None:
    for again in range(12):
        with parts.store.read() as tx:
            runs = [r for r in tx.rollbacks.runs() if r.active or r.state is RunState.HALTED]
        if not runs:
            return
        action = chance.choice([resume, put_back])
        try:
            action(parts, runs[0].id, "ben", f"again:{again}")
        except PulseError:
            return
