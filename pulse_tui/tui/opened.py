"""An asset or an advisory opened, and the other pages that are plain labelled lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.health import Health
from pulse_tui.domain.moments import age
from pulse_tui.domain.views.panes import RegistryRow, SourceRow
from pulse_tui.tui.alerts.alert import story_blocks
from pulse_tui.tui.asks import common as messages
from pulse_tui.tui.asks import registry as asks
from pulse_tui.tui.asks.evals import OpenBench
from pulse_tui.tui.kit import look
from pulse_tui.tui.kit.canvas import Span, safe
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.keys import bind
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.rows import environment
from pulse_tui.tui.kit.screen import Head
from pulse_tui.tui.registry.rows import registry_state

Lines = Sequence[tuple[str, str]]


class AssetScreen(PageScreen):
    """What runs of it where, its releases, holds and dependencies."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("h", "history", "history", "its releases: compare, gate, approve, promote", show=True),
        bind("t", "tree", "tree", "what it depends on, and what changed there since it was approved", show=True),
        bind("v", "verdicts", "verdicts", "its benchmark suite: every gate, what flipped, latency and cost", show=True),
        bind("f", "freeze", "freeze", "freeze the asset, or lift the freeze", show=True),
        bind("c", "calendar", "calendar", "what was released and announced, and what is due", show=True),
        *PageScreen.PAGE_KEYS,
    ]

    def __init__(self, head: Head, asset_id: str, lines: Lines, frozen: bool, runs: Sequence[RegistryRow] = ()) -> None:
        """``frozen``: a freeze stands, so ``f`` lifts it; ``runs``: its rows of the registry."""
        super().__init__(head, asset_title(asset_id, runs), story_blocks(lines))
        self.asset_id, self.frozen = asset_id, frozen

    def show_story(self, lines: Lines, frozen: bool, runs: Sequence[RegistryRow] = ()) -> None:
        """The asset with news."""
        self.frozen = frozen
        self.show_page(asset_title(self.asset_id, runs), story_blocks(lines))

    def action_history(self) -> None:
        self.post_message(asks.OpenHistory(self.asset_id))

    def action_tree(self) -> None:
        self.post_message(asks.OpenTree(self.asset_id))

    def action_verdicts(self) -> None:
        self.post_message(OpenBench(self.asset_id))

    def action_calendar(self) -> None:
        self.post_message(asks.OpenCalendar())

    def action_freeze(self) -> None:
        self.post_message(messages.Freeze(self.asset_id, self.frozen))


def asset_title(asset_id: str, runs: Sequence[RegistryRow]) -> list[Span]:
    """``Asset  support-bot   prod 3.8.1 ● ok   canary 3.8.2 ✖ FAIL``."""
    title: list[Span] = [(" Asset  ", look.DIM), (safe(asset_id), look.BOLD)]
    for row in runs:
        title += [(f"   {environment(row.environment)[0]} {safe(row.version)} ", look.PLAIN), registry_state(row)]
    return title


class EntryScreen(PageScreen):
    """A line of a list that leads nowhere else, in full."""

    def __init__(self, head: Head, title: str, lines: Lines) -> None:
        """What the line says."""
        super().__init__(head, [(" ", look.PLAIN), (safe(title), look.BOLD)], story_blocks(lines))


class AdvisoryScreen(PageScreen):
    """What an advisory is and whom it hits."""

    def __init__(self, head: Head, name: str, lines: Lines) -> None:
        """``name`` is the id people use."""
        super().__init__(head, [(" Advisory  ", look.DIM), (safe(name), look.BOLD)], story_blocks(lines))

    def show_story(self, lines: Lines) -> None:
        """The advisory with news."""
        self.document.show(story_blocks(lines))


def source_blocks(rows: Sequence[SourceRow], problems: Sequence[str], now_us: int) -> list[Block]:
    """Health of every source, and what was refused."""
    wide = max((len(row.id) for row in rows), default=0)
    kinds = max((len(row.kind) for row in rows), default=0)
    order = {health.value: n for n, health in enumerate(Health)}
    lines = tuple(
        f"{look.state(row.health)[0]:<10} {row.id:<{wide}}  {row.kind:<{kinds}}  last good {age(row.last_good_us, now_us):>3}"
        + (f"  {row.reason}" if row.reason else "")
        for row in sorted(rows, key=lambda row: (order[row.health], row.id))
    )
    return [
        Block("SOURCES", lines or ("no sources yet: pulse-tui init writes a first configuration",)),
        Block("REFUSED", tuple(problems) or ("nothing is in quarantine",)),
    ]


class SourcesScreen(PageScreen):
    """How every source is doing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        bind("ctrl+r", "refresh", "refresh", "collect from all sources now", show=True),
        *PageScreen.PAGE_KEYS,
    ]

    def __init__(self, head: Head, rows: Sequence[SourceRow], problems: Sequence[str], now_us: int) -> None:
        """The board's sources and the desk's list of problems."""
        super().__init__(head, [(" Sources", look.BOLD)], source_blocks(rows, problems, now_us))

    def show_story(self, rows: Sequence[SourceRow], problems: Sequence[str], now_us: int) -> None:
        """The sources with news."""
        self.document.show(source_blocks(rows, problems, now_us))

    def action_refresh(self) -> None:
        self.post_message(messages.Collect())


class MessagesScreen(PageScreen):
    """Every message and error of this session in full, newest first."""

    def __init__(self, head: Head, entries: Sequence[tuple[str, str, bool]]) -> None:
        """(time, text, bad), oldest first."""
        blocks = [
            Block(at, tuple(text.split("\n")), look.BAD if bad else look.PLAIN, look.DIM) for at, text, bad in entries
        ]
        super().__init__(head, [(" Messages", look.BOLD)], blocks[::-1] or [Block("", ("nothing has been said yet",))])

    def applies(self, action: str) -> bool:
        return action != "messages"
