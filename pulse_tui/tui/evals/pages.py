"""The benchmark pages: each ask becomes one question to the desk and one page over the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulse_tui.domain.errors import PulseError
from pulse_tui.tui.asks import evals as asks

if TYPE_CHECKING:
    from pulse_tui.domain.views.evals import BenchStory, Trend
    from pulse_tui.ports.tower import Desk
    from pulse_tui.tui.context import Context
    from pulse_tui.tui.evals.run import BenchScreen, MeasuresScreen, RunsScreen


class Pages:
    """Opens what is known of a suite, and keeps it as live as the panes."""

    def __init__(self, context: Context) -> None:
        """``context``: what it may use of the tower."""
        self._context = context

    def bench(self, ask: asks.OpenBench) -> None:
        """The newest run of the suite; without a suite, that of the worst trend."""
        context, asset = self._context, ask.asset_id

        def call(desk: Desk) -> BenchStory | None:
            if ask.run:
                return desk.bench(asset, ask.suite, ask.run)
            suite = ask.suite or next((trend.suite for trend in desk.trends(asset)), "")
            return desk.bench(asset, suite) if suite else None

        def show(story: BenchStory | None) -> None:
            if story is None:
                context.say(f"no benchmark results of {asset} yet; bring some in: pulse-tui ingest FILE", bad=True)
            else:
                self._open(story, ask.metric)

        context.ask(call, show)

    def _open(self, story: BenchStory, metric: tuple[str, str] | None) -> None:
        from pulse_tui.tui.evals.run import BenchScreen  # noqa: PLC0415  nobody needs it before the first page

        page = BenchScreen(self._context.head, story, self._context.now_us, metric)
        self._context.push(page, lambda: self._ask_run(page))

    def _ask_run(self, page: BenchScreen) -> None:
        """Ask for the run that the page wants; one that is gone leaves the page as it was."""
        asset, suite, run = page.story.asset, page.story.suite, page.wanted

        def call(desk: Desk) -> BenchStory:
            try:
                return desk.bench(asset, suite, run)
            except PulseError:
                page.wanted = page.story.run
                raise

        def show(story: BenchStory) -> None:
            page.now_us = self._context.now_us
            page.show_story(story)

        self._context.ask(call, show)

    def show_run(self, ask: asks.ShowRun) -> None:
        """On the page that is open: the list of runs closes over it."""
        from pulse_tui.tui.evals.run import BenchScreen, RunsScreen  # noqa: PLC0415

        if isinstance(self._context.screen, RunsScreen):
            self._context.pop()
        page = self._context.screen
        if isinstance(page, BenchScreen):
            page.wanted = ask.run_id
            self._ask_run(page)

    def runs(self, ask: asks.OpenRuns) -> None:
        """The story has them: the desk is not asked until somebody writes."""
        from pulse_tui.tui.evals.run import RunsScreen  # noqa: PLC0415

        self._over(RunsScreen(self._context.head, ask.story, self._context.now_us), ask.story)

    def measures(self, ask: asks.OpenMeasures) -> None:
        """As for the runs."""
        from pulse_tui.tui.evals.run import MeasuresScreen  # noqa: PLC0415

        self._over(MeasuresScreen(self._context.head, ask.story), ask.story)

    def _over(self, page: RunsScreen | MeasuresScreen, story: BenchStory) -> None:
        context = self._context
        context.push(
            page, lambda: context.ask(lambda desk: desk.bench(story.asset, story.suite, story.run), page.show_story)
        )

    def flips(self, ask: asks.OpenFlips) -> None:
        """The items of a line, by cluster."""
        from pulse_tui.tui.evals.flips import FlipsScreen  # noqa: PLC0415

        run, row = ask.story.run, ask.row
        self._context.open(
            lambda desk: desk.flips(run, row.task, row.metric),
            lambda found: FlipsScreen(self._context.head, found, row.slice, self._context.now_us),
            FlipsScreen.show_flips,
        )

    def chart(self, ask: asks.OpenChart) -> None:
        """The trends of the suite, at the line's metric."""
        from pulse_tui.tui.evals.flips import ChartScreen  # noqa: PLC0415

        context, story, row = self._context, ask.story, ask.row

        def show(trends: tuple[Trend, ...]) -> None:
            mine = [trend for trend in trends if trend.suite == story.suite]
            if not any((trend.task, trend.metric) == (row.task, row.metric) for trend in mine):
                context.say(f"no trend of {row.task}/{row.metric} over the releases is kept", bad=True)
                return
            page = ChartScreen(context.head, mine, (row.task, row.metric))
            context.push(page, lambda: context.ask(lambda desk: desk.trends(story.asset), page.show_trends))

        context.ask(lambda desk: desk.trends(story.asset), show)
