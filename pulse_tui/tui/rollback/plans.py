"""The rollback plans and their runs, newest first: what stopped, what waits for whom, and the keys that end it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import BindingType

from pulse_tui.domain.moments import age
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.rollback import HALF_WAY, PlanLine
from pulse_tui.tui.asks import rollback as asks
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.rows import Cells, Column, Spec, environment
from pulse_tui.tui.kit.screen import Head
from pulse_tui.tui.rollback.story import plan_state, versions


def plan_cells(row: PlanLine, now_us: int) -> Cells:
    """PLAN FOR ASSET ENV MOVE STATE WAITS SINCE."""
    return (
        (row.plan[:12], styles.DIM),
        (row.purpose, styles.PLAIN),
        (safe(row.asset), styles.BOLD if row.needs_somebody else styles.PLAIN),
        environment(row.environment),
        (safe(versions(row)), styles.PLAIN),
        plan_state(row.state),
        (safe(row.waits or row.detail), styles.PLAIN),
        (age(row.since_us, now_us), styles.DIM),
    )


def plan_fields(row: PlanLine) -> Fields:
    """Names for the filter."""
    return {
        "plan": row.plan,
        "for": row.purpose,
        "asset": row.asset,
        "env": environment(row.environment)[0],
        "state": row.state,
        "run": row.run,
        "waits": row.waits,
    }


def plan_detail(row: PlanLine) -> list[Span]:
    """What it waits for, or what its run says of each target, which comes first where somebody must decide by it."""
    if row.glass and (row.needs_somebody or not row.run):
        return [(f" {safe(row.glass)} ", styles.ALARM), (safe(f" {row.todo}"), styles.PLAIN)]
    if row.waits:
        return [("PLAN ", styles.DIM), (safe(row.waits), styles.PLAIN)]
    if not row.run:
        return [(safe(row.state), styles.DIM)]
    style = styles.BAD if row.state in (*HALF_WAY, "undone") else styles.PLAIN
    words = [*row.targets, row.detail] if row.half_way else [row.detail, *row.targets]
    text = safe("; ".join(filter(None, words)))
    return [(f"RUN {row.run} ", styles.DIM), (text, style)]


PLANS: Final[Spec[PlanLine]] = Spec(
    title="Plans, newest first",
    columns=(
        Column("PLAN", 12, 12, drop=2, by=lambda row: row.plan),
        Column("FOR", 4, 8, drop=3, by=lambda row: values.words(row.purpose)),
        Column("ASSET", 10, 0, wish=14, by=lambda row: values.words(row.asset)),
        Column("ENV", 4, 7, by=lambda row: values.environment(row.environment)),
        Column("MOVE", 10, 26, by=lambda row: values.words(versions(row))),
        Column("STATE", 9, 12, by=lambda row: values.several(not row.needs_somebody, values.state(row.state))),
        Column("WAITS FOR", 12, 42, drop=4, by=lambda row: values.words(row.waits or row.detail), name="waits"),
        Column("SINCE", 5, 5, drop=1, right=True, by=lambda row: values.age(row.since_us)),
    ),
    cells=plan_cells,
    key=lambda row: row.plan,
    fields=plan_fields,
    names=("plan", "for", "asset", "env", "state", "run", "waits"),
    wants_attention=lambda row: row.needs_somebody,
    copied=lambda row: " ".join(row.lines()),
    moment=lambda row: row.since_us,
    empty="no rollback was planned yet: p on a row of the registry makes a plan",
    ref=lambda row: Ref(RefKind.PLAN, row.plan),
)


class PlansScreen(ListScreen[PlanLine]):
    """Rollback plans and their runs; a plan is approved in the plan itself."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "open", "open the plan: its checks, its run; approve it there", show=True),
        bind("e,E", "resume", "resume", "continue a run that stopped half-way", show=True, changes=True),
        bind("u,U", "undo", "undo", "put back what a run moved that stopped half-way", show=True, changes=True),
        bind("D", "drill", "drill", "rehearse the rollback of the row on its replica", changes=True),
        bind(
            "A", "authorisations", "pre-authorised", "what may run without votes: until when, who gave it; vote, revoke"
        ),
        bind(
            "d", "drills", "drills", "the drills that were held: which passed, and whether they still count", show=True
        ),
        *ListScreen.LIST_KEYS,
    ]

    def __init__(self, head: Head, rows: Sequence[PlanLine], now_us: int) -> None:
        """The plans as the desk gives them."""
        super().__init__(head, [(" Rollback plans", styles.BOLD)], PLANS, (), now_us)
        self.table.update_rows(rows, now_us)

    def detail(self, row: PlanLine) -> Sequence[Span]:
        return plan_detail(row)

    def applies(self, action: str) -> bool:
        if action in ("resume", "undo"):
            return self.table.row is not None and self.table.row.state in HALF_WAY
        if action == "drill":
            return self.table.row is not None and self.table.row.environment != "replica"
        return super().applies(action)

    def action_open(self) -> None:
        if (row := self.table.row) is not None:
            self.post_message(asks.OpenPlan(row.plan))

    def action_drill(self) -> None:
        if (row := self.table.one()) is not None:
            self.post_message(asks.Drill(row.asset, row.environment))

    def action_authorisations(self) -> None:
        self.post_message(asks.OpenAuthorisations())

    def action_drills(self) -> None:
        self.post_message(asks.OpenDrills())

    def action_resume(self) -> None:
        if (row := self.table.one()) is not None:
            self.post_message(asks.Resume(row.run, row.plan))

    def action_undo(self) -> None:
        if (row := self.table.one()) is not None:
            self.post_message(asks.PutBack(row.run, row.plan))
