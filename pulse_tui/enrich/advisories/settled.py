"""Records of one vulnerability that name different fixes of a package, and what an operator settled of that.

What is affected is the union of all records: the strictest counts, until somebody settles it with a reason.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import msgspec

from pulse_tui.domain.advisory import Advisory, Affected, VersionRange
from pulse_tui.domain.settled import SettledFix
from pulse_tui.enrich.advisories.configurations import ended
from pulse_tui.enrich.advisories.versions import order
from pulse_tui.enrich.lookups import package_key

Key: TypeAlias = tuple[str, str]
_JSON = msgspec.json.Encoder(order="deterministic")


def packages(records: Iterable[Advisory]) -> list[Key]:
    """The packages that the records name, in their order."""
    return list(dict.fromkeys(package_key(a.ecosystem, a.name) for r in records for a in r.affected))


def fixes(records: Iterable[Advisory], key: Key) -> dict[str, tuple[str, ...]]:
    """By database (``GHSA``; the whole id where a database has two records): the fixes of the package, in their order;
    none where a record names the package and no fix."""
    found: dict[str, tuple[str, ...]] = {}
    for record in records:
        here = [a for a in record.affected if package_key(a.ecosystem, a.name) == key]
        if here and not record.withdrawn:
            named = dict.fromkeys(r.fixed for a in here for r in a.ranges if r.fixed is not None)
            found[record.id] = tuple(_sorted(named, key[0]))
    short = {i: i.partition("/" if "/" in i else "-")[0] for i in found}
    often = Counter(short.values())
    return {short[i] if often[short[i]] == 1 else i: named for i, named in found.items()}


def side_by_side(found: dict[str, tuple[str, ...]]) -> str:
    """``GHSA: 2.6.0 · PYSEC: 2.5.1``."""
    return " · ".join(f"{who}: {', '.join(named) or 'none named'}" for who, named in found.items())


def differ(found: dict[str, tuple[str, ...]]) -> bool:
    """Whether the databases name different fixes."""
    return len(set(found.values())) > 1


def ranges_digest(records: Iterable[Advisory], key: Key) -> str:
    """A digest of all that the records state of the package: what is settled of it lapses when this changes."""
    stated = sorted(
        (record.id, _JSON.encode(a))
        for record in records
        if not record.withdrawn
        for a in record.affected
        if package_key(a.ecosystem, a.name) == key
    )
    return hashlib.sha256(b"\x1f".join(i.encode() + b"\x1e" + text for i, text in stated)).hexdigest()


def standing(settled: Iterable[SettledFix], records: Sequence[Advisory]) -> list[SettledFix]:
    """Those that still hold: the records state of the package what they stated when it was settled."""
    return [s for s in settled if s.ranges == ranges_digest(records, s.key)]


def capped(records: Sequence[Advisory], settled: Iterable[SettledFix]) -> list[Advisory]:
    """The records with what was settled: of its package nothing is affected from the settled version on, as far as the
    range that it lies in goes; a later range (another branch) stays."""
    out = list(records)
    for fix in settled:
        read = order(fix.ecosystem)
        if read is not None and (bound := read(fix.fixed)) is not None:
            out = [_capped(record, fix, bound, read) for record in out]
    return out


def _capped(record: Advisory, fix: SettledFix, bound: Any, read: Callable[[str], Any]) -> Advisory:
    affected = tuple(
        _ended(a, fix.fixed, bound, read) if package_key(a.ecosystem, a.name) == fix.key else a for a in record.affected
    )
    if affected == record.affected:
        return record
    configurations = ended(record.configurations, fix.key, fix.fixed) if record.configurations else ()
    return msgspec.structs.replace(record, affected=affected, configurations=configurations)


def _ended(affected: Affected, fixed: str, bound: Any, read: Callable[[str], Any]) -> Affected:
    ranges = tuple(_cut(item, fixed, bound, read) for item in affected.ranges)
    later = [item for item in ranges if _begins(item, read) is not None and _begins(item, read) > bound]
    listed = tuple(v for v in affected.versions if _stays(v, bound, later, read))
    # A list of which nothing is left would pass for a record that names no version: an empty range states that it is none.
    kept = ranges if ranges or listed or not affected.versions else (VersionRange(fixed, fixed),)
    return msgspec.structs.replace(affected, versions=listed, ranges=kept)


def _cut(item: VersionRange, fixed: str, bound: Any, read: Callable[[str], Any]) -> VersionRange:
    begins = _begins(item, read)
    if item.introduced != "0" and (begins is None or begins > bound):
        return item
    end = read(item.fixed) if item.fixed is not None else None
    if end is not None and end <= bound:
        return item
    last = read(item.last_affected) if item.last_affected is not None else None
    if item.fixed is None and last is not None and last < bound:
        return item
    return VersionRange(item.introduced, fixed)


def _begins(item: VersionRange, read: Callable[[str], Any]) -> Any:
    return read(item.introduced) if item.introduced not in ("", "0") else None


def _stays(version: str, bound: Any, later: Sequence[VersionRange], read: Callable[[str], Any]) -> bool:
    """Whether a listed version is affected still: it is before the settled one, in a later branch, or not comparable."""
    mine = read(version)
    if mine is None or mine < bound:
        return True
    for item in later:
        end = read(item.fixed) if item.fixed is not None else None
        last = read(item.last_affected) if item.last_affected is not None else None
        if mine >= _begins(item, read) and (end is None or mine < end) and (last is None or mine <= last):
            return True
    return False


def _sorted(texts: Iterable[str], ecosystem: str) -> list[str]:
    read = order(ecosystem)
    if read is None:
        return list(texts)
    readable = [(bound, text) for text in texts if (bound := read(text)) is not None]
    rest = [text for text in texts if read(text) is None]
    return [text for _, text in sorted(readable, key=lambda pair: pair[0])] + rest
