"""A workflow's stages, the calendar of releases, and what the sources and the estate do not agree about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.moments import age
from pulse_tui.domain.views.registry import CalendarRow, InventoryRow, WorkflowRow
from pulse_tui.tui.asks import registry as asks
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.rows import environment
from pulse_tui.tui.kit.screen import Head
from pulse_tui.tui.registry.estate_rows import (
    CALENDAR,
    INVENTORY,
    STAGES,
    CalendarLine,
    StageLine,
    calendar_detail,
    calendar_lines,
    day,
    inventory_detail,
)
from pulse_tui.tui.registry.rows import worst_stage


def workflow_title(row: WorkflowRow) -> list[Span]:
    """``Workflow  refunds prod  ✖ FAIL``."""
    about = safe(f"{row.id} {environment(row.environment)[0]}")
    return [(" Workflow  ", styles.DIM), (about, styles.BOLD), ("   ", styles.PLAIN), styles.state(row.state)]


def workflow_sentences(row: WorkflowRow, now_us: int) -> tuple[str, ...]:
    """What is wrong first, then who answers for it."""
    about = f"owner {row.owner or 'nobody'} · since {age(row.since_us, now_us)}"
    return (f"worst stage: {row.why}", about) if row.why else (about,)


class WorkflowScreen(ListScreen[StageLine]):
    """Each stage with its asset, version and state; it opens at the worst one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "open", "open the stage's asset", show=True),
        bind("h", "history", "history", "the releases of the stage's asset", show=True),
        bind("t", "tree", "tree", "what the stage's asset depends on", show=True),
        *ListScreen.LIST_KEYS,
    ]

    def __init__(self, head: Head, row: WorkflowRow, now_us: int) -> None:
        """The workflow as the board shows it."""
        super().__init__(head, workflow_title(row), STAGES, workflow_sentences(row, now_us), now_us)
        stages = _stages(row)
        worst = next((line for line in stages if line.stage is worst_stage(row)), None)
        if worst is not None:
            self.table.want(STAGES.key(worst))
        self.table.update_rows(stages, now_us)

    def show_workflow(self, row: WorkflowRow) -> None:
        """The workflow with news."""
        self.title_line.show(workflow_title(row))
        self.sentences.show(workflow_sentences(row, self.now_us))
        self.show_rows(_stages(row))

    def detail(self, row: StageLine) -> Sequence[Span]:
        stage = row.stage
        return [
            (stage.name, styles.BOLD),
            (f"  {stage.asset} {stage.version}  ", styles.PLAIN),
            styles.state(stage.state),
        ]

    def applies(self, action: str) -> bool:
        return self.table.row is not None if action in ("history", "tree") else super().applies(action)

    def action_open(self) -> None:
        if self.table.row is not None:
            self.post_message(asks.OpenAsset(self.table.row.stage.asset))

    def action_history(self) -> None:
        if self.table.row is not None:
            self.post_message(asks.OpenHistory(self.table.row.stage.asset))

    def action_tree(self) -> None:
        if self.table.row is not None:
            self.post_message(asks.OpenTree(self.table.row.stage.asset))


def _stages(row: WorkflowRow) -> list[StageLine]:
    return [StageLine(stage, n) for n, stage in enumerate(row.stages, 1)]


class CalendarScreen(ListScreen[CalendarLine]):
    """What was released, promoted, rolled back and announced, and what is due; it opens at today."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "open", "open what the line refers to", show=True),
        *ListScreen.LIST_KEYS,
    ]

    def __init__(self, head: Head, rows: Sequence[CalendarRow], now_us: int) -> None:
        """The rows as the desk gave them, newest first."""
        title = [(" Calendar of releases   ", styles.BOLD), ("● ours", styles.GOOD), ("  ◆ a vendor's", styles.INFO)]
        super().__init__(head, title, CALENDAR, (), now_us)
        self.table.want("today")
        self.table.update_rows(calendar_lines(rows, now_us), now_us)

    def show_calendar(self, rows: Sequence[CalendarRow]) -> None:
        """The calendar with news."""
        self.show_rows(calendar_lines(rows, self.now_us))

    def detail(self, row: CalendarLine) -> Sequence[Span]:
        return calendar_detail(row)

    def applies(self, action: str) -> bool:
        if action in ("open", "copy"):
            return self.table.row is not None and self.table.row.row is not None
        return super().applies(action)

    def action_open(self) -> None:
        row = self.table.row.row if self.table.row is not None else None
        if row is not None:
            lines = (
                ("what", f"{row.subject}: {row.what}"), ("whose", row.whose), ("day", day(row.at_us)),
                ("detail", row.detail or "nothing more is recorded"), ("refers to", row.ref or "nothing that opens"),
            )  # fmt: skip
            self.post_message(asks.OpenReference(row.ref, f"{row.subject} {row.what}", lines))


class InventoryScreen(ListScreen[InventoryRow]):
    """What the sources know and the estate does not, the reverse, and what contradicts itself; each with what to do."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "open", "open what the line is about", show=True),
        *ListScreen.LIST_KEYS,
    ]

    def __init__(self, head: Head, rows: Sequence[InventoryRow], now_us: int) -> None:
        """The rows as the desk gave them."""
        super().__init__(head, [(" Inventory", styles.BOLD)], INVENTORY, inventory_sentences(rows), now_us)
        self.table.update_rows(rows, now_us)

    def show_inventory(self, rows: Sequence[InventoryRow]) -> None:
        """The inventory with news."""
        self.sentences.show(inventory_sentences(rows))
        self.show_rows(rows)

    def detail(self, row: InventoryRow) -> Sequence[Span]:
        return inventory_detail(row)

    def action_open(self) -> None:
        row = self.table.row
        if row is not None:
            lines = (
                (row.kind, f"{row.subject}: {row.what}"), ("what to do now", row.todo or "nothing is recommended"),
                ("source", row.source or "not known"),
            )  # fmt: skip
            self.post_message(asks.OpenReference(row.subject.split("/", 1)[0], row.subject, lines))


def inventory_sentences(rows: Sequence[InventoryRow]) -> tuple[str, ...]:
    """``2 undeclared · 1 disputed``, in the order of the rows."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.kind] = counts.get(row.kind, 0) + 1
    words = (f"{count} {kind}{'s' if kind == 'concern' and count > 1 else ''}" for kind, count in counts.items())
    return (" · ".join(words),) if counts else ()
