"""No expression of ours takes the square of a text's length where it is matched: each is tried on long texts."""

from __future__ import annotations

import importlib
import pkgutil
import re
import time
from collections.abc import Iterator
from typing import Any

import pulse_tui
from pulse_tui.enrich.vendors.reading.shapes import Phrases

LENGTH = 8_000
SECONDS = 0.25
"""A square of the length takes longer; what is linear takes a hundredth of it."""
PIECES = (
    "a",
    "1",
    " ",
    "-",
    ".",
    "a.",
    "a ",
    "a-",
    "1.",
    "_",
    "/",
    "\n",
    "(",
    "<",
    "@",
    '"',
    "\\",
    "\x1b[",
    "{",
    "gpt-4",
    "is ",
)
LEFT = ("pulse_tui.storage.migrations", "pulse_tui.__main__", "pulse_tui.demo")
"""What is frozen, and what reads nothing from outside."""


def _patterns() -> Iterator[tuple[str, re.Pattern[Any]]]:
    seen = set[tuple[Any, int]]()
    for module in pkgutil.walk_packages(pulse_tui.__path__, "pulse_tui."):
        if module.name.startswith(LEFT):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            for pattern in _within(value):
                if (pattern.pattern, pattern.flags) not in seen:
                    seen.add((pattern.pattern, pattern.flags))
                    yield f"{module.name}.{name}", pattern


def _within(value: Any, deep: int = 0) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, Phrases):
        yield value.made
    elif deep < 4 and isinstance(value, dict):
        for one in value.values():
            yield from _within(one, deep + 1)
    elif deep < 4 and isinstance(value, tuple | list):
        for one in value:
            yield from _within(one, deep + 1)


def _seconds(pattern: re.Pattern[Any]) -> tuple[float, str]:
    worst = (0.0, "")
    for piece in PIECES:
        text = (piece * LENGTH)[:LENGTH]
        for given in (text, text + "\x01"):
            one = given.encode() if isinstance(pattern.pattern, bytes) else given
            begun = time.thread_time()
            pattern.match(one)
            worst = max(worst, (time.thread_time() - begun, f"match {piece!r}"))
    return worst


def test_no_expression_takes_the_square_of_what_it_is_matched_with() -> None:
    slow = {name: took for name, pattern in _patterns() if (took := _seconds(pattern))[0] > SECONDS}
    assert not slow
