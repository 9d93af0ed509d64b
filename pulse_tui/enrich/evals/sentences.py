"""Verdicts in words: the same sentence in a signal's title, an alert, the gate and the tables."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pulse_tui.domain.evals import ZERO_TOLERANCE, Basis, TaskVerdict, Verdict
from pulse_tui.domain.evidence import MetricEvidence
from pulse_tui.domain.metrics import Made, made_of, unit_of

_MOST_DIGITS = 4


def unit_of_line(line: TaskVerdict) -> tuple[str, float]:
    """(unit, factor) in which the line's differences are shown, by its metric and the means of both sides."""
    return unit_of(line.metric, line.scale, (line.baseline, line.current))


def amount(value: float, digits: int = 1, *, signed: bool = False) -> str:
    """A number with ``digits`` decimals, none from a thousand on; zero has no sign."""
    if abs(value) >= 1_000:
        digits = 0
    text = f"{value:+,.{digits}f}" if signed else f"{value:,.{digits}f}"
    return f"{0.0:.{digits}f}" if float(text.replace(",", "")) == 0 else text


def interval_words(line: TaskVerdict) -> str:
    """``-5.2 pp [-7.4, -3.1]``; without an interval the difference alone; of items that must never fail, those that did."""
    if _must_never_fail(line):
        return line.note
    if line.delta is None:
        return "not known"
    unit, factor = unit_of_line(line)
    return _interval(line.delta, line.low, line.high, _edge(line), unit, factor)


def line_words(line: TaskVerdict) -> str:
    """``refunds accuracy 0.914 -> 0.862: -5.2 pp [-7.4, -3.1], margin 2.0 pp: FAIL (500 items, tango score)``.

    An undecided line gives the reason, or what would decide it.
    """
    name = f"{line.task} {line.metric}"
    if _must_never_fail(line):
        return f"{name} in {line.slice}: {line.verdict.value}, {line.note}"
    if line.slice:
        name += f" in {line.slice}"
    if line.current is not None:
        name += f" {_move(line)}"
    if line.delta is None:
        return f"{name}: {line.verdict.value}, {line.note or line.method}"
    unit, factor = unit_of_line(line)
    text = f"{name}: {_interval(line.delta, line.low, line.high, _edge(line), unit, factor)}"
    if line.basis is Basis.LIMIT:
        allowed = "" if line.current is None else f" {number(line.current - line.delta)} {unit}"
        text += f" against the{allowed} allowed"
    else:
        text += ", no interval" if line.low is None and line.high is None else ""
        text += f", margin {_margin(line.margin, unit, factor)}"
    text += f": {line.verdict.value}"
    grounds = ", ".join(_grounds(line))
    more, note = more_words(line), line.note
    if (line.verdict is not Verdict.INCONCLUSIVE and line.basis is not Basis.LIMIT) or "cannot FAIL" in line.method:
        note = ""
    return text + (f" ({grounds})" if grounds else "") + (f"; {more} would decide" if more else "") + (
        f"; {note}" if note else ""
    )  # fmt: skip


def more_words(line: TaskVerdict) -> str:
    """What would decide: ``about 240 more items or 3 more repeats``; empty when it is decided or unknown."""
    if line.verdict is not Verdict.INCONCLUSIVE:
        return ""
    words = []
    if line.more_items:
        noun = "request" if made_of(line.metric) is Made.LATENCY else "item"
        words.append(f"about {_count(line.more_items, f'more {noun}')}")
        if line.clusters is not None and line.n and line.clusters < line.n:
            words[0] += f" in {_count(math.ceil(line.more_items * line.clusters / line.n), 'new cluster')}"
    if line.more_repeats:
        words.append(f"{_count(line.more_repeats, 'more repeat')} of each item")
    return " or ".join(words)


def number(value: float) -> str:
    """A value of a metric with four digits."""
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def _must_never_fail(line: TaskVerdict) -> bool:
    return (line.basis is Basis.LIMIT and made_of(line.metric) is not Made.LATENCY) or line.slice == ZERO_TOLERANCE


def _edge(line: TaskVerdict) -> float:
    """Where PASS ends, on the scale of the difference."""
    return -line.margin if line.higher_is_better else line.margin


