"""The tempo index: how fast labs release models now, against their own last year. 100 is that year's mean.

What counts is a model's first release by its lab, on the date that the catalogue gives it. A platform that begins to serve
it releases nothing; neither does an alias, a dated name beside the undated one, or the same model quantised or faster.
Every entry of the catalogue is accounted for: it is counted, or dropped with the reason. Pure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

import msgspec

from pulse_tui.domain.catalogue import CatalogueModel
from pulse_tui.enrich.vendors.labs import ORGS
from pulse_tui.enrich.vendors.names import canonical

WINDOW = 28
"""Days of a window: four weeks, so that no weekday counts more than another."""
WINDOWS = 13
"""Windows of the trailing year."""
CLOSE = timedelta(days=3)
"""Variants of one model so close together are one release: time zones, and whoever fills in the catalogue, differ."""
TWIN = timedelta(days=45)
"""A dated name and the undated one are one release when their dates are no further apart."""
LEAST = 12
"""Releases of the year below which no index is given: a single one would move it by a third."""

_OWNERS = {"amazon-bedrock": "amazon", "google-vertex": "google", "gemini": "google", "llama": "meta"}
"""Platforms that belong to a lab and are not called after it."""
_DATED = re.compile(r"-(?:20\d{6}|20\d\d-\d\d(?:-\d\d)?|\d\d-20\d\d|[01]\d-[0-3]\d|\d{4}|00\d)(?=-|\Z)")
_VARIANT = re.compile(
    r"-(?:latest|preview|exp|experimental|beta|fast|turbo|highspeed|ultraspeed|instruct|thinking|non-reasoning|reasoning"
    r"|customtools|chat|fp8|fp4|nvfp4|mxfp4|bf16|int4|int8|awq|gptq|gguf|4bit|8bit|free)(?=-|\Z)"
)
_OWN_NAMES = frozenset({"gpt-4-turbo", "gpt-3.5-turbo", "qwen-turbo", "deepseek-chat", "grok-code-fast"})
"""Models whose name ends in a word that marks a variant elsewhere."""


class Why(StrEnum):
    """Why an entry is no release."""

    REPUBLISHED = "another's model"
    NO_LAB = "a platform that is no lab"
    ALIAS = "an alias"
    SAME = "the same release under another name"
    UNDATED = "no release date"
    AHEAD = "a date in the future"


class Release(NamedTuple):
    """One release that counts."""

    lab: str
    model: str
    """As the catalogue names it: the shortest of its names."""
    on: date
    month_only: bool
    """The catalogue gives the month alone: the middle of it is taken."""


class Dropped(NamedTuple):
    """One entry that does not."""

    key: str
    why: Why
    of: str = ""
    """The release that it is a name of, or whose model it is."""


class Tempo(msgspec.Struct, frozen=True, kw_only=True):
    """The index with everything it was made from."""

    at: date
    index: int | None
    """None: the year has too few releases to compare with."""
    recent: int
    """Releases of the last window."""
    mean: float
    """Releases a window over the trailing year."""
    windows: tuple[int, ...]
    """Releases of each window of the year, the oldest first."""
    weeks: tuple[int, ...]
    """Of each week of the year, the oldest first."""
    months: tuple[tuple[str, int], ...]
    """Of each of the last twelve calendar months, the present one included."""
    counted: tuple[Release, ...]
    dropped: tuple[Dropped, ...]


def tempo(models: Iterable[CatalogueModel], at: date) -> Tempo:
    """The index on the day ``at`` from a catalogue in the shape of models.dev."""
    counted, dropped = releases(models, at)
    ago = [(at - r.on).days for r in counted]
    windows = _histogram(ago, WINDOW, WINDOWS)
    mean = sum(windows) / WINDOWS
    return Tempo(
        at=at,
        index=round(100 * windows[-1] / mean) if sum(windows) >= LEAST else None,
        recent=windows[-1],
        mean=mean,
        windows=windows,
        weeks=_histogram(ago, 7, WINDOW * WINDOWS // 7),
        months=tuple((label, sum(f"{r.on:%Y-%m}" == label for r in counted)) for label in _months(at)),
        counted=counted,
        dropped=dropped,
    )


def releases(models: Iterable[CatalogueModel], at: date) -> tuple[tuple[Release, ...], tuple[Dropped, ...]]:
    """(what counts, by date; what does not, by key), of everything up to the day ``at``."""
    dropped = list[Dropped]()
    groups = defaultdict[tuple[str, str], list[_Named]](list)
    for model in models:
        found = _named(model, at)
        if isinstance(found, Dropped):
            dropped.append(found)
        else:
            groups[found.lab, found.base].append(found)
    counted = list[Release]()
    lone = list[_Named]()
    for group in groups.values():
        own, aliases = [n for n in group if not n.alias], [n for n in group if n.alias]
        for names in _clusters(own):
            first = min(names, key=lambda n: (n.marks, n.dated, len(n.key), n.key))
            counted.append(first.release)
            dropped += [Dropped(n.key, Why.SAME, first.key) for n in names if n is not first]
        dropped += [Dropped(a.key, Why.ALIAS, group[0].base) for a in aliases if own]
        lone += aliases if not own else []
    # An alias that is the only name of its line moves with the lab's releases of that day; else it is the release.
    days = {(r.lab, r.on): r.model for r in reversed(counted)}
    for alias in sorted(lone, key=lambda n: (len(n.key), n.key)):
        place = alias.lab, alias.release.on
        if place in days:
            dropped.append(Dropped(alias.key, Why.ALIAS, days[place]))
        else:
            days[place] = alias.key
            counted.append(alias.release)
    return tuple(sorted(counted, key=lambda r: (r.on, r.model))), tuple(sorted(dropped))


class _Named(NamedTuple):
    """An entry of a lab's own model."""

    key: str
    lab: str
    base: str
    alias: bool
    dated: bool
    marks: int
    """Words in it that mark a variant."""
    release: Release


