"""Does the same question get the same answer: the chance that two repeats agree, estimated without bias."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from pulse_tui.evaluate.inputs import Unusable


def agreement(answers: Sequence[Hashable]) -> float:
    """The share of pairs of repeats that agree: sum of c(c - 1) / r(r - 1) over the counts c of each answer.

    Unbiased for any number of repeats >= 2, unlike the share of the majority, which falls as repeats are added.

    :raises Unusable: with fewer than two repeats there is no pair
    """
    repeats = len(answers)
    if repeats < 2:
        raise Unusable(f"{repeats} repeat has no pair to agree", todo="Consistency needs two repeats an item")
    return sum(c * (c - 1) for c in Counter(answers).values()) / (repeats * (repeats - 1))


def agreements(items: Sequence[Sequence[Hashable]]) -> NDArray[np.float64]:
    """The agreement of each item, shape (items,)."""
    return np.array([agreement(answers) for answers in items], np.float64)
