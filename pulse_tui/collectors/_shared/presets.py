"""Where vendors publish what: a source is one line, ``{kind: changelog, preset: anthropic}``.

A preset gives options of its kind; what the configuration states itself counts before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from types import MappingProxyType
from typing import Any

import msgspec

from pulse_tui.settings.check import nearest

Given = Mapping[str, str]

_RAW = "https://raw.githubusercontent.com"
_GEMINI = "https://ai.google.dev/gemini-api/docs"
_RELEASED: Mapping[str, tuple[str, str]] = {
    "anthropic-sdk": ("anthropics/anthropic-sdk-python", "anthropic"),
    "claude-code": ("anthropics/claude-code", "@anthropic-ai/claude-code"),
    "langchain": ("langchain-ai/langchain", "langchain"),
    "litellm": ("BerriAI/litellm", "litellm"),
    "llama.cpp": ("ggml-org/llama.cpp", "llama.cpp"),
    "ollama": ("ollama/ollama", "ollama"),
    "openai-sdk": ("openai/openai-python", "openai"),
    "sglang": ("sgl-project/sglang", "sglang"),
    "tensorrt-llm": ("NVIDIA/TensorRT-LLM", "tensorrt-llm"),
    "tgi": ("huggingface/text-generation-inference", "text-generation-inference"),
    "transformers": ("huggingface/transformers", "transformers"),
    "triton": ("triton-inference-server/server", "tritonserver"),
    "vllm": ("vllm-project/vllm", "vllm"),
}
"""Libraries and runtimes: their repository, and the name that their ecosystem has for the package."""


def _same(table: dict[str, Given], **names: str) -> dict[str, Given]:
    """The table, with other names for some of its entries."""
    return table | {new: table[old] for new, old in names.items()}


PRESETS: Mapping[str, Mapping[str, Given]] = MappingProxyType(
    {
        "changelog": _same(
            {
                "anthropic": {
                    "url": "https://platform.claude.com/docs/en/release-notes/overview.md",
                    "vendor": "anthropic",
                },
                "azure": {
                    "url": f"{_RAW}/MicrosoftDocs/azure-ai-docs/main/articles/ai-foundry/openai/whats-new.md",
                    "vendor": "azure",
                },
                "claude-code": {
                    "url": f"{_RAW}/anthropics/claude-code/main/CHANGELOG.md",
                    "vendor": "anthropic",
                    "package": "@anthropic-ai/claude-code",
                },
                "cohere": {
                    "url": "github:cohere-ai/cohere-developer-experience/fern/pages/changelog",
                    "vendor": "cohere",
                },
                "deepseek": {"url": "https://api-docs.deepseek.com/updates", "vendor": "deepseek"},
                "gemini": {"url": f"{_GEMINI}/changelog?hl=en", "vendor": "google"},
                "mistral": {"url": "github:mistralai/platform-docs-public/changelog/en", "vendor": "mistral"},
                "openai": {"url": "https://developers.openai.com/api/docs/changelog.md", "vendor": "openai"},
                "openai-sdk": {
                    "url": f"{_RAW}/openai/openai-python/main/CHANGELOG.md",
                    "vendor": "openai",
                    "package": "openai",
                },
            },
            google="gemini",
        ),
        "deprecations": _same(
            {
                "anthropic": {
                    "url": "https://platform.claude.com/docs/en/about-claude/model-deprecations",
                    "vendor": "anthropic",
                },
                "azure": {
                    "url": f"{_RAW}/MicrosoftDocs/azure-ai-docs/main/articles/ai-foundry/openai/includes/retirement/models.md",
                    "vendor": "azure",
                },
                "bedrock": {
                    "url": "https://docs.aws.amazon.com/bedrock/latest/userguide/model-lifecycle-legacy.md",
                    "vendor": "bedrock",
                },
                "cohere": {"url": "https://docs.cohere.com/docs/deprecations", "vendor": "cohere"},
                "deprecations.info": {
                    "url": "https://deprecations.info/v1/deprecations.json",
                    "vendor": "deprecations.info",
                },
                "gemini": {"url": f"{_GEMINI}/deprecations?hl=en", "vendor": "google"},
                "openai": {"url": "https://developers.openai.com/api/docs/deprecations.md", "vendor": "openai"},
            },
            google="gemini",
        ),
        "feed": {
            "anthropic-status": {
                "url": "https://status.claude.com/history.rss",
                "vendor": "anthropic",
                "about": "status",
            },
            "aws-status": {"url": "https://status.aws.amazon.com/rss/all.rss", "vendor": "bedrock", "about": "status"},
            "azure-status": {
                "url": "https://rssfeed.azure.status.microsoft/en-us/status/feed/",
                "vendor": "azure",
                "about": "status",
            },
            "bedrock": {
                "url": "https://docs.aws.amazon.com/bedrock/latest/userguide/bedrock-ug.rss",
                "vendor": "bedrock",
            },
            "google-status": {
                "url": "https://status.cloud.google.com/en/feed.atom",
                "vendor": "google",
                "about": "status",
            },
            "openai": {"url": "https://openai.com/news/rss.xml", "vendor": "openai", "about": "news"},
            "openai-status": {"url": "https://status.openai.com/history.atom", "vendor": "openai", "about": "status"},
            "vertex": {
                "url": "https://docs.cloud.google.com/feeds/generative-ai-on-vertex-ai-release-notes.xml",
                "vendor": "google-vertex",
            },
            "xai-status": {"url": "https://status.x.ai/feed.xml", "vendor": "xai", "about": "status"},
            **{
                name: {
                    "url": f"https://github.com/{repository}/releases.atom",
                    "vendor": package,
                    "package": package,
                    "about": "releases",
                }
                for name, (repository, package) in _RELEASED.items()
            },
            "claude-code": {
                "url": "https://code.claude.com/docs/en/changelog/rss.xml",
                "vendor": "anthropic",
                "package": "@anthropic-ai/claude-code",
                "about": "releases",
            },
        },
        "github_releases": {
            name: {"repository": repository, "vendor": package, "package": package}
            for name, (repository, package) in _RELEASED.items()
        },
        "statuspage": {
            "anthropic": {"url": "https://status.claude.com/api/v2/summary.json", "vendor": "anthropic"},
            "deepseek": {"url": "https://status.deepseek.com/api/v2/summary.json", "vendor": "deepseek"},
            "openai": {"url": "https://status.openai.com/api/v2/summary.json", "vendor": "openai"},
        },
        "model_list": {
            "anthropic": {
                "url": "https://api.anthropic.com/v1/models?limit=1000",
                "vendor": "anthropic",
                "platform": "anthropic",
                "header": "x-api-key",
            },
            "cohere": {"url": "https://api.cohere.com/v1/models", "vendor": "cohere", "platform": "cohere"},
            "deepseek": {"url": "https://api.deepseek.com/models", "vendor": "deepseek", "platform": "deepseek"},
            "gemini": {
                "url": "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1000",
                "vendor": "google",
                "platform": "google",
                "header": "x-goog-api-key",
            },
            "groq": {"url": "https://api.groq.com/openai/v1/models", "vendor": "groq", "platform": "groq"},
            "mistral": {"url": "https://api.mistral.ai/v1/models", "vendor": "mistral", "platform": "mistral"},
            "openai": {"url": "https://api.openai.com/v1/models", "vendor": "openai", "platform": "openai"},
            "xai": {"url": "https://api.x.ai/v1/models", "vendor": "xai", "platform": "xai"},
        },
        "csaf": {
            "cisa": {"url": "github:cisagov/CSAF"},
            "cisco": {"url": "https://www.cisco.com/.well-known/csaf/provider-metadata.json"},
            "microsoft": {"url": "https://msrc.microsoft.com/csaf/provider-metadata.json"},
            "nvidia": {"url": "github:NVIDIA/product-security"},
            "redhat": {"url": "https://security.access.redhat.com/data/csaf/v2/provider-metadata.json"},
            "siemens": {"url": "https://cert-portal.siemens.com/productcert/csaf/provider-metadata.json"},
            "suse": {"url": "https://www.suse.com/.well-known/csaf/provider-metadata.json"},
        },
    }
)
"""Kind -> preset -> options of the kind."""


def presets(kind: str) -> Mapping[str, Given]:
    """The presets of a kind, by name; empty where it has none."""
    return PRESETS.get(kind, {})


def preset(kind: str, name: str) -> Given:
    """The options that a preset gives. Raises ValueError for a name that is none, with the nearest."""
    found = presets(kind).get(name)
    if found is None:
        others = [other for other, named in PRESETS.items() if name in named]
        elsewhere = f"; kind {' and '.join(others)} has one" if others else ""
        raise ValueError(f"there is no preset {name!r} of kind {kind}{elsewhere}: {nearest(name, presets(kind))}")
    return found


def fill(options: msgspec.Struct, kind: str, *needed: str) -> None:
    """For ``__post_init__`` of the options of a kind: what they leave empty is as their ``preset`` has it.

    A key of the preset that the options do not have is of no use to them. Raises ValueError for a name that is no preset, and
    when one of ``needed`` is still empty.
    """
    given: Any = getattr(options, "preset", "")
    if given is not None and not isinstance(given, str):
        return  # refused already, by its type
    defaults = {field.name: field.default for field in msgspec.structs.fields(options)}
    for key, value in preset(kind, given).items() if given else ():
        if key in options.__struct_fields__ and (now := getattr(options, key)) == defaults.get(key):
            msgspec.structs.force_setattr(options, key, type(now)(value) if isinstance(now, Enum) else value)
    missing = [name for name in needed if not getattr(options, name)]
    if missing:
        names = sorted(presets(kind))
        raise ValueError(f"{' and '.join(missing)} missing: give {' and '.join(needed)}, or preset: {', '.join(names)}")
