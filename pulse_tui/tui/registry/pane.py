"""The pane of the estate: by asset or by workflow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from pulse_tui.tui.asks.evals import FollowAsset
from pulse_tui.tui.asks.registry import OpenAsset, OpenWorkflow
from pulse_tui.tui.kit.bad import BadFilter
from pulse_tui.tui.kit.columns import Arrangement, kept, restored
from pulse_tui.tui.kit.filters import Filter, parse
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


_SPECS: Final[Mapping[str, Spec[Any]]] = {ASSETS: rows.REGISTRY, WORKFLOWS: rows.WORKFLOWS}


class _Left(NamedTuple):
    """How a view was left."""

    filter: Filter = Filter()
    cursor: str | None = None
    arrangement: Arrangement = Arrangement()


class RegistryPane(TablePane[Any]):
    """The registry pane: one table with two views. Each view keeps its own cursor and filter while the other is shown."""

    TAB = "Registry"
    KEYS: ClassVar = (
        bind("v", "view", "view", "registry: by asset, or by workflow with its worst stage marked", show=True),
    )

    def __init__(self) -> None:
        """By asset."""
        self.view = ASSETS
        super().__init__(self._spec(), id="registry")
        self._follow: Timer | None = None
        self._assets: Sequence[RegistryRow] | None = None
        self._workflows: Sequence[WorkflowRow] | None = None
        self._left: dict[str, _Left] = {}

    def _spec(self) -> Spec[Any]:
        return _SPECS[self.view]

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
            self.update_rows(shown, now_us)

    def toggle_view(self) -> str:
        """The other view, as it was left; returns its name."""
        self._left[self.view] = self._as_left()
        self.view = WORKFLOWS if self.view == ASSETS else ASSETS
        self._rows, self._cursor, self._top, self._all = [], 0, 0, None
        self.marks = frozenset()
        self._take_up(self._left.get(self.view, _Left()))
        self._show(self._now_us)
        self.redraw()
        return self.view

    def _as_left(self) -> _Left:
        return _Left(self.filter, self.cursor_key, self.arrangement)

    def _take_up(self, left: _Left) -> None:
        self.filter, self._wanted_key, self.arrangement = left
        self.use(self._spec())

    def action_view(self) -> None:
        self.toggle_view()
        self.moved()

    # ------------------------------------------------------------------ session

    def remembered(self) -> Session:
        """Cursor, filter and arrangement of each view, and the view."""
        left = {_SPECS[view].called: each for view, each in {**self._left, self.view: self._as_left()}.items()}
        arranged = [kept(each.arrangement, name) for name, each in left.items()]
        return Session(
            cursors={name: each.cursor for name, each in left.items() if each.cursor},
            filters={name: each.filter.text for name, each in left.items() if each.filter.terms},
            shown={"view": self.view, **{k: text for texts in arranged for k, text in texts.items()}},
        )

    def restore(self, saved: Session) -> list[str]:
        """Both views as they were left; a view that nobody knows is the first of them."""
        complaints: list[str] = []
        for view, spec in _SPECS.items():
            name = spec.called
            try:
                chosen = parse(saved.filters.get(name, ""), spec.names, moments=spec.moment is not None)
            except BadFilter as error:
                complaints.append(f"the saved filter of {name} was dropped: {error}")
                chosen = Filter()
            arrangement, wrong = restored(saved.shown, name, spec.columns)
            complaints += wrong
            self._left[view] = _Left(chosen, saved.cursors.get(name), arrangement)
        view = saved.shown.get("view", "")
        self.view = view if view in VIEWS else ASSETS
        self._take_up(self._left.pop(self.view))
        return complaints
