"""A metric over the releases of an asset: its trend, its baseline, its delta and its verdict, drawn one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from pulse_tui.tui.asks.base import Ask
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Canvas, Span, fit, frame_bottom, frame_top, notice, pad, safe, width_of
from pulse_tui.tui.kit.interval import delta_text, number, plain
from pulse_tui.tui.kit.rows import environment

if TYPE_CHECKING:
    from pulse_tui.domain.comparison import LiveComparison
    from pulse_tui.domain.views.evals import Trend


def change(trend: Trend) -> str:
    """The newest value against the baseline: in percentage points for rates, else in per cent; signed."""
    if not trend.points or trend.baseline is None:
        return ""
    value, base = trend.points[-1].value, trend.baseline
    if 0.0 <= value <= 1.0 and 0.0 <= base <= 1.0:
        return f"{(value - base) * 100:+.1f} pp"
    return f"{(value - base) / abs(base):+.1%}" if base else f"{value - base:+g}"


def judged(trend: Trend) -> str:
    """The delta with its interval where a statistic judged it, else the bare difference."""
    if trend.delta is None or trend.baseline is None:
        return change(trend)
    return delta_text(trend.delta, trend.low, trend.high, trend.margin or 0.0, trend.unit, trend.higher_is_better)


def summary(trend: Trend, width: int = 200) -> list[Span]:
    """``3.8.2 0.862  baseline 3.8.1 0.914  -5.2 pp [-7.4, -3.1]  margin 2  ✖ FAIL``.

    In a narrow pane the least needed goes first, and the verdict never.
    """
    if not trend.points:
        return [("no run yet", styles.DIM)]
    last = trend.points[-1]
    version, value = (f"{marked(trend)} ", styles.PLAIN), (number(last.value), styles.BOLD)
    if trend.baseline is None:
        return [version, value, ("  no baseline pinned: pulse-tui has nothing to compare with", styles.DIM)]
    verdict = styles.state(safe(trend.verdict)) if trend.verdict else ("· not compared", styles.DIM)
    pinned = f"  baseline {safe(trend.baseline_version or '?')} {number(trend.baseline)}"
    parts: dict[str, Span] = {
        "version": version,
        "value": value,
        "baseline": (pinned, styles.DIM),
        "delta": (f"  {safe(judged(trend))}", styles.BOLD),
        "n": (f"  n {trend.n}" if trend.n else "", styles.DIM),
        "margin": (f"  margin {plain(trend.margin)}" if trend.margin is not None else "", styles.PLAIN),
        "verdict": ("  " + verdict[0], verdict[1]),
    }
    shorter: tuple[tuple[str, Span | None], ...] = (
        ("n", None),
        ("baseline", (f"  base {number(trend.baseline)}", styles.DIM)),
        ("baseline", None),
        ("version", (f"{safe(last.label)} ", styles.PLAIN)),
        ("version", None),
        ("value", None),
        ("margin", None),
        ("delta", (f"  {change(trend)}", styles.BOLD)),
        ("delta", None),
    )
    for name, instead in shorter:
        if width_of(_led(parts)) <= width:
            break
        if instead is None:
            del parts[name]
        else:
            parts[name] = instead
    return _led(parts)


def serving(trend: Trend, width: int) -> list[Span]:
    """``prod 3.8.1 0.914 baseline   canary 3.8.2 0.862 ✖ FAIL``: what serves, also where the newest run is another's."""
    if not trend.serving:
        return [("nothing of it serves: the result is a candidate's", styles.DIM)]
    spans: list[Span] = []
    for each in trend.serving:
        short = environment(each.environment)
        item: list[Span] = [(short[0], short[1]), (f" {safe(each.version)} ", styles.PLAIN)]
        if each.value is None:
            item.append(("? not measured", styles.WARN))
        else:
            item.append((number(each.value), styles.BOLD))
            plain_word = each.verdict in ("", "baseline", "refused")
            word = (each.verdict or "not compared", styles.DIM) if plain_word else styles.state(each.verdict)
            item.append((f" {word[0]}", word[1]))
        gap: list[Span] = [("   ", styles.PLAIN)] if spans else []
        if width_of([*spans, *gap, *item]) > width:
            return [*spans, (" …", styles.DIM)] if width_of(spans) + 2 <= width else spans
        spans += [*gap, *item]
    return spans


