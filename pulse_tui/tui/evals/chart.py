"""The only file that imports plotext (6.1.0). It is imported late, in a thread, after the first frame.

plotext 6 has one global figure, so a lock makes drawing one at a time.
"""

from __future__ import annotations

import re
import sys
import threading
from collections.abc import Sequence
from types import ModuleType
from typing import Any, Final

from pulse_tui.domain.views.evals import Trend, TrendPoint


def _import_plotext() -> Any:
    """plotext without the interactive manual that 6.1.0 writes while it is imported: that is half of the 0.2 s.

    The pin is exact. Should a later version not ask for this module, the empty one is simply never used.
    """
    manual = ModuleType("plotext._doc.doc")
    manual.docs = None  # type: ignore[attr-defined]
    sys.modules.setdefault("plotext._doc.doc", manual)
    import plotext  # noqa: PLC0415

    return plotext


plotext = _import_plotext()

_LOCK: Final = threading.Lock()
_ESCAPE: Final = re.compile(r"\x1b\[[0-9;]*m")
POINT: Final = "•"
INTERVAL: Final = "▒"
BASELINE: Final = "┄"
_DOTS: Final = re.compile("[┈╌┄·]")


def draw(trend: Trend, width: int, height: int) -> tuple[str, ...]:
    """The trend as ``height`` lines of plain text of ``width`` cells.

    A point is drawn as ``•``, its interval as ``▒``, the baseline as ``┄``; colours are the caller's. As many of the
    newest releases are shown as have room for their labels. Empty when there is no room or nothing to draw.
    """
    if not trend.points or width < 24 or height < 5:
        return ()
    points = trend.points[-max(2, (width - 8) // 8) :]
    with _LOCK:
        text = _build(trend, points, width, height)
    lines = [_ESCAPE.sub("", line) for line in text.split("\n")]
    return tuple(line[:width].ljust(width) for line in lines[:height])


def _build(trend: Trend, points: Sequence[TrendPoint], width: int, height: int) -> str:
    figure = plotext.figure
    figure.clear.all()
    figure.theme("colorless")
    figure.plot_size(width, height)
    figure.axes(False, axis="x", side="upper")
    figure.axes(False, axis="y", side="right")
    places = list(range(1, len(points) + 1))
    figure.ruler("x").lim(0.5, len(points) + 0.5)
    figure.ruler("x").ticks(places, [_short(point.label) for point in points])
    low, high = _limits(trend, points)
    figure.ruler("y").lim(low, high)
    rows = max(2, min(5, (height - 2) // 3 + 1))
    ticks = [low + (high - low) * n / (rows - 1) for n in range(rows)]
    digits = 2 if high - low >= 0.05 else 3
    while digits < 6 and len({f"{tick:.{digits}f}" for tick in ticks}) < len(ticks):
        digits += 1
    whole = 0 if len({f"{tick:.0f}" for tick in ticks}) == len(ticks) else 1
    figure.ruler("y").ticks(ticks, [f"{tick:.{digits}f}" if abs(high) < 100 else f"{tick:.{whole}f}" for tick in ticks])
    if trend.baseline is not None:
        figure.line(trend.baseline, "h", style="dotted")
    for place, point in zip(places, points, strict=True):
        if point.low is not None and point.high is not None:
            figure.draw(figure.segment((place, place), (point.low, point.high), marker=INTERVAL))
    figure.draw(figure.signal(places, [point.value for point in points], marker=POINT))
    return _DOTS.sub(BASELINE, str(figure.build()))


def _short(label: str) -> str:
    return label if len(label) <= 7 else label[:6] + "…"


def _limits(trend: Trend, points: Sequence[TrendPoint]) -> tuple[float, float]:
    """The range of everything that is drawn, with a tenth of air; a flat line gets air too."""
    values = [point.value for point in points]
    values += [edge for point in points for edge in (point.low, point.high) if edge is not None]
    if trend.baseline is not None:
        values.append(trend.baseline)
    low, high = min(values), max(values)
    air = (high - low) * 0.1 or abs(high) * 0.02 or 0.01
    return low - air, high + air
