"""Everything that OSV has of an ecosystem: its dump once, then what its list of modified records shows to be new.

https://google.github.io/osv.dev/data/
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from urllib.parse import quote

import msgspec

from pulse_tui.collectors._shared.files import refuse
from pulse_tui.collectors.osv.single import fetched, is_id
from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected, Cursor, Rejected
from pulse_tui.domain.text import address, clean, utf8
from pulse_tui.ports import CollectContext, Http

SINGLE = 500
"""Up to so many modified records are fetched one by one; for more the dump is read again."""


ROUND = 25_000
"""Records of a dump that one round reads: they are in memory together. The dump is fetched again for the next ones."""
SOON_S = 5.0
"""Until that next round."""


class Parse(Protocol):
    """Reads a record, or those of the members of a dump that are named."""

    def __call__(self, name: str, data: bytes, only: Collection[str] | None = None) -> Collected:
        """All of it where ``only`` is None."""
        ...


class _Mark(msgspec.Struct, omit_defaults=True):
    """Of one ecosystem: when the newest record that is stored was modified, and the validators of the list."""

    at: str = ""
    etag: str | None = None
    last_modified: str | None = None
    records: int = 0


class _Part(NamedTuple):
    mark: _Mark
    observations: tuple[Any, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    left: int = 0
    """Records of the dump that the next rounds read."""


_MARKS = msgspec.json.Decoder(dict[str, _Mark])


def collect(
    url: str,
    headers: dict[str, str],
    ecosystems: Sequence[str],
    cap: int,
    context: CollectContext,
    parse: Parse,
) -> Collected:
    """One round over the ecosystems; ``cap``: bytes that a dump may have.

    Raises SourceError when none of them can be read. Of one that cannot be, ``standing`` says so, and what it answered
    earlier grows stale; the others land.
    """
    marks = _marks(context.cursor.bookmark)
    after: dict[str, _Mark] = {}
    observations: list[Any] = []
    rejected: list[Rejected] = []
    failed: dict[str, SourceError] = {}
    left: dict[str, int] = {}
    for ecosystem in dict.fromkeys(ecosystems):
        before = marks.get(ecosystem, _Mark())
        base = f"{url}/{quote(ecosystem, safe='')}"
        try:
            part = _read(base, headers, before, cap, context, parse)
        except SourceError as error:
            failed[ecosystem] = error
            if ecosystem in marks:
                after[ecosystem] = before
            continue
        after[ecosystem] = part.mark
        if part.left:
            left[ecosystem] = part.left
        observations += part.observations
        rejected += part.rejected
    if failed and failed.keys() == set(ecosystems):
        raise next(iter(failed.values()), SourceError("the source names no ecosystem", todo="Name one: [PyPI]"))
    read = tuple(e for e in after if e not in failed and e not in left)
    total = sum(mark.records for mark in after.values())
    covered = Coverage(
        source=context.source, at=context.now, ecosystems=read, records=total, whole=not failed and not left
    )
    return Collected(
        observations=(*observations, covered),
        rejected=tuple(rejected),
        cursor=Cursor(bookmark=msgspec.json.encode(after, order="deterministic").decode()),
        standing="; ".join(
            (
                *(f"{clean(e, 60)}: {error}" for e, error in failed.items()),
                *(f"{clean(e, 60)}: {n:,} records are still to be read" for e, n in left.items()),
            )
        ),
        again_s=SOON_S if left else None,
    )


def _read(
    base: str,
    headers: dict[str, str],
    before: _Mark,
    cap: int,
    context: CollectContext,
    parse: Parse,
) -> _Part:
    http = context.http.upto(cap)
    known = Cursor(etag=before.etag, last_modified=before.last_modified)
    listed = http.fetch(f"{base}/modified_id.csv", known, headers)
    if listed.unchanged:
        return _Part(before)
    rows, odd = _rows(listed.body)
    if not rows:
        what = f"{address(base)}/modified_id.csv lists no record"
        raise SourceError(what, todo="Check the name of the ecosystem: as OSV spells it, PyPI or npm")
    mark = _Mark(max(at for at, _ in rows).isoformat(), listed.cursor.etag, listed.cursor.last_modified, len(rows))
    refused = [refuse(context.source, "modified_id.csv", f"{odd} lines are no time and id")] if odd else []
    since = datetime.fromisoformat(before.at) if before.at else None
    new = [ident for at, ident in rows if since is not None and at >= since]
    if since is None or len(new) > SINGLE:
        return _dumped(
            base, headers, sorted(r for r in rows if since is None or r[0] >= since), mark, refused, http, parse
        )
    found: list[Any] = []
    for ident, body in fetched(context, new, lambda i: f"{base}/{quote(i, safe='')}.json", headers):
        if isinstance(body, SourceError):
            raise body  # the list is read again as from before: what was had is read once more, and changes nothing
        if body is not None:
            one = parse(f"{ident}.json", body)
            found += one.observations
            refused += one.rejected
    return _Part(mark, tuple(found), tuple(refused))


def _dumped(
    base: str,
    headers: dict[str, str],
    rows: Sequence[tuple[datetime, str]],
    mark: _Mark,
    refused: Sequence[Rejected],
    http: Http,
    parse: Parse,
) -> _Part:
    """The next part of a dump, what was modified first; all of what was modified at one moment goes together."""
    part = rows[:ROUND]
    if len(rows) > ROUND:
        part = [row for row in rows if row[0] <= part[-1][0]]
    left = len(rows) - len(part)
    if left:
        # The list is asked for again in the next round: nothing of it is known to be read.
        mark = _Mark(at=part[-1][0].isoformat(), records=mark.records)
    dump = http.fetch(f"{base}/all.zip", Cursor(), headers)
    read = parse("all.zip", dump.body, {f"{ident}.json" for _, ident in part})
    return _Part(mark, read.observations, (*refused, *read.rejected), left)


def _rows(data: bytes) -> tuple[list[tuple[datetime, str]], int]:
    """(modified, id) of each line, and how many lines are none."""
    rows, odd = list[tuple[datetime, str]](), 0
    for line in utf8(data).decode("utf-8-sig", "replace").splitlines():
        moment, _, ident = line.strip().partition(",")
        ident = ident.rpartition("/")[2]
        try:
            at = datetime.fromisoformat(moment)
        except ValueError:
            at = None
        if at is not None and at.tzinfo is not None and is_id(ident):
            rows.append((at, ident))
        elif line.strip() and line.strip() != "modified,id":
            odd += 1
    return rows, odd


def _marks(bookmark: str | None) -> dict[str, _Mark]:
    try:
        return _MARKS.decode(bookmark) if bookmark else {}
    except (msgspec.DecodeError, msgspec.ValidationError):
        return {}
