"""What an asset depends on, with what changed since it was approved; and who uses a component."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.views.registry import DependentRow, Dependents, Tree
from pulse_tui.tui.asks import registry as asks
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.screen import Head
from pulse_tui.tui.registry.tree_rows import (
    DEPENDENTS,
    OWN_TREE,
    TREE,
    TreeLine,
    dependent_detail,
    tree_detail,
    tree_lines,
)

_NAMES = bind(
    "o", "names", "own names", "components by our one naming scheme, or as their providers write them", show=True
)


def tree_sentences(tree: Tree) -> tuple[str, ...]:
    """The headline, and in one line what the tree rests on."""
    headline = tree.headline or "what changed since the last approval is not known"
    return (headline, f"from {' · '.join(tree.documents)}") if tree.documents else (headline,)


class TreeScreen(ListScreen[TreeLine]):
    """The whole tree as lines; a change stands out, and ``n`` goes to the next one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "used by", "who else uses the component", show=True),
        _NAMES,
        *ListScreen.LIST_KEYS,
    ]

    def __init__(self, head: Head, tree: Tree, now_us: int) -> None:
        """The tree as the desk gives it."""
        title = [(" Depends on  ", styles.DIM), (safe(tree.asset), styles.BOLD)]
        super().__init__(head, title, TREE, tree_sentences(tree), now_us)
        self.table.update_rows(tree_lines(tree.rows), now_us)

    def show_tree(self, tree: Tree) -> None:
        """The tree with news."""
        self.sentences.show(tree_sentences(tree))
        self.show_rows(tree_lines(tree.rows))

    def detail(self, row: TreeLine) -> Sequence[Span]:
        return tree_detail(row.row)

    def action_names(self) -> None:
        self.table.use(TREE if self.table.spec is OWN_TREE else OWN_TREE)

    def action_open(self) -> None:
        line = self.table.row
        if line is not None:
            self.post_message(asks.OpenDependents(line.row.provider or line.row.name))


class DependentsScreen(ListScreen[DependentRow]):
    """Who uses a component, directly or through others."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "open", "open the asset", show=True),
        _NAMES,
        *ListScreen.LIST_KEYS,
    ]

    def __init__(self, head: Head, found: Dependents, now_us: int) -> None:
        """The answer as the desk gives it."""
        self.found, self.own = found, False
        super().__init__(head, self._title(), DEPENDENTS, (found.headline,), now_us)
        self.table.update_rows(found.rows, now_us)

    def _title(self) -> list[Span]:
        name = self.found.provider if self.own else self.found.component
        return [(" Used by  ", styles.DIM), (safe(name), styles.BOLD)]

    def show_dependents(self, found: Dependents) -> None:
        """The answer with news."""
        self.found = found
        self.title_line.show(self._title())
        self.sentences.show((found.headline,))
        self.show_rows(found.rows)

    def detail(self, row: DependentRow) -> Sequence[Span]:
        return dependent_detail(row)

    def applies(self, action: str) -> bool:
        return bool(self.found.provider) if action == "names" else super().applies(action)

    def action_names(self) -> None:
        self.own = not self.own
        self.title_line.show(self._title())

    def action_open(self) -> None:
        if self.table.row is not None:
            self.post_message(asks.OpenAsset(self.table.row.asset))
