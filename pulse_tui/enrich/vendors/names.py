"""The naming scheme: the same model has the same name on every platform.

**Models** are called ``lab/model``: who made it, and that lab's own name for it (``anthropic/claude-opus-4-6``,
``openai/gpt-5.5``, ``minimax/MiniMax-M2.5``). :func:`canonical` gets there from a platform's name by rules, not by
a catalogue:

1. the path: platform, region and account are taken off; a lab's or re-publisher's organisation is recognized;
2. the name: access, quantisation and deployment marks are taken off (``:free``, ``-fp8``, ``-maas``, ``-v1:0``), and
   separators are made one kind;
3. the family: the first words of a name identify the lab (``claude``, ``gpt``, ``qwen`` ...), whoever serves it. A name
   of an open family with a word the lab does not use (``llama-3.3-70b-abliterated``) is another publisher's model;
4. the lab's spelling: Anthropic writes ``4-6``, most others ``4.6``; OpenAI's pinned dates are a snapshot of the
   model, Anthropic's are part of its name; ``chat`` is ``chat-latest``; and so on, in ``spellings.py``.

A name that no rule knows is kept, cleaned and in lower case, with ``lab`` None: never a wrong model.

**Assets** keep the id they were declared with: it is the team's own name, and every table shows it unchanged.
**Packages** are named as their ecosystem writes them (:mod:`pulse_tui.domain.purl`). The platform's own name stays
in the component's id, one key away.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from pulse_tui.domain.pattern import late
from pulse_tui.domain.text import clean
from pulse_tui.enrich.vendors.labs import FAMILIES, ORGS, PLATFORMS, REPUBLISHERS, known_words
from pulse_tui.enrich.vendors.spellings import spell


class Model(NamedTuple):
    """A model as its lab calls it. ``lab`` is None when the lab is unknown."""

    lab: str | None
    model: str
    snapshot: str | None = None
    """The pinned state, as its date or number is written: ``20250805``, ``2025-04-14``, ``001``."""
    provider: str | None = None
    """The platform that the given name begins with."""

    @property
    def name(self) -> str:
        """``lab/model``, or the model alone when the lab is not known."""
        return f"{self.lab}/{self.model}" if self.lab else self.model


_NOISE = frozenset(
    {"models", "publishers", "accounts", "foundation-model", "inference-profile", "route", "routes", "deployments"}
    | {"converse", "invoke", "global", "global-standard", "eu", "us", "tee", "projects", "locations", "chat", "hf"}
)
_REGION = late(r"(?:us|eu|ap|ca|sa|me|af|il|mx)(?:-gov)?-[a-z]+-?\d\Z")
_BEDROCK = late(r"(?:(?:us|eu|apac|jp|au|ca|sa|global|us-gov)\.)?([a-z0-9]+)\.(?=[a-z])(.+)\Z")
_BEDROCK_END = late(r"(?:-v\d+)?(?::\d+[km]?)+\Z|-v\d+\Z")
_NUMBERED = ("titan-", "stable-", "sd3", "embed-", "rerank-", "j2-", "palmyra-")
_MISTRAL_END = late(r"-v0:(\d)\Z")
_SIZE_TAG = late(r"\d+(?:\.\d+)?[bm](?:-[a-z0-9_.-]+)?\Z")
_DROPPED_TAGS = frozenset(
    {"free", "nitro", "floor", "exacto", "extended", "beta", "online", "thinking", "cloud", "latest", "fast", "default"}
    | {
        "high",
        "medium",
        "low",
        "max",
        "flex",
        "batch",
        "priority",
        "discounted",
        "fp8",
        "bf16",
        "1m",
        "200k",
        "0",
        "1",
        "2",
    }
)
_QUANTISED = late(r"i?q\d(?:[_-][a-z0-9]{1,3}){0,3}\Z")
_QUANTISED_END = late(r"-i?q\d(?:-[a-z0-9]{1,3}){0,3}\Z")
_DATE_TAG = late(r"(?:20\d{6}|20\d\d-\d\d-\d\d|(?:2\d(?:0[1-9]|1[0-2])-)?00\d|2\d(?:0[1-9]|1[0-2]))\Z")
_MARKS = frozenset(
    {"free", "tee", "maas", "tput", "fp8", "fp4", "fp16", "bf16", "nvfp4", "mxfp4", "int4", "int8", "awq", "gptq"}
    | {
        "gguf",
        "mlx",
        "bnb",
        "4bit",
        "8bit",
        "w4a16",
        "w8a8",
        "cloud",
        "dynamic",
        "mixed",
        "ar",
        "quantized",
        "sovereign",
        "cheaper",
    }
)
_OWN_PREFIX = late(
    r"(?:system\.ai\.)?(?:(?:databricks|nvidia|meta|google|openai|anthropic|zai-org|zai|z-ai|moonshotai|moonshot|minimaxai"
    r"|cohere|xai|x-ai|mistralai|deepseek-ai|microsoft|amazon|qwen|alibaba|tencent|stepfun|xiaomi)-)+(?=([a-z]+))"
)
_SERVED_AS = late(r"fw-|e2ee-|coding-")
_POE_HOST = late(r"-(?:fw|cs|el|di)\Z")
_WORD = late(r"[a-z]+")
_DIGITS_P = late(r"(?<=\d)p(?=\d)")
_DIGITS_UNDERSCORE = late(r"(?<=\d)_(?=\d)")
_CONTEXT = late(r"\[\d+[km]\]\Z")


class Reading(NamedTuple):
    """What is read of a name. ``stem`` is its last part without marks, None where a mark is unknown."""

    model: Model
    lab: str | None = None
    """The lab that the path names."""
    org: str | None = None
    """Another organisation that the path names: no platform, and none that republishes."""
    stem: str | None = None


def canonical(provider_name: str) -> Model:
    """The model behind a platform's name for it. Pure; any text is allowed, and at worst it is returned cleaned."""
    return read(provider_name).model


