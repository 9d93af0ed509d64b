"""Trying another threshold on stored facts: which numbers a rule compares with, and whether it would fire with others. Pure."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pulse_tui.domain.words import Outcome
from pulse_tui.policy.conditions import Condition, Engine
from pulse_tui.policy.judge import View, outcome_of
from pulse_tui.policy.rules import Rule

_STRING = re.compile(r"""[rRbB]{0,2}(?:'''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")""", re.DOTALL)
_COMPARED = re.compile(
    r"(?<![\w.])([A-Za-z_]\w*\.[A-Za-z_]\w*)\s*(>=|<=|>|<)\s*(-?\d+(?:\.\d+)?)(?![\w.])(?!\s*[*/+-])"
)
_DIGITS = 6
"""Most digits behind the point of a threshold that is proposed."""


class Threshold(NamedTuple):
    """A variable that a condition compares with a number, where that stands."""

    condition: str
    variable: str
    operator: str
    value: float
    start: int
    end: int
    whole: bool
    """It is written without a point: another one is, too."""

    @property
    def rises(self) -> bool:
        """Whether the rule fires on what is large."""
        return self.operator.startswith(">")

    def written(self, value: float) -> str:
        """A number as this condition writes it."""
        if self.whole:
            return f"{value:.0f}"
        text = f"{value:.{_DIGITS}f}".rstrip("0")
        return text + "0" if text.endswith(".") else text

    def moved(self, value: float) -> str:
        """The condition with another number."""
        return self.condition[: self.start] + self.written(value) + self.condition[self.end :]


def thresholds(rule: Rule) -> Iterator[Threshold]:
    """Every number that a condition of the rule compares a variable with."""
    for text in (*rule.all, *rule.any):
        bare = _STRING.sub(lambda found: "\0" * len(found[0]), text)
        for found in _COMPARED.finditer(bare):
            whole = "." not in found[3]
            yield Threshold(text, found[1], found[2], float(found[3]), found.start(3), found.end(3), whole)


def between(at: Threshold, dropped: Sequence[float], kept: Sequence[float]) -> float | None:
    """The shortest number under which the condition no longer holds for ``dropped`` and still holds for ``kept``.

    None when there is none, or when the number would let the rule fire on more than it does now.
    """
    if not dropped:
        return None
    sign = 1.0 if at.rises else -1.0
    low = max(sign * v for v in dropped)
    high = min((sign * v for v in kept), default=math.inf)
    strict = at.operator in (">", "<")
    for digits in range(0, 1 if at.whole else _DIGITS + 1):
        scale = 10.0**digits
        found = math.ceil(low * scale - 1e-9) / scale
        if not strict and found <= low:
            found = (math.floor(low * scale + 1e-9) + 1) / scale
        if (found < high if strict else found <= high) and found > sign * at.value:
            return sign * found
    return None


class Trial:
    """A rule's conditions, some of them changed, compiled."""

    def __init__(self, engine: Engine, rule: Rule, changed: Mapping[str, str] = {}) -> None:
        """``changed``: another text by the present one. Raises ValueError for one that does not compile."""
        self._engine = engine
        self._all = [self._compiled(changed.get(text, text)) for text in rule.all]
        self._any = [self._compiled(changed.get(text, text)) for text in rule.any]

    def _compiled(self, text: str) -> Condition:
        found = self._engine.compile(text)
        if isinstance(found, list):
            raise ValueError(f"{text}: {found[0].what}")  # noqa: TRY004  the text is wrong, not its type
        return found

    def outcome(self, variables: Mapping[str, Any]) -> Outcome:
        """What the rule would have decided on these facts."""
        names = {name for condition in (*self._all, *self._any) for name in condition.names}
        view = View(self._engine, {name: variables[name] for name in names if name in variables})
        every = [view.compare(c).held for c in self._all]
        some = [view.compare(c).held for c in self._any]
        return outcome_of(every, some if some else None)
