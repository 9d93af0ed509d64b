"""How each lab writes the names of its own models, for :mod:`pulse_tui.enrich.vendors.names`."""

from __future__ import annotations

import re
from collections.abc import Callable

from pulse_tui.domain.pattern import late

_GLUED = late(r"(?:(llama|gemma|phi|grok|glm|gpt|step)-?v?(?=\d)|(kimi|deepseek|mimo|minimax)-?(?=[kvrm]\d))")
_QWEN = late(r"qwen-(?=\d(?:\.\d+|-\d)?(?:-|$))")
_VERSION = (
    r"(llama-|qwen|gemma-|kimi-k|phi-|grok-|glm-|gpt-|gemini-|deepseek-v|mimo-v|minimax-m|step-|nemotron-|jamba-)"
)
_DASHED = late(_VERSION + r"(\d)-(\d{1,2})(?=v?(?:-|$))")
_TWO_DIGITS = late(_VERSION + r"([2-9])([1-9])(?=v?(?:-|$))")


def spell(lab: str, name: str) -> tuple[str, str | None]:
    """(the name as the lab writes it, its pinned date or number)."""
    if (glued := _GLUED.match(name)) is not None:
        name = f"{glued[1] or glued[2]}-{name[glued.end() :]}"
    elif name.startswith("qwen-"):
        name = _QWEN.sub("qwen", name, count=1)
    if lab != "anthropic" and (dashed := _DASHED.match(name) or _TWO_DIGITS.match(name)) is not None:
        name = f"{dashed[1]}{dashed[2]}.{dashed[3]}{name[dashed.end() :]}"
    if lab in _FIXED or (lab in ("meta", "alibaba", "openai") and _SIZED.search(name)):
        name = _speed(lab, name)
    write = _SPELLINGS.get(lab)
    return write(name) if write else (name, None)


_FIXED = frozenset({"deepseek", "moonshotai", "zhipuai", "minimax", "nvidia", "xiaomi", "stepfun", "tencent"})
_SIZED = late(r"\d+b(?:-|$)")
_OWN_SPEED = frozenset(
    {("minimax", "lightning"), ("zhipuai", "turbo"), ("moonshotai", "turbo"), ("tencent", "turbo")}
) | {("nvidia", "lightning")}


def _speed(lab: str, name: str) -> str:
    """Without a platform's speed mark (``turbo``, ``fast``), unless the mark is the lab's own."""
    while (cut := name.rpartition("-"))[2] in ("turbo", "fast", "lightning", "original", "precision"):
        if (lab, cut[2]) in _OWN_SPEED:
            break
        name = cut[0]
    return name


_CLAUDE = late(
    r"claude-(?:(\d)(?:(?:[.-]|(?<=[3-9])(?=[1-9]))(\d))?-)?(opus|sonnet|haiku|fable)"
    r"(?:-(\d)(?:(?:[.-]|(?<=[3-9])(?=[1-9]))(\d))?(?=-|$))?((?:-[a-z0-9]+)*)\Z"
)
_CLAUDE_MODES = frozenset(
    {
        "thinking",
        "fast",
        "latest",
        "1m",
        "default",
        "low",
        "medium",
        "high",
        "xhigh",
        "max",
        "reasoning",
        "v1",
        "v2",
        "long",
        "think",
    }
)
#: Lines that only ever had one snapshot: the name without it means it.
_CLAUDE_ONLY = {"claude-3-5-haiku": "20241022", "claude-3-7-sonnet": "20250219"}


def _anthropic(name: str) -> tuple[str, str | None]:
    match = _CLAUDE.match(name)
    if match is None:
        return name, None
    major, minor, tier = match[1] or match[4], match[2] or match[5], match[3]
    rest = [word for word in match[6].split("-") if word and word not in _CLAUDE_MODES]
    date = next((word for word in rest if len(word) == 8 and word.isdecimal()), None)
    rest = [word for word in rest if word != date]
    if major is None:
        return name, date
    number = f"{major}-{minor}" if minor else major
    base = f"claude-{number}-{tier}" if major < "4" else f"claude-{tier}-{number}"
    if date is None and not rest:
        date = _CLAUDE_ONLY.get(base)
        if number == "4":
            base += "-0"
    return "-".join([base, *([date] if date else []), *rest]), date


