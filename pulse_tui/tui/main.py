"""The main screen: four panes in a grid, or one at a time under a tab strip where they do not fit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType
from textual.timer import Timer
from textual.widget import Widget

from pulse_tui.tui.asks import common as messages
from pulse_tui.tui.asks import evals as bench_messages
from pulse_tui.tui.asks import registry as registry_messages
from pulse_tui.tui.evals.pane import Benchmarks
from pulse_tui.tui.kit import rows
from pulse_tui.tui.kit.filter_line import FilterScreen
from pulse_tui.tui.kit.filters import BadFilter
from pulse_tui.tui.kit.keys import MAIN
from pulse_tui.tui.kit.screen import LEAST, Head
from pulse_tui.tui.kit.table import Table
from pulse_tui.tui.registry.pane import ASSETS, RegistryPane
from pulse_tui.tui.session import Session

if TYPE_CHECKING:
    from pulse_tui.domain.views.panes import AdvisoryRow, AlertRow, Board, Trend

WIDE = (100, 28)
"""Columns and rows from which all four panes are shown."""
FOLLOW_S = 0.12
"""The Benchmarks pane follows the registry's cursor when it has rested this long: longer than a held key's repeat."""
REGISTRY, BENCHMARKS, ADVISORIES, ALERTS = range(4)


class MainScreen(FilterScreen):
    """The four panes. It draws a board and asks; it knows no desk."""

    BINDINGS: ClassVar[list[BindingType]] = [*MAIN]
    DEFAULT_CSS = """
    MainScreen { layout: grid; grid-size: 2 2; grid-columns: 6fr 7fr; }
    MainScreen.-one { grid-size: 1 1; grid-columns: 1fr; }
    MainScreen.-one Top { height: 2; }
    """
    EXAMPLES = "text  !text  prio<=P2  sev>=high  env=prod  owner:ml"

    def __init__(self, head: Head, session: Session) -> None:
        """``session`` says which pane, cursors and filters to start with."""
        super().__init__(head)
        self.registry = RegistryPane(id="registry", view=session.view, sort=session.sort)
        self.benchmarks = Benchmarks(id="benchmarks")
        self.advisories: Table[AdvisoryRow] = Table(rows.ADVISORIES, id="advisories")
        self.alerts: Table[AlertRow] = Table(rows.ALERTS, id="alerts")
        self.panes: tuple[RegistryPane | Benchmarks | Table[AdvisoryRow] | Table[AlertRow], ...] = (
            self.registry, self.benchmarks, self.advisories, self.alerts,
        )  # fmt: skip
        self.current = session.pane
        self.panes[self.current].focused_pane = True
        self.own_names = False
        self._complaints: list[str] = []
        self._follow: Timer | None = None
        self._followed: str | None = None
        self._restore(session)

    @property
    def tables(self) -> dict[str, Table[Any]]:
        """The panes that are tables, by name."""
        return {"registry": self.registry, "advisories": self.advisories, "alerts": self.alerts}

    @property
    def one_pane(self) -> bool:
        """Whether only the current pane fits."""
        width, height = self.app.size
        return width < WIDE[0] or height < WIDE[1]

    def body(self) -> Sequence[Widget]:
        return self.panes

    # ------------------------------------------------------------------ session

    def _restore(self, session: Session) -> None:
        self._complaints += self.registry.restore(session.cursors, session.filters)
        for name, table in (("advisories", self.advisories), ("alerts", self.alerts)):
            if session.filters.get(name):
                try:
                    table.set_filter(session.filters[name])
                except BadFilter as error:
                    self._complaints.append(f"the saved filter of {name} was dropped: {error}")
            if session.cursors.get(name):
                table.want(session.cursors[name])

    def session(self) -> Session:
        """Where the operator is now."""
        cursors, filters = self.registry.remembered()
        for name, table in (("advisories", self.advisories), ("alerts", self.alerts)):
            if key := table.cursor_key:
                cursors[name] = key
            if table.filter.terms:
                filters[name] = table.filter.text
        return Session(self.current, cursors, filters, self.registry.view, self.registry.sort)

    def complaints(self) -> list[str]:
        """What of the saved session could not be used."""
        return self._complaints

    # ------------------------------------------------------------------ data

    def show_board(self, board: Board, now_us: int) -> None:
        """Draw a board: every pane repaints what differs."""
        self.registry.show_board(board, now_us)
        self.advisories.update_rows(board.advisories, now_us)
        self.alerts.update_rows(board.alerts, now_us)
        self._tabs()
        asset = self.registry.asset
        if asset is None:
            self.benchmarks.show(None, ())
        elif board.trends and board.trends[0].asset == asset:
            self._followed = asset
            self.benchmarks.show(asset, board.trends)
        else:
            self._followed = asset
            self.post_message(messages.FollowAsset(asset))
        self.show_keys()

    def follow(self, asset: str, trends: tuple[Trend, ...]) -> None:
        """The trends of the asset that the cursor rests on; an answer that comes too late is dropped."""
        if asset == self._followed:
            self.benchmarks.show(asset, trends)

    def tick(self, now_us: int) -> None:
        """Time went on."""
        for table in self.tables.values():
            table.tick(now_us)

    def _tabs(self) -> None:
        self.top.current = self.current
        counts = [str(len(t.rows)) if t.rows else "" for t in self.tables.values()]
        self.top.counts = (counts[0], "", counts[1], counts[2])
        self.top.redraw()

    def moved(self) -> None:
        """Let the Benchmarks pane follow, once the cursor rests."""
        if self.current != REGISTRY or self.registry.asset is None:
            return
        if self._follow is not None:
            self._follow.reset()
            return
        self._follow = self.set_timer(FOLLOW_S, self._rested)

    def _rested(self) -> None:
        self._follow = None
        asset = self.registry.asset
        if asset is not None and asset != self._followed:
            self._followed = asset
            self.post_message(messages.FollowAsset(asset))

    # ------------------------------------------------------------------ arrangement

    def fit_terminal(self) -> None:
        width, height = self.app.size
        small = width < LEAST[0] or height < LEAST[1]
        one = self.one_pane
        self.set_class(one, "-one")
        for n, pane in enumerate(self.panes):
            pane.display = not small and (not one or n == self.current)
        self.top.display = self.bottom.display = not small
        self.too_small.display = small
        self._tabs()

    def _select(self, pane: int) -> None:
        if pane == self.current:
            return
        self.panes[self.current].set_focused(False)
        self.current = pane
        self.panes[pane].set_focused(True)
        if self.one_pane:
            self.fit_terminal()
        self._tabs()
        self.show_keys()

    def the_table(self) -> Table[Any] | None:
        pane = self.panes[self.current]
        return pane if isinstance(pane, Table) else None

    # ------------------------------------------------------------------ moving

    def action_move(self, by: int) -> None:
        if self.current == BENCHMARKS:
            self.benchmarks.choose(by)
        else:
            super().action_move(by)

    def action_metric(self, by: int) -> None:
        if not self.benchmarks.choose(by):
            self.post_message(messages.Say("this asset has no other metric"))

    def action_pane(self, pane: int) -> None:
        self._select(pane)

    def action_next_pane(self, by: int) -> None:
        self._select((self.current + by) % len(self.panes))

    def action_clear(self) -> None:
        if self.bottom.message:
            self.say("")
        else:
            self.clear_filter()

    def filtered(self) -> None:
        self._tabs()

    # ------------------------------------------------------------------ the registry's views

    def action_view(self) -> None:
        self.registry.toggle_view()
        self._tabs()
        self.show_keys()
        self.moved()

    def action_order(self) -> None:
        self.registry.cycle_sort()

    def action_names(self) -> None:
        self.own_names = not self.own_names
        self.advisories.use(rows.OWN_NAMES if self.own_names else rows.ADVISORIES)

    def action_history(self) -> None:
        if (asset := self._asset()) is not None:
            self.post_message(registry_messages.OpenHistory(asset))

    def action_tree(self) -> None:
        if (asset := self._asset()) is not None:
            self.post_message(registry_messages.OpenTree(asset))

    def action_verdicts(self) -> None:
        trend, asset = self.benchmarks.trend, self._asset()
        if trend is not None and trend.asset == asset:
            self.post_message(bench_messages.OpenBench(asset, trend.suite, (trend.task, trend.metric)))
        elif asset is not None:
            self.post_message(bench_messages.OpenBench(asset))

    def action_calendar(self) -> None:
        self.post_message(registry_messages.OpenCalendar())

    def action_inventory(self) -> None:
        self.post_message(registry_messages.OpenInventory())

    def action_used_by(self) -> None:
        self.post_message(registry_messages.FindDependents())

    # ------------------------------------------------------------------ deeds

    def applies(self, action: str) -> bool:
        pane = self.current
        if action in ("acknowledge", "silence", "waive", "resolve"):
            return pane == ALERTS and self.alerts.row is not None
        if action in ("freeze", "propose"):
            return self._place() is not None
        if action in ("history", "tree", "verdicts"):
            return self._asset() is not None
        if action in ("view", "order"):
            return pane == REGISTRY
        if action == "names":
            return pane == ADVISORIES
        if action == "filter":
            return pane != BENCHMARKS
        if action == "open":
            return pane == BENCHMARKS or ((table := self.the_table()) is not None and table.row is not None)
        return True

    def _place(self) -> tuple[str, str, str | None] | None:
        """(asset, environment, alert) of the row under the cursor, where there is one."""
        if self.current == REGISTRY and (place := self.registry.place) is not None:
            return *place, None
        if self.current == ALERTS and self.alerts.row is not None and self.alerts.row.asset:
            return self.alerts.row.asset, self.alerts.row.environment, self.alerts.row.id
        return None

    def _asset(self) -> str | None:
        """The asset under the cursor."""
        if self.current == ALERTS:
            return (self.alerts.row.asset or None) if self.alerts.row is not None else None
        return self.registry.asset if self.current in (REGISTRY, BENCHMARKS) else None

    def action_open(self) -> None:
        pane = self.current
        if pane == ALERTS and self.alerts.row is not None:
            self.post_message(messages.OpenAlert(self.alerts.row.id))
        elif pane == ADVISORIES and self.advisories.row is not None:
            self.post_message(messages.OpenAdvisory(self.advisories.row.id))
        elif pane == REGISTRY and self.registry.view != ASSETS and self.registry.cursor_key is not None:
            self.post_message(registry_messages.OpenWorkflow(self.registry.cursor_key))
        elif pane == BENCHMARKS and (trend := self.benchmarks.trend) is not None:
            metric = trend.task, trend.metric
            self.post_message(bench_messages.OpenBench(trend.asset, trend.suite, metric))
        elif (asset := self.registry.asset) is not None:
            self.post_message(messages.OpenAsset(asset))

    def action_acknowledge(self) -> None:
        if self.alerts.row is not None:
            self.post_message(messages.Acknowledge(self.alerts.row.id))

    def action_silence(self) -> None:
        if self.alerts.row is not None:
            self.post_message(messages.Silence(self.alerts.row.id, self.alerts.row.title))

    def action_resolve(self) -> None:
        if self.alerts.row is not None:
            self.post_message(messages.Resolve(self.alerts.row.id, self.alerts.row.title))

    def action_waive(self) -> None:
        if self.alerts.row is not None:
            self.post_message(messages.Waive(self.alerts.row.id, self.alerts.row.title))

    def action_freeze(self) -> None:
        place = self._place()
        if place is not None:
            self.post_message(messages.Freeze(place[0], self.is_frozen(place[0])))

    def is_frozen(self, asset: str) -> bool:
        """Whether a freeze of the asset stands, by the header's list and the rows' states."""
        frozen = self.head.header.frozen if self.head.header else ()
        return asset in frozen or self.registry.shows_frozen(asset)

    def action_propose(self) -> None:
        place = self._place()
        if place is not None:
            self.post_message(messages.Propose(*place))

    def action_refresh(self) -> None:
        self.post_message(messages.Collect())

    def action_sources(self) -> None:
        self.post_message(messages.OpenSources())

    def action_copy(self) -> None:
        table = self.the_table()
        if table is not None and table.row is not None:
            self.post_message(messages.Copy(table.spec.copied(table.row)))

    def action_help(self) -> None:
        from pulse_tui.tui.kit.help import HelpScreen  # noqa: PLC0415  nobody needs it before the first ?

        bindings = [b for b in MAIN if self._may(b)]
        self.app.push_screen(HelpScreen(self.head, bindings))

    def _may(self, binding: Binding) -> bool:
        """Help lists the keys of all panes; read-only hides the deeds there too."""
        from pulse_tui.tui.kit.keys import DEEDS  # noqa: PLC0415

        return not (self.head.read_only and binding.action in DEEDS)
