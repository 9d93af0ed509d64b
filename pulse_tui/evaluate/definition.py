"""What is asked of a suite, as a digest: a stored answer to another question is no answer. Needs no numbers library."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from pulse_tui.domain.evals import Task

METHODS = 2
"""Rises when the statistics change so that stored verdicts should be made anew."""


class Question(NamedTuple):
    """What a comparison needs of a suite."""

    tasks: tuple[Task, ...]
    digest: str | None = None
    """What both runs must state as their suite's content, when the suite is frozen by what its runs state."""
    margin: float | None = None
    """Of the weighted mean over the tasks; None: the mean is shown and decides nothing."""

    @property
    def definition(self) -> str:
        """Names exactly this question."""
        return hashlib.sha256(msgspec.json.encode((METHODS, self))).hexdigest()[:32]


Looks = dict[str, Sequence[Sequence[str]]]
"""Task -> the items of each earlier look at the same candidate, oldest first."""
