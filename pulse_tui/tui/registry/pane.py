"""Pane 1: the estate by asset or by workflow, in the order that was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from pulse_tui.tui.kit.filters import Filter
from pulse_tui.tui.kit.table import Table
from pulse_tui.tui.registry import rows

if TYPE_CHECKING:
    from pulse_tui.domain.views.panes import Board, RegistryRow
    from pulse_tui.domain.views.registry import WorkflowRow
    from pulse_tui.tui.kit.rows import Spec

ASSETS: Final = "assets"
WORKFLOWS: Final = "workflows"
VIEWS: Final = (ASSETS, WORKFLOWS)


class RegistryPane(Table[Any]):
    """One table with two views. Each view keeps its own cursor and filter while the other is shown."""

    def __init__(self, *, id: str, view: str = ASSETS, sort: str = rows.WORST) -> None:
        """A view or an order that nobody knows is the first of them."""
        self.view = view if view in VIEWS else ASSETS
        self.sort = sort if sort in rows.SORTS else rows.WORST
        super().__init__(self._spec(), id=id)
        self._assets: Sequence[RegistryRow] | None = None
        self._workflows: Sequence[WorkflowRow] | None = None
        self._frozen: dict[RegistryRow, RegistryRow] = {}
        self._ordered: tuple[str, str, Sequence[RegistryRow | WorkflowRow]] = ("", "", ())
        self._left: dict[str, tuple[Filter, str | None]] = {}

    def _spec(self) -> Spec[Any]:
        spec: Spec[Any] = rows.REGISTRY if self.view == ASSETS else rows.WORKFLOWS
        return spec._replace(title=f"{spec.title} ─ by {self.view[:-1]}, {self.sort}")

    @property
    def asset(self) -> str | None:
        """The asset under the cursor; of a workflow its worst stage's, else its last stage's."""
        if self.row is None:
            return None
        if self.view == ASSETS:
            return str(self.row.asset)
        stage = rows.worst_stage(self.row) or (self.row.stages[-1] if self.row.stages else None)
        return stage.asset if stage else None

    @property
    def place(self) -> tuple[str, str] | None:
        """(asset, environment) under the cursor: what a deed is about. A workflow is none: it has several."""
        return (self.row.asset, self.row.environment) if self.row is not None and self.view == ASSETS else None

    def shows_frozen(self, asset: str) -> bool:
        """Whether a row of the asset says that it is frozen."""
        return any(row.asset == asset and row.state == "frozen" for row in self._assets or ())

    def show_board(self, board: Board, now_us: int) -> None:
        """Both views are kept; only the one that is shown is drawn."""
        self._assets = rows.frozen_rows(board.registry, board.header.frozen, self._frozen)
        self._frozen = (
            {row: shown for row, shown in zip(board.registry, self._assets, strict=True) if shown is not row}
            if board.header.frozen
            else {}
        )
        self._workflows = board.workflows
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

    # ------------------------------------------------------------------ session

    def remembered(self) -> tuple[dict[str, str], dict[str, str]]:
        """(cursor, filter) of each view, by its name in the session."""
        left = {**self._left, self.view: (self.filter, self.cursor_key)}
        cursors = {_SAVED[view]: key for view, (_, key) in left.items() if key}
        return cursors, {_SAVED[view]: kept.text for view, (kept, _) in left.items() if kept.terms}

    def restore(self, cursors: dict[str, str], filters: dict[str, str]) -> list[str]:
        """Put both views where they were left; returns what could not be used."""
        from pulse_tui.tui.kit.filters import BadFilter, parse  # noqa: PLC0415  beside the class that it raises

        complaints: list[str] = []
        for view in VIEWS:
            names = (rows.REGISTRY if view == ASSETS else rows.WORKFLOWS).names
            saved = _SAVED[view]
            try:
                kept = parse(filters.get(saved, ""), names)
            except BadFilter as error:
                complaints.append(f"the saved filter of {saved} was dropped: {error}")
                kept = Filter()
            self._left[view] = (kept, cursors.get(saved))
        self.filter, self._wanted_key = self._left.pop(self.view)
        return complaints


_SAVED: Final = {ASSETS: "registry", WORKFLOWS: "workflows"}
