from __future__ import annotations

import pytest

from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.estate import Component, DataHandling, Dependency, Estate
from pulse_tui.domain.release import Lineage, ReleaseState
from pulse_tui.domain.words import ComponentKind, Environment, Exposure
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, asset, changed, deployment, later, release


def test_an_estate_comes_back_as_it_was_put(store: SqlStore) -> None:
    bot = asset(data=DataHandling(stores_prompts=True, regulated=True), exposure=Exposure.PUBLIC, workflow="chat")
    vllm = Component(id="pkg:pypi/vllm", kind=ComponentKind.PACKAGE, name="vllm", version="0.9.1", ecosystem="PyPI")
    uses = Dependency(asset_id=bot.id, component=vllm, environments=(PRODUCTION,))
    serving = deployment("3.8.1", PRODUCTION, traffic=88.5, production_critical=True)
    with store.write() as tx:
        assert tx.estate.put_assets([bot]) == 1
        assert tx.estate.put_dependencies(bot.id, [uses]) == 1
        assert tx.estate.deploy(serving)
    with store.read() as tx:
        assert tx.estate.load() == Estate(assets={bot.id: bot}, deployments=(serving,), dependencies=(uses,))


def test_putting_the_same_again_writes_nothing(store: SqlStore) -> None:
    bot = asset(data=DataHandling(stores_traces=True))
    uses = [Dependency(asset_id=bot.id, component=Component(id=i, kind=ComponentKind.PLUGIN, name=i)) for i in "ab"]
    with store.write() as tx:
        tx.estate.put_assets([bot])
        tx.estate.put_dependencies(bot.id, uses)
        tx.estate.deploy(deployment("1"))
    with store.write() as tx:
        assert tx.estate.put_assets([bot]) == 0
        assert tx.estate.put_dependencies(bot.id, uses) == 0
        assert not tx.estate.deploy(deployment("1", since=later(hours=1)))
        assert tx.estate.put_assets([changed(bot, owner_team="other")]) == 1
        assert tx.estate.put_dependencies(bot.id, uses[:1]) == 1
        assert tx.estate.put_dependencies(bot.id, []) == 1


def test_iterations_rise_by_one_and_a_number_is_never_used_twice(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.estate.add_release(release("1.0")).iteration == 1
        assert tx.estate.next_iteration("support-bot") == 2
        assert tx.estate.add_release(release("1.1", iteration=77)).iteration == 3
        assert tx.estate.next_iteration("other") == 1
    with store.read() as tx:
        assert [(r.version, r.iteration) for r in tx.estate.releases("support-bot")] == [("1.0", 1), ("1.1", 3)]


def test_a_release_is_added_once(store: SqlStore) -> None:
    with store.write() as tx:
        tx.estate.add_release(release("1.0"))
    with pytest.raises(Refused, match="there already"), store.write() as tx:
        tx.estate.add_release(release("1.0", digest="other"))
    with store.write() as tx:
        found = tx.estate.release("support-bot", "1.0")
        assert found is not None
        assert found.digest == "sha256:1.0"
        assert tx.estate.next_iteration("support-bot") == 2


def test_a_release_keeps_lineage_provenance_state_and_pointer(store: SqlStore) -> None:
    whole = release(
        "1.0", lineage=Lineage(base_model="m", prompt_template="p"), provenance={"git": "abc"}, registry_version="7"
    )
    with store.write() as tx:
        tx.estate.add_release(whole)
        tx.estate.set_release_state("support-bot", "1.0", ReleaseState.QUARANTINED)
        tx.estate.set_rollback_pointer("support-bot", "1.0", "0.9")
        expected = changed(whole, iteration=1, state=ReleaseState.QUARANTINED, rollback_pointer="0.9")
        assert tx.estate.release("support-bot", "1.0") == expected
        with pytest.raises(NotFound, match=r"no release 9\.9"):
            tx.estate.set_release_state("support-bot", "9.9", ReleaseState.RETIRED)


def test_versions_are_compared_as_texts(store: SqlStore) -> None:
    with store.write() as tx:
        for version in ("1.0", "1.00", "V1", "v1", "1%", "1_"):
            tx.estate.add_release(release(version))
        assert len(tx.estate.releases("support-bot")) == 6


def test_a_deployment_opens_a_stay_and_closes_the_former(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.estate.deploy(deployment("1", since=NOW))
        assert tx.estate.deploy(deployment("1", since=later(hours=5), traffic=50.0))
        assert tx.estate.deploy(deployment("2", since=later(hours=6)))
        tx.estate.mark_unhealthy("support-bot", CANARY, "2")
        newest, former = tx.estate.stays("support-bot", CANARY)
        serving = tx.estate.deployment("support-bot", CANARY)
        assert serving is not None
        assert (serving.version, serving.since) == ("2", later(hours=6))
    assert (newest.version, newest.until, newest.healthy) == ("2", None, False)
    assert (former.version, former.since, former.until, former.healthy) == ("1", NOW, later(hours=6), True)


def test_a_change_of_traffic_keeps_since(store: SqlStore) -> None:
    with store.write() as tx:
        tx.estate.deploy(deployment("1", since=NOW))
        tx.estate.deploy(deployment("1", since=later(hours=5), traffic=50.0))
        serving = tx.estate.deployment("support-bot", CANARY)
    assert serving == deployment("1", since=NOW, traffic=50.0)


def test_what_was_bad_while_it_served_is_known_after_it_left(store: SqlStore) -> None:
    with store.write() as tx:
        tx.estate.deploy(deployment("1", since=NOW))
        tx.estate.deploy(deployment("2", since=later(hours=1)))
        tx.estate.deploy(deployment("1", since=later(hours=2)))
        tx.estate.mark_unhealthy("support-bot", CANARY, "2")
        assert [(s.version, s.healthy) for s in tx.estate.stays("support-bot", CANARY)] == [
            ("1", True),
            ("2", False),
            ("1", True),
        ]


def test_taking_a_deployment_away_closes_its_stay(store: SqlStore) -> None:
    with store.write() as tx:
        tx.estate.deploy(deployment("1"))
        assert tx.estate.undeploy("support-bot", CANARY, later(hours=1))
        assert not tx.estate.undeploy("support-bot", CANARY, later(hours=2))
        assert tx.estate.deployment("support-bot", CANARY) is None
        (stay,) = tx.estate.stays("support-bot", CANARY)
        assert stay.until == later(hours=1)
        assert tx.estate.stays("support-bot", Environment.SHADOW) == []
