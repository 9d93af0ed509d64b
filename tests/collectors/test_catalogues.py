"""The kinds of catalogues against a server: validators, pages, keys, and what they refuse."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from pulse_tui.collectors import litellm, model_list, models_dev, openrouter
from pulse_tui.domain.catalogue import Catalogue
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected, Cursor
from tests.collectors.contexts import context, quick_web
from tests.enrich.vendors.catalogues.build import MODEL, priced, prices, with_
from tests.enrich.vendors.catalogues.build import models_dev as api
from tests.servers.loopback import Loopback, Reply, Request

LISTED = {"object": "list", "data": [{"id": "gpt-4.1", "object": "model", "created": 1744651385}]}


def catalogue(found: Collected) -> Catalogue:
    (item,) = found.observations
    assert isinstance(item, Catalogue)
    return item


def read(server: Loopback, cursor: Cursor | None = None) -> Collected:
    options = models_dev.Options(url=f"{server.url}/api.json")
    return models_dev.collect(options, context(http=quick_web(), cursor=cursor, source="models"))


def lists(server: Loopback, path: str = "/v1/models", **fields: Any) -> Collected:
    options = model_list.Options(**{"platform": "openai", "url": f"{server.url}{path}", **fields})
    return model_list.collect(options, context(http=quick_web(), source="list", secrets={"KEY": "s3cret"}))


def test_a_catalogue_is_one_observation_of_its_source() -> None:
    with Loopback() as server:
        server.on("GET", "/api.json", Reply(body=api(m=MODEL), etag='"a"'))
        found = read(server)
        assert (catalogue(found).source, catalogue(found).shape) == ("models", "models.dev")
        assert found.cursor.etag == '"a"'
        again = read(server, found.cursor)
        assert (again.unchanged, again.observations, again.cursor) == (True, (), found.cursor)


def test_a_host_without_validators_is_unchanged_by_its_bytes() -> None:
    with Loopback() as server:
        server.on("GET", "/api.json", Reply(body=api(m=MODEL)))
        found = read(server)
        assert read(server, found.cursor).unchanged
        server.on("GET", "/api.json", Reply(body=api(m=with_(status="beta"))))
        assert catalogue(read(server, found.cursor)).models[0].status == "beta"


def test_a_bad_entry_is_refused_and_stands_so() -> None:
    with Loopback() as server:
        server.on("GET", "/api.json", Reply(body=api(m=MODEL, n=with_(cost=[1]))))
        found = read(server)
        assert [m.key for m in catalogue(found).models] == ["lab/m"]
        assert [r.problem.what for r in found.rejected] == ["cost is a list, not an object"]
        assert found.standing == "1 entry could not be read: lab/n: cost is a list, not an object"
        assert catalogue(found).unread == ("lab/n",)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "is empty"),
        (b"<html>Just a moment...", "HTML, not JSON"),
        (api(m=MODEL)[:-5], "ends too early"),
        (prices(m=priced()), "no catalogue of a known shape"),
        (b'{"lab": {"models": {}}}', "lists no model"),
        (b" " * (9 * 2**20), "cap|MB|large"),
    ],
)
def test_what_is_no_catalogue_fails_the_round_and_keeps_no_validator(body: bytes, why: str) -> None:
    with Loopback() as server:
        server.on("GET", "/api.json", Reply(body=body, etag='"a"'))
        with pytest.raises(SourceError, match=why):
            read(server)


def test_a_file_takes_the_place_of_the_address(tmp_path: Path) -> None:
    (tmp_path / "prices.json").write_bytes(gzip.compress(prices(**{"azure/gpt-4.1": priced(litellm_provider="azure")})))
    options = litellm.Options(path="prices.json")
    found = litellm.collect(options, context(tmp_path, source="prices"))
    assert (catalogue(found).source, catalogue(found).models[0].id) == ("prices", "gpt-4.1")
    assert litellm.collect(options, context(tmp_path, source="prices", cursor=found.cursor)).unchanged


def test_each_kind_reads_its_own_shape_alone(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(json.dumps(LISTED))
    with pytest.raises(SourceError, match="no catalogue of a known shape"):
        openrouter.collect(openrouter.Options(path="list.json"), context(tmp_path))
    found = model_list.collect(model_list.Options(platform="openai", path="list.json"), context(tmp_path))
    assert catalogue(found).models[0].key == "openai/gpt-4.1"


@pytest.mark.parametrize(
    ("fields", "name", "value"),
    [
        ({}, "authorization", "Bearer s3cret"),
        ({"header": "x-api-key", "platform": "anthropic"}, "x-api-key", "s3cret"),
        ({"header": "x-goog-api-key"}, "x-goog-api-key", "s3cret"),
        ({"headers": {"x-org": "${KEY}"}}, "x-org", "s3cret"),
        ({"platform": "anthropic"}, "anthropic-version", "2023-06-01"),
    ],
)
def test_a_key_stands_where_the_platform_wants_it(fields: dict[str, Any], name: str, value: str) -> None:
    with Loopback() as server:
        server.on("GET", "/v1/models", Reply.json(LISTED))
        lists(server, token="${KEY}", **fields)
        assert server.log[0].headers[name] == value
        assert name == "authorization" or "header" not in fields or "authorization" not in server.log[0].headers


def pages(*documents: dict[str, Any]) -> Any:
    """A server that gives the page that is asked for."""

    def answer(request: Request) -> Reply:
        asked = request.query.get("after_id") or request.query.get("pageToken") or "0"
        assert request.query.get("limit") == "1"
        return Reply.json(documents[int(asked)], etag='"first"')

    return answer


def test_a_list_of_several_pages_is_followed_and_kept_without_validators() -> None:
    anthropic = [
        {"data": [{"id": "a", "type": "model"}], "has_more": True, "last_id": "1"},
        {"data": [{"id": "b", "type": "model"}], "has_more": False},
    ]
    gemini = [
        {"models": [{"name": "models/a"}], "nextPageToken": "1"},
        {"models": [{"name": "models/b"}]},
    ]
    for documents in (anthropic, gemini):
        with Loopback() as server:
            server.on("GET", "/v1/models", pages(*documents))
            found = lists(server, "/v1/models?limit=1")
            assert [m.id for m in catalogue(found).models] == ["a", "b"]
            assert found.cursor == Cursor()


def test_half_a_list_is_none() -> None:
    with Loopback() as server:
        server.on("GET", "/v1/models", Reply.json({"data": [{"id": "a"}], "has_more": True}))
        with pytest.raises(SourceError, match="does not say where"):
            lists(server)
        server.on("GET", "/v1/models", Reply.json({"data": [{"id": "a"}], "has_more": True, "last_id": "a"}))
        with pytest.raises(SourceError, match="over 20 pages"):
            lists(server)


def test_a_known_platform_is_one_word() -> None:
    options = model_list.Options(preset="anthropic", token="${KEY}")
    assert (options.platform, options.header) == ("anthropic", "x-api-key")
    assert options.url.startswith("https://api.anthropic.com/v1/models")


def test_a_list_needs_an_address_or_a_file() -> None:
    with pytest.raises(ValueError, match="url or path"):
        model_list.Options(platform="openai")
