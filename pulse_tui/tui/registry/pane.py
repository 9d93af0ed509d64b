"""The pane of the estate: by asset or by workflow, in the order that was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final

from pulse_tui.tui.asks.evals import FollowAsset
from pulse_tui.tui.asks.registry import OpenAsset, OpenWorkflow
from pulse_tui.tui.kit.filters import BadFilter, Filter, parse
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.pane import Subject, TablePane
from pulse_tui.tui.registry import rows
from pulse_tui.tui.session import Session

if TYPE_CHECKING:
    from textual.timer import Timer

    from pulse_tui.domain.views.board import Board
    from pulse_tui.domain.views.registry import RegistryRow, WorkflowRow
    from pulse_tui.tui.kit.rows import Spec

ASSETS: Final = "assets"
WORKFLOWS: Final = "workflows"
VIEWS: Final = (ASSETS, WORKFLOWS)
FOLLOW_S: Final = 0.12
"""Other panes follow the cursor when it has rested this long: longer than a held key's repeat."""


class RegistryPane(TablePane[Any]):
    """The registry pane: one table with two views. Each view keeps its own cursor and filter while the other is shown."""

    TAB = "Registry"
    KEYS: ClassVar = (
        bind("v", "view", "view", "registry: by asset, or by workflow with its worst stage marked", show=True),
        bind("o", "order", "sort", "registry: worst first, by name, by what moved last, by owner", show=True),
    )

    def __init__(self) -> None:
        """By asset, worst first."""
        self.view, self.sort = ASSETS, rows.WORST
        super().__init__(self._spec(), id="registry")
        self._follow: Timer | None = None
        self._assets: Sequence[RegistryRow] | None = None
        self._workflows: Sequence[WorkflowRow] | None = None
        self._ordered: tuple[str, str, Sequence[RegistryRow | WorkflowRow]] = ("", "", ())
        self._left: dict[str, tuple[Filter, str | None]] = {}

    def _spec(self) -> Spec[Any]:
        spec: Spec[Any] = rows.REGISTRY if self.view == ASSETS else rows.WORKFLOWS
        return spec._replace(title=f"{spec.title} ─ by {self.view[:-1]}, {self.sort}")

    @property
    def lead(self) -> str | None:
        """The asset under the cursor; of a workflow its worst stage's, else its last stage's."""
        if self.row is None:
            return None
        if self.view == ASSETS:
            return str(self.row.asset)
        stage = rows.worst_stage(self.row) or (self.row.stages[-1] if self.row.stages else None)
        return stage.asset if stage else None

    def subject(self) -> Subject | None:
        """The deployment under the cursor; a workflow has several, so only the asset of one stage."""
        if self.view == ASSETS:
            return Subject(self.row.asset, self.row.environment) if self.row is not None else None
        return Subject(self.lead) if self.lead is not None else None

    def opens(self, row: Any) -> OpenAsset | OpenWorkflow:
        return OpenAsset(row.asset) if self.view == ASSETS else OpenWorkflow(row.key)

    def moved(self) -> None:
        """Other panes follow once the cursor rests."""
        if self.lead is None:
            return
        if self._follow is not None:
            self._follow.reset()
        else:
            self._follow = self.set_timer(FOLLOW_S, self._rested)

    def _rested(self) -> None:
        self._follow = None
        if self.lead is not None:
            self.post_message(FollowAsset(self.lead))

    def show_board(self, board: Board, now_us: int, lead: str | None = None) -> None:
        """Both views are kept; only the one that is shown is drawn."""
        self._assets, self._workflows = board.registry, board.workflows
        self._show(now_us)

    def _show(self, now_us: int) -> None:
        shown: Sequence[RegistryRow | WorkflowRow] | None = self._assets if self.view == ASSETS else self._workflows
        if shown is not None:
            view, sort, before = self._ordered
            order = rows.ordered(shown, self.sort, before if (view, sort) == (self.view, self.sort) else ())
            self._ordered = self.view, self.sort, order
            self.update_rows(order, now_us)

    def toggle_view(self) -> str:
        """The other view, as it was left; returns its name."""
        self._left[self.view] = (self.filter, self.cursor_key)
        self.view = WORKFLOWS if self.view == ASSETS else ASSETS
        self.filter, self._wanted_key = self._left.get(self.view, (Filter(), None))
        self.spec = self._spec()
        self._rows, self._cursor, self._top, self._all = [], 0, 0, None
        self._show(self._now_us)
        self.redraw()
        return self.view

    def cycle_sort(self) -> str:
        """The next order, the cursor on its row; returns its name."""
        self.sort = rows.SORTS[(rows.SORTS.index(self.sort) + 1) % len(rows.SORTS)]
        self.spec = self._spec()
        self._show(self._now_us)
        self.redraw()
        return self.sort

    def action_view(self) -> None:
        self.toggle_view()
        self.moved()

    def action_order(self) -> None:
        self.cycle_sort()

    # ------------------------------------------------------------------ session

    def remembered(self) -> Session:
        """Cursor and filter of each view, the view, and the order."""
        left = {**self._left, self.view: (self.filter, self.cursor_key)}
        cursors = {_SAVED[view]: key for view, (_, key) in left.items() if key}
        filters = {_SAVED[view]: kept.text for view, (kept, _) in left.items() if kept.terms}
        return Session(cursors=cursors, filters=filters, shown={"view": self.view, "sort": self.sort})

    def restore(self, saved: Session) -> list[str]:
        """Both views as they were left; a view or an order that nobody knows is the first of them."""
        complaints: list[str] = []
        for view in VIEWS:
            name = _SAVED[view]
            try:
                kept = parse(saved.filters.get(name, ""), (rows.REGISTRY if view == ASSETS else rows.WORKFLOWS).names)
            except BadFilter as error:
                complaints.append(f"the saved filter of {name} was dropped: {error}")
                kept = Filter()
            self._left[view] = (kept, saved.cursors.get(name))
        view, sort = saved.shown.get("view", ""), saved.shown.get("sort", "")
        self.view = view if view in VIEWS else ASSETS
        self.sort = sort if sort in rows.SORTS else rows.WORST
        self.use(self._spec())
        self.filter, self._wanted_key = self._left.pop(self.view)
        return complaints


_SAVED: Final = {ASSETS: "registry", WORKFLOWS: "workflows"}
