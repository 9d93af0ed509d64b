"""What rows are sorted by: the value behind a cell, not its text. None is unknown, and stands last whichever way one sorts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final, TypeAlias

from rich.style import Style

from pulse_tui.domain.natural import natural
from pulse_tui.domain.words import ENVIRONMENT_RANK, PRIORITY_RANK
from pulse_tui.tui.kit import styles

Value: TypeAlias = "float | str | tuple[object, ...] | None"
"""Values of one column are of one type."""

_NOTHING: Final = frozenset({"", "-", "—", "?", "unknown"})
_LOUDEST: Final[Sequence[Style]] = (
    styles.ALARM, styles.BAD, styles.UNDECIDED, styles.WARN, styles.HELD, styles.INFO, styles.PLAIN, styles.GOOD, styles.DIM,
)  # fmt: skip
_NUMBERS: Final = re.compile(r"([0-9]{1,18})")


@lru_cache(4_096)
def words(text: str) -> Value:
    """A name: numbers in it count as numbers, capitals as small letters; nothing and ``-`` are unknown."""
    if text.strip() in _NOTHING:
        return None
    return tuple(int(part) if n % 2 else part for n, part in enumerate(_NUMBERS.split(text.casefold())))


def version(text: str) -> Value:
    """A version: 3.9 before 3.10, 1.0-rc1 before 1.0; a text that is no version after all that are, by its words."""
    if text.strip() in _NOTHING:
        return None
    found = natural(text)
    return (0, found.key, ()) if found is not None else (1, (), words(text))


def priority(word: str) -> Value:
    """P1 first; what nobody could judge is unknown."""
    return None if word in _NOTHING else PRIORITY_RANK.get(word)


def environment(word: str) -> Value:
    """Production first."""
    return ENVIRONMENT_RANK.get(word)


def places(words: Iterable[str]) -> Value:
    """By the one of several environments that matters most."""
    return min((ENVIRONMENT_RANK[word] for word in words if word in ENVIRONMENT_RANK), default=None)


@lru_cache(256)
def state(word: str) -> Value:
    """As loud as it is drawn, the worst first; of the same weight by its word."""
    if word in _NOTHING:
        return None
    style = styles.state(word)[1]
    return _LOUDEST.index(style) if style in _LOUDEST else len(_LOUDEST), word


def several(*parts: Value) -> Value:
    """By the first, then by the next; a part that is unknown stands after those that are known."""
    return tuple((part is None, () if part is None else part) for part in parts)


def age(moment_us: float | None) -> Value:
    """The youngest first."""
    return None if moment_us is None else -moment_us
