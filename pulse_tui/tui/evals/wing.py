"""Benchmarks: the pane, the pages, the actions, the charts, and what is answered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from pulse_tui.tui.asks import evals as asks
from pulse_tui.tui.evals.actions import Actions
from pulse_tui.tui.evals.pages import Pages
from pulse_tui.tui.evals.pane import BenchmarksPane
from pulse_tui.tui.evals.trend import ChartWanted
from pulse_tui.tui.wing import Wing

if TYPE_CHECKING:
    from pulse_tui.domain.views.evals import Trend
    from pulse_tui.tui.context import Context
    from pulse_tui.tui.kit.palette import Noun, Thing


class EvalsWing(Wing):
    """Runs against their baselines."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context
        self.pane = BenchmarksPane()
        self.panes = (self.pane,)
        self._pages, actions = Pages(context), Actions(context)
        self.answers = {
            asks.FollowAsset: self.follow,
            ChartWanted: self.draw_chart,
            asks.OpenVerdicts: self.verdicts,
            asks.OpenBench: self._pages.bench,
            asks.ShowRun: self._pages.show_run,
            asks.OpenRuns: self._pages.runs,
            asks.OpenMeasures: self._pages.measures,
            asks.OpenFlips: self._pages.flips,
            asks.OpenChart: self._pages.chart,
            asks.PinBaseline: actions.pin_baseline,
            asks.AcceptRisk: actions.accept_risk,
        }

    def follow(self, ask: asks.FollowAsset) -> None:
        """The pane shows the asset that the cursor rests on."""
        asset = ask.asset_id
        if self._context.desk is not None and asset != self.pane.followed:
            self.pane.followed = asset
            self._context.ask(lambda desk: desk.trends(asset), lambda trends: self.pane.follow(asset, trends))

    def draw_chart(self, ask: ChartWanted) -> None:
        """In a thread: the first chart imports plotext."""
        trend, width, height = ask.trend, ask.width, ask.height

        async def run() -> None:
            lines = await self._context.run("chart", lambda: _draw(trend, width, height))
            ask.view.put_chart(trend, width, height, lines)

        self._context.spawn(run())

    def verdicts(self, ask: asks.OpenVerdicts) -> None:
        """The suite that the pane shows, where it shows this asset; else the worst."""
        trend = self.pane.trend
        if trend is not None and trend.asset == ask.asset_id:
            self._pages.bench(asks.OpenBench(trend.asset, trend.suite, (trend.task, trend.metric)))
        else:
            self._pages.bench(asks.OpenBench(ask.asset_id))

    def nouns(self) -> Iterable[Noun]:
        from pulse_tui.tui.kit.palette import Noun  # noqa: PLC0415  nobody needs it before the first :

        yield Noun("verdicts", "the benchmark suite of an asset, judged", self._assets)

    def _assets(self) -> Iterator[Thing]:
        board = self._context.board
        for name in dict.fromkeys(row.asset for row in board.registry) if board else ():
            yield name, "", asks.OpenBench(name)


def _draw(trend: Trend, width: int, height: int) -> tuple[str, ...]:
    from pulse_tui.tui.evals import chart  # noqa: PLC0415  plotext is imported here, after the first frame

    return chart.draw(trend, width, height)
