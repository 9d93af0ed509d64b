"""Which change of an entry is which event, and which is none."""

from __future__ import annotations

import pytest

from pulse_tui.enrich.vendors.catalogues.lines import line
from pulse_tui.enrich.vendors.catalogues.words import moved
from tests.enrich.vendors.catalogues.build import MODEL, compared, models_dev, named, priced, prices, with_


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({"cost": {"input": 1, "output": 3}}, ["price_changed"]),
        ({"cost": {"input": 1, "output": 2, "cache_read": 0}}, ["price_changed"]),  # free is not unknown
        ({"cost": ...}, ["price_changed"]),
        ({"limit": {"context": 1000, "output": 100, "input": 900}}, ["limit_changed"]),
        ({"status": "deprecated"}, ["status_changed"]),
        ({"reasoning": False}, ["capability_changed"]),
        ({"open_weights": True, "tool_call": True}, ["capability_changed"]),
        ({"modalities": {"input": ["text"], "output": ["text"]}}, ["capability_changed"]),
        ({"name": "Other", "release_date": "2026-02-01", "knowledge": "2025-01"}, ["metadata_changed"]),
        ({"name": "Other", "status": "beta", "attachment": True}, ["capability_changed", "metadata_changed", "status_changed"]),
    ],
)  # fmt: skip
def test_a_field_that_counts_gives_one_event_of_its_type(fields: dict[str, object], kinds: list[str]) -> None:
    events = compared(models_dev(m=MODEL), models_dev(m=with_(**fields)))
    assert named(events) == [(kind, "lab/m") for kind in kinds]


@pytest.mark.parametrize(
    "fields",
    [
        {"family": "other", "last_updated": "2026-05-05", "experimental": {"x": 1}},
        {"status": None, "knowledge": None, "structured_output": None, "temperature": False},
        {"cost": {"input": 1.0, "output": 2.0, "cache_read": None}, "limit": {"context": 1000.0, "output": 100}},
        {"cost": {"input": 1, "output": 2, "context_over_200k": {"input": 9}, "tiers": [{"input": 9}], "reasoning": 7}},
        {"modalities": {"input": ["image", "text"], "output": ["text"]}},
    ],
)
def test_what_means_the_same_or_never_counts_gives_none(fields: dict[str, object]) -> None:
    assert compared(models_dev(m=MODEL), models_dev(m=with_(**fields))) == []


def test_an_empty_cost_is_as_unknown_as_none() -> None:
    assert compared(models_dev(m=with_(cost=...)), models_dev(m=with_(cost={}))) == []


@pytest.mark.parametrize(
    ("fields", "kinds"),
    [
        ({"input_cost_per_token": 2e-06}, ["price_changed"]),
        ({"cache_read_input_token_cost": 0}, ["price_changed"]),
        ({"max_output_tokens": 10}, ["limit_changed"]),
        ({"deprecation_date": "2026-09-01"}, ["deprecation_date_changed"]),
        ({"rpm": 10, "tpm": 1000}, ["rate_limit_changed"]),
        ({"mode": "responses"}, ["mode_changed"]),
        ({"litellm_provider": "azure", "supports_vision": True, "max_tokens": 5, "input_cost_per_image": 1}, []),
        ({"max_input_tokens": 1e3, "deprecation_date": None}, []),
        ({"max_input_tokens": "1000"}, []),
        ({"max_input_tokens": "2000"}, ["limit_changed"]),
    ],
)
def test_a_price_file_has_its_own_types(fields: dict[str, object], kinds: list[str]) -> None:
    assert named(compared(prices(m=priced()), prices(m=priced(**fields)))) == [(kind, "m") for kind in kinds]


def test_a_model_that_comes_or_goes_is_no_other_change() -> None:
    events = compared(models_dev(a=MODEL, b=MODEL), models_dev(b=MODEL, c=with_(release_date="2026-03")))
    assert named(events) == [("model_added", "lab/c"), ("model_removed", "lab/a")]
    assert events[0].new == {"release_date": "2026-03", "status": None}


def test_the_sample_of_a_price_file_is_no_model() -> None:
    sample = {"max_tokens": "the largest window", "mode": "one of chat, embedding", "input_cost_per_token": 0.0}
    assert compared(prices(m=priced()), prices(sample_spec=sample, m=priced())) == []


def test_an_entry_that_cannot_be_read_is_neither_added_nor_removed() -> None:
    bad = with_(cost={"input": "cheap"})
    assert compared(models_dev(a=MODEL, b=MODEL), models_dev(a=MODEL, b=bad)) == []
    assert compared(models_dev(a=MODEL, b=bad), models_dev(a=MODEL, b=MODEL)) == []


def test_a_provider_that_cannot_be_read_removes_none_of_its_models() -> None:
    old = b'{"x": {"models": {"a": {}, "b": {}}}, "y": {"models": {"c": {}}}}'
    new = b'{"x": {"models": ["a"]}, "y": {"models": {"c": {}}}}'
    assert compared(old, new) == []


def test_a_record_uses_the_words_of_its_source() -> None:
    (price,) = compared(models_dev(m=MODEL), models_dev(m=with_(cost=...)))
    assert line(price, "models.dev") == {
        "model": "lab/m",
        "type": "price_changed",
        "old": {"input": 1, "output": 2},
        "new": None,
    }
    (ends,) = compared(prices(m=priced()), prices(m=priced(deprecation_date="2026-09-01")))
    assert line(ends, "litellm") == {
        "model": "m",
        "type": "deprecation_date_changed",
        "provider": "openai",
        "old": {"deprecation_date": None},
        "new": {"deprecation_date": "2026-09-01"},
    }
    (cost,) = compared(
        prices(m=priced(output_cost_per_token=5)), prices(m=priced(output_cost_per_token=6, input_cost_per_token=1e-06))
    )
    assert line(cost, "litellm")["old"] == {"output_cost_per_token": 5}


def test_a_person_reads_only_what_moved() -> None:
    old, new = MODEL, with_(tool_call=True, reasoning=False, cost={"input": 1, "output": 3}, status="beta")
    said = {event.type.value: moved(event) for event in compared(models_dev(m=old), models_dev(m=new))}
    assert said == {
        "capability_changed": "now also tool_call; no longer reasoning",
        "price_changed": "output 2 -> 3",
        "status_changed": "none -> beta",
    }
