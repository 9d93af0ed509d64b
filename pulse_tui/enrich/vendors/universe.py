"""A universe: the models that a catalogue knows by their labs' own names, and which of them a platform's name means.

The catalogue speaks first (its ids, its links, its display names), the rules of :mod:`pulse_tui.enrich.vendors.names`
second. Where several entries could be meant, or the entry that is meant is another state of the line than those of the
catalogue, the answer is the line alone: no entry rather than a wrong one.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Literal

import msgspec

from pulse_tui.enrich.vendors.identity import floats, line_of, pin_of
from pulse_tui.enrich.vendors.labs import ORGS
from pulse_tui.enrich.vendors.names import Model, read

_ABOUT = 3
"""Days between the date in a platform's name and the release that a catalogue states."""
LONGEST = 200
"""Characters of a name that is looked at; no platform's are half as long."""

Match = Literal["exact", "family", "unknown"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A model of a catalogue, by its lab's own id."""

    provider: str
    model: str
    title: str = ""
    """How the catalogue shows it: ``Claude Haiku 4.5 (latest)``."""
    released: str = ""
    """``2025-10-15``, ``2025-10`` or empty."""

    @property
    def key(self) -> str:
        """``lab/model``, as the catalogue writes both."""
        return f"{self.provider}/{self.model}"

    @property
    def lab(self) -> str:
        """The lab, by the one name that it has here."""
        return ORGS.get(self.provider, self.provider)


class Resolution(msgspec.Struct, frozen=True, kw_only=True):
    """Which model a name means. ``canonical`` is None where no single entry is meant."""

    canonical: str | None
    match: Match
    why: str
    family: str | None = None
    """The line, ``openai/gpt-4.1``: given whenever it is known, with an entry or without."""
    listed: bool = False
    """Whether ``canonical`` is an entry of the catalogue; else it is the lab's name by rules."""
    floating: bool = False
    """Whether the name can come to mean another snapshot with no change of ours."""


_ASCII = re.compile(r"[!-~]+(?: [!-~]+)*\Z")
_TOKENS = re.compile(r"[a-z]+|\d+")
_DIGITS_P = re.compile(r"(?<=\d)p(?=\d)")
_SIZED = re.compile(r"(?:llama-(?!guard)|mistral-(?!saba)|mixtral-|gemma-|codellama-)(?:\d[\d.]*-)?(?:\d+x)?\d+b\Z")
_COMPLETED = re.compile(r"0\Z|latest\Z|preview\Z|20\d{6}\Z")
_TUNED = ("it", "instruct")
_STATES = frozenset({"latest", "preview", *_TUNED})
_MOVED = frozenset({"latest", "preview", "exp", "beta", "experimental"})
_BEHIND_A_PIN = frozenset({"", "preview", "instruct"})
_OTHER = frozenset(
    {"mini", "nano", "micro", "pro", "audio", "realtime", "transcribe", "tts", "image", "embedding", "embed", "search"}
    | {"vision", "vl", "guard", "safeguard", "base", "distill", "codex", "coder", "code", "math", "ocr", "omni", "32k"}
    | {"16k", "computer", "robotics", "live", "native", "air", "prover", "translate", "asr", "rerank", "imagine"}
)
"""Words that make another model of what stands before them, not a state of it."""


class Universe:
    """The entries of a catalogue, and its own links from platforms' names (lower case) to their keys. Pure."""

    def __init__(self, entries: Iterable[Entry] = (), links: Mapping[str, str] | None = None) -> None:
        kept: dict[tuple[str, str], Entry] = {}
        given = list(entries)
        for entry in given:
            at = (entry.lab, entry.model.lower())
            if at not in kept or entry.provider == entry.lab:
                kept[at] = entry
        self._keys = {e.key.lower(): kept[e.lab, e.model.lower()].key for e in given}
        self._links = {a: self._keys[k.lower()] for a, k in (links or {}).items() if k.lower() in self._keys}
        self._entries = {e.key: e for e in kept.values()}
        self._ids = _unique((e.lab, _tokens(e.model), e.key) for e in kept.values())
        self._spelled = _unique((e.lab, _tokens(name), e.key) for e in kept.values() if (name := _spelled(e)))
        self._titles = _unique((e.lab, _tokens(e.title), e.key) for e in kept.values() if _is_title(e))
        self._anywhere = _unique(("", _tokens(e.model), e.key) for e in kept.values())
        self._lines: dict[str, list[str]] = defaultdict(list)
        self._words: set[tuple[str, str]] = set()
        self._begun: Counter[tuple[str, str]] = Counter()
        for entry in kept.values():
            self._lines[line_of(f"{entry.lab}/{entry.model}")].append(entry.key)
            words = entry.model.lower().split("-")
            self._words.update(
                (entry.lab, "-".join(words[:n])) for n in (len(words), len(words) - (words[-1] in _TUNED))
            )
            self._begun.update((entry.lab, "-".join(words[:n])) for n in range(1, len(words)))

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, key: str) -> bool:
        return key in self._entries

    def resolve(self, name: str) -> Resolution:
        """The model behind a platform's name for it. Any text is allowed."""
        text = name.strip()
        if not text:
            return _unknown("empty")
        if len(text) > LONGEST:
            return _unknown("longer than any model's name")
        if not _ASCII.match(text):
            return _unknown("holds characters that no model's name has")
        lowered = text.lower()
        if (key := self._keys.get(lowered)) is not None:
            return self._exact(key, read(key).model, "the catalogue's id")
        if (key := self._links.get(lowered)) is not None:
            return self._exact(key, read(text).model, "the catalogue's link")
        reading = read(text)
        lab, stem = reading.model.lab, reading.stem
        if lab is None or stem is None:
            key = None if reading.org is not None or stem is None else self._by_id(reading.lab, stem)
            return self._exact(key, reading.model, "the catalogue's id") if key else _unknown("no model of a known lab")
        return self._known(reading.model, lab, stem)

    def _known(self, found: Model, lab: str, stem: str) -> Resolution:
        """The lab is known by the name: which of its entries?"""
        line = line_of(f"{lab}/{found.model}")
        pinned = f"{found.model}-{found.snapshot}" if found.snapshot else stem
        if (key := self._by_id(lab, stem) or self._by_id(lab, pinned)) is not None:
            return self._exact(key, found, "the catalogue's id")
        if (key := self._titles.get((lab, _tokens(stem)))) is not None:
            return self._exact(key, found, "the catalogue's title")
        states = self._lines.get(line, [])
        if (key := self._by_id(lab, found.model)) is not None:
            if found.snapshot and found.snapshot not in key:
                if "preview" in stem.split("-") and "preview" not in key:
                    return _line(line, found, "the catalogue has other states of it")
                same = self._released(key, found.snapshot)
                return self._answer(key, "exact" if same else "family", line, found, _PINNED[same])
            if len(states) > 1 and _is_completed(stem, key):
                return _line(line, found, f"the catalogue has {len(states)} states of it: {', '.join(states)}")
            return self._exact(key, found, "by rules")
        return self._unlisted(found, lab, line)

    def _unlisted(self, found: Model, lab: str, line: str) -> Resolution:
        """The lab's name for it is not in the catalogue: is it a state of what is, or another model?"""
        model, states = found.model, self._lines.get(line, [])
        pin = pin_of(model)
        if pin is not None and not set(model.rpartition(pin)[2].split("-")) <= _BEHIND_A_PIN:
            pin = None  # what stands behind it is no lab's: mistral-large-2411-turbo
        if pin is not None and (states or self._is_near(lab, model)):
            return self._pinned(pin, states, f"{lab}/{model}", line, found)
        if (key := self._nearest(model, lab, states)) is not None:
            return self._answer(key, "family", line, found, "the nearest state in the catalogue")
        if states:
            return _line(line, found, f"the catalogue has other states of it: {', '.join(states)}")
        if self._is_near(lab, model):
            return _line(line, found, "the catalogue has what it may be a state of, and not itself")
        if _SIZED.match(model):
            return _line(line, found, "base or instruction-tuned: the name does not say")
        if not self._keys:
            pinned = f"-{found.snapshot}" if found.snapshot and found.snapshot not in model else ""
            match: Match = "family" if floats(found) else "exact"
            return self._answer(f"{lab}/{model}{pinned}", match, line, found, "by rules")
        whole = not floats(found) and (found.snapshot is None or found.snapshot in model)
        why = "by rules, not in the catalogue"
        return self._answer(f"{lab}/{model}", "exact" if whole else "family", line, found, why)

    def _pinned(self, pin: str, states: list[str], name: str, line: str, found: Model) -> Resolution:
        """A pinned state that the catalogue does not have by that name."""
        for key in states:
            other = set(_tokens(name)) ^ set(_tokens(key))
            if pin_of(key) is None and not other & _MOVED and self._released(key, pin):
                return self._answer(key, "exact", line, found, _PINNED[True])
        if len(pin) in (4, 8):  # as labs pin: not 251201, nor 07-25
            return self._answer(name, "exact", line, found, "by rules; the catalogue has other states of it")
        return _line(line, found, "the catalogue has other states of it")

    def _nearest(self, model: str, lab: str, states: list[str]) -> str | None:
        """The one entry that the name can mean though it leaves words out: that it is tuned, a preview, the latest."""
        if self._begun[lab, model.lower()] == 1:
            tuned = next((key for t in _TUNED if (key := self._by_id(lab, f"{model}-{t}")) is not None), None)
            if tuned is not None:
                return tuned
        if len(states) != 1:
            return None
        ours, theirs = set(_tokens(model)), set(_tokens(states[0].partition("/")[2]))
        return states[0] if ours - theirs <= {"latest"} and theirs - ours <= {"latest", "preview"} else None

    def _is_near(self, lab: str, model: str) -> bool:
        """Whether the name is the beginning of an entry's, or an entry's with words that may be a state's."""
        lowered = model.lower()
        if self._begun[lab, lowered]:
            return True
        words = lowered.split("-")
        return any((lab, "-".join(words[:n])) in self._words and words[n] not in _OTHER for n in range(1, len(words)))

    def _by_id(self, lab: str | None, model: str) -> str | None:
        tokens = _tokens(model)
        if lab is None:
            return self._anywhere.get(("", tokens))
        return self._ids.get((lab, tokens)) or self._spelled.get((lab, tokens))

    def _released(self, key: str, pin: str) -> bool:
        """Whether the pin is about the day that the catalogue has the entry released on, or the number of a first state."""
        if pin == "001":
            return True
        digits, day = "".join(filter(str.isdecimal, pin)), self._entries[key].released.replace("-", "")
        if len(digits) == 4 and "-" not in pin and day[2:6] == digits:  # 2409: a year and a month
            return True
        if len(day) != 8 or ("-" in pin[:3] and len(digits) == 6):  # 08-2024
            return False
        return len(digits) in (4, 6, 8) and _days(day, (day[: 8 - len(digits)] + digits)) <= _ABOUT

    def _exact(self, key: str, found: Model, why: str) -> Resolution:
        entry = self._entries[key]
        return self._answer(key, "exact", line_of(f"{entry.lab}/{entry.model}"), found, why)

    def _answer(self, key: str, match: Match, line: str, found: Model, why: str) -> Resolution:
        listed = key in self._entries
        moving = floats(found) or (listed and "(latest)" in self._entries[key].title)
        return Resolution(canonical=key, match=match, why=why, family=line, listed=listed, floating=moving)


