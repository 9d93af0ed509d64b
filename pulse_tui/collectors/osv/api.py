"""OSV's API asked for the packages that the estate runs: which records name them, then each record that is new.

https://google.github.io/osv.dev/post-v1-querybatch/
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from pulse_tui.collectors._shared.files import refuse
from pulse_tui.collectors._shared.web import body_of
from pulse_tui.collectors.osv.single import fetched, is_id
from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.source import Collected, Rejected
from pulse_tui.domain.text import address, clean
from pulse_tui.ports import CollectContext

BATCH = 1_000
"""Queries a request: the most that the API takes."""
PAGES = 50
"""Of one package: a package with more records than these hold is not covered."""
ROUND = 3_000
"""Records that one round fetches; the rest follows in the next."""
SOON_S = 30.0
"""Until the next round where there is more to fetch than one round does."""
Package = tuple[str, str]


class _Vuln(msgspec.Struct):
    id: str
    modified: str = ""


class _Result(msgspec.Struct):
    vulns: list[_Vuln] | None = None
    next_page_token: str | None = None


class _Batch(msgspec.Struct):
    results: list[_Result]


class _Memory(msgspec.Struct, omit_defaults=True):
    """When each record that is stored was modified, as the API writes it."""

    modified: dict[str, str] = {}
    refused: tuple[str, ...] = ()
    """Ecosystems that the API does not take: each is reported once, and covered by nobody."""


class _Listing(NamedTuple):
    """Which records name which package, and when each was modified."""

    of: dict[Package, set[str]]
    modified: dict[str, str]
    refused: dict[str, str]
    """Ecosystems that the API does not take, with its reason."""


_BATCHES = msgspec.json.Decoder(_Batch)
_MEMORY = msgspec.json.Decoder(_Memory)


def collect(
    url: str, headers: dict[str, str], context: CollectContext, parse: Callable[[str, bytes], Collected]
) -> Collected:
    """One round: every package is asked for, a record is fetched when it is new or modified.

    Raises SourceError when the API cannot be asked. Where single records cannot be had, the others land, ``standing``
    says so, and their packages are not covered.
    """
    before = _memory(context.cursor.bookmark)
    memory = before.modified
    listing = _listed(url, headers, context, sorted(set(context.packages())))
    new = [i for i, modified in listing.modified.items() if memory.get(i) != modified]
    gone = [i for i in memory if i not in listing.modified]  # withdrawn, of another package now, or of none of ours
    wanted = [*new, *gone]
    observations: list[Any] = []
    rejected = [
        refuse(context.source, clean(ecosystem, 60), why, hint="Add a source that covers it")
        for ecosystem, why in listing.refused.items()
        if ecosystem not in before.refused
    ]
    had = set[str]()
    failed: SourceError | None = None
    for ident, found in fetched(context, wanted[:ROUND], lambda i: f"{url}/v1/vulns/{quote(i, safe='')}", headers):
        if isinstance(found, SourceError):
            failed = failed or found
            continue
        if found is not None and not _kept(context.source, ident, found, parse, observations, rejected):
            continue
        had.add(ident)
        if ident in listing.modified and found is not None:
            memory[ident] = listing.modified[ident]
        else:
            memory.pop(ident, None)
    if failed is not None and not had:
        raise failed
    open_ = set(wanted) - had
    sure = tuple(package for package, ids in listing.of.items() if open_.isdisjoint(ids))
    covered = Coverage(source=context.source, at=context.now, packages=sure, records=len(listing.modified), whole=True)
    bookmark = msgspec.json.encode(_Memory(memory, tuple(listing.refused)), order="deterministic").decode()
    return Collected(
        observations=(*observations, covered),
        rejected=tuple(rejected),
        cursor=msgspec.structs.replace(context.cursor, bookmark=bookmark),
        standing=_standing(len(open_), len(wanted), failed),
        again_s=_again(len(wanted) > ROUND, failed),
    )


def _kept(
    source: str,
    ident: str,
    body: bytes,
    parse: Callable[[str, bytes], Collected],
    observations: list[Any],
    rejected: list[Rejected],
) -> bool:
    """Whether the record could be read; it is asked for again when not, and its packages are not covered."""
    try:
        read = parse(f"{ident}.json", body)
    except SourceError as error:
        rejected.append(refuse(source, ident, str(error), body))
        return False
    observations += read.observations
    rejected += read.rejected
    return bool(read.observations)


def _again(more: bool, failed: SourceError | None) -> float | None:
    """What is left is asked for soon, not before the pause that the server asks for."""
    if failed is None:
        return SOON_S if more else None
    return max(SOON_S, failed.retry_after or 0.0)


def _standing(open_: int, wanted: int, failed: SourceError | None) -> str:
    if not open_:
        return ""
    return f"{open_:,} of {wanted:,} records are still to be fetched" + (f": {failed}" if failed else "")


def _listed(url: str, headers: dict[str, str], context: CollectContext, packages: Sequence[Package]) -> _Listing:
    """Asked by ecosystem: a batch with one that the API does not know is refused whole."""
    listing = _Listing({}, {}, {})
    by_ecosystem: dict[str, list[Package]] = defaultdict(list)
    for package in packages:
        by_ecosystem[package[0]].append(package)
    for ecosystem, every in by_ecosystem.items():
        for start in range(0, len(every), BATCH):
            if not _asked(url, headers, context, every[start : start + BATCH], listing):
                for package in every:
                    listing.of.pop(package, None)
                listing.refused[ecosystem] = "the API takes no packages of this ecosystem"
                break
    return listing


def _asked(
    url: str, headers: dict[str, str], context: CollectContext, packages: Sequence[Package], listing: _Listing
) -> bool:
    """Every page of each package; False when the API refuses the question."""
    pages: list[tuple[Package, str | None]] = [(package, None) for package in packages]
    where = f"{url}/v1/querybatch"
    for _ in range(PAGES):
        if not pages:
            return True
        answer = context.http.send(
            "POST", where, json={"queries": [_query(*page) for page in pages]}, headers=headers, timeout_s=30.0
        )
        if answer.status == 400:
            return False
        try:
            batch = _BATCHES.decode(body_of(context, where, answer))
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            what = f"{address(where)} did not answer as the API does: {clean(str(error), 120)}"
            raise SourceError(what, todo="Check that api_url is OSV's API or a mirror of it") from None
        if len(batch.results) != len(pages):
            what = f"{address(where)} answered {len(batch.results)} of {len(pages)} questions"
            raise SourceError(what, todo="It is asked again in the next round")
        more: list[tuple[Package, str | None]] = []
        for (package, _token), result in zip(pages, batch.results, strict=True):
            found = [v for v in result.vulns or () if is_id(v.id)]
            listing.of.setdefault(package, set()).update(v.id for v in found)
            listing.modified.update((v.id, clean(v.modified, 40)) for v in found)
            if result.next_page_token:
                more.append((package, result.next_page_token))
        pages = more
    for package, _token in pages:
        listing.of.pop(package, None)  # there is more of it than was read: nothing is known of it as a whole
    return True


def _query(package: Package, token: str | None) -> dict[str, Any]:
    ecosystem, name = package
    asked: dict[str, Any] = {"package": {"ecosystem": ecosystem, "name": name}}
    return {**asked, "page_token": token} if token else asked


def _memory(bookmark: str | None) -> _Memory:
    try:
        return _MEMORY.decode(bookmark) if bookmark else _Memory()
    except (msgspec.DecodeError, msgspec.ValidationError):
        return _Memory()  # of a source that was read otherwise before: every record is fetched once more
