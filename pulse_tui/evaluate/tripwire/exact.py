"""What needs no statistics: a model id, a fingerprint or a number of tokens that the baseline does not have."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from statistics import multimode
from types import MappingProxyType
from typing import NamedTuple

from pulse_tui.domain.text import many
from pulse_tui.domain.tripwire import Metric, ProbeBaseline, ProbeRound

STRAY = 2
"""Answers with an unknown number of tokens, in two rounds together, that are a shift: one may be a stray."""

MOST_IDS = 20
"""A baseline with more of them is of an endpoint that makes them up, or routes to whatever is free."""
_NAMED = 3


class Off(NamedTuple):
    """What the last round shows of a metric, beside the baseline."""

    before: str
    after: str = ""
    values: tuple[str, ...] = ()
    """Those that the baseline does not have; empty: it is within."""
    since: datetime | None = None
    method: str = "compared exactly"

    @property
    def within(self) -> bool:
        """Whether the baseline has all of it."""
        return not self.values


def _ids(known: Sequence[str], seen: Sequence[str]) -> Off | None:
    """None: an endpoint that names none, or no longer, or another one each time, shows nothing."""
    if not known or not seen or len(known) > MOST_IDS:
        return None
    unknown = tuple(v for v in seen if v not in known)
    return Off(before=_listed(known), after=_listed(unknown or [k for k in known if k in seen]), values=unknown)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _models(base: ProbeBaseline, rounds: Sequence[ProbeRound]) -> Off | None:
    return _ids(base.models, rounds[-1].models)


def _fingerprints(base: ProbeBaseline, rounds: Sequence[ProbeRound]) -> Off | None:
    return _ids(base.fingerprints, rounds[-1].fingerprints)


def _tokens(base: ProbeBaseline, rounds: Sequence[ProbeRound]) -> Off | None:
    """Counts of the last round; with one stray answer those of the round before count, too."""
    known = dict(base.prompt_tokens)
    last = _strays(known, rounds[-1])
    if last is None:
        return None
    least = sum(min(known[p]) for p in known)
    before = f"{least:,} over {many(len(known), 'prompt')}"
    previous = _strays(known, rounds[-2]) if len(rounds) > 1 else None
    strays = sum(n for _, _, n in last) + sum(n for _, _, n in previous or ())
    if not last or strays < STRAY:
        return Off(before=before)
    moved: dict[str, int] = {}
    for probe, delta, _ in last:
        moved.setdefault(probe, delta)
    deltas = sorted(set(moved.values()))
    each = f"{deltas[0]:+,}" if len(deltas) == 1 else f"between {deltas[0]:+,} and {deltas[-1]:+,}"
    shown = sum(1 for r in rounds[-1].results if r.prompt_tokens and r.probe in known)
    where = "each" if len(moved) == shown else f"{len(moved)} of {many(shown, 'prompt')}"
    after = f"{each} in {where}"
    if len(deltas) == 1:
        after = f"{least + sum(moved.values()):,}, {after}"
    since = rounds[-2].at if previous else rounds[-1].at
    return Off(before=before, after=after, values=(f"{multimode(moved.values())[0]:+d}",), since=since)


def _strays(known: Mapping[str, tuple[int, ...]], item: ProbeRound) -> list[tuple[str, int, int]] | None:
    """(probe, its distance from the nearest known count, answers) of each unknown count; None: the round shows none.

    Where the count of a prompt varied while it was learned (a date in a hidden prompt), what lies between is known too.
    """
    shown = [(r.probe, r.prompt_tokens) for r in item.results if r.prompt_tokens and known.get(r.probe)]
    if not shown:
        return None
    return [
        (probe, tokens - min(known[probe], key=lambda k: (abs(k - tokens), k)), answers)
        for probe, counts in shown
        for tokens, answers in counts
        if not min(known[probe]) <= tokens <= max(known[probe])
    ]


EXACT: Mapping[Metric, Callable[[ProbeBaseline, Sequence[ProbeRound]], Off | None]] = MappingProxyType(
    {Metric.MODEL: _models, Metric.FINGERPRINT: _fingerprints, Metric.TOKENS: _tokens}
)
"""Each takes the rounds since the baseline, at least one; None: the last one does not show the metric."""
