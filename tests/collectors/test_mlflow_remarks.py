"""A registry that yields less than it should says why: stages, an alias in another case, a model that vanished."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pulse_tui.collectors import mlflow
from pulse_tui.domain.release import RegistrySnapshot
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.words import Environment
from tests.collectors.contexts import context, quick_web
from tests.servers.loopback import Loopback, Reply


def version(number: str, **more: Any) -> dict[str, Any]:
    tags = [{"key": "semver", "value": f"{number}.0.0"}]
    return {"name": "bot", "version": number, "creation_timestamp": 1, "status": "READY", "tags": tags, **more}


def collect(
    server: Loopback,
    versions: list[dict[str, Any]],
    aliases: dict[str, str],
    *,
    models: list[str] | None = None,
    bookmark: str | None = None,
    **options: Any,
) -> Collected:
    base = "/api/2.0/mlflow"
    listed = [{"alias": alias, "version": number} for alias, number in aliases.items()]
    found = [{"name": name, "aliases": listed if name == "bot" else []} for name in models or ["bot"]]
    server.on(
        "GET", f"{base}/registered-models/search", Reply.json({"registered_models": found if models != [] else []})
    )
    server.on("GET", f"{base}/model-versions/search", Reply.json({"model_versions": versions}))
    chosen = mlflow.Options(url=server.url, **options)
    return mlflow.collect(chosen, context(http=quick_web(), source="r", cursor=Cursor(bookmark=bookmark)))


def only(collected: Collected) -> RegistrySnapshot:
    (snapshot,) = collected.observations
    assert isinstance(snapshot, RegistrySnapshot)
    return snapshot


@pytest.mark.parametrize("alias", ["Champion", "CHAMPION", "cHampion"])
def test_an_alias_in_another_case_places_nothing_and_says_what_to_write(server: Loopback, alias: str) -> None:
    got = collect(server, [version("1")], {alias: "1"})
    (remark,) = only(got).remarks
    assert only(got).placements == {}
    assert f"the alias '{alias}', which is not 'champion'" in remark.what
    assert f"environments: {{{alias}: production}}" in remark.todo
    assert got.standing is not None
    assert got.standing.startswith("nothing is placed: model bot has the alias")
    named = collect(server, [version("1")], {alias: "1"}, environments={alias: Environment.PRODUCTION})
    assert (only(named).remarks, named.standing) == ((), None)


def test_an_alias_in_another_case_beside_the_right_one_is_nobodys_business(server: Loopback) -> None:
    assert only(collect(server, [version("1")], {"champion": "1", "Champion": "1"})).remarks == ()


@pytest.mark.parametrize("alias", ["production", "Prod", "live", "champoin"])
def test_an_alias_that_means_production_elsewhere_or_is_misspelt_says_what_to_write(
    server: Loopback, alias: str
) -> None:
    got = collect(server, [version("1")], {alias: "1"})
    (remark,) = only(got).remarks
    assert f"environments: {{{alias}: production}}" in remark.todo
    assert only(collect(server, [version("1")], {"champion": "1", alias: "1"})).remarks == ()


def test_a_registry_that_places_nothing_names_the_aliases_it_has(server: Loopback) -> None:
    got = collect(server, [version("1")], {"v2-eu": "1"})
    assert (only(got).remarks, got.standing) == (
        (),
        "nothing is placed: no model has an alias champion, canary, shadow (there are: v2-eu)",
    )


def test_an_alias_whose_version_was_deleted_is_not_called_missing(server: Loopback) -> None:
    got = collect(server, [version("1")], {"champion": "9"})
    assert got.standing == "nothing is placed: the version that the alias champion points at is not there"


def test_stages_place_nothing_and_are_reported_where_no_alias_stands_for_them(server: Loopback) -> None:
    staged = [version("1", current_stage="Production"), version("2", current_stage="Staging")]
    assert [r.key for r in only(collect(server, staged, {})).remarks] == ["stage:Production", "stage:Staging"]
    assert [r.key for r in only(collect(server, staged, {"champion": "1"})).remarks] == ["stage:Staging"]
    plain = [version("1", current_stage="None"), version("2", current_stage="Archived")]
    assert only(collect(server, plain, {})).remarks == ()


@pytest.mark.parametrize("status", ["FAILED_REGISTRATION", "PENDING_REGISTRATION"])
def test_a_version_that_is_not_ready_does_not_serve_silently(server: Loopback, status: str) -> None:
    (remark,) = only(collect(server, [version("3", status=status)], {"champion": "3"})).remarks
    assert (remark.serious, remark.environment, remark.version) == (True, Environment.PRODUCTION, "3.0.0")
    assert status in remark.what


def test_a_model_that_vanished_is_a_snapshot_with_nothing_in_it_as_long_as_it_is_gone(server: Loopback) -> None:
    first = collect(server, [version("1")], {"champion": "1"}, models=["bot", "other"])
    bookmark = first.cursor.bookmark
    for _ in range(2):
        gone = collect(server, [], {}, models=["other"], bookmark=bookmark)
        bookmark = gone.cursor.bookmark
        bot = next(s for s in gone.observations if isinstance(s, RegistrySnapshot) and s.asset_id == "bot")
        assert (bot.versions, bot.placements, bot.complete) == ((), {}, True)
        assert Environment.PRODUCTION in bot.managed
        assert gone.standing == "bot: the registry no longer has this model"
    back = collect(server, [version("1")], {"champion": "1"}, models=["bot", "other"], bookmark=bookmark)
    assert back.standing is None
    assert json.loads(back.cursor.bookmark or "") == {"bot": "bot", "other": "other"}


def test_an_asset_whose_model_is_now_another_asset_or_not_read_is_placed_by_nobody_once(server: Loopback) -> None:
    first = collect(server, [version("1")], {"champion": "1"}, models=["bot"])
    moved = collect(server, [version("1")], {"champion": "1"}, bookmark=first.cursor.bookmark, assets={"bot": "chat"})
    placed, left = (s for s in moved.observations if isinstance(s, RegistrySnapshot))
    assert (placed.asset_id, list(placed.placements)) == ("chat", [Environment.PRODUCTION])
    assert (left.asset_id, left.unread, left.complete, left.placements) == ("bot", True, False, {})
    again = collect(server, [version("1")], {"champion": "1"}, bookmark=moved.cursor.bookmark, assets={"bot": "chat"})
    assert only(again).asset_id == "chat"
    old = collect(server, [version("1")], {"champion": "1"}, bookmark='["bot"]')
    assert only(old).asset_id == "bot", "a bookmark of an earlier version of the program"


def test_a_registry_that_lists_no_models_is_not_good(server: Loopback) -> None:
    empty = collect(server, [], {}, models=[])
    assert empty.observations == ()
    assert empty.standing is not None
    assert empty.standing.startswith("the registry lists no models")
