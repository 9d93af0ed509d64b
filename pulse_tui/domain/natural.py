"""Versions of products that follow no standard (drivers, firmware, appliances): a natural order.

Numbers count as numbers, zeros at an end count nothing (1.2 is 1.2.0), a word of a stage (alpha, beta, rc) comes before
the version it leads to, any other word (sp2, update 3, a letter) after it.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple, TypeAlias

LONGEST = 300
"""Characters of a version that is read."""

_TOKEN = re.compile(r"[0-9]+|[a-z]+")
_HEAD = re.compile(r"\A(?:v|r|ver|version|release|rel)[-_. ]?(?=[0-9])")
_HASH = re.compile(r"(?=.*[a-f])[0-9a-f]{7,64}")
_STAGES = {
    "dev": 0, "snapshot": 0, "nightly": 0, "canary": 0, "alpha": 1, "a": 1, "beta": 2, "b": 2, "m": 3, "milestone": 3,
    "ea": 3, "preview": 4, "pre": 4, "prerelease": 4, "rc": 5, "cr": 5,
}  # fmt: skip
_LETTERS = frozenset(("a", "b", "m"))
"""Stages only where a number follows (1.0b2): by itself a letter is a release of its own (1.0.2b)."""
_UPDATE = re.compile(
    r"(?P<base>.*?[0-9])(?:[-_ ~.]?)(?P<update>(?:alpha|beta|rc|pre|preview|dev|milestone|sp|update|patch|hotfix|hf|cu|build)"
    r"[-_. ]?[0-9]*(?:[.-][0-9]+)*)"
)

Key: TypeAlias = tuple[tuple[int, int, str], ...]
_END = (1, 0, "")


class Natural(NamedTuple):
    """A version that can be compared."""

    key: Key


@lru_cache(65_536)
def natural(text: str) -> Natural | None:
    """The version; None for a text that names no place in an order (``latest``, a commit, nothing)."""
    if len(text) > LONGEST:
        return None
    low = _HEAD.sub("", text.strip().lower(), count=1).partition("+")[0]
    if not low[:1].isdigit() or not low.isascii() or _HASH.fullmatch(low):
        return None
    tokens: list[str] = _TOKEN.findall(low)
    out: list[tuple[int, int, str]] = []
    for at, token in enumerate(tokens):
        if token.isdigit():
            out.append((3, int(token), ""))
            continue
        while out and out[-1] == (3, 0, ""):
            out.pop()
        numbered = at + 1 < len(tokens) and tokens[at + 1].isdigit()
        stage = _STAGES.get(token) if numbered or token not in _LETTERS else None
        out.append((0, stage, "") if stage is not None else (2, 0, token))
    while out and out[-1] == (3, 0, ""):
        out.pop()
    return Natural((*out, _END))


def split_update(text: str) -> tuple[str, str]:
    """(version, update) of a version that carries its update: ``3.0.0-rc1``, ``9.2 SP1``; update "" for none."""
    match = _UPDATE.fullmatch(text.strip().lower()) if len(text) <= LONGEST else None
    return (match["base"], match["update"]) if match is not None else (text, "")


def same_text(one: str, other: str) -> bool:
    """Whether two versions are the same, whatever stands between their letters and numbers (``sp_1``, ``SP1``)."""
    tokens = _TOKEN.findall(one.lower())
    return bool(tokens) and tokens == _TOKEN.findall(other.lower())
