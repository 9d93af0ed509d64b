"""The blast radius of a vulnerability as a tree: components, assets, what depends on them, where, for whom."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final, NamedTuple

from textual.binding import BindingType

from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.views.advisories import Radius, RadiusRow
from pulse_tui.tui.asks import registry as asks
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.filters import Fields
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.rows import DEEPEST, Cells, Column, Spec, environment
from pulse_tui.tui.kit.screen import Head


class RadiusLine(NamedTuple):
    """A line with an identity of its own: an asset may stand there several times."""

    row: RadiusRow
    key: str


def radius_lines(rows: Sequence[RadiusRow]) -> list[RadiusLine]:
    """The rows, each with the number of times that the same stands above it."""
    seen: dict[str, int] = {}
    lines = []
    for row in rows:
        about = f"{row.what} {row.name}"
        seen[about] = seen.get(about, 0) + 1
        lines.append(RadiusLine(row, f"{about}#{seen[about]}"))
    return lines


def _note(row: RadiusRow) -> Span:
    if row.again:
        return f"{row.note} ↑ as above".lstrip(), styles.DIM
    bad = row.note.startswith(("matched", "▲"))
    return row.note, styles.WARN if bad or row.note.startswith("not audited") else styles.DIM


def radius_cells(line: RadiusLine, now_us: int) -> Cells:
    """WHAT VERSION WHERE TRAFFIC OWNER STATE."""
    del now_us
    row = line.row
    serving = "production" in row.where
    share = f"{row.traffic:.0%}" if row.traffic is not None else ""
    where = " ".join(environment(place)[0] for place in row.where)
    nowhere = "nowhere" if row.what == "asset" else ""
    ownerless = row.what == "asset" and not row.owner
    return (
        (f"{'  ' * min(row.depth, DEEPEST)}{row.name}", styles.BOLD if serving else styles.PLAIN),
        (row.version or ("-" if row.what in ("asset", "component") else ""), styles.PLAIN),
        (where or nowhere, styles.BOLD if serving else styles.DIM),
        (share, styles.PLAIN),
        ("nobody" if ownerless else row.owner, styles.WARN if ownerless else styles.DIM),
        _note(row),
        (row.what, styles.DIM),
    )


def radius_fields(line: RadiusLine) -> Fields:
    """Names for the filter."""
    row = line.row
    return {
        "name": row.name,
        "version": row.version,
        "what": row.what,
        "env": " ".join(environment(place)[0] for place in row.where),
        "owner": row.owner,
        "state": row.note,
        "depth": str(row.depth),
    }


def radius_ref(line: RadiusLine) -> Ref | None:
    """The component, the asset or the workflow; an endpoint has no page."""
    kind = {"component": RefKind.COMPONENT, "asset": RefKind.ASSET}.get(line.row.what)
    name = f"{line.row.name} {line.row.version}".rstrip() if kind is RefKind.COMPONENT else line.row.name
    return Ref(kind, name) if kind is not None else None


RADIUS: Final[Spec[RadiusLine]] = Spec(
    title="Blast radius",
    fixed=True,
    columns=(
        Column("WHAT IT CAN HURT", 20, 0, wish=32),
        Column("VERSION", 7, 14),
        Column("WHERE", 5, 24),
        Column("SHARE", 4, 5, drop=2, right=True),
        Column("OWNER", 5, 14, drop=1),
        Column("STATE", 8, 30),
        Column("KIND", 5, 9, drop=3),
    ),
    cells=radius_cells,
    key=lambda line: line.key,
    fields=radius_fields,
    names=("name", "version", "what", "env", "owner", "state", "depth"),
    wants_attention=lambda line: line.row.what == "asset" and "production" in line.row.where,
    copied=lambda line: f"{line.row.what} {line.row.name} {line.row.version} {' '.join(line.row.where)}".rstrip(),
    empty="it reaches nothing that is known; what is not audited nobody can judge",
    ref=radius_ref,
)


class RadiusScreen(ListScreen[RadiusLine]):
    """The whole radius as lines; ``n`` goes to the next asset in production."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "open", "open the asset, the workflow, or who else uses the component", show=True),
        *ListScreen.LIST_KEYS,
    ]

    def __init__(self, head: Head, radius: Radius, now_us: int) -> None:
        """The radius as the desk gives it."""
        title = [(" Blast radius  ", styles.DIM), (safe(radius.name), styles.BOLD)]
        super().__init__(head, title, RADIUS, (radius.headline,), now_us)
        self.table.update_rows(radius_lines(radius.rows), now_us)

    def show_radius(self, radius: Radius) -> None:
        """The radius with news."""
        self.sentences.show((radius.headline,))
        self.show_rows(radius_lines(radius.rows))

    def detail(self, row: RadiusLine) -> Sequence[Span]:
        one = row.row
        spans: list[Span] = [(f"{one.name} {one.version}".rstrip(), styles.BOLD), (f"  {one.what}", styles.DIM)]
        if one.owner:
            spans.append((f"  of {one.owner}", styles.PLAIN))
        if one.where:
            spans.append((f"  in {', '.join(one.where)}", styles.PLAIN))
        spans.append((f"  {one.note}", styles.PLAIN))
        return spans

    def applies(self, action: str) -> bool:
        row = self.table.row
        if action == "open":
            return row is not None and row.row.what in ("asset", "component")
        return super().applies(action)

    def action_open(self) -> None:
        line = self.table.row
        if line is not None and line.row.what == "asset":
            self.post_message(asks.OpenAsset(line.row.name))
        elif line is not None:
            self.post_message(asks.OpenDependents(f"{line.row.name} {line.row.version}".rstrip()))
