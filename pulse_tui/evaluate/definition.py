"""The question a suite asks, as a digest: a stored answer to another question is not used. Needs no numbers library."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from pulse_tui.domain.evals import Task

METHODS = 2
"""Raised when the statistics change so that stored verdicts must be judged again."""


class Question(NamedTuple):
    """What a comparison needs of a suite."""

    tasks: tuple[Task, ...]
    digest: str | None = None
    """The content digest that both runs must state, when the suite is frozen by the digests of its runs."""
    margin: float | None = None
    """Of the weighted mean over the tasks; None: the mean is shown and decides nothing."""

    @property
    def definition(self) -> str:
        """Identifies exactly this question."""
        return hashlib.sha256(msgspec.json.encode((METHODS, self))).hexdigest()[:32]


Looks = dict[str, Sequence[Sequence[str]]]
"""Task -> the items of each earlier look at the same candidate, oldest first."""
