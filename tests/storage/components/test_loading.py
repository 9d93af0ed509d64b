"""Whether components are loaded, by who says so; which bills list them where they are in force."""

from __future__ import annotations

from pulse_tui.storage.store import SqlStore
from tests.fakes.bills import bill, package
from tests.fakes.nouns import NOW, PRODUCTION, asset, changed, deployment

VLLM = "pkg:pypi/vllm"


def test_each_source_has_its_own_answers_and_a_new_one_replaces_them(store: SqlStore) -> None:
    with store.write() as tx:
        assert tx.loading.put("bot", "sbom", {VLLM: False, "x": True}, NOW)
        assert not tx.loading.put("bot", "sbom", {"x": True, VLLM: False}, NOW)
        assert tx.loading.put("bot", "operator", {VLLM: True}, NOW)
        assert tx.loading.put("other", "sbom", {VLLM: False}, NOW)
        assert tx.loading.of(["bot"], [VLLM]) == {("bot", VLLM): {"sbom": False, "operator": True}}
        assert tx.loading.put("bot", "sbom", {}, NOW)
        assert tx.loading.of(["bot"]) == {("bot", VLLM): {"operator": True}}
        assert tx.loading.of([], [VLLM]) == {}


def test_a_bill_that_is_gone_says_nothing_any_more(store: SqlStore) -> None:
    one = bill(package("vllm", "0.9.1"), asset_id="bot", document="sbom")
    with store.write() as tx:
        tx.dependencies.put_bill(one)
        tx.loading.put("bot", one.origin, {VLLM: False}, NOW)
        tx.dependencies.drop_bill("bot", one.origin, NOW)
        assert tx.loading.of(["bot"]) == {}


def test_bills_that_list_it_are_those_in_force_that_are_whole(store: SqlStore) -> None:
    def made(document: str, version: str | None = None, **more: object) -> str:
        one = changed(bill(package("vllm", "0.9.1"), asset_id="bot", document=document), version=version, **more)
        tx.dependencies.put_bill(one)
        origin: str = one.origin
        return origin

    with store.write() as tx:
        tx.estate.put_assets([asset("bot")])
        tx.estate.deploy(deployment("2", PRODUCTION, asset_id="bot"))
        everywhere, serving = made("sbom"), made("image", "2")
        made("image", "1")
        made("scan", partial=True)
        assert tx.loading.listing("bot", VLLM) == {everywhere, serving}
        assert tx.loading.listing("bot", "pkg:pypi/ray") == set()
