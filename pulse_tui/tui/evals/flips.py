"""Which items flipped between two runs, by cluster; and a metric over the releases, full size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.geometry import Size
from textual.widget import Widget

from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.release import numbered
from pulse_tui.domain.views.evals import ClusterRow, Flip, Flips
from pulse_tui.tui.asks.common import Copy
from pulse_tui.tui.evals.flip_rows import FLIPS, cluster_lines, flip_detail, lost_first
from pulse_tui.tui.evals.trend import TrendView, judged
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Canvas, Span, safe
from pulse_tui.tui.kit.crumbs import crumb
from pulse_tui.tui.kit.interval import number
from pulse_tui.tui.kit.keys import EVERYWHERE, bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.screen import BaseScreen, Head

if TYPE_CHECKING:
    from pulse_tui.domain.views.evals import Trend


def flips_title(found: Flips) -> list[Span]:
    """``Flipped  support-bot golden-v7  support_golden/accuracy  3.8.1 → 3.8.2``."""
    about = f"{found.task}/{found.metric}  {found.baseline_version} → {found.version}"
    return [
        (" Flipped  ", styles.DIM),
        (safe(about), styles.BOLD),
        (safe(f"   {found.asset} {found.suite}"), styles.DIM),
    ]


class Clusters(Canvas):
    """The clusters that lost most: four lines, eight where there is room."""

    DEFAULT_CSS = "Clusters { height: auto; }"

    def __init__(self, rows: Sequence[ClusterRow]) -> None:
        """In any order."""
        super().__init__()
        self.rows = tuple(rows)

    def _lines(self) -> list[list[Span]]:
        rows = self.app.size.height
        return cluster_lines(self.rows, 2 if rows < 20 else 4 if rows < 30 else 8)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        return len(self._lines())

    def draw_line(self, y: int, width: int, height: int) -> Sequence[Span]:
        lines = self._lines()
        return lines[y] if y < len(lines) else ()

    def show(self, rows: Sequence[ClusterRow]) -> None:
        """Other clusters."""
        if tuple(rows) != self.rows:
            before = len(self._lines())
            self.rows = tuple(rows)
            if len(self._lines()) != before:
                self.refresh(layout=True)
            self.redraw()


class FlipsScreen(ListScreen[Flip]):
    """The headline, the clusters that lost most, then every item that flipped, lost first."""

    BINDINGS: ClassVar[list[BindingType]] = [*ListScreen.LIST_KEYS]
    EXAMPLES = "text  !text  word=lost  cluster=refunds  slice:long"

    def __init__(self, head: Head, found: Flips, part: str, now_us: int) -> None:
        """The answer as the desk gives it; only the items of the slice ``part`` are let through at first."""
        super().__init__(head, flips_title(found), FLIPS, (found.headline,), now_us)
        self.run = found.run
        self.clusters = Clusters(found.clusters)
        if part.split() == [part] and any(part in row.slices for row in found.rows):
            self.table.set_filter(f"slice:{part}")
        self.table.update_rows(lost_first(found.rows), now_us)

    def body(self) -> Sequence[Widget]:
        return (self.title_line, self.sentences, self.clusters, self.table, self.detail_lines)

    def show_flips(self, found: Flips) -> None:
        """The answer with news."""
        self.title_line.show(flips_title(found))
        self.sentences.show((found.headline,))
        self.clusters.show(found.clusters)
        self.show_rows(lost_first(found.rows))

    def ref(self) -> Ref | None:
        return Ref(RefKind.RUN, self.run) if self.run else None

    def detail(self, row: Flip) -> Sequence[Span]:
        return flip_detail(row)


def chart_text(trend: Trend) -> str:
    """What ``y`` copies: a line a release, then the verdict on the newest."""
    lines = [f"{trend.asset} {trend.suite} {trend.task} {trend.metric}"]
    for point in trend.points:
        sides = f" [{number(point.low)}, {number(point.high)}]" if point.low is not None else ""
        lines.append(f"{numbered(point.label, point.iteration)}: {number(point.value)}{sides}")
    if trend.baseline is not None:
        lines.append(f"baseline {trend.baseline_version or '?'}: {number(trend.baseline)}")
        lines.append(f"{judged(trend)} {trend.verdict or 'not compared'}")
    return "\n".join(lines)


class ChartScreen(BaseScreen):
    """The Benchmarks pane as large as the terminal, over the metrics of one suite."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("greater_than_sign,j,down", "metric(1)", "next metric", "the next metric of the suite", show=True),
        bind("less_than_sign,k,up", "metric(-1)", "previous", "the metric before", show=True),
        bind("escape,q", "back", "back", "back to where you came from", show=True),
        *EVERYWHERE,
    ]

    def __init__(self, head: Head, trends: Sequence[Trend], metric: tuple[str, str]) -> None:
        """``trends`` of one suite; ``metric`` is the (task, metric) to start with."""
        super().__init__(head)
        self.bottom.leave = ""
        self.chart = TrendView(id="chart", title="Trend")
        self.chart.focused_pane = True
        self.suite = trends[0].suite if trends else ""
        self.metric = metric
        self._trends = tuple(trends)

    def body(self) -> Sequence[Widget]:
        return (self.chart,)

    def crumb(self) -> str:
        return crumb(f"Trend {self.suite}")

    def on_mount(self) -> None:
        """First arrangement."""
        super().on_mount()
        self.show_trends(self._trends)
        self.chart.choose_metric(self.suite, *self.metric)

    def ref(self) -> Ref | None:
        trend = self.chart.trend
        return Ref(RefKind.RUN, trend.run) if trend is not None and trend.run else None

    def show_trends(self, trends: Sequence[Trend]) -> None:
        """The trends with news; those of other suites stay out."""
        mine = tuple(trend for trend in trends if trend.suite == self.suite)
        if mine:
            self._trends = mine
            self.chart.show(mine[0].asset, mine)
            self.show_keys()

    def applies(self, action: str) -> bool:
        return action != "metric" or len(self._trends) > 1

    def action_metric(self, by: int) -> None:
        self.chart.choose(by)

    def action_copy(self) -> None:
        if self.chart.trend is not None:
            self.post_message(Copy(chart_text(self.chart.trend)))
