"""Model names: one name whatever the platform calls it, and never another model's."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulse_tui.enrich.vendors.names import Model, canonical
from tests.collectors.shared_data import shared_data


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("eu.anthropic.claude-opus-4-5-20251101-v1:0", "anthropic/claude-opus-4-5-20251101"),
        ("sap-ai-core/anthropic--claude-4.5-haiku", "anthropic/claude-haiku-4-5"),
        ("venice/claude-sonnet-45", "anthropic/claude-sonnet-4-5"),
        ("openrouter/anthropic/claude-sonnet-3.7:thinking", "anthropic/claude-3-7-sonnet-20250219"),
        ("anthropic.claude-v2:1", "anthropic/claude-v2.1"),
        ("gpt-4.1", "openai/gpt-4.1"),
        ("azure/eu/gpt-5-mini-2025-08-07", "openai/gpt-5-mini"),
        ("openrouter/openai/o3-mini-high", "openai/o3-mini"),
        ("ollama/gpt-oss:120b", "openai/gpt-oss-120b"),
        ("vertex_ai/publishers/google/models/gemini-2.0-flash@001", "google/gemini-2.0-flash"),
        ("gemini-embedding-001", "google/gemini-embedding-001"),
        ("gemini-3.1-flash-image", "google/gemini-3.1-flash-image"),
        ("vercel/google/gemini-3-flash", "google/gemini-3-flash-preview"),
        ("lmstudio/google/gemma-4-e4b-it", "google/gemma-4-E4B-it"),
        ("cerebras/llama3.1-8b", "meta/llama-3.1-8b"),
        ("vertex/meta/llama-4-maverick-17b-128e-instruct-maas", "meta/llama-4-maverick-17b-instruct"),
        ("databricks/databricks-meta-llama-3-3-70b-instruct", "meta/llama-3.3-70b-instruct"),
        ("fireworks-ai/accounts/fireworks/models/kimi-k2p5", "moonshotai/kimi-k2.5"),
        ("together/Qwen/Qwen3-Coder-480B-A35B-Instruct-FP8", "alibaba/qwen3-coder-480b-a35b-instruct"),
        ("mistralai/Mistral-Small-3.2-24B-Instruct-2506", "mistral/mistral-small-2506"),
        ("nvidia/NVIDIA-Nemotron-3-Nano-30B-A3B-BF16", "nvidia/nemotron-3-nano-30b-a3b"),
        ("nvidia/llama-3_3-nemotron-super-49b-v1_5", "nvidia/llama-3.3-nemotron-super-49b-v1.5"),
        ("ollama/gemma4:31b", "google/gemma-4-31b"),
        ("venice/openai-gpt-52", "openai/gpt-5.2"),
        ("someplace/deepseek-v3-1", "deepseek/deepseek-v3.1"),
        ("someplace/claude-opus-10", "anthropic/claude-opus-10"),
        ("x-ai/grok-4.1-fast", "xai/grok-4-1-fast"),
        ("newplace/other/claude-opus-4.7", "anthropic/claude-opus-4-7"),
        ("newplace/other/gpt-5.2-codex", "openai/gpt-5.2-codex"),
        ("amazon.titan-embed-text-v2:0", "amazon/titan-embed-text-v2"),
        ("nvidia.nemotron-nano-9b-v2", "nvidia/nemotron-nano-9b-v2"),
        ("nvidia.nemotron-super-3-120b", "nvidia/nemotron-3-super-120b-a12b"),
        ("deepseek.v3-v1:0", "deepseek/deepseek-v3.1"),
        ("ai21.jamba-1-5-large-v1:0", "ai21/jamba-1.5-large"),
        ("azure_ai/FW-Kimi-K2.6", "moonshotai/kimi-k2.6"),
        ("github-models/cohere/cohere-command-a", "cohere/command-a-03-2025"),
        ("vertex_ai/mistral-large@2411-001", "mistral/mistral-large-2411"),
        ("vertex_ai/meta/llama3-405b-instruct-maas", "meta/llama-3.1-405b-instruct"),
        ("cloudflare/@cf/meta/llama-3.3-70b-instruct-fp8-fast", "meta/llama-3.3-70b-instruct"),
        ("ollama/llama3.3:70b-instruct-q4_K_M", "meta/llama-3.3-70b-instruct"),
        ("bartowski/Llama-3.3-70B-Instruct-GGUF:Q4_K_M", "meta/llama-3.3-70b-instruct"),
        ("huggingface/Qwen/Qwen3.5-27B:novita", "alibaba/qwen3.5-27b"),
        ("io-net/Intel/Qwen3-Coder-480B-A35B-Instruct-int4-mixed-ar", "alibaba/qwen3-coder-480b-a35b-instruct"),
        ("nano-gpt/anthropic/claude-opus-4.6:thinking:max", "anthropic/claude-opus-4-6"),
        ("helicone/claude-3.5-sonnet-v2", "anthropic/claude-3-5-sonnet-20241022"),
        ("gitlab/duo-chat-haiku-4-5", "anthropic/claude-haiku-4-5"),
        ("venice/e2ee-qwen3-5-122b-a10b", "alibaba/qwen3.5-122b-a10b"),
        ("poe/cerebras/llama-3.3-70b-cs", "meta/llama-3.3-70b-instruct"),
        ("fireworks_ai/accounts/fireworks/models/mistral-nemo-base-2407", "mistral/mistral-nemo-base-2407"),
        ("deepinfra/nvidia/NVIDIA-Nemotron-3.5-Lightning", "nvidia/nemotron-3.5-lightning"),
    ],
)
def test_a_platforms_name_becomes_the_labs_own(given_name: str, name: str) -> None:
    assert canonical(given_name).name == name


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("acme/Support-Bot", "acme/support-bot"),
        ("openrouter/nousresearch/hermes-3-llama-3.1-405b", "nousresearch/hermes-3-llama-3.1-405b"),
        ("huggingface/someone/Llama-3.3-70B-Instruct-abliterated", "someone/llama-3.3-70b-instruct-abliterated"),
        ("ft:gpt-4o:acme::9x1", "ft:gpt-4o:acme::9x1"),
        ("huggingface/someone/gpt-oss-20b-abliterated", "someone/gpt-oss-20b-abliterated"),
        ("gpt-oss-120b-uncensored", "gpt-oss-120b-uncensored"),
        ("huggingface/someone/gpt-4.1-clone", "someone/gpt-4.1-clone"),
        ("deepgram/nova-3", "deepgram/nova-3"),
        ("eleutherai/gpt-neox-20b", "eleutherai/gpt-neox-20b"),
        ("gpt-j-6b", "gpt-j-6b"),
        ("qwen3.5-27b-claude-opus-distilled", "qwen3.5-27b-claude-opus-distilled"),
        ("gpt-4.1@staging", "gpt-4.1@staging"),
        ("", ""),
        ("///", "///"),
    ],
)
def test_an_unknown_name_stays_itself_and_is_nobodys(given_name: str, name: str) -> None:
    found = canonical(given_name)
    assert (found.lab, found.name) == (None, name)


def test_the_pinned_state_and_the_platform_are_told() -> None:
    assert canonical("azure/gpt-4.1-2025-04-14") == Model("openai", "gpt-4.1", "2025-04-14", "azure")
    bedrock = canonical("amazon-bedrock/us.anthropic.claude-opus-4-1-20250805-v1:0")
    assert (bedrock.snapshot, bedrock.provider) == ("20250805", "amazon-bedrock")
    assert canonical("moonshotai/kimi-k2.6") == Model("moonshotai", "kimi-k2.6")


@given(st.text(max_size=120))
def test_any_text_has_a_clean_name_of_one_line(text: str) -> None:
    name = canonical(text).name
    assert "\x1b" not in name
    assert "\n" not in name
    assert canonical(name.upper()).name.isascii() or not text.isascii()


def test_a_canonical_name_is_its_own() -> None:
    names = [
        "anthropic/claude-opus-4-6",
        "openai/gpt-5.2-chat-latest",
        "minimax/MiniMax-M2.5-highspeed",
        "mistral/mistral-medium-2604",
        "google/gemma-4-E2B-it",
        "nvidia/llama-3.1-nemotron-ultra-253b",
        "alibaba/qwen2-5-vl-72b-instruct",
        "xai/grok-4.20-0309-non-reasoning",
        "zhipuai/glm-5-turbo",
    ]
    assert [canonical(n).name for n in names] == names


def test_names_of_real_catalogues_are_found() -> None:
    lines = shared_data("vendor", "aliases", "dev.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    missed = [(r["alias"], r["canonical"]) for r in rows if canonical(r["alias"]).name != r["canonical"]]
    # Two rows need more than the name: an undated Claude Sonnet 4 and a special preview behind a plain name.
    assert len(missed) <= 2, missed
    labs = {r["alias"]: r["vendor"] for r in rows}
    assert all(canonical(alias).lab == vendor for alias, vendor in labs.items())


def test_ten_thousand_names_take_well_under_a_second() -> None:
    names = [f"openrouter/anthropic/claude-opus-4.{i}:free" for i in range(5000)]
    names += [f"fireworks/accounts/fireworks/models/qwen3-{i}b-instruct-fp8" for i in range(5000)]
    before = time.process_time()
    for name in names:
        canonical(name)
    assert time.process_time() - before < 1.0
