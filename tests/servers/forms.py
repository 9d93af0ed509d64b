"""The short form of the tests, and the full one: ``pytest --full``, or ``PULSE_TESTS=full`` in the environment.

Both assert the same. The short form has fewer rounds and examples, and leaves out what is marked ``slow``; each of those
has a sibling with fewer rounds that always runs.
"""

from __future__ import annotations

import os

VARIABLE = "PULSE_TESTS"
_FEWEST = 5


def full() -> bool:
    """Whether the full form was asked for."""
    return os.environ.get(VARIABLE) == "full"


def examples(count: int) -> int:
    """How many examples of a property to try, where the full form tries ``count``."""
    return count if full() else max(count // 4, _FEWEST)