@lru_cache(maxsize=8192)
def read(provider_name: str) -> Reading:
    """As :func:`canonical`, with what the rules began from."""
    lowered = clean(provider_name, 300).lower()
    parts = [part for part in lowered.split("/") if part]
    if not parts:
        return Reading(Model(None, lowered))
    provider = parts[0] if len(parts) > 1 and ORGS.get(parts[0]) is None and "." not in parts[0] else None
    if lowered.startswith("arn:"):
        provider = "amazon-bedrock"
    lab, org, last = _organisation(parts)
    stem = _stem(last, lab, provider)
    model = _model(parts, provider, lab, org, stem)
    return Reading(model, lab, None if org in REPUBLISHERS else org, stem[0] if stem else None)


def _model(
    parts: list[str], provider: str | None, lab: str | None, org: str | None, stem: tuple[str, str | None] | None
) -> Model:
    found = None if stem is None else _family(*stem, lab, org)
    if found is None:
        return _unknown(parts, lab, stem[0] if stem else None, provider)
    family, model, snapshot = found
    spelled, pinned = spell(family, model)
    return Model(family, spelled, pinned or snapshot, None if provider in (family, None) else provider)


def _organisation(parts: list[str]) -> tuple[str | None, str | None, str]:
    """(the lab that the path names, the organisation it names, the model's part)."""
    last = parts[-1].removeprefix("hf:")
    if (dotted := _BEDROCK.match(last)) is not None and dotted[1] in ORGS:
        return ORGS[dotted[1]], None, _bedrock(ORGS[dotted[1]], dotted[2])
    if "--" in last and (head := last.partition("--"))[0] in ORGS:
        return ORGS[head[0]], None, head[2]
    for index in range(len(parts) - 2, -1, -1):
        part = parts[index].removeprefix("hf:")
        if part in _NOISE or part.startswith("@") or _REGION.match(part):
            continue
        if part in ORGS:
            return ORGS[part], part, last
        # The first part is the platform; the part between it and the model is the owner.
        return None, part if index > 0 and part not in PLATFORMS else None, last
    return None, None, last


def _bedrock(lab: str, text: str) -> str:
    if lab == "deepseek" and not text.startswith(lab):
        text = "deepseek-v3.1" if text == "v3-v1:0" else f"{lab}-{text}"  # what Bedrock calls v3 is 3.1
    if lab == "nvidia" and ":" not in text:
        return text  # its own second version: nemotron-nano-9b-v2
    if (numbered := _MISTRAL_END.search(text)) is not None:
        return f"{text[: numbered.start()]}-v0.{numbered[1]}"
    return _edition(text.removesuffix("-1:0"))


