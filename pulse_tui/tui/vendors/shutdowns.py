"""When the models in use end, over all that state it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.text import many
from pulse_tui.domain.views.vendors import ShutdownRow, Shutdowns
from pulse_tui.tui.asks import vendors as asks
from pulse_tui.tui.asks.registry import OpenAsset, OpenDependents
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.listing import ListScreen
from pulse_tui.tui.kit.screen import Head
from pulse_tui.tui.vendors.rows import SHUTDOWNS


def summary(found: Shutdowns, now_us: int) -> tuple[str, ...]:
    """How many end, how many nobody gives a date for, and whether anybody could be asked."""
    states = Counter(row.state(now_us) for row in found.rows)
    ended = f"✖ {states['ended']} ended and still in use; " if states["ended"] else ""
    dated = states["ends"] + states["ended"]
    line = f"{many(len(found.rows), 'hosted model')} in use: {ended}{dated} with a date, {states['not before']} with an earliest date"
    if unknown := states["no date"] + states["deprecated"]:
        line += f"; ? {unknown} without any that is known, which is no promise"
    lines = [line]
    if not found.sources:
        lines.append("? no source states ends of models: add a list or a catalogue of your vendors")
    if found.unmatched:
        lines.append(f"? {many(found.unmatched, 'more model')} in use without a platform: nobody can be asked for that")
    return tuple(lines) if found.rows or found.unmatched else ()


def shutdown_detail(row: ShutdownRow, now_us: int) -> list[Span]:
    """What each source states, then what is stated of it elsewhere."""
    spans: list[Span] = [(row.key, styles.BOLD)]
    if row.canonical != row.key:
        spans.append((f"  {row.canonical}", styles.DIM))
    if row.differ:
        spans.append(("  ? they differ: the earliest counts", styles.WARN))
    for said in row.statements:
        gone = ", no longer listed, which is no end" if not said.listed else ""
        spans.append((f"  {said.source}: {said.when}{f' {said.stage}' if said.stage else ''}{gone}", styles.PLAIN))
    if row.how:
        spans.append((f"  (dates {row.how})", styles.WARN))
    if not row.statements:
        spans.append(("  nobody states when it ends there", styles.WARN))
    if row.successor:
        spans.append((f"  successor {row.successor}", styles.PLAIN))
    if row.elsewhere:
        spans.append((f"  elsewhere, which says nothing of {row.platform}: {'; '.join(row.elsewhere)}", styles.DIM))
    return spans


class ShutdownsScreen(ListScreen[ShutdownRow]):
    """What ends first on top; ``n`` goes to the next that has a date."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("enter", "open", "open", "open the asset that uses it; of several, who uses it", show=True),
        bind("o", "note", "note", "open the note that announces it", show=True),
        *ListScreen.LIST_KEYS,
    ]
    EXAMPLES = "text  !text  platform=azure  asset:bot  source:models"

    def __init__(self, head: Head, found: Shutdowns, now_us: int) -> None:
        """The calendar as the desk gives it."""
        super().__init__(head, [(" Ends of models in use", styles.BOLD)], SHUTDOWNS, summary(found, now_us), now_us)
        self.table.update_rows(found.rows, now_us)

    def show_shutdowns(self, found: Shutdowns) -> None:
        """The calendar with news."""
        self.sentences.show(summary(found, self.now_us))
        self.show_rows(found.rows)

    def detail(self, row: ShutdownRow) -> Sequence[Span]:
        return shutdown_detail(row, self.now_us)

    def applies(self, action: str) -> bool:
        if action == "note":
            return self._note() is not None
        return super().applies(action)

    def _note(self) -> tuple[str, str] | None:
        row = self.table.row
        return next(((s.source, s.note) for s in row.statements if s.note), None) if row is not None else None

    def action_open(self) -> None:
        row = self.table.row
        if row is not None and len(row.assets) == 1:
            self.post_message(OpenAsset(row.assets[0]))
        elif row is not None:
            self.post_message(OpenDependents(row.key))

    def action_note(self) -> None:
        if (note := self._note()) is not None:
            self.post_message(asks.OpenNote(*note))
