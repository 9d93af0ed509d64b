"""OpenRouter's catalogue and the lists of the platforms themselves."""

from __future__ import annotations

import json
from typing import Any

import pytest

from pulse_tui.domain.catalogue import CatalogueModel
from pulse_tui.enrich.vendors.catalogues.model_list import more
from pulse_tui.enrich.vendors.catalogues.reading import Read, read
from tests.enrich.vendors.catalogues.build import compared, named

ROUTED: dict[str, Any] = {
    "id": "openai/gpt-4.1",
    "canonical_slug": "openai/gpt-4.1-2025-04-14",
    "name": "OpenAI: GPT-4.1",
    "created": 1744651385,
    "context_length": 1047576,
    "architecture": {"input_modalities": ["image", "text"], "output_modalities": ["text"], "tokenizer": "GPT"},
    "pricing": {"prompt": "0.000002", "completion": "0.000008", "web_search": "0.01", "input_cache_read": "0.0000005"},
    "top_provider": {"context_length": 1047576, "max_completion_tokens": 32768, "is_moderated": True},
    "supported_parameters": ["tools", "structured_outputs", "seed"],
    "expiration_date": None,
}


def routed(**fields: object) -> bytes:
    return json.dumps({"data": [{**ROUTED, **fields}]}).encode()


def of_list(document: object, platform: str = "openai") -> Read:
    return read("list", json.dumps(document).encode(), platform=platform)


def one(document: object, platform: str = "openai") -> CatalogueModel:
    (model,) = of_list(document, platform).catalogue.models
    return model


def test_openrouter_is_read_with_its_prices_limits_and_target() -> None:
    (model,) = read("o", routed()).catalogue.models
    assert (model.platform, model.id, model.target) == ("openrouter", "openai/gpt-4.1", "openai/gpt-4.1-2025-04-14")
    assert model.price == {"prompt": 2e-06, "completion": 8e-06, "input_cache_read": 5e-07}
    assert model.limit == {"context": 1047576, "output": 32768}
    assert model.capability == {
        "flags": ["structured_outputs", "tools"],
        "modalities": {"input": ["image", "text"], "output": ["text"]},
    }


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({"pricing": {"prompt": "0.000001", "completion": "0.000008", "input_cache_read": "5e-7"}}, ["price_changed"]),
        ({"canonical_slug": "openai/gpt-4.1-2026-01-01"}, ["target_changed"]),
        ({"alias_target": {"slug": "openai/gpt-5", "name": "GPT-5"}}, ["target_changed"]),
        ({"expiration_date": "2026-12-01"}, ["deprecation_date_changed"]),
        ({"context_length": 1000}, ["limit_changed"]),
        ({"supported_parameters": ["seed"]}, ["capability_changed"]),
        ({"created": 1, "description": "other", "supported_parameters": ["structured_outputs", "tools"]}, []),
    ],
)
def test_a_change_at_openrouter_is_one_event(fields: dict[str, object], kinds: list[str]) -> None:
    assert named(compared(routed(), routed(**fields))) == [(kind, "openai/gpt-4.1") for kind in kinds]


def test_a_price_that_is_no_number_refuses_its_entry() -> None:
    other = {**ROUTED, "id": "x/y"}
    data = json.dumps({"data": [{**ROUTED, "pricing": {"prompt": "cheap"}}, other]}).encode()
    assert [(r.key, r.why) for r in read("o", data).refused] == [("openai/gpt-4.1", "prompt is a text, not a number")]


@pytest.mark.parametrize(
    "document",
    [
        {"object": "list", "data": [{"id": "m", "object": "model", "created": 1744651385, "owned_by": "openai"}]},
        [{"id": "m", "object": "model", "type": "chat"}],
        {"data": [{"type": "model", "id": "m", "display_name": "M", "created_at": "2025-04-14T00:00:00Z"}], "has_more": False},
        {"models": [{"name": "models/m", "displayName": "M", "inputTokenLimit": 1000, "outputTokenLimit": 10}]},
    ],
)  # fmt: skip
def test_lists_of_every_kind_of_platform_are_read(document: object) -> None:
    model = one(document, "acme")
    assert (model.key, model.platform, model.id) == ("acme/m", "acme", "m")
    assert of_list(document).catalogue.shape == "model_list"


@pytest.mark.parametrize(
    ("fields", "ends"),
    [
        ({"shutdown_date": "2026-12-01"}, "2026-12-01"),
        ({"deprecation": "2026-12-01T12:00:00Z"}, "2026-12-01"),
        ({"deprecation": {"fine_tune": 1718323200, "inference": 1751241600}}, "2025-06-30"),
        ({"deprecation_date": "2026-10-01", "shutdown_date": "2026-12-01"}, "2026-12-01"),
        ({"deprecation": None, "shutdown_date": 7, "sunset_date": ["x"]}, None),
    ],
)
def test_the_date_of_an_end_is_read_under_its_many_names(fields: dict[str, object], ends: str | None) -> None:
    assert one({"data": [{"id": "m", **fields}]}).ends == ends


def test_a_replacement_a_status_and_the_target_of_an_alias_are_read() -> None:
    mistral = {"id": "mistral-large-latest", "name": "mistral-large-2512", "aliases": ["x"], "archived": False}
    assert one({"data": [mistral]}).target == "mistral-large-2512"
    assert one({"data": [{"id": "a", "root": "meta/llama"}]}).target == "meta/llama"
    assert one({"data": [{"id": "a", "root": "a", "name": "A"}]}).target is None
    old = one({"data": [{"id": "a", "deprecated": True, "deprecation_replacement_model": "b"}]})
    assert (old.status, old.successor) == ("deprecated", "b")
    assert one({"data": [{"id": "a", "active": False}]}).status == "inactive"
    assert one({"data": [{"id": "a", "lifecycle_status": "preview"}]}).status == "preview"


def test_the_time_of_the_request_is_no_change() -> None:
    old = json.dumps({"data": [{"id": "m", "created": 1744651385}]}).encode()
    new = json.dumps({"data": [{"id": "m", "created": 1744659999}]}).encode()
    assert compared(old, new) == []


def test_an_entry_without_an_id_is_refused_by_its_place() -> None:
    found = of_list({"data": [{"id": "m"}, {"object": "model"}, 3, {"id": "n", "x": 1}, {"id": "n", "x": 2}]})
    assert [m.id for m in found.catalogue.models] == ["m"]
    assert found.catalogue.unread == ("openai/[1]", "openai/[2]", "openai/n")


def test_a_list_that_goes_on_says_where() -> None:
    assert more({"data": [], "has_more": True, "last_id": "m"}) == "m"
    assert more({"data": [], "has_more": True}) == ""
    assert more({"models": [], "nextPageToken": "t"}) == "t"
    assert more({"data": [], "has_more": False, "last_id": "m"}) is None
    assert more([]) is None
