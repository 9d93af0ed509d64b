"""Pure row renderers of pane 1: the estate by asset or by workflow, and the orders it can stand in."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from pulse_tui.domain.moments import age
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.rows import Cells, Column, Spec, environment

if TYPE_CHECKING:
    from pulse_tui.domain.views.board import Board
    from pulse_tui.domain.views.registry import RegistryRow, StageCell, WorkflowRow

GOOD_STATES: Final = frozenset({"ok"})
ARROW: Final = " › "


# ---------------------------------------------------------------------- by asset


def registry_state(row: RegistryRow, now_us: int) -> Span:
    """The worst that holds, and beside it what else does: ``✖ FAIL ■ blocked ◆ retest overdue 3d ⧗ plan``."""
    state, *also = row.dated(now_us)
    return state_text(state, also, row.concerns > 0, row.run)


RUNS: Final = {"stopped": "✖ run", "running": "▶ run", "waiting": "⧗ plan"}
"""The mark of a rollback beside the state: one that stopped, one under way, a plan that waits."""


def state_text(state: str, also: Sequence[str], concerned: bool = False, run: str = "") -> Span:
    """As :func:`registry_state`, of the parts."""
    text, style = styles.state(state)
    beside = [*also, *(["conflict"] if concerned and "conflict" not in (state, *also) else [])]
    marks = [styles.state(word)[0] for word in beside]
    if run:
        marks.insert(0 if run == "stopped" else len(marks), RUNS[run])
    return " ".join((text, *marks)), styles.BAD if run == "stopped" else style


def shorten_state(text: str, width: int) -> str:
    """``✖ FAIL ■ blocked ⧗ plan`` as ``✖ FAIL ■ blocked ⧗``: the worst keeps its word longest, and every mark stays.

    A retest that is overdue stays so where there is room for it: ``◆ overdue 3d`` before ``◆``.
    """
    marks: list[list[str]] = []
    for word in text.split(" "):
        if len(word) == 1 and not word.isalnum():
            marks.append([word])
        elif marks:
            marks[-1].append(word)

    def drawn() -> str:
        return " ".join(word for mark in marks for word in mark)

    for n in range(len(marks) - 1, -1, -1):
        mark = marks[n]
        if cell_len(drawn()) > width and len(mark) > 3:  # the word that "overdue" stands for
            del mark[1]
        if n and cell_len(drawn()) > width:
            del mark[1:]
    while len(marks) > 2 and cell_len(drawn()) > width:
        marks[1:3] = [[marks[1][0] + marks[2][0]]]
    return drawn()


def is_frozen(board: Board | None, asset: str) -> bool:
    """Whether a freeze of the asset stands, by the header's list and the rows' states."""
    if board is None:
        return False
    return asset in board.header.frozen or any(r.asset == asset and "frozen" in r.words for r in board.registry)


def back(pointer: str, ok: bool = True) -> Span:
    """Where a rollback goes; ``!`` before it when that was found not to work, ``-`` when there is nothing."""
    return (pointer or "-", styles.DIM) if ok else (f"!{pointer}", styles.BAD)


def registry_cells(row: RegistryRow, now_us: int) -> Cells:
    """ASSET ENV VERSION ITER STATE SINCE BACK SOURCE."""
    return (
        (row.asset, styles.PLAIN),
        environment(row.environment),
        (row.version or "-", styles.PLAIN),
        ("-" if row.iteration is None else str(row.iteration), styles.DIM),
        registry_state(row, now_us),
        (age(row.since_us, now_us), styles.DIM),
        back(row.pointer, row.pointer_ok),
        (row.source or "-", styles.DIM),
    )


_OVERDUE: Final = len(" overdue 999d")


@lru_cache(maxsize=1024)
def _state_width(state: str, also: tuple[str, ...], concerned: bool, run: str) -> int:
    return cell_len(state_text(state, also, concerned, run)[0])


def registry_widths(row: RegistryRow) -> tuple[int, ...]:
    """Cells of :func:`registry_cells`, for all rows of a large estate at once; those of SINCE are always the same."""
    asset, where, version, iteration, state = row[:5]
    pointer, source = back(row.pointer, row.pointer_ok)[0], row.source or "-"
    return (
        len(asset) if asset.isascii() else cell_len(asset),
        4 if where == "production" else len(where),
        (len(version) if version.isascii() else cell_len(version)) or 1,
        len(str(iteration)) if iteration is not None else 1,
        _state_width(state, row.also, row.concerns > 0, row.run) + (_OVERDUE if row.overdue_us is not None else 0),
        0,
        len(pointer) if pointer.isascii() else cell_len(pointer),
        len(source) if source.isascii() else cell_len(source),
    )


def registry_fields(row: RegistryRow) -> Fields:
    """Names for the filter."""
    return {
        "asset": row.asset,
        "env": environment(row.environment)[0],
        "version": row.version,
        "iter": "" if row.iteration is None else str(row.iteration),
        "state": row.state,
        "also": " ".join(row.also),
        "prio": row.priority,
        "hold": row.hold,
        "owner": row.owner,
        "tier": row.tier,
        "kind": row.kind,
        "release": row.release,
        "back": row.pointer if row.pointer_ok else f"!{row.pointer}",
        "source": row.source,
        "concerns": str(row.concerns),
        "run": row.run,
        "why": row.why,
    }


def _copied(row: RegistryRow) -> str:
    why = f": {row.why}" if row.why else ""
    state = state_text(row.state, row.also, row.concerns > 0, row.run)[0]
    return f"{row.asset} {row.environment} {row.version} {state}{why}"


REGISTRY: Final[Spec[RegistryRow]] = Spec(
    title="Registry",
    columns=(
        Column("ASSET", 12, 0, wish=14),
        Column("ENV", 4, 7),
        Column("VERSION", 5, 12),
        Column("ITER", 4, 7, drop=2, right=True),
        Column("STATE", 8, 26, shorten=shorten_state),
        Column("SINCE", 5, 5, drop=1, right=True),
        Column("BACK", 5, 10, drop=3),
        Column("SOURCE", 6, 12, drop=4),
    ),
    cells=registry_cells,
    key=lambda row: row.key,
    fields=registry_fields,
    names=(
        "asset", "env", "version", "iter", "state", "also", "prio", "hold", "owner", "tier", "kind", "release", "back", "source",
        "concerns", "run", "why",
    ),
    wants_attention=lambda row: row.state not in GOOD_STATES or bool(row.concerns) or bool(row.run),
    copied=_copied,
    empty="no assets yet. Write a first configuration: pulse-tui init",
    widths=registry_widths,
    ref=lambda row: Ref(RefKind.ASSET, row.asset),
)  # fmt: skip


# ---------------------------------------------------------------------- by workflow


def worst_stage(row: WorkflowRow) -> StageCell | None:
    """The stage whose state is the workflow's own, where the workflow is not well."""
    if row.state in GOOD_STATES:
        return None
    return next((stage for stage in row.stages if stage.state == row.state), None)