_ISO = late(r"-(20\d\d-\d\d-\d\d)\Z")
_MMDD = late(r"(gpt-(?:3\.5-turbo|4))-((?:0[1-9]|1[0-2])\d\d)\Z")
_EFFORT = late(r"((?:gpt-5(?:\.\d)?|o\d)\S*)-(?:x?high|medium|low|minimal|none)\Z")
_CHAT = late(r"gpt-5(?:\.\d)?-chat\Z")


def _openai(name: str) -> tuple[str, str | None]:
    snapshot = None
    if (match := _ISO.search(name)) is not None:
        name, snapshot = name[: match.start()], match[1]
    elif (match := _MMDD.match(name)) is not None:
        name, snapshot = match[1], match[2]
    name = _EFFORT.sub(r"\1", name)
    return (f"{name}-latest" if _CHAT.match(name) else name), snapshot


_STABLE = late(r"(gemini-\d(?:\.\d)?-[a-z-]+)-(00\d)\Z")
_THINKING = late(r"(gemini-(?:2\.5|[3-9])[a-z0-9.-]*)-thinking\Z")
_EDGE = late(r"(gemma-4-)e(\d)b")
#: Models that Google only ever offered as a preview.
_PREVIEWS = frozenset({"gemini-3-pro", "gemini-3-flash", "gemini-3.1-pro"})


def _google(name: str) -> tuple[str, str | None]:
    if (match := _STABLE.match(name)) is not None:
        return match[1], match[2]
    if name in _PREVIEWS:
        return f"{name}-preview", None
    return _EDGE.sub(r"\1E\2B", _THINKING.sub(r"\1", name)), None


_EXPERTS = late(r"-\d+e(?=-|$)")


def _meta(name: str) -> tuple[str, str | None]:
    name = _EXPERTS.sub("", name).replace("llama-3-405b", "llama-3.1-405b", 1)  # there is no other of that size
    for served in ("-versatile", "-instant"):
        if name.endswith(f"b{served}"):
            name = f"{name.removesuffix(served)}-instruct"
    if name in ("llama-4-scout", "llama-4-maverick"):
        name += "-17b"
    # Llama 3.3 and 4 are served as the instruction-tuned model only.
    return (f"{name}-instruct" if name in _INSTRUCT else name), None


_INSTRUCT = frozenset({"llama-3.3-70b", "llama-4-scout-17b", "llama-4-maverick-17b"})
_DATED = late(r"(mistral-(?:large|medium|small)|devstral(?:-small|-medium)?|magistral-(?:small|medium))-(.*)\Z")
_YYMM = late(r"2\d(?:0[1-9]|1[0-2])\Z")
#: Mistral's numbered releases and the month in their own names.
_MONTHS = {
    ("mistral-small", "3.1"): "2503",
    ("mistral-small", "3.2"): "2506",
    ("mistral-small", "4"): "2603",
    ("mistral-medium", "3"): "2505",
    ("mistral-medium", "3.1"): "2508",
    ("mistral-medium", "3.5"): "2604",
    ("mistral-large", "3"): "2512",
    ("devstral", "2"): "2512",
    ("devstral-small", "1.1"): "2507",
}


_VERTEX = late(r"-00\d\Z")


