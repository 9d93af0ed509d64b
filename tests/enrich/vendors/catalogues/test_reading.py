"""Catalogues as they come: whole, cut off, of another shape, with a bad entry."""

from __future__ import annotations

import gzip
import json

import pytest

from pulse_tui.domain.errors import SourceError
from pulse_tui.enrich.vendors.catalogues.reading import read
from tests.enrich.vendors.catalogues.build import MODEL, models_dev, priced, prices, refusals, with_


def test_the_shape_is_recognised_by_the_content_in_gzip_too() -> None:
    assert read("a", models_dev(m=MODEL)).catalogue.shape == "models.dev"
    found = read("b.gz", gzip.compress(prices(**{"azure/gpt-4.1": priced(litellm_provider="azure")}))).catalogue
    assert (found.shape, found.models[0].platform, found.models[0].id) == ("litellm", "azure", "gpt-4.1")


@pytest.mark.parametrize(
    ("key", "provider", "id_"),
    [
        ("gpt-4.1", "openai", "gpt-4.1"),
        ("vertex_ai/claude-opus-4@20250514", "vertex_ai-anthropic_models", "claude-opus-4@20250514"),
        ("us.anthropic.claude-opus-4-1-20250805-v1:0", "bedrock_converse", "us.anthropic.claude-opus-4-1-20250805-v1:0"),
        ("1024-x-1024/dall-e-2", "openai", "1024-x-1024/dall-e-2"),
        ("azure/", "azure", "azure/"),
    ],
)  # fmt: skip
def test_the_exact_id_is_the_key_without_its_own_provider(key: str, provider: str, id_: str) -> None:
    (model,) = read("f", prices(**{key: priced(litellm_provider=provider)})).catalogue.models
    assert model.id == id_


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "is empty"),
        (b"   \n", "is empty"),
        (b"<!doctype html><title>Just a moment...", "is HTML, not JSON"),
        (models_dev(m=MODEL)[:80], "ends too early"),
        (gzip.compress(models_dev(m=MODEL), mtime=0)[:40], "is cut off"),
        (gzip.compress(models_dev(m=MODEL), mtime=0)[:-3], "is cut off"),
        (b"[1, 2]", "no catalogue of a known shape"),
        (b"{}", "no catalogue of a known shape"),
        (b'{"a": 1, "b": {"c": 2}}', "no catalogue of a known shape"),
        (b'{"lab": {"models": {}}}', "lists no model"),
        (b'{"lab": {"models": {"m": 3}}}', "lists no model that can be read: lab/m"),
        (b'{"sample_spec": {"mode": "chat"}}', "no catalogue"),
        (b"[" * 100_000, "nested too deeply"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b'{"a": "\xff"}', "not UTF-8"),
    ],
)
def test_what_is_no_catalogue_is_refused_whole_with_a_reason(data: bytes, why: str) -> None:
    with pytest.raises(SourceError, match=why):
        read("f", data)


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (7, "the entry is a number, not an object"),
        (None, "the entry is null"),
        (with_(cost=[1, 2]), "cost is a list, not an object"),
        (with_(cost={"input": "1 $"}), "input is a text, not a number"),
        (with_(cost={"input": True}), "input is true or false"),
        (with_(limit={"context": [1]}), "context is a list"),
        (with_(status=3), "status is a number, not a text"),
        (with_(reasoning="yes"), "reasoning is a text, not true or false"),
        (with_(modalities={"input": "text"}), "input is a text, not a list of texts"),
        (with_(modalities={"input": [1]}), "not a list of texts"),
        (with_(modalities={"input": ["text"] * 5_000}), "5,000 values"),
        (with_(name=["a"]), "name is a list"),
    ],
)
def test_a_bad_entry_is_refused_by_name_and_the_others_are_read(bad: object, why: str) -> None:
    data = models_dev(bad=bad, good=MODEL)
    assert [m.key for m in read("f", data).catalogue.models] == ["lab/good"]
    assert why in refusals(data)["lab/bad"]
    assert read("f", data).catalogue.refused == 1


@pytest.mark.parametrize("number", ["1e999", "NaN", "-Infinity", "9" * 5_000, "1" + "0" * 30])
def test_a_number_that_none_can_be_is_refused_with_its_entry(number: str) -> None:
    data = models_dev(bad=with_(cost={"input": 12345}), good=MODEL).replace(b"12345", number.encode())
    assert list(refusals(data)) == ["lab/bad"]


def test_a_key_that_stands_twice_with_different_values_is_not_guessed() -> None:
    one, other = json.dumps(MODEL), json.dumps(with_(name="Other"))
    text = f'{{"lab": {{"models": {{"m": {one}, "m": {other}, "good": {one}}}}}}}'.encode()
    assert list(refusals(text)) == ["lab/m"]
    inside = f'{{"lab": {{"models": {{"m": {{"cost": {{"input": 1, "input": 2}}}}, "good": {one}}}}}}}'.encode()
    assert "'input' twice" in refusals(inside)["lab/m"]
    flat = b'{"a": {"mode": "chat"}, "a": {"mode": "embedding"}, "b": {"mode": "chat"}}'
    assert list(refusals(flat)) == ["a"]
    provider = f'{{"lab": {{"models": {{"m": {one}}}}}, "lab": {{"models": {{}}}}, "x": {{"models": {{"m": {one}}}}}}}'
    assert list(refusals(provider.encode())) == ["lab/"]


def test_a_key_that_stands_twice_the_same_is_one() -> None:
    assert refusals(b'{"a": {"mode": "chat"}, "a": {"mode": "chat"}}') == {}


def test_a_name_that_could_write_on_the_screen_is_refused_and_texts_are_cleaned() -> None:
    data = models_dev(**{"a\x1b[2Jb": MODEL, "good": with_(name="x\u202ey\x07z")})
    assert list(refusals(data)) == ["lab/ab"]
    assert read("f", data).catalogue.models[0].name == "xyz"
