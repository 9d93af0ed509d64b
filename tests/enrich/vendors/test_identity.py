"""Two levels of identity: the snapshot and its line; a catalogue's entries, and what a name means among them."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.domain.catalogue import Catalogue, CatalogueModel
from pulse_tui.domain.errors import SourceError
from pulse_tui.enrich.vendors import catalogue_models
from pulse_tui.enrich.vendors.catalogues.reading import read
from pulse_tui.enrich.vendors.identity import is_floating, line_of
from pulse_tui.enrich.vendors.universe import Entry, Universe
from tests.collectors.shared_data import shared_data

LABS: dict[str, dict[str, tuple[str, str]]] = {
    "anthropic": {
        "claude-3-5-sonnet-20241022": ("Claude Sonnet 3.5 v2", "2024-10-22"),
        "claude-3-7-sonnet-20250219": ("Claude Sonnet 3.7", "2025-02-19"),
        "claude-opus-4-0": ("Claude Opus 4 (latest)", "2025-05-22"),
        "claude-opus-4-20250514": ("Claude Opus 4", "2025-05-22"),
        "claude-haiku-4-5": ("Claude Haiku 4.5 (latest)", "2025-10-15"),
        "claude-haiku-4-5-20251001": ("Claude Haiku 4.5", "2025-10-15"),
        "claude-opus-4-6": ("Claude Opus 4.6", "2026-02-05"),
    },
    "openai": {
        "gpt-4.1": ("GPT-4.1", "2025-04-14"),
        "gpt-4o": ("GPT-4o", "2024-05-13"),
        "gpt-4o-2024-11-20": ("GPT-4o (2024-11-20)", "2024-11-20"),
        "o3-mini": ("o3-mini", "2024-12-20"),
        "gpt-5.2-chat-latest": ("GPT-5.2 Chat", "2025-12-11"),
        "gpt-oss-120b": ("GPT OSS 120B", "2025-08-05"),
    },
    "google": {
        "gemini-2.0-flash": ("Gemini 2.0 Flash", "2024-12-11"),
        "gemini-3-flash-preview": ("Gemini 3 Flash Preview", "2025-12-17"),
        "gemini-3.1-pro-preview": ("Gemini 3.1 Pro Preview", "2026-02-19"),
        "gemini-3.1-pro-preview-customtools": ("Gemini 3.1 Pro Preview Custom Tools", "2026-02-19"),
        "gemini-3-pro-image-preview": ("Nano Banana Pro", "2025-11-20"),
        "gemma-4-31b-it": ("Gemma 4 31B IT", "2026-04-02"),
    },
    "mistral": {
        "mistral-large-2411": ("Mistral Large 2.1", "2024-11-18"),
        "mistral-large-latest": ("Mistral Large (latest)", "2024-11-01"),
        "codestral-latest": ("Codestral (latest)", "2024-05-29"),
        "pixtral-12b": ("Pixtral 12B", "2024-09-01"),
    },
    "alibaba": {
        "qwen3-next-80b-a3b-instruct": ("Qwen3-Next 80B-A3B Instruct", "2025-09"),
        "qwen3-next-80b-a3b-thinking": ("Qwen3-Next 80B-A3B (Thinking)", "2025-09"),
        "qwen3-coder-480b-a35b-instruct": ("Qwen3-Coder 480B-A35B Instruct", "2025-04"),
    },
    "deepseek": {"deepseek-r1": ("DeepSeek-R1", "2025-01-20")},
    "zhipuai": {"glm-4.6": ("GLM-4.6", "2025-09-30"), "glm-4.7": ("GLM-4.7", "2025-12-22")},
    "newlab": {"zephyr-ultra-2": ("Zephyr Ultra 2", "2026-05-01")},
}


def universe_of(document: object) -> Universe:
    return catalogue_models.universe_of(read("catalogue.json", json.dumps(document).encode()).catalogue)


def catalogue() -> dict[str, Any]:
    return {
        lab: {
            "id": lab,
            "models": {m: {"id": m, "name": name, "release_date": day} for m, (name, day) in models.items()},
        }
        for lab, models in LABS.items()
    }


@pytest.fixture(scope="module")
def universe() -> Universe:
    return universe_of(catalogue())


@pytest.mark.parametrize(
    ("alias", "canonical"),
    [
        ("anthropic/claude-opus-4-6", "anthropic/claude-opus-4-6"),
        ("amazon-bedrock/us.anthropic.claude-haiku-4-5-20251001-v1:0", "anthropic/claude-haiku-4-5-20251001"),
        ("google-vertex/claude-haiku-4-5@20251001", "anthropic/claude-haiku-4-5-20251001"),
        ("openrouter/anthropic/claude-haiku-4.5", "anthropic/claude-haiku-4-5"),
        ("snowflake/claude-3-7-sonnet", "anthropic/claude-3-7-sonnet-20250219"),
        ("claude-opus-4-6-20260205", "anthropic/claude-opus-4-6"),
        ("azure/eu/gpt-4o-2024-11-20", "openai/gpt-4o-2024-11-20"),
        ("azure/gpt-4.1-2025-04-14", "openai/gpt-4.1"),
        ("requesty/openai/gpt-5.2-chat", "openai/gpt-5.2-chat-latest"),
        ("openai.gpt-oss-120b-1:0", "openai/gpt-oss-120b"),
        ("gemini-2.0-flash-001", "google/gemini-2.0-flash"),
        ("vercel/google/gemini-3-flash", "google/gemini-3-flash-preview"),
        ("aiml/google/nano-banana-pro", "google/gemini-3-pro-image-preview"),
        ("scaleway/pixtral-12b-2409", "mistral/pixtral-12b"),
        ("fireworks_ai/accounts/fireworks/models/glm-4p6", "zhipuai/glm-4.6"),
        ("azure_ai/FW-GLM-4.6", "zhipuai/glm-4.6"),
        ("glm-4-7-251222", "zhipuai/glm-4.7"),
        ("us.deepseek.r1-v1:0", "deepseek/deepseek-r1"),
        ("qwen.qwen3-coder-480b-a35b-v1:0", "alibaba/qwen3-coder-480b-a35b-instruct"),
        ("ollama/qwen3-coder:480b", "alibaba/qwen3-coder-480b-a35b-instruct"),
        ("someplace/Zephyr-Ultra-2", "newlab/zephyr-ultra-2"),
    ],
)
def test_a_platforms_name_is_the_one_entry_that_it_means(universe: Universe, alias: str, canonical: str) -> None:
    found = universe.resolve(alias)
    assert (found.canonical, found.match, found.listed) == (canonical, "exact", True)


@pytest.mark.parametrize(
    ("alias", "family"),
    [
        ("openrouter/anthropic/claude-opus-4", "anthropic/claude-opus-4"),
        ("snowflake/claude-3-5-sonnet", "anthropic/claude-3-5-sonnet"),
        ("databricks/databricks-gemini-3-1-pro", "google/gemini-3.1-pro"),
        ("vercel/mistral/mistral-large", "mistral/mistral-large"),
        ("qwen.qwen3-next-80b-a3b", "alibaba/qwen3-next-80b-a3b"),
        ("openai/o3-mini-2025-preview", "openai/o3-mini-2025"),
        ("gemini-2.0-flash-exp", "google/gemini-2.0-flash"),
        ("llamagate/deepseek-r1-8b", "deepseek/deepseek-r1-8b"),
        ("groq/llama3-70b", "meta/llama-3-70b"),
    ],
)
def test_where_several_entries_could_be_meant_the_line_is_given_and_no_entry(
    universe: Universe, alias: str, family: str
) -> None:
    found = universe.resolve(alias)
    assert (found.canonical, found.match, found.family) == (None, "family", family)


@pytest.mark.parametrize(
    ("alias", "canonical"),
    [
        ("vercel/mistral/codestral", "mistral/codestral-latest"),
        ("ollama/gemma4:31b", "google/gemma-4-31b-it"),
        ("azure/o3-mini-2025-01-31", "openai/o3-mini"),
    ],
)
def test_a_line_with_one_entry_names_it_as_the_nearest(universe: Universe, alias: str, canonical: str) -> None:
    found = universe.resolve(alias)
    assert (found.canonical, found.match, found.listed) == (canonical, "family", True)


@pytest.mark.parametrize(
    ("alias", "canonical"),
    [
        ("meta.llama3-1-8b-instruct-v1:0", "meta/llama-3.1-8b-instruct"),
        ("mistral.mistral-large-2407-v1:0", "mistral/mistral-large-2407"),
        ("mistral/codestral-2405", "mistral/codestral-2405"),
        ("deepinfra/deepseek-ai/DeepSeek-R1-0528", "deepseek/deepseek-r1-0528"),
        ("groq/deepseek-r1-distill-llama-70b", "deepseek/deepseek-r1-distill-llama-70b"),
        ("eu.amazon.nova-lite-v1:0", "amazon/nova-lite"),
    ],
)
def test_a_whole_name_that_the_catalogue_lacks_is_named_by_rules(
    universe: Universe, alias: str, canonical: str
) -> None:
    found = universe.resolve(alias)
    assert (found.canonical, found.match, found.listed) == (canonical, "exact", False)


@pytest.mark.parametrize(
    "alias",
    [
        "",
        "   ",
        "///",
        "gpt-4.1\x1b[31m",
        "gpt-4.\u200b1",
        "\u212aimi-k2.5",
        "ｇｐｔ-4.1",
        "gpt-4.1@staging",
        "ft:gpt-4.1:acme::9x1",
        "x" * 10_000,
        "openai/" * 5_000 + "gpt-4.1",
        "acme/support-bot",
        "huggingface/someone/Zephyr-Ultra-2",
        "qwen3.5-27b-claude-opus-distilled",
    ],
)
def test_what_no_model_can_be_made_of_is_unknown(universe: Universe, alias: str) -> None:
    found = universe.resolve(alias)
    assert (found.canonical, found.match) == (None, "unknown")
    assert found.why


@given(st.text(max_size=80))
def test_any_text_is_answered_and_only_with_names_of_the_catalogue_or_of_a_lab(text: str) -> None:
    found = Universe([Entry(provider="openai", model="gpt-4.1")]).resolve(text)
    assert (found.match == "unknown") == (found.canonical is None and found.family is None)
    assert found.canonical is None or found.canonical.isascii()


def test_without_a_catalogue_rules_alone_speak() -> None:
    rules = Universe()
    pinned = rules.resolve("azure/gpt-4.1-2025-04-14")
    assert (pinned.canonical, pinned.match, pinned.family) == ("openai/gpt-4.1-2025-04-14", "exact", "openai/gpt-4.1")
    moving = rules.resolve("azure/gpt-4.1")
    assert (moving.canonical, moving.match, moving.floating) == ("openai/gpt-4.1", "family", True)
    assert rules.resolve("acme/bot").match == "unknown"


def test_the_catalogues_own_links_come_before_rules() -> None:
    given_ = catalogue()
    given_["requesty"] = {
        "models": {
            "anthropic/claude-opus-4": {"base_model": "anthropic/claude-opus-4-20250514"},
            "gpt-4.1": {"base_model": "openai/gone"},
        }
    }
    found = universe_of(given_)
    linked = found.resolve("requesty/anthropic/claude-opus-4")
    assert (linked.canonical, linked.why) == ("anthropic/claude-opus-4-20250514", "the catalogue's link")
    assert found.resolve("requesty/gpt-4.1").canonical == "openai/gpt-4.1"


def test_an_entry_is_found_however_the_catalogue_spells_it() -> None:
    given_: dict[str, Any] = {
        "meta": {"models": {"Llama-4-Scout-17B-16E-Instruct-FP8": {}}},
        "nvidia": {"models": {"nvidia-nemotron-nano-9b-v2": {}}},
    }
    found = universe_of(given_)
    assert found.resolve("groq/meta-llama/llama-4-scout-17b-16e-instruct").canonical == (
        "meta/Llama-4-Scout-17B-16E-Instruct-FP8"
    )
    assert found.resolve("vercel/nvidia/nemotron-nano-9b-v2").canonical == "nvidia/nvidia-nemotron-nano-9b-v2"


def test_a_platform_in_a_catalogue_adds_no_model_of_its_own() -> None:
    given_ = catalogue()
    given_["newplace"] = {"models": {"glm-4.9": {}, "anthropic/claude-opus-9": {}}}
    given_["alibaba"]["models"]["deepseek-r9"] = {}
    given_["zai"] = {"models": {"glm-4.6": {}, "glm-9": {}}}
    found = universe_of(given_)
    assert "newplace/glm-4.9" not in found
    assert "alibaba/deepseek-r9" not in found
    assert found.resolve("zai/glm-4.6").canonical == "zhipuai/glm-4.6"
    assert found.resolve("openrouter/z-ai/glm-9").canonical == "zai/glm-9"


def test_a_price_list_is_a_catalogue_too() -> None:
    priced = universe_of(
        {
            "sample_spec": {"litellm_provider": "one of ..."},
            "gpt-4.1-2025-04-14": {"litellm_provider": "openai"},
            "gemini/gemini-2.5-pro": {"litellm_provider": "gemini"},
            "1024-x-1024/gpt-image-1": {"litellm_provider": "openai"},
            "azure/gpt-4.1-2025-04-14": {"litellm_provider": "azure"},
            "dashscope/glm-5": {"litellm_provider": "dashscope"},
            "ft:gpt-4.1": {"litellm_provider": "openai"},
        }
    )
    assert len(priced) == 2
    assert priced.resolve("azure/eu/gpt-4.1-2025-04-14").canonical == "openai/gpt-4.1-2025-04-14"
    assert priced.resolve("publishers/google/models/gemini-2.5-pro").canonical == "google/gemini-2.5-pro"


def test_a_list_whose_ids_begin_with_the_lab_is_a_catalogue_too() -> None:
    rows = [
        CatalogueModel(key=i, platform="openrouter", id=i)
        for i in ("anthropic/claude-opus-4.6", "anthropic/claude-opus-4.6:free", "a/b/c")
    ]
    listed = catalogue_models.universe_of(Catalogue(source="", shape="openrouter", models=tuple(rows)))
    assert listed.resolve("global.anthropic.claude-opus-4-6-v1").canonical == "anthropic/claude-opus-4.6"
    assert len(listed) == 1


def test_a_catalogue_without_a_labs_own_models_is_refused() -> None:
    with pytest.raises(SourceError, match="no model by its lab's own name"):
        universe_of({"openrouter": {"models": {"anthropic/claude-opus-4.6": {}}}})


@pytest.mark.parametrize(
    ("model", "line"),
    [
        ("openai/gpt-4.1-2025-04-14", "openai/gpt-4.1"),
        ("openai/gpt-5.2-chat-latest", "openai/gpt-5.2-chat"),
        ("anthropic/claude-sonnet-4-20250514", "anthropic/claude-sonnet-4"),
        ("anthropic/claude-sonnet-4-0", "anthropic/claude-sonnet-4"),
        ("anthropic/claude-opus-4-1", "anthropic/claude-opus-4-1"),
        ("google/gemini-2.5-flash-preview-09-2025", "google/gemini-2.5-flash"),
        ("google/gemini-embedding-001", "google/gemini-embedding-001"),
        ("cohere/command-a-03-2025", "cohere/command-a"),
        ("mistral/mistral-large-2411", "mistral/mistral-large"),
        ("xai/grok-4.20-0309-reasoning", "xai/grok-4.20-reasoning"),
        ("moonshotai/kimi-k2-0905-preview", "moonshotai/kimi-k2"),
        ("alibaba/qwen3-coder-480b-a35b-instruct", "alibaba/qwen3-coder-480b-a35b-instruct"),
        ("o3", "o3"),
        ("", ""),
    ],
)
def test_a_snapshot_is_a_state_of_its_line(model: str, line: str) -> None:
    assert line_of(model) == line
    assert line_of(line) == line


def test_a_name_that_its_lab_can_move_floats() -> None:
    moving = ["gpt-4o", "openai/gpt-5.2-chat-latest", "mistral-large-latest", "claude-sonnet-4-5", "azure/o3-mini"]
    moving += ["gemini-2.0-flash", "grok-4.3", "qwen-plus", "deepseek-chat", "codestral"]
    fixed = ["gpt-4o-2024-11-20", "claude-sonnet-4-5@20250929", "claude-opus-4-6", "gemini-2.0-flash-001"]
    fixed += ["mistral-large-2411", "gpt-oss-120b", "qwen3-32b", "llama-3.3-70b-instruct", "acme-bot", ""]
    assert [n for n in moving if not is_floating(n)] == []
    assert [n for n in fixed if is_floating(n)] == []


def test_names_of_real_catalogues_mean_entries_of_the_labs_catalogue() -> None:
    found = catalogue_models.universe_of(
        read("labs", shared_data("vendor", "catalog", "labs-2026-07.json.gz").read_bytes()).catalogue
    )
    lines = shared_data("vendor", "aliases", "dev.jsonl").read_text().splitlines()
    rows = [(r["alias"], r["canonical"], found.resolve(r["alias"]).canonical) for r in map(json.loads, lines)]
    wrong = [row for row in rows if row[2] not in (None, row[1])]
    # The catalogue lists this snapshot of GPT-4o as an entry of its own: that is the exact answer.
    assert [alias for alias, *_ in wrong] == ["azure/global/gpt-4o-2024-11-20"]
    assert sum(want == got for _, want, got in rows) / len(rows) >= 0.93


def test_ten_thousand_names_are_resolved_in_seconds(universe: Universe) -> None:
    names = [f"openrouter/anthropic/claude-opus-4.{i}:free" for i in range(5000)]
    names += [f"fireworks/accounts/fireworks/models/qwen3-{i}b-instruct-fp8" for i in range(5000)]
    before = time.process_time()
    for name in names:
        universe.resolve(name)
    assert time.process_time() - before < 10.0  # tests.bench resolve has the number
