"""Platforms that serve models, whatever a catalogue, a configuration or a vendor's page calls them."""

from __future__ import annotations

from functools import lru_cache

from pulse_tui.enrich.vendors.labs import ORGS, PLATFORMS

_SPELLINGS: dict[str, tuple[str, ...]] = {
    "amazon-bedrock": ("bedrock", "bedrock_converse", "bedrock-converse", "aws-bedrock", "aws", "bedrock_mantle"),
    "anthropic": ("claude",),
    "azure": (
        "azure_ai",
        "azure-ai",
        "azure-openai",
        "azure_openai",
        "azure_text",
        "azure-cognitive-services",
        "foundry",
    ),
    "cloudflare": ("cloudflare-workers-ai", "workers-ai", "cloudflare-ai-gateway"),
    "cohere": ("cohere_chat",),
    "fireworks-ai": ("fireworks", "fireworks_ai"),
    "github-models": ("github", "github_models"),
    "google": ("gemini", "google-ai", "googleai", "google-ai-studio", "ai-studio"),
    "google-vertex": ("vertex", "vertex_ai", "vertexai", "vertex-ai", "google-vertex-anthropic", "google-vertex-ai"),
    "huggingface": ("hf", "hugging-face", "huggingface-hub"),
    "mistral": ("mistralai", "mistral-ai", "codestral", "text-completion-codestral"),
    "moonshotai": ("moonshot", "moonshot-ai", "kimi"),
    "nvidia": ("nvidia_nim", "nvidia-nim", "nim"),
    "openai": ("text-completion-openai", "openai_like"),
    "perplexity": ("perplexity-ai",),
    "togetherai": ("together", "together_ai", "together-ai"),
    "vercel": ("vercel_ai_gateway", "vercel-ai-gateway"),
    "vllm": ("hosted_vllm",),
    "xai": ("x-ai", "x.ai"),
    "zhipuai": ("zai", "z-ai", "zhipu", "bigmodel"),
}
"""The name that is used here, and the others. One that dates or prices differ by (``azure`` and ``openai``) is another platform."""
_KNOWN = {other: name for name, others in _SPELLINGS.items() for other in (name, *others)}
_PREFIXES = {"vertex_ai-": "google-vertex", "bedrock_": "amazon-bedrock", "fireworks_ai-": "fireworks-ai"}


@lru_cache(4_096)
def platform(name: str) -> str:
    """The one name of a platform; one that is not known is its own, in lower case."""
    text = name.strip().lower()
    if (known := _KNOWN.get(text)) is not None:
        return known
    return next((to for prefix, to in _PREFIXES.items() if text.startswith(prefix)), text)


def same(one: str, other: str) -> bool:
    """Whether two names mean one platform."""
    return platform(one) == platform(other)


def elsewhere(vendor: str, component_id: str) -> bool:
    """Whether a vendor speaks of a platform of its own and the model is used on another: its date is none of an end there. A
    page of somebody who serves no models may speak of any."""
    where = place(component_id)
    if where is None or same(vendor, where[0]):
        return False
    name = vendor.strip().lower()
    return name in _KNOWN or platform(name) in _KNOWN or name in PLATFORMS or name in ORGS


def place(component_id: str) -> tuple[str, str] | None:
    """(platform, exact id) of a hosted model, ``platform/exact-id``; None where it names no platform."""
    name, slash, model = component_id.partition("/")
    return (platform(name), model) if slash and name and model else None
