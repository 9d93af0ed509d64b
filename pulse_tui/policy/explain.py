"""A decision as lines of text: why, with the values it saw."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from pulse_tui.domain.decision import Comparison, Decision
from pulse_tui.domain.words import Mode, Outcome


def explain(decision: Decision, reasons: Iterable[str] = ()) -> list[str]:
    """Lines for a screen: the rule and policy, its outcome, then one line a condition.

    ``reasons``: of an advisory's priority, as the policy saw them.
    """
    lines = [f"rule {decision.rule_id} @ policy {decision.policy_digest[:8]}", _outcome(decision)]
    if because := ", ".join(reasons):
        lines.append(f"because: {because}")
    lines += [comparison_line(c) for c in decision.comparisons]
    if decision.context:
        lines.append(f"context: {decision.context}")
    return lines


def comparison_line(comparison: Comparison) -> str:
    """``eval.worse_pp > 2.0  true  (eval.worse_pp = 5.2)``."""
    word = "?" if comparison.held is None else str(comparison.held).lower()
    values = ", ".join(f"{name} = {shown(value)}" for name, value in comparison.values.items())
    notes = [part for part in (values, comparison.error) if part]
    return f"{comparison.text}  {word}" + (f"  ({'; '.join(notes)})" if notes else "")


def shown(value: Any) -> str:
    """A value as an operator reads it: texts quoted, numbers short."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return json.dumps(value, ensure_ascii=False)


def _outcome(decision: Decision) -> str:
    if decision.outcome is Outcome.NOT_FIRED:
        return "did not fire"
    if decision.outcome is Outcome.INDETERMINATE:
        unknown = sorted({c.error for c in decision.comparisons if c.held is None and c.error})
        return f"indeterminate, nothing is done: {'; '.join(unknown)}"
    todo = ", ".join(decision.actions) or "nothing"
    if decision.mode is Mode.OBSERVE:
        return f"fired as {decision.priority} in observe mode: would do {todo}, does nothing"
    return f"fired as {decision.priority}: {todo}"
