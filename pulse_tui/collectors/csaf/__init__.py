"""Bulletins of vendors in CSAF 2.0: drivers, firmware, appliances, clouds. From files, or as their vendor publishes them.

A vendor is named by ``provider`` (the presets of this kind), or by a ``url``: its ``provider-metadata.json``, a ROLIE feed, a
``changes.csv``, an ``index.txt`` or one document. What a bulletin says of versions only in words that cannot be read is
not audited. https://docs.oasis-open.org/csaf/csaf/v2.0/csaf-v2.0.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar
from urllib.parse import urlsplit

import msgspec

from pulse_tui.collectors._shared.csaf import document_of
from pulse_tui.collectors._shared.files import FILE_CAP, Bad, collect_files
from pulse_tui.collectors._shared.plain import document as plain_document
from pulse_tui.collectors._shared.presets import Given, preset, presets
from pulse_tui.collectors.csaf.published import Reader, mark
from pulse_tui.collectors.csaf.records import advisories
from pulse_tui.domain.advisory import Advisory
from pulse_tui.domain.coverage import Coverage
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.limits import reason
from pulse_tui.domain.source import Collected, Cursor
from pulse_tui.domain.text import address, clean
from pulse_tui.ports import CollectContext, Peek, members


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``provider`` (nvidia, microsoft, redhat, cisco, siemens, suse, cisa), ``url`` or ``path`` (a file, folder or glob of
    ``*.json``). ``since``: documents that were released before this day are left out. ``max_bytes``: cap of one file.
    """

    EVERY: ClassVar[float] = 7_200.0
    PRESETS: ClassVar[Mapping[str, Given]] = presets("csaf")

    provider: str = ""
    preset: str = ""
    """The same as ``provider``."""
    url: str = ""
    path: str = ""
    since: str = ""
    token: str | None = None
    """A bearer token, for a vendor's own or GitHub's limits."""
    max_bytes: int = FILE_CAP

    def __post_init__(self) -> None:
        """A preset that is none is an error of the configuration."""
        if self.preset:
            preset("csaf", self.preset)


ROUND = 200
"""Documents that one round reads; the next one follows after :data:`AGAIN_S`."""
AGAIN_S = 10.0
_ROUND_S = 90.0


class _Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the reading stands: behind which entry, or which documents of an index without times were read."""

    behind: tuple[str, str] = ("", "")
    seen: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    """Products of what was read while there is more to read: only a vendor that was read whole answers for them."""
    records: int = 0


_PLACE = msgspec.json.Decoder(_Place)


def collect(options: Options, context: CollectContext) -> Collected:
    """One round: files that changed, or documents that the vendor's index lists as new."""
    given = [name for name in ("provider", "preset", "url", "path") if getattr(options, name)]
    if len(given) != 1:
        what = f"source {context.source} names {' and '.join(given) or 'no vendor'}"
        raise SourceError(what, todo=f"Give one of url, path, or preset: {', '.join(presets('csaf'))}")
    if options.path:
        return collect_files(
            options.path, "*.json", options.max_bytes, context, lambda name, data, at: parse(name, data, options, at)
        )
    return _round(options.url or _published(options.provider or options.preset), options, context)


def _published(name: str) -> str:
    try:
        return preset("csaf", name.lower())["url"]
    except ValueError:
        there = f"There are {', '.join(presets('csaf'))}; or give its url"
        raise SourceError(f"there is no provider {clean(name, 60)!r}", todo=there) from None


def _round(url: str, options: Options, context: CollectContext) -> Collected:
    http = context.http.within(_ROUND_S)
    headers = {"Authorization": f"Bearer {context.secret(options.token)}"} if options.token else {}
    reader = Reader(http, context.secret(url), headers)
    place = _place(context.cursor.bookmark)
    entries, dated = reader.entries()
    known = set(place.seen)
    fresh = [e for e in entries if ((e.updated, e.url) > place.behind if dated else mark(e) not in known)]
    if options.since:
        fresh = [e for e in fresh if not e.updated or e.updated >= options.since]
    good: list[Advisory | Coverage] = []
    bad = Bad(context.source, clean(address(url), 200))
    names, records, read = dict.fromkeys(place.names), place.records, 0
    behind = place.behind
    for entry in fresh[:ROUND]:
        shown = clean(urlsplit(entry.url).path.rpartition("/")[2], 200) or clean(entry.url, 200)
        try:
            found, keys = advisories(shown, document_of(reader.json(entry.url)), context.source, bad)
        except (msgspec.ValidationError, RecursionError, ValueError) as error:
            bad.refuse(shown, f"it is no CSAF document: {reason(error)}")
        except SourceError as error:
            if error.status is None:  # nobody answers: the rest of the round would fail alike
                if not read:
                    raise
                break
            bad.refuse(shown, str(error))
        else:
            good += found
            names |= dict.fromkeys(keys)
            records += len(found)
        read += 1
        behind = (entry.updated, entry.url) if dated else behind
        known.add(mark(entry))
    whole = read == len(fresh)
    if whole and names:
        good.append(Coverage(source=context.source, at=context.now, packages=tuple(names), records=records))
    seen = () if dated else tuple(one for e in entries if (one := mark(e)) in known)
    kept = _Place(behind, seen, () if whole else tuple(names), records)
    return Collected(
        observations=tuple(good),
        rejected=bad.all(),
        cursor=Cursor(bookmark=msgspec.json.encode(kept).decode()),
        unchanged=not fresh,
        again_s=None if whole else AGAIN_S,
    )


def accepts(name: str, head: Peek) -> bool:
    """JSON with a ``document`` that says its ``csaf_version`` and is no VEX profile, which judges instead of announcing."""
    del name
    inner = members(head.top["document"]) if "document" in head.top else {}
    return "csaf_version" in inner and bytes(inner.get("category", b'""')) != b'"csaf_vex"'


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """One document. Raises SourceError when it is not JSON, cut off, or no CSAF document."""
    del options
    bad = Bad(context.source, name)
    raw = plain_document(name, data)
    try:
        found, keys = advisories(name, document_of(raw), context.source, bad)
    except (msgspec.ValidationError, RecursionError, ValueError) as error:
        todo = "Give the document as its vendor published it"
        raise SourceError(f"{name} is no CSAF document: {clean(str(error), 200)}", todo=todo) from None
    covered = (
        [Coverage(source=context.source, at=found[0].modified, packages=keys, records=len(found))] if found else []
    )
    return Collected(observations=(*found, *covered), rejected=bad.all(), cursor=context.cursor)


def _place(bookmark: str | None) -> _Place:
    try:
        return _PLACE.decode(bookmark) if bookmark else _Place()
    except (msgspec.DecodeError, msgspec.ValidationError):
        return _Place()
