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
        assert tx.estate.whereabouts([]) == {}
    everywhere = (PRODUCTION, CANARY, Environment.SHADOW, Environment.REPLICA)
    assert found == {"a": ("ml", everywhere), "b": ("ml-support", ()), "nobody-declared": ("", (CANARY,))}
