"""Two levels of a model's identity: the exact snapshot, and the line that it is a state of; and which names can move.

``openai/gpt-4.1-2025-04-14`` is a snapshot of the line ``openai/gpt-4.1``. A vendor announces things about either:
a shutdown is of a snapshot, a price mostly of a line.
"""

from __future__ import annotations

import re
from functools import lru_cache

from pulse_tui.enrich.vendors.names import Model, canonical

_DATED = {
    3: re.compile(r"20\d\d-\d\d-\d\d\Z"),
    2: re.compile(r"(?:0[1-9]|1[0-2])-(?:20\d\d|[0-2]\d|3[01])\Z"),
    1: re.compile(
        r"(?:20)?2\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\Z"
        r"|2\d(?:0[1-9]|1[0-2])\Z|(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])\Z|00\d\Z"
    ),
}
"""How labs write what pins a name, by its words: 2025-04-14; 08-2024, 09-25; 20250929, 251222, 2411, 0905, 001."""
_MOVING = frozenset({"latest", "nightly", "auto", "experimental"})
_STATES = frozenset({"preview", "exp", "beta", "customtools"}) | _MOVING
"""Words of a state of a line, not of another line."""
_OWN_NUMBER = frozenset({"gemini-embedding-001"})


@lru_cache(maxsize=8192)
def pin_of(model: str) -> str | None:
    """What pins a model's name (without its lab): its date or number as it is written, or None."""
    words = model.split("-")
    return next((found for at in range(1, len(words)) if (found := _pin(words, at))), None)


def _pin(words: list[str], at: int) -> str | None:
    if not words[at].isdecimal() or len(words[at]) < 2:
        return None
    for count, dated in _DATED.items():
        text = "-".join(words[at : at + count])
        if at + count <= len(words) and dated.match(text):
            return text
    return None


@lru_cache(maxsize=8192)
def line_of(model: str) -> str:
    """The line of a ``lab/model``: without what pins it, and without ``latest``, ``preview`` and their like.

    ``anthropic/claude-sonnet-4-20250514`` and ``anthropic/claude-sonnet-4-0`` are both of ``anthropic/claude-sonnet-4``.
    """
    lab, slash, name = model.rpartition("/")
    if name in _OWN_NUMBER:
        return model
    words, kept, at = name.split("-"), list[str](), 0
    while at < len(words):
        pin = _pin(words, at) if at else None
        if pin is not None:
            at += pin.count("-") + 1
            continue
        if at == 0 or words[at] not in _STATES:
            kept.append(words[at])
        at += 1
    if lab == "anthropic" and len(kept) > 2 and kept[-1] == "0":
        kept.pop()
    return f"{lab}{slash}{'-'.join(kept)}"


_UNPINNED = {
    "openai": re.compile(r"(?:gpt|o|chatgpt)(?!-oss|-image)"),
    "anthropic": re.compile(r"claude-(?:[123]|(?:opus|sonnet|haiku)-4-[0-5]\Z)"),
    "google": re.compile(r"gemini-(?:1|2\.0|flash|pro)"),
    "mistral": re.compile(r"(?:mistral-(?:large|medium|small)|codestral|devstral|magistral|pixtral-large|ministral)"),
    "xai": re.compile(r"grok-"),
    "cohere": re.compile(r"command"),
    "alibaba": re.compile(r"(?:qwen\d?(?:\.\d)?-(?:vl-|omni-|coder-)?(?:max|plus|turbo|flash)|qwq-plus)"),
    "deepseek": re.compile(r"deepseek-(?:chat|reasoner)\Z"),
    "perplexity": re.compile(r"sonar"),
}
"""Lines whose lab pins its snapshots by a date or a number: their name without one goes where the lab moves it."""


def is_floating(name: str) -> bool:
    """Whether a name can come to mean another snapshot with no change of ours: ``-latest``, or unpinned where the lab pins.

    False for a name of no known lab: nothing is known of it.
    """
    return floats(canonical(name))


def floats(found: Model) -> bool:
    """As :func:`is_floating`, of a name that was read."""
    words = found.model.split("-")
    if not _MOVING.isdisjoint(words):
        return True
    if found.lab is None or found.snapshot is not None or (pin_of(found.model) and "preview" not in words):
        return False
    unpinned = _UNPINNED.get(found.lab)
    return unpinned is not None and pin_of(found.model) is None and unpinned.match(found.model) is not None
