"""The coverage ledger: what is matched, clean or not audited, by ecosystem and source; and how new each feed is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.binding import BindingType

from pulse_tui.domain.moments import age, from_us
from pulse_tui.domain.views.advisories import FeedRow, LedgerPage, LedgerRow, cure
from pulse_tui.tui.kit import styles
from pulse_tui.tui.kit.canvas import safe
from pulse_tui.tui.kit.document import Block
from pulse_tui.tui.kit.page import PageScreen
from pulse_tui.tui.kit.screen import Head


def _counts(rows: Sequence[LedgerRow]) -> Iterator[str]:
    """One line each: ``▲ PyPI    12 matched  340 clean  3 not audited: 2 no feed``."""
    names = max((len(row.about) for row in rows), default=0)
    wide = [max((len(f"{row[column]:,}") for row in rows), default=0) for column in (1, 2, 3)]
    for row in rows:
        glyph = "▲" if row.matched else "?" if row.not_audited else "●"
        several = len(row.gaps) > 1
        gaps = ", ".join(f"{why} ({count:,})" if several else why for why, count in row.gaps)
        words = zip(("matched", "clean", "not audited"), row[1:4], wide, strict=True)
        counts = "  ".join(f"{count:>{cells},} {word}" for word, count, cells in words)
        yield safe(f"{glyph} {row.about:<{names}}  {counts}" + (f": {gaps}" if gaps else ""))


def _feed(feed: FeedRow, now_us: int) -> str:
    """``? osv (osv): PyPI, npm; answered 3h ago, of 2026-11-28; 1,091 records; stale``."""
    glyph = "?" if feed.stale else "●"
    dated = f"answered {age(feed.read_us, now_us)} ago, of {from_us(feed.at_us):%Y-%m-%d}"
    why = f"; STALE: {feed.why}" if feed.stale else ""
    return safe(f"{glyph} {feed.source} ({feed.kind}): {feed.covers}; {dated}; {feed.size}{why}")


def ledger_blocks(page: LedgerPage, now_us: int) -> list[Block]:
    """The three answers counted, then where the gaps are, then how new each feed is."""
    found = page.ledger
    total = found.matched + found.clean + found.not_audited
    summary = f"{total:,} component{' serves' if total == 1 else 's serve'}: {found.matched:,} matched, {found.clean:,} clean, {found.not_audited:,} not audited"
    stale = sum(feed.stale for feed in found.feeds)
    risk = [f"? {n} is covered by nobody: {cure(n)}" for n in found.uncovered]
    risk += [safe(f"? {asset}: what it is made of is not known, and so not audited") for asset in found.unbilled]
    risk += [f"? {stale} feed{'' if stale == 1 else 's'} too old to answer: what rests on {'it' if stale == 1 else 'them'} is not audited"] if stale else []  # fmt: skip
    blocks = [
        Block("LEDGER", (summary, *risk), label_style=styles.BOLD),
        Block("BY ECOSYSTEM", tuple(_counts(found.ecosystems)) or ("nothing that advisories are of serves",)),
        Block("BY SOURCE", tuple(_counts(found.sources)) or ("no source answered for anything that serves",)),
        Block(
            "FEEDS",
            tuple(_feed(f, now_us) for f in found.feeds)
            or ("none has answered yet: add a source (kind: osv), or pulse-tui ingest osv FILE",),
        ),
    ]
    open_ = [safe(f"? {asset}: {label}: {why}") for asset, label, why in page.open]
    if page.more:
        open_.append(f"and {page.more:,} more: pulse-tui coverage")
    return [*blocks, Block("NOT AUDITED", tuple(open_) or ("nothing: every component that serves was judged",))]


class LedgerScreen(PageScreen):
    """What is known, what is not, and by whom."""

    BINDINGS: ClassVar[list[BindingType]] = PageScreen.PAGE_KEYS

    def __init__(self, head: Head, page: LedgerPage, now_us: int) -> None:
        """The ledger as the desk gives it."""
        super().__init__(head, [(" Coverage ledger", styles.BOLD)], ledger_blocks(page, now_us))
        self.now_us = now_us

    def show_ledger(self, page: LedgerPage) -> None:
        """The ledger with news."""
        self.document.show(ledger_blocks(page, self.now_us))
        self.show_keys()
