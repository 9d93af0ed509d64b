from __future__ import annotations

import pytest

from pulse_tui.domain.errors import NotFound, Refused
from pulse_tui.domain.estate import DataHandling, Estate
from pulse_tui.domain.release import Interface, Lineage, Promotion, PushedChange, ReleaseState
from pulse_tui.domain.words import Change, Environment, Exposure
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import CANARY, NOW, PRODUCTION, asset, changed, deployment, later, release


def test_an_estate_comes_back_as_it_was_put(store: SqlStore) -> None:
    bot = asset(data=DataHandling(stores_prompts=True, regulated=True), exposure=Exposure.PUBLIC, workflow="chat")
    serving = deployment("3.8.1", PRODUCTION, traffic=88.5, production_critical=True)
    with store.write() as tx:
        assert tx.estate.put_assets([bot]) == 1
        assert tx.estate.deploy(serving)
    with store.read() as tx:
        assert tx.estate.load() == Estate(assets={bot.id: bot}, deployments=(serving,))
        assert tx.estate.asset(bot.id) == bot
        assert tx.estate.asset("nobody") is None


def test_putting_the_same_again_writes_nothing(store: SqlStore) -> None:
    bot = asset(data=DataHandling(stores_traces=True))
    with store.write() as tx:
        tx.estate.put_assets([bot])
        tx.estate.deploy(deployment("1"))
    with store.write() as tx:
        assert tx.estate.put_assets([bot]) == 0
        assert not tx.estate.deploy(deployment("1", since=later(hours=1)))
        assert tx.estate.put_assets([changed(bot, owner_team="other")]) == 1
        assert tx.estate.put_assets([asset("new"), bot, asset("new", owner_team="last")]) == 2
        assert tx.estate.load().assets["new"].owner_team == "last"
        assert tx.estate.put_assets([]) == 0


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


def test_ten_thousand_assets_are_put_at_once_and_only_the_changed_ones_are_written(store: SqlStore) -> None:
    many = [asset(f"asset-{i:05}") for i in range(10_000)]
    with store.write() as tx:
        assert tx.estate.put_assets(many) == 10_000
        assert tx.estate.put_assets(many) == 0
        assert tx.estate.put_assets([*many[:-1], changed(many[-1], owner_team="other")]) == 1
        loaded = tx.estate.load().assets
    assert len(loaded) == 10_000
    assert loaded["asset-09999"].owner_team == "other"


def test_releases_are_found_by_exactly_their_digest(store: SqlStore) -> None:
    with store.write() as tx:
        for version, asset_id, digest in (("1", "a", "sha256:x"), ("2", "a", "sha256:X"), ("1", "b", "sha256:x")):
            tx.estate.add_release(release(version, asset_id, digest=digest))
        tx.estate.add_release(release("3", "a", digest=None))
        found = tx.estate.releases_by_digest("sha256:x")
        assert [(r.asset_id, r.version) for r in found] == [("a", "1"), ("b", "1")]
        assert tx.estate.releases_by_digest("") == []


def test_what_was_not_known_of_a_release_is_filled_in_and_nothing_else_is_touched(store: SqlStore) -> None:
    first = release("1.0", digest=None, lineage=Lineage(base_model="m"), provenance={"commit": "abc"})
    told = release(
        "1.0",
        created_at=NOW,
        state=ReleaseState.RETIRED,
        lineage=Lineage(base_model="other", prompt_template="p"),
        provenance={"commit": "def", "builder": "ci"},
        branch="main",
        interface=Interface(schema="2"),
        registry_version="7",
    )
    with store.write() as tx:
        tx.estate.add_release(first)
        assert tx.estate.complete_release(told)
        assert tx.estate.release("support-bot", "1.0") == changed(
            first,
            iteration=1,
            digest="sha256:1.0",
            lineage=Lineage(base_model="m", prompt_template="p"),
            provenance={"commit": "abc", "builder": "ci"},
            branch="main",
            interface=Interface(schema="2"),
            registry_version="7",
        )
        assert not tx.estate.complete_release(changed(told, digest="sha256:else", branch="dev"))
        with pytest.raises(NotFound, match=r"no release 9\.9"):
            tx.estate.complete_release(release("9.9"))


def test_promotions_are_told_newest_first(store: SqlStore) -> None:
    with store.write() as tx:
        for version, hours, decision in (("1", 0, None), ("2", 2, "d-1"), ("3", 1, None), ("4", 2, None)):
            tx.estate.record_promotion(
                "support-bot", version, CANARY, by="ana", at=later(hours=hours), decision_id=decision, why="better"
            )
        tx.estate.record_promotion("other", "9", CANARY, by="ana", at=NOW, decision_id=None, why="")
        found = tx.estate.promotions("support-bot")
        assert [p.version for p in found] == ["4", "2", "3", "1"]
        assert found[1] == Promotion(
            asset_id="support-bot",
            version="2",
            environment=CANARY,
            by="ana",
            at=later(hours=2),
            decision_id="d-1",
            why="better",
        )
        assert [p.version for p in tx.estate.promotions("support-bot", limit=2)] == ["4", "2"]


def test_many_numbers_are_taken_at_once_in_order_and_go_on_from_the_last(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.estate.next_iteration("support-bot") == 1
        assert tx.estate.next_iterations(["support-bot", "other", "support-bot"]) == [2, 1, 3]
        assert tx.estate.next_iterations([]) == []
    with store.write() as tx:
        assert tx.estate.next_iterations(["support-bot"]) == [4]
        assert tx.estate.next_iteration("other") == 2


def test_pushed_releases_and_changes_are_kept_with_the_numbers_that_they_carry(store: SqlStore) -> None:
    change = PushedChange(
        asset_id="support-bot", iteration=9, change=Change.RETRAINING, at=NOW, by="ana", what="new data", version="1"
    )
    unnamed = changed(change, iteration=12, version=None, environment=Environment.CANARY, digest="sha256:9")
    with store.write() as tx:
        tx.estate.add_pushed([release("1", iteration=7)], [change, unnamed])
        known = release("1", iteration=7)
        assert tx.estate.release("support-bot", "1") == known
        asked = {("support-bot", "1"), ("support-bot", "2"), ("other", "1")}
        assert tx.estate.known_versions(asked) == {("support-bot", "1")}
        assert tx.estate.pushed_changes("support-bot") == [unnamed, change]
        assert tx.estate.pushed_changes("support-bot", "1") == [change]
        assert tx.estate.pushed_changes("support-bot", limit=1) == [unnamed]
