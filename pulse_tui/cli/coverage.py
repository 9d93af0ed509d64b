"""``pulse-tui coverage``: the coverage ledger: what advisories say of what serves, what nobody can say, how new each feed is."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pulse_tui.cli.output import emit, opened
from pulse_tui.domain.moments import age, from_us, to_us
from pulse_tui.domain.views.advisories import FeedRow, Ledger, LedgerRow, cure

_MARKS = {True: "?", False: "●"}
_SHOWN = 10


def arguments(parser: argparse.ArgumentParser, _name: str) -> None:
    """No options of its own."""
    parser.epilog = (
        "Of every package, image and product that serves: matched by an advisory, clean, or not audited with the reason.\n"
        "Clean is only what a feed answered for, and not too long ago: three of its intervals, at least 24 hours; seven\n"
        "days for a file that was ingested.\n"
        "exit codes: 0 everything that serves is audited and no feed is stale, 1 something is not audited, what something\n"
        "that serves is made of is not known, or a feed is stale"
    )


def run(options: argparse.Namespace, _name: str) -> int:
    """0 when everything is audited and no feed is stale, else 1."""
    from pulse_tui.services.advisories.ledger import ledger  # noqa: PLC0415

    with opened(options) as house:
        house.sync()
        now = house.clock()
        found = ledger(house.store, now)
    emit(options, _plain(found), _lines(found, to_us(now)))
    return 1 if found.not_audited or found.unbilled or any(f.stale for f in found.feeds) else 0


def _plain(found: Ledger) -> dict[str, object]:
    return {
        "matched": found.matched,
        "clean": found.clean,
        "not_audited": found.not_audited,
        "uncovered": found.uncovered,
        "unbilled": found.unbilled,
        "ecosystems": [_counts(row) for row in found.ecosystems],
        "sources": [_counts(row) for row in found.sources],
        "feeds": [
            {
                **{k: v for k, v in f._asdict().items() if not k.endswith("_us")},
                "at": from_us(f.at_us),
                "read_at": from_us(f.read_us),
            }
            for f in found.feeds
        ],
    }


def _counts(row: LedgerRow) -> dict[str, object]:
    return {**row._asdict(), "gaps": dict(row.gaps)}


def _lines(found: Ledger, now_us: int) -> Iterator[str]:
    total = found.matched + found.clean + found.not_audited
    noun = "component serves" if total == 1 else "components serve"
    yield f"{total:,} {noun}: {found.matched:,} matched, {found.clean:,} clean, {found.not_audited:,} not audited"
    yield from _table("BY ECOSYSTEM", found.ecosystems)
    yield from _table("BY SOURCE", found.sources)
    yield "FEEDS"
    yield from (_feed(f, now_us) for f in found.feeds)
    if not found.feeds:
        yield "  none has answered yet: add a source (kind: osv), or pulse-tui ingest osv FILE"
    for ecosystem in found.uncovered:
        yield f"nobody covers {ecosystem}: {cure(ecosystem)}"
    if found.unbilled:
        named = ", ".join(found.unbilled[:_SHOWN])
        more = f" and {len(found.unbilled) - _SHOWN} more" if len(found.unbilled) > _SHOWN else ""
        yield f"what it is made of is not known, and so not audited: {named}{more}: pulse-tui ingest its bill or lock file"


def _table(head: str, rows: tuple[LedgerRow, ...]) -> Iterator[str]:
    if not rows:
        return
    yield head
    wide = max(len(row.about) for row in rows)
    for row in rows:
        several = len(row.gaps) > 1
        gaps = ", ".join(f"{why} ({count:,})" if several else why for why, count in row.gaps)
        counts = f"{row.matched:>6,} matched {row.clean:>6,} clean {row.not_audited:>6,} not audited"
        yield f"  {row.about:<{wide}} {counts}" + (f": {gaps}" if gaps else "")


def _feed(feed: FeedRow, now_us: int) -> str:
    dated = f"of {from_us(feed.at_us):%Y-%m-%d}, answered {age(feed.read_us, now_us)} ago"
    line = f"  {_MARKS[feed.stale]} {feed.word} {feed.source} ({feed.kind}): {feed.covers}; {dated}, {feed.size}"
    return line + (f"; {feed.why}" if feed.why else "")
