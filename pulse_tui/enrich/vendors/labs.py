"""Facts about labs, for :mod:`pulse_tui.enrich.vendors.names`: their organisations, families and words."""

from __future__ import annotations

import re

from pulse_tui.domain.pattern import late

#: Organisations on platforms, and the lab each belongs to.
ORGS: dict[str, str] = {
    "ai21": "ai21", "ai21labs": "ai21", "alibaba": "alibaba", "qwen": "alibaba", "tongyi": "alibaba",
    "amazon": "amazon", "anthropic": "anthropic", "cohere": "cohere", "coherelabs": "cohere",
    "cohereforai": "cohere", "deepreinforce": "deepreinforce", "deepreinforce-ai": "deepreinforce",
    "deepseek": "deepseek", "deepseek-ai": "deepseek", "google": "google", "meta": "meta", "meta-llama": "meta",
    "metallama": "meta", "microsoft": "microsoft", "minimax": "minimax", "minimaxai": "minimax",
    "mistral": "mistral", "mistralai": "mistral", "mistral-ai": "mistral", "moonshot": "moonshotai",
    "moonshotai": "moonshotai", "moonshot-ai": "moonshotai", "nvidia": "nvidia", "openai": "openai",
    "perplexity": "perplexity", "perplexity-ai": "perplexity", "sakana": "sakana", "sakanaai": "sakana",
    "sarvam": "sarvam", "sarvamai": "sarvam", "stepfun": "stepfun", "stepfun-ai": "stepfun", "tencent": "tencent",
    "hunyuan": "tencent", "xai": "xai", "x-ai": "xai", "xai-org": "xai", "xiaomi": "xiaomi",
    "xiaomimimo": "xiaomi", "zai": "zhipuai", "z-ai": "zhipuai", "zai-org": "zhipuai", "thudm": "zhipuai",
    "zhipu": "zhipuai", "zhipuai": "zhipuai", "zhipu-ai": "zhipuai", "writer": "writer", "stability": "stability",
    "ibm": "ibm", "ibm-granite": "ibm",
}  # fmt: skip

#: Organisations that republish others' weights: quantised, converted, mirrored.
REPUBLISHERS = frozenset(
    {"unsloth", "bartowski", "thebloke", "mlx-community", "lmstudio-community", "redhatai", "neuralmagic", "ggml-org"}
    | {"fireworks", "together", "togethercomputer", "casperhansen", "quantfactory", "intel", "amd", "cognitivecomp"}
)

#: Platforms that serve models of many labs.
PLATFORMS = frozenset({
    "302ai", "aihubmix", "amazon-bedrock", "azure", "azure-cognitive-services", "azure_ai", "azureml",
    "baseten", "bedrock", "bedrock_converse", "bedrock_mantle", "cerebras", "chatgpt", "chutes", "clarifai",
    "cloudflare", "cloudflare-ai-gateway", "cloudflare-workers-ai", "cortecs", "crof", "crusoe", "dashscope",
    "databricks", "deepinfra", "digitalocean", "fastrouter", "featherless", "fireworks-ai", "fireworks_ai",
    "friendli", "gemini", "github", "github-copilot", "github-models", "github_copilot", "gmi", "gmicloud",
    "google-vertex", "google-vertex-anthropic", "gradient_ai", "groq", "helicone", "heroku", "hosted_vllm",
    "huggingface", "hyperbolic", "inference", "io-net", "kilo", "lambda_ai", "libertai", "litellm",
    "llmgateway", "lmstudio", "merge-gateway", "models.dev", "modelscope", "morph", "nano-gpt", "nebius",
    "neon", "neuralwatt", "novita", "novita-ai", "nscale", "nvidia_nim", "oci", "ollama", "ollama-cloud",
    "opencode", "openrouter", "orcarouter", "ovhcloud", "parasail", "poe", "publicai", "replicate", "requesty",
    "routing-run", "sagemaker", "sambanova", "sap-ai-core", "scaleway", "siliconflow", "siliconflow-cn",
    "snowflake", "submodel", "synthetic", "tensormesh", "tinfoil", "together", "together_ai", "togetherai",
    "venice", "vercel", "vercel_ai_gateway", "vertex", "vertex_ai", "vllm", "vultr", "wandb", "watsonx",
    "workers-ai", "zenmux",
})  # fmt: skip

