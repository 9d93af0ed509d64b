"""A change of what an asset depends on asks for a re-test of it, which a run ends. On both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pulse_tui.domain.bill import Bill
from pulse_tui.domain.estate import Component, Stage, Workflow
from pulse_tui.domain.release import RegistrySnapshot, RegistryVersion
from pulse_tui.domain.signal import Signal
from pulse_tui.domain.words import ComponentKind, Environment, Recommended, SignalType
from pulse_tui.enrich.tree import ASSET
from pulse_tui.services.parts import JudgeParts
from pulse_tui.services.signals.dependents import dependents_of
from pulse_tui.services.signals.ingest import ingest
from pulse_tui.storage.store import SqlStore
from tests.fakes.bills import bill, declared, package
from tests.fakes.clock import Clock
from tests.fakes.databases import postgres, sqlite_file
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, asset, deployment, later, run_of

BOT = "support-bot"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    if request.param == "sqlite":
        opened = SqlStore(sqlite_file(tmp_path / "pulse.db"), tmp_path)
        yield opened
        opened.close()
        return
    server = postgres()
    name = server.create()
    opened = SqlStore(server.named(name), tmp_path)
    yield opened
    opened.close()
    server.drop(name)


def part(name: str) -> Component:
    return Component(id=f"{ASSET}{name}", kind=ComponentKind.ASSET, name=name)


def asked(judge: JudgeParts) -> list[Signal]:
    """Signals that ask for a test of what depends on a change, oldest first."""
    with judge.store.read() as tx:
        alerts = tx.judgements.alerts(None, 100)
        found = [tx.signals.get(a.signal_id) for a in alerts]
    mine = [s for s in found if s is not None and s.signal_type is SignalType.DEPENDENCY_CHANGE]
    return [s for s in reversed(mine) if s.recommended_action is Recommended.RETEST]


def waiting(judge: JudgeParts) -> list[str]:
    with judge.store.read() as tx:
        return [r.asset_id for r in tx.judgements.retests()]


def states(judge: JudgeParts, asset_id: str) -> set[str]:
    rows = judge.store.board("acme", None, judge.clock()).registry
    return {word for row in rows if row.asset == asset_id for word in (row.state, *row.also)}


def take(judge: JudgeParts, *bills: Bill) -> None:
    ingest(bills, [], judge, judge.clock())


def version_of(asset_id: str, version: str) -> RegistryVersion:
    return RegistryVersion(asset_id=asset_id, registry_version=version, version=version, digest=None, created_at=NOW)


def snapshot(asset_id: str, version: str, environment: Environment = PRODUCTION) -> RegistrySnapshot:
    return RegistrySnapshot(
        source="registry",
        asset_id=asset_id,
        versions=(version_of(asset_id, version),),
        placements={environment: (version, 100.0)},
        complete=False,
    )


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (declared("search", ComponentKind.PLUGIN, "1"), declared("search", ComponentKind.PLUGIN, "2"), "plugin under"),
        (declared("faiss", ComponentKind.VECTOR_STORE, "1"), declared("faiss", ComponentKind.VECTOR_STORE, "2"), "vector store under"),
        (
            Component(id="pkg:generic/nvidia-driver", kind=ComponentKind.PACKAGE, name="nvidia-driver", version="550.54"),
            Component(id="pkg:generic/nvidia-driver", kind=ComponentKind.PACKAGE, name="nvidia-driver", version="560.28"),
            "driver under",
        ),
    ],
)  # fmt: skip
def test_a_part_that_decides_how_an_asset_behaves_asks_for_a_test_when_it_changes(
    judge: JudgeParts, before: Component, after: Component, words: str
) -> None:
    take(judge, bill(before, package("ray", "1")))
    assert asked(judge) == []
    take(judge, bill(after, package("ray", "1")))
    (signal,) = asked(judge)
    assert signal.title.startswith(f"{words} {BOT} changed: {before.name} ")
    assert waiting(judge) == [BOT]
    assert "retest" in states(judge, BOT)


def test_a_library_alone_asks_for_none(judge: JudgeParts) -> None:
    take(judge, bill(package("ray", "1")))
    take(judge, bill(package("ray", "2")))
    assert asked(judge) == []


def test_a_run_of_what_serves_after_the_change_ends_it_and_an_earlier_one_does_not(
    judge: JudgeParts, clock: Clock
) -> None:
    take(judge, bill(declared("search", version="1")))
    clock.sleep(60)
    take(judge, bill(declared("search", version="2"), at=clock()))
    with judge.store.read() as tx:
        serving = tx.estate.deployment(BOT, PRODUCTION)
    assert serving is not None
    clock.sleep(60)
    ingest([run_of("early", serving.version, 0.9, at=later(seconds=1))], [], judge, clock())
    assert waiting(judge) == [BOT]
    ingest([run_of("late", serving.version, 0.9, at=clock())], [], judge, clock())
    assert waiting(judge) == []
    with judge.store.read() as tx:
        cleared = [a for a in tx.judgements.alerts(None, 100) if a.rule_id == "alias-moved"]
    assert [a.cleared_at is not None or not a.open for a in cleared] == [True]


def test_another_version_of_an_asset_asks_for_a_test_of_everything_that_is_built_on_it(judge: JudgeParts) -> None:
    with judge.store.write() as tx:
        tx.estate.put_assets([asset("kb"), asset("flow"), asset("idle")])
        for name in ("flow",):
            tx.estate.deploy(deployment("1", PRODUCTION, asset_id=name))
    take(judge, bill(part("kb")), bill(part(BOT), asset_id="flow"), bill(part("kb"), asset_id="idle"))
    ingest([snapshot("kb", "1")], [], judge, NOW)
    assert asked(judge) == []
    ingest([snapshot("kb", "2")], [], judge, later(minutes=1))
    found = {s.asset_id: s for s in asked(judge)}
    assert found.keys() == {BOT, "flow"}, "what is deployed nowhere has nothing to test"
    assert found[BOT].title == f"kb under {BOT} moved: 1 -> 2 (built on kb)"
    assert found["flow"].title.endswith(f"(built on {BOT})")
    assert sorted(waiting(judge)) == ["flow", BOT]
    ingest([snapshot("kb", "2")], [], judge, later(minutes=2))
    assert len(asked(judge)) == 2


def test_a_move_outside_production_concerns_only_who_is_there(judge: JudgeParts) -> None:
    with judge.store.write() as tx:
        tx.estate.put_assets([asset("kb"), asset("flow")])
        tx.estate.deploy(deployment("1", PRODUCTION, asset_id="flow"))
    take(judge, bill(part("kb")), bill(part("kb"), asset_id="flow"))
    for version in ("1", "2"):
        ingest([snapshot("kb", version, CANARY)], [], judge, later(minutes=int(version)))
    assert [(s.asset_id, s.environment) for s in asked(judge)] == [(BOT, CANARY)]


def test_a_stage_asks_for_a_test_of_the_stages_behind_it(judge: JudgeParts) -> None:
    with judge.store.write() as tx:
        tx.estate.put_assets([asset("classify"), asset("answer")])
        tx.estate.deploy(deployment("1", PRODUCTION, asset_id="answer"))
        tx.estate.deploy(deployment("1", PRODUCTION, asset_id="classify"))
        stages = (Stage("classify", "classify"), Stage("retrieve", "kb"), Stage("answer", "answer"))
        tx.inventory.put_workflows([Workflow(id="refunds", stages=stages)])
        tx.estate.put_assets([asset("kb")])
    for version in ("1", "2"):
        ingest([snapshot("kb", version)], [], judge, later(minutes=int(version)))
    assert [s.title for s in asked(judge)] == ["kb under answer moved: 1 -> 2 (after kb in refunds)"]


def test_assets_that_are_built_on_each_other_are_each_asked_once(judge: JudgeParts) -> None:
    with judge.store.write() as tx:
        tx.estate.put_assets([asset("a"), asset("b")])
    take(judge, bill(part("b"), asset_id="a"), bill(part("a"), asset_id="b"))
    with judge.store.read() as tx:
        assert dependents_of(tx, "a") == {"b": "built on a"}
