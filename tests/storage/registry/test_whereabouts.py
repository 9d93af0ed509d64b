"""Owners and places of thousands of assets at once."""

from __future__ import annotations

from pulse_tui.domain.words import Environment
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import CANARY, PRODUCTION, asset, deployment


def test_owners_and_places_come_at_once_production_first(store: SqlStore) -> None:
    with store.write() as tx:
        tx.estate.put_assets([asset("a", owner_team="ml"), asset("b"), asset("c")])
        for environment in (Environment.REPLICA, CANARY, Environment.SHADOW, PRODUCTION):
            tx.estate.deploy(deployment("1", environment, asset_id="a"))
        tx.estate.deploy(deployment("1", CANARY, asset_id="nobody-declared"))
    with store.read() as tx:
        found = tx.estate.whereabouts(["a", "b", "nobody-declared", "not-there"])
        assert tx.estate.whereabouts([]) == []
    everywhere = (PRODUCTION, CANARY, Environment.SHADOW, Environment.REPLICA)
    assert sorted(found) == [("", (CANARY,), ["nobody-declared"]), ("ml", everywhere, ["a"]), ("ml-support", (), ["b"])]


def test_assets_of_one_owner_in_the_same_places_come_together_whether_few_or_most_are_asked_for(
    store: SqlStore,
) -> None:
    names = [f"a{i:02}" for i in range(30)]
    with store.write() as tx:
        tx.estate.put_assets([asset(name, owner_team="ml") for name in names])
        for name in names[10:]:
            tx.estate.deploy(deployment("1", CANARY, asset_id=name))
    with store.read() as tx:
        for wanted in (names[9:11], names[5:25], names):
            found = {w.environments: (w.owner, sorted(w.assets)) for w in tx.estate.whereabouts(wanted)}
            here, nowhere = [n for n in wanted if n >= "a10"], [n for n in wanted if n < "a10"]
            assert found == {(CANARY,): ("ml", here), (): ("ml", nowhere)}
