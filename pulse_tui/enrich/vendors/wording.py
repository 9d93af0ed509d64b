"""Which words of a text were changed, as a reader wants to see it: what went, what came, a few words around them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from pulse_tui.domain.views.vendors import Hunk

WORDS = 400
"""Words of each text that are compared one by one once what begins and ends them equally is left out: comparing takes
their product in time. Of longer ones the whole is shown as deleted and added."""
AROUND = 4
SHOWN = 60
"""Words of one place that are shown."""
_WORD = re.compile(r"\S+")


def hunks(before: str, after: str) -> tuple[Hunk, ...]:
    """The places where ``after`` differs from ``before`` but for white space, in their order."""
    old, new = _WORD.findall(before), _WORD.findall(after)
    start = _same(old, new)
    end = _same(old[start:][::-1], new[start:][::-1])
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    if not left and not right:
        return ()
    if max(len(left), len(right)) > WORDS:
        return (_hunk(old, new, start, len(old) - end, start, len(new) - end),)
    codes = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    places = list[list[int]]()
    for tag, i1, i2, j1, j2 in codes:
        if tag == "equal":
            continue
        if places and i1 - places[-1][1] <= 2:  # one or two equal words between: it reads better as one place
            places[-1][1], places[-1][3] = i2, j2
        else:
            places.append([i1, i2, j1, j2])
    return tuple(_hunk(old, new, start + i1, start + i2, start + j1, start + j2) for i1, i2, j1, j2 in places)


def _same(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words both begin with."""
    return next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _hunk(old: Sequence[str], new: Sequence[str], i1: int, i2: int, j1: int, j2: int) -> Hunk:
    return Hunk(_shown(old, i1, i2) if i1 < i2 else "", _shown(new, j1, j2) if j1 < j2 else "")


def _shown(words: Sequence[str], start: int, end: int) -> str:
    first, last = max(0, start - AROUND), min(len(words), end + AROUND)
    cut = min(last, first + SHOWN)
    head, tail = "… " if first else "", " …" if cut < len(words) else ""
    return f"{head}{' '.join(words[first:cut])}{tail}"
