"""Pure row renderers of pane 1: the estate by asset or by workflow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from rich.cells import cell_len

from pulse_tui.domain.moments import age
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.tui.kit import styles, values
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
    """ASSET ENV VERSION ITER STATE SINCE BACK SOURCE, and on demand OWNER TIER."""
    return (
        (row.asset, styles.PLAIN),
        environment(row.environment),
        (row.version or "-", styles.PLAIN),
        ("-" if row.iteration is None else str(row.iteration), styles.DIM),
        registry_state(row, now_us),
        (age(row.since_us, now_us), styles.DIM),
        back(row.pointer, row.pointer_ok),
        (row.source or "-", styles.DIM),
        (row.owner or "nobody", styles.DIM if row.owner else styles.WARN),
        (row.tier or "-", styles.DIM),
    )


_OVERDUE: Final = len(" overdue 999d")


@lru_cache(maxsize=1024)
def _state_width(state: str, also: tuple[str, ...], concerned: bool, run: str) -> int:
    return cell_len(state_text(state, also, concerned, run)[0])


def registry_widths(row: RegistryRow) -> tuple[int, ...]:
    """Cells of :func:`registry_cells`, for all rows of a large estate at once; those of SINCE are always the same."""
    asset, where, version, iteration, state = row[:5]
    pointer, source, owner = back(row.pointer, row.pointer_ok)[0], row.source or "-", row.owner or "nobody"
    return (
        len(asset) if asset.isascii() else cell_len(asset),
        4 if where == "production" else len(where),
        (len(version) if version.isascii() else cell_len(version)) or 1,
        len(str(iteration)) if iteration is not None else 1,
        _state_width(state, row.also, row.concerns > 0, row.run) + (_OVERDUE if row.overdue_us is not None else 0),
        0,
        len(pointer) if pointer.isascii() else cell_len(pointer),
        len(source) if source.isascii() else cell_len(source),
        len(owner) if owner.isascii() else cell_len(owner),
        cell_len(row.tier) or 1,
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


def _named(row: RegistryRow | WorkflowRow) -> values.Value:
    """By its name, in production first."""
    return values.several(values.words(row[0]), values.environment(row.environment))


REGISTRY: Final[Spec[RegistryRow]] = Spec(
    title="Registry ─ by asset, worst first",
    name="registry",
    columns=(
        Column("ASSET", 12, 0, wish=14, by=_named),
        Column("ENV", 4, 7, by=lambda row: values.environment(row.environment)),
        Column("VERSION", 5, 12, by=lambda row: values.version(row.version)),
        Column("ITER", 4, 7, drop=2, right=True, by=lambda row: row.iteration, most_first=True),
        Column("STATE", 8, 26, shorten=shorten_state, by=lambda row: values.state(row.state)),
        Column("SINCE", 5, 5, drop=1, right=True, by=lambda row: values.age(row.since_us)),
        Column("BACK", 5, 10, drop=3, by=lambda row: values.version(row.pointer)),
        Column("SOURCE", 6, 12, drop=4, by=lambda row: values.words(row.source)),
        Column("OWNER", 5, 14, drop=5, hidden=True, by=lambda row: values.words(row.owner)),
        Column("TIER", 4, 15, drop=6, hidden=True, by=lambda row: values.words(row.tier)),
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
    moment=lambda row: row.since_us,
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
    """WORKFLOW ENV STAGES STATE SINCE, and on demand OWNER."""
    return (
        (row.id, styles.PLAIN),
        environment(row.environment),
        (stages_text(row) or "no stages", styles.PLAIN if row.stages else styles.DIM),
        state_text(row.state, row.also),
        (age(row.since_us, now_us), styles.DIM),
        (row.owner or "nobody", styles.DIM if row.owner else styles.WARN),
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
    title="Registry ─ by workflow, worst first",
    name="workflows",
    columns=(
        Column("WORKFLOW", 8, 20, by=_named),
        Column("ENV", 4, 7, by=lambda row: values.environment(row.environment)),
        Column("STAGES", 12, 0, shorten=shorten_stages, by=lambda row: len(row.stages), most_first=True),
        Column("STATE", 8, 22, shorten=shorten_state, by=lambda row: values.state(row.state)),
        Column("SINCE", 5, 5, drop=1, right=True, by=lambda row: values.age(row.since_us)),
        Column("OWNER", 5, 14, drop=2, hidden=True, by=lambda row: values.words(row.owner)),
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
    moment=lambda row: row.since_us,
)