def stages_text(row: WorkflowRow) -> str:
    """``classify › retrieve › ✖ generate``: the stages in their order, the worst one marked."""
    worst = worst_stage(row)
    return ARROW.join(
        f"{styles.state(stage.state)[0].split(' ', 1)[0]} {stage.name}" if stage is worst else stage.name
        for stage in row.stages
    )


def shorten_stages(text: str, width: int) -> str:
    """``classify › retrieve › ✖ generate`` as ``c › r › ✖ generate``: the marked stage keeps its name longest."""
    stages = text.split(ARROW)
    marked = next((n for n, stage in enumerate(stages) if stage[1:2] == " "), len(stages) - 1)
    for n in (*range(len(stages) - 1, marked, -1), *range(marked)):
        if cell_len(ARROW.join(stages)) <= width:
            break
        stages[n] = stages[n][:1]
    if cell_len(ARROW.join(stages)) > width and marked:  # too many even so
        stages = [f"+{marked}", *stages[marked:]]
    return ARROW.join(stages)


def workflow_cells(row: WorkflowRow, now_us: int) -> Cells:
    """WORKFLOW ENV STAGES STATE SINCE."""
    return (
        (row.id, styles.PLAIN),
        environment(row.environment),
        (stages_text(row) or "no stages", styles.PLAIN if row.stages else styles.DIM),
        state_text(row.state, row.also),
        (age(row.since_us, now_us), styles.DIM),
    )


