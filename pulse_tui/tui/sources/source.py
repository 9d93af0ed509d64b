"""One source opened: how it stands and why, what it used to bring, when it is asked next."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.moments import age, iso, to_us
from pulse_tui.domain.ref import Ref, RefKind
from pulse_tui.domain.trust import Trust
from pulse_tui.tui.asks.sources import Collect
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.screen import Head
from pulse_tui.tui.sources.sources import news_of


def blocks(row: Trust, now_us: int) -> list[Block]:
    """What is not known of it is said to be unknown, not left out."""
    state, style = styles.state(row.state.value)[:2]
    since = f" since {iso(row.since)}" if row.since is not None else ""
    good = f"{iso(row.last_good_at)}, {age(to_us(row.last_good_at), now_us)} ago" if row.last_good_at else "never"
    found = [
        Block("STATE", (f"{state}{since}", *filter(None, row.why.split("\n"))), style),
        Block("KIND", (row.kind + (f", of {row.vendor}" if row.vendor else ""),)),
        Block("LAST GOOD", (good,)),
        Block("NEXT", (iso(row.next_at) if row.next_at is not None else "not known",)),
    ]
    found += [Block("SENT", (row.sent,))] if row.sent else []
    found += [Block("NEWS", (news,))] if (news := news_of(row, now_us)) else []
    return found


class SourceScreen(PageScreen):
    """How far it can be trusted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("ctrl+r", "refresh", "collect", "collect from this source now", show=True, changes=True),
        *PageScreen.PAGE_KEYS,
    ]

    def __init__(self, head: Head, row: Trust, now_us: int) -> None:
        """As the desk gives it."""
        self.source, self.now_us = row.source, now_us
        super().__init__(head, self._title(row), blocks(row, now_us))
        self.now_us = now_us

    @staticmethod
    def _title(row: Trust) -> list[Span]:
        return [(" Source  ", styles.DIM), (safe(row.source), styles.BOLD)]

    def ref(self) -> Ref:
        return Ref(RefKind.SOURCE, self.source)

    def show_source(self, row: Trust) -> None:
        """The source with news."""
        self.show_page(self._title(row), blocks(row, self.now_us))

    def action_refresh(self) -> None:
        self.post_message(Collect(self.source))
