"""Verdicts in words: the same sentence in a signal's title, an alert, the gate and the tables."""

from __future__ import annotations

from pulse_tui.domain.evals import Basis, TaskVerdict, Verdict
from pulse_tui.domain.evidence import MetricEvidence
from pulse_tui.domain.metrics import Made, bounds_of, made_of


def unit_of(metric: str, scale: float = 100.0) -> tuple[str, float]:
    """(unit, factor) in which differences of a metric are told: points of shares, per cent of costs, milliseconds."""
    made = made_of(metric)
    if made is Made.LATENCY:
        return "ms", 1.0
    if made is Made.COST:
        return "%", 100.0
    if bounds_of(metric) == (0.0, 1.0) or made is not Made.SCORES or scale != 100.0:
        return "pp", scale
    return "", 1.0


def unit_of_line(line: TaskVerdict) -> tuple[str, float]:
    """As :func:`unit_of`; a score that stays within 0 and 1 on both sides is told in points as well."""
    unit, factor = unit_of(line.metric, line.scale)
    if not unit and all(v is not None and 0.0 <= v <= 1.0 for v in (line.baseline, line.current)):
        return "pp", line.scale
    return unit, factor


def amount(value: float | None, factor: float, *, signed: bool = False) -> str:
    """A difference in its unit with a tenth where that is worth telling."""
    if value is None:
        return "∞"
    number = value * factor
    digits = 1 if abs(number) < 1_000 else 0
    text = f"{number:+.{digits}f}" if signed else f"{number:.{digits}f}"
    return text.replace("-0.0", "0.0").replace("+0.0", "0.0") if float(text) == 0 else text


def interval_words(line: TaskVerdict) -> str:
    """``-5.2 pp [-7.4, -3.1]``; without an interval the difference alone."""
    if line.delta is None:
        return "not known"
    unit, factor = unit_of_line(line)
    text = amount(line.delta, factor, signed=True) + (f" {unit}" if unit else "")
    if line.low is None and line.high is None:
        return text
    low = "-∞" if line.low is None else amount(line.low, factor, signed=True)
    high = "∞" if line.high is None else amount(line.high, factor, signed=True)
    return f"{text} [{low}, {high}]"


def line_words(line: TaskVerdict) -> str:
    """``support_golden accuracy 0.914 -> 0.862: -5.2 pp [-7.4, -3.1], margin 2.0 pp: FAIL (500 items, tango score)``."""
    name = f"{line.task} {line.metric}" + (f" in {line.slice}" if line.slice else "")
    if line.basis is Basis.LIMIT and made_of(line.metric) is not Made.LATENCY:
        return f"{name}: {line.verdict.value}, {line.note}"
    unit, factor = unit_of_line(line)
    values = "" if line.current is None else _move(line)
    margin = f", margin {amount(line.margin, factor)} {unit}".rstrip() if line.basis is not Basis.LIMIT else ""
    basis = f"{line.n} items, {line.method}" if line.n else line.method
    said = f"{name}{values}: {interval_words(line)}{margin}: {line.verdict.value} ({basis})"
    more = more_words(line)
    return f"{said}; {more} would decide" if more else said


def _move(line: TaskVerdict) -> str:
    if line.baseline is None:
        return f" {line.current:.4g}"
    return f" {line.baseline:.4g} -> {line.current:.4g}"


def more_words(line: TaskVerdict) -> str:
    """What would decide: ``240 more items or 3 more repeats``; empty when it is decided or nobody can say."""
    if line.verdict is not Verdict.INCONCLUSIVE:
        return ""
    noun = "requests" if made_of(line.metric) is Made.LATENCY else "items"
    words = [f"about {line.more_items:,} more {noun}"] if line.more_items else []
    words += [f"{line.more_repeats} more repeats"] if line.more_repeats else []
    return " or ".join(words)


def metric_words(evidence: MetricEvidence) -> str:
    """A metric's evidence as one sentence: with its interval, margin and verdict where a statistic judged it."""
    part = f" in {evidence.slice}" if evidence.slice else ""
    name = f"{evidence.task} {evidence.metric}{part}"
    move = f"{evidence.baseline:.4g} -> {evidence.current:.4g}, {evidence.delta_pp:+.1f} pp"
    items = f"{evidence.n} items" if evidence.n else "an unknown number of items"
    better = "higher" if evidence.higher_is_better else "lower"
    if evidence.basis is Basis.DRIFT:
        return f"{name}: the level moved {move} {evidence.between or ''}".rstrip()
    if evidence.verdict is None:
        return f"{name}: {move} ({better} is better, {items}; raw difference, no interval)"
    if evidence.basis is Basis.LIMIT:
        return f"{name}: {evidence.current:.4g}: {evidence.verdict.value} ({items})"
    bounds = ""
    if evidence.low_pp is not None or evidence.high_pp is not None:
        low = "-∞" if evidence.low_pp is None else f"{evidence.low_pp:+.1f}"
        high = "∞" if evidence.high_pp is None else f"{evidence.high_pp:+.1f}"
        bounds = f", 90 % interval [{low}, {high}]"
    margin = f", margin {evidence.margin * evidence.scale:.1f} pp" if evidence.margin is not None else ""
    clusters = f", {evidence.clusters:.0f} effective clusters" if evidence.clusters is not None else ""
    more = f"; about {evidence.more_items:,} more items would decide" if evidence.more_items else ""
    return (
        f"{name}: {move}{bounds}{margin}: {evidence.verdict.value}"
        f" ({items}{clusters}, {evidence.method or 'no method'}; {better} is better){more}"
    )
