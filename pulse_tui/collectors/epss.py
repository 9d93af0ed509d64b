"""FIRST's Exploit Prediction Scoring System (EPSS): for each CVE how probable its exploitation in the next 30 days is.

``kind: epss`` alone reads the daily file of all scores; ``url`` names a mirror, ``path`` a copy on disk. CSV, plain or in
gzip. A CVE without a score is unknown, never 0. https://www.first.org/epss/
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import ClassVar

import msgspec

from pulse_tui.collectors._shared.files import FILE_CAP, Bad, collect_files
from pulse_tui.collectors._shared.web import read_url
from pulse_tui.domain.errors import SourceError
from pulse_tui.domain.exploitation import CVE, Catalogue, Exploitation, Scored
from pulse_tui.domain.packed import unpacked
from pulse_tui.domain.source import Collected
from pulse_tui.domain.text import clean, utf8
from pulse_tui.ports import CollectContext, Peek

URL = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz"


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Nothing is needed. ``url`` names a mirror of the scores, ``path`` a file or folder instead of it."""

    EVERY: ClassVar[float] = 86_400.0

    url: str = URL
    path: str = ""
    token: str | None = None
    """A bearer token for ``url``."""
    max_bytes: int = FILE_CAP
    """Cap of the file, unpacked."""


_HEAD = b"#model_version"
_COLUMNS = re.compile(rb"\s*cve\s*,", re.IGNORECASE)
_DATE = re.compile(r"score_date:\s*([0-9T:.Z+-]+)")
_IN_NAME = re.compile(r"epss_scores-([0-9]{4}-[0-9]{2}-[0-9]{2})")
_WHOLE = "Fetch it again, whole: what it lacks would count as not scored"


def collect(options: Options, context: CollectContext) -> Collected:
    """One round: the scores when they changed."""
    if options.path:
        return collect_files(
            options.path, "*.csv", options.max_bytes, context, lambda name, data, at: parse(name, data, options, at)
        )
    return read_url(
        context, options.url, options.token, lambda name, data: parse(name, data, options, context), "epss.csv"
    )


def accepts(name: str, head: Peek) -> bool:
    """CSV that begins with the model's version, or whose columns are ``cve,epss``."""
    del name
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    return start.startswith(_HEAD) or (
        _COLUMNS.match(start) is not None and b"epss" in start.partition(b"\n")[0].lower()
    )


def parse(name: str, data: bytes, options: Options, context: CollectContext) -> Collected:
    """All scores. Raises SourceError when it is no such file, is cut off, or states neither date nor columns."""
    name, data = unpacked(name, data, options.max_bytes)
    text = utf8(data).removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    remark, _, rest = text.partition("\n") if text.lstrip().startswith("#") else ("", "", text)
    head, _, rows = rest.lstrip("\r\n").partition("\n")
    names = [part.strip().lower() for part in head.split(",")]
    if "cve" not in names or "epss" not in names:
        what = f"{name} has no header line with the columns cve and epss" if text.strip() else f"{name} is empty"
        raise SourceError(what, todo="Fetch it again, whole")
    bad = Bad(context.source, name)
    scored = tuple(_scores(name, rows, names, 3 if remark else 2, bad))
    if not scored:
        raise SourceError(f"{name} has no score that can be read", todo=_WHOLE)
    found = Exploitation(
        source=context.source, catalogue=Catalogue.EPSS, at=_dated(name, remark, context), scored=scored
    )
    return Collected(observations=(found,), rejected=bad.all(), cursor=context.cursor)


def _dated(name: str, remark: str, context: CollectContext) -> datetime:
    stated = _DATE.search(remark) or _IN_NAME.search(name)
    try:
        at = datetime.fromisoformat(stated[1]) if stated is not None else None
    except ValueError:
        at = None
    if at is None:
        todo = "Keep its first line (#model_version:...,score_date:...), or name it epss_scores-YYYY-MM-DD.csv"
        raise SourceError(f"{name} does not state of which day its scores are", todo=todo)
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _scores(name: str, rows: str, names: list[str], first: int, bad: Bad) -> Iterator[Scored]:
    cve_at, score_at = names.index("cve"), names.index("epss")
    rank_at = names.index("percentile") if "percentile" in names else None
    for number, whole in enumerate(io.StringIO(rows), first):
        line = whole.rstrip("\r\n")
        if not line:
            continue
        parts = line.split(",")
        if len(parts) != len(names):
            if not whole.endswith("\n"):  # the last line of a whole file ends too
                raise SourceError(f"{name} is cut off in line {number}", todo=_WHOLE)
            bad.refuse(f"{name}:{number}", f"it has {len(parts)} columns instead of {len(names)}", line.encode())
            continue
        try:
            yield Scored(
                _cve(parts[cve_at]),
                _share(parts[score_at]),
                _share(parts[rank_at]) if rank_at is not None and parts[rank_at] else None,
            )
        except ValueError as error:
            bad.refuse(f"{name}:{number}", str(error), line.encode())


def _cve(text: str) -> str:
    if not CVE.fullmatch(text):
        raise ValueError(f"{clean(text, 40)!r} is no CVE id")
    return text


def _share(text: str) -> float:
    """A number from 0 to 1. Raises ValueError for any other text, NaN among them."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0 or "_" in text:
        raise ValueError(f"{clean(text, 40)!r} is no probability from 0 to 1")
    return value