def _interval(
    delta: float, low: float | None, high: float | None, edge: float | None, unit: str, factor: float
) -> str:  # fmt: skip
    digits = _digits([v * factor for v in (delta, low, high) if v is not None], edge and edge * factor, unit)
    text = f"{amount(delta * factor, digits, signed=True)} {unit}".rstrip()
    if low is None and high is None:
        return text
    left = "-∞" if low is None else amount(low * factor, digits, signed=True)
    right = "∞" if high is None else amount(high * factor, digits, signed=True)
    return f"{text} [{left}, {right}]"


def _digits(values: Sequence[float], edge: float | None, unit: str) -> int:
    """A tenth of a point or millisecond, three figures without a unit; more where a bound would round to the
    margin without being equal to it."""
    largest = max((abs(v) for v in values), default=0.0)
    digits = 1
    if not unit and largest > 0.0:
        digits = min(max(2 - math.floor(math.log10(largest)), 1), 12)
    last = digits + _MOST_DIGITS
    while edge is not None and digits < last and any(
        round(v, digits) == round(edge, digits) and abs(v - edge) > 1e-9 for v in values
    ):  # fmt: skip
        digits += 1
    return digits


def _margin(margin: float, unit: str, factor: float) -> str:
    """With as many decimals as it has, one at least."""
    value = margin * factor
    digits = next((d for d in range(1, 9) if abs(round(value, d) - value) <= 1e-9 * max(abs(value), 1e-9)), 9)
    return f"{amount(value, digits)} {unit}".rstrip()


def _grounds(line: TaskVerdict) -> list[str]:
    """What the verdict is based on."""
    grounds = []
    if line.n:
        noun = "request" if made_of(line.metric) is Made.LATENCY else "item"
        grounds.append(_count(line.n, noun) + (f" x {line.repeats}" if line.repeats > 1 else ""))
    if line.clusters is not None and line.clusters < line.n:
        grounds.append(f"{line.clusters:.{0 if line.clusters >= 10 else 1}f} effective clusters")
    if not line.method.startswith("none: "):
        grounds.append(line.method)
    if not line.higher_is_better and line.basis is not Basis.LIMIT:
        grounds.append("lower is better")
    return grounds


def _count(n: int, noun: str) -> str:
    return f"{n if n < 10_000 else f'{n:,}'} {noun}" + ("" if n == 1 else "s")


def _move(line: TaskVerdict) -> str:
    after = "" if line.current is None else number(line.current)
    unit = " ms" if line.basis is Basis.LIMIT else ""
    return (after if line.baseline is None else f"{number(line.baseline)} -> {after}") + unit


def metric_words(evidence: MetricEvidence) -> str:
    """A metric's evidence as one sentence: with its interval, margin and verdict where a statistic judged it."""
    name = f"{evidence.task} {evidence.metric}"
    items = _count(evidence.n, "item") if evidence.n else "an unknown number of items"
    if evidence.basis is Basis.LIMIT and evidence.verdict is not None:
        failed = f"{_count(round(evidence.current * (evidence.n or 0)), 'item')} of {evidence.n or 0} failed"
        return f"{name} in {evidence.slice or 'its limit'}: {evidence.verdict.value}, {failed}"
    if evidence.slice:
        name += f" in {evidence.slice}"
    better = "higher" if evidence.higher_is_better else "lower"
    unit, factor = evidence.unit
    delta = evidence.current - evidence.baseline
    move = f"{number(evidence.baseline)} -> {number(evidence.current)}"
    bare = f"{amount(delta * factor, _digits([delta * factor], None, unit), signed=True)} {unit}".rstrip()
    if evidence.basis is Basis.DRIFT:
        return f"{name}: the level moved {move}, {bare} {evidence.between or ''}".rstrip()
    if evidence.verdict is None:
        return f"{name}: {move}, {bare} ({better} is better, {items}; raw difference, no interval)"
    margin, edge = "", None
    if evidence.margin is not None:
        margin = f", margin {_margin(evidence.margin, unit, factor)}"
        edge = -evidence.margin if evidence.higher_is_better else evidence.margin
    interval = _interval(delta, evidence.low, evidence.high, edge, unit, factor)
    clusters = f", {evidence.clusters:.0f} effective clusters" if evidence.clusters is not None else ""
    more = f"; about {_count(evidence.more_items, 'more item')} would decide" if evidence.more_items else ""
    return (
        f"{name}: {move}, {interval}{margin}: {evidence.verdict.value}"
        f" ({items}{clusters}, {evidence.method or 'no method'}; {better} is better){more}"
    )