def workflow_fields(row: WorkflowRow) -> Fields:
    """Names for the filter."""
    return {
        "workflow": row.id,
        "env": environment(row.environment)[0],
        "stage": " ".join(stage.name for stage in row.stages),
        "asset": " ".join(stage.asset for stage in row.stages),
        "state": row.state,
        "also": " ".join(row.also),
        "owner": row.owner,
        "why": row.why,
    }


WORKFLOWS: Final[Spec[WorkflowRow]] = Spec(
    title="Registry",
    columns=(
        Column("WORKFLOW", 8, 20),
        Column("ENV", 4, 7),
        Column("STAGES", 12, 0, shorten=shorten_stages),
        Column("STATE", 8, 22, shorten=shorten_state),
        Column("SINCE", 5, 5, drop=1, right=True),
    ),
    cells=workflow_cells,
    key=lambda row: row.key,
    fields=workflow_fields,
    names=("workflow", "env", "stage", "asset", "state", "also", "owner", "why"),
    wants_attention=lambda row: row.state not in GOOD_STATES,
    copied=lambda row: (
        f"{row.id} {row.environment} {stages_text(row)} {row.state}" + (f": {row.why}" if row.why else "")
    ),
    empty="no workflows yet. Name them under estate, workflows, in the configuration",
    ref=lambda row: Ref(RefKind.WORKFLOW, f"{row.id} {row.environment}"),
)


# ---------------------------------------------------------------------- orders

WORST: Final = "worst first"
_Anything = Callable[["RegistryRow | WorkflowRow"], tuple[object, ...]]
_PLACES: Final = {"production": 0, "canary": 1, "shadow": 2, "replica": 3}


_MOVED = 200
"""Rows that are inserted one by one; with more of them everything is sorted."""


def _named(row: RegistryRow | WorkflowRow) -> tuple[str, str, int]:
    name = row[0]
    return name.casefold(), name, _PLACES.get(row.environment, 9)


_ORDERS: Final[Mapping[str, _Anything]] = {
    "by name": _named,
    "by since": lambda row: (row.since_us is None, -(row.since_us or 0), *_named(row)),
    "by owner": lambda row: (not row.owner, row.owner.casefold(), *_named(row)),
}
SORTS: Final = (WORST, *_ORDERS)
"""The orders that ``o`` goes through. The board comes worst first, and stays as it came then."""


def ordered(
    rows: Sequence[RegistryRow | WorkflowRow], sort: str, before: Sequence[RegistryRow | WorkflowRow] = ()
) -> Sequence[RegistryRow | WorkflowRow]:
    """The same rows in another order: by name, by since (what moved last first), by owner (nobody's last).

    ``before`` stands in this order already: rows of it that are still there keep their order.
    """
    key = _ORDERS.get(sort)
    if key is None:
        return rows
    now = {id(row): row for row in rows}
    sorted_rows = [row for row in before if id(row) in now]
    new = now.keys() - {id(row) for row in sorted_rows}
    if len(new) > _MOVED:
        return tuple(sorted(rows, key=key))
    for each, row in now.items():  # in their own order: rows that no key distinguishes stay as they came
        if each in new:
            insort(sorted_rows, row, key=key)
    return tuple(sorted_rows)