def _named(model: CatalogueModel, at: date) -> _Named | Dropped:
    owner = owner_of(model.platform)
    named = canonical(f"{model.platform}/{model.id}")
    if owner is None:
        return Dropped(model.key, Why.NO_LAB, named.lab or "")
    if named.lab != owner:
        return Dropped(model.key, Why.REPUBLISHED, named.lab or "")
    when = _day(model.released, at)
    if when is None:
        return Dropped(model.key, Why.UNDATED)
    on, month_only = when
    if on > at:
        return Dropped(model.key, Why.AHEAD)
    written = model.id.rpartition("/")[2].lower()
    release = Release(owner, model.key, on, month_only)
    dated = bool(named.snapshot) or _DATED.search(written) is not None
    base, alias = base_of(named.model), written.endswith("-latest")
    return _Named(model.key, owner, base, alias, dated, len(_VARIANT.findall(written)), release)


def owner_of(platform: str) -> str | None:
    """The lab whose own platform it is, or None."""
    name = platform.lower()
    for end in ("", "-cn", "-global", "-coding-plan", "-cn-coding-plan"):
        if name.endswith(end):
            bare = name.removesuffix(end)
            if (found := _OWNERS.get(bare) or ORGS.get(bare)) is not None:
                return found
    return None


def base_of(model: str) -> str:
    """The model without date, alias mark, precision, speed and mode: what its variants have in common."""
    name = _DATED.sub("", model.lower())
    if any(name == own or name.startswith(f"{own}-") for own in _OWN_NAMES):
        return name.removesuffix("-latest")
    return _VARIANT.sub("", name) or name


def _clusters(own: Sequence[_Named]) -> Iterator[list[_Named]]:
    """Names of one release: those of one day or a few, and an undated name with its nearest dated twin."""
    days = dict[date, list[_Named]]()
    last: date | None = None
    for name in sorted(own, key=lambda n: n.release.on):
        on = name.release.on
        first = last if last is not None and on - last <= CLOSE else on
        days.setdefault(first, []).append(name)
        last = first
    pinned = [on for on, names in days.items() if any(n.dated for n in names)]
    for on in list(days):
        near = min(pinned, key=lambda d: (abs(d - on), d), default=None)
        if on not in pinned and near is not None and abs(near - on) <= TWIN:
            days[near] += days.pop(on)
    yield from days.values()


def _day(text: str | None, at: date) -> tuple[date, bool] | None:
    """(the date, whether only its month is given)."""
    try:
        if text is None:
            return None
        if len(text) == 7:
            first = date.fromisoformat(f"{text}-01")
            middle = first.replace(day=15)
            return (at if first <= at < middle else middle), True
        return date.fromisoformat(text), False
    except ValueError:
        return None


def _histogram(ago: Iterable[int], width: int, count: int) -> tuple[int, ...]:
    """How many days ago fall in each of the last ``count`` windows, the oldest first."""
    found = [0] * count
    for days in ago:
        if 0 <= days < width * count:
            found[-1 - days // width] += 1
    return tuple(found)


def _months(at: date) -> list[str]:
    number = at.year * 12 + at.month - 1
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(number - 11, number + 1)]


def newest(models: Iterable[CatalogueModel]) -> date | None:
    """The date of the newest release by a lab; None where the catalogue has none."""
    days = (_day(m.released, date.max) for m in models if owner_of(m.platform) is not None)
    return max((found[0] for found in days if found is not None), default=None)
