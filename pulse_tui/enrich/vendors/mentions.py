"""Which models and packages a vendor note names, however it spells them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import unquote

from pulse_tui.domain.estate import Component
from pulse_tui.domain.note import Note
from pulse_tui.domain.words import ComponentKind
from pulse_tui.enrich.vendors.labs import FAMILIES
from pulse_tui.enrich.vendors.names import canonical

_DASHES = re.compile("[\u2010-\u2015\u2212\u2043\ufe58\ufe63\uff0d]")
_WORD = re.compile(r"[a-z0-9](?:[\w./:@-]*[a-z0-9])?")
_FAMILY_WORD = re.compile(r"(?:" + "|".join(sorted(map(re.escape, FAMILIES), key=len, reverse=True)) + r")(?![a-z])")
_NUMBER = re.compile(r"[vr]?\d{1,2}(?:[.-]\d{1,2})?[a-z]?\Z")
_MONTH = re.compile(r"2\d[01]\d\Z")
_SIZE = re.compile(r"\d+(?:\.\d+)?[bm]\Z")
_LONGEST = 5
"""Words of a name that is written with blanks (``Claude 3.5 Sonnet``)."""
_GROUP = frozenset({"model", "models", "family", "series", "line", "lineup"})
_CLAUDE_NUMBER = re.compile(r"claude-(\d)(?:[.-](\d))?\Z")
_CLAUDE_TIER = re.compile(r"claude-(?:(\d)(?:-(\d))?-[a-z]+|[a-z]+-(\d)(?:-(\d))?)\Z")
_COMMAND_R = re.compile(r"\bcommand[ -]r(\+)?(?![\w.-])")
_MISTRAL_MONTH = re.compile(r"\b([a-z]*(?:s|x)tral[ -](?:[a-z]+[ -])?2\d)\.([01]\d)\b")
"""``Mistral Large 24.11`` is ``mistral-large-2411``."""
_RELEASE = re.compile(r"(?<![\w@/.-])(@?[a-z0-9][\w./-]*?)(?::?\s+v?|==|@v?)\d+\.\d", re.IGNORECASE)
_TUNED = ("-instruct", "-chat", "-it")
"""A note that names the model without them means it as it is served."""
_COUNTED = frozenset({"new", "other", "more", "further", "additional", "models", "months", "weeks", "days"})
"""After a number: it counts something, and is no model's."""
_SEGMENT = re.compile(r"[\w.-]+")
_EXTRAS = re.compile(r"\[[^\]]{0,200}\]")
_SEPARATORS = re.compile(r"[-_.]+")


class Reach(StrEnum):
    """How exactly a note names a component."""

    EXACT = "exact"
    FAMILY = "family"
    """They agree in the model, not in its pinned state: one of the two names none."""


class Named(NamedTuple):
    """A model that a text names: its lab, its name without the pinned state, and that state where it is named."""

    lab: str
    base: str
    snapshot: str | None = None
    group: bool = False
    """Every model of the line is meant: "the GPT-4.1 family"."""

    @property
    def name(self) -> str:
        """``openai/gpt-4.1-2025-04-14``."""
        return f"{self.lab}/{self.base}" + (f"-{self.snapshot}" if self.snapshot else "")

    def reaches(self, other: Named) -> Reach | None:
        """Whether ``other``, a model in use, is meant. A name without a pinned state means every one of it, and whoever
        uses it without one may be served any of them."""
        if self.lab != other.lab:
            return None
        if self.base == other.base or self.base in {other.base.removesuffix(end) for end in _TUNED}:
            if self.snapshot == other.snapshot:
                return Reach.EXACT
            return Reach.FAMILY if None in (self.snapshot, other.snapshot) else None
        if (number := _CLAUDE_NUMBER.match(self.base)) and (tier := _CLAUDE_TIER.match(other.base)):
            return Reach.FAMILY if number.groups() == (tier[1] or tier[3], tier[2] or tier[4]) else None
        grouped = self.group and self.snapshot is None and other.base.startswith(f"{self.base}-")
        return Reach.FAMILY if grouped else None


def plain(text: str) -> str:
    """The text with every kind of dash and blank as the plain one: vendors write ``GPT\u20114.1``."""
    return " ".join(_DASHES.sub("-", unicodedata.normalize("NFKC", text)).split(" "))