_FAMILY_PATTERNS: tuple[tuple[str, str, str], ...] = (
    ("claude", r"claude-", "anthropic"),
    ("gpt", r"gpt-?(?:[345](?![a-z]*\d{3}b)(?:[.o-]|\d?(?:-|$)|$)|oss-|image-|audio|realtime)", "openai"),
    ("chatgpt", r"chatgpt-4o", "openai"),
    ("o", r"o[134](?:-|$)", "openai"),
    ("whisper", r"whisper-", "openai"),
    ("text", r"text-embedding-(?:3|ada)", "openai"),
    ("dall", r"dall-e", "openai"),
    ("sora", r"sora-", "openai"),
    ("gemini", r"gemini-", "google"),
    ("gemma", r"gemma-?\d", "google"),
    ("imagen", r"imagen-\d", "google"),
    ("veo", r"veo-\d", "google"),
    ("llama", r"llama-?[\d.]*-?(?:\d[\d.-]*-)?nemotron", "nvidia"),
    ("llama", r"llama-.*sonar", "perplexity"),
    ("llama", r"llama-?(?:v?\d|guard)", "meta"),
    ("codellama", r"codellama-", "meta"),
    ("mistral", r"mistral-nemotron", "nvidia"),
    ("mistral", r"mistral-(?:large|medium|small|nemo|tiny|saba|ocr|embed|moderation|\d+b)", "mistral"),
    ("mixtral", r"mixtral-", "mistral"),
    ("codestral", r"codestral", "mistral"),
    ("devstral", r"devstral", "mistral"),
    ("magistral", r"magistral-", "mistral"),
    ("ministral", r"ministral-", "mistral"),
    ("pixtral", r"pixtral-", "mistral"),
    ("voxtral", r"voxtral-", "mistral"),
    ("open", r"open-(?:mistral|mixtral|codestral)-", "mistral"),
    ("qwen", r"qwen", "alibaba"),
    ("qwq", r"qwq-", "alibaba"),
    ("qvq", r"qvq-", "alibaba"),
    ("deepseek", r"deepseek-?(?:[vr]\d|chat|coder|reasoner|ocr|prover|math|vl)", "deepseek"),
    ("kimi", r"kimi-?(?:k\d|latest|thinking|vl|linear|dev)", "moonshotai"),
    ("glm", r"glm-?\d", "zhipuai"),
    ("minimax", r"minimax-?(?:m\d|text|vl)", "minimax"),
    ("nemotron", r"nemotron-", "nvidia"),
    ("grok", r"grok-", "xai"),
    ("command", r"command(?:-[ar](?:-|$)|-r7b|-light|-nightly|$)", "cohere"),
    ("aya", r"aya-(?:expanse|vision)", "cohere"),
    ("north", r"north-mini-", "cohere"),
    ("sonar", r"sonar(?:-|$)", "perplexity"),
    ("nova", r"nova-(?:\d-)?(?:micro|lite|pro|premier|canvas|reel|sonic)", "amazon"),
    ("titan", r"titan-(?:text|embed|image)", "amazon"),
    ("phi", r"phi-?\d", "microsoft"),
    ("hy", r"hy\d(?:-|$)", "tencent"),
    ("hunyuan", r"hunyuan-", "tencent"),
    ("step", r"step-?\d", "stepfun"),
    ("mimo", r"mimo-?v\d", "xiaomi"),
    ("sarvam", r"sarvam-", "sarvam"),
    ("fugu", r"fugu(?:-|$)", "sakana"),
    ("ornith", r"ornith-\d", "deepreinforce"),
    ("jamba", r"jamba-", "ai21"),
    ("granite", r"granite-", "ibm"),
)

#: By the first word of a name: what must follow, and the lab it then belongs to; the first match counts.
FAMILIES: dict[str, list[tuple[re.Pattern[str], str]]] = {}
for _first, _pattern, _lab in _FAMILY_PATTERNS:
    FAMILIES.setdefault(_first, []).append((late(_pattern), _lab))

#: Labs whose weights are closed: any word may follow their family.
_CLOSED = frozenset({"anthropic", "openai", "google", "xai", "cohere", "perplexity", "amazon", "ai21", "sakana"})
_WORDS = frozenset(
    {"llama", "qwen", "qwq", "qvq", "gemma", "mistral", "mixtral", "codestral", "devstral", "magistral", "ministral"}
    | {"pixtral", "voxtral", "deepseek", "kimi", "glm", "minimax", "nemotron", "phi", "step", "mimo", "hunyuan", "open"}
    | {"instruct", "chat", "base", "it", "pt", "vision", "vl", "coder", "code", "math", "thinking", "reasoning", "sonar"}
    | {"reasoner", "preview", "exp", "latest", "turbo", "plus", "max", "flash", "lite", "omni", "audio", "embedding"}
    | {"embed", "rerank", "reranker", "guard", "safety", "content", "scout", "maverick", "large", "medium", "small"}
    | {"nemo", "tiny", "mini", "nano", "next", "long", "air", "airx", "flashx", "distill", "text", "asr", "tts", "image"}
    | {"edit", "live", "realtime", "ocr", "mt", "deep", "research", "highspeed", "search", "instant", "ultra", "super"}
    | {"pro", "multilingual", "terminus", "speciale", "prover", "moe", "lightning", "fast", "versatile", "saba", "linear"}
    | {"cascade", "voicechat", "parse", "dev", "hf", "multimodal", "ultraspeed", "mega", "online", "codellama", "python"}
    | {"claude", "opus", "sonnet", "haiku", "fable", "gpt", "chatgpt", "oss", "safeguard", "mxfp", "codex", "gemini"}
    | {"grok", "build", "non", "minimal", "low", "high", "xhigh", "customtools", "whisper", "dall", "command"}
    | {"a", "r", "x", "k", "v", "granite", "sarvam", "ornith", "hy", "h", "micro", "light", "original", "precision"}
)  # fmt: skip
_MEASURE = late(
    r"(?:[akrvmeo]|hy)?\d+(?:\.\d+)*(?:x\d+(?:\.\d+)?)?[bkmevxno]?\Z|(?:qwen|llama|glm|gemma|phi)\d+(?:\.\d+)*[a-z]?\Z"
)


def known_words(lab: str, name: str, *, strict: bool = False) -> bool:
    """Whether every word of the name is one that labs use. ``strict``: also for labs that keep their weights."""
    if lab in _CLOSED and not strict and not name.startswith(("gemma", "gpt-oss")):
        return True
    return all(word in _WORDS or _MEASURE.match(word) for word in name.split("-") if word)
