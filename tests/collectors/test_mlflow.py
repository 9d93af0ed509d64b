"""What the mlflow collector reads from a real registry, and from one that answers nonsense."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from pulse_tui.collectors import mlflow
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.release import RegistrySnapshot
from pulse_tui.domain.source import Collected
from pulse_tui.domain.words import Environment
from tests.collectors.contexts import context, quick_web
from tests.servers.loopback import Loopback, Reply
from tests.servers.mlflow_server import MARKS, MlflowServer

pytestmark = MARKS


def fresh(name: str = "bot") -> str:
    return f"{name}-{uuid.uuid4().hex[:8]}"


def collect(url: str, *models: str, **options: Any) -> Collected:
    chosen = mlflow.Options(url=url, models=models, **options)
    return mlflow.collect(chosen, context(http=quick_web(body_cap=32 * 2**20), source="registry"))


def snapshots(collected: Collected) -> dict[str, RegistrySnapshot]:
    return {s.asset_id: s for s in collected.observations if isinstance(s, RegistrySnapshot)}


def snapshot(server: MlflowServer, name: str, **options: Any) -> RegistrySnapshot:
    return snapshots(collect(server.url, name, **options))[options.get("assets", {}).get(name, name)]


def test_versions_aliases_and_tags_become_a_snapshot(mlflow_server: MlflowServer) -> None:
    name = fresh()
    mlflow_server.model(name)
    first = mlflow_server.version(name, {"semver": "3.8.1", "digest": "sha256:aa", "prompt_template": "refund-v8"})
    second = mlflow_server.version(name, {"semver": "3.8.2", "team": "ml"})
    third = mlflow_server.version(name)
    mlflow_server.alias(name, "champion", first)
    mlflow_server.alias(name, "canary", second)
    mlflow_server.alias(name, "unrelated", third)
    got = snapshot(mlflow_server, name, assets={name: "support-bot"})
    assert [(v.registry_version, v.version, v.digest) for v in got.versions] == [
        (first, "3.8.1", "sha256:aa"),
        (second, "3.8.2", None),
        (third, third, None),
    ]
    assert got.versions[0].lineage.prompt_template == "refund-v8"
    assert got.versions[1].provenance["tag.team"] == "ml"
    assert got.versions[0].provenance["status"] == "READY"
    assert got.versions[0].created_at.tzinfo is not None
    assert got.placements == {Environment.PRODUCTION: ("3.8.1", 100.0), Environment.CANARY: ("3.8.2", 100.0)}
    assert got.managed == (Environment.PRODUCTION, Environment.CANARY, Environment.SHADOW)


def test_a_moved_alias_is_seen_and_a_missing_one_is_no_error(mlflow_server: MlflowServer) -> None:
    name = fresh()
    mlflow_server.model(name)
    numbers = [mlflow_server.version(name), mlflow_server.version(name)]
    assert snapshot(mlflow_server, name).placements == {}
    for number in numbers:
        mlflow_server.alias(name, "champion", number)
        assert snapshot(mlflow_server, name).placements == {Environment.PRODUCTION: (number, 100.0)}


def test_a_deleted_version_takes_its_alias_along(mlflow_server: MlflowServer) -> None:
    name = fresh()
    mlflow_server.model(name)
    number = mlflow_server.version(name)
    mlflow_server.alias(name, "champion", number)
    mlflow_server.delete_version(name, number)
    got = snapshot(mlflow_server, name)
    assert (got.versions, got.placements) == ((), {})


def test_the_share_of_traffic_is_a_tag_and_nonsense_is_told(mlflow_server: MlflowServer) -> None:
    name = fresh()
    mlflow_server.model(name, {"traffic.champion": "a lot"})
    number = mlflow_server.version(name, {"traffic.canary": "12.5"})
    mlflow_server.alias(name, "champion", number)
    mlflow_server.alias(name, "canary", number)
    collected = collect(mlflow_server.url, name)
    (got,) = snapshots(collected).values()
    assert got.placements == {Environment.PRODUCTION: (number, 100.0), Environment.CANARY: (number, 12.5)}
    assert "no percentage" in collected.rejected[0].problem.what


def test_two_versions_with_one_name_stay_apart(mlflow_server: MlflowServer) -> None:
    name = fresh()
    mlflow_server.model(name)
    numbers = [mlflow_server.version(name, {"semver": "1.0.0"}) for _ in range(2)]
    mlflow_server.alias(name, "champion", numbers[1])
    got = snapshot(mlflow_server, name)
    assert [v.version for v in got.versions] == ["1.0.0", f"1.0.0+registry.{numbers[1]}"]
    assert got.placements[Environment.PRODUCTION][0] == f"1.0.0+registry.{numbers[1]}"


def test_all_models_are_read_when_none_is_named(mlflow_server: MlflowServer) -> None:
    names = [fresh("all"), fresh("it's")]
    for name in names:
        mlflow_server.model(name)
        mlflow_server.version(name)
    everything = snapshots(collect(mlflow_server.url))
    assert set(names) <= set(everything)
    named = snapshots(collect(mlflow_server.url, *names))
    assert list(named) == names
    assert all(len(s.versions) == 1 for s in named.values())


def test_a_missing_model_is_refused_by_name_and_only_missing_ones_are_an_error(mlflow_server: MlflowServer) -> None:
    name = fresh()
    mlflow_server.model(name)
    got = collect(mlflow_server.url, name, "nobody")
    assert list(snapshots(got)) == [name]
    assert got.rejected[0].problem.where == "model nobody"
    with pytest.raises(SourceError, match="has no model named nobody"):
        collect(mlflow_server.url, "nobody")


def test_pages_are_followed_and_a_circle_is_noticed(server: Loopback) -> None:
    base = "/api/2.0/mlflow"
    page = {"registered_models": [{"name": "a"}], "next_page_token": "t1"}
    server.on(
        "GET", f"{base}/registered-models/search", Reply.json(page), Reply.json({"registered_models": [{"name": "b"}]})
    )
    server.on("GET", f"{base}/model-versions/search", Reply.json({}))
    assert list(snapshots(collect(server.url))) == ["a", "b"]
    assert server.log[1].query["page_token"] == "t1"
    server.on("GET", f"{base}/registered-models/search", Reply.json(page))
    with pytest.raises(SourceError, match="same page again"):
        collect(server.url)


def test_a_bad_version_is_refused_and_the_others_land(server: Loopback) -> None:
    base = "/api/2.0/mlflow"
    server.on(
        "GET", f"{base}/registered-models/search", Reply.json({"registered_models": [{"name": "a"}, {"nome": 1}]})
    )
    versions = [
        {"name": "a", "version": "1", "creation_timestamp": 1795396684969},
        {"name": "a", "version": "2"},
        {"name": "a", "version": "3", "creation_timestamp": "soon"},
        {"name": "a", "version": "4", "creation_timestamp": 10**30},
    ]
    server.on("GET", f"{base}/model-versions/search", Reply.json({"model_versions": versions}))
    got = collect(server.url)
    assert [v.registry_version for v in snapshots(got)["a"].versions] == ["1"]
    assert [r.problem.where for r in got.rejected] == ["model ?", "version a 2", "version a 3", "version a 4"]


@pytest.mark.parametrize("reply", [Reply(500), Reply.json([]), Reply.json({"registered_models": 1}), Reply(body=b"{")])
def test_a_registry_that_answers_nonsense_is_an_error(server: Loopback, reply: Reply) -> None:
    server.on("GET", "/api/2.0/mlflow/registered-models/search", reply)
    with pytest.raises(SourceError, match=r"127\.0\.0\.1"):
        collect(server.url)


def test_the_token_is_sent_and_never_shown(server: Loopback) -> None:
    options = mlflow.Options(url=server.url, token="${TOKEN}")
    with pytest.raises(SourceError) as caught:
        mlflow.collect(options, context(http=quick_web(), secrets={"TOKEN": "s3cret"}))
    assert server.log[0].headers["authorization"] == "Bearer s3cret"
    assert "s3cret" not in str(caught.value)
