"""The sources opened: how each is doing, and what was refused."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.moments import age, to_us
from pulse_tui.domain.text import many
from pulse_tui.domain.trust import Trust
from pulse_tui.tui.asks.sources import Collect
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import safe
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.screen import Head

_STATE = 10
"""Cells of a state: its glyph, a blank and the longest word."""


def source_blocks(rows: Sequence[Trust], problems: Sequence[str], now_us: int) -> list[Block]:
    """How far every source can be trusted, the least first; what was refused, and whom no message reaches."""
    wide = max((len(row.source) for row in rows), default=0)
    kinds = max((len(row.kind) for row in rows), default=0)
    lines = [line for row in rows for line in trust_lines(row, wide, kinds, now_us)]
    return [
        Block("SOURCES", tuple(lines) or ("no sources yet: pulse-tui init writes a first configuration",)),
        Block("PROBLEMS", tuple(problems) or ("none: nothing is refused, no message is undelivered",)),
    ]


def trust_lines(row: Trust, wide: int, kinds: int, now_us: int) -> list[str]:
    """State, name, kind, when it last answered and is asked next; below, why it is not good, and what it used to bring."""
    asked = f"  next {_next(row.next_at, now_us)}" if row.next_at is not None else ""
    since = age(to_us(row.last_good_at), now_us) if row.last_good_at is not None else "-"
    state = styles.state(row.state.value)[0]
    first = f"{state:<{_STATE}} {row.source:<{wide}}  {row.kind:<{kinds}}  last good {since:>3}{asked}"
    below = [row.why] if row.why else []
    if row.sent:
        below.append(row.sent)
    if news := news_of(row, now_us):
        below.append(news)
    return [safe(first), *(safe(f"{'':<{_STATE}} {text}") for text in below)]


def _next(at: datetime, now_us: int) -> str:
    us = to_us(at)
    return f"in {age(now_us, us)}" if us > now_us else "now"


def news_of(row: Trust, now_us: int) -> str:
    """``127 entries, news 3d ago, every ~6d``; "" of what is no page of a vendor."""
    if not row.vendor:
        return ""
    parts = [many(row.entries or 0, "entry", "entries") if row.entries is not None else ""]
    if row.baseline_at is None:
        parts.append("never read in full: nothing of it is known to be new")
    elif row.news_at is not None:
        parts.append(f"news {age(to_us(row.news_at), now_us)} ago")
    else:
        parts.append("no news since it was read first")
    if row.usual_s is not None:
        parts.append(f"usually every ~{_span(row.usual_s)}")
    elif row.baseline_at is not None:
        parts.append("how often it brings news is still being learned")
    return ", ".join(part for part in parts if part)


def _span(seconds: float) -> str:
    return age(0, int(seconds * 1e6))


class SourcesScreen(PageScreen):
    """How far every source can be trusted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("ctrl+r", "refresh", "refresh", "collect from all sources now", show=True, changes=True),
        *PageScreen.PAGE_KEYS,
    ]

    def __init__(self, head: Head, rows: Sequence[Trust], problems: Sequence[str], now_us: int) -> None:
        """How far each can be trusted, and the desk's list of problems."""
        super().__init__(head, [(" Sources", styles.BOLD)], source_blocks(rows, problems, now_us))

    def show_story(self, rows: Sequence[Trust], problems: Sequence[str], now_us: int) -> None:
        """The sources with news."""
        self.document.show(source_blocks(rows, problems, now_us))

    def action_refresh(self) -> None:
        self.post_message(Collect())
