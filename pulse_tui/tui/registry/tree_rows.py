"""Pure row renderers of a dependency tree and of who uses a component."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.registry import DependentRow, TreeRow
from pulse_tui.tui.kit import styles, values
from pulse_tui.tui.kit.canvas import Span
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.rows import DEEPEST, Cells, Column, Spec, environment


class TreeLine(NamedTuple):
    """A line of the tree with an identity of its own: a component may stand there several times."""

    row: TreeRow
    key: str


def tree_lines(rows: Sequence[TreeRow]) -> list[TreeLine]:
    """The rows, each with the number of times that the same component stands above it."""
    seen: dict[str, int] = {}
    lines: list[TreeLine] = []
    for row in rows:
        count = seen.get(row.key, 0)
        seen[row.key] = count + 1
        lines.append(TreeLine(row, f"{row.key}#{count}"))
    return lines


def note(row: TreeRow) -> Span:
    """What changed, marked; of a line that is not unfolded again, that it stands above."""
    if row.note:
        return f"▲ {row.note}", styles.WARN
    return ("↑ as above", styles.DIM) if row.again else ("", styles.PLAIN)


def _cells(line: TreeLine, name: str) -> Cells:
    row = line.row
    style = styles.WARN if row.note else styles.DIM if row.again else styles.PLAIN
    return (
        (f"{'  ' * min(row.depth, DEEPEST)}{name}", style),
        (row.version or "-", styles.PLAIN),
        note(row),
        (" ".join(environment(word)[0] for word in row.where) or "all", styles.PLAIN if row.where else styles.DIM),
        (row.kind.replace("_", " "), styles.DIM),
        (row.source or "-", styles.DIM),
    )


def tree_cells(line: TreeLine, now_us: int) -> Cells:
    """COMPONENT VERSION CHANGE WHERE KIND SOURCE, by the one naming scheme."""
    del now_us
    return _cells(line, line.row.name)


def own_tree_cells(line: TreeLine, now_us: int) -> Cells:
    """The same by the provider's own names."""
    del now_us
    return _cells(line, line.row.provider or line.row.name)


def tree_fields(line: TreeLine) -> Fields:
    """Names for the filter; ``change`` is empty where nothing changed."""
    row = line.row
    return {
        "component": f"{row.name} {row.provider}",
        "version": row.version,
        "kind": row.kind,
        "source": row.source,
        "env": " ".join(environment(word)[0] for word in row.where),
        "change": row.note,
        "depth": str(row.depth),
    }


def tree_detail(row: TreeRow) -> list[Span]:
    """What did not fit the line."""
    spans: list[Span] = [(f"{row.provider or row.name} {row.version}", styles.BOLD), (f"  {row.kind}", styles.DIM)]
    if row.source:
        spans.append((f"  by {row.source}", styles.DIM))
    if row.where:
        spans.append((f"  only in {', '.join(row.where)}", styles.PLAIN))
    if row.note:
        spans.append((f"  ▲ {row.note}", styles.WARN))
    if row.again:
        spans.append(("  its own dependencies stand where it is named first, above", styles.DIM))
    return spans


TREE: Final[Spec[TreeLine]] = Spec(
    title="Dependencies",
    fixed=True,
    columns=(
        Column("COMPONENT", 20, 0, wish=34),
        Column("VERSION", 7, 14),
        Column("CHANGE", 8, 34),
        Column("WHERE", 5, 16, drop=3),
        Column("KIND", 5, 13, drop=1),
        Column("SOURCE", 6, 14, drop=2),
    ),
    cells=tree_cells,
    key=lambda line: line.key,
    fields=tree_fields,
    names=("component", "version", "kind", "source", "env", "change", "depth"),
    wants_attention=lambda line: bool(line.row.note),
    copied=lambda line: f"{line.row.provider or line.row.name}@{line.row.version} {line.row.note}".rstrip(),
    empty="no dependency is known. Name a bill (SBOM), a lock file or components for it in the configuration",
    ref=lambda line: Ref(RefKind.COMPONENT, line.row.provider or line.row.name),
)
OWN_TREE: Final = TREE._replace(title="Dependencies ─ providers' own names", cells=own_tree_cells)
"""The same tree with each component as its provider writes it."""


def dependent_cells(row: DependentRow, now_us: int) -> Cells:
    """ASSET VERSION WHERE VIA OWNER WORKFLOWS ENDPOINTS."""
    del now_us
    where = " ".join(environment(word)[0] for word in row.environments)
    return (
        (row.asset, styles.PLAIN),
        (row.version or "-", styles.PLAIN),
        (
            where or "nowhere",
            styles.BOLD if "production" in row.environments else styles.PLAIN if where else styles.DIM,
        ),
        (row.via, styles.DIM if row.via == "directly" else styles.PLAIN),
        (row.owner or "nobody", styles.DIM if row.owner else styles.WARN),
        (", ".join(row.workflows) or "-", styles.DIM),
        (", ".join(row.endpoints) or "-", styles.DIM),
    )


def dependent_fields(row: DependentRow) -> Fields:
    """Names for the filter."""
    return {
        "asset": row.asset,
        "version": row.version,
        "env": " ".join(environment(word)[0] for word in row.environments),
        "via": row.via,
        "owner": row.owner,
        "workflow": " ".join(row.workflows),
        "endpoint": " ".join(row.endpoints),
    }


def dependent_detail(row: DependentRow) -> list[Span]:
    """What did not fit the line."""
    return [
        (f"via {row.via}", styles.PLAIN),
        (f"  workflows {', '.join(row.workflows) or 'none'}", styles.DIM),
        (f"  endpoints {', '.join(row.endpoints) or 'none'}", styles.DIM),
    ]


DEPENDENTS: Final[Spec[DependentRow]] = Spec(
    title="Used by",
    columns=(
        Column("ASSET", 12, 24, by=lambda row: values.words(row.asset)),
        Column("VERSION", 7, 12, by=lambda row: values.version(row.version)),
        Column("WHERE", 5, 24, by=lambda row: values.places(row.environments)),
        Column("VIA", 8, 0, wish=18, by=lambda row: values.several(row.via != "directly", values.words(row.via))),
        Column("OWNER", 5, 14, drop=1, by=lambda row: values.words(row.owner)),
        Column("WORKFLOWS", 9, 22, drop=2, by=lambda row: len(row.workflows), most_first=True),
        Column("ENDPOINTS", 9, 22, drop=3, by=lambda row: len(row.endpoints), most_first=True),
    ),
    cells=dependent_cells,
    key=lambda row: row.key,
    fields=dependent_fields,
    names=("asset", "version", "env", "via", "owner", "workflow", "endpoint"),
    wants_attention=lambda row: "production" in row.environments,
    copied=lambda row: f"{row.asset} {row.version} {' '.join(row.environments)} via {row.via}",
    empty="nothing uses it, as far as the bills of the estate show",
    ref=lambda row: Ref(RefKind.ASSET, row.asset),
)