def beside(rows: Sequence[LiveComparison], width: int) -> list[Span]:
    """``live canary 3.8.2: ✖ FAIL cost   ? no series refusals   ◆ collecting errors, tools``: the measures of a canary beside
    what serves with it, by how they stand, the worst first; what does not fit goes from the end."""
    if not rows:
        return []
    first = rows[0]
    spans: list[Span] = [(f"live {environment(first.environment)[0]} {safe(first.version or '?')}:", styles.DIM)]
    words = dict[str, list[str]]()
    for row in rows:
        words.setdefault("stale" if row.stale else row.state, []).append(row.measure)
    for word, measures in words.items():
        shown, style = styles.state(word)
        item: list[Span] = [(f" {shown}", style), (f" {safe(', '.join(measures))}  ", styles.PLAIN)]
        if width_of([*spans, *item]) > width:
            brief: list[Span] = [(f" {shown}", style), (f" {len(measures)}  ", styles.PLAIN)]
            if width_of([*spans, *brief]) > width:
                return [*spans, (" …", styles.DIM)] if width_of(spans) + 2 <= width else spans
            item = brief
        spans += item
    return spans


def _shown(row: LiveComparison) -> tuple[str, str, str, bool]:
    return row.key, row.state, row.version, bool(row.stale)


def marked(trend: Trend) -> str:
    """``candidate 3.8.2``, or ``canary 3.8.2``: which release the newest result is of."""
    names = "+".join(environment(name)[0] for name in trend.measured.split("+") if name != "candidate") or "candidate"
    return f"{names} {safe(trend.points[-1].label)}"


def _led(parts: Mapping[str, Span]) -> list[Span]:
    """The parts as a line: the first has no gap before it."""
    (text, style), *rest = parts.values()
    return [(text.lstrip(), style), *rest]


def legend(trend: Trend, position: str, width: int) -> list[Span]:
    """The metric's name, and what the glyphs of the chart mean; what does not fit goes, the least needed first."""
    arrow = "" if trend.higher_is_better else " (lower is better)"
    parts: list[tuple[int, Span]] = [(0, (f"{safe(trend.metric)}{arrow}", styles.BOLD))]
    if trend.task:
        parts.append((3, (f"  {safe(trend.task)}", styles.DIM)))
    if trend.baseline is not None:
        parts.append((1, (f"   ┄ baseline {safe(trend.baseline_version or '')}", styles.WARN)))
    if any(point.low is not None for point in trend.points):
        parts.append((4, ("   ▒ interval", styles.DIM)))
    if position:
        parts.append((2, (f"   {position}", styles.DIM)))
    while len(parts) > 1 and width_of(span for _, span in parts) > width:
        parts.remove(max(parts, key=lambda part: part[0]))
    return [span for _, span in parts]


def chart_spans(line: str, verdict: str) -> list[Span]:
    """A line of the chart in colours: baseline, intervals, points."""
    spans: list[Span] = []
    point = {"FAIL": styles.BAD, "INCONCLUSIVE": styles.UNDECIDED}.get(verdict, styles.BOLD)
    for glyph in line:
        style = {"┄": styles.WARN, "▒": styles.DIM, "•": point}.get(glyph, styles.PLAIN)
        if spans and spans[-1][1] is style:
            spans[-1] = (spans[-1][0] + glyph, style)
        else:
            spans.append((glyph, style))
    return spans


class ChartWanted(Ask):
    """There is room for a chart of this trend."""

    opens = False

    def __init__(self, view: TrendView, trend: Trend, width: int, height: int) -> None:
        """Cells of the chart; ``view`` takes it."""
        super().__init__()
        self.view, self.trend, self.width, self.height = view, trend, width, height


