"""What the rules' own tests try: which condition was never true, which never false, which context line never decided.

A condition that no test makes false could be left out, and no test would notice.
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from pulse_tui.domain.words import Outcome
from pulse_tui.policy.judge import CompiledRule, Policy, View


class Part(StrEnum):
    """Where a condition stands in its rule."""

    ALL = "all"
    ANY = "any"
    CONTEXT = "context"


class Covered(NamedTuple):
    """How often one condition came out how, over the tests of its rule."""

    rule_id: str
    part: Part
    number: int
    """From 1 on, within its part."""
    text: str
    true: int
    false: int
    unknown: int
    decided: int | None
    """Of a context line: how often it chose the priority or the severity. None of another condition."""

    @property
    def place(self) -> str:
        """``accuracy-regression: all[2]``."""
        return f"{self.rule_id}: {self.part.value}[{self.number}]"

    @property
    def missing(self) -> tuple[str, ...]:
        """What no test shows: ``never true``, ``never false``, ``never decided``."""
        found = [word for word, count in (("never true", self.true), ("never false", self.false)) if not count]
        if self.decided == 0 and self.true:
            found.append("never decided")
        return tuple(found)


def coverage(policy: Policy) -> list[Covered]:
    """Every condition of every rule, in the order of the file."""
    return [covered for compiled in policy.compiled for covered in _of_rule(policy, compiled)]


def _of_rule(policy: Policy, compiled: CompiledRule) -> list[Covered]:
    rule = compiled.rule
    parts = [
        *((Part.ALL, number, c) for number, c in enumerate(compiled.every, 1)),
        *((Part.ANY, number, c) for number, c in enumerate(compiled.some, 1)),
        *((Part.CONTEXT, number, c) for number, (c, _) in enumerate(compiled.context, 1)),
    ]
    seen: list[list[bool | None]] = [[] for _ in parts]
    decided = dict.fromkeys(range(1, len(compiled.context) + 1), 0)
    for test in rule.tests:
        view = View(policy.engine, {"signal.type": str(rule.on[0]), **test.facts})
        ruling = compiled.rule_on(view)
        for answers, (part, _, condition) in zip(seen, parts, strict=True):
            # Only a rule that fires reads its context.
            if part is not Part.CONTEXT or ruling.outcome is Outcome.FIRED:
                answers.append(view.compare(condition).held)
        for line in ruling.lines:
            decided[line] += 1
    return [
        Covered(
            rule.id,
            part,
            number,
            condition.text,
            answers.count(True),
            answers.count(False),
            answers.count(None),
            decided[number] if part is Part.CONTEXT else None,
        )
        for answers, (part, number, condition) in zip(seen, parts, strict=True)
    ]
