"""The estate is read once for as long as nobody changes it, and never from what was rolled back."""

from __future__ import annotations

from pathlib import Path

import pytest

from pulse_tui.domain.estate import Estate
from pulse_tui.domain.words import Environment
from pulse_tui.storage.store import SqlStore
from tests.fakes.nouns import PRODUCTION, asset, deployment, later


def _estate(store: SqlStore) -> Estate:
    with store.read() as tx:
        return tx.estate.load()


def test_the_estate_is_the_same_value_until_somebody_changes_it(store: SqlStore, url: str, tmp_path: Path) -> None:
    with store.write() as tx:
        tx.estate.put_assets([asset("bot")])
    before = _estate(store)
    assert _estate(store) is before
    other = SqlStore(url, tmp_path)
    with other.write() as tx:
        tx.estate.deploy(deployment("1.0", PRODUCTION, asset_id="bot"))
    after = _estate(store)
    assert [d.version for d in after.deployments] == ["1.0"]
    with other.write() as tx:
        tx.estate.undeploy("bot", PRODUCTION, later(hours=1))
        tx.estate.put_assets([asset("bot", owner_team="others")])
    other.close()
    assert _estate(store).deployments == ()
    assert _estate(store).assets["bot"].owner_team == "others"


def test_what_is_rolled_back_is_in_no_estate(store: SqlStore) -> None:
    with store.write() as tx:
        tx.estate.put_assets([asset("bot")])

    def change(name: str, *, fails: bool) -> None:
        with store.write() as tx:
            tx.estate.put_assets([asset(name)])
            assert name in tx.estate.load().assets
            if fails:
                raise RuntimeError

    with pytest.raises(RuntimeError):
        change("first", fails=True)
    change("second", fails=False)  # it gets the mark that the one before had
    assert set(_estate(store).assets) == {"bot", "second"}


def test_a_place_is_found_by_its_asset() -> None:
    estate = Estate(deployments=(deployment("1.0"), deployment("2.0", PRODUCTION), deployment("3.0", asset_id="other")))
    assert estate.environments("support-bot") == [PRODUCTION, Environment.CANARY]
    assert (found := estate.deployment("support-bot", PRODUCTION)) is not None
    assert found.version == "2.0"
    assert estate.deployment(None, PRODUCTION) is None
    assert estate.deployment("other", PRODUCTION) is None
