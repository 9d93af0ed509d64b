"""The sources opened: how each is doing, and what was refused."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.health import Health
from pulse_tui.domain.moments import age
from pulse_tui.domain.views.signals import SourceRow
from pulse_tui.tui.asks.sources import Collect
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.screen import Head


def source_blocks(rows: Sequence[SourceRow], problems: Sequence[str], now_us: int) -> list[Block]:
    """Health of every source, what was refused, and whom no message reaches."""
    wide = max((len(row.id) for row in rows), default=0)
    kinds = max((len(row.kind) for row in rows), default=0)
    order = {health.value: n for n, health in enumerate(Health)}
    lines = tuple(
        f"{styles.state(row.health)[0]:<10} {row.id:<{wide}}  {row.kind:<{kinds}}  last good {age(row.last_good_us, now_us):>3}"
        + (f"  {row.reason}" if row.reason else "")
        for row in sorted(rows, key=lambda row: (order[row.health], row.id))
    )
    return [
        Block("SOURCES", lines or ("no sources yet: pulse-tui init writes a first configuration",)),
        Block("PROBLEMS", tuple(problems) or ("none: nothing is refused, no message is undelivered",)),
    ]


class SourcesScreen(PageScreen):
    """How every source is doing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("ctrl+r", "refresh", "refresh", "collect from all sources now", show=True, changes=True),
        *PageScreen.PAGE_KEYS,
    ]

    def __init__(self, head: Head, rows: Sequence[SourceRow], problems: Sequence[str], now_us: int) -> None:
        """The board's sources and the desk's list of problems."""
        super().__init__(head, [(" Sources", styles.BOLD)], source_blocks(rows, problems, now_us))

    def show_story(self, rows: Sequence[SourceRow], problems: Sequence[str], now_us: int) -> None:
        """The sources with news."""
        self.document.show(source_blocks(rows, problems, now_us))

    def action_refresh(self) -> None:
        self.post_message(Collect())
