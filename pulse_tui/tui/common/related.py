"""What is related to a row or a page: a list that leads there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Final

from textual.binding import BindingType

from pulse_tui.domain.ref import Link, Ref
from pulse_tui.tui.asks.places import opens
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.rows import Cells, Column, Spec
from pulse_tui.tui.kit.screen import Head


def short(ref: Ref) -> str:
    """Its id as a list shows it: of a hash the beginning."""
    return ref.id[:12] if len(ref.id) == 64 and ref.id.isalnum() else ref.id


def link_cells(link: Link, _now_us: int) -> Cells:
    """KIND ID WHAT."""
    return (
        (link.ref.kind.value, styles.DIM),
        (safe(short(link.ref)), styles.BOLD),
        (safe(link.words), styles.PLAIN),
    )


LINKS: Final[Spec[Link]] = Spec(
    title="Related",
    columns=(Column("KIND", 5, 13), Column("ID", 8, 34), Column("WHAT", 14, 0, wish=30)),
    cells=link_cells,
    key=lambda link: str(link.ref),
    fields=lambda link: {"kind": link.ref.kind.value, "id": link.ref.id, "what": link.words},
    names=("kind", "id", "what"),
    wants_attention=lambda _link: False,
    copied=lambda link: f"{link.ref}  {link.words}",
    empty="nothing is related to it any more",
    ref=lambda link: link.ref,
)


class RelatedScreen(ListScreen[Link]):
    """The nearest first. Enter goes there."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "open", "go there", show=True),
        *ListScreen.LIST_KEYS,
    ]
    EXAMPLES = "text  !text  kind=asset  id:bot"

    def __init__(self, head: Head, of: Ref, links: Sequence[Link], now_us: int) -> None:
        """What is related to ``of``."""
        title = [(" Related to  ", styles.DIM), (safe(f"{of.kind.value} {short(of)}"), styles.BOLD)]
        super().__init__(head, title, LINKS, (), now_us)
        self.table.update_rows(links, now_us)

    def detail(self, row: Link) -> Sequence[Span]:
        return [
            (f"{row.ref.kind.value} ", styles.DIM),
            (safe(row.ref.id), styles.BOLD),
            (f"  {safe(row.words)}", styles.PLAIN),
        ]

    def action_open(self) -> None:
        row = self.table.row
        if row is not None and (ask := opens(row.ref)) is not None:
            self.post_message(ask)