def _days(one: str, other: str) -> int:
    try:
        return abs((datetime.strptime(one, "%Y%m%d") - datetime.strptime(other, "%Y%m%d")).days)  # noqa: DTZ007
    except ValueError:
        return 1_000


_PINNED = {True: "by rules, and the catalogue's date", False: "by rules; this pinned state is not in the catalogue"}


def _line(line: str, found: Model, why: str) -> Resolution:
    return Resolution(canonical=None, match="family", why=why, family=line, floating=floats(found))


def _unknown(why: str) -> Resolution:
    return Resolution(canonical=None, match="unknown", why=why)


@lru_cache(maxsize=8192)
def _tokens(text: str) -> tuple[str, ...]:
    """The words and numbers of a name, whatever stands between them: ``glm-4p6``, ``GLM 4.6`` and ``glm-4-6`` are one."""
    return tuple(_TOKENS.findall(_DIGITS_P.sub(".", text.lower())))


def _spelled(entry: Entry) -> str | None:
    """Its name by rules, where the catalogue writes another: ``Llama-4-Scout-17B-16E-Instruct-FP8``."""
    found = read(f"{entry.lab}/{entry.model}").model
    return found.model if found.snapshot is None or found.snapshot in found.model else None


def _is_title(entry: Entry) -> bool:
    """Whether the title names this state: not where it is the line's name, which older and newer states have too."""
    if not entry.title or "(latest)" in entry.title:
        return False
    title, words = _tokens(entry.title), _tokens(entry.model)
    return words[: len(title)] != title or not (pin_of(entry.model) or set(words[len(title) :]) & _STATES)


def _is_completed(stem: str, key: str) -> bool:
    """Whether rules put a state to the name that it does not have: ``claude-sonnet-4`` to ``claude-sonnet-4-0``."""
    added = set(_tokens(key.partition("/")[2])) - set(_tokens(stem))
    return bool(added) and all(_COMPLETED.match(word) for word in added)


def _unique(rows: Iterable[tuple[str, tuple[str, ...], str]]) -> dict[tuple[str, tuple[str, ...]], str]:
    found: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
    for lab, tokens, key in rows:
        found[lab, tokens].add(key)
    return {at: next(iter(keys)) for at, keys in found.items() if len(keys) == 1}
