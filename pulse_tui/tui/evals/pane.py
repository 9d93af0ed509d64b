"""The pane of the benchmarks: the trends of the asset that the registry's cursor rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.tui.asks.common import Say
from pulse_tui.tui.asks.evals import FollowAsset, OpenBench
from pulse_tui.tui.asks.registry import OpenAsset
from pulse_tui.tui.evals.trend import TrendView
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.pane import Pane, Subject

if TYPE_CHECKING:
    from pulse_tui.domain.comparison import LiveComparison
    from pulse_tui.domain.views.board import Board
    from pulse_tui.domain.views.evals import Trend


class BenchmarksPane(TrendView, Pane):
    """The Benchmarks pane: it follows the asset under the cursor of the other panes."""

    TAB = "Benchmarks"
    ANYWHERE: ClassVar = (
        bind("greater_than_sign", "metric(1)", "next benchmark metric"),
        bind("less_than_sign", "metric(-1)", "previous benchmark metric"),
    )

    def __init__(self) -> None:
        """Empty until the first board."""
        super().__init__(id="benchmarks", title=self.TAB)
        self.followed: str | None = None
        """The asset whose trends were asked for last."""
        self._compared: tuple[LiveComparison, ...] = ()

    @property
    def heading(self) -> str:
        return f"{self.number} {self.TAB}"

    def show_board(self, board: Board, now_us: int, lead: str | None) -> None:
        self._compared = board.comparisons
        if lead is None:
            self.show(None, ())
        elif board.trends and board.trends[0].asset == lead:
            self.followed = lead
            self.show(lead, board.trends, self._of(lead))
        else:
            self.followed = None
            self.post_message(FollowAsset(lead))

    def follow(self, asset: str, trends: tuple[Trend, ...]) -> None:
        """The trends of the asset that is followed; an answer that comes too late is dropped."""
        if asset == self.followed:
            self.show(asset, trends, self._of(asset))

    def _of(self, asset: str) -> tuple[LiveComparison, ...]:
        return tuple(row for row in self._compared if row.asset == asset)

    def move(self, by: int) -> bool:
        return self.choose(by)

    def open(self) -> OpenBench | OpenAsset | None:
        """The suite of the trend; without one the asset."""
        if (trend := self.trend) is not None:
            return OpenBench(trend.asset, trend.suite, (trend.task, trend.metric))
        return OpenAsset(self.asset) if self.asset is not None else None

    def ref(self) -> Ref | None:
        if (trend := self.trend) is not None and trend.run:
            return Ref(RefKind.RUN, trend.run)
        return Ref(RefKind.ASSET, self.asset) if self.asset is not None else None

    def subject(self) -> Subject | None:
        return Subject(self.asset) if self.asset is not None else None

    def action_metric(self, by: int) -> None:
        if not self.choose(by):
            self.post_message(Say("this asset has no other metric"))