def named(text: str) -> frozenset[Named]:
    """Every model of a known family that the text names."""
    flat = _MISTRAL_MONTH.sub(
        r"\1\2", _COMMAND_R.sub(lambda m: f"command-r{'-plus' if m[1] else ''}", plain(text).lower())
    )
    words = list(_WORD.finditer(flat))
    found: set[Named] = set()
    for index, word in enumerate(words):
        bare = _FAMILY_WORD.fullmatch(word[0]) is not None
        whole = None if bare else _family(word[0])
        if whole is None and not bare:
            continue
        name, last = word[0], index
        while last + 1 < len(words) and last - index < _LONGEST:
            joined = flat[words[last].end() : words[last + 1].start()].isspace()
            if not joined or not _continues(name, words[last + 1][0]):
                break
            last += 1
            name += f"-{words[last][0]}"
        one = (_family(name) if last > index else None) or whole
        if one is not None:
            group = last + 1 < len(words) and words[last + 1][0] in _GROUP
            found.add(one._replace(group=group))
            found.update(_siblings([w[0] for w in words[index : last + 1]], [w[0] for w in words[last + 1 : last + 5]]))
    return frozenset(found)


def _siblings(name: list[str], rest: list[str]) -> Iterator[Named]:
    """``Gemini 1.5 Pro and Flash``, ``Claude Opus 4.1 and 4``: what follows stands for the last part of the name."""
    if len(name) < 2 or len(rest) < 2 or rest[0] not in ("and", "or"):
        return
    tier = rest[1] in _TIERS and name[-1] in _TIERS
    number = _NUMBER.match(rest[1]) and _NUMBER.match(name[-1]) and not _COUNTED.intersection(rest[2:3])
    one = _family("-".join([*name[:-1], rest[1]])) if tier or number else None
    if one is not None:
        yield one


@lru_cache(maxsize=4096)
def model_of(component: Component) -> Named | None:
    """The model behind a component; None where its lab is not known."""
    return _family(component.id) or _family(component.name)


def packages(note: Note) -> frozenset[str]:
    """Names of packages that the note may be about, each as it may be written: the one that it is the release of; else its
    vendor, the project of its link, ``NAME 1.2`` in its title.

    A name in the running text is none: packages are called ``requests`` and ``rich``.
    """
    if note.package is not None:
        names = {_EXTRAS.sub("", note.package)}
    else:
        path = (note.link or "").partition("://")[2].partition("/")[2]
        tag = unquote(path.partition("/tag/")[2])
        names = {note.vendor, *_SEGMENT.findall(path.partition("/releases")[0].partition("/tag")[0])[:3]}
        names |= {*_RELEASE.findall(plain(note.title)), *_RELEASE.findall(tag)}
    return frozenset(n for name in names for n in (name, name.lower(), folded(name)) if len(n) > 2)


def folded(package: str) -> str:
    """The name of a package as it is compared: in lower case, without extras, with one kind of separator."""
    return _SEPARATORS.sub("-", _EXTRAS.sub("", package).strip().lower())


def about(component: Component, models: frozenset[Named], names: frozenset[str]) -> Reach | None:
    """Whether a note that names these is about the component, and how exactly it names it."""
    if component.kind is ComponentKind.PACKAGE:
        return Reach.EXACT if component.name in names or folded(component.name) in names else None
    mine = model_of(component)
    return closest(models, mine) if mine is not None else None


def closest(models: frozenset[Named], mine: Named) -> Reach | None:
    """How exactly one of the models is ``mine``."""
    found = {one.reaches(mine) for one in models}
    return Reach.EXACT if Reach.EXACT in found else Reach.FAMILY if Reach.FAMILY in found else None


@lru_cache(maxsize=8192)
def _family(name: str) -> Named | None:
    model = canonical(name)
    if model.lab is None:
        return None
    base = model.model.lower()
    if model.snapshot is not None:
        base = base.removesuffix(f"-{model.snapshot}")
    if model.lab == "anthropic":
        base = base.removesuffix("-0")
    return Named(model.lab, base, model.snapshot)


def _continues(name: str, word: str) -> bool:
    """Whether the word goes on the model's name: its number, a size or a tier, and no word of the sentence."""
    numbered = any(c.isdecimal() for c in name)
    return word in _TIERS or bool((_SIZE if numbered else _NUMBER).match(word) or _MONTH.match(word))


_TIERS = frozenset(
    {"opus", "sonnet", "haiku", "mini", "nano", "pro", "flash", "lite", "large", "medium", "small", "turbo", "preview"}
    | {"audio", "realtime", "instruct", "codex", "ultra", "plus", "embedding", "vision", "max", "micro", "nemo"}
    | {"flash-lite", "scout", "maverick", "coder", "thinking", "transcribe", "tts", "image", "chat", "base"}
)
