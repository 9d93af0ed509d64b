"""The launch checklist: what is in order, with its evidence; what is not, with what lacks it and what to do."""

from __future__ import annotations

from typing import ClassVar

from rich.style import Style
from textual.binding import BindingType

from pulse_tui.domain.views.learning import Checklist, ChecklistLine
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.screen import Head

SHOWN = 12
"""Reviews of the calendar, and of what lacks something."""
_LOOKS: dict[bool | None, tuple[str, Style]] = {
    True: ("● ok", styles.GOOD), False: ("✖ FAIL", styles.BAD), None: ("? unknown", styles.UNDECIDED),
}  # fmt: skip


def checklist_blocks(found: Checklist) -> list[Block]:
    """What fails first, then what is not known, then what is in order; the calendar of reviews last."""
    order = {False: 0, None: 1, True: 2}
    head = Block("IN ORDER", (found.sentence, f"accountable owner: {found.owner or '✖ nobody is named'}"))
    lines = sorted(found.lines, key=lambda line: order[line.ok])
    return [head, *(_block(line) for line in lines), _reviews(found)]


def _block(line: ChecklistLine) -> Block:
    word, style = _LOOKS[line.ok]
    text = [safe(f"{line.what}: {line.evidence}")]
    if line.missing:
        more = f" and {len(line.missing) - SHOWN} more" if line.missing[SHOWN:] else ""
        text.append(safe(f"lacks it: {', '.join(line.missing[:SHOWN])}{more}"))
    if line.ok is not True and line.todo:
        text.append(safe(f"to do: {line.todo}"))
    return Block(word, tuple(text), label_style=style)


def _reviews(found: Checklist) -> Block:
    rows = [f"{r.due}  {'▲ OVERDUE ' if r.overdue else ''}{r.rule} ({r.owner})" for r in found.reviews[:SHOWN]]
    more = len(found.reviews) - SHOWN
    return Block(
        "REVIEWS", (*map(safe, rows or ["the policy has no rule"]), *([f"and {more} later"] if more > 0 else []))
    )


class ChecklistScreen(PageScreen):
    """One block a line."""

    BINDINGS: ClassVar[list[BindingType]] = PageScreen.PAGE_KEYS

    def __init__(self, head: Head, found: Checklist) -> None:
        """The checklist as the desk gives it."""
        super().__init__(head, _title(found), checklist_blocks(found))

    def show_checklist(self, found: Checklist) -> None:
        """The checklist with news; the place stays."""
        self.show_page(_title(found), checklist_blocks(found))


def _title(found: Checklist) -> list[Span]:
    return [(" Launch checklist ", styles.BOLD), (safe(found.system), styles.PLAIN)]