def _edition(text: str) -> str:
    """Without Bedrock's ``-v1:0``. It stays where it is the model's only number: ``titan-embed-text-v2``, ``claude-v2``."""
    if text in ("claude-3-5-sonnet-v2", "claude-3.5-sonnet-v2"):
        return "claude-3-5-sonnet-20241022"  # its lab's own word for that state
    bare = _BEDROCK_END.sub("", text)
    if bare.startswith(_NUMBERED) or "-" not in bare or (":" not in text and not any(c.isdecimal() for c in bare)):
        return text.replace(":0", "").replace(":", ".")
    return bare


def _stem(last: str, lab: str | None, provider: str | None) -> tuple[str, str | None] | None:
    """(the name without marks, its pinned number), or None when a mark is unknown."""
    snapshot = None
    if last.endswith("]"):
        last = _CONTEXT.sub("", last)
    last, at, tag = last.partition("@")
    if at and tag not in _DROPPED_TAGS:
        if not _DATE_TAG.match(tag):
            return None
        snapshot = tag
        last = f"{last}-{tag}"
    last, colon, tag = last.partition(":")
    if colon:
        if _SIZE_TAG.match(tag):
            last = f"{last}-{tag}"
        elif not all(t in _DROPPED_TAGS or t in PLATFORMS or _QUANTISED.match(t) for t in tag.split(":")):
            return None
    name = _DIGITS_P.sub(".", last) if "p" in last else last
    if "_" in name:
        name = _DIGITS_UNDERSCORE.sub(".", name).replace("_", "-")
    name = _unprefixed(_unmarked(name.replace(" ", "-")), provider)
    if provider == "poe":
        name = _POE_HOST.sub("", name)
    if lab == "anthropic" or name.startswith("claude"):
        name = _edition(name)
    return name, snapshot


def _unprefixed(name: str, provider: str | None) -> str:
    """Without the platform, the lab or a way of serving before the name: ``databricks-gpt-5``, ``zai-org-glm-5``, ``fw-glm-5``."""
    if provider and name.startswith(f"{provider}-") and _begins(name[len(provider) + 1 :]):
        return name[len(provider) + 1 :]
    if (own := _OWN_PREFIX.match(name)) is not None and own[1] in FAMILIES:
        return name[own.end() :]
    if (served := _SERVED_AS.match(name)) is not None and _begins(name[served.end() :]):
        return name[served.end() :]
    if name.startswith("duo-chat-"):  # GitLab's
        return f"claude-{name[9:]}" if name[9:].startswith(("opus", "sonnet", "haiku")) else name[9:]
    return name


def _unmarked(name: str) -> str:
    """Without what says how it is served: ``-fp8``, ``-q4-k-m``, and ``-fast`` behind such a mark."""
    while (cut := name.rpartition("-"))[0]:
        behind = cut[0].rpartition("-")[2]
        if cut[2] not in _MARKS and not (cut[2] in ("fast", "dynamic", "throughput") and behind in _MARKS):
            break
        name = cut[0]
    return _QUANTISED_END.sub("", name)


def _begins(name: str) -> bool:
    word = _WORD.match(name)
    return word is not None and word[0] in FAMILIES


def _family(name: str, snapshot: str | None, lab: str | None, org: str | None) -> tuple[str, str, str | None] | None:
    word = _WORD.match(name)
    if word is None or word[0] not in FAMILIES:
        return None
    family = next((family for pattern, family in FAMILIES[word[0]] if pattern.match(name)), None)
    if family is None:
        return None
    ours = lab == family
    foreign = org is not None and lab is None and org not in REPUBLISHERS
    if not ours and not known_words(family, name):
        return None
    # An unknown organisation published it: its own model, unless the name is wholly the lab's.
    if foreign and not known_words(family, name, strict=True):
        return None
    return family, name, snapshot


def _unknown(parts: list[str], lab: str | None, stem: str | None, provider: str | None) -> Model:
    """A name of no known family: the lab's own when the path names the lab, else the text without its platform."""
    if lab is not None and stem:
        return Model(lab, stem, None, None if provider in (lab, None) else provider)
    rest = parts[1:] if len(parts) > 1 and parts[0] in PLATFORMS else parts
    while len(rest) > 1 and (rest[0] in _NOISE or rest[0].startswith("@")):
        rest = rest[1:]
    return Model(None, "/".join(rest), None, parts[0] if len(rest) < len(parts) else None)