class TrendView(Canvas):
    """Draws one trend at a time; ``]`` and ``[`` go through the others."""

    NOTICE = "no benchmark results here yet. Bring some in: pulse-tui ingest lm_eval results.json"

    def __init__(self, *, id: str, title: str) -> None:
        """It shows "reading…" until the first :meth:`show`."""
        super().__init__(id=id)
        self.title = title
        self.focused_pane = False
        self.asset: str | None = None
        self.trends: tuple[Trend, ...] | None = None
        self.compared: tuple[LiveComparison, ...] = ()
        """Of its canary, the worst first."""
        self.chosen = 0
        self._chart: tuple[str, ...] = ()
        self._chart_of: tuple[Trend, int, int] | None = None
        self._asked: tuple[Trend, int, int] | None = None
        self._charted = asyncio.Event()

    @property
    def heading(self) -> str:
        """The title in the frame, before what is drawn."""
        return self.title

    @property
    def trend(self) -> Trend | None:
        """The trend that is drawn."""
        return self.trends[self.chosen] if self.trends else None

    @property
    def waiting(self) -> bool:
        """Whether a chart was asked for that has not come yet."""
        return self._asked is not None and self._asked != self._chart_of

    async def drawn(self) -> None:
        """Until no chart is waited for."""
        while self.waiting:
            self._charted.clear()
            await self._charted.wait()

    def show(self, asset: str | None, trends: tuple[Trend, ...], compared: tuple[LiveComparison, ...] = ()) -> None:
        """Draw the trends of an asset; the chosen metric stays chosen while the asset does."""
        if (asset, trends) == (self.asset, self.trends):
            news = [_shown(row) for row in compared] != [_shown(row) for row in self.compared]
            self.compared = compared
            if news:  # counts alone repaint nothing
                self.ask()
            return
        self.compared = compared
        chosen = self.trend
        self.chosen = 0
        if chosen is not None and asset == self.asset:
            name = (chosen.suite, chosen.task, chosen.metric)
            same = [n for n, t in enumerate(trends) if (t.suite, t.task, t.metric) == name]
            self.chosen = same[0] if same else 0
        self.asset, self.trends = asset, trends
        self.ask()

    def ask(self) -> None:
        """Redraw, and ask for the chart when the one at hand is another's; the old one stays until then."""
        wanted = self._wanted()
        if wanted is None:
            self._chart, self._chart_of, self._asked = (), None, None
            self.redraw()
        elif wanted == self._chart_of:
            # One that was asked for meanwhile, of a size that the pane no longer has, is not waited for.
            self._asked = wanted
            self.redraw()
        elif wanted != self._asked:
            self._asked = wanted
            self.post_message(ChartWanted(self, *wanted))
            if self._chart_of is None:
                self.redraw()

    def put_chart(self, trend: Trend, width: int, height: int, lines: tuple[str, ...]) -> None:
        """A chart is ready; one that is no longer wanted is dropped."""
        self._charted.set()
        if (trend, width, height) == self._wanted():
            self._chart, self._chart_of = lines, (trend, width, height)
            self.redraw()

    def choose(self, by: int) -> bool:
        """The next (1) or previous (-1) metric. False when there is no other."""
        if not self.trends or len(self.trends) < 2:
            return False
        self.chosen = (self.chosen + by) % len(self.trends)
        self.ask()
        return True

    def choose_metric(self, suite: str, task: str, metric: str) -> None:
        """The trend of this metric, where there is one."""
        names = [(t.suite, t.task, t.metric) for t in self.trends or ()]
        if (suite, task, metric) in names:
            self.chosen = names.index((suite, task, metric))
            self.ask()

    def set_focused(self, focused: bool) -> None:
        """Draw the frame of the pane that takes the keys."""
        if focused != self.focused_pane:
            self.focused_pane = focused
            self.redraw()

    def on_resize(self) -> None:
        """The chart is drawn for a size."""
        self.ask()

    def _wanted(self) -> tuple[Trend, int, int] | None:
        trend, size = self.trend, self.size
        if trend is None or size.width < 28 or size.height < 11:
            return None
        return trend, size.width - 4, size.height - 6 - bool(self.compared)

    def draw_line(self, y: int, width: int, height: int) -> Sequence[Span]:
        style = styles.FOCUS if self.focused_pane else styles.DIM
        if y == 0:
            trend = self.trend
            title = self.heading + (f" ─ {self.asset}" if self.asset else "") + (f" · {trend.suite}" if trend else "")
            title_style = styles.FOCUS if self.focused_pane else styles.BOLD
            return frame_top(title, "", width, focused=self.focused_pane, title_style=title_style, line_style=style)
        if y == height - 1:
            return frame_bottom("", width, text_style=styles.DIM, line_style=styles.DIM)
        inner = [(" ", styles.PLAIN), *self._inner(y - 1, width - 3, height - 2)]
        return (("│", styles.DIM), *pad(inner, width - 2), ("│", styles.DIM))

    def _inner(self, y: int, width: int, rows: int) -> list[Span]:
        trend = self.trend
        if self.compared:
            if y == rows - 1:
                return beside(self.compared, width)
            rows -= 1
        if trend is None:
            return [notice("reading…" if self.trends is None else self.NOTICE, y - 1, width)]
        if y == 0:
            count = len(self.trends or ())
            return legend(trend, f"{self.chosen + 1}/{count} ] next" if count > 1 else "", width)
        if y == rows - 3:
            return serving(trend, width)
        if y == rows - 2:
            return summary(trend, width)
        if y == rows - 1:
            return [(fit(trend.note, width), styles.DIM)]
        if self._chart_of != self._wanted() or not 0 <= y - 1 < len(self._chart):
            return []
        return chart_spans(self._chart[y - 1], trend.verdict)
