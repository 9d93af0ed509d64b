"""An interval in words and as a bar: a delta, what bounds it, and the margin that decides. Pure text."""

from __future__ import annotations

import math
from typing import Final

BAR: Final = 11
"""Cells of a bar in a table."""
NOT_JUDGED: Final = "not judged"


def bounded(value: float | None) -> float | None:
    """The value where it is a number; None for what is missing, infinite or not a number."""
    return value if value is not None and math.isfinite(value) else None


def signed(value: float, digits: int) -> str:
    """``-5.2``; what rounds to nothing has no sign."""
    rounded = round(value, digits)
    return f"{rounded:+.{digits}f}" if rounded else f"{0:.{digits}f}"


def number(value: float | None) -> str:
    """A metric's value, short; ``?`` when there is none."""
    value = bounded(value)
    if value is None:
        return "?"
    size = abs(value)
    if size < 0.1:
        return f"{value:.3g}"
    return f"{value:.3f}" if size < 10 else f"{value:.1f}" if size < 100 else f"{value:,.0f}"


def plain(value: float) -> str:
    """A margin: ``2``, ``0.5``."""
    return f"{value:.4g}"


def digits_of(values: list[float], bounds: list[float], edge: float, unit: str) -> int:
    """Decimals that the values are worth, and more where a bound would be rounded onto the edge of the margin."""
    size = max((abs(value) for value in values), default=0.0)
    least = {
        "pp": 0 if size >= 20 else 1 if size >= 0.5 else 2,
        "ms": 0 if size >= 10 else 1,
        "%": 0 if size >= 20 else 1,
    }.get(unit, 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3)

    def apart(digits: int) -> bool:
        return all(round(bound, digits) != round(edge, digits) or bound == edge for bound in bounds)

    return next((digits for digits in range(least, least + 3) if apart(digits)), least)


def delta_text(
    delta: float | None, low: float | None, high: float | None, margin: float, unit: str, higher_is_better: bool
) -> str:
    """``-5.2 pp [-7.4, -3.1]``; a side that nothing bounds is ``-∞`` or ``∞``, and without both there is no bracket.

    A bound that lies beside the margin is never rounded onto it.
    """
    middle = bounded(delta)
    if middle is None:
        return NOT_JUDGED
    low, high = bounded(low), bounded(high)
    bounds = [value for value in (low, high) if value is not None]
    digits = digits_of([middle, *bounds], bounds, -margin if higher_is_better else margin, unit)
    text = signed(middle, digits) + (f" {unit}" if unit else "")
    if not bounds:
        return text
    sides = ("-∞" if low is None else signed(low, digits), "∞" if high is None else signed(high, digits))
    return f"{text} [{sides[0]}, {sides[1]}]"


def straddles(low: float | None, high: float | None, margin: float, higher_is_better: bool) -> bool:
    """Whether the interval lies on both sides of the margin: neither FAIL nor PASS."""
    bottom, top = _oriented(low, high, higher_is_better)
    return bottom < -margin < top


def _oriented(low: float | None, high: float | None, higher_is_better: bool) -> tuple[float, float]:
    """The interval with worse below; a side that nothing bounds is infinite."""
    bottom = -math.inf if low is None or math.isnan(low) else low
    top = math.inf if high is None or math.isnan(high) else high
    return (bottom, top) if higher_is_better else (-top, -bottom)


def bar_title(width: int) -> str:
    """What the marks of a bar mean: ``worse┊  0``."""
    margin, zero = _marks(width)
    return "worse"[:margin].ljust(margin) + "┊" + "0".rjust(zero - margin) + " " * (width - zero - 1)


def _marks(width: int) -> tuple[int, int]:
    """(cell of the margin, cell of no change): in the same cells of every bar, so that a column of bars is read at once."""
    margin = (width - 1) // 2
    return margin, margin + max(2, width // 4 + 1)


def interval_bar(
    low: float | None, delta: float | None, high: float | None, margin: float, width: int, higher_is_better: bool
) -> str:
    """The interval as ``width`` cells (at least 9), worse to the left whatever the metric's own direction.

    ``┊`` is the margin and ``0`` no change, always in the same cells; ``─`` the interval, ``●`` the delta; ``◂`` and ``▸``
    say that it goes on. The interval stays on its side of the margin however little it misses it, and is drawn
    ``┼`` where it crosses it: that, and only that, is how an INCONCLUSIVE is drawn.
    """
    tick, zero = _marks(width)
    margin = max(bounded(margin) or 0.0, 0.0)
    cells = [" "] * width
    cells[tick] = "┊"
    if margin > 0:
        cells[zero] = "0"
    middle = bounded(delta)
    if middle is None:
        return "".join(cells)
    middle = middle if higher_is_better else -middle
    bottom, top = _oriented(low, high, higher_is_better)
    if low is None and high is None:
        bottom = top = middle  # nothing is known of its noise: only the point is drawn
    scale = margin / (zero - tick) if margin > 0 else _reach(bottom, middle, top) / (width - tick - 2)
    edge, failed = -margin, bottom < -margin and top <= -margin

    def cell(value: float) -> int:
        """On the value's own side of the margin; outside the bar for what does not fit."""
        # A width that is too small for a float to divide by is none.
        steps = min(abs(value - edge) / scale, 2.0 * width) if scale else 0.0
        cells_away = max(1, round(steps))
        return tick - cells_away if value < edge or (failed and value == edge) else tick + cells_away

    first, last = cell(bottom), cell(top)
    at = max(1, min(width - 2, cell(middle)))
    for n in range(max(0, min(first, at)), min(width - 1, max(last, at)) + 1):
        cells[n] = "┼" if n == tick else "─"
    if first < 0:
        cells[0] = "◂"
    if last >= width:
        cells[-1] = "▸"
    cells[at] = "●"
    return "".join(cells)


def _reach(*values: float) -> float:
    """Where there is no margin to measure by: the farthest finite edge."""
    return max((abs(value) for value in values if math.isfinite(value)), default=0.0) or 1.0