def _mistral(name: str) -> tuple[str, str | None]:
    name = _VERTEX.sub("", name)
    if (match := _DATED.match(name)) is not None:
        line, rest = match[1], match[2].split("-")
        month = next((word for word in rest if _YYMM.match(word)), None)
        others = [word for word in rest if word not in (month, "instruct") and not _SIZED.match(word)]
        version = others[0] if others and others[0][0].isdecimal() else None
        if version and len(others) > 1 and others[1].isdecimal():
            version = f"{version}.{others.pop(1)}"
        month = month or _MONTHS.get((line, version or ""))
        if month and len(others) <= (1 if version else 0):
            return f"{line}-{month}", month
        return name, None
    words = name.split("-")
    if "base" in words:
        return name, None
    if words[:2] == ["mistral", "nemo"] and set(words[2:]) <= {"12b", "instruct", "2407"}:
        return "mistral-nemo", "2407" if "2407" in words else None
    if words[0] in ("pixtral", "mistral", "open") and _YYMM.match(words[-1]) and ("nemo" in words or "12b" in words):
        month = words.pop()
        name = "-".join(words).removeprefix("open-")
        return ("mistral-nemo" if "nemo" in words else name), month
    return ("mistral-nemo" if name in ("mistral-nemo-instruct", "open-mistral-nemo") else name), None


_QWEN_SIZES = {"235b": "a22b", "397b": "a17b", "122b": "a10b", "480b": "a35b"}
#: Sizes of Qwen Coder that there are as the instruction-tuned model only.
_QWEN_INSTRUCT = frozenset({"qwen3-coder-480b-a35b", "qwen3-coder-30b-a3b"})
_QWEN_SIZED = late(r"-(235b|397b|122b|480b)(?!-a\d)(?=-|\Z)")


def _alibaba(name: str) -> tuple[str, str | None]:
    name = _QWEN_SIZED.sub(lambda m: f"-{m[1]}-{_QWEN_SIZES[m[1]]}", name)
    if name in _QWEN_INSTRUCT:
        name += "-instruct"
    return name.replace("qwen2.5", "qwen2-5", 1), None


_NEMOTRON = {
    f"nemotron-3-{form}": f"nemotron-3-{tier}-{total}-{active}"
    for tier, total, active in (("nano", "30b", "a3b"), ("super", "120b", "a12b"), ("ultra", "550b", "a55b"))
    for form in (tier, f"{tier}-{total}", f"{total}-{active}")
} | {
    "nemotron-nano-3-30b": "nemotron-3-nano-30b-a3b",
    "nemotron-super-3-120b": "nemotron-3-super-120b-a12b",
    "nemotron-120b-a12b": "nemotron-3-super-120b-a12b",
    "nemotron-nano-v2-12b-vl": "nemotron-nano-12b-v2-vl",
}
_V_DASH = late(r"-v(\d)-(\d)\Z")


def _nvidia(name: str) -> tuple[str, str | None]:
    name = _V_DASH.sub(r"-v\1.\2", name)
    if name == "llama-3.1-nemotron-ultra-253b-v1":
        return "llama-3.1-nemotron-ultra-253b", "v1"
    return _NEMOTRON.get(name, name), None


_GROK_MODES = late(r"grok-4\.20-(?=(?:non-)?reasoning\Z)")


def _xai(name: str) -> tuple[str, str | None]:
    if name.startswith("grok-4.1"):
        return name.replace("grok-4.1", "grok-4-1", 1), None
    return _GROK_MODES.sub("grok-4.20-0309-", name), None


#: Lines of Cohere that there is one snapshot of.
_COMMAND = {"command-a": "03-2025", "command-a-plus": "05-2026", "command-r7b": "12-2024"}


def _cohere(name: str) -> tuple[str, str | None]:
    name = name.replace("command-r-7b", "command-r7b", 1)
    date = _COMMAND.get(name)
    return (f"{name}-{date}", date) if date else (name, None)


def _minimax(name: str) -> tuple[str, str | None]:
    return re.sub(
        r"^minimax-(m|text|vl)", lambda m: f"MiniMax-{m[1].title() if m[1] == 'text' else m[1].upper()}", name
    ), None


_SPELLINGS: dict[str, Callable[[str], tuple[str, str | None]]] = {
    "anthropic": _anthropic,
    "cohere": _cohere,
    "openai": _openai,
    "google": _google,
    "meta": _meta,
    "mistral": _mistral,
    "alibaba": _alibaba,
    "nvidia": _nvidia,
    "xai": _xai,
    "minimax": _minimax,
}
