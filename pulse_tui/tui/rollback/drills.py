"""The drills that were held, newest first: which passed, how long they took, and whether they still count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import BindingType

from pulse_tui.domain.moments import age
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.rollback import DrillLine
from pulse_tui.tui.asks import rollback as asks
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.rows import Cells, Column, Spec
from pulse_tui.tui.kit.screen import Head

_STATES: Final = {
    "passed": ("● passed", styles.GOOD), "failed": ("✖ failed", styles.BAD), "outdated": ("? outdated", styles.WARN),
}  # fmt: skip


def drill_cells(row: DrillLine, now_us: int) -> Cells:
    """ASSET PLAYBOOK MOVE STATE TOOK WHEN."""
    return (
        (safe(row.asset), styles.BOLD),
        (safe(row.playbook), styles.PLAIN),
        (safe(f"{row.from_version} → {row.to_version}"), styles.PLAIN),
        _STATES[row.state],
        (f"{row.seconds:.1f} s", styles.PLAIN),
        (age(row.at_us, now_us), styles.DIM),
    )


def drill_fields(row: DrillLine) -> Fields:
    """Names for the filter."""
    return {
        "asset": row.asset, "playbook": row.playbook, "state": row.state, "trigger": row.trigger, "by": row.by,
        "run": row.run,
    }  # fmt: skip


DRILLS: Final[Spec[DrillLine]] = Spec(
    title="Drills, newest first",
    columns=(
        Column("ASSET", 10, 0, wish=14, by=lambda row: values.words(row.asset)),
        Column("PLAYBOOK", 8, 18, drop=2, by=lambda row: values.words(row.playbook)),
        Column("MOVE", 10, 22, by=lambda row: values.version(row.to_version)),
        Column("STATE", 8, 10, by=lambda row: ("failed", "outdated", "passed").index(row.state)),
        Column("TOOK", 5, 8, drop=1, right=True, by=lambda row: row.seconds, most_first=True),
        Column("AGE", 4, 5, right=True, by=lambda row: values.age(row.at_us)),
    ),
    cells=drill_cells,
    key=lambda row: row.run,
    fields=drill_fields,
    names=("asset", "playbook", "state", "trigger", "by", "run"),
    wants_attention=lambda row: row.state != "passed",
    copied=lambda row: row.line(),
    moment=lambda row: row.at_us,
    empty="no rollback was drilled yet: D on a row of the registry rehearses one on the replica",
    ref=lambda row: Ref(RefKind.PLAN, row.plan) if row.plan else None,
)


class DrillsScreen(ListScreen[DrillLine]):
    """What the certificates of rollback targets rest on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "open", "open the plan that the drill carried out: every step with its clock", show=True),
        bind(
            "A",
            "authorise",
            "pre-authorise",
            "ask that what it rehearsed may run without votes",
            show=True,
            changes=True,
        ),
        *ListScreen.LIST_KEYS,
    ]

    def __init__(self, head: Head, rows: Sequence[DrillLine], now_us: int) -> None:
        """The drills as the desk gives them."""
        super().__init__(head, [(" Drills", styles.BOLD)], DRILLS, (), now_us)
        self.table.update_rows(rows, now_us)

    def detail(self, row: DrillLine) -> Sequence[Span]:
        of = f"for {row.trigger}, " if row.trigger else ""
        text = f"{of}by {row.by}" + (f": {row.detail}" if row.detail else "")
        if row.state == "outdated":
            text = f"{row.playbook} was changed since: hold another one; {text}"
        return [(f"RUN {row.run} ", styles.DIM), (safe(text), styles.BAD if not row.ok else styles.PLAIN)]

    def applies(self, action: str) -> bool:
        if action == "authorise":
            return self.table.row is not None and self.table.row.state == "passed"
        return super().applies(action)

    def action_authorise(self) -> None:
        if (row := self.table.row) is not None:
            self.post_message(asks.Authorise(row.asset, row.trigger))

    def action_open(self) -> None:
        if (row := self.table.row) is not None and row.plan:
            self.post_message(asks.OpenPlan(row.plan))
