"""The benchmark screens: each message becomes one question to the desk and one page over the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulse_tui.domain.errors import PulseError
from pulse_tui.tui.asks import evals as asks
from pulse_tui.tui.registry.pages import RegistryPages

if TYPE_CHECKING:
    from pulse_tui.domain.views.evals import BenchStory
    from pulse_tui.domain.views.panes import Trend
    from pulse_tui.ports import Desk
    from pulse_tui.tui.evals.run import BenchScreen, MeasuresScreen, RunsScreen


class BenchPages(RegistryPages):
    """Opens what is known of a suite, and keeps it as live as the panes."""

    def on_open_bench(self, message: asks.OpenBench) -> None:
        """The newest run of the suite; without a suite, that of the worst trend."""
        asset = message.asset_id

        def call(desk: Desk) -> BenchStory | None:
            suite = message.suite or next((trend.suite for trend in desk.trends(asset)), "")
            return desk.bench(asset, suite) if suite else None

        def show(story: BenchStory | None) -> None:
            if story is None:
                self.say(f"no benchmark results of {asset} yet; bring some in: pulse-tui ingest FILE", bad=True)
            else:
                self._open_bench(story, message.metric)

        self._ask(call, show)

    def _open_bench(self, story: BenchStory, metric: tuple[str, str] | None) -> None:
        from pulse_tui.tui.evals.run import BenchScreen  # noqa: PLC0415

        page = BenchScreen(self.head, story, self._now_us(), metric)
        self._push(page, lambda: self._ask_run(page))

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
            page.now_us = self._now_us()
            page.show_story(story)

        self._ask(call, show)

    def on_show_run(self, message: asks.ShowRun) -> None:
        """In the place of the run that is shown: the list of runs closes over it."""
        from pulse_tui.tui.evals.run import BenchScreen, RunsScreen  # noqa: PLC0415

        if isinstance(self.screen, RunsScreen):
            self.pop_screen()
        page = self.screen
        if isinstance(page, BenchScreen):
            page.wanted = message.run_id
            self._ask_run(page)

    def on_open_runs(self, message: asks.OpenRuns) -> None:
        """The story has them: nothing is asked until somebody writes."""
        from pulse_tui.tui.evals.run import RunsScreen  # noqa: PLC0415

        self._over(RunsScreen(self.head, message.story, self._now_us()), message.story)

    def on_open_measures(self, message: asks.OpenMeasures) -> None:
        """As for the runs."""
        from pulse_tui.tui.evals.run import MeasuresScreen  # noqa: PLC0415

        self._over(MeasuresScreen(self.head, message.story), message.story)

    def _over(self, page: RunsScreen | MeasuresScreen, story: BenchStory) -> None:
        self._push(
            page, lambda: self._ask(lambda desk: desk.bench(story.asset, story.suite, story.run), page.show_story)
        )

    def on_open_flips(self, message: asks.OpenFlips) -> None:
        from pulse_tui.tui.evals.flips import FlipsScreen  # noqa: PLC0415

        run, row = message.story.run, message.row
        self._open(
            lambda desk: desk.flips(run, row.task, row.metric),
            lambda found: FlipsScreen(self.head, found, row.slice, self._now_us()),
            FlipsScreen.show_flips,
        )

    def on_open_chart(self, message: asks.OpenChart) -> None:
        """The trends of the suite, at the line's metric."""
        from pulse_tui.tui.evals.flips import ChartScreen  # noqa: PLC0415

        story, row = message.story, message.row

        def show(trends: tuple[Trend, ...]) -> None:
            mine = [trend for trend in trends if trend.suite == story.suite]
            if not any((trend.task, trend.metric) == (row.task, row.metric) for trend in mine):
                self.say(f"no trend of {row.task}/{row.metric} over the releases is kept", bad=True)
                return
            page = ChartScreen(self.head, mine, (row.task, row.metric))
            page.reload = lambda: self._ask(lambda desk: desk.trends(story.asset), page.show_trends)
            self.push_screen(page)

        self._ask(lambda desk: desk.trends(story.asset), show)

    # ------------------------------------------------------------------ the palette

    def action_verdicts(self, asset: str) -> None:
        """``verdicts support-bot`` in the palette."""
        self.on_open_bench(asks.OpenBench(asset))
