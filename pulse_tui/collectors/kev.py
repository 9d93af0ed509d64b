"""CISA's catalogue of known exploited vulnerabilities (KEV): the whole list, each CVE with the date it was added.

``kind: kev`` alone reads the catalogue where CISA publishes it; ``url`` names a mirror, ``path`` a copy on disk.
https://www.cisa.gov/known-exploited-vulnerabilities-catalog
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, ClassVar

import msgspec

from pulse_tui.collectors._shared.files import FILE_CAP, Bad, broken_json, collect_files
from pulse_tui.collectors._shared.web import read_url
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.exploitation import CVE, Catalogue, Exploitation, Exploited
from pulse_tui.domain.packed import unpacked
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean, utf8
from pulse_tui.ports import CollectContext, Peek

URL = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing is needed. ``url`` names a mirror of the catalogue, ``path`` a file or folder instead of it."""

    EVERY: ClassVar[float] = 3_600.0

    url: str = URL
    path: str = ""
    token: str | None = None
    """A bearer token for ``url``."""
    max_bytes: int = FILE_CAP
    """Cap of the file, unpacked."""


class _Catalogue(msgspec.Struct):
    vulnerabilities: list[msgspec.Raw]
    dateReleased: str = ""  # noqa: N815  the catalogue's own names
    catalogVersion: str = ""  # noqa: N815
    count: int | None = None


class _Line(msgspec.Struct):
    cveID: str  # noqa: N815
    dateAdded: Any = None  # noqa: N815
    dueDate: Any = None  # noqa: N815
    knownRansomwareCampaignUse: Any = None  # noqa: N815
    vendorProject: Any = None  # noqa: N815
    product: Any = None


_CATALOGUE = msgspec.json.Decoder(_Catalogue)
_LINE = msgspec.json.Decoder(_Line)


def collect(options: Options, context: CollectContext) -> Collected:
    """One round: the catalogue when it changed."""
    if options.path:
        return collect_files(
            options.path, "*.json", options.max_bytes, context, lambda name, data, at: parse(name, data, options, at)
        )

    def read(_name: str, body: bytes) -> Collected:
        name, data = unpacked("known_exploited_vulnerabilities.json", body, options.max_bytes)
        return parse(name, utf8(data), options, context)

    return read_url(context, options.url, options.token, read)


def accepts(name: str, head: Peek) -> bool:
    """JSON with ``vulnerabilities`` and what only this catalogue has beside them."""
    del name
    return "vulnerabilities" in head.top and "dateReleased" in head.top and "catalogVersion" in head.top


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """The whole catalogue. Raises SourceError when it is none, is cut off or holds fewer lines than it counts."""
    del options
    try:
        found = _CATALOGUE.decode(data.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise SourceError(broken_json(name, data, error), todo="Fetch it again, whole") from None
    if found.count is not None and found.count != len(found.vulnerabilities):
        what = f"{name} counts {found.count:,} vulnerabilities and lists {len(found.vulnerabilities):,}"
        raise SourceError(what, todo="Fetch it again, whole: what it lacks would count as no longer exploited")
    bad = Bad(context.source, name)
    exploited = []
    for index, raw in enumerate(found.vulnerabilities):
        try:
            exploited.append(_exploited(f"{name} vulnerabilities[{index}]", bytes(raw), bad))
        except (msgspec.ValidationError, msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as error:
            bad.refuse(f"{name} vulnerabilities[{index}]", str(error), bytes(raw))
    listed = Exploitation(
        source=context.source, catalogue=Catalogue.KEV, at=_released(name, found), exploited=tuple(exploited)
    )
    return Collected(observations=(listed,) if exploited else (), rejected=bad.all(), cursor=context.cursor)


def _released(name: str, found: _Catalogue) -> datetime:
    for text in (found.dateReleased, found.catalogVersion.replace(".", "-")):
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            continue
        return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    raise SourceError(f"{name} states no date that can be read (dateReleased)", todo="Fetch it again, from CISA")


def _exploited(where: str, raw: bytes, bad: Bad) -> Exploited:
    line = _LINE.decode(raw)
    cve = clean(line.cveID, 40).strip().upper()
    if not CVE.fullmatch(cve):
        raise ValueError(f"cveID: {clean(line.cveID, 40)!r} is no CVE id")
    known = {"known": True}.get(str(line.knownRansomwareCampaignUse).strip().lower())
    words = (clean(w, 100) for w in (line.vendorProject, line.product) if isinstance(w, str))
    return Exploited(
        cve=cve,
        added=_day(f"{where} {cve} dateAdded", line.dateAdded, bad),
        due=_day(f"{where} {cve} dueDate", line.dueDate, bad),
        ransomware=known,
        product=" ".join(dict.fromkeys(w for w in words if w)),
    )


def _day(where: str, value: Any, bad: Bad) -> date | None:
    """A date; one that is none is left out, and named."""
    if value in (None, ""):
        return None
    try:
        return date.fromisoformat(value)
    except (ValueError, TypeError):
        bad.refuse(where, f"{clean(str(value), 40)!r} is no date: the vulnerability is kept without it")
        return None
