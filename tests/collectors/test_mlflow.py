"""What the mlflow collector reads from a real registry, and from one that answers nonsense."""

from __future__ import annotations

import time
import uuid
from typing import Any

import msgspec
import pytest

from pulse_tui.collectors import mlflow
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.release import Interface, RegistrySnapshot
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import is_clean
from pulse_tui.domain.words import Change, Environment
from pulse_tui.services.signals.door import admitted
from tests.collectors.contexts import context, quick_web
from tests.servers.loopback import Loopback, Reply, Request
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
    assert "not a percentage" in collected.rejected[0].problem.what


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
    with pytest.raises(SourceError, match="same page repeatedly"):
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


# --------------------------------------------------------------------------- what tags say


def test_interface_branch_and_provenance_are_tags_of_a_version(mlflow_server: MlflowServer) -> None:
    name = fresh()
    mlflow_server.model(name)
    mlflow_server.version(
        name,
        {
            "schema": "answers-2",
            "template_style": "chatml-1",
            "branch": "release/3.8",
            "change": "adapter_update",
            "provenance.commit": "c0ffee",
            "provenance.builder": "ci",
            "provenance.colour": "red",
        },
    )
    (version,) = snapshot(
        mlflow_server, name, interface_tags=mlflow.InterfaceTags(prompt_format="template_style")
    ).versions
    assert version.interface == Interface(schema="answers-2", prompt_format="chatml-1")
    assert (version.branch, version.change) == ("release/3.8", Change.ADAPTER_UPDATE)
    told = version.provenance
    assert (told["commit"], told["builder"], told["branch"]) == ("c0ffee", "ci", "release/3.8")
    assert told["tag.provenance.colour"] == "red"
    assert "tag.schema" not in told
    assert "tag.provenance.commit" not in told


def test_tags_of_a_model_are_facts_and_a_word_nobody_knows_is_refused(mlflow_server: MlflowServer) -> None:
    name = fresh()
    mlflow_server.model(name, {"owner": "ml-support", "tier": "customer-facing", "exposure": "everybody"})
    collected = collect(mlflow_server.url, name)
    assert snapshots(collected)[name].facts == {"owner_team": "ml-support", "tier": "customer-facing"}
    (refused,) = collected.rejected
    assert refused.problem.where == f"model {name} tag exposure"
    assert "'everybody' is none of public, partner, internal, isolated" in refused.problem.what


def test_an_alias_is_matched_to_the_letter(mlflow_server: MlflowServer) -> None:
    name = fresh()
    mlflow_server.model(name)
    number = mlflow_server.version(name)
    mlflow_server.alias(name, "Champion", number)
    assert snapshot(mlflow_server, name).placements == {}
    mapped = snapshot(mlflow_server, name, environments={"Champion": Environment.PRODUCTION})
    assert mapped.placements == {Environment.PRODUCTION: (number, 100.0)}


def test_a_list_with_a_refused_version_is_not_complete_and_those_of_other_models_are(server: Loopback) -> None:
    base = "/api/2.0/mlflow"
    models = [{"name": "a"}, {"name": "b"}, {"name": "c"}]
    server.on("GET", f"{base}/registered-models/search", Reply.json({"registered_models": models}))
    good = {"creation_timestamp": 1795396684969}
    versions: list[Any] = [
        {"name": "a", "version": "1", **good},
        {"name": "b", "version": "1"},
        {"name": "b", "version": "2", **good},
        {"name": "c", "version": "1", "creation_timestamp": "soon"},
    ]
    server.on("GET", f"{base}/model-versions/search", Reply.json({"model_versions": versions}))
    got = snapshots(collect(server.url))
    assert {name: s.complete for name, s in got.items()} == {"a": True, "b": False, "c": False}
    assert [v.registry_version for v in got["b"].versions] == ["2"]
    server.on("GET", f"{base}/model-versions/search", Reply.json({"model_versions": [*versions, "nonsense"]}))
    assert not any(s.complete for s in snapshots(collect(server.url)).values())


def test_a_version_that_is_listed_twice_is_one(server: Loopback) -> None:
    base = "/api/2.0/mlflow"
    server.on("GET", f"{base}/registered-models/search", Reply.json({"registered_models": [{"name": "a"}]}))
    row = {"name": "a", "version": "1", "creation_timestamp": 1, "tags": [{"key": "semver", "value": "1.0.0"}]}
    server.on("GET", f"{base}/model-versions/search", Reply.json({"model_versions": [row, row]}))
    assert [v.version for v in snapshots(collect(server.url))["a"].versions] == ["1.0.0"]


def test_hostile_tags_are_taken_out_or_refused_by_name_and_the_other_versions_come(server: Loopback) -> None:
    base, evil = "/api/2.0/mlflow", "\x1b[2J\u202eevil\x07"
    tags = [{"key": key, "value": evil} for key in ("branch", "provenance.commit", evil)]
    models = [
        {"name": name, "tags": [{"key": key, "value": evil} for key in ("owner", "tier")]} for name in ("a", f"a{evil}")
    ]
    rows = [
        {"name": name, "version": f"{n}", "creation_timestamp": 1, "description": evil, "tags": [*tags, *more]}
        for name in ("a", f"a{evil}")
        for n, more in ((1, []), (2, [{"key": "semver", "value": evil}]), (3, [{"key": "schema", "value": evil}]))
    ]
    server.on("GET", f"{base}/registered-models/search", Reply.json({"registered_models": models}))
    server.on("GET", f"{base}/model-versions/search", Reply.json({"model_versions": rows}))
    collected = collect(server.url)
    good, refused = admitted(collected.observations)
    (made,) = good
    assert isinstance(made, RegistrySnapshot)
    assert (made.asset_id, [v.version for v in made.versions]) == ("a", ["1"])
    texts = [msgspec.json.encode(made).decode(), *(str(r.problem) for r in (*collected.rejected, *refused))]
    assert all(is_clean(text) and "\\u" not in text for text in texts)
    assert [r.problem.where for r in refused] == ["version", "version", "asset_id"]


def test_five_thousand_unchanged_versions_are_read_in_little_time(server: Loopback) -> None:
    base, count = "/api/2.0/mlflow", 5_000
    tags = [{"key": key, "value": "x" * 40} for key in ("digest", "prompt_template", "schema", "team", "branch")]
    rows = [
        {"name": f"m{i % 200}", "version": str(i // 200 + 1), "creation_timestamp": 1795396684969 + i, "tags": tags}
        for i in range(count)
    ]

    def page(request: Request) -> Reply:
        first, size = int(request.query.get("page_token", "0")), int(request.query["max_results"])
        more = {"next_page_token": str(first + size)} if first + size < count else {}
        return Reply.json({"model_versions": rows[first : first + size], **more})

    models = [{"name": f"m{i}", "aliases": [{"alias": "champion", "version": "25"}]} for i in range(200)]
    server.on("GET", f"{base}/registered-models/search", Reply.json({"registered_models": models}))
    server.on("GET", f"{base}/model-versions/search", page)
    started = time.thread_time()
    got = snapshots(collect(server.url))
    took = time.thread_time() - started
    assert sum(len(s.versions) for s in got.values()) == count
    assert all(s.complete and s.placements for s in got.values())
    assert took < 3.0, f"{took:.2f} s of CPU; it takes 0.2 s on an idle machine"
