"""What the huggingface collector reads from a hub, and from one that answers nonsense."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.collectors import huggingface
from pulse_tui.collectors._shared.tags import name_versions, order, version_of
from pulse_tui.domain.bill import Head
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.release import RegistrySnapshot
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.text import is_clean
from pulse_tui.domain.words import Change, ComponentKind, Environment
from pulse_tui.services.signals.door import admitted
from tests.collectors.contexts import context, quick_web
from tests.servers.loopback import Loopback, Reply

A, B, C = "a" * 40, "b" * 40, "c" * 40


def ref(name: str, commit: str, kind: str = "heads") -> dict[str, str]:
    return {"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": commit}


class Hub:
    """A hub with the repository acme/refunds."""

    def __init__(self, server: Loopback, folder: str = "models") -> None:
        self.server = server
        self.root = f"/api/{folder}/acme/refunds"
        self.commit(A, "2026-01-02T03:04:05.000Z", "first")
        self.commit(B, "2026-02-02T03:04:05.000Z", "second")
        self.commit(C, "2026-03-02T03:04:05.000Z", "third")

    def commit(self, sha: str, date: str, title: str, **more: Any) -> None:
        told = {"id": sha, "title": title, "message": "", "date": date, "authors": [{"user": "ana"}], **more}
        older = {**told, "id": "0" * 40}
        self.server.on("GET", f"{self.root}/commits/{sha}", Reply.json([told, older]))

    def refs(self, branches: dict[str, str], tags: dict[str, str]) -> None:
        told = {
            "branches": [ref(*pair) for pair in branches.items()],
            "tags": [ref(*pair, "tags") for pair in tags.items()],
            "converts": [],
        }
        self.server.on("GET", f"{self.root}/refs", Reply.json(told))


def collect(server: Loopback, *repos: dict[str, Any], cursor: Cursor | None = None, **options: Any) -> Collected:
    chosen = msgspec.convert({"url": server.url, "repos": list(repos), **options}, huggingface.Options)
    secrets = {"TOKEN": "s3cret"}
    return huggingface.collect(chosen, context(http=quick_web(), source="hub", cursor=cursor, secrets=secrets))


def only(collected: Collected) -> RegistrySnapshot:
    (found,) = collected.observations
    assert isinstance(found, RegistrySnapshot)
    return found


ASSET = {"repo": "acme/refunds", "asset": "refund-adapter", "change": "adapter_update"}
INFO = {"id": "Acme/Base", "sha": A, "lastModified": "2026-01-02T03:04:05.000Z", "gated": False, "private": False,
        "tags": ["x"], "siblings": [{"rfilename": "README.md"}], "cardData": {}}  # fmt: skip


def test_a_model_that_is_no_asset_is_a_head(server: Loopback) -> None:
    server.on("GET", "/api/models/Acme/Base", Reply.json(INFO))
    (head,) = collect(server, {"repo": "Acme/Base"}, token="${TOKEN}").observations
    assert isinstance(head, Head)
    assert (head.component_id, head.name) == ("huggingface/Acme/Base", "acme/base")
    assert (head.kind, head.version) == (ComponentKind.HOSTED_MODEL, A)
    assert head.at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert server.log[0].headers["authorization"] == "Bearer s3cret"


def test_tags_are_versions_and_branches_stand_for_environments(server: Loopback) -> None:
    hub = Hub(server)
    hub.refs({"main": C, "stable": B}, {"v1.0.0": A, "v1.1.0": B, "1.1": B})
    got = only(collect(server, {**ASSET, "environments": {"stable": "production", "main": "canary", "x": "shadow"}}))
    assert [(v.version, v.digest) for v in got.versions] == [
        ("1.0.0", f"git:{A}"),
        ("1.1", f"git:{B}"),
        ("1.1.0", f"git:{B}"),
        (f"main@{C[:12]}", f"git:{C}"),
    ]
    assert got.placements == {
        Environment.PRODUCTION: ("1.1.0", 100.0),
        Environment.CANARY: (f"main@{C[:12]}", 100.0),
    }
    assert Environment.SHADOW in got.managed
    first = got.versions[0]
    assert (first.change, first.registry_version) == (Change.ADAPTER_UPDATE, "v1.0.0")
    assert first.created_at.isoformat() == "2026-01-02T03:04:05+00:00"
    assert first.provenance["commit"] == A
    assert first.provenance["repository"].endswith("/acme/refunds")
    assert not got.complete, "the head of main moves on, and its old version was not deleted"


def test_a_commit_is_asked_about_once(server: Loopback) -> None:
    hub = Hub(server)
    hub.refs({"main": B}, {"v1": A, "v2": B})
    first = collect(server, ASSET)
    assert only(first).complete
    asked = len(server.log)
    again = collect(server, ASSET, cursor=first.cursor)
    assert len(server.log) == asked + 1
    assert only(again) == only(first)
    assert again.cursor == first.cursor


def test_a_tag_that_stands_for_an_environment_may_move(server: Loopback) -> None:
    hub = Hub(server)
    pinned = {**ASSET, "environments": {"live": "production"}}
    hub.refs({"main": B}, {"live": A})
    assert only(collect(server, pinned)).placements == {Environment.PRODUCTION: ("live", 100.0)}
    hub.refs({"main": B}, {"live": B})
    assert only(collect(server, pinned)).versions[0].digest == f"git:{B}"


def test_many_tags_are_read_over_several_rounds(server: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface, "_LOOKUPS", 2)
    hub = Hub(server)
    hub.refs({"main": C}, {"v1": A, "v2": B, "v3": C})
    first = collect(server, ASSET)
    assert (len(only(first).versions), only(first).complete) == (2, False)
    then = only(collect(server, ASSET, cursor=first.cursor))
    assert (len(then.versions), then.complete) == (3, True)


def test_datasets_have_their_own_address(server: Loopback) -> None:
    hub = Hub(server, "datasets")
    hub.refs({"main": A}, {"v1": A})
    got = only(collect(server, {"repo": "acme/refunds", "asset": "corpus", "kind": "dataset"}))
    assert got.versions[0].provenance["repository"].endswith("/datasets/acme/refunds")


@pytest.mark.parametrize(
    "reply",
    [
        Reply.json({"error": "Repository not found"}, status=404),
        Reply.json({"error": "Invalid username or password."}, status=401),
        Reply.json({"error": "Access to model acme/refunds is restricted"}, status=403),
        Reply(body=b"<html>login</html>", headers={"Content-Type": "text/html"}),
        Reply.json([]),
        Reply.json({"branches": 1}),
        Reply(body=b"x" * (2**20 + 1)),
    ],
)
def test_a_repository_that_cannot_be_read_is_refused_and_the_others_land(server: Loopback, reply: Reply) -> None:
    server.on("GET", "/api/models/acme/refunds/refs", reply)
    server.on("GET", "/api/models/Acme/Base", Reply.json(INFO))
    got = collect(server, ASSET, {"repo": "Acme/Base"})
    assert [type(item) for item in got.observations] == [Head]
    assert got.rejected[0].problem.where == "model acme/refunds"
    with pytest.raises(SourceError):
        collect(server, ASSET)


def test_what_was_remembered_survives_a_round_that_fails(server: Loopback) -> None:
    hub = Hub(server)
    hub.refs({"main": B}, {"v1": A, "v2": B})
    first = collect(server, ASSET)
    server.on("GET", f"{hub.root}/refs", Reply(404))
    server.on("GET", "/api/models/Acme/Base", Reply.json(INFO))
    second = collect(server, ASSET, {"repo": "Acme/Base"}, cursor=first.cursor)
    assert second.cursor == first.cursor


def test_a_hub_that_asks_to_wait_ends_the_round(server: Loopback) -> None:
    server.on("GET", "/api/models/acme/refunds/refs", Reply(429, headers={"Retry-After": "600"}))
    server.on("GET", "/api/models/Acme/Base", Reply.json(INFO))
    with pytest.raises(SourceError) as caught:
        collect(server, {"repo": "Acme/Base"}, ASSET)
    assert caught.value.retry_after == 600.0


def test_a_ref_without_a_commit_is_left_out_and_the_list_is_not_whole(server: Loopback) -> None:
    hub = Hub(server)
    hub.refs({"main": A}, {"v1": A, "v2": "../../etc"})
    collected = collect(server, ASSET)
    got = only(collected)
    assert [v.version for v in got.versions] == ["1"]
    assert not got.complete
    assert "points at no commit" in collected.rejected[0].problem.what


@pytest.mark.parametrize("date", ["0001-01-01T00:00:00+14:00", "yesterday"])
def test_a_commit_without_a_time_is_refused(server: Loopback, date: str) -> None:
    hub = Hub(server)
    hub.refs({"main": A}, {"v1": A})
    hub.commit(A, date, "first")
    with pytest.raises(SourceError):
        collect(server, ASSET)


def test_hostile_texts_cannot_write_on_the_screen(server: Loopback) -> None:
    hub = Hub(server)
    evil = "\x1b[2J\u202eevil\x07"
    hub.refs({"main": A}, {f"v1-{evil}": A})
    hub.commit(A, "2026-01-02T03:04:05Z", evil, authors=[{"user": evil}])
    hub.refs({"main": A}, {f"v1-{evil}": A, "v2": A})
    good, refused = admitted([only(collect(server, ASSET))])
    (made,) = good
    assert isinstance(made, RegistrySnapshot)
    (version,) = made.versions
    assert version.version == "2"
    assert len(refused) == 1
    assert all(is_clean(text) for text in (version.version, version.registry_version, *version.provenance.values()))


@pytest.mark.parametrize(
    "repo",
    [
        {"repo": "../../admin"},
        {"repo": "acme/refunds?x=1"},
        {"repo": "acme/refunds/tree/main"},
        {"repo": "acme/data", "kind": "dataset"},
        {"repo": "acme/base", "environments": {"main": "production"}},
        {"repo": "acme/base", "asett": "x"},
    ],
)
def test_a_repository_that_makes_no_sense_is_refused_in_the_configuration(repo: dict[str, Any]) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"repos": [repo]}, huggingface.Options)


@pytest.mark.parametrize(
    ("tag", "pattern", "version"),
    [
        ("v3.8.1", "v*", "3.8.1"),
        ("3.8.1", "*", "3.8.1"),
        ("support-bot/v3.8.1", "support-bot/v*", "3.8.1"),
        ("release-3.8.1", "release-*", "3.8.1"),
        ("v3.8.1", "v3.*", "3.8.1"),
        ("vnext", "v*", "vnext"),
        ("gpt-4", "*", "gpt-4"),
    ],
)
def test_a_tag_names_its_version(tag: str, pattern: str, version: str) -> None:
    assert version_of(tag, pattern) == version


def test_versions_are_in_their_order() -> None:
    assert sorted(["1.10.0", "1.9.0", "1.10.0-rc1", "main"], key=order) == ["main", "1.9.0", "1.10.0-rc1", "1.10.0"]


@given(st.lists(st.text(max_size=12), unique=True, max_size=8))
def test_no_two_tags_get_one_version_and_any_two_can_be_compared(tags: list[str]) -> None:
    named = name_versions(tags)
    assert len(set(named.values())) == len(named)
    sorted(named.values(), key=order)
